"""A repository of an OCI registry (distribution-spec 1.1)."""

import os
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any
from urllib.parse import quote, urlencode, urljoin

from remotemedia.errors import RegistryError
from remotemedia.registry import media_types
from remotemedia.registry._auth import Authorizer
from remotemedia.registry._credentials import DOCKER_HUB_HOSTS, Credentials, find_credentials
from remotemedia.registry._descriptor import MAX_MANIFEST_BYTES, Descriptor, Manifest, index_bytes, parse_index
from remotemedia.registry._digest import digest_of, is_digest, is_referrers_tag, referrers_tag, verified
from remotemedia.registry._reference import DEFAULT_TAG
from remotemedia.registry._retry import RetryPolicy, TransientError, parse_retry_after, retrying
from remotemedia.registry._transport import Origin, Response, Transport, discard, is_loopback, read_bounded, stream
from remotemedia.trust import strict_json

_PULL = "pull"
_PUSH = "pull,push"
_ACCEPT = f"{media_types.MANIFEST}, {media_types.INDEX}"
_MAX_ERROR_BYTES = 64 << 10
_MAX_PAGES = 100
_MAX_REFERRERS = 1000
_FALLBACK_ROUNDS = 5
_PROGRESS_BYTES = 1 << 20  # a connection that brought this much counts as a good one
_NEXT = re.compile(r'<([^<>]+)>\s*;\s*rel="?next"?', re.ASCII)
_CONTENT_RANGE = re.compile(r"bytes (\d+)-", re.ASCII)


class HttpRegistry:
    """Source and target: one repository of one registry.

    `https`, and `http` for a registry on this machine or with `plain_http`. With `offline` every use is a
    `RegistryError` RM407, before any socket is opened. Other failures: RM402 not there, RM403 refused, RM404
    unreachable (after the retries), RM405 wrong bytes, RM406 an answer outside the specification.
    """

    def __init__(
        self,
        host: str,
        repository: str,
        *,
        plain_http: bool = False,
        offline: bool = False,
        environ: Mapping[str, str] = os.environ,
        retry: RetryPolicy | None = None,
    ) -> None:
        self.host = host
        self.repository = repository
        self._retry = retry or RetryPolicy()
        if host in DOCKER_HUB_HOSTS:
            host, repository = "registry-1.docker.io", repository if "/" in repository else f"library/{repository}"
        scheme = "http" if plain_http or is_loopback(_without_port(host)) else "https"
        self._base = f"{scheme}://{host}/v2/{repository}/"
        self._origin = Origin.of(self._base)
        self._transport = Transport(secure=scheme == "https", plain_http=plain_http, offline=offline, environ=environ)
        find: Callable[[], Credentials | None] = partial(find_credentials, host, repository, environ)
        self._authorizer = Authorizer(self._transport, self._origin, repository, find)

    # Source

    def resolve(self, part: str | None) -> Descriptor:
        """Find an artifact by digest or tag (`latest` if None) with one HEAD request."""
        wanted = part or DEFAULT_TAG
        response = self._request("HEAD", f"manifests/{wanted}", {200}, accept=_ACCEPT, missing=wanted)
        discard(response)
        digest = response.headers.get("Docker-Content-Digest", "")
        size = response.headers.get("Content-Length", "")
        if not is_digest(digest) or not size.isdigit():  # these headers are optional in the specification
            raw, media_type = self._get_manifest(wanted)
            return self._resolved(wanted, Descriptor.of(media_type, raw))
        media_type = response.headers.get("Content-Type", media_types.MANIFEST).partition(";")[0]
        return self._resolved(wanted, Descriptor(media_type, digest, int(size)))

    def manifest(self, digest: str) -> bytes:
        """Give the raw bytes of a manifest."""
        raw, _ = self._get_manifest(digest)
        if digest_of(raw) != digest:
            raise self._mismatch(digest, f"got `{digest_of(raw)}`")
        return raw

    def open_blob(self, descriptor: Descriptor) -> Iterator[bytes]:
        """Give a blob in chunks, checked at the end; after a lost connection it goes on where it stopped."""
        refusal = partial(self._mismatch, descriptor.digest)
        return verified(self._download(descriptor), descriptor.digest, descriptor.size, refusal)

    def referrers(self, digest: str, artifact_type: str | None = None) -> Sequence[Descriptor]:
        """List referrers: by the API, or where there is none from the index under the fallback tag."""
        query = f"?{urlencode({'artifactType': artifact_type})}" if artifact_type is not None else ""
        entries: list[dict[str, Any]] = []
        for response in self._pages(f"referrers/{digest}{query}", {200, 404}, accept=media_types.INDEX):
            if response.status == 404:  # noqa: PLR2004 - HTTP
                discard(response)
                entries = self._fallback_entries(digest)
                break
            entries += self._parse_index(read_bounded(response, self.host, MAX_MANIFEST_BYTES))
            if len(entries) > _MAX_REFERRERS:
                raise self._not_allowed(f"expected at most {_MAX_REFERRERS} referrers")
        found = [Descriptor.from_json(entry) for entry in entries]
        return [descriptor for descriptor in found if artifact_type in {None, descriptor.artifact_type}]

    def tags(self) -> Sequence[str]:
        """List the tags that people gave."""
        tags: list[str] = []
        for response in self._pages("tags/list", {200}, accept="application/json"):
            document = self._parse_object(read_bounded(response, self.host, MAX_MANIFEST_BYTES))
            listed = document.get("tags") or []
            if not isinstance(listed, list) or not all(isinstance(tag, str) for tag in listed):
                raise self._not_allowed("expected `tags` to be a list of texts")
            tags += listed
        return sorted(tag for tag in tags if not is_referrers_tag(tag))

    # Target

    def has_blob(self, descriptor: Descriptor) -> bool:
        """Say whether the blob is there already."""
        response = self._request("HEAD", f"blobs/{descriptor.digest}", {200, 404}, actions=_PUSH)
        discard(response)
        return response.status == 200  # noqa: PLR2004 - HTTP

    def put_blob(self, descriptor: Descriptor, chunks: Iterable[bytes]) -> None:
        """Upload a blob in one piece; the registry checks the digest."""
        retrying(self._retry, lambda: self._upload(descriptor, chunks))

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

    # Reading

    def _get_manifest(self, part: str) -> tuple[bytes, str]:
        response = self._request("GET", f"manifests/{part}", {200}, accept=_ACCEPT, missing=part)
        media_type = response.headers.get("Content-Type", media_types.MANIFEST).partition(";")[0]
        return read_bounded(response, self.host, MAX_MANIFEST_BYTES), media_type

    def _resolved(self, wanted: str, descriptor: Descriptor) -> Descriptor:
        if is_digest(wanted) and descriptor.digest != wanted:
            raise self._mismatch(wanted, f"got `{descriptor.digest}`")
        return descriptor

    def _download(self, descriptor: Descriptor) -> Iterator[bytes]:
        received = 0
        failures = 0
        while True:
            before = received
            try:
                for chunk in self._range(descriptor, received):
                    received += len(chunk)
                    yield chunk
            except TransientError as exc:
                failures = 1 if received - before >= _PROGRESS_BYTES else failures + 1
                if failures >= self._retry.attempts:
                    raise exc.error from exc
            else:
                return

    def _range(self, descriptor: Descriptor, start: int) -> Iterator[bytes]:
        """Give a blob from byte `start` on, whatever the registry makes of a range (RFC 9110, section 14)."""
        headers = {"Range": f"bytes={start}-"} if start else {}
        response = self._request(
            "GET", f"blobs/{descriptor.digest}", {200, 206}, headers=headers, missing=descriptor.digest
        )
        skip = 0
        if response.status == 206:  # noqa: PLR2004 - HTTP
            match = _CONTENT_RANGE.match(response.headers.get("Content-Range", ""))
            if match is None or int(match[1]) != start:
                response.close()
                raise self._not_allowed("expected the range that was asked for")
        else:
            skip = start  # the registry knows no ranges: it sends everything again
            length = response.headers.get("Content-Length")
            if length is not None and length != str(descriptor.size):
                response.close()
                raise self._mismatch(descriptor.digest, f"expected {descriptor.size} bytes, got {length[:20]}")
        for chunk in stream(response, self.host):
            kept = chunk[skip:]
            skip -= len(chunk) - len(kept)
            if kept:
                yield kept

    def _pages(self, path: str, expected: set[int], *, accept: str) -> Iterator[Response]:
        """Give the answers of a paged list, following `Link: …; rel="next"`."""
        for _ in range(_MAX_PAGES):
            response = self._request("GET", path, expected, accept=accept, missing=self.repository)
            yield response
            link = _NEXT.search(response.headers.get("Link", ""))
            if link is None:
                return
            path = urljoin(self._url(path), link[1])
            if Origin.of(path) != self._origin:
                raise self._not_allowed("expected the next page from the same registry")
        raise self._not_allowed(f"expected at most {_MAX_PAGES} pages")

    def _parse_object(self, raw: bytes) -> dict[str, Any]:
        try:
            return strict_json.loads_object(raw)
        except ValueError as exc:
            raise self._not_allowed(str(exc)) from exc

    def _parse_index(self, raw: bytes) -> list[dict[str, Any]]:
        try:
            return parse_index(raw)
        except ValueError as exc:
            raise self._not_allowed(str(exc)) from exc

    # Writing

    def _upload(self, descriptor: Descriptor, chunks: Iterable[bytes]) -> None:
        started = self._once("POST", self._url("blobs/uploads/"), {202}, actions=_PUSH, headers={"Content-Length": "0"})
        discard(started)
        location = started.headers.get("Location")
        if location is None:
            raise self._not_allowed("expected a `Location` to upload to")
        url = urljoin(self._url("blobs/uploads/"), location)
        url = f"{url}{'&' if '?' in url else '?'}digest={quote(descriptor.digest, safe='')}"
        headers = {"Content-Type": "application/octet-stream", "Content-Length": str(descriptor.size)}
        discard(self._once("PUT", url, {201}, actions=_PUSH, headers=headers, body=chunks))

    def _put_manifest(self, raw: bytes, media_type: str, part: str) -> Response:
        response = self._request(
            "PUT", f"manifests/{part}", {201}, actions=_PUSH, headers={"Content-Type": media_type}, body=raw
        )
        discard(response)
        got = response.headers.get("Docker-Content-Digest", digest_of(raw))
        if got != digest_of(raw):
            raise self._mismatch(digest_of(raw), f"the registry stored `{got[:80]}`")
        return response

    def _fallback_entries(self, digest: str) -> list[dict[str, Any]]:
        response = self._request("GET", f"manifests/{referrers_tag(digest)}", {200, 404}, accept=_ACCEPT)
        if response.status == 404:  # noqa: PLR2004 - HTTP
            discard(response)
            return []
        return self._parse_index(read_bounded(response, self.host, MAX_MANIFEST_BYTES))

    def _list_in_fallback(self, digest: str, descriptor: Descriptor) -> None:
        """Add to the index under the fallback tag; others may write at the same time, so it is read again."""
        for _ in range(_FALLBACK_ROUNDS):
            entries = self._fallback_entries(digest)
            if descriptor.digest in {entry["digest"] for entry in entries}:
                return
            raw = index_bytes([*entries, descriptor.to_json()])
            self._put_manifest(raw, media_types.INDEX, referrers_tag(digest))
        raise self._not_allowed("expected a referrer that was added to be listed")

    # Requests

    def _url(self, path: str) -> str:
        return urljoin(self._base, path)

    def _request(
        self,
        method: str,
        path: str,
        expected: set[int],
        *,
        accept: str = "*/*",
        actions: str = _PULL,
        headers: Mapping[str, str] | None = None,
        body: bytes | None = None,
        missing: str | None = None,
    ) -> Response:
        all_headers = {"Accept": accept, **(headers or {})}
        return retrying(
            self._retry,
            lambda: self._once(
                method, self._url(path), expected, actions=actions, headers=all_headers, body=body, missing=missing
            ),
        )

    def _once(
        self,
        method: str,
        url: str,
        expected: set[int],
        *,
        actions: str,
        headers: Mapping[str, str],
        body: bytes | Iterable[bytes] | None = None,
        missing: str | None = None,
    ) -> Response:
        """Send a request, answering one challenge; `authorization` goes to the registry's own origin only."""
        ours = Origin.of(url) == self._origin
        authorization = self._authorizer.header(actions) if ours else None
        response = self._transport.send(method, url, headers=headers, authorization=authorization, body=body)
        if response.status == 401 and ours:  # noqa: PLR2004 - HTTP
            discard(response)
            authorization = self._authorizer.answer(response, actions)
            response = self._transport.send(method, url, headers=headers, authorization=authorization, body=body)
        if response.status in expected:
            return response
        raise self._failure(response, missing)

    def _failure(self, response: Response, missing: str | None) -> RegistryError | TransientError:
        status = response.status
        said = _said(response, self.host)
        where = f"`{self.host}/{self.repository}`"
        if status in {401, 403}:
            return RegistryError(
                f"registry {where} refused access ({status}{said})",
                code="RM403",
                hint="set `REMOTEMEDIA_USERNAME` and `REMOTEMEDIA_PASSWORD`, or log in with a client that writes "
                "`~/.docker/config.json`; the account must be allowed to do this",
                host=self.host,
            )
        if status == 404 and missing is not None:  # noqa: PLR2004 - HTTP
            return RegistryError(
                f"there is no `{missing}` in {where}", code="RM402", hint="check repository and tag", host=self.host
            )
        if status == 429 or status >= 500:  # noqa: PLR2004 - HTTP
            error = RegistryError(
                f"registry {where} answered {status}{said}",
                code="RM404",
                hint="try again later; a cached package still runs with `--offline`",
                host=self.host,
            )
            return TransientError(error, parse_retry_after(response.headers.get("Retry-After")))
        return self._not_allowed(f"got status {status}{said}")

    def _mismatch(self, digest: str, why: str) -> RegistryError:
        return RegistryError(
            f"what `{self.host}/{self.repository}` sent does not match `{digest}`: {why}",
            code="RM405",
            hint="nothing of it was kept; if it happens again, the registry or a proxy before it is at fault",
            digest=digest,
        )

    def _not_allowed(self, why: str) -> RegistryError:
        return RegistryError(
            f"registry `{self.host}/{self.repository}`: {why}",
            code="RM406",
            hint="the registry, or a proxy before it, does not follow the distribution specification",
            host=self.host,
        )


def _said(response: Response, host: str) -> str:
    """Give the first error that the registry names, escaped and cut (distribution-spec, "Error Codes")."""
    try:
        document = strict_json.loads_object(read_bounded(response, host, _MAX_ERROR_BYTES))
        first = document["errors"][0]
        return f": {strict_json.shown(first.get('code'))} {strict_json.shown(first.get('message'), 200)}"
    except (ValueError, LookupError, TypeError, AttributeError, RegistryError, TransientError):
        return ""  # the status says enough


def _without_port(host: str) -> str:
    return host.rpartition(":")[0] if host.rpartition(":")[2].isdigit() and not host.endswith("]") else host
