"""One bundle under judgement: what every way of judging it needs, and the notes it makes."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING

from remotemedia.errors import TrustError
from remotemedia.trust._bundle import Bundle
from remotemedia.trust._keyring import Keyring
from remotemedia.trust._keys import PublicKey
from remotemedia.trust._verdict import Check, Signed, what

if TYPE_CHECKING:
    from remotemedia.trust._timestamps import Timestamp


@dataclass
class Case:
    """A bundle, what is trusted, and the time.

    Attributes:
        now: when the question is asked.
        checks: the steps taken, of this bundle and of those before it.
        lists: names of the revocation lists that were asked.
        signer: who is said to have signed, once somebody trusted answers for it.
        is_admitted: whether the user lets this signer sign. What others did wrong does no harm.
    """

    bundle: Bundle
    keyring: Keyring
    now: datetime
    checks: list[Check]
    lists: list[str] = field(default_factory=list)
    signer: Signed | None = None
    is_admitted: bool = True

    @property
    def what(self) -> str:
        """The bundle's statement, for people."""
        return what(self.bundle.statement)

    def check(self, number: int, text: str, ok: bool = True) -> None:  # noqa: FBT001, FBT002 - as `Check` has it
        """Note a step."""
        self.checks.append(Check(number, text, ok, self.what))

    def expect_signature(self, key: PublicKey, name: str) -> None:
        """Take step 3: the signature is this key's over the statement (DSSE, section "Verification").

        Raises:
            TrustError: RM503.
        """
        if not key.verify(self.bundle.signature, self.bundle.signed):
            raise TrustError(
                f"the signature does not verify with the key `{name}` that it names",
                code="RM503",
                hint="the package or its signature was altered; fetch it again from its source",
                key=name,
            )
        self.check(3, f"the signature verifies with `{name}`")

    def timestamp(self) -> Timestamp | None:
        """Take step 9: when the signature existed, as far as somebody trusted proves it.

        Raises:
            TrustError: RM505, RM513, RM514.
        """
        if not self.bundle.timestamps:
            return None
        from remotemedia.trust._timestamps import earliest  # noqa: PLC0415 - few have one, and X.509 is slow to import

        stamp = earliest(self.bundle, self.keyring)
        if stamp is not None:
            self.lists += stamp.lists
            proof = f"proven by `{stamp.authority}`" if stamp.authority else "claimed, and proven by nobody trusted"
            self.check(9, f"{self.what} existed at {shown(stamp.at)}, {proof}", stamp.authority is not None)
        return stamp

    def moment(self, stamp: Timestamp | None) -> datetime:
        """Give the time at which keys and certificates are judged: the proven one, else now."""
        return stamp.at if stamp is not None and stamp.authority is not None else self.now


def shown(at: datetime) -> str:
    """Give a time as messages have it."""
    return f"{at:%Y-%m-%d %H:%M} UTC"
