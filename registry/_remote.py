"""A repository of an OCI registry (distribution-spec 1.1)."""

import os
import re
import secrets
import threading
import time
from collections.abc import Callable, Container, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from remotemedia.errors import RegistryError, RemoteMediaError
from remotemedia.registry import media_types
from remotemedia.registry._client import AnswerError, RepositoryClient
from remotemedia.registry._credentials import Credentials, find_credentials, login_hint
from remotemedia.registry._descriptor import MAX_MANIFEST_BYTES, Descriptor, Manifest, index_bytes, parse_index
from remotemedia.registry._digest import digest_of, is_digest, is_referrers_tag, referrers_tag, verified
from remotemedia.registry._download import Download
from remotemedia.registry._hosts import DOCKER_HUB_HOSTS
from remotemedia.registry._ports import Content
from remotemedia.registry._reference import DEFAULT_TAG
from remotemedia.registry._retry import RetryPolicy
from remotemedia.registry._tls import TlsOptions, scheme_of
from remotemedia.registry._transport import Origin, Response, Timeouts, Transport, discard, joined
from remotemedia.registry._unfinished import UnfinishedUploads
from remotemedia.registry._upload import Upload
from remotemedia.trust import strict_json

_ACCEPT = f"{media_types.MANIFEST}, {media_types.INDEX}"
_MAX_PAGES = 100
_NO_API = frozenset({400, 404, 405, 406, 501})
_MAX_REFERRERS = 1000
_FALLBACK_ROUNDS = 10
_FALLBACK_SECONDS = 0.01  # what reading and writing the tag takes at least
_NEXT = re.compile(r'<([^<>]+)>\s*;\s*rel="?next"?', re.ASCII)
_SIZE = re.compile(r"\d{1,18}", re.ASCII)
_random = secrets.SystemRandom()


class HttpRegistry:
    """Source and target: one repository of one registry; several threads may use it at once.

    `https`, and `http` with `plain_http`, or for a registry on this machine if nothing is said of TLS. With `offline`
    every use is a `RegistryError` RM407, before any socket is opened. Other failures: RM402 not there, RM403 refused,
    RM404 unreachable (after the retries), RM405 wrong bytes, RM406 an answer outside the specification, RM409 to RM411
    TLS. Uploads that another process did not finish are gone on with if it was given the same directory `uploads`.

    `REMOTEMEDIA_UPLOAD_CHUNK` in the environment, in MiB, has blobs sent in pieces of that size from the start.
    """

    def __init__(
        self,
        host: str,
        repository: str,
        *,
        plain_http: bool = False,
        offline: bool = False,
        tls: TlsOptions | None = None,
        environ: Mapping[str, str] = os.environ,
        retry: RetryPolicy | None = None,
        timeouts: Timeouts | None = None,
        uploads: Path | None = None,
    ) -> None:
        self.host = host
        self.repository = repository
        server, name = host, repository
        if host in DOCKER_HUB_HOSTS:
            server, name = "registry-1.docker.io", repository if "/" in repository else f"library/{repository}"
        base = f"{scheme_of(server, plain_http=plain_http, tls=tls)}://{server}/v2/{name}/"
        find: Callable[[], Credentials | None] = partial(find_credentials, server, name, environ)
        transport = Transport(
            Origin.of(base), plain_http=plain_http, offline=offline, environ=environ, tls=tls, timeouts=timeouts
        )
        self._client = RepositoryClient(
            base,
            host,
            repository,
            name=name,
            transport=transport,
            credentials=find,
            policy=retry or RetryPolicy(),
            login_hint=login_hint(host, environ),
        )
        self._environ = environ
        self._unfinished = UnfinishedUploads(uploads)
        self._ranging = threading.Lock()
        self._there: set[str] = set()  # digests of blobs that the repository has
        self._opened: dict[str, str] = {}  # uploads that a mount left open, by digest

    # Source

    def resolve(self, part: str | None) -> Descriptor:
        """Find an artifact by digest or tag (`latest` if None) with one HEAD request."""
        wanted = part or DEFAULT_TAG
        headers = {"Accept": _ACCEPT}
        response = self._client.request("HEAD", f"manifests/{wanted}", {200}, headers=headers, missing=wanted)
        discard(response)
        digest = response.headers.get("Docker-Content-Digest", "")
        size = response.headers.get("Content-Length", "")
        if not is_digest(digest) or not _SIZE.fullmatch(size):  # these headers are optional in the specification
            raw, media_type = self._get_manifest(wanted)
            return self._resolved(wanted, Descriptor.of(media_type, raw))
        media_type = response.headers.get("Content-Type", media_types.MANIFEST).partition(";")[0]
        return self._resolved(wanted, Descriptor(media_type, digest, int(size)))

    def manifest(self, digest: str) -> bytes:
        """Give the raw bytes of a manifest."""
        raw, _ = self._get_manifest(digest)
        if digest_of(raw) != digest:
            raise self.refusal(digest, f"got `{digest_of(raw)}`")
        return raw

    def open_blob(self, descriptor: Descriptor) -> Iterator[bytes]:
        """Give a blob in chunks, checked at the end; after a lost connection it goes on where it stopped."""
        refusal = partial(self.refusal, descriptor.digest)
        return verified(self.read_blob(descriptor), descriptor.digest, descriptor.size, refusal)

    def read_blob(self, descriptor: Descriptor, start: int = 0) -> Iterator[bytes]:
        """Give a blob in chunks from byte `start` on, unchecked."""
        return Download(self._client, descriptor, self._ranging).read(start)

    def refusal(self, digest: str, why: str) -> RemoteMediaError:
        """Make the error that says that what came from here does not match its digest: RM405."""
        return self._client.mismatch(digest, why)

    def referrers(self, digest: str, artifact_type: str | None = None) -> Sequence[Descriptor]:
        """List referrers: by the API, or where there is none from the index under the fallback tag.

        Of very many those that come first: whoever may write there can make the list as long as they like.
        The specification has a registry without the API answer 404; those older than it have other ways to say so.
        """
        query = f"?{urlencode({'artifactType': artifact_type})}" if artifact_type is not None else ""
        found: list[Descriptor] = []
        for response in self._pages(f"referrers/{digest}{query}", {200, *_NO_API}, accept=media_types.INDEX):
            if response.status in _NO_API:
                discard(response)
                entries = self._fallback_entries(digest)
            else:
                entries = self._parse_index(self._client.read(response, MAX_MANIFEST_BYTES))
            descriptors = map(Descriptor.from_json, entries)
            found += [it for it in descriptors if artifact_type in {None, it.artifact_type}]
            if response.status in _NO_API or len(found) > _MAX_REFERRERS:
                break
        return found

    def tags(self) -> Sequence[str]:
        """List the tags that people gave."""
        tags: list[str] = []
        for response in self._pages("tags/list", {200}, accept="application/json"):
            document = self._parse_object(self._client.read(response, MAX_MANIFEST_BYTES))
            listed = document.get("tags") or []
            if not isinstance(listed, list) or not all(isinstance(tag, str) for tag in listed):
                raise self._client.not_allowed("expected `tags` to be a list of texts")
            tags += listed
        return sorted(tag for tag in tags if not is_referrers_tag(tag))

    # Target

    def has_blob(self, descriptor: Descriptor) -> bool:
        """Say whether the blob is there already; each is asked for once."""
        if descriptor.digest in self._there:
            return True
        response = self._client.request(
            "HEAD", f"blobs/{descriptor.digest}", {200, 404}, scopes=self._client.push, headers={}
        )
        discard(response)
        if response.status == 200:  # noqa: PLR2004 - HTTP
            self._has_arrived(descriptor)
        return descriptor.digest in self._there

    def mount_blob(self, descriptor: Descriptor, repository: str) -> bool:
        """Have the registry take a blob from another repository of its own; False if it wants to be sent it."""
        query = urlencode({"mount": descriptor.digest, "from": repository})
        scopes = (*self._client.push, f"repository:{repository}:pull")
        try:
            response = self._client.request(
                "POST", f"blobs/uploads/?{query}", {201, 202}, scopes=scopes, headers={"Content-Length": "0"}
            )
        except RegistryError as exc:
            if exc.code in {"RM403", "RM406"}:  # it may not be allowed, or not be known; sending may be all the same
                return False
            raise
        discard(response)
        if response.status == 201:  # noqa: PLR2004 - HTTP
            self._has_arrived(descriptor)
            return True
        if (location := response.headers.get("Location")) is not None:
            self._opened[descriptor.digest] = self._client.url(location)
        return False

    def put_blob(self, descriptor: Descriptor, content: Content) -> None:
        """Upload a blob; the registry checks the digest, so that it is hashed here only if the registry refuses it."""
        chunk = _chunk_bytes(self._environ)
        try:
            with self._unfinished.take(self._client.url(""), descriptor) as begun:
                upload = Upload(self._client, descriptor, content, begun, chunk=chunk)
                upload.run(self._opened.pop(descriptor.digest, None))
        except AnswerError as exc:
            if exc.error.code == "RM406":  # who is wrong, the registry or the bytes?
                for _ in verified(content.read(), descriptor.digest, descriptor.size, content.refusal):
                    pass
            raise exc.error from None
        self._there.add(descriptor.digest)

    def _has_arrived(self, descriptor: Descriptor) -> None:
        self._there.add(descriptor.digest)
        self._unfinished.forget(self._client.url(""), descriptor)

    def put_manifest(self, raw: bytes, tag: str | None = None) -> None:
        """Store a manifest; the tag moves to it."""
        self._put_manifest(raw, media_types.MANIFEST, tag or digest_of(raw))

    def add_referrer(self, raw: bytes) -> None:
        """Store a manifest with a `subject`; a registry without the referrers API gets the fallback tag kept up."""
        manifest = Manifest.parse(raw)
        if manifest.subject is None:
            raise ValueError("expected a manifest with a `subject`")
        response = self._put_manifest(raw, media_types.MANIFEST, digest_of(raw))
        if response.headers.get("OCI-Subject") != manifest.subject.digest:
            self._list_in_fallback(manifest.subject.digest, manifest.descriptor)

    def listed(self, digest: str) -> Container[str]:
        """Give the digests of the manifests that are listed as referring to an artifact."""
        return {descriptor.digest for descriptor in self.referrers(digest)}

    # Manifests

    def _get_manifest(self, part: str) -> tuple[bytes, str]:
        headers = {"Accept": _ACCEPT}
        response = self._client.request("GET", f"manifests/{part}", {200}, headers=headers, missing=part)
        media_type = response.headers.get("Content-Type", media_types.MANIFEST).partition(";")[0]
        return self._client.read(response, MAX_MANIFEST_BYTES), media_type

    def _resolved(self, wanted: str, descriptor: Descriptor) -> Descriptor:
        if is_digest(wanted) and descriptor.digest != wanted:
            raise self.refusal(wanted, f"got `{descriptor.digest}`")
        return descriptor

    def _put_manifest(self, raw: bytes, media_type: str, part: str) -> Response:
        headers = {"Content-Type": media_type}
        response = self._client.request(
            "PUT", f"manifests/{part}", {201}, scopes=self._client.push, headers=headers, body=raw
        )
        discard(response)
        got = response.headers.get("Docker-Content-Digest", digest_of(raw))
        if got != digest_of(raw):
            raise self._client.mismatch(digest_of(raw), f"the registry stored `{got[:80]}`")
        return response

    # Lists

    def _pages(self, path: str, expected: set[int], *, accept: str) -> Iterator[Response]:
        """Give the answers of a paged list, following `Link: …; rel="next"`."""
        for _ in range(_MAX_PAGES):
            headers = {"Accept": accept}
            response = self._client.request("GET", path, expected, headers=headers, missing="")
            yield response
            link = _NEXT.search(response.headers.get("Link", ""))
            if link is None:
                return
            path = joined(self._client.url(path), link[1])
            if Origin.of(path) != self._client.origin:
                raise self._client.not_allowed("expected the next page from the same registry")
        raise self._client.not_allowed(f"expected at most {_MAX_PAGES} pages")

    def _fallback_entries(self, digest: str) -> list[dict[str, Any]]:
        headers = {"Accept": _ACCEPT}
        response = self._client.request("GET", f"manifests/{referrers_tag(digest)}", {200, 404}, headers=headers)
        if response.status == 404:  # noqa: PLR2004 - HTTP
            discard(response)
            return []
        return self._parse_index(self._client.read(response, MAX_MANIFEST_BYTES))

    def _list_in_fallback(self, digest: str, descriptor: Descriptor) -> None:
        """Add to the index under the fallback tag, and see that it stays there.

        The tag cannot be changed in one step. Another writer who read the index before this one wrote it will write it
        without this referrer, in about the time that this one took: it is read again after that, and written again.
        """
        for attempt in range(_FALLBACK_ROUNDS):
            began = time.monotonic()
            entries = self._fallback_entries(digest)
            if descriptor.digest in {entry["digest"] for entry in entries}:
                return
            raw = index_bytes([*entries, descriptor.to_json()])
            self._put_manifest(raw, media_types.INDEX, referrers_tag(digest))
            taken = max(time.monotonic() - began, _FALLBACK_SECONDS)
            time.sleep(taken * _random.uniform(1, 2 + attempt))
        raise self._client.not_allowed("expected a referrer that was added to be listed")

    def _parse_object(self, raw: bytes) -> dict[str, Any]:
        try:
            return strict_json.loads_object(raw)
        except ValueError as exc:
            raise self._client.not_allowed(str(exc)) from exc

    def _parse_index(self, raw: bytes) -> list[dict[str, Any]]:
        try:
            return parse_index(raw)
        except ValueError as exc:
            raise self._client.not_allowed(str(exc)) from exc


def _chunk_bytes(environ: Mapping[str, str]) -> int | None:
    text = environ.get("REMOTEMEDIA_UPLOAD_CHUNK", "")
    if not text:
        return None
    if not (text.isascii() and text.isdigit() and 0 < int(text[:6]) <= 1 << 14):
        raise RegistryError(
            f"expected `REMOTEMEDIA_UPLOAD_CHUNK` to be a number of MiB from 1 to 16384, got `{text[:40]}`",
            code="RM412",
        )
    return int(text) << 20
