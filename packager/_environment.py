"""What nodes on the host's Python need installed: `meta/environment.json`, and the wheels below `wheels/`.

Hashes are those of the project's lock file. Where it has none, or where the package is to hold the wheels, whoever
builds gives what an index said: no network is used here.
"""

import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from remotemedia.compiler import Dependencies, Distribution, Program, built_in_distributions, named_code
from remotemedia.packager._blob import Blob, Layer
from remotemedia.registry import media_types
from remotemedia.schemas.tables import node_type


@dataclass(frozen=True)
class Wheel:
    """The wheel that one distribution is installed from.

    Attributes:
        sha256: hex.
        file: a copy of it, if it becomes part of the package, under the name that its index has it by.
    """

    sha256: str
    file: Path | None = None


def hosted_distributions(program: Program, runtimes: Mapping[str, str]) -> tuple[Distribution, ...]:
    """What the nodes on the host's Python load, and what that requires, by name."""
    hosted = [node for node in program.manifest["nodes"] if runtimes[node["id"]] == "python"]
    types = [node_type(node["node_type"]) for node in hosted if "entry" not in node]
    built_in = built_in_distributions(it.module for it in types if it is not None)
    known = {it.name: it for it in (*built_in, *program.dependencies.distributions)}
    waiting = [it.name for it in built_in]
    waiting += [name for node in hosted for name in _loaded(program.dependencies, node)]
    found: dict[str, Distribution] = {}
    while waiting:
        name = waiting.pop()
        if name in known and name not in found:
            found[name] = known[name]
            waiting += known[name].requires
    return tuple(found[name] for name in sorted(found))


def _loaded(dependencies: Dependencies, node: dict[str, Any]) -> Iterator[str]:
    """The distributions of which a node's code loads something, also those that are locked and not installed here."""
    needs = dependencies.needs_of(named_code(node))
    yield from needs.distributions
    absent = {lack.module for lack in needs.lacks if not lack.is_installed}
    for it in dependencies.imports:
        if any(f"{module}.".startswith(f"{it.name}.") for module in absent):
            yield from it.distributions


def environment_document(distributions: tuple[Distribution, ...], wheels: Mapping[str, Wheel]) -> dict[str, Any]:
    """`meta/environment.json`.

    Args:
        distributions: by name.
        wheels: by name; they go before what a lock file says.
    """
    return {
        "schemaVersion": 1,
        "python": f"{sys.version_info.major}.{sys.version_info.minor}",
        "packages": [_package(it, wheels.get(it.name)) for it in distributions],
    }


def wheel_layers(wheels: Mapping[str, Wheel]) -> list[Layer]:
    """The wheels that become part of the package, by file name."""
    files = sorted((it.file.name, it.file, it.sha256) for it in wheels.values() if it.file is not None)
    return [
        Layer(f"wheels/{name}", media_types.PACKAGE_WHEEL, Blob(f"sha256:{sha256}", file.stat().st_size, file))
        for name, file, sha256 in files
    ]


def locked_hashes(it: Distribution) -> tuple[str, ...]:
    """The archives that a lock file allows; a RECORD tells of installed files, and of no archive."""
    return it.hashes.sha256 if it.hashes is not None and it.hashes.source != "record" else ()


def _package(it: Distribution, wheel: Wheel | None) -> dict[str, Any]:
    row: dict[str, Any] = {"name": it.name, "version": it.version}
    row["sha256"] = list(locked_hashes(it)) if wheel is None else [wheel.sha256]
    return row | ({"wheel": wheel.file.name} if wheel is not None and wheel.file is not None else {})
