"""Proxies, as the environment names them and excepts from them."""

from __future__ import annotations

import pytest

from remotemedia.errors import RegistryError
from remotemedia.registry import HttpRegistry
from remotemedia.registry._proxies import Proxy, proxy_of


@pytest.mark.parametrize(
    ("environ", "host", "proxied"),
    [
        ({}, "r.example", False),
        ({"HTTPS_PROXY": ""}, "r.example", False),
        ({"HTTP_PROXY": "http://p:1"}, "r.example", False),
        ({"HTTPS_PROXY": "http://p:1"}, "r.example", True),
        ({"HTTPS_PROXY": "p:1"}, "r.example", True),
        ({"https_proxy": "http://p:1", "NO_PROXY": "example"}, "r.example", False),
        ({"https_proxy": "http://p:1", "NO_PROXY": "*.example"}, "r.example", False),
        ({"https_proxy": "http://p:1", "no_proxy": "*"}, "r.example", False),
        ({"https_proxy": "http://p:1", "no_proxy": ".other, r.example"}, "r.example", False),
        ({"https_proxy": "http://p:1", "no_proxy": "R.example:443"}, "r.example", False),
        ({"https_proxy": "http://p:1", "no_proxy": "r.example:444,,."}, "r.example", True),
        ({"https_proxy": "http://p:1", "no_proxy": "ample"}, "r.example", True),
        ({"https_proxy": "http://p:1", "no_proxy": "10.0.0.0/8"}, "10.1.2.3", False),
        ({"https_proxy": "http://p:1", "no_proxy": "fd00::/8"}, "fd00::1", False),
        ({"https_proxy": "http://p:1", "no_proxy": "10.0.0.0/8"}, "11.1.2.3", True),
        ({"https_proxy": "http://p:1"}, "localhost", False),
        ({"https_proxy": "http://p:1"}, "127.0.0.1", False),
    ],
)
def test_proxies(environ: dict[str, str], host: str, *, proxied: bool) -> None:
    found = proxy_of("https", host, 443, environ)
    assert found == (Proxy("http://p:1") if proxied else None)


def test_the_lower_case_goes_first() -> None:
    assert proxy_of("http", "r.example", 80, {"HTTP_PROXY": "a:1", "http_proxy": "https://b:2"}) == Proxy("https://b:2")


def test_a_login_is_taken_out_of_the_address() -> None:
    found = proxy_of("https", "r.example", 443, {"HTTPS_PROXY": "http://ann:p%3Aw@p:1"})
    assert found == Proxy("http://p:1", {"proxy-authorization": "Basic YW5uOnA6dw=="})
    assert "Basic" not in repr(found)


@pytest.mark.parametrize(
    "value", ["socks5://p:1", "ftp://p", "http://", "https://ann:secret@", "http://ann:secret@p:port", "http://[p"]
)
def test_what_is_no_proxy_is_refused_by_name(value: str) -> None:
    registry = HttpRegistry("registry.example", "a", environ={"HTTPS_PROXY": value})
    with pytest.raises(RegistryError) as caught:
        registry.tags()
    assert caught.value.code == "RM415"
    assert "`HTTPS_PROXY`" in caught.value.message
    assert "secret" not in str(caught.value)
