"""Keys as files below the home directory: `keys/NAME.pem` are the user's own, `trust/NAME.pub` those of others."""

import os
import re
import stat
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from remotemedia.errors import TrustError
from remotemedia.trust._keyring import Keyring, TrustedKey
from remotemedia.trust._keys import PublicKey, SigningKey

_DEFAULT_NAME = "default"
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._@+-]{0,63}", re.ASCII)
_PRIVATE_SUFFIX = ".pem"
_PUBLIC_SUFFIX = ".pub"


@dataclass(frozen=True)
class KeyEntry:
    """One key of a store; `own` means that its private half is here."""

    name: str
    fingerprint: str
    own: bool


class KeyStore:
    """The keys below one home directory. Every failure is a `TrustError` RM506."""

    def __init__(self, home: Path) -> None:
        self._own = home / "keys"
        self._trusted = home / "trust"

    def default(self) -> SigningKey:
        """Give the user's own key; it is made on first use and trusted by this user alone."""
        if not self._private_path(_DEFAULT_NAME).exists():
            try:
                return self.generate(_DEFAULT_NAME)
            except TrustError:
                if not self._private_path(_DEFAULT_NAME).exists():
                    raise  # otherwise another process made it at the same moment
        return self.load(_DEFAULT_NAME)

    def load(self, name: str) -> SigningKey:
        """Give one of the user's own keys by name."""
        path = self._private_path(name)
        if not path.exists():
            raise _no_key(name)
        return read_signing_key(path)

    def generate(self, name: str) -> SigningKey:
        """Make a key of the user's own; never replaces one."""
        key = SigningKey.generate()
        self._refuse_taken(name)
        _write_new(self._private_path(name), key.to_pem(), file_mode=0o600, directory_mode=0o700)
        return key

    def trust(self, pem: bytes, name: str) -> PublicKey:
        """Trust somebody's public key from now on, under a name."""
        key = PublicKey.from_pem(pem)
        self._refuse_taken(name)
        _write_new(self._public_path(name), key.to_pem(), file_mode=0o644, directory_mode=0o700)
        return key

    def export(self, name: str, *, public: bool = True) -> bytes:
        """Give a key as PEM: the public half, or the private one of an own key."""
        if not public:
            return self.load(name).to_pem()
        if self._public_path(name).exists():
            return _read_public(self._public_path(name)).to_pem()
        return self.load(name).public.to_pem()

    def remove(self, name: str) -> None:
        """Forget a key, own or trusted."""
        for path in (self._private_path(name), self._public_path(name)):
            if path.exists():
                path.unlink()
                return
        raise _no_key(name)

    def list(self) -> tuple[KeyEntry, ...]:
        """Give all keys, the user's own first, by name."""
        own = [KeyEntry(path.stem, read_signing_key(path).public.fingerprint, own=True) for path in self._own_paths()]
        others = [KeyEntry(path.stem, _read_public(path).fingerprint, own=False) for path in self._trusted_paths()]
        return (*own, *others)

    def keyring(self) -> Keyring:
        """Give the keys this user trusts: the own ones and those of others."""
        own = [TrustedKey(path.stem, read_signing_key(path).public) for path in self._own_paths()]
        others = [TrustedKey(path.stem, _read_public(path)) for path in self._trusted_paths()]
        return Keyring([*own, *others])

    def _own_paths(self) -> Sequence[Path]:
        return sorted(self._own.glob(f"*{_PRIVATE_SUFFIX}"))

    def _trusted_paths(self) -> Sequence[Path]:
        return sorted(self._trusted.glob(f"*{_PUBLIC_SUFFIX}"))

    def _private_path(self, name: str) -> Path:
        return self._own / f"{_checked(name)}{_PRIVATE_SUFFIX}"

    def _public_path(self, name: str) -> Path:
        return self._trusted / f"{_checked(name)}{_PUBLIC_SUFFIX}"

    def _refuse_taken(self, name: str) -> None:
        if self._private_path(name).exists() or self._public_path(name).exists():
            raise TrustError(
                f"expected a new name, but there is a key `{name}`",
                code="RM506",
                hint=f"choose another name, or remove that key with `remotemedia keys remove {name}`",
            )


def read_signing_key(path: Path, password: bytes | None = None) -> SigningKey:
    """Read a private key that only its owner can read; raises `TrustError` RM506."""
    try:
        with path.open("rb") as file:
            mode = stat.S_IMODE(os.fstat(file.fileno()).st_mode)
            pem = file.read()
    except OSError as exc:
        raise TrustError(f"key `{path}` cannot be read: {exc.strerror}", code="RM506") from exc
    if mode & 0o077:
        raise TrustError(
            f"expected key `{path}` to be readable by its owner only (mode 0600), got mode {mode:04o}",
            code="RM506",
            hint=f"chmod 600 {path}",
        )
    return SigningKey.from_pem(pem, password)


def _read_public(path: Path) -> PublicKey:
    try:
        return PublicKey.from_pem(path.read_bytes())
    except OSError as exc:
        raise TrustError(f"key `{path}` cannot be read: {exc.strerror}", code="RM506") from exc
    except TrustError as exc:
        raise TrustError(f"key `{path}`: {exc}", code="RM506", hint=exc.hint) from exc


def _write_new(path: Path, data: bytes, *, file_mode: int, directory_mode: int) -> None:
    """Write a whole new file or none; the link fails if the name was taken in the meantime."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=directory_mode)
        with tempfile.NamedTemporaryFile(dir=path.parent) as file:
            os.fchmod(file.fileno(), file_mode)
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
            os.link(file.name, path)
    except OSError as exc:
        raise TrustError(f"key `{path}` cannot be written: {exc.strerror}", code="RM506") from exc


def _checked(name: str) -> str:
    if not _NAME.fullmatch(name):
        raise TrustError(
            f"expected a key's name of letters, digits and `._@+-`, at most 64 characters, got `{name[:80]}`",
            code="RM506",
            hint="choose a name such as `release` or `ann@example.org`",
        )
    return name


def _no_key(name: str) -> TrustError:
    return TrustError(
        f"there is no key `{name}`",
        code="RM506",
        hint="`remotemedia keys list` shows the keys; `remotemedia keys generate` makes one",
    )
