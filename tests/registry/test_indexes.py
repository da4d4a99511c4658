"""An image index, as registries and layouts give it."""

import json

import pytest

from remotemedia.registry import digest_of, media_types
from remotemedia.registry._descriptor import index_bytes, parse_index

ENTRY = {"mediaType": media_types.MANIFEST, "digest": digest_of(b"x"), "size": 1}


def test_entries_come_as_they_stand_there() -> None:
    assert parse_index(index_bytes([ENTRY])) == [ENTRY]


@pytest.mark.parametrize("entries", [[], None])
def test_nothing_may_be_written_as_null(entries: list[object] | None) -> None:
    document = {"schemaVersion": 2, "mediaType": media_types.INDEX, "manifests": entries}
    assert parse_index(json.dumps(document).encode()) == []


@pytest.mark.parametrize(
    ("document", "expected"),
    [
        ({}, "`manifests` to be a list"),
        ({"manifests": {}}, "`manifests` to be a list"),
        ({"mediaType": media_types.MANIFEST, "manifests": []}, "media type"),
    ],
)
def test_what_is_no_index_is_refused(document: dict[str, object], expected: str) -> None:
    with pytest.raises(ValueError, match=expected):
        parse_index(json.dumps(document).encode())
