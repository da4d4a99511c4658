"""Arguments as a manifest states them, for the objects of a running program and for the compiler's markers."""

from __future__ import annotations

import base64
import hashlib
import io
import json
import math
import statistics
from collections import namedtuple
from dataclasses import InitVar, dataclass, field
from datetime import timedelta
from enum import Enum, Flag, IntEnum, StrEnum
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from remotemedia import Array, _native
from remotemedia._npy import DTYPES, read_npy, write_npy
from remotemedia._params import lower_params, remote_fields
from remotemedia._project import Project
from remotemedia._stated import (
    StatedName,
    StatedNode,
    StatedObject,
    StatedParameter,
    StatedPipeline,
    StatedSecret,
)
from remotemedia.errors import PipelineError
from remotemedia.node import Node
from remotemedia.nodes.audio import AudioMixNode
from remotemedia.pipeline import Pipeline
from remotemedia.remote_config import RemoteExecutorConfig

HERE = Project.of(__file__)
MODULE = "test_params"


class Colour(Enum):
    RED = "r"


class Level(IntEnum):
    LOW = 1


class Name(StrEnum):
    A = "a"


class Bits(Flag):
    A = 1
    B = 2


@dataclass
class Window:
    size: int
    kind: str = "hann"
    cache: dict[str, int] = field(default_factory=dict, init=False)


@dataclass(frozen=True, slots=True)
class Frozen:
    inner: Any


class Point(NamedTuple):
    x: int
    y: float = 0.0


Pair = namedtuple("Pair", "a b")  # noqa: PYI024 - authors write this


def function(value: Any) -> Any:
    return value


class Own(Node):
    def __init__(self, value: Any = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.value = value

    @staticmethod
    def helper() -> None:
        """Be found by name."""

    def process(self, value: Any) -> Any:
        return value


def lowered(value: Any, data: dict[str, bytes] | None = None) -> Any:
    blobs: dict[str, bytes] = {} if data is None else data
    return lower_params({"x": value}, node="own", builtin=None, project=HERE, data=blobs)["x"]


def stated(entry: str, **params: Any) -> dict[str, Any]:
    return {"$new": {"entry": entry, "params": params}}


FORMS: list[tuple[Any, Any]] = [
    (None, None),
    (True, True),
    (2**53 - 1, 2**53 - 1),
    (2**53, {"$int": "9007199254740992"}),
    (-(2**70), {"$int": str(-(2**70))}),
    (0.1, 0.1),
    (float("nan"), {"$float": "nan"}),
    (float("inf"), {"$float": "inf"}),
    (float("-inf"), {"$float": "-inf"}),
    ("ä", "ä"),
    ((1, (2,)), [1, [2]]),
    ({"a": 1, "$a": 2, "$$a": 3}, {"a": 1, "$$a": 2, "$$$a": 3}),
    ({1: "a", None: {2.5: True}}, {"$map": [[1, "a"], [None, {"$map": [[2.5, True]]}]]}),
    ({}, {}),
    ({"b", "a", 1, (2, 3)}, {"$set": ["a", "b", 1, [2, 3]]}),
    (frozenset({None}), {"$set": [None]}),
    (set(), {"$set": []}),
    (b"\x00\xff", {"$bytes": base64.b64encode(b"\x00\xff").decode()}),
    (Path(__file__), {"$file": "test_params.py"}),
    (np.float32(0.5), 0.5),
    (np.int64(-3), -3),
    (np.bool_(True), True),
    (np.float64("nan"), {"$float": "nan"}),
    (Colour.RED, {"$py": f"{MODULE}:Colour.RED"}),
    (Level.LOW, {"$py": f"{MODULE}:Level.LOW"}),
    (Name.A, {"$py": f"{MODULE}:Name.A"}),
    (Bits.A, {"$py": f"{MODULE}:Bits.A"}),
    ({Colour.RED: 1}, {"$map": [[{"$py": f"{MODULE}:Colour.RED"}, 1]]}),
    (function, {"$py": f"{MODULE}:function"}),
    (Own, {"$py": f"{MODULE}:Own"}),
    (Own.helper, {"$py": f"{MODULE}:Own.helper"}),
    (math.sqrt, {"$py": "math:sqrt"}),
    (len, {"$py": "builtins:len"}),
    (statistics.mean, {"$py": "statistics:mean"}),
    (dict, {"$py": "builtins:dict"}),
    (AudioMixNode, {"$py": "remotemedia.nodes.audio:AudioMixNode"}),
    (Window(512), stated(f"{MODULE}:Window", size=512, kind="hann")),
    (Frozen([Point(1)]), stated(f"{MODULE}:Frozen", inner=[stated(f"{MODULE}:Point", x=1, y=0.0)])),
    (Pair(1, 2), stated(f"{MODULE}:Pair", a=1, b=2)),
    (timedelta(hours=25), stated("datetime:timedelta", days=1, seconds=3600, microseconds=0)),
    (
        Own(AudioMixNode(channels=2)),
        {
            "$node": {
                "node_type": "Own",
                "params": {"value": {"$node": {"node_type": "AudioMixNode", "params": {"channels": 2}}}},
                "entry": f"{MODULE}:Own",
            }
        },
    ),
    (
        Pipeline([AudioMixNode(), Own(1, name="own")], name="inner"),
        {
            "$pipeline": {
                "name": "inner",
                "nodes": [
                    {"id": "AudioMixNode", "node_type": "AudioMixNode", "params": {}},
                    {"id": "own", "node_type": "Own", "params": {"value": 1, "name": "own"}, "entry": f"{MODULE}:Own"},
                ],
                "connections": [{"from": "AudioMixNode", "to": "own"}],
            }
        },
    ),
]


@pytest.mark.parametrize(("value", "form"), FORMS, ids=[json.dumps(form)[:40] for _, form in FORMS])
def test_every_value_has_its_form(value: Any, form: Any) -> None:
    assert lowered(value) == form
    node = {"id": "own", "node_type": "Own", "entry": "m:Own", "params": {"x": form}}
    manifest = {"version": "v1", "metadata": {"name": "n"}, "nodes": [node], "connections": []}
    assert _native.validate_manifest(json.dumps(manifest).encode()) == []


MARKERS: list[tuple[Any, Any]] = [
    (StatedName(f"{MODULE}:function"), function),
    (StatedName(f"{MODULE}:Colour.RED"), Colour.RED),
    (StatedObject(f"{MODULE}:Window", {"size": 3, "kind": "hann"}), Window(3)),
    (StatedNode("AudioMixNode", {"channels": 2}), AudioMixNode(channels=2)),
    (StatedNode("Own", {"value": StatedName("math:sqrt")}, f"{MODULE}:Own"), Own(math.sqrt)),
    (
        StatedPipeline("inner", [("a", StatedNode("Own", {"name": "a"}, f"{MODULE}:Own"))], []),
        Pipeline([Own(name="a")], name="inner"),
    ),
    (
        StatedObject("remotemedia.remote_config:RemoteExecutorConfig", vars(RemoteExecutorConfig("gpu", 1))),
        RemoteExecutorConfig("gpu", 1),
    ),
]


@pytest.mark.parametrize(("marker", "value"), MARKERS, ids=lambda value: type(value).__name__)
def test_what_the_compiler_states_is_what_the_program_states(marker: Any, value: Any) -> None:
    assert lowered([marker]) == lowered([value])


def test_parameters_and_secrets_are_stated_by_name() -> None:
    p = Pipeline()
    assert lowered([p.param("rate", 1), {"a": p.secret("KEY")}]) == [{"$param": "rate"}, {"a": {"$secret": "KEY"}}]
    assert lowered([StatedParameter("rate"), StatedSecret("KEY")]) == [{"$param": "rate"}, {"$secret": "KEY"}]


def made_here() -> Any:
    @dataclass
    class Local:
        a: int

    return Local(1)


@dataclass
class Derived:
    size: InitVar[int]


@dataclass(init=False)
class Handmade:
    a: int

    def __init__(self) -> None:
        self.a = 1


def looped() -> list[Any]:
    loop: list[Any] = []
    loop.append(loop)
    return loop


def laughs() -> list[Any]:
    value: list[Any] = ["ha"]
    for _ in range(40):
        value = [value, value]
    return value


REFUSED: list[tuple[str, Any]] = [
    ("<lambda>", lambda: 1),
    ("append", [].append),
    ("a_method", Own().process),
    ("Local", made_here()),
    ("Derived", Derived(1)),
    ("Handmade", Handmade()),
    ("Bits", Bits.A | Bits.B),
    ("ndarray", np.array([object()])),
    ("complex", np.zeros(1, "complex128")),
    ("MaskedArray", np.ma.zeros(1)),
    ("third", pytest.fixture),
    ("bytes", bytes(65537)),
    ("bits", 1 << 4097),
    ("deep", looped()),
    ("values", laughs()),
    ("file", io.StringIO()),
    ("token", RemoteExecutorConfig("gpu", 1, auth_token="literal")),  # noqa: S106 - that is the point
]


@pytest.mark.parametrize("value", [value for _, value in REFUSED], ids=[name for name, _ in REFUSED])
def test_what_has_no_name_is_refused(value: Any) -> None:
    with pytest.raises(PipelineError, match="argument `x` of `own`") as caught:
        lowered(value)
    assert caught.value.code == "RM108"
    assert caught.value.hint
    assert "literal" not in caught.value.message.replace("literal `auth_token`", "")


NUMBERS = st.sampled_from([name for typestr in DTYPES for name in ({typestr, typestr.replace("<", ">")})])


@given(NUMBERS.flatmap(lambda dtype: arrays.arrays(dtype, arrays.array_shapes(min_dims=0, min_side=0, max_dims=4))))
def test_arrays_are_one_file_whoever_made_them(array: Any) -> None:
    mine: dict[str, bytes] = {}
    other: dict[str, bytes] = {}
    form = lowered(array, mine)
    little = array.astype(array.dtype.newbyteorder("<"))
    assert lowered(Array(little.tobytes(), DTYPES[little.dtype.str], array.shape), other) == form
    assert lowered(np.array(array, order="F"), other) == form
    assert mine == other
    ((path, file),) = mine.items()
    assert form == {"$ref": path}
    assert path == f"data/{hashlib.sha256(file).hexdigest()}.npy"
    loaded = np.load(io.BytesIO(file))
    assert (loaded.dtype, loaded.shape) == (little.dtype, array.shape)
    assert loaded.tobytes() == little.tobytes()
    assert read_npy(file).tobytes() == little.tobytes()
    assert read_npy(file).shape == array.shape


def test_an_array_s_elements_begin_where_memory_can_be_mapped() -> None:
    file = write_npy("<f4", (3,), bytes(12))
    assert (len(file) - 12) % 64 == 0
    assert np.lib.format.read_magic(io.BytesIO(file)) == (1, 0)


@pytest.mark.parametrize(
    "file",
    [
        b"",
        b"\x93NUMPY\x02\x00",
        b"\x93NUMPY\x01\x00\xff\xff" + b" " * 70000,
        b"\x93NUMPY\x01\x00\x10\x00{'descr': '<f4'}",
        b"\x93NUMPY\x01\x00\x10\x00" + b"(" * 16,
        write_npy("<f4", (3,), bytes(12))[:-1],
        write_npy("<f4", (-3, -1), bytes(12)),
        write_npy("|O8", (1,), bytes(8)),
        write_npy("<f4", (3,), bytes(12)).replace(b"False", b"True "),
    ],
)
def test_other_files_are_no_arrays(file: bytes) -> None:
    with pytest.raises(ValueError, match="expected"):
        read_npy(file)


def test_remote_places_follow_from_the_arguments() -> None:
    config = RemoteExecutorConfig("gpu.example", 50052)
    assert remote_fields({"remote_config": config}, "Own", HERE) == {"host": "gpu.example:50052"}
    assert remote_fields({"remote_config": RemoteExecutorConfig("::1", 1)}, "Own", HERE) == {"host": "[::1]:1"}
    assert remote_fields({"host": "a:1", "remote_ref": "oci://x"}, "Own", HERE) == {}
    places = {"host": "a:1", "remote_ref": "oci://x"}
    assert remote_fields(places, "HFPipelineNode", HERE) == places
    for arguments in ({"remote_config": RemoteExecutorConfig(Pipeline().param("h", "a"), 1)}, {"host": 7}):
        with pytest.raises(PipelineError) as caught:
            remote_fields(arguments, "HFPipelineNode", HERE)
        assert caught.value.code == "RM108"


@pytest.mark.parametrize(
    "arguments", [{"port": 0}, {"port": 65536}, {"port": 1, "protocol": "x"}, {"port": 1, "timeout": 0}]
)
def test_remote_configs_are_checked(arguments: dict[str, Any]) -> None:
    with pytest.raises(PipelineError) as caught:
        RemoteExecutorConfig("a", **arguments)
    assert caught.value.code == "RM211"


def test_scenario_preserve_node_configuration() -> None:
    config = RemoteExecutorConfig("gpu.example", 50052, timeout=5.0)
    p = Pipeline("kept").add(Own([1, Window(2)], state_ttl=timedelta(hours=1), remote_config=config, extra="kept"))
    node = json.loads(p.serialize())["nodes"][0]
    assert node["params"].keys() == {"value", "state_ttl", "remote_config", "extra"}
    assert node["params"]["remote_config"]["$new"]["params"]["timeout"] == 5.0
    assert node["params"]["extra"] == "kept"
    assert node["host"] == "gpu.example:50052"
