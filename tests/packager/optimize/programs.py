"""Programs around models that are in a project already."""

import hashlib
from pathlib import Path
from typing import Any

from remotemedia.compiler import Program, ProjectFile
from tests.packager.projects import Project


def program_of(root: Path, *names: str, kind: Any = "model") -> Program:
    """A program whose nodes have models, or files, that are in the project."""
    files = []
    for name in names:
        content = (root / name).read_bytes()
        files.append(ProjectFile(name, kind, hashlib.sha256(content).hexdigest(), len(content)))
    models = {it.path: b"" for it in files if it.path.endswith(".onnx")}
    project = Project(root, models=models)
    (root / "pipeline.py").write_bytes(project.sources["pipeline.py"])
    program = project.program()
    return Program(
        root=root,
        source=program.source,
        manifest=program.manifest,
        files=tuple(files),
        modules=program.modules,
        entries=program.entries,
        imports=(),
    )
