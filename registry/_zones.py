"""How near an address is, and whom a registry may send us to: nobody who is nearer to us than it is itself.

    standing = Standing("registry.example")
    standing.check_name("127.1")                            # RM406
    standing.admits("storage.example", "93.184.216.34")     # True
    standing.met("registry.example", "10.0.0.7")            # it is in our own network, and may send us on there

What only this machine, or its network, can reach trusts whoever reaches it. So a registry elsewhere must not choose it
for us, by an address, or by a name that resolves to one: what counts is the address that a connection is made to.
"""

import ipaddress
import socket
import threading
from enum import IntEnum
from typing import Final

from remotemedia.errors import RegistryError

_Address = ipaddress.IPv4Address | ipaddress.IPv6Address

_NAT64: Final = ipaddress.IPv6Network("64:ff9b::/96")


class Zone(IntEnum):
    """From where an address can be reached; the greater, the nearer."""

    ANYWHERE = 0
    NETWORK = 1
    LINK = 2
    MACHINE = 3

    @classmethod
    def of(cls, address: str) -> "Zone":
        """Give an address's zone, that of the IPv4 address in it if there is one; raises `ValueError` for a name."""
        return _zone(ipaddress.ip_address(address))

    @classmethod
    def of_name(cls, host: str) -> "Zone | None":
        """Give a host's zone as far as its name tells, in every spelling that a resolver takes for an address."""
        name = host.rstrip(".")
        address = _spelled(name)
        if address is not None:
            return _zone(address)
        return cls.MACHINE if is_loopback(name) else None


_WHERE: Final = {
    Zone.ANYWHERE: "a public address",
    Zone.NETWORK: "an address of a private network",
    Zone.LINK: "an address of the local link",
    Zone.MACHINE: "an address of this machine",
}
_ALLOWED: Final = {
    Zone.ANYWHERE: "a public address",
    Zone.NETWORK: "a public or private address",
    Zone.LINK: "an address of another machine",
}


def is_loopback(host: str) -> bool:
    """Say whether the host (without port) is this machine, in the usual spelling."""
    name = host.strip("[]").lower()
    if name == "localhost" or name.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(name).is_loopback
    except ValueError:
        return False


class Standing:
    """Where a registry stands, learnt from its own connections; threads share it.

    One that was met in several zones stands in the outermost: a name that led elsewhere first, and inside later, is
    that of someone who wants us there (DNS rebinding).

    Args:
        home: the registry's host.
    """

    def __init__(self, home: str) -> None:
        self._home = home.rstrip(".")
        self._zone = Zone.of_name(home)
        self._learning = threading.Lock()

    def admits(self, host: str, address: str) -> bool:
        """Say whether a connection to a host may be made to this one of its addresses."""
        if host == self._home and self._zone is None:
            return True
        return Zone.of(address) <= self._limit

    def met(self, host: str, address: str) -> None:
        """Learn that a connection to a host was made to this address."""
        if host == self._home:
            with self._learning:
                zone = Zone.of(address)
                self._zone = zone if self._zone is None else min(self._zone, zone)

    def check_name(self, host: str) -> None:
        """Refuse a host that is too near by its name alone; raises `RegistryError` RM406."""
        zone = Zone.of_name(host)
        if zone is not None and zone > self._limit:
            raise self.refusal(host, zone)

    def refusal(self, host: str, zone: Zone, address: str | None = None) -> RegistryError:
        """Make the error for a host that is too near, by one of its addresses or by its name."""
        got = _WHERE[zone] if address is None else f"`{address}`, {_WHERE[zone]}"
        return RegistryError(
            f"expected {_ALLOWED[self._limit]} for `{host}`, to which `{self._home}` leads, got {got}",
            code="RM406",
            hint="the registry, or a proxy before it, is at fault; "
            "one that is in your own network itself must be reached without a proxy (`NO_PROXY`) to send you on there",
            host=host,
        )

    @property
    def _limit(self) -> Zone:
        """The nearest that others may be; a registry that a proxy reached for us could be anywhere."""
        return Zone.ANYWHERE if self._zone is None else self._zone


def _zone(address: _Address) -> Zone:
    address = _within(address)
    if address.is_loopback or address.is_unspecified:
        return Zone.MACHINE
    if address.is_link_local:
        return Zone.LINK
    odd = address.is_multicast or address.is_reserved or getattr(address, "is_site_local", False)
    return Zone.ANYWHERE if address.is_global and not odd else Zone.NETWORK


def _within(address: _Address) -> _Address:
    """Take the IPv4 address out of one that is mapped (RFC 4291, 2.5.5), 6to4 (RFC 3056) or NAT64 (RFC 6052)."""
    if isinstance(address, ipaddress.IPv4Address):
        return address
    if address in _NAT64:
        return ipaddress.IPv4Address(address.packed[12:])
    return address.ipv4_mapped or address.sixtofour or address


def _spelled(host: str) -> _Address | None:
    """Read an address, also as `127.1` or `0x7f000001` (inet_aton(3)); None for a name."""
    try:
        return ipaddress.ip_address(host)
    except ValueError:
        try:
            return ipaddress.IPv4Address(socket.inet_aton(host))
        except (OSError, ValueError):
            return None
