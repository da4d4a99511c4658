"""The tables that every room reads."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import get_args

import pytest

from remotemedia import schemas
from remotemedia.schemas import error_entry, error_table, node_table, node_type
from remotemedia.schemas.tables import ParameterType

SCHEMAS = Path(__file__).resolve().parents[2] / "schemas"


def test_tables_do_not_import_pydantic() -> None:
    code = "import sys, remotemedia.schemas as s; s.node_table(); s.error_table(); assert 'pydantic' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True)


def test_every_node_is_read_whole() -> None:
    table = json.loads((SCHEMAS / "nodes.v1.json").read_text(encoding="utf-8"))
    assert [entry["name"] for entry in table["nodes"]] == list(node_table())
    for entry in table["nodes"]:
        read = node_table()[entry["name"]]
        assert (read.module, read.summary, list(read.kinds)) == (entry["module"], entry["summary"], entry["kinds"])
        for ports, told in ((read.inputs, entry["inputs"]), (read.outputs, entry["outputs"])):
            assert [{"name": port.name, "types": list(port.types)} for port in ports] == told
        assert set(entry) - {"objects"} == {"name", "module", "summary", "kinds", "inputs", "outputs", "params"}
        assert read.objects == entry.get("objects", False)


def test_every_parameter_is_read_whole() -> None:
    table = json.loads((SCHEMAS / "nodes.v1.json").read_text(encoding="utf-8"))
    known = {
        "name",
        "type",
        "default",
        "summary",
        "required",
        "nullable",
        "min",
        "max",
        "enum",
        "ports",
        "live",
        "native",
    }
    for entry in table["nodes"]:
        for told, read in zip(entry["params"], node_table()[entry["name"]].parameters, strict=True):
            assert set(told) <= known
            assert (read.name, read.type, read.summary) == (told["name"], told["type"], told["summary"])
            assert (read.required, read.nullable) == (told.get("required", False), told.get("nullable", False))
            assert (read.minimum, read.maximum) == (told.get("min"), told.get("max"))
            assert (read.default, list(read.choices)) == (told.get("default"), told.get("enum", []))
            assert read.required != ("default" in told)
            assert read.ports == told.get("ports")
            assert (None if read.native is None else list(read.native)) == told.get("native")
            assert read.type in get_args(ParameterType)
            assert read.names_file == (read.type in {"file", "model"})


def test_every_error_is_read_whole() -> None:
    table = json.loads((SCHEMAS / "errors.v1.json").read_text(encoding="utf-8"))
    assert [entry["code"] for entry in table["errors"]] == list(error_table())
    for entry in table["errors"]:
        read = error_table()[entry["code"]]
        assert (read.exit, read.summary, read.help) == (entry["exit"], entry["summary"], entry["help"])


def test_what_is_not_there_is_none() -> None:
    assert node_type("NoNode") is None
    assert error_entry("RM000") is None
    onnx = node_type("OnnxNode")
    assert onnx is not None
    assert onnx.parameter("no") is None


def test_parameters_name_the_ports_of_a_node() -> None:
    onnx = node_type("OnnxNode")
    assert onnx is not None
    assert onnx.shaped({"model": {"$file": "m.onnx"}, "inputs": {}}) == onnx
    shaped = onnx.shaped({"inputs": {"ids": "b", "mask": "a", "types": "b"}, "outputs": {"x": "y", "z": ["y"]}})
    assert shaped is not None
    assert [port.name for port in shaped.inputs] == ["b", "a"]
    assert [port.name for port in shaped.outputs] == ["x", "z"]
    assert {port.types for port in shaped.inputs} == {onnx.inputs[0].types}
    assert onnx.shaped({"inputs": {"$param": "ports"}}) is None


def test_a_function_that_is_known_runs_natively() -> None:
    text, data = node_table()["TextTransformNode"], node_table()["DataTransform"]
    assert text.kinds_with({"transform_func": {"$py": "builtins:str.upper"}}) == text.kinds
    assert text.kinds_with({"transform_func": {"$py": "textwrap:dedent"}}) == ("python-wasm", "python")
    assert data.kinds_with({})[0] == data.kinds_with({"transform_func": None})[0] == "native"
    assert data.kinds_with({"transform_func": {"$param": "f"}}) == ("python-wasm", "python")
    assert (text.kind_in_process, node_table()["VADNode"].kind_in_process) == ("python", "native")


def test_tables_cannot_be_changed() -> None:
    with pytest.raises(TypeError):
        node_table()["x"] = node_table()["OnnxNode"]  # type: ignore[index]


def test_every_code_in_the_sources_is_in_the_table() -> None:
    root = SCHEMAS.parent
    used = {
        code
        for room in ("sdk", "schemas")
        for path in (root / room).rglob("*.py")
        for code in re.findall(r"\bRM[0-9]{3}\b", path.read_text(encoding="utf-8"))
    }
    assert used
    assert used <= set(error_table())


def test_exported_names() -> None:
    assert all(hasattr(schemas, name) for name in schemas.__all__)
