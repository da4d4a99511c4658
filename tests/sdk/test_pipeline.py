"""`Pipeline`: the graph, and the manifest it states."""

from __future__ import annotations

import asyncio
import json
import re
import subprocess
import sys
from collections import OrderedDict
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from remotemedia import AudioMixNode, AudioSource, Node, OnnxNode, Pipeline, execute_pipeline
from remotemedia.errors import PipelineError, UsageError
from remotemedia.schemas.manifest import Manifest

PROGRAM = """
from pathlib import Path
from remotemedia import AudioMixNode, AudioSource, Node, OnnxNode, Pipeline
from nodes.gain import Gain

class Tag(Node):
    def __init__(self, labels, *, scale=1.0, **kw):
        super().__init__(**kw)
    def process(self, value):
        return value

p = Pipeline("speech")
p.add(AudioSource("take.wav")).add(AudioMixNode(channels=2, name="stereo"))
p.add(OnnxNode(Path(__file__).parent / "models" / "vad.onnx", state={"h": "hn", "$h": "x"}, constants={"sr": 16000}))
tag = Tag(["a", ("b", None)], scale=0.5, lexicon=Path("models/words.txt"), extra={"$file": "x", "ok": True})
p.add(tag).add(Gain(3)).add(Tag([]), after=[tag])
p.connect(p.nodes[0], tag, from_port="out", to_port="sound")
"""

FILES = {
    "pipeline.py": "import sys; sys.path.insert(0, __file__.rpartition('/')[0])\n" + PROGRAM,
    "nodes/__init__.py": "",
    "nodes/gain.py": "from remotemedia import Node\nclass Gain(Node):\n    def __init__(self, factor): pass\n"
    "    def process(self, value): return value\n",
    "models/vad.onnx": "",
    "models/words.txt": "",
    "take.wav": "",
}

EXPECTED = {
    "version": "v1",
    "metadata": {"name": "speech"},
    "nodes": [
        {"id": "AudioSource", "node_type": "AudioSource", "params": {"path": {"$file": "take.wav"}}},
        {"id": "stereo", "node_type": "AudioMixNode", "params": {"channels": 2, "name": "stereo"}},
        {
            "id": "OnnxNode",
            "node_type": "OnnxNode",
            "params": {
                "model": {"$file": "models/vad.onnx"},
                "state": {"h": "hn", "$$h": "x"},
                "constants": {"sr": 16000},
            },
        },
        {
            "id": "Tag",
            "node_type": "Tag",
            "params": {
                "labels": ["a", ["b", None]],
                "scale": 0.5,
                "lexicon": {"$file": "models/words.txt"},
                "extra": {"$$file": "x", "ok": True},
            },
            "entry": "pipeline:Tag",
        },
        {"id": "Gain", "node_type": "Gain", "params": {"factor": 3}, "entry": "nodes.gain:Gain"},
        {"id": "Tag_2", "node_type": "Tag", "params": {"labels": []}, "entry": "pipeline:Tag"},
    ],
    "connections": [
        {"from": "AudioSource", "to": "stereo"},
        {"from": "stereo", "to": "OnnxNode"},
        {"from": "OnnxNode", "to": "Tag"},
        {"from": "Tag", "to": "Gain"},
        {"from": "Tag", "to": "Tag_2"},
        {"from": "AudioSource", "to": "Tag", "from_port": "out", "to_port": "sound"},
    ],
}

Program = Callable[..., Any]


class Own(Node):
    """Takes anything."""

    def __init__(self, **kw: Any) -> None:
        super().__init__(**kw)

    def process(self, value: Any) -> Any:
        return value


@pytest.fixture
def speech(program: Program, monkeypatch: pytest.MonkeyPatch) -> Pipeline:
    monkeypatch.setattr(sys, "path", [*sys.path])
    for name in ("nodes", "nodes.gain"):
        monkeypatch.delitem(sys.modules, name, raising=False)
    pipeline = program(FILES).p
    assert isinstance(pipeline, Pipeline)
    return pipeline


def test_manifest(speech: Pipeline) -> None:
    manifest = speech.to_manifest()
    assert manifest == EXPECTED
    assert json.dumps(manifest) == json.dumps(EXPECTED)  # the order of keys, too


def test_scenario_serialize_pipeline_to_json(speech: Pipeline) -> None:
    """GIVEN a Pipeline with nodes, WHEN serialize() is called, THEN a JSON manifest with nodes, edges and metadata."""
    text = speech.serialize("what it does")
    manifest = json.loads(text)
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", manifest["metadata"].pop("created_at"))
    assert manifest["metadata"].pop("description") == "what it does"
    assert manifest == EXPECTED
    assert text.startswith('{\n  "version": "v1",\n')
    Manifest.model_validate_json(text)


def test_scenario_preserve_node_configuration(program: Program) -> None:
    """GIVEN nodes with custom parameters, WHEN serialized, THEN all configuration is preserved."""
    values = {"a": 1, "b": [1.5, None, True], "c": {"d": "e"}, "name": "x", "enable_state": False, "state_ttl": 2.5}
    files = {"pipeline.py": "from remotemedia import Node, Pipeline\nclass A(Node):\n    def process(self, v): pass\n"
    f"p = Pipeline()\np.add(A(**{values!r}))\n"}  # fmt: skip
    (node,) = json.loads(program(files).p.serialize())["nodes"]
    assert {name: node["params"][name] for name in values} == values


def test_the_time_is_that_of_the_sources(speech: Pipeline, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1700000000")
    assert json.loads(speech.serialize())["metadata"]["created_at"] == "2023-11-14T22:13:20Z"
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "yesterday")
    with pytest.raises(UsageError, match="`yesterday`") as caught:
        speech.serialize()
    assert caught.value.code == "RM701"


def test_inspect(speech: Pipeline) -> None:
    assert speech.inspect().splitlines()[:4] == [
        "pipeline speech",
        "",
        "  AudioSource  native  AudioSource(path='take.wav')",
        "  stereo       native  AudioMixNode(channels=2, name='stereo')",
    ]
    assert speech.inspect().splitlines()[-1] == "  AudioSource.out -> Tag.sound"


def test_names() -> None:
    assert Pipeline().name == "pipeline"
    assert Pipeline("voice").name == Pipeline(name="voice").name == Pipeline([], "voice").name == "voice"
    nodes = [Own(), Own()]
    assert Pipeline(nodes, enable_metrics=True).nodes == tuple(nodes)
    for arguments in ((["a"],), ("a", "b"), ("",), (None, ""), (None, 3)):
        with pytest.raises(PipelineError) as caught:
            Pipeline(*arguments)
        assert caught.value.code == "RM703"


def test_edges() -> None:
    a, b, c, d, e = (Own(name=name) for name in "abcde")
    p = Pipeline().add(a).add(b).add(c, after=a).add(d, after=(b, c)).add(e, after=[])
    connections = p.to_live_manifest()["connections"]
    assert [(edge["from"], edge["to"]) for edge in connections] == [("a", "b"), ("a", "c"), ("b", "d"), ("c", "d")]


def test_nodes_are_told_apart_by_identity(program: Program) -> None:
    code = (
        "import dataclasses\nfrom remotemedia import Node, Pipeline\n@dataclasses.dataclass\nclass A(Node):\n"
        "    size: int\n    def process(self, v): pass\n"
        "a, b = A(1), A(1)\np = Pipeline([a, b]).connect(a, b)\n"
    )
    edge = {"from": "A", "to": "A_2"}
    assert program({"pipeline.py": code}).p.to_manifest()["connections"] == [edge, edge]


def test_misuse_is_refused() -> None:
    node, stranger = Own(), Own(name="stranger")
    p = Pipeline().add(node)
    misuses: list[Callable[[], Any]] = [
        lambda: p.add(node),
        lambda: p.add("node"),  # type: ignore[arg-type]
        lambda: p.add(Own),  # type: ignore[arg-type]
        lambda: p.add(Own(), after=stranger),
        lambda: p.add(Own(), after=[node, "x"]),  # type: ignore[list-item]
        lambda: p.connect(node, stranger),
        lambda: p.connect(stranger, node),
    ]
    for misuse in misuses:
        with pytest.raises(PipelineError) as caught:
            misuse()
        assert caught.value.code == "RM703"
    assert p.nodes == (node,)
    assert p.to_live_manifest()["connections"] == []


def test_two_nodes_of_one_name_are_refused() -> None:
    p = Pipeline().add(Own(name="x"))
    with pytest.raises(PipelineError, match="`x` twice") as caught:
        p.add(Own(name="x"))
    assert caught.value.code == "RM112"
    assert len(p.nodes) == 1


def test_the_source_is_the_file_that_makes_the_pipeline(program: Program) -> None:
    module = program({
        "pipeline.py": "from remotemedia import Pipeline\nclass Mine(Pipeline):\n    def __init__(self):\n"
        "        super().__init__('mine')\np = Mine()\n",
    })  # fmt: skip
    assert module.p.source == Path(module.__file__)
    assert Pipeline().source == Path(__file__)
    space: dict[str, Any] = {}
    exec("from remotemedia import Pipeline\np = Pipeline()", space)  # noqa: S102 - as an interactive session does
    assert space["p"].source == Path.cwd() / "<interactive>"
    assert space["p"].add(AudioMixNode()).to_manifest()["nodes"][0]["id"] == "AudioMixNode"


LIVE = [
    lambda: 1,
    OrderedDict(a=1),
    object(),
    "\ud800",
    {"\ud800": 1},
]


@pytest.mark.parametrize("value", LIVE, ids=lambda value: repr(value).encode("ascii", "replace").decode()[:20])
def test_values_that_cannot_stand_in_a_manifest_are_refused(value: Any) -> None:
    for argument in (value, [value], {"deep": [value]}):
        p = Pipeline().add(Own(good=1, callback=argument, name="own"))
        with pytest.raises(PipelineError, match="argument `callback` of `own`") as caught:
            p.serialize()
        assert caught.value.code == "RM108"
        assert p.to_live_manifest()["nodes"][0]["params"] == {"good": 1, "name": "own"}


def test_an_open_file_is_refused(tmp_path: Path) -> None:
    with (tmp_path / "x").open("w") as file, pytest.raises(PipelineError, match="TextIOWrapper") as caught:
        Pipeline().add(Own(log=file)).serialize()
    assert caught.value.code == "RM108"


def test_a_value_that_holds_itself_is_refused() -> None:
    value: Any = {}
    for _ in range(60):
        value = {"a": value}
    with pytest.raises(PipelineError, match="nested at most") as caught:
        Pipeline().add(Own(value=value)).to_manifest()
    assert caught.value.code == "RM108"


def test_files_of_built_in_nodes(tmp_path: Path) -> None:
    outside = tmp_path / "take.wav"
    outside.touch()
    source, model = Pipeline().add(AudioSource(outside)), Pipeline().add(OnnxNode(outside))
    for p in (source, model, Pipeline().add(OnnxNode("missing.onnx")), Pipeline().add(AudioSource("missing.wav"))):
        with pytest.raises(PipelineError) as caught:
            p.to_manifest()
        assert caught.value.code == "RM109"
    # In this process nothing is packed, so a file may lie anywhere.
    named = {"$file": outside.resolve().relative_to("/").as_posix()}
    assert source.to_live_manifest()["nodes"][0]["params"] == {"path": named}
    assert model.to_live_manifest()["nodes"][0]["params"] == {"model": named}
    with pytest.raises(PipelineError):
        Pipeline().add(AudioSource("missing.wav")).to_live_manifest()


def test_classes_that_cannot_be_found_again() -> None:
    class Inner(Own):
        pass

    for node in (Inner(), type("Made", (Own,), {})()):
        p = Pipeline().add(node)
        with pytest.raises(PipelineError) as caught:
            p.to_manifest()
        assert caught.value.code == "RM104"
        assert p.to_live_manifest()["nodes"][0]["entry"] == f"live:{type(node).__name__}"


def test_a_class_of_the_main_module_is_named_after_its_file(tmp_path: Path) -> None:
    code = (
        "from remotemedia import Node, Pipeline\nclass A(Node):\n    def process(self, v): pass\n"
        "print(Pipeline().add(A()).to_manifest()['nodes'][0]['entry'])\n"
    )
    (tmp_path / "mine.py").write_text(code, encoding="utf-8")
    command = [sys.executable, str(tmp_path / "mine.py")]
    assert subprocess.run(command, check=True, capture_output=True, text=True).stdout == "mine:A\n"


def test_a_class_with_the_name_of_a_built_in_node_is_the_authors(program: Program) -> None:
    code = "from remotemedia import Pipeline, nodes\nclass AudioMixNode(nodes.AudioMixNode): pass\n"
    (node,) = program({"pipeline.py": code + "p = Pipeline().add(AudioMixNode(3))\n"}).p.to_manifest()["nodes"]
    assert node["params"] == {"channels": 3}
    assert node["entry"] == "pipeline:AudioMixNode"


def test_many_nodes_are_added_quickly() -> None:
    p = Pipeline()
    for _ in range(2000):
        p.add(AudioMixNode())
    assert p.ids()[-1] == "AudioMixNode_2000"


def test_run_gives_what_comes_out() -> None:
    class Times(Own):
        def process(self, value: Any) -> Any:
            return value * self.config["factor"]

    def pipeline() -> Pipeline:
        return Pipeline().add(Times(factor=2))

    assert pipeline().run([1, 2, 3]) == [2, 4, 6]
    assert pipeline().run(4) == 8
    assert pipeline().run([]) is None
    assert pipeline().run_sync("ab") == "abab"

    async def inside() -> tuple[Any, Any]:
        return await pipeline().run([1, 2]), pipeline().run_sync([3])

    assert asyncio.run(inside()) == ([2, 4], 6)


def test_files_of_nodes_that_a_function_runs_are_relative_to_its_callers() -> None:
    source = AudioSource(Path("..", "..", "testdata", "speech", "sense_0880.wav"))
    samples = execute_pipeline([source, AudioMixNode(), Own()])
    assert len(samples) > 1
