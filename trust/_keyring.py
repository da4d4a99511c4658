"""The public keys that somebody trusts."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from remotemedia.trust._keys import PublicKey


@dataclass(frozen=True)
class TrustedKey:
    """A public key with the name its user gave it."""

    name: str
    key: PublicKey


class Keyring:
    """Trusted keys, found by the hint that a bundle carries. A key trusted under two names has the first one."""

    def __init__(self, keys: Iterable[TrustedKey] = ()) -> None:
        self._by_hint: dict[str, TrustedKey] = {}
        for trusted in keys:
            self._by_hint.setdefault(trusted.key.hint, trusted)

    def find(self, hint: str) -> TrustedKey | None:
        """Give the trusted key of that hint, if there is one."""
        return self._by_hint.get(hint)

    def __iter__(self) -> Iterator[TrustedKey]:
        return iter(self._by_hint.values())

    def __len__(self) -> int:
        return len(self._by_hint)
