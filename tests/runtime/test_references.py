"""From a text to who is asked: the port that somebody wrote is the one that is connected to, whatever the command."""

from __future__ import annotations

from pathlib import Path

import pytest

from remotemedia.registry import HttpRegistry
from remotemedia.runtime.network import Network, parse_mirrors

NOTHING = Path("ca.pem")


@pytest.mark.parametrize(
    ("text", "options", "url"),
    [
        ("registry.example:443", {}, "https://registry.example"),
        ("registry.example:80", {}, "https://registry.example:80"),
        ("registry.example:443", {"plain_http": True}, "http://registry.example:443"),
        ("registry.example:80", {"plain_http": True}, "http://registry.example"),
        ("localhost:80", {}, "http://localhost"),
        ("localhost:443", {}, "http://localhost:443"),
        ("localhost:80", {"ca_file": NOTHING}, "https://localhost:80"),
        ("localhost:443", {"ca_file": NOTHING}, "https://localhost"),
        ("localhost:80", {"environ": {"REMOTEMEDIA_CLIENT_KEY": "x"}}, "https://localhost:80"),
        ("localhost:80", {"environ": {"REMOTEMEDIA_CLIENT_KEY": ""}}, "http://localhost"),
    ],
)
def test_the_port_that_was_written_is_asked(text: str, options: dict[str, object], url: str) -> None:
    network = Network(**{"environ": {}, **options})  # type: ignore[arg-type] # each has its own
    registry = network.target(network.parse(f"oci://{text}/a/b:1"))
    assert isinstance(registry, HttpRegistry)
    origin = registry._client.origin
    assert f"{origin.scheme}://{origin.authority}" == url


@pytest.mark.parametrize("plain_http", [True, False])
def test_mirrors_are_found_however_a_registry_is_written(plain_http: bool) -> None:
    mirrors = parse_mirrors(["Registry.Example:443=Mirror.example:443/a", "other.example=no.example"])
    network = Network(plain_http=plain_http, mirrors=mirrors, environ={"HOME": "/nowhere"})
    (mirror,) = network._mirrors_of(network.parse("oci://registry.example:443/b:1"))
    assert str(mirror) == f"oci://mirror.example{':443' if plain_http else ''}/a/b:1"
