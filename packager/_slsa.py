"""What the signed provenance of a package says."""

from collections.abc import Mapping
from typing import Any

_BUILD_TYPE = "urn:remotemedia:build:v1"
_BUILDER = "urn:remotemedia:builder:v1"


def provenance_predicate(
    inputs: Mapping[str, str], *, source: str, pipeline: str, version: str, tool_version: str
) -> dict[str, Any]:
    """The predicate of SLSA v1 provenance (slsa.dev/spec/v1.0/provenance).

    It carries no times and no id of the invocation: equal builds make equal statements.

    Args:
        inputs: SHA-256 in hexadecimal of every input, by project-relative path.
        source: the pipeline's file, relative to the project.
        pipeline: the pipeline's name.
        version: the package's version.
        tool_version: the builder's version.
    """
    return {
        "buildDefinition": {
            "buildType": _BUILD_TYPE,
            "externalParameters": {"source": source, "pipeline": pipeline, "version": version},
            "resolvedDependencies": [{"name": path, "digest": {"sha256": inputs[path]}} for path in sorted(inputs)],
        },
        "runDetails": {"builder": {"id": _BUILDER, "version": {"remotemedia": tool_version}}},
    }
