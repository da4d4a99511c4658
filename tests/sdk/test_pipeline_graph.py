"""Pipelines in pipelines, changes of the graph, and pictures of it."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest

from remotemedia import AudioMixNode, Node, PassThroughNode, Pipeline
from remotemedia._graph_text import Form, render
from remotemedia._picture import DrawnEdge, DrawnNode, Picture, picture_of_manifest
from remotemedia.errors import PipelineError


class Own(Node):
    def __init__(self, add: int = 0, **kw: Any) -> None:
        super().__init__(**kw)
        self.add = add

    def process(self, value: Any) -> Any:
        return value + self.add


def edges(p: Pipeline) -> list[tuple[str, str]]:
    return [(edge["from"], edge["to"]) for edge in p.to_live_manifest()["connections"]]


def test_a_pipeline_in_a_pipeline_is_dissolved() -> None:
    sub = Pipeline([Own(name="a"), Own(name="b")], name="sub")
    p = Pipeline([Own(name="first"), sub, Own(name="last")])
    assert p.ids() == ["first", "sub/a", "sub/b", "last"]
    assert edges(p) == [("sub/a", "sub/b"), ("first", "sub/a"), ("sub/b", "last")]
    assert [node.name for node in p.nodes] == ["first", "a", "b", "last"]


def test_what_a_pipeline_is_given_later_counts_too() -> None:
    sub = Pipeline("sub")
    p = Pipeline([Own(name="first"), sub])
    assert p.ids() == ["first"]
    sub.add(Own(1, name="a")).add(Own(2, name="b"))
    assert p.ids() == ["first", "sub/a", "sub/b"]
    assert p.run(1) == 4


def test_an_edge_to_a_pipeline_leads_to_all_that_take_and_leaves_all_that_give() -> None:
    sub = Pipeline("sub")
    left, right = Own(name="left"), Own(name="right")
    sub.add(left).add(right, after=[]).add(Own(name="more"), after=left)
    p = Pipeline([Own(name="in")]).add(sub).add(Own(name="out"))
    outer = [("in", "sub/left"), ("in", "sub/right"), ("sub/right", "out"), ("sub/more", "out")]
    assert edges(p) == [("sub/left", "sub/more"), *outer]
    ported = Pipeline().add(p).add(sink := Own(name="sink"), after=[]).connect(p, sink, to_port="x")
    assert ported.to_live_manifest()["connections"][-1] == {"from": "pipeline/out", "to": "sink", "to_port": "x"}


def test_pipelines_of_one_name_are_told_apart() -> None:
    p = Pipeline([Pipeline([Own()], name="sub"), Pipeline([Own()], name="sub")])
    assert p.ids() == ["sub/Own", "sub_2/Own"]


def test_pipelines_nest() -> None:
    inner = Pipeline([Own(1)], name="inner")
    assert Pipeline([Pipeline([inner], name="outer")]).ids() == ["outer/inner/Own"]


def test_twice_the_same_or_itself_is_refused() -> None:
    sub = Pipeline([Own()], name="sub")
    with pytest.raises(PipelineError) as caught:
        Pipeline([sub, sub])
    assert caught.value.code == "RM703"
    shared = Own()
    itself = Pipeline("itself")
    itself.add(Pipeline([itself], name="between"))
    for p in (
        Pipeline([sub, Pipeline([sub], name="other")]),
        Pipeline([Pipeline([shared]), Pipeline([shared])]),
        itself,
    ):
        with pytest.raises(PipelineError) as caught:
            p.to_live_manifest()
        assert caught.value.code == "RM703"


def test_a_name_like_that_of_a_nested_node_is_refused() -> None:
    p = Pipeline([Own(name="sub/a"), Pipeline([Own(name="a")], name="sub")])
    with pytest.raises(PipelineError, match="`sub/a` twice") as caught:
        p.ids()
    assert caught.value.code == "RM112"


def test_parameters_of_nested_pipelines_are_those_of_the_whole() -> None:
    sub = Pipeline("sub")
    sub.add(Own(sub.param("step", 3)))
    sub.secret("KEY")
    p = Pipeline("whole")
    p.param("rate", 8000)
    p.add(sub)
    manifest = p.to_manifest()
    assert manifest["parameters"] == {"rate": {"default": 8000}, "step": {"default": 3}}
    assert manifest["secrets"] == ["KEY"]
    assert p.run(1, secrets={"KEY": "x"}) == 4
    assert p.run(1, settings={"step": 5}, secrets={"KEY": "x"}) == 6


def test_nodes_are_found_and_removed() -> None:
    p = Pipeline([Own(1, name="a"), Own(2, name="b"), Own(4, name="c")])
    assert len(p) == p.node_count == 3
    assert [node.name for node in p] == ["a", "b", "c"]
    assert p.get_node("b") is p.nodes[1]
    assert p.get_node("x") is None
    assert p.remove_node("b")
    assert not p.remove_node("b")
    assert edges(p) == [("a", "c")]
    assert p.run(0) == 5
    p.add_node(Own(name="b"))
    assert edges(p) == [("a", "c"), ("c", "b")]
    assert repr(p) == "Pipeline(name='pipeline', nodes=['a', 'c', 'b'])"
    assert p.get_config()["node_count"] == 3
    assert bool(Pipeline())


def test_an_added_thing_must_be_a_node() -> None:
    with pytest.raises(PipelineError):
        Pipeline().add_node("node")  # type: ignore[arg-type]


MANIFEST: dict[str, Any] = {
    "version": "v1",
    "metadata": {"name": "voice"},
    "nodes": [
        {"id": "src", "node_type": "AudioSource", "params": {"path": {"$file": "a.wav"}}},
        {"id": "asr", "node_type": "HFPipelineNode", "host": "gpu:50051", "params": {"key": {"$secret": "KEY"}}},
        {"id": "mix", "node_type": "AudioMixNode", "params": {"channels": {"$param": "channels"}}},
        {"id": "end", "node_type": "Show", "entry": "m:Show", "params": {}},
    ],
    "connections": [
        {"from": "src", "to": "asr"},
        {"from": "src", "to": "mix"},
        {"from": "asr", "to": "end", "to_port": "text"},
        {"from": "mix", "to": "end"},
        {"from": "src", "to": "end"},
    ],
    "parameters": {"channels": {"default": 2}},
    "secrets": ["KEY"],
}
RUNTIMES = {"src": "native", "asr": "python", "mix": "native", "end": "python-wasm"}


def test_text() -> None:
    assert render(picture_of_manifest(MANIFEST, RUNTIMES)).splitlines() == [
        "pipeline voice",
        "",
        "  src  native       AudioSource(path=<file a.wav>)",
        "  asr  python       HFPipelineNode(key=<secret KEY>)  @ on gpu:50051",
        "  mix  native       AudioMixNode(channels=<parameter channels>)",
        "  end  python-wasm  Show()",
        "",
        "  src -> asr",
        "  src -> mix",
        "  asr -> end.text",
        "  mix -> end",
        "  src -> end",
        "",
        "  parameter channels = 2",
        "  secret KEY",
    ]


def test_mermaid_and_dot() -> None:
    picture = picture_of_manifest(MANIFEST, RUNTIMES)
    assert render(picture, Form.MERMAID).splitlines()[:2] == [
        "flowchart LR",
        '  n0["src<br>AudioSource · native"]',
    ]
    assert '  n1 -->|"out → text"| n3' in render(picture, Form.MERMAID).splitlines()
    assert '  n1 [label="asr\\nHFPipelineNode · python\\non gpu:50051"];' in render(picture, Form.DOT).splitlines()
    assert '  n1 -> n3 [label="out → text"];' in render(picture, Form.DOT).splitlines()


HOSTILE = '"><script>alert(1)</script>\\"];\n\x1b[31m`#`]'


def test_hostile_names_stay_text() -> None:
    picture = picture_of_manifest(
        {
            "metadata": {"name": HOSTILE},
            "nodes": [{"id": HOSTILE, "node_type": HOSTILE, "params": {HOSTILE: HOSTILE}}],
            "connections": [],
        },
        {HOSTILE: HOSTILE},
    )
    for form in Form:
        text = render(picture, form)
        assert "\x1b" not in text
        assert form in {Form.TEXT, Form.DOT} or "<script" not in text
    assert len(render(picture, Form.MERMAID).splitlines()) == 2
    assert render(picture, Form.MERMAID).count('"') == 2
    root = ET.fromstring(render(picture, Form.SVG))  # noqa: S314 - our own
    assert not [element for element in root.iter() if element.tag.endswith("script")]


def svg(picture: Picture) -> ET.Element:
    return ET.fromstring(render(picture, Form.SVG))  # noqa: S314 - our own


def boxes(root: ET.Element) -> list[tuple[float, float, float, float]]:
    space = "{http://www.w3.org/2000/svg}"
    found = [group.find(f"{space}rect") for group in root.iter(f"{space}g")]
    keys = ("x", "y", "width", "height")
    return [tuple(float(rect.attrib[key]) for key in keys) for rect in found if rect is not None]  # type: ignore[misc]


def test_boxes_do_not_overlap_and_edges_go_right() -> None:
    drawn = [DrawnNode(f"n{at}", "Own", "python", {}) for at in range(12)]
    pairs = [
        (0, 1),
        (0, 2),
        (0, 3),
        (1, 4),
        (2, 4),
        (3, 5),
        (4, 6),
        (5, 6),
        (0, 6),
        (6, 7),
        (7, 8),
        (2, 9),
        (9, 10),
        (3, 11),
    ]
    root = svg(Picture("graph", drawn, [DrawnEdge(*pair) for pair in pairs]))
    found = boxes(root)
    assert len(found) == 12
    for at, (x, y, width, height) in enumerate(found):
        for other_x, other_y, *_ in found[at + 1 :]:
            assert abs(x - other_x) >= width or abs(y - other_y) >= height
    assert all(found[a][0] < found[b][0] for a, b in pairs)


def test_large_and_empty_graphs_are_drawn() -> None:
    assert svg(Picture("empty", [], [])).tag.endswith("svg")
    drawn = [DrawnNode(f"n{at}", "Own", "python", {}) for at in range(2000)]
    chain = [DrawnEdge(at, at + 1) for at in range(1999)]
    far = [DrawnEdge(at, 1999) for at in range(0, 1900, 10)]
    assert len(boxes(svg(Picture("long", drawn, chain + far)))) == 2000


def test_inspect_shows_where_nodes_run_and_no_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("API_KEY", "hunter2")
    p = Pipeline("placed")
    p.add(AudioMixNode(p.param("channels", 1))).add(Own(key=p.secret("API_KEY")))
    assert p.inspect().splitlines() == [
        "pipeline placed",
        "",
        "  AudioMixNode  native  AudioMixNode(channels=<parameter channels>)",
        "  Own           python  Own(key=<secret API_KEY>)",
        "",
        "  AudioMixNode -> Own",
        "",
        "  parameter channels = 1",
        "  secret API_KEY",
    ]


@pytest.mark.skipif(shutil.which("dot") is None, reason="Graphviz is not installed")
def test_graphviz_reads_it(tmp_path: Path) -> None:
    file = tmp_path / "graph.dot"
    file.write_text(render(picture_of_manifest(MANIFEST, RUNTIMES), Form.DOT), encoding="utf-8")
    subprocess.run([str(shutil.which("dot")), "-Tplain", str(file)], check=True, capture_output=True)


def test_a_node_behind_several_may_take_packets_by_their_times() -> None:
    left, right, joined = PassThroughNode(name="left"), PassThroughNode(name="right"), PassThroughNode(name="joined")
    inner = Pipeline("inner").add(left).add(right, after=[]).add(joined, after=[left, right], sync="pts")
    manifest = Pipeline("outer").add(inner).to_manifest()
    assert [(node["id"], node.get("sync")) for node in manifest["nodes"]] == [
        ("inner/left", None),
        ("inner/right", None),
        ("inner/joined", "pts"),
    ]


@pytest.mark.parametrize(
    ("element", "sync", "said"),
    [(PassThroughNode(), "newest", "`arrival` or `pts`"), (Pipeline("inner"), "pts", "a node that merges")],
)
def test_other_ways_to_merge_are_refused(element: Any, sync: Any, said: str) -> None:
    with pytest.raises(PipelineError, match=said) as caught:
        Pipeline("outer").add(element, sync=sync)
    assert caught.value.code == "RM703"
