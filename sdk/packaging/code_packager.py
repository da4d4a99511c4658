"""Files of a project in one archive.

    from remotemedia.packaging import CodePackager

    archive = CodePackager("project").package_files(["project/pipeline.py"])

A zip whose bytes depend on the files alone: `manifest.json`, `requirements.txt` where there are any, the sources below
`code/` under their project-relative names, and `object.node`, a node as `serialize_node_for_ipc` writes it.
"""

from __future__ import annotations

import io
import json
import zipfile
from fnmatch import fnmatch
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from remotemedia.core.node_serialization import serialize_node_for_ipc
from remotemedia.errors import PackageError
from remotemedia.packager._pynode import pack
from remotemedia.packaging.dependency_analyzer import DependencyAnalyzer, file_of

if TYPE_CHECKING:
    import os
    from collections.abc import Iterable, Sequence

    from remotemedia.node import Node

__all__ = ["CodePackager"]

_MAX_MANIFEST: Final = 4 << 20


class CodePackager:
    """Puts files and what they import into archives.

    Args:
        project_root: the project's directory; the present one where absent.
    """

    def __init__(self, project_root: str | os.PathLike[str] | None = None) -> None:
        self.analyzer = DependencyAnalyzer(project_root)
        self.project_root = self.analyzer.project_root

    def package_object(
        self,
        obj: Node,
        additional_files: Iterable[str | os.PathLike[str]] = (),
        pip_requirements: Sequence[str] = (),
        exclude_patterns: Sequence[str] = (),
    ) -> bytes:
        """Return the archive of a node: its class's file, what that imports, and the node's arguments.

        Args:
            obj: the node.
            additional_files: further files of the project, with what they import.
            pip_requirements: distributions that the code needs.
            exclude_patterns: files to leave out, as patterns of their names or project-relative paths.

        Raises:
            CompileError: RM101 to RM114, a file cannot be analysed.
            SerializationError: RM108, the node cannot be written.
        """
        entries = [file_of(obj), *map(Path, additional_files)]
        written = serialize_node_for_ipc(obj)
        return self._archive(entries, pip_requirements, exclude_patterns, {"object.node": written})

    def package_files(
        self,
        entry_files: Iterable[str | os.PathLike[str]],
        pip_requirements: Sequence[str] = (),
        exclude_patterns: Sequence[str] = (),
    ) -> bytes:
        """Return the archive of files and what they import.

        Args:
            entry_files: the files.
            pip_requirements: distributions that the code needs.
            exclude_patterns: files to leave out, as patterns of their names or project-relative paths.

        Raises:
            CompileError: RM101 to RM114, a file cannot be analysed.
        """
        return self._archive([Path(file) for file in entry_files], pip_requirements, exclude_patterns, {})

    def extract_archive_info(self, archive: bytes) -> dict[str, Any]:
        """Return the manifest of an archive, and the names of its members as `archive_files`.

        Raises:
            PackageError: RM301, this is no such archive.
        """
        try:
            with zipfile.ZipFile(io.BytesIO(archive)) as opened:
                if opened.getinfo("manifest.json").file_size > _MAX_MANIFEST:
                    raise PackageError("expected a manifest of at most 4 MiB", code="RM301")
                manifest: dict[str, Any] = json.loads(opened.read("manifest.json"))
                return {**manifest, "archive_files": opened.namelist()}
        except (zipfile.BadZipFile, KeyError, TypeError, ValueError) as error:
            raise PackageError(f"expected an archive of code, got: {error}", code="RM301") from error

    def _archive(
        self, entries: list[Path], requirements: Sequence[str], excluded: Sequence[str], members: dict[str, bytes]
    ) -> bytes:
        resolved = [entry.resolve() for entry in entries]
        wanted = {*resolved, *self.analyzer.get_all_dependencies(resolved)}
        names = {self._name(path): path for path in wanted}
        kept = {
            name: path
            for name, path in names.items()
            if not any(fnmatch(name, pattern) or fnmatch(path.name, pattern) for pattern in excluded)
        }
        manifest = {
            "version": "1.0",
            "type": "code_package",
            "has_serialized_object": "object.node" in members,
            "pip_requirements": list(requirements),
            "entry_files": [self._name(path) for path in resolved],
            "dependencies": sorted(kept),
        }
        members = members | {f"code/{name}": path.read_bytes() for name, path in kept.items()}
        members["manifest.json"] = json.dumps(manifest, indent=2).encode()
        if requirements:
            members["requirements.txt"] = "".join(f"{line}\n" for line in requirements).encode()
        return pack(members)

    def _name(self, path: Path) -> str:
        """Return a file's name in the project; of a file outside it, its bare name."""
        return path.relative_to(self.project_root).as_posix() if path.is_relative_to(self.project_root) else path.name
