"""Files that a program reads while it builds its graph, and the arrays that it makes."""

from __future__ import annotations

import hashlib
import io
from typing import TYPE_CHECKING

import numpy as np
import pytest

from remotemedia.compiler import compile_file
from remotemedia.errors import CompileError

if TYPE_CHECKING:
    from pathlib import Path

    from remotemedia.compiler import Program

_KEEP = """\
import json
from pathlib import Path

import numpy as np

from remotemedia import Node, Pipeline

HERE = Path(__file__).parent


class Keep(Node):
    def __init__(self, value, **kw):
        super().__init__(**kw)

    def process(self, value):
        return value


p = Pipeline("inputs")
"""


def _compiled(directory: Path, lines: str) -> Program:
    program = directory / "pipeline.py"
    program.write_text(_KEEP + lines, encoding="utf-8")
    return compile_file(program)


def _refused(directory: Path, lines: str) -> list[str]:
    with pytest.raises(CompileError) as caught:
        _compiled(directory, lines)
    found = caught.value.details["diagnostics"]
    assert isinstance(found, tuple)
    return [f"{diagnostic.code} {diagnostic.label}" for diagnostic in found if diagnostic.severity == "error"]


def test_a_file_that_is_read_is_an_input_of_the_build(tmp_path: Path) -> None:
    text = '{"rate": 8000}'
    (tmp_path / "settings.json").write_text(text, encoding="utf-8")
    program = _compiled(tmp_path, 'p.add(Keep(json.load(open(HERE / "settings.json"))["rate"]))\n')
    (read,) = program.files
    assert (read.path, read.kind, read.size) == ("settings.json", "input", len(text))
    assert read.sha256 == hashlib.sha256(text.encode()).hexdigest()
    assert program.manifest["nodes"][0]["params"] == {"value": 8000}


def test_a_file_that_is_read_and_named_is_packed(tmp_path: Path) -> None:
    (tmp_path / "labels.txt").write_text("a\nb\n", encoding="utf-8")
    program = _compiled(tmp_path, 'path = HERE / "labels.txt"\np.add(Keep(path)).add(Keep(path.read_text()))\n')
    assert [(file.path, file.kind) for file in program.files] == [("labels.txt", "file")]


def test_an_array_travels_beside_the_manifest(tmp_path: Path) -> None:
    program = _compiled(tmp_path, "window = np.hanning(8).astype('>f4')\np.add(Keep(window)).add(Keep([window]))\n")
    (data,) = program.data
    assert data.path == f"data/{data.sha256}.npy"
    assert hashlib.sha256(data.content).hexdigest() == data.sha256
    assert np.array_equal(np.load(io.BytesIO(data.content)), np.hanning(8).astype("<f4"))
    assert [node["params"]["value"] for node in program.manifest["nodes"]] == [
        {"$ref": data.path},
        [{"$ref": data.path}],
    ]


@pytest.mark.parametrize(
    "expression",
    ['open("absent.txt").read()', 'open("/etc/hostname").read()', 'Path("../x").read_text()', 'np.load("absent.npy")'],
)
def test_a_file_that_the_graph_depends_on_must_be_of_the_project(tmp_path: Path, expression: str) -> None:
    (found,) = _refused(tmp_path, f"p.add(Keep({expression}))\n")
    assert found.startswith("RM109 depends on")


def test_a_file_that_the_graph_does_not_depend_on_may_be_missing(tmp_path: Path) -> None:
    assert _compiled(tmp_path, 'text = open("absent.txt").read()\np.add(Keep(1))\n').files == ()


@pytest.mark.parametrize("change", ['(HERE / "a.txt").write_text("new")', 'open(HERE / "a.txt", "w").write("new")'])
def test_a_file_that_the_program_may_change_is_not_read(tmp_path: Path, change: str) -> None:
    (tmp_path / "a.txt").write_text("old", encoding="utf-8")
    (found,) = _refused(tmp_path, f'{change}\np.add(Keep((HERE / "a.txt").read_text()))\n')
    assert found == "RM107 depends on files that the program itself changes"


def test_a_large_file_is_not_read(tmp_path: Path) -> None:
    (tmp_path / "large.bin").write_bytes(bytes((16 << 20) + 1))
    (found,) = _refused(tmp_path, 'p.add(Keep(open(HERE / "large.bin", "rb").read()))\n')
    assert found.startswith("RM109")


def test_a_pickle_is_not_read(tmp_path: Path) -> None:
    np.save(tmp_path / "objects.npy", np.array([{}], dtype=object), allow_pickle=True)
    (found,) = _refused(tmp_path, 'p.add(Keep(np.load(HERE / "objects.npy", allow_pickle=True)))\n')
    assert found.startswith("RM107")


@pytest.mark.parametrize(
    "change",
    [
        "import other; other.f(a)", "view = a[1:]; import other; other.f(view)", "a[int(input())] = 1",
        "a += float(input())", "a.sort(axis=int(input()))", "import other; b = a.T; other.f([b])",
    ],
)  # fmt: skip
def test_an_array_that_other_code_may_change_is_not_known(tmp_path: Path, change: str) -> None:
    found = _refused(tmp_path, f"a = np.zeros(3)\n{change}\np.add(Keep(a))\n")
    assert any(each.startswith("RM107") for each in found)


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        ("n = Keep(1)\nq = Pipeline('q').add(n)\np.add(n).add(q)", "RM105"),
        ("q = Pipeline('q')\nq.add(q)\np.add(q)", "RM105"),
        ("p.add(Keep(p.param(input(), 1)))", "RM107"),
        ("p.add(Keep(p.param('rate', input())))", "RM107"),
        ("p.add(Keep(p.param('rate', 1))).add(Keep(p.param('rate', 2)))", "RM105"),
        ("p.add(Keep(p.secret('no name')))", "RM105"),
        ("p.add(Keep(p.param('rate', 1) + 1))", "RM107 depends on the parameter `rate`, which a run may change"),
        ("p.add(Keep(lambda: 1))", "RM108 a lambda"),
        ("p.add(Keep(zip([1])))", "RM108 an iterator"),
        ("p.add(Keep({'a': 1}.keys()))", "RM108 the keys of a dict"),
        ("from remotemedia import RemoteExecutorConfig as R\np.add(Keep(R('h', 1, auth_token='literal')))", "RM108"),
        ("from remotemedia import RemoteExecutorConfig as R\np.add(Keep(R('h', 0)))", "RM105"),
        ("from remotemedia import RemoteExecutorConfig as R\np.add(Keep(R()))", "RM105"),
    ],
)
def test_what_cannot_be_stated_is_refused(tmp_path: Path, lines: str, expected: str) -> None:
    assert any(each.startswith(expected) for each in _refused(tmp_path, lines + "\n"))


def test_the_part_at_fault_is_shown(tmp_path: Path) -> None:
    with pytest.raises(CompileError) as caught:
        _compiled(tmp_path, 'p.add(Keep({"a": [1, int(input()), 3]}))\n')
    diagnostics = caught.value.details["diagnostics"]
    assert isinstance(diagnostics, tuple)
    (found,) = diagnostics
    assert found.span.text[found.span.column - 1 : found.span.end_column - 1] == "int(input())"
