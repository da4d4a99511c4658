"""What is stated about a package beside its signature: where it was built, and what is in it."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any, Final

from remotemedia.cli._signature import plain

if TYPE_CHECKING:
    from remotemedia.trust import Verdict

_NAMES: Final = {
    "library": ("library", "libraries"),
    "machine-learning-model": ("model", "models"),
    "file": ("file", "files"),
}


def provenance_fields(verdict: Verdict) -> dict[str, Any]:
    """The signed provenance in a report; `builder` is null where nobody signed one."""
    from remotemedia.trust import PROVENANCE_PREDICATE, builder_of

    predicate = _stated(verdict, PROVENANCE_PREDICATE)
    return {"status": verdict.provenance, "builder": builder_of(predicate) if predicate is not None else None}


def provenance_line(verdict: Verdict) -> str:
    """Whether somebody answers for where the package was built, and what they say."""
    stated = provenance_fields(verdict)
    if stated["status"] == "unsigned":
        return "not signed"
    return f"signed, {_trusted(stated['status'])}: built by {plain(stated['builder'] or 'nobody named')}"


def provenance_statement(verdict: Verdict) -> dict[str, Any]:
    """The SLSA provenance that was signed, by a trusted signer if there is one.

    Raises:
        PackageError: RM306, nobody signed one.
    """
    from remotemedia.errors import PackageError
    from remotemedia.trust import PROVENANCE_PREDICATE

    predicate = _stated(verdict, PROVENANCE_PREDICATE)
    if predicate is None:
        raise PackageError(
            "expected a signed provenance, the package has none",
            code="RM306",
            hint="`meta/provenance.json` is what it says of itself; `remotemedia inspect` shows it",
        )
    return predicate


def sbom_fields(verdict: Verdict, sbom: dict[str, Any]) -> dict[str, Any]:
    """The bill of materials in a report: how many components of each type, and whether somebody answers for it."""
    from remotemedia.trust import SBOM_PREDICATE

    return {"status": _status(verdict, SBOM_PREDICATE), "components": dict(_counted(sbom))}


def sbom_line(fields: dict[str, Any]) -> str:
    """What `sbom_fields` says, as words."""
    counts = sorted(fields["components"].items())
    counted = [f"{count} {_NAMES.get(kind, (kind, kind))[count != 1]}" for kind, count in counts]
    status = fields["status"]
    signed = "not signed" if status == "unsigned" else f"signed, {_trusted(status)}"
    return f"{', '.join(counted) or 'nothing but its own code'} ({signed}; --sbom prints it)"


def _counted(sbom: dict[str, Any]) -> Counter[str]:
    components = sbom.get("components")
    kinds = (it.get("type") for it in (components if isinstance(components, list) else ()) if isinstance(it, dict))
    return Counter(kind if isinstance(kind, str) and kind.isprintable() else "other" for kind in kinds)


def _stated(verdict: Verdict, kind: str) -> dict[str, Any] | None:
    """What was said by a trusted signer, else by any."""
    found = sorted(
        ((signed.trusted, statement) for statement, signed in verdict.statements if statement.predicate_type == kind),
        key=lambda it: not it[0],
    )
    return dict(found[0][1].predicate) if found else None


def _status(verdict: Verdict, kind: str) -> str:
    trusted = [signed.trusted for statement, signed in verdict.statements if statement.predicate_type == kind]
    return "trusted" if any(trusted) else "untrusted" if trusted else "unsigned"


def _trusted(status: str) -> str:
    return "trusted" if status == "trusted" else "not trusted"
