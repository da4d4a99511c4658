"""Where a package comes from: what both of its accounts say, the plain one and the signed one."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

from remotemedia.compiler import Dependencies, Program
from remotemedia.packager._lock import references_of


@dataclass(frozen=True)
class Origin:
    """What a package is made from.

    Attributes:
        source: the pipeline's file, relative to the project.
        inputs: SHA-256 in hexadecimal of every input, by project-relative path.
        dependencies: what the sources depend on.
        packages: references of packages that nodes are.
        traced: whether the source was run, so that the package need not follow from the inputs alone.
    """

    source: str
    inputs: Mapping[str, str]
    dependencies: Dependencies
    packages: tuple[str, ...] = ()
    traced: bool = False

    @classmethod
    def of(cls, program: Program) -> Self:
        """That of a compiled program."""
        return cls(
            source=program.source.relative_to(program.root).as_posix(),
            inputs=_input_digests(program),
            dependencies=program.dependencies,
            packages=references_of(program.manifest),
            traced=bool(program.manifest["metadata"].get("traced")),
        )


def _input_digests(program: Program) -> dict[str, str]:
    """SHA-256 in hexadecimal of every input, by project-relative path."""
    modules = {module.path: module.sha256 for module in program.modules}
    return modules | {file.path: file.sha256 for file in (*program.files, *program.resources)}
