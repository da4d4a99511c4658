"""A process that is killed before any of the steps that change the store: nothing is lost, nothing is in the way."""

from __future__ import annotations

import os
import shutil
import signal
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from remotemedia.trust import KeyStore, SigningKey
from tests.simulators.pki import Authority
from tests.simulators.sigstore_instance import SigstoreInstance

NOW = datetime(2026, 6, 1, tzinfo=UTC)
ROOT = Authority("root")
OTHER = SigningKey.generate()
TRUSTED_ROOT = SigstoreInstance().trusted_root()
STEPS = {"open", "os.rename", "os.link", "os.remove", "os.mkdir", "os.chmod", "tempfile.mkstemp", "fcntl.flock"}
KILLED = -signal.SIGKILL

Change = Callable[[KeyStore], object]


def killed_before(step: int, change: Change, home: Path) -> bool:
    """Make a change in a process that is killed before its n-th step; whether it came that far."""
    child = os.fork()
    if child == 0:
        left = step

        def count(event: str, _: object) -> None:
            nonlocal left
            if event in STEPS:
                left -= 1
                if left < 0:
                    os.kill(os.getpid(), signal.SIGKILL)

        try:
            sys.addaudithook(count)
            change(KeyStore(home))
            os._exit(0)
        finally:
            os._exit(1)
    _, status = os.waitpid(child, 0)
    code = os.waitstatus_to_exitcode(status)
    assert code in {0, KILLED}
    return code == KILLED


def crashes(change: Change, before: Path) -> Iterator[Path]:
    """Give the home as it is after the death before each step, and at last after the whole change."""
    for step in range(200):
        home = before.with_name(f"{step}")
        shutil.copytree(before, home)
        came_to_an_end = not killed_before(step, change, home)
        yield home
        if came_to_an_end:
            assert step > 2, "no step was seen"
            return
    pytest.fail("it has no end")


def prepared(home: Path) -> KeyStore:
    store = KeyStore(home)
    store.generate("plain")
    store.generate("safe", password=b"secret")
    store.trust(OTHER.public.to_pem(), "ann")
    store.revoke(ROOT.revocations(), "list")
    return store


def left_over(home: Path) -> list[Path]:
    return [path for path in home.rglob("*") if path.name.endswith(".tmp")]


ADDED: dict[str, tuple[str, Change]] = {
    "key": ("new", lambda store: store.generate("new")),
    "encrypted key": ("new", lambda store: store.generate("new", password=b"x")),
    "public key": ("bob", lambda store: store.trust(SigningKey.generate().public.to_pem(), "bob")),
    "clock": ("tsa", lambda store: store.trust_authority(ROOT.pem, "tsa", timestamping=True)),
    "authority": ("corp", lambda store: store.trust_authority(ROOT.pem, "corp", identities=["a@example.test"])),
    "identity": (
        "ci",
        lambda store: store.trust_keyless("ci", identities=["a"], issuer="b", trusted_root=TRUSTED_ROOT),
    ),
}


@pytest.mark.parametrize("what", ADDED)
def test_what_is_added_is_there_as_a_whole_or_can_be_added_again(what: str, tmp_path: Path) -> None:
    name, change = ADDED[what]
    before = {entry.name for entry in prepared(tmp_path / "before").list()}
    for home in crashes(change, tmp_path / "before"):
        store = KeyStore(home)
        store.keyring()
        names = {entry.name for entry in store.list()}
        assert names in (before, before | {name})
        if names == before:
            change(store)
        store.remove(name)
        assert {entry.name for entry in store.list()} == before
        assert left_over(home) == []


@pytest.mark.parametrize(("name", "password"), [("plain", None), ("safe", b"secret")])
def test_a_rotation_loses_neither_the_old_key_nor_the_new_one(
    name: str, password: bytes | None, tmp_path: Path
) -> None:
    def change(store: KeyStore) -> object:
        return store.rotate(name, at=NOW, grace=timedelta(days=1), password=password)

    def own(store: KeyStore) -> SigningKey:
        return store.load(name, lambda: password or b"")

    old = own(prepared(tmp_path / "before")).public
    for home in crashes(change, tmp_path / "before"):
        store = KeyStore(home)
        keyring, current = store.keyring(), own(store).public
        (entry,) = (entry for entry in store.list() if entry.own and entry.name == name)
        assert entry.fingerprint == current.fingerprint
        trusted, found = keyring.find(current.hint), keyring.find(old.hint)
        assert trusted is not None
        assert trusted.until is None
        assert found is not None
        assert found.until == (None if current == old else NOW + timedelta(days=1))
        change(store)
        assert own(store).public not in {old, current}
        assert left_over(home) == []


CHANGED: dict[str, Change] = {
    "removed key": lambda store: store.remove("safe"),
    "removed trust": lambda store: store.remove("ann"),
    "newer list": lambda store: store.revoke(ROOT.revocations((42, NOW)), "list"),
}


@pytest.mark.parametrize("what", CHANGED)
def test_what_is_removed_or_replaced_is_so_as_a_whole(what: str, tmp_path: Path) -> None:
    change = CHANGED[what]

    def state(store: KeyStore) -> object:
        return {entry.name for entry in store.list()}, [len(one.crl) for one in store.keyring().crls]

    states = [state(prepared(tmp_path / "before"))]
    shutil.copytree(tmp_path / "before", tmp_path / "after")
    change(KeyStore(tmp_path / "after"))
    states.append(state(KeyStore(tmp_path / "after")))
    assert states[0] != states[1]
    for home in crashes(change, tmp_path / "before"):
        assert state(KeyStore(home)) in states


def test_changes_by_many_processes_take_turns(tmp_path: Path) -> None:
    """Of rotations at the same time none is lost: every key that was ever one's own is still trusted."""
    prepared(tmp_path / "home")
    children = []
    for _ in range(6):
        child = os.fork()
        if child == 0:
            try:
                KeyStore(tmp_path / "home").rotate("plain")
                os._exit(0)
            finally:
                os._exit(1)
        children.append(child)
    assert [os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) for child in children] == [0] * 6
    assert len([entry for entry in KeyStore(tmp_path / "home").list() if entry.name.startswith("plain.")]) == 6
