"""One spelling for each registry: `canonical_host("Registry.Example:443") == "registry.example"`.

What a policy, the cache, a mirror or a login says of a registry must not depend on how somebody wrote its name: for the
packages in a package, that is a stranger.
"""

import re
from typing import Final

DOCKER_HUB: Final = "docker.io"
DOCKER_HUB_HOSTS: Final = frozenset({DOCKER_HUB, "index.docker.io", "registry-1.docker.io"})

_MAX_PORT: Final = 65535
# What a resolver takes for an address of IPv4, also as `127.1` or `0x7f000001` (inet_aton(3)).
_NUMBER: Final = re.compile(r"(?:.*\.)?(?:[0-9]+|0x[0-9a-f]*)", re.ASCII)


def canonical_host(host: str, *, plain_http: bool | None = None) -> str:
    """Write `HOST[:PORT]` in the one way: lower case, addresses in their usual form, no port that goes without saying.

    Args:
        host: as somebody wrote it.
        plain_http: whether http is spoken with it; None: on this machine alone.

    Raises:
        ValueError: there is no such port, or no such address of IPv6.
    """
    name, port = _split(host.lower())
    name = _address(name)
    if port is not None and port != _usual_port(name, port, plain_http=plain_http):
        return f"{name}:{port}"
    return DOCKER_HUB if name in DOCKER_HUB_HOSTS else name


def same_host(one: str, other: str) -> bool:
    """Say whether two texts name one registry; what names none is like itself alone."""
    try:
        return canonical_host(one) == canonical_host(other)
    except ValueError:
        return one == other


def _split(host: str) -> tuple[str, int | None]:
    name, colon, digits = host.rpartition(":")
    if not colon or not digits.isdecimal():
        return host, None
    port = int(digits) if len(digits) <= len(str(_MAX_PORT)) else 0
    if not 0 < port <= _MAX_PORT:
        raise ValueError(f"expected a port from 1 to {_MAX_PORT}")
    return name, port


def _usual_port(name: str, port: int, *, plain_http: bool | None) -> int | None:
    """Give the port of a URL that names none; None if it is certainly another one."""
    if port not in {80, 443}:
        return None
    if plain_http is not None:
        return 80 if plain_http else 443
    from remotemedia.registry._zones import is_loopback  # noqa: PLC0415 - few name such a port

    return 80 if is_loopback(name) else 443


def _address(name: str) -> str:
    """Write an address in its usual form; a name is what it is."""
    if not name.startswith("[") and not _NUMBER.fullmatch(name):
        return name
    import ipaddress  # noqa: PLC0415 - most registries have a name
    import socket  # noqa: PLC0415 - the same

    if name.startswith("["):
        try:
            address = ipaddress.IPv6Address(name.strip("[]"))
        except ValueError as exc:
            raise ValueError("expected an address of IPv6 in brackets") from exc
        return f"[{address.compressed}]" if address.ipv4_mapped is None else str(address.ipv4_mapped)
    try:
        return str(ipaddress.IPv4Address(socket.inet_aton(name)))
    except OSError:  # a name after all, which nobody will find
        return name
