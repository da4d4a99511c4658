"""The vectors of `testdata/manifests`: what the extension says of each, and that the models take what is valid."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from remotemedia import _native
from remotemedia.schemas.manifest import Manifest

MANIFESTS = Path(__file__).resolve().parents[2] / "testdata" / "manifests"
INDEX = json.loads((MANIFESTS / "index.json").read_text(encoding="utf-8"))
# What strict types alone can tell; the rest needs the JSON text, the node table or the graph.
TYPED = {"RM204", "RM205", "RM206"}
UNTYPED = {
    *("entry-main", "host-with-path"),
    # What stands among the arguments is any value to the models.
    *("node-without-params", "node-host-with-user", "pipeline-without-nodes"),
}


def by_name(entries: list[Any]) -> list[Any]:
    return [pytest.param(entry, id=entry["name"]) for entry in entries]


def text_of(entry: dict[str, Any]) -> bytes:
    if "file" in entry:
        path: Path = MANIFESTS / entry["file"]
        return path.read_bytes()
    made = entry["generate"]
    text: str = made["prefix"] + made["repeat"] * made["count"] + made["suffix"]
    return text.encode()


@pytest.mark.parametrize("entry", by_name(INDEX["valid"]))
def test_valid_manifests_are_taken_by_both(entry: dict[str, Any]) -> None:
    text = text_of(entry)
    assert [pointer for _, pointer in _native.validate_manifest(text)] == entry["warnings"]
    Manifest.model_validate_json(text)


@pytest.mark.parametrize("entry", by_name(INDEX["invalid"]))
def test_invalid_manifests_are_refused_with_their_code(entry: dict[str, Any]) -> None:
    with pytest.raises(_native.NativeError) as caught:
        _native.validate_manifest(text_of(entry))
    told = json.loads(str(caught.value))
    assert told["code"] == entry["code"], told
    assert entry["message"] in told["message"] + (told.get("pointer") or ""), told


@pytest.mark.parametrize(
    "entry", by_name([it for it in INDEX["invalid"] if it["code"] in TYPED and it["name"] not in UNTYPED])
)
def test_the_models_refuse_wrong_shapes_too(entry: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        Manifest.model_validate_json(text_of(entry))


@pytest.mark.parametrize("entry", by_name([it for it in INDEX["valid"] if it["name"] != "unknown-field"]))
def test_what_the_models_write_is_what_they_read(entry: dict[str, Any]) -> None:
    text = text_of(entry)
    written = Manifest.model_validate_json(text).model_dump_json(by_alias=True, exclude_unset=True)
    assert json.loads(written) == json.loads(text)
