"""`remotemedia inspect PACKAGE --graph …`."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

Command = Callable[..., "subprocess.CompletedProcess[str]"]

PROGRAM = """
from remotemedia import AudioMixNode, AudioSource, Node, Pipeline

class Loud(Node):
    def __init__(self, limit=0.5, **kw):
        super().__init__(**kw)
        self.limit = limit
    def process(self, value):
        return value

p = Pipeline("loudness")
p.add(AudioSource()).add(AudioMixNode(channels=p.param("channels", 1))).add(Loud(limit=0.25))
"""


@pytest.fixture
def package(remotemedia: Command, tmp_path: Path) -> Path:
    file = tmp_path / "pipeline.py"
    file.write_text(PROGRAM, encoding="utf-8")
    built = remotemedia("build", file, "--output", tmp_path / "out")
    assert built.returncode == 0, built.stderr
    (package,) = (tmp_path / "out").glob("*.rmpkg")
    return package


def test_the_graph_of_a_package(remotemedia: Command, package: Path) -> None:
    text = remotemedia("inspect", package, "--graph", "text")
    assert (text.returncode, text.stderr) == (0, "")
    assert text.stdout.splitlines() == [
        "pipeline loudness",
        "",
        "  AudioSource   native       AudioSource()",
        "  AudioMixNode  native       AudioMixNode(channels=<parameter channels>)",
        "  Loud          python-wasm  Loud(limit=0.25)",
        "",
        "  AudioSource -> AudioMixNode",
        "  AudioMixNode -> Loud",
        "",
        "  parameter channels = 1",
    ]
    assert remotemedia("inspect", package, "--graph", "mermaid").stdout.startswith("flowchart LR\n")
    assert remotemedia("inspect", package, "--graph", "dot").stdout.startswith('digraph "loudness" {\n')
    picture = ET.fromstring(remotemedia("inspect", package, "--graph", "svg").stdout)  # noqa: S314 - our own
    texts = [element.text for element in picture.iter("{http://www.w3.org/2000/svg}text")]
    assert "Loud · python-wasm" in texts


def test_another_form_is_refused(remotemedia: Command, package: Path) -> None:
    refused = remotemedia("inspect", package, "--graph", "png")
    assert refused.returncode == 2
    assert "'text', 'mermaid', 'dot', 'svg'" in refused.stderr.replace("\n", " ")
