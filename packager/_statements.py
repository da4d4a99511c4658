"""What signers state about a package, and what a build hands to whoever signs it elsewhere.

A signed statement is a referrer of the package, and has a name in its file: `meta/provenance.sigstore.json`. Unsigned,
the provenance is an in-toto statement in a file of its own; `provenance_of` takes it if it can be about the package.
"""

import re
from collections.abc import Mapping
from itertools import takewhile
from typing import Any, Final

from remotemedia.errors import TrustError
from remotemedia.packager._artifact import Referrer, referrer
from remotemedia.packager._blob import Blob
from remotemedia.packager._metadata import source_hash
from remotemedia.packager._slsa import BUILD_TYPE, FIELDS, PARAMETERS
from remotemedia.registry import Manifest, media_types
from remotemedia.trust import PROVENANCE_PREDICATE, SBOM_PREDICATE, SIGNATURE_PREDICATE, Statement, strict_json

# In the order in which a build writes them.
KINDS: Final = {SIGNATURE_PREDICATE: "signature", PROVENANCE_PREDICATE: "provenance", SBOM_PREDICATE: "sbom"}
_OTHER: Final = "statement"
_UNDATED: Final = "1970-01-01T00:00:00Z"
_HEX: Final = re.compile(r"[0-9a-f]{64}", re.ASCII)


def title_of(predicate_type: str, number: int = 1) -> str:
    """The name in the file of the bundle that is the first, second, … of its kind."""
    return f"meta/{KINDS.get(predicate_type, _OTHER)}{f'-{number}' if number > 1 else ''}.sigstore.json"


def referrer_of(bundle: bytes, predicate_type: str, manifest: Manifest) -> Referrer:
    """What attaches a bundle to the package whose OCI manifest is given.

    It is dated like the package, not by a clock, so that signing twice by one key adds one signature.
    """
    created = manifest.annotations.get(media_types.CREATED, _UNDATED)
    return referrer(title_of(predicate_type), predicate_type, bundle, Blob.of_bytes(manifest.raw), created)


def provenance_of(
    statement: bytes, digest: str, *, config: Mapping[str, Any], recorded: Mapping[str, Any]
) -> Mapping[str, Any]:
    """The predicate of an unsigned provenance, for somebody to sign.

    Everything in it that the package says too must be the same: source, the digests of all inputs, name, version, tool.
    Where it was built, and what was asked of indexes, nobody can tell from the package: that is the signer's to know.

    Args:
        statement: the in-toto statement that the build wrote.
        digest: of the package.
        config: the package's configuration.
        recorded: its `meta/provenance.json`.

    Raises:
        TrustError: RM521, it is none, or not about this package.
    """
    try:
        stated = Statement.parse(statement)
    except TrustError as error:
        raise _unfit(f"expected an in-toto statement of provenance: {error.message}") from error
    expected = {
        "subject": [digest],
        "predicate type": PROVENANCE_PREDICATE,
        "build type": BUILD_TYPE,
        "source": recorded.get("source"),
        "inputs": recorded.get("sourceHash"),
        "traced": recorded.get("traced", False),
        "pipeline": config.get("name"),
        "version": config.get("version"),
        "tool": _builder(recorded).get("id"),
        "unknown fields": [],
    }
    found = {"subject": [*stated.subjects], "predicate type": stated.predicate_type, **_claims(stated.predicate)}
    for name, value in expected.items():
        if value is None or found[name] != value:
            shown = strict_json.shown
            raise _unfit(f"expected a provenance of this package, its {name} {shown(value)}, got {shown(found[name])}")
    return stated.predicate


def _claims(predicate: Mapping[str, Any]) -> dict[str, Any]:
    """What a provenance says that its package says as well."""
    try:
        definition, run = predicate["buildDefinition"], predicate["runDetails"]
        parameters, builder = definition["externalParameters"], run["builder"]
        # The inputs come first and have no URI, unlike what follows them.
        rows = takewhile(lambda row: "uri" not in row, definition["resolvedDependencies"])
        inputs = [(row["name"], row["digest"]["sha256"]) for row in rows]
        are_sound = all(_is_input(*it) for it in inputs) and len(dict(inputs)) == len(inputs)
        is_named = isinstance(builder["id"], str)
        return {
            "build type": definition["buildType"],
            "source": parameters["source"],
            "inputs": source_hash(dict(inputs)) if are_sound else None,
            "traced": parameters.get("traced", False),
            "pipeline": parameters["pipeline"],
            "version": parameters["version"],
            "tool": f"remotemedia/{builder['version']['remotemedia']}" if is_named else None,
            "unknown fields": sorted(
                {*set(predicate) - FIELDS, *set(definition) - FIELDS, *set(run) - FIELDS, *set(parameters) - PARAMETERS}
            ),
        }
    except (KeyError, TypeError, AttributeError) as error:
        raise _unfit("expected a SLSA provenance v1 as a build writes it, got other fields") from error


def _is_input(name: object, sha256: object) -> bool:
    return isinstance(name, str) and "\0" not in name and isinstance(sha256, str) and bool(_HEX.fullmatch(sha256))


def _builder(recorded: Mapping[str, Any]) -> Mapping[str, Any]:
    builder = recorded.get("builder")
    return builder if isinstance(builder, dict) else {}


def _unfit(message: str) -> TrustError:
    return TrustError(
        message,
        code="RM521",
        hint="give the file that `remotemedia build --provenance FILE` wrote when it built this very package",
    )
