"""What the signed provenance of a package says."""

from collections.abc import Mapping
from typing import Any

from remotemedia.compiler import Dependencies, Distribution
from remotemedia.packager._dependencies import archive_digest, purl

_BUILD_TYPE = "urn:remotemedia:build:v1"
_BUILDER = "urn:remotemedia:builder:v1"


def provenance_predicate(
    inputs: Mapping[str, str],
    dependencies: Dependencies,
    *,
    source: str,
    pipeline: str,
    version: str,
    tool_version: str,
    traced: bool,
) -> dict[str, Any]:
    """The predicate of SLSA v1 provenance (slsa.dev/spec/v1.0/provenance).

    It carries no times and no id of the invocation: equal builds make equal statements.

    Args:
        inputs: SHA-256 in hexadecimal of every input, by project-relative path.
        dependencies: what the sources depend on.
        source: the pipeline's file, relative to the project.
        pipeline: the pipeline's name.
        version: the package's version.
        tool_version: the builder's version.
        traced: whether the source was run.
    """
    parameters = {"source": source, "pipeline": pipeline, "version": version}
    return {
        "buildDefinition": {
            "buildType": _BUILD_TYPE,
            "externalParameters": {**parameters, "traced": True} if traced else parameters,
            "resolvedDependencies": [
                *({"name": path, "digest": {"sha256": inputs[path]}} for path in sorted(inputs)),
                *(_descriptor(it) for it in dependencies.distributions),
            ],
        },
        "runDetails": {"builder": {"id": _BUILDER, "version": {"remotemedia": tool_version}}},
    }


def _descriptor(it: Distribution) -> dict[str, Any]:
    digest = archive_digest(it)
    return {"uri": purl(it)} | ({"digest": {"sha256": digest}} if digest else {})
