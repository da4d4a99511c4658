"""A registry that attacks those who pull from it, and those who push to it."""

from __future__ import annotations

import resource
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from remotemedia.errors import RegistryError, RemoteMediaError
from remotemedia.registry import HttpRegistry, LayoutDirectory, copy
from remotemedia.registry._transport import Origin, Timeouts, Transport
from tests.hostile_packages.attacks import ATTACKS, Row
from tests.registry.samples import signed_package
from tests.registry.transfers import NAME, QUICK, push
from tests.simulators.malicious_registry import MaliciousHandler, MaliciousRegistry
from tests.simulators.registry import RegistrySimulator

SHORT = Timeouts(connect=1, stall=0.5, commit=0.5, window=0.5)
PATIENCE = 6.0  # seconds: some of these waits, as often as they are tried, on a machine with other work
MEMORY = 64 << 20  # bytes that an attack may add
PACKAGE = signed_package()


@pytest.fixture
def registry(tmp_path: Path) -> Iterator[MaliciousRegistry]:
    """A registry that holds the package as `1.0`, and is honest so far."""
    with MaliciousRegistry() as simulator:
        push(PACKAGE, HttpRegistry(simulator.host, NAME, environ={}, retry=QUICK), tmp_path)
        simulator.requests.clear()
        yield simulator


@pytest.mark.parametrize("row", ATTACKS, ids=[row.name for row in ATTACKS])
def test_an_attack_comes_to_what_the_table_says(row: Row, registry: MaliciousRegistry, tmp_path: Path) -> None:
    registry.attack = row.make(PACKAGE)
    client = HttpRegistry(registry.host, NAME, environ=registry.login(), retry=QUICK, timeouts=SHORT)
    layout, began = LayoutDirectory(tmp_path / "pulled"), time.monotonic()
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    error = pulled(client, layout)
    code = None if error is None else error.code
    assert str(error).isprintable()
    assert len(str(error)) < 1000
    assert time.monotonic() - began < PATIENCE
    assert code in row.codes
    assert registry.given < row.most
    assert len(registry.requests) <= row.requests
    assert (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) << 10 < max(MEMORY, row.most)
    if code is None:
        assert layout.resolve("1.0").digest == PACKAGE.digest
        assert b"".join(layout.open_blob(PACKAGE.model)) == PACKAGE.blobs[PACKAGE.model.digest]
    else:
        assert not (tmp_path / "pulled/index.json").exists() or layout.tags() == []
        assert not layout.has_blob(PACKAGE.model) or code != "RM405"


def pulled(client: HttpRegistry, layout: LayoutDirectory) -> RemoteMediaError | None:
    try:
        copy(client, layout, client.resolve("1.0"), tag="1.0")
    except RemoteMediaError as error:
        return error
    return None


INSIDE = (
    "https://127.0.0.1/",
    "https://127.1/",
    "https://2130706433/",
    "https://0x7f000001/",
    "https://0177.0.0.1/",
    "https://127.0.0.1./",
    "https://LOCALHOST/",
    "https://localhost./",
    "https://a.localhost/",
    "https://%6cocalhost/",
    "https://127.0.0.1\\.registry.example/",
    "https://[::1]/",
    "https://[::ffff:127.0.0.1]/",
    "https://[::ffff:7f00:1]/",
    "https://[fe80::1%25eth0]/",
    "https://0.0.0.0/",
    "https://[::]/",
    "https://169.254.169.254/latest/meta-data/",
    "https://[::ffff:169.254.169.254]/",
)


@pytest.mark.parametrize("url", INSIDE)
def test_a_registry_elsewhere_cannot_send_us_to_this_machine(url: str) -> None:
    transport = Transport(Origin("https", "registry.example", 443), environ={})
    with pytest.raises(RegistryError) as caught:
        transport.send("GET", url, headers={})
    assert caught.value.code == "RM406"


def test_who_we_are_stays_with_the_registry_wherever_an_upload_is_sent(
    registry: MaliciousRegistry, tmp_path: Path
) -> None:
    """It may send us elsewhere to upload, as those that keep blobs in a store do; nobody there learns a password."""
    with RegistrySimulator() as elsewhere:
        registry.auth = "basic"

        def away(it: MaliciousHandler) -> bool:
            location = f"{elsewhere.origin}/v2/a/blobs/uploads/x"
            return it.is_for("POST", "uploads") and it.say(b"", f"Location: {location}", status="202 Accepted")

        registry.attack = away
        client = HttpRegistry(registry.host, "other/name", environ=registry.login(), retry=QUICK, timeouts=SHORT)
        with pytest.raises(RemoteMediaError):
            push(PACKAGE, client, tmp_path)
        assert elsewhere.requests
        assert all(request.authorization is None for request in elsewhere.requests)


@pytest.mark.parametrize("location", ["file:///etc/passwd", "http://elsewhere.invalid/", "http://[::1", ""])
def test_an_upload_that_is_sent_to_no_place_of_a_registry_is_refused(
    registry: MaliciousRegistry, tmp_path: Path, location: str
) -> None:
    registry.attack = lambda it: (
        it.is_for("POST", "uploads") and it.say(b"", f"Location: {location}", status="202 Accepted")
    )
    client = HttpRegistry(registry.host, "other/name", environ={}, retry=QUICK, timeouts=SHORT)
    with pytest.raises(RegistryError) as caught:
        push(PACKAGE, client, tmp_path)
    assert caught.value.code in {"RM404", "RM406"}


@pytest.mark.parametrize("arrived", ["0-99999999999", "5-9", "0-" + "9" * 5000, "x"])
def test_a_registry_that_lies_about_what_has_arrived_gets_no_more_than_there_is(
    registry: MaliciousRegistry, tmp_path: Path, arrived: str
) -> None:
    def lie(it: MaliciousHandler) -> bool:
        if it.command == "PUT" and "uploads" in it.path:
            return it.say(b"", status="503 ?")
        return it.is_for("GET", "uploads") and it.say(b"", f"Range: {arrived}", status="204 ?")

    registry.attack = lie
    client = HttpRegistry(registry.host, "other/name", environ={}, retry=QUICK, timeouts=SHORT)
    with pytest.raises(RegistryError) as caught:
        push(PACKAGE, client, tmp_path)
    assert caught.value.code == "RM404"


def test_a_registry_that_stores_something_else_is_reported(registry: MaliciousRegistry, tmp_path: Path) -> None:
    registry.attack = lambda it: (
        it.is_for("PUT", "/manifests/")
        and it.say(b"", f"Docker-Content-Digest: sha256:{'0' * 64}", status="201 Created")
    )
    client = HttpRegistry(registry.host, "other/name", environ={}, retry=QUICK, timeouts=SHORT)
    with pytest.raises(RegistryError) as caught:
        push(PACKAGE, client, tmp_path)
    assert caught.value.code == "RM405"
