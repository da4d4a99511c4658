"""RM117, RM118 and RM129 give the same verdict as the engine, which refuses what they find (RM211, RM213)."""

from __future__ import annotations

import json
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from remotemedia import _native
from remotemedia.compiler import Diagnostic, compile_file
from remotemedia.compiler._rules.parameter_value import allows
from remotemedia.compiler._rules.unknown_parameter import COMMON
from remotemedia.errors import CompileError
from remotemedia.schemas.tables import NodeType, Parameter, node_table

_NODES = [node for node in node_table().values() if node.parameters]


def _code(fields: dict[str, Any]) -> str | None:
    """Return the code with which the engine refuses a manifest, or None."""
    manifest = {"version": "v1", "metadata": {"name": "x"}, "secrets": ["KEY"], **fields}
    try:
        _native.validate_manifest(json.dumps(manifest).encode())
    except _native.NativeError as error:
        code: str = json.loads(error.args[0])["code"]
        return code
    return None


def _verdict(node: NodeType, params: dict[str, Any], declared: dict[str, Any]) -> str | None:
    nodes = [{"id": "a", "node_type": node.name, "params": params}]
    return _code({"nodes": nodes, "connections": [], **({"parameters": declared} if declared else {})})


def _good(parameter: Parameter) -> Any:
    """Return a value that a required parameter takes."""
    if parameter.choices:
        return parameter.choices[0]
    low = parameter.minimum if parameter.minimum is not None else 1
    values: dict[str, Any] = {
        "int": int(low),
        "float": low,
        "bool": True,
        "str": "text",
        "map[str]": {},
        "map[program]": {"linux/amd64": {"$file": "a.bin"}},
        "map[json]": {},
        "json": 1,
    }
    return values.get(parameter.type, {"$file": "a.bin"})


def _numbers(parameter: Parameter) -> st.SearchStrategy[Any]:
    """Numbers about the bounds of a parameter."""
    bounds = [bound for bound in (parameter.minimum, parameter.maximum) if bound is not None] or [0]
    near = [bound + step for bound in bounds for step in (-1, -0.5, 0, 0.5, 1)]
    return st.sampled_from([*near, *(int(each) for each in near)])


_ANYTHING = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**53) + 1, 2**53 - 1),
    st.floats(allow_nan=False, allow_infinity=False),
    st.text(max_size=8),
    st.sampled_from(["high", "f32", "auto", "/tmp/a.wav", ""]),  # noqa: S108 - never opened
    st.sampled_from([{"$file": "a.onnx"}, {"$secret": "KEY"}, {"$param": "p"}]),
    st.lists(st.integers(0, 9), max_size=2),
    st.dictionaries(st.sampled_from(["a", "$$b"]), st.sampled_from(["x", 1, {"$secret": "KEY"}]), max_size=2),
    st.dictionaries(
        st.sampled_from(["linux/amd64", "linux/arm64/v8", "a/b/c/d", "linux/", "amd64", "linux/x 86", "ä/b"]),
        st.sampled_from(["x", {"$file": "a.bin"}]),
        max_size=2,
    ),
)


@settings(max_examples=400)
@given(st.data())
def test_values_are_judged_as_by_the_engine(data: st.DataObject) -> None:
    node = data.draw(st.sampled_from(_NODES))
    parameter = data.draw(st.sampled_from(node.parameters))
    value = data.draw(st.one_of(_ANYTHING, _numbers(parameter), st.sampled_from(parameter.choices or ("x",))))
    default = data.draw(st.one_of(_ANYTHING, _numbers(parameter)))
    assume(not any(key in json.dumps(default) for key in ("$param", "$secret")))  # a default refers to nothing: RM214
    declared = {"p": {"default": default}} if value == {"$param": "p"} else {}
    params = {each.name: _good(each) for each in node.parameters if each.required} | {parameter.name: value}
    verdict = _verdict(node, params, declared)
    assert verdict in {None, "RM211"}
    assert allows(parameter, value, declared) == (verdict is None)


@pytest.mark.parametrize("node", _NODES, ids=lambda node: node.name)
def test_defaults_are_allowed(node: NodeType) -> None:
    for parameter in node.parameters:
        if not parameter.required:
            assert allows(parameter, parameter.default, {})


def test_every_type_of_the_table_is_judged() -> None:
    for node in _NODES:
        for parameter in node.parameters:
            assert allows(parameter, _good(parameter), {}), (node.name, parameter.name)


def test_what_every_node_takes() -> None:
    manifest = {
        "version": "v1",
        "metadata": {"name": "x"},
        "nodes": [{"id": "a", "node_type": "AudioMixNode", "params": dict.fromkeys([*COMMON, "other"])}],
        "connections": [],
    }
    warned = _native.validate_manifest(json.dumps(manifest).encode())
    assert [pointer for _, pointer in warned] == ["/nodes/0/params/other"]


_FREE = [node.name for node in node_table().values() if not any(parameter.required for parameter in node.parameters)]
_PORTS = st.sampled_from([None, "in", "out", "left"])


@settings(max_examples=100)
@given(st.sampled_from(_FREE), st.sampled_from(_FREE), _PORTS, _PORTS)
def test_ports_are_judged_as_by_the_engine(first: str, second: str, from_port: str | None, to_port: str | None) -> None:
    text = (
        f"from remotemedia import Pipeline\nfrom remotemedia.nodes import *\n"
        f"a, b = {first}(name='a'), {second}(name='b')\n"
        f"p = Pipeline('x').add(a).add(b, after=[]).connect(a, b, from_port={from_port!r}, to_port={to_port!r})\n"
    )
    with TemporaryDirectory() as directory:
        file = Path(directory) / "pipeline.py"
        file.write_text(text, encoding="utf-8")
        try:
            found = {diagnostic.code for diagnostic in compile_file(file).diagnostics}
        except CompileError as error:
            found = {each.code for each in error.diagnostics if isinstance(each, Diagnostic)}
    ports = {key: port for key, port in (("from_port", from_port), ("to_port", to_port)) if port is not None}
    nodes = [{"id": name, "node_type": kind, "params": {}} for name, kind in (("a", first), ("b", second))]
    verdict = _code({"nodes": nodes, "connections": [{"from": "a", "to": "b", **ports}]})
    assert verdict in {None, "RM213"}
    assert bool(found & {"RM118", "RM129"}) == (verdict is not None)
