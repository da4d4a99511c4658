"""The manifests of the simulated registry, and the lists of tags and referrers."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from tests.simulators.registry._blobs import tampered

if TYPE_CHECKING:
    from tests.simulators.registry._handler import Handler

INDEX = "application/vnd.oci.image.index.v1+json"


def give(handler: Handler) -> None:
    """`GET`, `HEAD`: a manifest by digest or tag."""
    repository = handler.simulator.repository(handler.name)
    digest = handler.last if ":" in handler.last else repository.tags.get(handler.last, "")
    if digest not in repository.manifests:
        handler.error(404, "MANIFEST_UNKNOWN")
        return
    media_type, raw = repository.manifests[digest]
    handler.answer(200, tampered(handler, digest, raw), Content_Type=media_type, Docker_Content_Digest=digest)


def take(handler: Handler) -> None:
    """`PUT`: a manifest whose blobs are there."""
    simulator = handler.simulator
    raw = handler.read_body()
    digest = simulator.digest_of(raw)
    repository = simulator.repository(handler.name)
    document = json.loads(raw)
    missing = [
        blob["digest"]
        for blob in [document.get("config"), *document.get("layers", [])]
        if blob and blob["digest"] not in repository.blobs
    ]
    if missing:
        handler.error(404, "MANIFEST_BLOB_UNKNOWN")
        return
    with simulator.lock:
        repository.manifests[digest] = (handler.headers["Content-Type"], raw)
        forgotten = handler.last.startswith("sha256-") and simulator.faults.forgets_referrers > 0
        if forgotten:
            simulator.faults.forgets_referrers -= 1
        elif ":" not in handler.last:
            repository.tags[handler.last] = digest
    headers = {}
    if simulator.referrers and "subject" in document:
        headers["OCI_Subject"] = document["subject"]["digest"]
    handler.answer(201, Location=f"/v2/{handler.name}/manifests/{digest}", Docker_Content_Digest=digest, **headers)


def list_referrers(handler: Handler) -> None:
    """`GET`: what refers to a manifest, as an index."""
    simulator = handler.simulator
    if simulator.faults.wrong_page is not None:
        handler.answer(200, simulator.faults.wrong_page.encode(), Content_Type=INDEX)
        return
    if not simulator.referrers:
        handler.error(simulator.faults.no_referrers, "NOT_FOUND")
        return
    entries = []
    for digest, (media_type, raw) in sorted(simulator.repository(handler.name).manifests.items()):
        document = json.loads(raw)
        if document.get("subject", {}).get("digest") == handler.last:
            entries.append(_listed(digest, media_type, raw, document))
    body_of: Any = lambda page: {"schemaVersion": 2, "mediaType": INDEX, "manifests": page}  # noqa: E731 - a shape
    _answer_page(handler, entries, body_of, INDEX)


def list_tags(handler: Handler) -> None:
    """`GET`: the tags of a repository."""
    repository = handler.simulator.repository(handler.name)
    if not repository.tags:
        handler.error(404, "NAME_UNKNOWN")
        return
    body_of: Any = lambda page: {"name": handler.name, "tags": page}  # noqa: E731 - a shape
    _answer_page(handler, sorted(repository.tags), body_of, "application/json")


def _answer_page(handler: Handler, entries: list[Any], body_of: Any, media_type: str) -> None:
    start = int(handler.query.get("start", "0"))
    end = start + handler.simulator.page
    headers = {}
    if end < len(entries):
        headers["Link"] = f'<{urlsplit(handler.path).path}?start={end}>; rel="next"'
    body = json.dumps(body_of(entries[start:end])).encode()
    handler.answer(200, body, Content_Type=media_type, **headers)


def _listed(digest: str, media_type: str, raw: bytes, document: dict[str, Any]) -> dict[str, Any]:
    return {
        "mediaType": media_type,
        "digest": digest,
        "size": len(raw),
        "artifactType": document.get("artifactType") or document["config"]["mediaType"],
        "annotations": document.get("annotations", {}),
    }
