"""What can sign: keys of both kinds, encrypted ones, key files of cosign's, programs; and how a user names them."""

import base64
import json
import shlex
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

from remotemedia.errors import TrustError
from remotemedia.trust import (
    SIGNATURE_PREDICATE,
    CertificateSigner,
    Keyring,
    KeyStore,
    KeyType,
    Mode,
    SigningKey,
    TrustedKey,
    open_signer,
    sign_statement,
    verify,
)
from remotemedia.trust._plugin import PluginSigner
from tests.simulators.pki import Authority

DIGEST = "sha256:" + "ab" * 32
EXAMPLE = Path(__file__).parents[2] / "examples/signers/openssl.py"
KINDS = pytest.mark.parametrize("kind", ["p256", "ed25519"])


COSIGNS_FINGERPRINT = "SHA256:e80f9c15a2fe12bb98ee2637026ed49b3b2c033d5b62e76e5352312303720183"
COSIGNS_OWN = b"""\
-----BEGIN ENCRYPTED SIGSTORE PRIVATE KEY-----
eyJrZGYiOnsibmFtZSI6InNjcnlwdCIsInBhcmFtcyI6eyJOIjo2NTUzNiwiciI6
OCwicCI6MX0sInNhbHQiOiJNM2YwZlpyM3V4RGtxV3JHSXl4NDZ6Z0lRSGxkc0pl
RFdpSDBXWVcvTTk0PSJ9LCJjaXBoZXIiOnsibmFtZSI6Im5hY2wvc2VjcmV0Ym94
Iiwibm9uY2UiOiJyTDByemJRQWc2ampDbmp1QlFiZ2NuVWExVjBva28xbCJ9LCJj
aXBoZXJ0ZXh0IjoiZ2FBSUlzdEVaaU9DWlJ6LzQ2MDBUejY2bUFLZm5TaFVFY205
UlBIc1ZmSjZwc3FVVEpvbUducGdNdytscjFKZFRucS90K1J4WUIveTBUcnZZRUtl
U3FpaDRiVVR4aXk2T0xsaG9WRkUzTmF3MWJCd1dnelFmY2tVVHMxUUdLbnJJYUhv
aUxlVzVvUWRZUmlQVmZjV3UyckdjWGd0YmtlcGxFbWdYSnlOc3Nyd3B6SmphdXBr
NTB6Mlh6YnZiTEhWMkZyQ1VNMTNnYWdDN2c9PSJ9
-----END ENCRYPTED SIGSTORE PRIVATE KEY-----
"""  # `cosign generate-key-pair` 3.1.2, for the password `secret`


def never() -> bytes:
    raise AssertionError("no password is needed")


def refused(attempt: Callable[[], object]) -> TrustError:
    with pytest.raises(TrustError) as caught:
        attempt()
    assert caught.value.code == "RM506"
    return caught.value


@KINDS
def test_both_kinds_of_key_sign(kind: KeyType) -> None:
    key = SigningKey.generate(kind)
    assert key.public.type == kind
    bundle = sign_statement(key, DIGEST, SIGNATURE_PREDICATE, {})
    assert bundle == sign_statement(key, DIGEST, SIGNATURE_PREDICATE, {})
    keyring = Keyring([TrustedKey("ann", key.public)])
    assert verify(DIGEST, [bundle], keyring, Mode.PRODUCTION).status == "trusted"
    assert SigningKey.from_pem(key.to_pem(b"secret"), b"secret").public == key.public


def test_a_name_is_a_key_of_the_store(tmp_path: Path) -> None:
    store = KeyStore(tmp_path)
    key = store.generate("release")
    assert open_signer("release", store, never).public == key.public


def test_what_is_no_name_is_a_file(tmp_path: Path) -> None:
    key = SigningKey.generate()
    path = tmp_path / "release.pem"
    path.write_bytes(key.to_pem())
    path.chmod(0o600)
    assert open_signer(str(path), KeyStore(tmp_path), never).public == key.public
    path.chmod(0o644)
    assert refused(lambda: open_signer(str(path), KeyStore(tmp_path))).hint == f"chmod 600 {path}"
    assert "nothing" in refused(lambda: open_signer("nothing", KeyStore(tmp_path))).message


def test_a_password_is_asked_only_for_an_encrypted_key(tmp_path: Path) -> None:
    store = KeyStore(tmp_path)
    key = store.generate("release", password=b"secret")
    assert open_signer("release", store, lambda: b"secret").public == key.public
    assert "password" in refused(lambda: open_signer("release", store)).message
    refused(lambda: open_signer("release", store, lambda: b"wrong"))


def cosign_key(
    key: SigningKey, password: bytes, *, kind: str = "SIGSTORE", changes: dict[str, object] | None = None
) -> bytes:
    """Make a key file as cosign writes it, by PyNaCl."""
    secret = pytest.importorskip("nacl.secret")
    private = serialization.load_pem_private_key(key.to_pem(), None)
    der = private.private_bytes(
        serialization.Encoding.DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    salt, n = bytes(32), 1024
    sealed = secret.SecretBox(Scrypt(salt=salt, length=32, n=n, r=8, p=1).derive(password)).encrypt(der)
    document = {
        "kdf": {"name": "scrypt", "params": {"N": n, "r": 8, "p": 1}, "salt": base64.b64encode(salt).decode()},
        "cipher": {"name": "nacl/secretbox", "nonce": base64.b64encode(sealed.nonce).decode()},
        "ciphertext": base64.b64encode(sealed.ciphertext).decode(),
    }
    body = base64.encodebytes(json.dumps(document | (changes or {})).encode()).decode()
    return f"-----BEGIN ENCRYPTED {kind} PRIVATE KEY-----\n{body}-----END ENCRYPTED {kind} PRIVATE KEY-----\n".encode()


@KINDS
def test_a_key_file_of_cosigns_is_imported(kind: KeyType, tmp_path: Path) -> None:
    key = SigningKey.generate(kind)
    store = KeyStore(tmp_path)
    imported = store.import_(cosign_key(key, b"secret"), "release", password=lambda: b"secret")
    assert imported.public == key.public
    assert store.load("release").public == key.public


def test_an_older_key_file_of_cosigns_is_opened(tmp_path: Path) -> None:
    key = SigningKey.generate()
    path = tmp_path / "cosign.key"
    path.write_bytes(cosign_key(key, b"secret", kind="COSIGN"))
    path.chmod(0o600)
    assert open_signer(str(path), KeyStore(tmp_path), lambda: b"secret").public == key.public


def test_a_key_file_that_cosign_wrote_is_opened(tmp_path: Path) -> None:
    pytest.importorskip("nacl")
    store = KeyStore(tmp_path)
    assert store.import_(COSIGNS_OWN, "cosign", password=lambda: b"secret").public.fingerprint == COSIGNS_FINGERPRINT


@pytest.mark.parametrize(
    "changes",
    [
        {"kdf": {}},
        {"kdf": {"name": "scrypt", "params": {"N": 1 << 30, "r": 8, "p": 1}, "salt": ""}},
        {"kdf": {"name": "scrypt", "params": {"N": 1000, "r": 8, "p": 1}, "salt": ""}},
        {"kdf": {"name": "scrypt", "params": {"N": -2, "r": -8, "p": 1}, "salt": ""}},
        {"kdf": []},
        {"cipher": {"name": "aes"}},
        {"ciphertext": "*"},
        {"ciphertext": ""},
    ],
)
def test_a_key_file_of_cosigns_with_a_defect_is_refused(changes: dict[str, object], tmp_path: Path) -> None:
    pem = cosign_key(SigningKey.generate(), b"secret", changes=changes)
    refused(lambda: KeyStore(tmp_path).import_(pem, "release", password=lambda: b"secret"))


def test_the_wrong_password_of_a_key_file_of_cosigns(tmp_path: Path) -> None:
    pem = cosign_key(SigningKey.generate(), b"secret")
    error = refused(lambda: KeyStore(tmp_path).import_(pem, "release", password=lambda: b"wrong"))
    assert "password" in error.message


def test_without_pynacl_a_key_file_of_cosigns_is_refused_by_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "nacl", None)
    monkeypatch.setitem(sys.modules, "nacl.exceptions", None)
    error = refused(lambda: KeyStore(tmp_path).import_(COSIGNS_OWN, "cosign", password=lambda: b"secret"))
    assert error.hint is not None
    assert "remotemedia[cosign]" in error.hint


@pytest.fixture
def key_file(tmp_path: Path) -> tuple[Path, SigningKey]:
    key = SigningKey.generate()
    path = tmp_path / "key.pem"
    path.write_bytes(key.to_pem())
    return path, key


def test_a_program_signs(key_file: tuple[Path, SigningKey], tmp_path: Path) -> None:
    path, key = key_file
    command = shlex.join([sys.executable, str(EXAMPLE), str(path)])
    signer = open_signer(f"exec:{command}", KeyStore(tmp_path))
    bundle = sign_statement(signer, DIGEST, SIGNATURE_PREDICATE, {})
    keyring = Keyring([TrustedKey("token", key.public)])
    assert verify(DIGEST, [bundle], keyring, Mode.PRODUCTION).status == "trusted"
    assert key.public.fingerprint in signer.describe()


def test_a_program_may_hold_the_key_under_a_certificate(key_file: tuple[Path, SigningKey]) -> None:
    path, key = key_file
    issuer = Authority("root")
    certificate = issuer.signer("ci@example.test", key=key).material()
    signer = PluginSigner(shlex.join([sys.executable, str(EXAMPLE), str(path)]))
    pem = (
        b"-----BEGIN CERTIFICATE-----\n"
        + certificate["certificate"]["rawBytes"].encode()
        + b"\n-----END CERTIFICATE-----\n"
    )
    assert CertificateSigner(signer, pem).material() == certificate


def test_the_example_says_why_it_cannot_sign(tmp_path: Path) -> None:
    signer = PluginSigner(shlex.join([sys.executable, str(EXAMPLE), str(tmp_path / "none.pem")]))
    assert "openssl ended with status" in refused(lambda: signer.public).message


def shell(script: str) -> PluginSigner:
    return PluginSigner(shlex.join(["sh", "-c", script]), timeout=0.2)


PUBLIC = json.dumps({"publicKey": SigningKey.generate().public.to_pem().decode()})
BROKEN = {
    "ends at once": ("true", "JSON object"),
    "fails": ("exit 3", "status 3"),
    "says an error": ("""echo '{"error": "no \\u001b[31mtoken"}'; exit 1""", r"no \u001b[31mtoken"),
    "fails after an answer": (f"printf %s {shlex.quote(PUBLIC)}; exit 1", "status 1"),
    "no JSON": ("echo hello", "JSON object"),
    "another answer": ("""echo '{"signature": "AAAA"}'""", "publicKey"),
    "no key": ("""echo '{"publicKey": "AAAA"}'""", "public key"),
    "too much": ("yes", "65536 bytes"),
    "too slow": ("exec sleep 9", "0.2 s"),
    "too slow, closed": ("exec sleep 9 >&-", "0.2 s"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_program_that_misbehaves_is_refused(name: str) -> None:
    script, expected = BROKEN[name]
    start = time.monotonic()
    assert expected in refused(lambda: shell(script).public).message
    assert time.monotonic() - start < 5


def test_a_program_whose_signature_is_another_keys_is_refused() -> None:
    answer = json.dumps(
        {**json.loads(PUBLIC), "signature": base64.b64encode(SigningKey.generate().sign(b"x")).decode()}
    )
    assert "its own key" in refused(lambda: shell(f"printf %s {shlex.quote(answer)}").sign(b"x")).message


@pytest.mark.parametrize("command", ["", "  ", "'", "/nonexistent/program"])
def test_what_is_no_command_is_refused(command: str, tmp_path: Path) -> None:
    refused(lambda: open_signer(f"exec:{command}", KeyStore(tmp_path)).public)


def test_a_program_reads_data_larger_than_a_pipe(key_file: tuple[Path, SigningKey]) -> None:
    path, key = key_file
    data = bytes(1 << 20)
    signature = PluginSigner(shlex.join([sys.executable, str(EXAMPLE), str(path)])).sign(data)
    assert key.public.verify(signature, data)


@KINDS
def test_openssl_accepts_the_signatures_of_either_kind(kind: KeyType, tmp_path: Path) -> None:
    key = SigningKey.generate(kind)
    for name, content in {"key.pub": key.public.to_pem(), "data": b"data", "sig": key.sign(b"data")}.items():
        (tmp_path / name).write_bytes(content)
    digest = ["-digest", "sha256"] if kind == "p256" else []
    command = ["openssl", "pkeyutl", "-verify", "-rawin", *digest, "-pubin", "-inkey", "key.pub"]
    done = subprocess.run([*command, "-sigfile", "sig", "-in", "data"], cwd=tmp_path, capture_output=True, check=False)
    assert b"Verified Successfully" in done.stdout
