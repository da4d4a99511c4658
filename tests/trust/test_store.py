"""Keys that are rotated, encrypted, imported, exported; the directory of what is trusted; who may write there."""

import os
import subprocess
import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from remotemedia.errors import TrustError
from remotemedia.trust import SIGNATURE_PREDICATE, Keyring, KeyStore, Mode, SigningKey, sign_statement, verify
from tests.simulators.pki import Authority
from tests.simulators.sigstore_instance import SigstoreInstance

DIGEST = "sha256:" + "ab" * 32
NOW = datetime(2026, 6, 1, tzinfo=UTC)
ROOT = Authority("root")
OTHER = SigningKey.generate()


@pytest.fixture
def store(tmp_path: Path) -> KeyStore:
    return KeyStore(tmp_path)


def refused(attempt: Callable[[], object]) -> TrustError:
    with pytest.raises(TrustError) as caught:
        attempt()
    assert caught.value.code == "RM506"
    return caught.value


def status(key: SigningKey, keyring: Keyring, at: datetime) -> str:
    bundle = sign_statement(key, DIGEST, SIGNATURE_PREDICATE, {})
    return verify(DIGEST, [bundle], keyring, Mode.DEVELOPMENT, at=at).status


def test_a_rotated_key_goes_on_counting_for_a_while(store: KeyStore, tmp_path: Path) -> None:
    old = store.generate("release")
    new = store.rotate("release", at=NOW, grace=timedelta(days=30))
    assert new.public != old.public
    assert store.load("release").public == new.public
    keyring = store.keyring()
    for at, expected in ((NOW, "trusted"), (NOW + timedelta(days=30, seconds=1), "untrusted")):
        assert status(old, keyring, at) == expected
        assert status(new, keyring, at) == "trusted"
    assert b"PRIVATE" not in b"".join(path.read_bytes() for path in (tmp_path / "trust").iterdir())
    mode = (tmp_path / "keys/release.pem").stat().st_mode
    assert mode & 0o777 == 0o600


def test_the_old_key_keeps_its_name_and_can_be_removed(store: KeyStore) -> None:
    old = store.generate("release")
    store.rotate("release", at=NOW, grace=timedelta(0))
    found = store.keyring().find(old.public.hint)
    assert found is not None
    assert (found.name, found.until) == ("release", NOW)
    name = f"release.{old.public.fingerprint.removeprefix('SHA256:')[:12]}"
    assert [(entry.name, entry.own, entry.until) for entry in store.list()] == [
        ("release", True, None),
        (name, False, NOW),
    ]
    store.remove(name)
    assert store.keyring().find(old.public.hint) is None


def test_a_key_may_be_rotated_again_and_to_another_kind(store: KeyStore) -> None:
    keys = [store.generate("release"), store.rotate("release", kind="ed25519"), store.rotate("release")]
    assert [key.public.type for key in keys] == ["p256", "ed25519", "ed25519"]
    assert all(status(key, store.keyring(), datetime.now(UTC)) == "trusted" for key in keys)


def test_a_rotation_that_was_interrupted_can_be_repeated(store: KeyStore, tmp_path: Path) -> None:
    """The old key is trusted as an old one before the new one takes its place; until then it is one's own."""
    old = store.generate("release")
    pem = (tmp_path / "keys/release.pem").read_bytes()
    store.rotate("release", at=NOW, grace=timedelta(0))
    (tmp_path / "keys/release.pem").write_bytes(pem)
    assert status(old, store.keyring(), NOW + timedelta(days=1)) == "trusted"
    store.rotate("release", at=NOW, grace=timedelta(0))
    assert status(old, store.keyring(), NOW + timedelta(days=1)) == "untrusted"


def test_an_encrypted_key_is_trusted_without_its_password(store: KeyStore) -> None:
    key = store.generate("release", password=b"secret")
    assert status(key, store.keyring(), NOW) == "trusted"
    (entry,) = store.list()
    assert (entry.encrypted, entry.own, entry.fingerprint) == (True, True, key.public.fingerprint)
    assert store.export("release") == key.public.to_pem()
    refused(lambda: store.load("release"))
    assert store.load("release", lambda: b"secret").public == key.public
    assert "password" in refused(lambda: store.rotate("release")).message
    new = store.rotate("release", password=b"other")
    assert store.load("release", lambda: b"other").public == new.public
    assert {entry.fingerprint for entry in store.list()} == {key.public.fingerprint, new.public.fingerprint}
    store.remove("release")
    assert not store.has("release")


def test_a_key_is_exported_and_imported(store: KeyStore) -> None:
    key = store.generate("release")
    pem = store.export("release", public=False, new_password=b"secret")
    assert b"ENCRYPTED" in pem
    store.remove("release")
    refused(lambda: store.import_(pem, "release"))
    assert store.import_(pem, "release", password=lambda: b"secret").public == key.public
    again = store.import_(pem, "copy", password=lambda: b"secret", new_password=b"other")
    assert store.load("copy", lambda: b"other").public == again.public
    refused(lambda: store.import_(pem, "copy", password=lambda: b"secret"))


@pytest.mark.parametrize("attempt", ["rotate", "load", "export", "remove"])
def test_a_key_that_is_not_there(attempt: str, store: KeyStore) -> None:
    assert refused(lambda: getattr(store, attempt)("nobody")).message == "there is no key `nobody`"


def test_authorities_are_trusted_for_signers_or_for_times(store: KeyStore) -> None:
    store.trust_authority(ROOT.pem, "corp", identities=["ci@example.test", 'a"b\\c'])
    store.trust_authority(ROOT.pem, "clock", timestamping=True)
    keyring = store.keyring()
    assert [(one.name, one.identities) for one in keyring.roots] == [("corp", ("ci@example.test", 'a"b\\c'))]
    assert [(one.name, one.identities) for one in keyring.tsa_roots] == [("clock", ())]
    assert [(entry.name, entry.kind) for entry in store.list()] == [
        ("corp", "authority"),
        ("clock", "timestamp authority"),
    ]
    assert store.export("corp") == ROOT.pem
    store.remove("corp")
    assert store.keyring().roots == ()
    refused(lambda: store.trust_authority(ROOT.pem, "clock"))
    refused(lambda: store.trust_authority(b"", "empty"))
    refused(lambda: store.trust_authority(ROOT.pem, "odd", identities=["a\x7fb"]))


def test_revocation_lists_are_kept_and_replaced(store: KeyStore) -> None:
    store.trust_authority(ROOT.pem, "root")
    refused(lambda: store.revoke(ROOT.revocations(), "root"))
    store.remove("root")
    store.revoke(ROOT.revocations(), "corp")
    store.revoke(ROOT.revocations((42, NOW)), "corp")
    refused(lambda: store.trust_authority(ROOT.pem, "corp"))
    (one,) = store.keyring().crls
    assert [entry.serial_number for entry in one.crl] == [42]
    assert [(entry.name, entry.kind) for entry in store.list()] == [("corp", "revocations")]
    refused(lambda: store.revoke(b"x", "other"))


def test_keyless_identities_are_trusted(store: KeyStore) -> None:
    root = SigstoreInstance().trusted_root()
    store.trust_keyless("ci", identities=["ci@example.test"], issuer="https://login.example.test", trusted_root=root)
    (one,) = store.keyring().identities
    assert (one.name, one.identities, one.issuer) == ("ci", ("ci@example.test",), "https://login.example.test")
    assert len(one.authorities) == 2
    assert store.list()[0].fingerprint == "ci@example.test by https://login.example.test"
    store.remove("ci")
    assert store.keyring().identities == ()
    refused(lambda: store.trust_keyless("ci", identities=[], issuer="x", trusted_root=root))


PUBLIC = OTHER.public.to_pem()
FILES = {
    "unknown setting": {"corp.crt": b"roots = 1\n" + ROOT.pem},
    "other purpose": {"corp.crt": b'purpose = "mail"\n' + ROOT.pem},
    "identity of another type": {"corp.crt": b"identity = 1\n" + ROOT.pem},
    "no TOML": {"corp.crt": b"subject=CN = root\n" + ROOT.pem},
    "not UTF-8": {"corp.crt": b"\xff" + ROOT.pem},
    "setting of another kind": {"ann.pub": b'issuer = "x"\n' + PUBLIC},
    "time without a zone": {"ann.pub": b"until = 2026-01-01T00:00:00\n" + PUBLIC},
    "time as text": {"ann.pub": b'until = "2026"\n' + PUBLIC},
    "settings of nothing": {"ann.pub": b"until = 2026-01-01T00:00:00Z\n"},
    "no certificate": {"corp.crt": b"x"},
    "no list": {"corp.crl": b"x"},
    "keyless without its root": {"ci.toml": b'identity = "a"\nissuer = "b"\n'},
    "keyless with another root": {"ci.toml": b'identity = "a"\nissuer = "b"\ntrusted_root = "{}"\n'},
    "one name twice": {"ann.pub": PUBLIC, "ann.crt": ROOT.pem},
}


@pytest.mark.parametrize("name", FILES)
def test_a_file_that_cannot_be_used_is_named(name: str, store: KeyStore, tmp_path: Path) -> None:
    directory = tmp_path / "trust"
    directory.mkdir()
    for file, content in FILES[name].items():
        (directory / file).write_bytes(content)
        (directory / file).chmod(0o644)
    assert str(directory) in refused(store.keyring).message


@pytest.mark.parametrize("file", ["ann.pub", "corp.crt", "corp.list.crl"])
def test_what_others_may_write_is_not_trusted(file: str, store: KeyStore, tmp_path: Path) -> None:
    store.trust(OTHER.public.to_pem(), "ann")
    store.trust_authority(ROOT.pem, "corp", identities=["ci@example.test"])
    store.revoke(ROOT.revocations(), "corp.list")
    path = tmp_path / "trust" / file
    path.chmod(0o664)
    assert refused(store.keyring).hint == f"chmod go-w {path}"


@pytest.mark.parametrize("place", [".", "keys", "trust"])
@pytest.mark.parametrize("mode", [0o770, 0o707, 0o1777])
def test_a_directory_that_others_may_write_is_not_trusted(
    place: str, mode: int, store: KeyStore, tmp_path: Path
) -> None:
    store.generate("release")
    store.trust(OTHER.public.to_pem(), "ann")
    (tmp_path / place).chmod(mode)
    assert refused(store.keyring).hint == f"chmod go-w {tmp_path / place}"
    assert refused(store.list).hint == f"chmod go-w {tmp_path / place}"


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a file away")
@pytest.mark.parametrize("place", [".", "keys", "trust", "trust/ann.pub"])
def test_what_belongs_to_others_is_not_trusted(place: str, store: KeyStore, tmp_path: Path) -> None:
    store.generate("release")
    store.trust(OTHER.public.to_pem(), "ann")
    os.chown(tmp_path / place, 1234, -1)
    assert "got the user 1234" in refused(store.keyring).message


def test_the_home_is_made_for_its_owner_alone(tmp_path: Path) -> None:
    before = os.umask(0o002)
    try:
        KeyStore(tmp_path / "home").generate("release")
    finally:
        os.umask(before)
    assert (tmp_path / "home").stat().st_mode & 0o777 == 0o700


def test_two_things_of_one_name_put_there_by_hand_are_not_removed_together(store: KeyStore, tmp_path: Path) -> None:
    store.trust_authority(ROOT.pem, "ca")
    listed = tmp_path / "trust/ca.crl"
    listed.write_bytes(ROOT.revocations())
    error = refused(lambda: store.remove("ca"))
    assert "`ca`" in error.message
    assert listed.exists()
    listed.rename(tmp_path / "trust/ca.list.crl")
    store.remove("ca.list")
    assert [entry.kind for entry in store.list()] == ["authority"]


def test_nothing_is_left_of_a_write_that_fails(store: KeyStore, tmp_path: Path) -> None:
    store.generate("release")
    before = sorted((tmp_path / "keys").iterdir())
    refused(lambda: store.generate("release"))
    assert sorted((tmp_path / "keys").iterdir()) == before


def test_settings_above_a_file_that_is_to_be_trusted_are_not_lost_in_silence(store: KeyStore, tmp_path: Path) -> None:
    store.trust_authority(ROOT.pem, "clock", timestamping=True)
    file = (tmp_path / "trust/clock.crt").read_bytes()
    assert "settings" in refused(lambda: store.trust_authority(file, "corp")).message
    assert "settings" in refused(lambda: store.trust(b"until = 2026-01-01T00:00:00Z\n" + PUBLIC, "ann")).message
    store.trust_authority(b"subject=CN = root\n" + ROOT.pem, "corp")
    assert store.export("corp") == ROOT.pem


def test_other_programs_read_a_file_with_settings(store: KeyStore, tmp_path: Path) -> None:
    old = store.generate("release")
    store.rotate("release")
    store.trust_authority(ROOT.pem, "corp", identities=["ci@example.test"])
    (key,) = (tmp_path / "trust").glob("release.*.pub")
    assert key.read_bytes().startswith(b"until = ")
    shown = subprocess.run(["openssl", "pkey", "-pubin", "-in", key], capture_output=True, check=True)  # noqa: S607 - the system's
    assert shown.stdout == old.public.to_pem()
    command: list[str | Path] = ["openssl", "x509", "-in", tmp_path / "trust/corp.crt"]
    assert subprocess.run(command, capture_output=True, check=True).stdout == ROOT.pem


def test_a_key_is_not_used_out_of_a_home_that_others_may_write(store: KeyStore, tmp_path: Path) -> None:
    store.generate("release")
    tmp_path.chmod(0o777)
    for attempt in (lambda: store.load("release"), lambda: store.trust(PUBLIC, "ann"), store.default):
        assert refused(attempt).hint == f"chmod go-w {tmp_path}"


@pytest.mark.parametrize("place", ["keys", "trust"])
def test_what_is_removed_while_all_of_it_is_read_is_not_there(place: str, store: KeyStore, tmp_path: Path) -> None:
    if place == "keys":
        store.generate("a")
        store.generate("b")
    else:
        store.trust(OTHER.public.to_pem(), "a")
        store.trust(SigningKey.generate().public.to_pem(), "b")
    (first, gone) = sorted((tmp_path / place).iterdir())
    data = first.read_bytes()
    first.unlink()
    os.mkfifo(first, 0o600)  # who reads it waits here, with the directory listed
    found: list[str] = []
    reader = threading.Thread(target=lambda: found.extend(it.name for it in store.keyring()))
    reader.start()
    with first.open("wb") as pipe:
        gone.unlink()
        pipe.write(data)
    reader.join()
    assert found == ["a"]


def test_a_link_that_leads_nowhere_is_no_list_that_revokes_nothing(store: KeyStore, tmp_path: Path) -> None:
    store.trust(OTHER.public.to_pem(), "ann")
    (tmp_path / "trust/corp.list.crl").symlink_to(tmp_path / "fetched.crl")
    assert "corp.list.crl` cannot be read: No such file" in refused(store.keyring).message
