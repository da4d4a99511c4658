"""What a program depends on, as it stands in `meta/`."""

from typing import Any
from urllib.parse import quote

from remotemedia.compiler import Dependencies, Distribution


def import_rows(dependencies: Dependencies) -> list[dict[str, Any]]:
    """The names that the sources import and something provides, each with what does."""
    versions = {it.name: it.version for it in dependencies.distributions}
    return [
        {
            "import": it.name,
            "optional": it.optional,
            "importers": list(it.importers),
            "distributions": [{"name": name, "version": versions[name]} for name in it.distributions],
        }
        for it in dependencies.imports
        if it.distributions
    ]


def unresolved(dependencies: Dependencies) -> list[str]:
    """The optional names that nothing here provides."""
    return [it.name for it in dependencies.imports if not it.distributions]


def distribution_rows(dependencies: Dependencies) -> list[dict[str, Any]]:
    """All distributions with their facts; what is not known is left out."""
    vendored = {file.distribution for file in dependencies.vendored}
    return [_row(it, is_vendored=it.name in vendored) for it in dependencies.distributions]


def _row(it: Distribution, *, is_vendored: bool) -> dict[str, Any]:
    row: dict[str, Any] = {"name": it.name, "version": it.version}
    if it.license is not None:
        row["license"] = it.license
    if it.hashes is not None:
        row["hashes"] = it.hashes.to_json()
    return row | {
        "extras": list(it.extras),
        "requires": list(it.requires),
        "native": list(it.native),
        "vendored": is_vendored,
    }


def purl(name: str, version: str) -> str:
    """The package URL of a distribution (purl-spec, type `pypi`)."""
    return f"pkg:pypi/{name}@{quote(version, safe='')}" if version else f"pkg:pypi/{name}"


def archive_digest(it: Distribution) -> str | None:
    """SHA-256 in hexadecimal of the archive that a distribution was locked as, if the lock allows only one."""
    locked = it.hashes is not None and it.hashes.source != "record" and len(it.hashes.sha256) == 1
    return it.hashes.sha256[0] if it.hashes and locked else None
