"""The code that an object needs, under the names of older programs."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from remotemedia.core.node_serialization import deserialize_node_from_ipc
from remotemedia.errors import CompileError, PackageError, SerializationError
from remotemedia.packaging import CodePackager, DependencyAnalyzer

FILES = {
    "pipeline.py": """
from remotemedia import Node
from words import tables
from words.deep.more import VALUE

class Speak(Node):
    def __init__(self, times=1, **kw):
        super().__init__(**kw)
        self.times = times

    def process(self, value):
        return value * self.times
""",
    "words/__init__.py": "",
    "words/tables.py": "import json\nfrom . import deep\n",
    "words/deep/__init__.py": "",
    "words/deep/more.py": "VALUE = 1\n",
    "unused.py": "",
}
NEEDED = {"words/__init__.py", "words/tables.py", "words/deep/__init__.py", "words/deep/more.py"}


@pytest.fixture
def project(tmp_path: Path) -> Path:
    for name, text in FILES.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return tmp_path


def test_imports_are_followed_within_the_project(project: Path) -> None:
    found = DependencyAnalyzer(project).analyze_file(project / "pipeline.py")
    assert {path.relative_to(project).as_posix() for path in found} == NEEDED
    both = DependencyAnalyzer(project).get_all_dependencies([project / "unused.py", project / "words" / "tables.py"])
    assert {path.relative_to(project).as_posix() for path in both} == {"words/__init__.py", "words/deep/__init__.py"}


def test_what_cannot_be_analysed_is_an_error(project: Path) -> None:
    (project / "pipeline.py").write_text("from words import absent_module\nimport words.absent\n", encoding="utf-8")
    with pytest.raises(CompileError, match=r"words\.absent") as caught:
        DependencyAnalyzer(project).analyze_file(project / "pipeline.py")
    assert caught.value.code == "RM110"
    with pytest.raises(CompileError, match="found none"):
        DependencyAnalyzer(project).analyze_object(1)


def test_files_and_what_they_import_become_an_archive(project: Path) -> None:
    packager = CodePackager(project)
    archive = packager.package_files([project / "pipeline.py"], ["numpy>=2"], exclude_patterns=["*/more.py"])
    info = packager.extract_archive_info(archive)
    kept = sorted({"pipeline.py", *NEEDED} - {"words/deep/more.py"})
    assert info == {
        "version": "1.0",
        "type": "code_package",
        "has_serialized_object": False,
        "pip_requirements": ["numpy>=2"],
        "entry_files": ["pipeline.py"],
        "dependencies": kept,
        "archive_files": [*(f"code/{name}" for name in kept), "manifest.json", "requirements.txt"],
    }
    assert archive == packager.package_files([project / "pipeline.py"], ["numpy>=2"], exclude_patterns=["*/more.py"])
    with zipfile.ZipFile(io.BytesIO(archive)) as opened:
        assert opened.read("requirements.txt") == b"numpy>=2\n"
        assert opened.read("code/pipeline.py").decode() == FILES["pipeline.py"]


def test_a_node_travels_with_its_code(
    project: Path, program: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(project)
    speak = program(FILES).Speak
    packager = CodePackager(project)
    archive = packager.package_object(speak(times=3), additional_files=[project / "unused.py"])
    info = packager.extract_archive_info(archive)
    assert info["has_serialized_object"]
    assert {"code/pipeline.py", "code/unused.py", "code/words/tables.py", "object.node"} <= set(info["archive_files"])
    with zipfile.ZipFile(io.BytesIO(archive)) as opened:
        node: Any = deserialize_node_from_ipc(opened.read("object.node"))
    assert (type(node), node.times) == (speak, 3)
    with pytest.raises(SerializationError):
        packager.package_object(speak(times=lambda: 3))


@pytest.mark.parametrize("archive", [b"", b"PK\x03\x04", b"text"])
def test_what_is_no_archive_is_refused(archive: bytes) -> None:
    with pytest.raises(PackageError) as caught:
        CodePackager().extract_archive_info(archive)
    assert caught.value.code == "RM301"
