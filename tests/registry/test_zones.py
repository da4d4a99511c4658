"""Where a registry may send us: to nobody nearer than it is itself, whatever names resolve to."""

from __future__ import annotations

import itertools
import os
from collections.abc import Iterator
from ipaddress import IPv4Address, IPv6Address
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from remotemedia.errors import RegistryError, RemoteMediaError
from remotemedia.registry import HttpRegistry
from remotemedia.registry._zones import Standing, Zone
from tests.registry.samples import Package
from tests.registry.transfers import NAME, QUICK, client, pull, push, refusal
from tests.simulators.internet import Internet
from tests.simulators.malicious_registry import MaliciousHandler, MaliciousRegistry
from tests.simulators.proxy import ProxySimulator

FAR, ELSEWHERE = "93.184.216.34", "142.250.1.1"
OURS, OTHERS_OF_OURS = "10.0.0.7", "10.0.0.8"
METADATA = "169.254.169.254"
INSIDE = [
    "127.0.0.1",
    METADATA,
    "0.0.0.0",  # noqa: S104 - it is refused
    "10.0.0.8",
    "192.168.1.1",
    "172.16.0.1",
    "100.64.0.1",
    "::1",
    "::",
    "fe80::1",
    "fd00:ec2::254",
    f"::ffff:{METADATA}",
    "::ffff:10.0.0.8",
    "64:ff9b::7f00:1",
    "2002:a9fe:a9fe::",
]


@pytest.fixture
def registry(package: Package, tmp_path: Path) -> Iterator[MaliciousRegistry]:
    """A registry that holds the package as `1.0`, and sends those who want the model to another name."""
    with MaliciousRegistry() as simulator:
        push(package, client(simulator), tmp_path)
        simulator.requests.clear()
        simulator.faults.blobs_at = "http://storage.example"
        yield simulator


def named(**environ: str) -> HttpRegistry:
    return HttpRegistry("registry.example", NAME, plain_http=True, environ=environ, retry=QUICK)


def world(registry: MaliciousRegistry, at: str, storage: list[str]) -> Internet:
    """`registry.example` at an address, `storage.example` at others: the same simulator answers at all of them."""
    names = {"registry.example": [at], "storage.example": storage}
    return Internet(names, dict.fromkeys([at, *storage], registry.host))


@pytest.mark.parametrize("address", INSIDE)
def test_a_redirect_to_a_name_that_is_inside_is_refused(
    registry: MaliciousRegistry, tmp_path: Path, address: str
) -> None:
    with world(registry, FAR, [address]) as internet:
        error = refusal(named(), tmp_path)
    assert error.code == "RM406"
    assert f"`{address}`" in str(error)
    assert error.details["host"] == "storage.example"
    assert set(internet.connected) == {FAR}


def test_a_redirect_to_a_name_that_is_outside_is_followed(
    registry: MaliciousRegistry, package: Package, tmp_path: Path
) -> None:
    registry.attack = _honest_storage
    with world(registry, FAR, [ELSEWHERE]) as internet:
        assert pull(named(), tmp_path / "a").resolve("1.0").digest == package.digest
    assert set(internet.connected) == {FAR, ELSEWHERE}


def test_of_several_addresses_only_those_outside_are_tried(registry: MaliciousRegistry, tmp_path: Path) -> None:
    registry.attack = _honest_storage
    with world(registry, FAR, ["127.0.0.1", ELSEWHERE, METADATA]) as internet:
        pull(named(), tmp_path / "a")
    assert set(internet.connected) == {FAR, ELSEWHERE}
    with world(registry, FAR, [ELSEWHERE, "127.0.0.1"]) as internet:
        del internet.places[ELSEWHERE]
        error = refusal(named(), tmp_path)
    assert error.code == "RM404"
    assert set(internet.connected) == {FAR, ELSEWHERE}


@pytest.mark.parametrize(
    ("home", "storage", "followed"),
    [
        (OURS, OTHERS_OF_OURS, True),
        (OURS, "192.168.1.1", True),
        (OURS, METADATA, False),
        (OURS, "127.0.0.1", False),
        ("127.0.0.1", OURS, True),
        ("::ffff:10.0.0.7", "127.0.0.1", False),
    ],
)
def test_a_registry_that_is_inside_may_send_us_as_far_inside(
    registry: MaliciousRegistry, tmp_path: Path, home: str, storage: str, *, followed: bool
) -> None:
    registry.attack = _honest_storage
    with world(registry, home.removeprefix("::ffff:"), [storage]) as internet:
        if followed:
            pull(named(), tmp_path / "a")
        else:
            assert refusal(named(), tmp_path).code == "RM406"
    assert (storage in internet.connected) is followed


@pytest.mark.parametrize("first", [FAR, "127.0.0.1"])
def test_a_registry_cannot_become_a_neighbour_by_resolving_anew(registry: MaliciousRegistry, first: str) -> None:
    """It sends us to itself, by ever other ports, so that its name is looked up again: DNS rebinding."""
    ports = itertools.count(8000)
    registry.attack = lambda it: it.head(
        f"Location: http://registry.example:{next(ports)}/", "Content-Length: 0", status="307 ?"
    )
    names = {"registry.example": [[first], [FAR], [METADATA]]}
    with Internet(names, dict.fromkeys([first, FAR, METADATA], registry.host)) as internet:
        with pytest.raises(RegistryError) as caught:
            named().resolve("1.0")
        assert internet.connected == [first, FAR]
    assert caught.value.code == "RM406"
    assert f"`{METADATA}`" in str(caught.value)


def test_a_token_server_that_is_inside_is_not_asked(registry: MaliciousRegistry, tmp_path: Path) -> None:
    registry.attack = lambda it: (
        it.is_for("HEAD", "manifests")
        and it.head(
            'WWW-Authenticate: Bearer realm="http://storage.example/token"', "Content-Length: 0", status="401 ?"
        )
    )
    with world(registry, FAR, [METADATA]) as internet:
        assert refusal(named(**registry.login()), tmp_path).code == "RM406"
    assert set(internet.connected) == {FAR}


def test_an_upload_does_not_go_inside(registry: MaliciousRegistry, package: Package, tmp_path: Path) -> None:
    registry.attack = lambda it: (
        it.is_for("POST", "uploads")
        and it.say(b"", f"Location: http://storage.example{it.path}x", status="202 Accepted")
    )
    other = HttpRegistry("registry.example", "other/name", plain_http=True, environ={}, retry=QUICK)
    with world(registry, FAR, ["192.168.1.1"]) as internet, pytest.raises(RemoteMediaError) as caught:
        push(package, other, tmp_path)
    assert caught.value.code == "RM406"
    assert set(internet.connected) == {FAR}


def test_behind_a_proxy_names_are_its_business_and_addresses_ours(registry: MaliciousRegistry) -> None:
    """It resolves and connects, and is the user's choice; where the registry stands we do not learn."""
    with ProxySimulator(registry.host) as proxy:
        behind = named(http_proxy=proxy.host)
        with Internet({}, {"-": proxy.host, "--": registry.host}) as internet:
            behind.resolve("1.0")
            for place in ("10.0.0.8", METADATA, "localhost"):
                registry.attack = lambda it, place=place: it.head(  # type: ignore[misc] # a default of a lambda
                    f"Location: http://{place}/x", "Content-Length: 0", status="307 ?"
                )
                with pytest.raises(RegistryError) as caught:
                    behind.resolve("1.0")
                assert caught.value.code == "RM406"
                assert caught.value.hint is not None
                assert "NO_PROXY" in caught.value.hint
        assert internet.connected == []
        assert set(proxy.asked) == {"HEAD registry.example"}


def test_names_of_the_real_resolver_are_looked_at(registry: MaliciousRegistry, tmp_path: Path) -> None:
    """This machine's own name, as `/etc/hosts` has it, is no address and not `localhost`."""
    name = os.uname().nodename
    with Internet({"registry.example": [FAR]}, {FAR: registry.host}) as internet:
        try:
            answers = internet._resolve(name, 80)
        except OSError:
            pytest.skip("this machine does not know its own name")
        internet.names[name] = [[str(it[4][0]) for it in answers]]
        if any(Zone.of(it) is Zone.ANYWHERE for it in internet.names[name][0]):
            pytest.skip("this machine is in no private network")
        registry.faults.blobs_at = f"http://{name}"
        assert refusal(named(), tmp_path).code == "RM406"
        assert set(internet.connected) == {FAR}


@pytest.mark.parametrize("host", ["registry.example", "registry.example."])
def test_a_registry_stands_where_it_was_met_outermost(host: str) -> None:
    standing = Standing(host)
    assert not standing.admits("storage.example", OURS)
    assert standing.admits("registry.example", "127.0.0.1")  # it is what the user asked for
    standing.met("registry.example", "127.0.0.1")
    assert standing.admits("storage.example", METADATA)
    standing.met("storage.example", FAR)
    assert standing.admits("storage.example", METADATA)
    standing.met("registry.example", OURS)
    assert standing.admits("storage.example", OTHERS_OF_OURS)
    assert not standing.admits("registry.example", "127.0.0.1")
    assert str(standing.refusal("storage.example", Zone.MACHINE, "127.0.0.1")) == (
        "expected a public or private address for `storage.example`, to which `registry.example` leads, "
        "got `127.0.0.1`, an address of this machine"
    )


def _honest_storage(it: MaliciousHandler) -> bool:
    """Answer at the other name: no redirect again."""
    if it.headers["Host"] != "storage.example":
        return False
    digest = it.path.rpartition("/")[2]
    blob = next(iter(it.simulator.repositories.values())).blobs[digest]
    return it.say(blob)


@given(st.ip_addresses(v=4))
def test_an_address_in_another_spelling_is_in_the_same_zone(address: IPv4Address) -> None:
    zone, bits, data = Zone.of(str(address)), int(address), address.packed
    spelled = (
        f"::ffff:{address}",
        str(IPv6Address(b"\x20\x02" + data + bytes(10))),
        f"64:ff9b::{bits >> 16:x}:{bits & 65535:x}",
    )
    assert {Zone.of(it) for it in spelled} == {zone}
    one, two, three, four = data
    names = (f"{address}.", str(bits), hex(bits), f"0{one:o}.{two}.{three}.{four}", f"{one}.{two}.{three << 8 | four}")
    assert {Zone.of_name(it) for it in (*spelled, *names)} == {zone}


@given(st.text(max_size=80) | st.from_regex(r"[0-9a-fx.:%\[\]]{1,40}", fullmatch=True))
def test_any_host_has_a_zone_or_a_name(host: str) -> None:
    assert Zone.of_name(host) in {None, *Zone}
