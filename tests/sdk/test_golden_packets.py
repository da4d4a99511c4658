"""The golden vectors of `schemas/packet.md`."""

import base64
import subprocess
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from remotemedia.array import Array
from remotemedia.values import MalformedBodyError, UnsupportedValueError, decode, encode

PACKETS = Path(__file__).resolve().parents[2] / "testdata" / "packets"


def body_of(vector: dict[str, Any]) -> tuple[int, str, str, bytes]:
    packet = vector["packet"]
    return packet["kind"], packet["head"], packet["meta"], base64.b64decode(packet["data"])


@pytest.mark.parametrize("numpy", [True, False])
def test_value_becomes_its_packet(vector: dict[str, Any], notation: ModuleType, numpy: bool) -> None:
    encoded = encode(notation.read(vector["value"], numpy_arrays=numpy))
    assert encoded is not None
    assert (*encoded[:3], bytes(encoded.data)) == body_of(vector)


def test_packet_arrives_as_its_value(vector: dict[str, Any], notation: ModuleType) -> None:
    value = decode(*body_of(vector), numpy=True)
    assert notation.written(value) == vector.get("arrives", plain(vector["value"]))


def test_packet_arrives_without_numpy(vector: dict[str, Any], notation: ModuleType) -> None:
    value = decode(*body_of(vector), numpy=False)
    assert "numpy" not in repr(type_names(value))
    encoded = encode(value)
    assert encoded is not None
    assert (*encoded[:3], bytes(encoded.data)) == body_of(vector)


def test_every_kind_has_vectors() -> None:
    names = {path.stem for path in PACKETS.glob("*.json")}
    assert names >= {"audio", "tensor", "text", "json", "bytes", "buffers", "times"}


def test_vectors_are_as_generated() -> None:
    command = [sys.executable, str(PACKETS / "generate.py"), "--check"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def test_values_outside_the_table_are_refused(refused_value: dict[str, Any]) -> None:
    value = eval(refused_value["python"], {"Array": Array})  # noqa: S307 - our own fixture
    with pytest.raises(UnsupportedValueError) as caught:
        encode(value)
    assert (caught.value.type_name, caught.value.path) == (refused_value["type"], refused_value["path"])
    assert str(caught.value) == (
        f"expected a value that can travel on an edge, got `{refused_value['type']}` at `{refused_value['path']}`"
    )


@pytest.mark.parametrize("numpy", [True, False])
def test_malformed_bodies_are_refused(refused_body: dict[str, Any], numpy: bool) -> None:
    kind, head, meta, data = refused_body["body"]
    with pytest.raises((MalformedBodyError, UnsupportedValueError), match=refused_body["message"].replace("$", r"\$")):
        decode(kind, head, meta, base64.b64decode(data), numpy=numpy)


def plain(note: Any) -> Any:
    """The same note of an array that lies in memory as on the wire."""
    if isinstance(note, dict):
        return {key: plain(item) for key, item in note.items() if key != "stored"}
    return [plain(item) for item in note] if isinstance(note, list) else note


def type_names(value: Any) -> Any:
    if isinstance(value, dict):
        return [(type_names(key), type_names(item)) for key, item in value.items()]
    return [type_names(item) for item in value] if isinstance(value, (list, tuple)) else type(value).__module__
