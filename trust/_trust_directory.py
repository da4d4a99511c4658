"""The directory `trust/` of the home: one file, or a file and its `.toml`, for each thing that is trusted.

NAME.pub              a public key; `NAME.<12 hex>.pub` is an older one of it, whose `.toml` has `until`
NAME.crt              certificates of an authority, up to its root; `.toml`: `purpose`, `identity`
NAME.crl              a revocation list, PEM or DER
NAME.toml alone       a keyless identity: `identity`, `issuer`, `trusted_root`
"""

import base64
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from cryptography import x509

from remotemedia.errors import TrustError
from remotemedia.trust import strict_json
from remotemedia.trust._certificates import MALFORMED, load_authority
from remotemedia.trust._files import expect_trusted_directory, read_trusted
from remotemedia.trust._keyring import Authority, KeylessIdentity, RevocationList, TrustedKey
from remotemedia.trust._keys import PublicKey

KEY, CERTIFICATES, REVOCATIONS, SETTINGS = ".pub", ".crt", ".crl", ".toml"

Purpose = str  # `signing` or `timestamping`
_PURPOSES = ("signing", "timestamping")
_FINGERPRINT_PART = 12  # hexadecimal digits in the name of a key that was rotated
_MAX_AUTHORITIES = 32
_HINT = "`docs/reference/keys-and-certificates.md` lists the files of this directory"


@dataclass(frozen=True)
class Contents:
    """What the directory says, each by name; keys by their files' names, since a rotated one keeps its own."""

    keys: Mapping[str, TrustedKey]
    roots: tuple[Authority, ...]
    tsa_roots: tuple[Authority, ...]
    crls: tuple[RevocationList, ...]
    identities: tuple[KeylessIdentity, ...]


def read(directory: Path) -> Contents:
    """Read all of it; raises `TrustError` RM506, which names the file."""
    expect_trusted_directory(directory)
    authorities = [_read_authority(path) for path in _files(directory, CERTIFICATES)]
    return Contents(
        keys={path.stem: _read_key(path) for path in _files(directory, KEY)},
        roots=tuple(authority for purpose, authority in authorities if purpose == "signing"),
        tsa_roots=tuple(authority for purpose, authority in authorities if purpose == "timestamping"),
        crls=tuple(_read_revocations(path) for path in _files(directory, REVOCATIONS)),
        identities=tuple(
            _read_identity(path)
            for path in _files(directory, SETTINGS)
            if not (path.with_suffix(KEY).exists() or path.with_suffix(CERTIFICATES).exists())
        ),
    )


def rotated_stem(name: str, key: PublicKey) -> str:
    """Name the file of a key that another one of the same name has replaced."""
    return f"{name}.{_short(key)}"


def parse_revocations(data: bytes, name: str) -> RevocationList:
    """Read a revocation list; raises `ValueError`. Which of its entries count is `_revocation`'s to say."""
    load = x509.load_pem_x509_crl if data.lstrip().startswith(b"-----") else x509.load_der_x509_crl
    try:
        crl = load(data)
        critical = [extension.oid for extension in crl.extensions if extension.critical]
    except MALFORMED as exc:
        raise ValueError(f"expected a revocation list, in PEM or DER: {exc}") from exc
    if critical:  # deltas, partial and indirect lists mark themselves so (RFC 5280, section 5.2)
        raise ValueError(f"expected a full list of one authority, got one with the extension `{critical[0]._name}`")  # noqa: SLF001 - its only name
    return RevocationList(name, crl)


def parse_identity(settings: dict[str, Any], trusted_root: bytes, name: str) -> KeylessIdentity:
    """Make a keyless identity of its settings and its instance's trusted root; raises `ValueError`."""
    identities = _identities(settings)
    issuer = settings.get("issuer")
    if not identities or not isinstance(issuer, str):
        raise ValueError("expected `identity` and `issuer`")
    document = strict_json.loads_object(trusted_root)
    try:
        chains = [authority["certChain"]["certificates"] for authority in document["certificateAuthorities"]]
        ders = [base64.b64decode(one["rawBytes"], validate=True) for chain in chains for one in chain]
        certificates = tuple(x509.load_der_x509_certificate(der) for der in ders[:_MAX_AUTHORITIES])
    except MALFORMED as exc:
        raise ValueError(f"expected a Sigstore trusted root in JSON, got something else ({exc!r})") from exc
    return KeylessIdentity(name, identities, issuer, trusted_root, certificates)


def _files(directory: Path, suffix: str) -> Sequence[Path]:
    return sorted(directory.glob(f"*{suffix}"))


def _read_key(path: Path) -> TrustedKey:
    with _naming(path):
        key = PublicKey.from_pem(read_trusted(path))
        until = _settings(path, {"until"}).get("until")
        if until is not None and not (isinstance(until, datetime) and until.tzinfo):
            raise ValueError("expected `until` to be a time with its zone, such as `2027-01-31T00:00:00Z`")
    return TrustedKey(path.stem.removesuffix(f".{_short(key)}"), key, until)


def _read_authority(path: Path) -> tuple[Purpose, Authority]:
    with _naming(path):
        settings = _settings(path, {"purpose", "identity"})
        purpose = settings.get("purpose", _PURPOSES[0])
        if purpose not in _PURPOSES:
            raise ValueError(f"expected `purpose` to be `signing` or `timestamping`, got {strict_json.shown(purpose)}")
        return purpose, load_authority(read_trusted(path), path.stem, _identities(settings))


def _read_revocations(path: Path) -> RevocationList:
    with _naming(path):
        return parse_revocations(read_trusted(path), path.stem)


def _read_identity(path: Path) -> KeylessIdentity:
    with _naming(path):
        settings = _settings(path, {"identity", "issuer", "trusted_root"})
        root = settings.get("trusted_root")
        if not isinstance(root, str):
            raise ValueError("expected `trusted_root`, the name of a file beside it")  # noqa: TRY004 - one type
        return parse_identity(settings, read_trusted(path.parent / root), path.stem)


def _settings(path: Path, known: set[str]) -> dict[str, Any]:
    """Read the `.toml` beside a file, if there is one."""
    beside = path.with_suffix(SETTINGS)
    if not beside.exists():
        return {}
    settings = tomllib.loads(read_trusted(beside).decode())
    if unknown := settings.keys() - known:
        raise ValueError(f"`{beside.name}`: the setting `{min(unknown)}` is not known here")
    return settings


def _identities(settings: dict[str, Any]) -> tuple[str, ...]:
    value = settings.get("identity", [])
    values = [value] if isinstance(value, str) else value
    if not isinstance(values, list) or not all(isinstance(one, str) for one in values):
        raise ValueError("expected `identity` to be a text or a list of texts")
    return tuple(values)


@contextmanager
def _naming(path: Path) -> Iterator[None]:
    """Convert what is wrong with a file into an error that names it."""
    try:
        yield
    except ValueError as exc:
        raise TrustError(f"`{path}` cannot be used: {exc}", code="RM506", hint=_HINT) from exc
    except TrustError as exc:
        if str(path.parent) in exc.message:
            raise
        raise TrustError(f"`{path}` cannot be used: {exc}", code="RM506", hint=exc.hint) from exc


def _short(key: PublicKey) -> str:
    return key.fingerprint.removeprefix("SHA256:")[:_FINGERPRINT_PART]
