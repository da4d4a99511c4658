"""Proxies as the environment names them: `proxy_of("https", "registry.example", 443, environ)`.

`HTTPS_PROXY`, `HTTP_PROXY` and `NO_PROXY`, in either case of letters, the lower first. This machine is never asked by
proxy.
"""

import ipaddress
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote

import urllib3
from urllib3.util import Url, parse_url

from remotemedia.errors import RegistryError
from remotemedia.registry._zones import is_loopback


@dataclass(frozen=True)
class Proxy:
    """A proxy: where it is, and who we are to it."""

    url: str
    headers: Mapping[str, str] = field(default_factory=dict, repr=False, hash=False)

    @property
    def is_secure(self) -> bool:
        """Whether it is spoken to over TLS itself."""
        return self.url.startswith("https:")

    def manager(self, **options: Any) -> urllib3.ProxyManager:
        """Make what gives connections by it; `options` are those of `urllib3.ProxyManager`."""
        return urllib3.ProxyManager(self.url, proxy_headers=self.headers, **options)


def proxy_of(scheme: str, host: str, port: int, environ: Mapping[str, str]) -> Proxy | None:
    """Give the proxy by which a host is reached; None for none.

    Raises `RegistryError` RM415 if what is named is no proxy of a kind that we know.
    """
    names = (f"{scheme}_proxy", f"{scheme}_proxy".upper())
    variable = next((name for name in names if environ.get(name)), None)
    if variable is None or is_loopback(host):
        return None
    if _is_excepted(host, port, environ.get("no_proxy") or environ.get("NO_PROXY") or ""):
        return None
    text = environ[variable]
    parts = _parsed(text if "://" in text else f"http://{text}", variable)
    return Proxy(Url(parts.scheme, None, parts.host, parts.port).url, _login(parts))


def _parsed(text: str, variable: str) -> Url:
    try:
        parts = parse_url(text)
    except ValueError:  # it is not quoted: there may be a password in it
        parts = Url()
    if parts.scheme in {"http", "https"} and parts.host:
        return parts
    got = f"one of the kind `{parts.scheme}`" if parts.scheme else "something else"
    raise RegistryError(
        f"expected `{variable}` to be `http://HOST:PORT` or `https://HOST:PORT`, got {got}",
        code="RM415",
        hint=f"correct or unset `{variable}`, or except the host with `NO_PROXY`",
    )


def _login(parts: Url) -> Mapping[str, str]:
    if parts.auth is None:
        return {}
    username, _, password = parts.auth.partition(":")
    return urllib3.make_headers(proxy_basic_auth=f"{unquote(username)}:{unquote(password)}")


def _is_excepted(host: str, port: int, exceptions: str) -> bool:
    """Say whether `NO_PROXY` names a host: `*`, itself (with or without port), a domain or a network that it is in."""
    names = [name.strip().lower() for name in exceptions.split(",")]
    return any(
        name in {"*", host, f"{host}:{port}"} or _is_in_domain(host, name) or _is_in_network(host, name)
        for name in names
        if name
    )


def _is_in_domain(host: str, name: str) -> bool:
    domain = name.removeprefix("*").lstrip(".")
    return bool(domain) and (host == domain or host.endswith(f".{domain}"))


def _is_in_network(host: str, name: str) -> bool:
    try:
        return ipaddress.ip_address(host) in ipaddress.ip_network(name, strict=False)
    except ValueError:  # one of them is a name
        return False
