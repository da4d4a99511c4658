"""What the signed provenance of a package says; `docs/reference/provenance.md` describes it."""

import hashlib
import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from remotemedia.compiler import Distribution
from remotemedia.packager._canonical import canonical_json
from remotemedia.packager._dependencies import archive_digest, purl
from remotemedia.packager._origin import Origin
from remotemedia.packager.optimize import Optimization
from remotemedia.registry import Reference

BUILD_TYPE: Final = "urn:remotemedia:build:v1"
PARAMETERS: Final = frozenset(
    {"source", "pipeline", "version", "traced", "traceArguments", "wheels", "lock", "optimize", "maxError"}
)
"""The external parameters of this build type: a verifier refuses others."""
FIELDS: Final = frozenset(
    {
        *("buildDefinition", "buildType", "externalParameters", "resolvedDependencies"),
        *("runDetails", "builder", "byproducts"),
    }
)
"""The fields around them that a build writes."""

_LOCAL: Final = "urn:remotemedia:builder:local"
_CI: Final = "urn:remotemedia:builder:ci"
_WORKFLOW: Final = re.compile(r"[\w.-]+/[\w.-]+/\.github/workflows/[\w.-]+@[\w./-]+", re.ASCII)
_SERVER: Final = re.compile(r"https://[A-Za-z0-9.-]+(?::[0-9]{1,5})?", re.ASCII)
_MAX_WORKFLOW: Final = 500


def provenance_predicate(
    origin: Origin,
    *,
    parameters: Mapping[str, Any],
    builder: str,
    tool_version: str,
    environment: Mapping[str, Any] | None = None,
    optimized: Optimization | None = None,
) -> dict[str, Any]:
    """The predicate of SLSA v1 provenance (slsa.dev/spec/v1.0/provenance).

    It carries no times and no id of the invocation: equal builds make equal statements. Only where models were made
    smaller do the byproducts say what was measured, which is different each time.

    Args:
        origin: what the package is made from.
        parameters: what the user asked for, beside the source.
        builder: where it was built, as `builder_id` has it.
        tool_version: the builder's version.
        environment: `meta/environment.json`, if the package has one.
        optimized: what became of the models, if they were made smaller.
    """
    parameters = {"source": origin.source, **parameters}
    return {
        "buildDefinition": {
            "buildType": BUILD_TYPE,
            "externalParameters": {**parameters, "traced": True} if origin.traced else parameters,
            "resolvedDependencies": [
                *({"name": path, "digest": {"sha256": origin.inputs[path]}} for path in sorted(origin.inputs)),
                *_distributions(origin, environment),
                *(_package(reference) for reference in origin.packages),
                *_optimizing(optimized),
            ],
        },
        "runDetails": {"builder": {"id": builder, "version": {"remotemedia": tool_version}}} | _byproducts(optimized),
    }


def builder_id(environ: Mapping[str, str]) -> str:
    """Say where this build takes place, as far as the environment tells: on somebody's machine, or in a CI job.

    A job of GitHub Actions is named by its workflow, which a policy can pin. It is a claim of whoever holds the key:
    that only such jobs hold it is for the key's owner to see to.
    """
    if environ.get("CI", "").lower() in {"", "0", "false", "no"}:
        return _LOCAL
    server, workflow = environ.get("GITHUB_SERVER_URL", ""), environ.get("GITHUB_WORKFLOW_REF", "")
    if _SERVER.fullmatch(server) and _WORKFLOW.fullmatch(workflow) and len(workflow) <= _MAX_WORKFLOW:
        return f"{server}/{workflow}"
    return _CI


def _distributions(origin: Origin, environment: Mapping[str, Any] | None) -> Iterator[dict[str, Any]]:
    """What the sources depend on, and every archive that a node's Python may be installed from."""
    locked = {it["name"]: it for it in environment["packages"]} if environment is not None else {}
    known = {it.name: it for it in origin.dependencies.distributions}
    for name in sorted({*known, *locked}):
        if name in locked and locked[name]["sha256"]:
            yield from _archives(locked[name])
        elif name in known:
            yield _descriptor(known[name])
        else:
            yield {"uri": purl(locked[name]["name"], locked[name]["version"])}


def _optimizing(optimized: Optimization | None) -> Iterator[dict[str, Any]]:
    """The tools that made models smaller, and the inputs that they were calibrated with."""
    if optimized is not None:
        yield from ({"uri": purl(name, version)} for name, version in sorted(optimized.tools.items()))
        for name, sha256 in sorted(optimized.calibration.items()):
            yield {"name": f"calibration/{name}", "digest": {"sha256": sha256}}


def _byproducts(optimized: Optimization | None) -> dict[str, Any]:
    """What was measured on the way, beside the document of the package that it led to."""
    if optimized is None:
        return {}
    digest = hashlib.sha256(canonical_json(optimized.document)).hexdigest()
    measured = {"measurements": optimized.measurements}
    return {"byproducts": [{"name": "meta/optimize.json", "digest": {"sha256": digest}, "annotations": measured}]}


def _archives(row: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    named = {"name": f"wheels/{row['wheel']}"} if "wheel" in row else {}
    for sha256 in row["sha256"]:
        yield {**named, "uri": purl(row["name"], row["version"]), "digest": {"sha256": sha256}}


def _descriptor(it: Distribution) -> dict[str, Any]:
    digest = archive_digest(it)
    return {"uri": purl(it.name, it.version)} | ({"digest": {"sha256": digest}} if digest else {})


def _package(reference: str) -> dict[str, Any]:
    """A package that a node is; one without a digest was not pinned, and is whatever its tag means later."""
    digest = Reference.parse(reference).digest
    return {"uri": reference} | ({"digest": {"sha256": digest.removeprefix("sha256:")}} if digest else {})
