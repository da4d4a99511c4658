"""Where a project begins, and what its files and classes are called."""

from __future__ import annotations

from pathlib import Path

import pytest

from remotemedia._project import Project
from remotemedia.errors import PipelineError


@pytest.fixture
def project(tmp_path: Path) -> Project:
    for name in ("app/pipeline.py", "app/models/a b.onnx", "app/nodes/__init__.py", "app/nodes/gain.py", "secret.txt"):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    return Project.of(tmp_path / "app" / "pipeline.py")


def test_root_is_the_directory_of_the_source(project: Project, tmp_path: Path) -> None:
    assert project == Project(tmp_path / "app" / "pipeline.py", tmp_path / "app")


def test_root_of_a_file_in_a_package_is_above_the_package(tmp_path: Path) -> None:
    inner = tmp_path / "outer" / "inner"
    inner.mkdir(parents=True)
    for directory in (inner, inner.parent):
        (directory / "__init__.py").touch()
    project = Project.of(inner / "pipeline.py")
    assert project.root == tmp_path
    assert project.module(project.source) == "outer.inner.pipeline"


def test_names_of_modules(project: Project) -> None:
    assert project.module(project.source) == "pipeline"
    assert project.module(project.root / "nodes" / "gain.py") == "nodes.gain"
    assert project.module(project.root / "nodes" / "__init__.py") == "nodes"
    assert project.entry(project.root / "nodes" / "gain.py", "Gain.Inner") == "nodes.gain:Gain.Inner"


@pytest.mark.parametrize("path", ["../other.py", "01-demo.py", "nodes/gain.pyc", "my nodes/gain.py"])
def test_modules_that_have_no_name(project: Project, path: str) -> None:
    with pytest.raises(PipelineError) as caught:
        project.module(project.root / path)
    assert caught.value.code == "RM104"


def test_a_class_inside_a_function_has_no_entry(project: Project) -> None:
    with pytest.raises(PipelineError, match="at the top of its module") as caught:
        project.entry(project.source, "make.<locals>.Gain")
    assert caught.value.code == "RM104"


@pytest.mark.parametrize("path", ["models/a b.onnx", "./models/../models/a b.onnx", Path("models") / "a b.onnx"])
def test_files(project: Project, path: str | Path) -> None:
    assert project.file(path) == "models/a b.onnx"
    assert project.file(project.root / path) == "models/a b.onnx"


@pytest.mark.parametrize(
    ("path", "message"),
    [("missing.bin", "found none"), ("models", "found none"), ("../secret.txt", "below"), ("/etc/passwd", "below")],
)
def test_files_that_are_not_the_projects(project: Project, path: str, message: str) -> None:
    with pytest.raises(PipelineError, match=message) as caught:
        project.file(path)
    assert caught.value.code == "RM109"


def test_a_link_out_of_the_project_leads_out_of_it(project: Project) -> None:
    (project.root / "link.txt").symlink_to(project.root.parent / "secret.txt")
    with pytest.raises(PipelineError, match="below"):
        project.file("link.txt")
