"""Keys, the files they live in, and the mode."""

import base64
import hashlib
import subprocess
import threading
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, x25519

from remotemedia.errors import RemoteMediaError, TrustError, UsageError
from remotemedia.trust import KeyStore, Mode, PublicKey, SigningKey, read_signing_key


def code_of(error: pytest.ExceptionInfo[RemoteMediaError]) -> str:
    return error.value.code


def test_a_signature_verifies_with_its_key_only() -> None:
    key = SigningKey.generate()
    signature = key.sign(b"data")
    assert key.public.verify(signature, b"data")
    assert not key.public.verify(signature, b"Data")
    assert not SigningKey.generate().public.verify(signature, b"data")
    assert not key.public.verify(b"", b"data")


def test_signatures_are_deterministic() -> None:
    key = SigningKey.generate()
    assert key.sign(b"data") == key.sign(b"data")


def test_openssl_accepts_the_signature(tmp_path: Path) -> None:
    key = SigningKey.generate()
    (tmp_path / "key.pub").write_bytes(key.public.to_pem())
    (tmp_path / "data").write_bytes(b"data")
    (tmp_path / "data.sig").write_bytes(key.sign(b"data"))
    done = subprocess.run(
        ["openssl", "dgst", "-sha256", "-verify", "key.pub", "-signature", "data.sig", "data"],  # noqa: S607 - the system's
        cwd=tmp_path,
        capture_output=True,
        check=False,
    )
    assert done.stdout == b"Verified OK\n"


def test_keys_survive_pem() -> None:
    key = SigningKey.generate()
    assert SigningKey.from_pem(key.to_pem()).public == key.public
    assert SigningKey.from_pem(key.to_pem(b"secret"), b"secret").public == key.public
    assert PublicKey.from_pem(key.public.to_pem()) == key.public
    assert b"PRIVATE" not in key.public.to_pem()


def test_hint_and_fingerprint_are_of_the_public_key() -> None:
    key = SigningKey.generate().public
    der = serialization.load_pem_public_key(key.to_pem()).public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    assert key.hint == base64.b64encode(hashlib.sha256(der).digest()).decode()
    assert key.fingerprint == f"SHA256:{hashlib.sha256(der).hexdigest()}"


def private_pem(key: ec.EllipticCurvePrivateKey | x25519.X25519PrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


@pytest.mark.parametrize(
    ("pem", "password"),
    [
        (b"", None),
        (b"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n", None),
        (private_pem(x25519.X25519PrivateKey.generate()), None),
        (private_pem(ec.generate_private_key(ec.SECP384R1())), None),
        (SigningKey.generate().to_pem(b"secret"), None),
        (SigningKey.generate().to_pem(b"secret"), b"wrong"),
        (SigningKey.generate().to_pem(), b"not needed"),
        (SigningKey.generate().public.to_pem(), None),
        (b"x" * 100_000, None),
    ],
    ids=["empty", "malformed", "X25519", "P-384", "no password", "wrong password", "password", "public", "large"],
)
def test_other_private_keys_are_refused(pem: bytes, password: bytes | None) -> None:
    with pytest.raises(TrustError) as caught:
        SigningKey.from_pem(pem, password)
    assert code_of(caught) == "RM506"


@pytest.mark.parametrize("pem", [b"", b"-----BEGIN PUBLIC KEY-----\n", SigningKey.generate().to_pem()])
def test_other_public_keys_are_refused(pem: bytes) -> None:
    with pytest.raises(TrustError) as caught:
        PublicKey.from_pem(pem)
    assert code_of(caught) == "RM506"


def test_the_default_key_is_made_once_and_private(tmp_path: Path) -> None:
    store = KeyStore(tmp_path / "home")
    key = store.default()
    assert KeyStore(tmp_path / "home").default().public == key.public
    assert (tmp_path / "home/keys").stat().st_mode & 0o777 == 0o700
    assert (tmp_path / "home/keys/default.pem").stat().st_mode & 0o777 == 0o600
    assert [path.name for path in (tmp_path / "home/keys").iterdir()] == ["default.pem"]
    found = store.keyring().find(key.public.hint)
    assert found is not None
    assert found.name == "default"


def test_threads_that_ask_at_once_get_the_same_default_key(tmp_path: Path) -> None:
    found: list[str] = []
    threads = [
        threading.Thread(target=lambda: found.append(KeyStore(tmp_path).default().public.hint)) for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 8
    assert len(set(found)) == 1


def test_a_key_that_others_can_read_is_refused(tmp_path: Path) -> None:
    store = KeyStore(tmp_path)
    store.default()
    path = tmp_path / "keys/default.pem"
    path.chmod(0o640)
    with pytest.raises(TrustError) as caught:
        store.default()
    assert code_of(caught) == "RM506"
    assert caught.value.hint == f"chmod 600 {path}"


def test_keys_are_generated_trusted_listed_exported_and_removed(tmp_path: Path) -> None:
    store = KeyStore(tmp_path)
    own = store.generate("release")
    theirs = SigningKey.generate()
    store.trust(theirs.public.to_pem(), "bob@example.org")
    assert [(entry.name, entry.own) for entry in store.list()] == [("release", True), ("bob@example.org", False)]
    assert store.export("release") == own.public.to_pem()
    assert SigningKey.from_pem(store.export("release", public=False)).public == own.public
    assert store.export("bob@example.org") == theirs.public.to_pem()
    assert len(list(store.keyring())) == 2
    store.remove("bob@example.org")
    assert [key.name for key in store.keyring()] == ["release"]
    with pytest.raises(TrustError) as caught:
        store.export("bob@example.org")
    assert code_of(caught) == "RM506"


def test_no_key_is_ever_replaced(tmp_path: Path) -> None:
    store = KeyStore(tmp_path)
    store.generate("release")
    for attempt in (
        lambda: store.generate("release"),
        lambda: store.trust(SigningKey.generate().public.to_pem(), "release"),
    ):
        with pytest.raises(TrustError) as caught:
            attempt()
        assert code_of(caught) == "RM506"


@pytest.mark.parametrize("name", ["", "../x", "a/b", ".hidden", "x" * 65, "a b", "é"])
def test_names_that_are_no_file_names_are_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(TrustError) as caught:
        KeyStore(tmp_path).generate(name)
    assert code_of(caught) == "RM506"
    assert list(tmp_path.iterdir()) == []


def test_a_private_key_is_never_taken_for_a_public_one(tmp_path: Path) -> None:
    with pytest.raises(TrustError) as caught:
        KeyStore(tmp_path).trust(SigningKey.generate().to_pem(), "bob")
    assert "private" in str(caught.value)


def test_a_damaged_trusted_key_is_named(tmp_path: Path) -> None:
    store = KeyStore(tmp_path)
    store.trust(SigningKey.generate().public.to_pem(), "bob")
    (tmp_path / "trust/bob.pub").write_bytes(b"")
    with pytest.raises(TrustError, match=r"bob\.pub"):
        store.keyring()


def test_a_key_file_that_is_missing(tmp_path: Path) -> None:
    with pytest.raises(TrustError) as caught:
        read_signing_key(tmp_path / "none.pem")
    assert code_of(caught) == "RM506"


@pytest.mark.parametrize(
    ("environ", "mode"),
    [
        ({}, Mode.DEVELOPMENT),
        ({"CI": "true"}, Mode.PRODUCTION),
        ({"CI": "1"}, Mode.PRODUCTION),
        ({"CI": "false"}, Mode.DEVELOPMENT),
        ({"CI": ""}, Mode.DEVELOPMENT),
        ({"CI": "true", "REMOTEMEDIA_ENV": "development"}, Mode.DEVELOPMENT),
        ({"REMOTEMEDIA_ENV": "production"}, Mode.PRODUCTION),
        ({"REMOTEMEDIA_ENV": "", "CI": "true"}, Mode.PRODUCTION),
    ],
)
def test_the_mode_follows_the_environment(environ: dict[str, str], mode: Mode) -> None:
    assert Mode.detect(environ) is mode


def test_another_mode_is_refused() -> None:
    with pytest.raises(UsageError) as caught:
        Mode.detect({"REMOTEMEDIA_ENV": "prod"})
    assert code_of(caught) == "RM701"
    assert str(caught.value) == "expected `REMOTEMEDIA_ENV` to be `development` or `production`, got `prod`"
