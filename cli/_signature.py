"""A verdict in words."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from remotemedia.cli._console import warn

if TYPE_CHECKING:
    from collections.abc import Mapping

    from remotemedia.registry import Reference
    from remotemedia.runtime.resolve import ResolvedPackage
    from remotemedia.runtime.run import NestedPackage
    from remotemedia.trust import Signed, Verdict


def warn_of_signers(package: ResolvedPackage, nested: Mapping[str, NestedPackage]) -> None:
    """Warn of signers that are not trusted, of a package and of those that nodes of it are."""
    for what, it in ("", package), *((f"node `{name}`: ", it.package) for name, it in nested.items()):
        if it.verdict.warning:
            warn(f"{what}{it.verdict.warning}")


def signature_line(verdict: Verdict) -> str:
    """Who signed, and whether that is somebody the user trusts."""
    if verdict.status == "unsigned":
        return "not signed"
    shown = [it for it in verdict.signers if it.trusted] or verdict.signers[:1]
    return f"signed by {' and '.join(_who(it) for it in shown)}, {'' if shown[0].trusted else 'not '}trusted"


def signer_lines(verdict: Verdict) -> list[str]:
    """A line for each signature: who, how, and when."""
    return [f"{_who(it)}: {_how(it)}, {_when(it)}{_doubt(it)}" for it in verdict.signers]


def statements_from(reference: Reference, *, offline: bool) -> tuple[str, str]:
    """Where the signatures that were judged are from, as a word of a report and as a sentence."""
    from remotemedia.registry import Scheme

    if reference.scheme is Scheme.REGISTRY and not offline:
        return "registry", "tag and signatures were asked for just now, not taken from the last pull"
    if reference.scheme in {Scheme.REGISTRY, Scheme.CACHE}:
        return "cache", "signatures are those of the last pull; no registry was asked"
    return reference.scheme.value, "signatures are those that it carries"


def signer_fields(signed: Signed) -> dict[str, Any]:
    """One signature in a report."""
    return {
        "kind": signed.kind,
        "name": signed.name,
        "fingerprint": signed.fingerprint,
        "identity": signed.identity,
        "issuer": signed.issuer,
        "signed_at": signed.signed_at.isoformat() if signed.signed_at is not None else None,
        "time_proven": signed.time_proven,
        "trusted": signed.trusted,
        "flaw": signed.flaw,
    }


def _who(signed: Signed) -> str:
    if signed.identity is not None:
        return f"`{plain(signed.identity)}`" + (f" of `{signed.name}`" if signed.name else "")
    return f"`{signed.name}` ({signed.fingerprint})" if signed.name else signed.fingerprint


def _how(signed: Signed) -> str:
    if signed.kind == "key":
        return "by a key"
    issuer = f" by `{plain(signed.issuer)}`" if signed.issuer else ""
    return f"by a certificate{issuer}" if signed.kind == "certificate" else f"keyless, vouched for{issuer}"


def _when(signed: Signed) -> str:
    if signed.signed_at is None:
        return "at a time that nothing proves"
    proof = "proven" if signed.time_proven else "claimed, and proven by nobody trusted"
    return f"at {signed.signed_at:%Y-%m-%d %H:%M} UTC, {proof}"


def _doubt(signed: Signed) -> str:
    if signed.flaw is not None:
        return ", no longer counts"
    return "" if signed.trusted else ", not trusted"


def plain(text: str) -> str:
    """What a stranger wrote, without what a terminal would obey."""
    return text if text.isprintable() else ascii(text)[1:-1]
