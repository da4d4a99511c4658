"""One registry, many spellings."""

from __future__ import annotations

import base64
import json
from pathlib import Path

import pytest

from remotemedia.errors import RegistryError
from remotemedia.registry import Reference, canonical_host, find_credentials


@pytest.mark.parametrize(
    ("written", "canonical"),
    [
        ("Registry.Example", "registry.example"),
        ("registry.example:443", "registry.example"),
        ("REGISTRY.example:0443", "registry.example"),
        ("registry.example:80", "registry.example:80"),
        ("registry.example:05000", "registry.example:5000"),
        ("LocalHost:80", "localhost"),
        ("localhost:443", "localhost:443"),
        ("127.1:5000", "127.0.0.1:5000"),
        ("0x7f000001", "127.0.0.1"),
        ("2130706433:80", "127.0.0.1"),
        ("[0:0:0:0:0:0:0:1]:80", "[::1]"),
        ("[FE80:0::1]:5000", "[fe80::1]:5000"),
        ("[::ffff:127.0.0.1]", "127.0.0.1"),
        ("[::ffff:7f00:1]:5000", "127.0.0.1:5000"),
        ("index.docker.io", "docker.io"),
        ("Registry-1.Docker.io:443", "docker.io"),
        ("docker.io:5000", "docker.io:5000"),
        ("1.2.3.4.5", "1.2.3.4.5"),
    ],
)
def test_a_registry_has_one_spelling(written: str, canonical: str) -> None:
    assert canonical_host(written) == canonical
    assert canonical_host(canonical) == canonical


def test_where_http_is_spoken_another_port_goes_without_saying() -> None:
    assert canonical_host("registry.example:80", plain_http=True) == "registry.example"
    assert canonical_host("registry.example:443", plain_http=True) == "registry.example:443"
    assert str(Reference.parse("oci://Registry.example:80/a", plain_http=True)) == "oci://registry.example/a"


def test_where_https_is_spoken_on_this_machine_its_port_goes_without_saying() -> None:
    assert canonical_host("localhost:443", plain_http=False) == "localhost"
    assert canonical_host("localhost:80", plain_http=False) == "localhost:80"


@pytest.mark.parametrize("plain_http", [None, True, False])
@pytest.mark.parametrize("host", ["localhost:80", "localhost:443", "r.example:80", "r.example:443", "docker.io"])
def test_what_a_reference_is_written_as_is_read_as_it_was(host: str, plain_http: bool | None) -> None:
    reference = Reference.parse(f"oci://{host}/a:1", plain_http=plain_http)
    assert Reference.reread(str(reference)) == reference


@pytest.mark.parametrize(
    ("written", "text"),
    [
        ("oci://REGISTRY.example:443/team/a:1", "oci://registry.example/team/a:1"),
        ("oci://docker.io/alpine", "oci://docker.io/library/alpine"),
        ("oci://index.docker.io/library/alpine", "oci://docker.io/library/alpine"),
        ("oci://registry.example/alpine", "oci://registry.example/alpine"),
    ],
)
def test_references_to_one_place_are_one(written: str, text: str) -> None:
    assert str(Reference.parse(written)) == text
    assert Reference.parse(written) == Reference.parse(text)


@pytest.mark.parametrize("host", ["r:0", "r:65536", "r:00000000000443", "[:::]", "[1:2]"])
def test_ports_and_addresses_that_cannot_be_are_refused(host: str) -> None:
    with pytest.raises(RegistryError) as caught:
        Reference.parse(f"oci://{host}/a")
    assert caught.value.code == "RM401"


@pytest.mark.parametrize("named", ["docker.io", "Index.docker.io", "registry-1.docker.io:443"])
def test_a_login_of_the_environment_is_for_the_registry_however_it_is_named(named: str) -> None:
    environ = {"REMOTEMEDIA_USERNAME": "ann", "REMOTEMEDIA_PASSWORD": "pw", "REMOTEMEDIA_REGISTRY": named, "HOME": "/"}
    found = find_credentials("registry-1.docker.io", "library/alpine", environ)
    assert found is not None
    assert found.username == "ann"
    assert find_credentials("registry.example", "alpine", environ) is None


@pytest.mark.parametrize("stored", ["registry.example:443", "Registry.Example", "https://registry.example:443/v2/"])
def test_a_stored_login_is_found_however_it_was_spelled(stored: str, tmp_path: Path) -> None:
    login = base64.b64encode(b"ann:pw").decode()
    (tmp_path / "config.json").write_text(json.dumps({"auths": {stored: {"auth": login}}}))
    found = find_credentials("registry.example", "team/a", {"DOCKER_CONFIG": str(tmp_path), "HOME": str(tmp_path)})
    assert found is not None
    assert found.username == "ann"
