"""What the signed provenance of a package says."""

from typing import Any

from remotemedia.compiler import Distribution
from remotemedia.packager._dependencies import archive_digest, purl
from remotemedia.packager._origin import Origin

_BUILD_TYPE = "urn:remotemedia:build:v1"
_BUILDER = "urn:remotemedia:builder:v1"


def provenance_predicate(origin: Origin, *, pipeline: str, version: str, tool_version: str) -> dict[str, Any]:
    """The predicate of SLSA v1 provenance (slsa.dev/spec/v1.0/provenance).

    It carries no times and no id of the invocation: equal builds make equal statements.

    Args:
        origin: what the package is made from.
        pipeline: the pipeline's name.
        version: the package's version.
        tool_version: the builder's version.
    """
    parameters = {"source": origin.source, "pipeline": pipeline, "version": version}
    return {
        "buildDefinition": {
            "buildType": _BUILD_TYPE,
            "externalParameters": {**parameters, "traced": True} if origin.traced else parameters,
            "resolvedDependencies": [
                *({"name": path, "digest": {"sha256": origin.inputs[path]}} for path in sorted(origin.inputs)),
                *(_descriptor(it) for it in origin.dependencies.distributions),
            ],
        },
        "runDetails": {"builder": {"id": _BUILDER, "version": {"remotemedia": tool_version}}},
    }


def _descriptor(it: Distribution) -> dict[str, Any]:
    digest = archive_digest(it)
    return {"uri": purl(it)} | ({"digest": {"sha256": digest}} if digest else {})
