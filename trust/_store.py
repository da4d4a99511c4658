"""A user's keys and what they trust, as files below the home directory.

`keys/NAME.pem` are the user's own keys (mode 0600; an encrypted one has its public half beside it in `NAME.pub`);
`trust/` is described in `_trust_directory`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Literal

from cryptography.hazmat.primitives import hashes

from remotemedia.errors import TrustError
from remotemedia.trust import _trust_directory as trusted
from remotemedia.trust import strict_json
from remotemedia.trust._certificates import load_authority
from remotemedia.trust._files import (
    checked_name,
    expect_trusted_directory,
    is_name,
    read_secret,
    read_trusted,
    write_new,
    write_over,
)
from remotemedia.trust._keyring import Authority, KeylessIdentity, Keyring, TrustedKey
from remotemedia.trust._keys import KeyType, PublicKey, SigningKey
from remotemedia.trust._private import Password, is_encrypted, read_private_key

EntryKind = Literal["key", "authority", "timestamp authority", "keyless", "revocations"]

DEFAULT_NAME = "default"
GRACE = timedelta(days=90)
"""How long a key that was rotated goes on counting for signatures whose time nothing proves."""

_PRIVATE = ".pem"
_SUFFIXES = (trusted.KEY, trusted.CERTIFICATES, trusted.REVOCATIONS, trusted.SETTINGS)


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
        self._own = home / "keys"
        self._trusted = home / "trust"

    def default(self) -> SigningKey:
        """Give the user's own key; it is made on first use and trusted by this user alone."""
        if not self.has(DEFAULT_NAME):
            try:
                return self.generate(DEFAULT_NAME)
            except TrustError:
                if not self.has(DEFAULT_NAME):
                    raise  # otherwise another process made it at the same moment
        return self.load(DEFAULT_NAME)

    def has(self, name: str) -> bool:
        """Say whether there is a key of the user's own with this name."""
        return is_name(name) and self._private_path(name).exists()

    def load(self, name: str, password: Password | None = None) -> SigningKey:
        """Give one of the user's own keys; `password` is asked only if it is encrypted."""
        if not self.has(name):
            raise _no_key(name)
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
        if not self.has(name):
            raise _no_key(name)
        old = self._own_public(self._private_path(name))
        if password is None and is_encrypted(read_secret(self._private_path(name))):
            raise TrustError(f"expected a password for the new key `{name}`, as the old one has", code="RM506")
        stem = trusted.rotated_stem(name, old)
        until = ((at or datetime.now(UTC)) + grace).astimezone(UTC).isoformat(timespec="seconds")
        # The end of the trust is written before the trust, and both before the old key goes.
        write_over(self._path(stem, trusted.SETTINGS), f"until = {until}\n".encode(), file_mode=0o644)
        write_over(self._path(stem, trusted.KEY), old.to_pem(), file_mode=0o644)
        key = SigningKey.generate(kind or old.type)
        if password is not None:
            write_over(self._public_path(name), key.public.to_pem(), file_mode=0o644)
        write_over(self._private_path(name), key.to_pem(password), file_mode=0o600)
        return key

    def trust(self, pem: bytes, name: str) -> PublicKey:
        """Trust somebody's public key from now on, under a name."""
        key = PublicKey.from_pem(pem)
        self._refuse_taken(name)
        write_new(self._path(name, trusted.KEY), key.to_pem(), file_mode=0o644)
        return key

    def trust_authority(
        self, pem: bytes, name: str, *, timestamping: bool = False, identities: Sequence[str] = ()
    ) -> Authority:
        """Trust the certificates of an authority, for signers (of these identities, or all) or for timestamps."""
        authority = load_authority(pem, name, identities)
        self._refuse_taken(name)
        settings = 'purpose = "timestamping"\n' if timestamping else ""
        settings += f"identity = {_toml_list(identities)}\n" if identities else ""
        if settings:
            write_new(self._path(name, trusted.SETTINGS), settings.encode(), file_mode=0o644)
        write_new(self._path(name, trusted.CERTIFICATES), pem, file_mode=0o644)
        return authority

    def trust_keyless(
        self, name: str, *, identities: Sequence[str], issuer: str, trusted_root: bytes
    ) -> KeylessIdentity:
        """Trust what these identities of one issuer sign by the Sigstore instance of a `trusted_root.json`."""
        settings = {"identity": list(identities), "issuer": issuer}
        try:
            identity = trusted.parse_identity(settings, trusted_root, name)
        except ValueError as exc:
            raise TrustError(str(exc), code="RM506") from exc
        self._refuse_taken(name)
        root = f"{checked_name(name)}.trusted-root.json"
        text = f"identity = {_toml_list(identities)}\nissuer = {_toml(issuer)}\ntrusted_root = {_toml(root)}\n"
        write_over(self._trusted / root, trusted_root, file_mode=0o644)
        write_new(self._path(name, trusted.SETTINGS), text.encode(), file_mode=0o644)
        return identity

    def revoke(self, crl: bytes, name: str) -> None:
        """Keep an authority's revocation list, in the place of an older one of this name."""
        try:
            trusted.parse_revocations(crl, name)
        except ValueError as exc:
            raise TrustError(str(exc), code="RM506", hint="give a full list, in PEM or DER") from exc
        write_over(self._path(name, trusted.REVOCATIONS), crl, file_mode=0o644)

    def export(
        self, name: str, *, public: bool = True, password: Password | None = None, new_password: bytes | None = None
    ) -> bytes:
        """Give a key as PEM: the public half, or the private one, encrypted if there is `new_password`."""
        if not public:
            return self.load(name, password).to_pem(new_password)
        if self._path(name, trusted.KEY).exists():
            return PublicKey.from_pem(read_trusted(self._path(name, trusted.KEY))).to_pem()
        if self._path(name, trusted.CERTIFICATES).exists():
            return read_trusted(self._path(name, trusted.CERTIFICATES))
        if not self.has(name):
            raise _no_key(name)
        return self._own_public(self._private_path(name)).to_pem()

    def remove(self, name: str) -> None:
        """Forget a key, own or trusted, or whatever else has this name."""
        files = [self._private_path(name), self._public_path(name)]
        files += [self._path(name, suffix) for suffix in _SUFFIXES]
        files.append(self._trusted / f"{name}.trusted-root.json")
        existing = [path for path in files if path.exists()]
        if not existing:
            raise _no_key(name)
        for path in existing:
            path.unlink(missing_ok=True)

    def list(self) -> tuple[KeyEntry, ...]:
        """Give everything, the user's own keys first, by kind and name."""
        there = trusted.read(self._trusted)
        return (
            *(self._own_entry(path) for path in self._own_paths()),
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
        own = [TrustedKey(path.stem, self._own_public(path)) for path in self._own_paths()]
        there = trusted.read(self._trusted)
        return Keyring(
            [*own, *there.keys.values()],
            roots=there.roots,
            tsa_roots=there.tsa_roots,
            crls=there.crls,
            identities=there.identities,
        )

    def _keep(self, key: SigningKey, name: str, password: bytes | None) -> SigningKey:
        self._refuse_taken(name)
        if password is not None:
            write_over(self._public_path(name), key.public.to_pem(), file_mode=0o644)
        write_new(self._private_path(name), key.to_pem(password), file_mode=0o600)
        return key

    def _own_public(self, path: Path) -> PublicKey:
        beside = path.with_suffix(trusted.KEY)
        pem = read_secret(path)
        return PublicKey.from_pem(read_trusted(beside)) if is_encrypted(pem) else read_private_key(pem).public

    def _own_entry(self, path: Path) -> KeyEntry:
        encrypted = is_encrypted(read_secret(path))
        return KeyEntry(path.stem, self._own_public(path).fingerprint, own=True, encrypted=encrypted)

    def _own_paths(self) -> Sequence[Path]:
        expect_trusted_directory(self._own)
        return sorted(self._own.glob(f"*{_PRIVATE}"))

    def _private_path(self, name: str) -> Path:
        return self._own / f"{checked_name(name)}{_PRIVATE}"

    def _public_path(self, name: str) -> Path:
        return self._own / f"{checked_name(name)}{trusted.KEY}"

    def _path(self, name: str, suffix: str) -> Path:
        return self._trusted / f"{checked_name(name)}{suffix}"

    def _refuse_taken(self, name: str) -> None:
        names = (trusted.KEY, trusted.CERTIFICATES, trusted.SETTINGS)
        if self._private_path(name).exists() or any(self._path(name, suffix).exists() for suffix in names):
            raise TrustError(
                f"expected a new name, but there is a key `{name}`",
                code="RM506",
                hint=f"choose another name, or remove that key with `remotemedia keys remove {name}`",
            )


def read_signing_key(path: Path, password: Password | None = None) -> SigningKey:
    """Read a private key that only its owner can read; raises `TrustError` RM506."""
    return read_private_key(read_secret(path), password)


def _authority_entry(authority: Authority, kind: EntryKind) -> KeyEntry:
    fingerprint = f"SHA256:{authority.roots[0].fingerprint(hashes.SHA256()).hex()}"
    return KeyEntry(authority.name, fingerprint, own=False, kind=kind)


def _toml_list(texts: Sequence[str]) -> str:
    return f"[{', '.join(_toml(text) for text in texts)}]"


def _toml(text: str) -> str:
    if not text.isprintable():
        raise TrustError(f"expected a printable text, got {strict_json.shown(text)}", code="RM506")
    return strict_json.dumps(text).decode()  # a printable JSON string is a TOML one


def _no_key(name: str) -> TrustError:
    return TrustError(
        f"there is no key `{name}`",
        code="RM506",
        hint="`remotemedia keys list` shows the keys; `remotemedia keys generate` makes one",
    )
