"""The directory `trust/` of the home: one file for each thing that is trusted, with its settings above it (`_headed`).

NAME.pub      a public key: `until`; `NAME.<12 hex>.pub` is one that another key of that name has replaced
NAME.crt      certificates of an authority, up to its root: `purpose`, `identity`
NAME.crl      a revocation list, PEM or DER
NAME.toml     a keyless identity: `identity`, `issuer`, `trusted_root`

A name is that of one file, whatever its kind.
"""

import base64
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from remotemedia.errors import TrustError
from remotemedia.trust import strict_json
from remotemedia.trust._files import expect_trusted_directory, read_each, read_trusted
from remotemedia.trust._headed import Setting, headed, is_headed, parted, quoted_json, settings_of
from remotemedia.trust._keyring import Authority, KeylessIdentity, RevocationList, TrustedKey
from remotemedia.trust._keys import PublicKey

KEY, CERTIFICATES, REVOCATIONS, IDENTITY = ".pub", ".crt", ".crl", ".toml"
SUFFIXES = (KEY, CERTIFICATES, REVOCATIONS, IDENTITY)

_KEY_SETTINGS = {"until"}
_AUTHORITY_SETTINGS = {"purpose", "identity"}
_IDENTITY_SETTINGS = {"identity", "issuer", "trusted_root"}

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
    authorities = [*read_each(_files(directory, CERTIFICATES), _read_authority)]
    return Contents(
        keys=dict(read_each(_files(directory, KEY), lambda path: (path.stem, _read_key(path)))),
        roots=tuple(authority for purpose, authority in authorities if purpose == "signing"),
        tsa_roots=tuple(authority for purpose, authority in authorities if purpose == "timestamping"),
        crls=tuple(read_each(_files(directory, REVOCATIONS), _read_revocations)),
        identities=tuple(read_each(_files(directory, IDENTITY), _read_identity)),
    )


def files(directory: Path) -> Sequence[Path]:
    """Give the files of things that are trusted."""
    return [path for suffix in SUFFIXES for path in _files(directory, suffix)]


def key_file(key: PublicKey, until: datetime | None = None) -> bytes:
    """Write a public key, and the end of its trust."""
    return headed({} if until is None else {"until": until}, key.to_pem())


def authority_file(authority: Authority, *, timestamping: bool) -> bytes:
    """Write the certificates of an authority, and what it is trusted for; what else its own file says is left out."""
    from cryptography.hazmat.primitives.serialization import Encoding  # noqa: PLC0415 - slow to import

    settings: dict[str, Setting] = {"purpose": _PURPOSES[1]} if timestamping else {}
    if authority.identities:
        settings["identity"] = authority.identities
    return headed(settings, b"".join(one.public_bytes(Encoding.PEM) for one in authority.certificates))


def identity_file(identity: KeylessIdentity) -> bytes:
    """Write a keyless identity, with the trusted root of its instance."""
    root = quoted_json(strict_json.loads_object(identity.trusted_root))
    return headed({"identity": identity.identities, "issuer": identity.issuer}, f"trusted_root = {root}\n".encode())


def without_settings(path: Path) -> bytes:
    """Give the PEM of a file, which others may be given; raises `TrustError` RM506."""
    with _naming(path):
        return parted(read_trusted(path), _KEY_SETTINGS | _AUTHORITY_SETTINGS)[1]


def refuse_settings(data: bytes, name: str) -> None:
    """Refuse a file out of such a directory where PEM alone is taken: what narrows it would be lost; RM506."""
    if is_headed(data, _KEY_SETTINGS | _AUTHORITY_SETTINGS):
        raise TrustError(
            f"expected nothing but PEM for `{name}`, got a file with settings above it",
            code="RM506",
            hint="give its settings as options; or copy it as it is into `trust/` of the home directory",
        )


def rotated_stem(name: str, key: PublicKey) -> str:
    """Name the file of a key that another one of the same name has replaced."""
    return f"{name}.{_short(key)}"


def parse_revocations(data: bytes, name: str) -> RevocationList:
    """Read a revocation list; raises `ValueError`. Which of its entries count is `_revocation`'s to say."""
    from cryptography import x509  # noqa: PLC0415 - slow to import, and few keep such lists

    from remotemedia.trust._certificates import MALFORMED  # noqa: PLC0415 - the same

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
    from cryptography import x509  # noqa: PLC0415 - slow to import, and few pin such identities

    from remotemedia.trust._certificates import MALFORMED  # noqa: PLC0415 - the same

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
        settings, pem = parted(read_trusted(path), _KEY_SETTINGS)
        key, until = PublicKey.from_pem(pem), settings.get("until")
        if until is not None and not (isinstance(until, datetime) and until.tzinfo):
            raise ValueError("expected `until` to be a time with its zone, such as `2027-01-31T00:00:00Z`")
    return TrustedKey(path.stem.removesuffix(f".{_short(key)}"), key, until)


def _read_authority(path: Path) -> tuple[Purpose, Authority]:
    from remotemedia.trust._certificates import load_authority  # noqa: PLC0415 - X.509 is slow to import

    with _naming(path):
        settings, pem = parted(read_trusted(path), _AUTHORITY_SETTINGS)
        purpose = settings.get("purpose", _PURPOSES[0])
        if purpose not in _PURPOSES:
            raise ValueError(f"expected `purpose` to be `signing` or `timestamping`, got {strict_json.shown(purpose)}")
        return purpose, load_authority(pem, path.stem, _identities(settings))


def _read_revocations(path: Path) -> RevocationList:
    with _naming(path):
        return parse_revocations(read_trusted(path), path.stem)


def _read_identity(path: Path) -> KeylessIdentity:
    with _naming(path):
        settings = settings_of(read_trusted(path), _IDENTITY_SETTINGS)
        root = settings.get("trusted_root")
        if not isinstance(root, str):
            raise ValueError("expected `trusted_root`, the instance's `trusted_root.json` as a text")  # noqa: TRY004 - one type
        return parse_identity(settings, root.encode(), path.stem)


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
