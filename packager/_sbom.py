"""`meta/sbom.cdx.json`: what a package is made of, as a CycloneDX 1.6 bill of materials.

https://cyclonedx.org/docs/1.6/json/. It carries no serial number, and a time only where one is given: equal builds
make equal documents.
"""

from collections.abc import Iterable, Mapping
from typing import Any, Final

from packaging.licenses import InvalidLicenseExpression, canonicalize_license_expression

from remotemedia.compiler import Dependencies, Distribution, Program, ProjectFile, VendoredFile
from remotemedia.packager._dependencies import archive_digest, purl

_PREFIX: Final = "remotemedia"


def sbom_document(program: Program, *, version: str, tool_version: str, timestamp: str | None) -> dict[str, Any]:
    """The bill of materials of a package.

    Args:
        program: the compiled program.
        version: version of the package.
        tool_version: version of the builder.
        timestamp: RFC 3339.
    """
    name = program.manifest["metadata"]["name"]
    application = {"type": "application", "bom-ref": "pipeline", "name": name, "version": version}
    tool = {"type": "application", "name": "remotemedia", "version": tool_version}
    models = [file for file in program.files if file.kind == "model"]
    metadata: dict[str, Any] = {"tools": {"components": [tool]}, "component": application}
    if timestamp is not None:
        metadata["timestamp"] = timestamp
    return {
        "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": metadata,
        "components": [*_libraries(program.dependencies), *(_model(file) for file in models)],
        "dependencies": _graph(program.dependencies, models),
    }


def _libraries(dependencies: Dependencies) -> Iterable[dict[str, Any]]:
    files: dict[str, list[VendoredFile]] = {}
    for file in dependencies.vendored:
        files.setdefault(file.distribution, []).append(file)
    return [_library(it, files.get(it.name, ())) for it in dependencies.distributions]


def _library(it: Distribution, files: Iterable[VendoredFile]) -> dict[str, Any]:
    component: dict[str, Any] = {
        "type": "library",
        "bom-ref": purl(it.name, it.version),
        "name": it.name,
        "purl": purl(it.name, it.version),
    }
    if it.version:
        component["version"] = it.version
    if it.license is not None:
        component["licenses"] = [_license(it.license)]
    # CycloneDX knows one archive a component; a lock file allows one for each platform.
    if archive := archive_digest(it):
        component["hashes"] = _hashes(archive)
    elif it.hashes:
        kind = "record" if it.hashes.source == "record" else "archive"
        component["properties"] = [{"name": f"{_PREFIX}:{kind}-sha256", "value": text} for text in it.hashes.sha256]
    native = [{"name": f"{_PREFIX}:native", "value": module} for module in it.native]
    if native:
        component["properties"] = [*component.get("properties", ()), *native]
    vendored = [_file(f"{it.name}/{file.path}", file.path, file.sha256) for file in files]
    return component | ({"components": vendored} if vendored else {})


def _license(text: str) -> dict[str, Any]:
    """An SPDX expression where it is one, otherwise a name."""
    try:
        return {"expression": str(canonicalize_license_expression(text))}
    except InvalidLicenseExpression:
        return {"license": {"name": text}}


def _file(ref: str, name: str, sha256: str) -> dict[str, Any]:
    return {"type": "file", "bom-ref": f"file:{ref}", "name": name, "hashes": _hashes(sha256)}


def _model(file: ProjectFile) -> dict[str, Any]:
    return {
        "type": "machine-learning-model",
        "bom-ref": f"model:{file.path}",
        "name": file.path,
        "hashes": _hashes(file.sha256),
    }


def _hashes(sha256: str) -> list[dict[str, str]]:
    return [{"alg": "SHA-256", "content": sha256}]


def _graph(dependencies: Dependencies, models: Iterable[ProjectFile]) -> list[dict[str, Any]]:
    refs: Mapping[str, str] = {it.name: purl(it.name, it.version) for it in dependencies.distributions}
    imported = {name for it in dependencies.imports for name in it.distributions}
    required = {name for it in dependencies.distributions for name in it.requires}
    # What nothing states that it needs was reached by following imports.
    direct = sorted(refs[name] for name in refs if name in imported or name not in required)
    direct += [f"model:{file.path}" for file in models]
    rows = [{"ref": "pipeline", "dependsOn": direct}]
    return rows + [
        {"ref": refs[it.name], "dependsOn": sorted(refs[name] for name in it.requires)}
        for it in dependencies.distributions
    ]
