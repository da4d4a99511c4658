"""What verification gives: who signed, when, whether they are trusted, and every step that was taken."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, NamedTuple

from remotemedia.trust._bundle import PROVENANCE_PREDICATE, SBOM_PREDICATE, SIGNATURE_PREDICATE, Statement

Status = Literal["trusted", "untrusted", "unsigned"]


class Check(NamedTuple):
    """One step of a verification: its number, what was asked, whether it held, and of which statement (empty: none)."""

    number: int
    text: str
    ok: bool
    about: str = ""


@dataclass(frozen=True)
class Signed:
    """Who made a statement, and when. Of an untrusted signer all of it is what the bundle says, which nothing proves.

    Attributes:
        kind: how the signer is known: by a key, by a certificate of somebody's own authority, or keyless (Sigstore).
        name: the name the user gave the key, the authority or the keyless identity; None for strangers.
        fingerprint: `SHA256:…` of the public key.
        identity: the name in the certificate: a URI, an address or a host; None for keys.
        issuer: who vouches for the identity: the issuing certificate's subject, or the OpenID provider's URL.
        signed_at: when the signature existed at the latest, by a timestamp or a log; None where nothing says so.
        time_proven: whether `signed_at` is by an authority that the user trusts.
        trusted: whether the signature counts.
        flaw: why it does not, although somebody trusted made it: the message of RM512 or RM513.
    """

    kind: Literal["key", "certificate", "keyless"]
    name: str | None
    fingerprint: str
    identity: str | None = None
    issuer: str | None = None
    signed_at: datetime | None = None
    time_proven: bool = False
    trusted: bool = False
    flaw: str | None = None


@dataclass(frozen=True)
class Verdict:
    """What verification found.

    Attributes:
        status: `trusted`: signed by a trusted signer; `untrusted`: signed by strangers only; `unsigned`: no signature.
        provenance: the same question about the statement of where the package was built.
        statements: everything that was said about the package, each with who said it; strangers' words prove nothing.
        checks: the steps taken, in order.
        stale: names of revocation lists whose next issue is overdue.
        passed_over: how many statements were not judged, since there are too many.
    """

    status: Status
    provenance: Status
    statements: tuple[tuple[Statement, Signed], ...]
    checks: tuple[Check, ...]
    stale: tuple[str, ...] = ()
    passed_over: int = 0

    @property
    def signers(self) -> tuple[Signed, ...]:
        """Who signed the package, trusted or not; not who stated other things about it."""
        return signers_of(self.statements, SIGNATURE_PREDICATE)

    @property
    def key_name(self) -> str | None:
        """The name the user gave the trusted signer, or None."""
        signed = decisive(self.signers)
        return signed.name if signed and signed.trusted else None

    @property
    def fingerprint(self) -> str | None:
        """`SHA256:…` of the key the status rests on; of a stranger's what the bundle says, which nothing proves."""
        signed = decisive(self.signers)
        return signed.fingerprint if signed else None

    @property
    def warning(self) -> str | None:
        """What a user in development should be told, or None."""
        if self.status == "unsigned":
            return "the package is not signed"
        signed = decisive(self.signers)
        if signed is not None and not signed.trusted:
            return f"the package is signed by {_stranger(signed)}"
        if self.stale:
            return f"the revocation list `{self.stale[0]}` is overdue; a revocation may be missing"
        if self.passed_over:
            return f"{self.passed_over} statements about the package were passed over; it has too many"
        return None


def signers_of(statements: Sequence[tuple[Statement, Signed]], predicate_type: str) -> tuple[Signed, ...]:
    """Give who made statements of this type, in order."""
    return tuple(signed for statement, signed in statements if statement.predicate_type == predicate_type)


def status_of(statements: Sequence[tuple[Statement, Signed]], predicate_type: str) -> Status:
    """Say whether somebody trusted made a statement of this type."""
    signed = decisive(signers_of(statements, predicate_type))
    if signed is None:
        return "unsigned"
    return "trusted" if signed.trusted else "untrusted"


def decisive(signers: Sequence[Signed]) -> Signed | None:
    """Give the signer that a status rests on: the first trusted one, else the first."""
    return next((one for one in signers if one.trusted), signers[0] if signers else None)


def _stranger(signed: Signed) -> str:
    """Say why a signer does not count."""
    if signed.flaw is not None:
        return f"somebody whose signature does not count: {signed.flaw}"
    if signed.name is None:
        return f"a {'key' if signed.kind == 'key' else 'certificate'} that is not trusted"
    if signed.kind == "key":
        return f"`{signed.name}`, a key that was rotated and no longer counts"
    return f"somebody for whom `{signed.name}` is not trusted"


def what(statement: Statement) -> str:
    """Name a statement for people."""
    names = {
        SIGNATURE_PREDICATE: "the signature",
        PROVENANCE_PREDICATE: "the provenance",
        SBOM_PREDICATE: "the bill of materials",
    }
    return names.get(statement.predicate_type, "a further statement")
