"""A user's keys and what they trust, as files below the home directory.

`keys/NAME.pem` are the user's own keys (mode 0600; below an encrypted one stands its public half); `_trust_directory`
says what is in `trust/`. Each is one file, so that whatever happens to a change, it has taken place or it has not.
"""

import logging
from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Literal

from cryptography.hazmat.primitives import hashes

from remotemedia.errors import TrustError
from remotemedia.trust import _trust_directory as trusted
from remotemedia.trust._files import (
    changing,
    checked_name,
    expect_trusted_directory,
    is_name,
    read_each,
    read_secret,
    read_trusted,
    remove,
    write_new,
    write_over,
)
from remotemedia.trust._keyring import Authority, KeylessIdentity, Keyring, TrustedKey
from remotemedia.trust._keys import KeyType, PublicKey, SigningKey
from remotemedia.trust._private import Password, is_encrypted, public_below, read_private_key

EntryKind = Literal["key", "authority", "timestamp authority", "keyless", "revocations"]

DEFAULT_NAME = "default"
"""What a user's own key is called that was made without being asked for."""
GRACE = timedelta(days=90)
"""How long a key that was rotated goes on counting for signatures whose time nothing proves."""

_PRIVATE = ".pem"
_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class KeyEntry:
    """One thing in a store.

    Attributes:
        fingerprint: of the key; of an authority its first root's; of a keyless identity `IDENTITY by ISSUER`.
        own: whether its private half is here.
        until: the end of a rotated key's trust; of a revocation list, when the next one is due.
        encrypted: whether its private half needs a password.
    """

    name: str
    fingerprint: str
    own: bool
    kind: EntryKind = "key"
    until: datetime | None = None
    encrypted: bool = False


class KeyStore:
    """The keys and the trust below one home directory. Every failure is a `TrustError` RM506."""

    def __init__(self, home: Path) -> None:
        self._home = home
        self._own = home / "keys"
        self._trusted = home / "trust"

    def default(self) -> SigningKey:
        """Give the user's own key; it is made on first use, which is logged, and trusted by this user alone."""
        if not self.has(DEFAULT_NAME):
            try:
                key = self.generate(DEFAULT_NAME)
            except TrustError:
                if not self.has(DEFAULT_NAME):
                    raise  # otherwise another process made it at the same moment
            else:
                where = self._private_path(DEFAULT_NAME)
                _log.info("made the key `%s` (%s), your own: `%s`", DEFAULT_NAME, key.public.fingerprint, where)
                return key
        return self.load(DEFAULT_NAME)

    def has(self, name: str) -> bool:
        """Say whether there is a key of the user's own with this name."""
        return is_name(name) and self._private_path(name).exists()

    def load(self, name: str, password: Password | None = None) -> SigningKey:
        """Give one of the user's own keys; `password` is asked only if it is encrypted."""
        if not self.has(name):
            raise _no_key(name)
        self._expect_own_directories()
        return read_signing_key(self._private_path(name), password)

    def generate(self, name: str, kind: KeyType = "p256", password: bytes | None = None) -> SigningKey:
        """Make a key of the user's own, encrypted if there is a password; never replaces one."""
        return self._keep(SigningKey.generate(kind), name, password)

    def import_(
        self, pem: bytes, name: str, *, password: Password | None = None, new_password: bytes | None = None
    ) -> SigningKey:
        """Make a private key one's own: PKCS #8, or a key file of cosign's; `new_password` encrypts it here."""
        return self._keep(read_private_key(pem, password), name, new_password)

    def rotate(
        self,
        name: str,
        *,
        at: datetime | None = None,
        grace: timedelta = GRACE,
        kind: KeyType | None = None,
        password: bytes | None = None,
    ) -> SigningKey:
        """Put a new key in the place of one's own key, whose private half is removed.

        The old public key stays trusted until `at` (default now) plus `grace`; after that it counts only for signatures
        that a timestamp proves to be older. Where the old key may be known to others, `remove` its public half as well.

        Args:
            name: which of the user's own keys.
            at: the time of the rotation, with its zone.
            grace: how long signatures by the old key go on counting without a timestamp.
            kind: of the new key; default that of the old one.
            password: encrypts the new key; needed where the old one was encrypted.
        """
        with self._changing():
            if not self.has(name):
                raise _no_key(name)
            old = self._own_public(self._private_path(name))
            if password is None and is_encrypted(read_secret(self._private_path(name))):
                raise TrustError(f"expected a password for the new key `{name}`, as the old one has", code="RM506")
            until = ((at or datetime.now(UTC)) + grace).astimezone(UTC)
            # The old key is trusted as an old one before it goes; as long as it is here, it is one's own.
            older = self._path(trusted.rotated_stem(name, old), trusted.KEY)
            write_over(older, trusted.key_file(old, until), file_mode=0o644)
            key = SigningKey.generate(kind or old.type)
            write_over(self._private_path(name), _own_file(key, password), file_mode=0o600)
        return key

    def trust(self, pem: bytes, name: str) -> PublicKey:
        """Trust somebody's public key from now on, under a name; where that is so already, nothing changes."""
        trusted.refuse_settings(pem, name)
        key = PublicKey.from_pem(pem)
        self._add(name, trusted.KEY, trusted.key_file(key))
        return key

    def trust_authority(
        self, pem: bytes, name: str, *, timestamping: bool = False, identities: Sequence[str] = ()
    ) -> Authority:
        """Trust the certificates of an authority, for signers (of these identities, or all) or for timestamps.

        Where they are trusted already, under this name and for just that, nothing changes.
        """
        from remotemedia.trust._certificates import load_authority  # noqa: PLC0415 - X.509 is slow to import

        trusted.refuse_settings(pem, name)
        authority = load_authority(pem, name, identities)
        self._add(name, trusted.CERTIFICATES, trusted.authority_file(authority, timestamping=timestamping))
        return authority

    def trust_keyless(
        self, name: str, *, identities: Sequence[str], issuer: str, trusted_root: bytes
    ) -> KeylessIdentity:
        """Trust what these identities of one issuer sign by the Sigstore instance of a `trusted_root.json`.

        Where just that is trusted already under this name, nothing changes.
        """
        settings = {"identity": list(identities), "issuer": issuer}
        try:
            identity = trusted.parse_identity(settings, trusted_root, name)
        except ValueError as exc:
            raise TrustError(str(exc), code="RM506") from exc
        self._add(name, trusted.IDENTITY, trusted.identity_file(identity))
        return identity

    def revoke(self, crl: bytes, name: str) -> None:
        """Keep an authority's revocation list, in the place of an older one of this name."""
        try:
            trusted.parse_revocations(crl, name)
        except ValueError as exc:
            raise TrustError(str(exc), code="RM506", hint="give a full list, in PEM or DER") from exc
        with self._changing():
            path = self._path(name, trusted.REVOCATIONS)
            if not path.exists():
                self._refuse_taken(name)
            write_over(path, crl, file_mode=0o644)

    def export(
        self, name: str, *, public: bool = True, password: Password | None = None, new_password: bytes | None = None
    ) -> bytes:
        """Give a key as PEM: the public half, or the private one, encrypted if there is `new_password`."""
        if not public:
            return self.load(name, password).to_pem(new_password)
        for suffix in (trusted.KEY, trusted.CERTIFICATES):
            if (path := self._path(name, suffix)).exists():
                return trusted.without_settings(path)
        if not self.has(name):
            raise _no_key(name)
        return self._own_public(self._private_path(name)).to_pem()

    def remove(self, name: str) -> None:
        """Forget a key, own or trusted, or whatever else has this name."""
        with self._changing():
            self._refuse_twice()
            if not (existing := self._named(name)):
                raise _no_key(name)
            remove(existing[0])

    def list(self) -> tuple[KeyEntry, ...]:
        """Give everything, the user's own keys first, by kind and name."""
        there = self._read_trusted()
        return (
            *read_each(self._own_paths(), self._own_entry),
            *(KeyEntry(name, key.key.fingerprint, own=False, until=key.until) for name, key in there.keys.items()),
            *(_authority_entry(authority, "authority") for authority in there.roots),
            *(_authority_entry(authority, "timestamp authority") for authority in there.tsa_roots),
            *(
                KeyEntry(one.name, f"{' or '.join(one.identities)} by {one.issuer}", own=False, kind="keyless")
                for one in there.identities
            ),
            *(
                KeyEntry(
                    one.name,
                    one.crl.issuer.rfc4514_string(),
                    own=False,
                    kind="revocations",
                    until=one.crl.next_update_utc,
                )
                for one in there.crls
            ),
        )

    def keyring(self) -> Keyring:
        """Give what this user trusts: the own keys, and all of `trust/`."""
        own = [*read_each(self._own_paths(), lambda path: TrustedKey(path.stem, self._own_public(path)))]
        there = self._read_trusted()
        return Keyring(
            [*own, *there.keys.values()],
            roots=there.roots,
            tsa_roots=there.tsa_roots,
            crls=there.crls,
            identities=there.identities,
        )

    def named(self, name: str) -> tuple[TrustedKey, ...]:
        """Give the public keys of one name, own or trusted; beside the present one those that it has replaced."""
        own = [TrustedKey(path.stem, self._own_public(path)) for path in self._own_paths() if path.stem == name]
        return (*own, *(key for key in self._read_trusted().keys.values() if key.name == name))

    def _changing(self) -> AbstractContextManager[None]:
        return changing(self._home, self._own, self._trusted)

    def _keep(self, key: SigningKey, name: str, password: bytes | None) -> SigningKey:
        with self._changing():
            self._refuse_taken(name)
            write_new(self._private_path(name), _own_file(key, password), file_mode=0o600)
        return key

    def _add(self, name: str, suffix: str, data: bytes) -> None:
        path = self._path(name, suffix)
        with self._changing():
            if path in self._named(name) and read_trusted(path) == data:
                return
            self._refuse_taken(name)
            write_new(path, data, file_mode=0o644)

    def _read_trusted(self) -> trusted.Contents:
        self._refuse_twice()
        return trusted.read(self._trusted)

    def _own_public(self, path: Path) -> PublicKey:
        pem = read_secret(path)
        return public_below(pem) if is_encrypted(pem) else read_private_key(pem).public

    def _own_entry(self, path: Path) -> KeyEntry:
        encrypted = is_encrypted(read_secret(path))
        return KeyEntry(path.stem, self._own_public(path).fingerprint, own=True, encrypted=encrypted)

    def _expect_own_directories(self) -> None:
        for directory in (self._home, self._own):
            expect_trusted_directory(directory)

    def _own_paths(self) -> Sequence[Path]:
        self._expect_own_directories()
        return sorted(self._own.glob(f"*{_PRIVATE}"))

    def _private_path(self, name: str) -> Path:
        return self._own / f"{checked_name(name)}{_PRIVATE}"

    def _path(self, name: str, suffix: str) -> Path:
        return self._trusted / f"{checked_name(name)}{suffix}"

    def _named(self, name: str) -> Sequence[Path]:
        """Give the files of this name: one, or none."""
        paths = [self._private_path(name), *(self._path(name, suffix) for suffix in trusted.SUFFIXES)]
        return [path for path in paths if path.exists()]

    def _refuse_taken(self, name: str) -> None:
        for path in self._named(name):
            # Never the advice to remove one's own key: what it has signed would be a stranger's everywhere.
            own = f"`remotemedia keys export {name} --public` prints the public half of the one that is there"
            forget = f"`remotemedia keys remove {name}` forgets what is there"
            raise TrustError(
                f"expected a new name, but `{name}` is that of `{path}`",
                code="RM506",
                hint=f"choose another one; {own if path.suffix == _PRIVATE else forget}",
            )

    def _refuse_twice(self) -> None:
        """Refuse two things of one name, as people may put them here: nobody could say which is meant."""
        seen: dict[str, Path] = {}
        for path in (*self._own_paths(), *trusted.files(self._trusted)):
            if (other := seen.setdefault(path.stem, path)) != path:
                raise TrustError(
                    f"expected one thing of the name `{path.stem}`, got `{other}` and `{path}`",
                    code="RM506",
                    hint="give one of the files another name",
                )


def read_signing_key(path: Path, password: Password | None = None) -> SigningKey:
    """Read a private key that only its owner can read; raises `TrustError` RM506."""
    return read_private_key(read_secret(path), password)


def _authority_entry(authority: Authority, kind: EntryKind) -> KeyEntry:
    fingerprint = f"SHA256:{authority.roots[0].fingerprint(hashes.SHA256()).hex()}"
    return KeyEntry(authority.name, fingerprint, own=False, kind=kind)


def _own_file(key: SigningKey, password: bytes | None) -> bytes:
    """Give what stands in the file of one's own key: of an encrypted one both halves."""
    return key.to_pem(password) + (b"" if password is None else key.public.to_pem())


def _no_key(name: str) -> TrustError:
    return TrustError(
        f"there is no key `{name}`",
        code="RM506",
        hint="`remotemedia keys list` shows the keys; `remotemedia keys generate` makes one",
    )
