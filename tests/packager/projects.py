"""Small projects for the tests of the packager."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, Literal

from remotemedia.compiler import Import, Program, ProjectFile, SourceModule
from remotemedia.packager import BuildOptions, BuiltPackage, build
from remotemedia.trust import SigningKey, sign_statement

EPOCH = 1_700_000_000
ENVIRON = {"SOURCE_DATE_EPOCH": str(EPOCH)}
# Fixed, so that a digest of a signed file can be compared between processes.
KEY = SigningKey.from_pem(b"""-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgYYNk0b8bbubvN8ZU
ZO1Re2X4xN0gnmY/DVi7u4MjKKKhRANCAASizaxOE/e+sin4bNrnuMOpIKFDCq+G
4SsGbrZd5j31Gt0ppXLuS+a3UyHjh4yiMcr9A5oiYeytKXH6Y4tMs6hR
-----END PRIVATE KEY-----
""")
SOURCE = """\
from remotemedia import Node, Pipeline


class Loud(Node):
    def process(self, value):
        return value


p = Pipeline("speech")
p.add(Loud())
"""


@dataclass
class Project:
    """A project directory and the program it compiles to, made by hand where the compiler would refuse it."""

    root: Path
    name: str = "speech"
    sources: dict[str, bytes] = field(default_factory=lambda: {"pipeline.py": SOURCE.encode()})
    models: dict[str, bytes] = field(default_factory=dict)
    files: dict[str, bytes] = field(default_factory=dict)
    imports: tuple[Import, ...] = ()
    entries: tuple[str, ...] = ("pipeline:Loud",)

    def write(self) -> "Project":
        self.root.mkdir(parents=True, exist_ok=True)
        for path, content in {**self.sources, **self.models, **self.files}.items():
            target = self.root / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(content)
        return self

    def program(self) -> Program:
        return Program(
            root=self.root,
            source=self.root / "pipeline.py",
            manifest=self.manifest(),
            files=(*project_files("model", self.models), *project_files("file", self.files)),
            modules=tuple(
                SourceModule(path=path, sha256=hashlib.sha256(content).hexdigest(), text=content.decode())
                for path, content in self.sources.items()
            ),
            entries=self.entries,
            imports=self.imports,
            diagnostics=(),
        )

    def manifest(self) -> dict[str, Any]:
        nodes: list[dict[str, Any]] = [
            {"id": entry.partition(":")[2], "node_type": entry.partition(":")[2], "params": {}, "entry": entry}
            for entry in self.entries
        ]
        nodes += [
            {"id": f"OnnxNode_{index}", "node_type": "OnnxNode", "params": {"model": {"$file": path}}}
            for index, path in enumerate(self.models)
        ]
        nodes += [
            {"id": f"AudioSource_{index}", "node_type": "AudioSource", "params": {"path": {"$file": path}}}
            for index, path in enumerate(self.files)
        ]
        return {
            "version": "v1",
            "metadata": {"name": self.name, "created_at": "2025-10-22T12:00:00Z"},
            "nodes": nodes,
            "connections": [],
        }

    def build(
        self, out: Path, *, key: SigningKey | None = KEY, environ: Mapping[str, str] = ENVIRON, version: str = "0.0.0"
    ) -> BuiltPackage:
        out.mkdir(parents=True, exist_ok=True)
        return build(self.program(), out, options(key, environ, version))


def options(key: SigningKey | None = KEY, environ: Mapping[str, str] = ENVIRON, version: str = "0.0.0") -> BuildOptions:
    attest = None if key is None else partial(sign_statement, key)
    return BuildOptions(environ, tool_version="1.2.3", version=version, attest=attest)


def project_files(kind: Literal["model", "file"], contents: dict[str, bytes]) -> list[ProjectFile]:
    return [
        ProjectFile(path=path, kind=kind, sha256=hashlib.sha256(content).hexdigest(), size=len(content))
        for path, content in contents.items()
    ]
