"""TLS with real handshakes: authorities, names, validity, client certificates; and proxies on the way."""

import ssl
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from remotemedia.errors import RegistryError
from remotemedia.registry import HttpRegistry, RetryPolicy, TlsOptions, hex_of
from tests.registry.samples import Package
from tests.registry.transfers import NAME, QUICK, pull, push, refusal
from tests.simulators.authority import Authority
from tests.simulators.proxy import ProxySimulator
from tests.simulators.registry import RegistrySimulator

FAR = "registry.test"


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture
def secure(authority: Authority) -> Iterator[RegistrySimulator]:
    """A registry that speaks TLS, by the names of this machine and another one's."""
    context = authority.server(authority.issue("127.0.0.1", FAR))
    with RegistrySimulator(tls=context) as simulator:
        yield simulator


@pytest.fixture
def proxy(secure: RegistrySimulator) -> Iterator[ProxySimulator]:
    """A proxy that leads to that registry."""
    with ProxySimulator(secure.host) as simulator:
        yield simulator


def far(proxy: ProxySimulator, tls: TlsOptions | None, **environ: str) -> HttpRegistry:
    """The registry behind the proxy, by its name."""
    environ = {"HTTPS_PROXY": f"http://{proxy.host}", **environ}
    return HttpRegistry(FAR, NAME, environ=environ, retry=QUICK, tls=tls)


def failure(registry: HttpRegistry) -> RegistryError:
    with pytest.raises(RegistryError) as caught:
        registry.resolve("1.0")
    return caught.value


def test_an_authority_of_ones_own_is_trusted(
    proxy: ProxySimulator, secure: RegistrySimulator, authority: Authority, package: Package, tmp_path: Path
) -> None:
    registry = far(proxy, TlsOptions(ca_file=authority.file))
    push(package, registry, tmp_path)
    pull(registry, tmp_path / "a")
    assert secure.repository(NAME).tags == {"1.0": package.digest}
    assert set(proxy.asked) == {f"CONNECT {FAR}:443"}


def test_a_registry_on_this_machine_speaks_tls_if_an_authority_is_named(
    secure: RegistrySimulator, authority: Authority, package: Package, tmp_path: Path
) -> None:
    registry = HttpRegistry(secure.host, NAME, environ={}, retry=QUICK, tls=TlsOptions(ca_file=authority.file))
    push(package, registry, tmp_path)
    pull(registry, tmp_path / "a")


def test_an_unknown_authority_is_not_trusted(proxy: ProxySimulator, secure: RegistrySimulator, tmp_path: Path) -> None:
    other = Authority(tmp_path, "Other CA")
    for tls in (None, TlsOptions(ca_file=other.file)):
        error = failure(far(proxy, tls))
        assert error.code == "RM409"
        assert str(error).startswith(f"the certificate of registry `{FAR}` is not accepted: ")
        assert error.hint is not None
        assert "--ca-file" in error.hint
    assert secure.requests == []


@pytest.mark.parametrize(("names", "expired", "said"), [((FAR,), True, "expired"), (("other.test",), False, FAR)])
def test_a_certificate_that_is_not_the_registrys_is_refused(
    authority: Authority, names: tuple[str, ...], said: str, *, expired: bool
) -> None:
    context = authority.server(authority.issue(*names, expired=expired))
    with RegistrySimulator(tls=context) as simulator, ProxySimulator(simulator.host) as proxy:
        error = failure(far(proxy, TlsOptions(ca_file=authority.file)))
        assert error.code == "RM409"
        assert said in str(error)
        assert simulator.requests == []


def test_a_client_certificate_is_shown_to_the_registry(authority: Authority, package: Package, tmp_path: Path) -> None:
    context = authority.server(authority.issue(FAR), clients=ssl.CERT_REQUIRED)
    with RegistrySimulator(tls=context) as simulator, ProxySimulator(simulator.host) as proxy:
        own = TlsOptions(ca_file=authority.file, client_certificate=authority.issue("ann"))
        push(package, far(proxy, own), tmp_path)
        assert simulator.repository(NAME).tags == {"1.0": package.digest}


@pytest.mark.parametrize("kind", ["none", "of another authority", "expired"])
def test_a_missing_or_wrong_client_certificate_is_reported(authority: Authority, tmp_path: Path, kind: str) -> None:
    certificate = {
        "none": None,
        "of another authority": Authority(tmp_path, "Other CA").issue("ann"),
        "expired": authority.issue("ann", expired=True),
    }[kind]
    context = authority.server(authority.issue(FAR), clients=ssl.CERT_REQUIRED)
    with RegistrySimulator(tls=context) as simulator, ProxySimulator(simulator.host) as proxy:
        error = failure(far(proxy, TlsOptions(ca_file=authority.file, client_certificate=certificate)))
        assert error.code == "RM410"
        assert simulator.requests == []


def test_a_redirects_other_host_sees_no_client_certificate(
    authority: Authority, package: Package, tmp_path: Path
) -> None:
    optional = authority.server(authority.issue("storage.test"), clients=ssl.CERT_OPTIONAL)
    required = authority.server(authority.issue(FAR), clients=ssl.CERT_REQUIRED)
    with (
        RegistrySimulator(tls=required) as front,
        RegistrySimulator(tls=optional) as storage,
        ProxySimulator(front.host, others={"storage.test": storage.host}) as proxy,
    ):
        tls = TlsOptions(ca_file=authority.file, client_certificate=authority.issue("ann"))
        push(package, far(proxy, tls), tmp_path)
        storage.repositories = front.repositories
        front.faults.blobs_at = "https://storage.test"
        pull(far(proxy, tls), tmp_path / "a")
        assert len(storage.requests) >= len(package.blobs)
        assert [request.certificate for request in storage.requests if request.certificate] == []
        assert all(request.certificate for request in front.requests)


@pytest.mark.parametrize("field", ["ca_file", "client_certificate", "client_key"])
@pytest.mark.parametrize("content", [None, b"", b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"])
def test_files_that_cannot_be_used_are_named(
    authority: Authority, tmp_path: Path, field: str, content: bytes | None
) -> None:
    path = tmp_path / "file.pem"
    if content is not None:
        path.write_bytes(content)
    own = {"client_certificate": authority.issue("ann")} if field == "client_key" else {}
    error = failure(HttpRegistry(FAR, NAME, environ={}, tls=TlsOptions(**{**own, field: path})))
    assert error.code == "RM411"
    assert ("file.pem" in str(error)) or field == "client_key"


def test_an_encrypted_key_is_named_and_not_asked_for(authority: Authority) -> None:
    tls = TlsOptions(client_certificate=authority.issue("ann", password=b"secret"))
    error = failure(HttpRegistry(FAR, NAME, environ={}, tls=tls))
    assert error.code == "RM411"
    assert "encrypted" in str(error)


def test_a_port_without_tls_is_named(registry_simulator: RegistrySimulator) -> None:
    with ProxySimulator(registry_simulator.host) as proxy:
        error = failure(far(proxy, None))
    assert error.code == "RM404"
    assert error.hint is not None
    assert "--plain-http" in error.hint


def test_a_connection_that_is_lost_in_mid_transfer_is_made_again(
    proxy: ProxySimulator, secure: RegistrySimulator, authority: Authority, package: Package, tmp_path: Path
) -> None:
    registry = far(proxy, TlsOptions(ca_file=authority.file))
    push(package, registry, tmp_path)
    secure.faults.resets = {package.model.digest: [100_000, 300_000]}
    assert b"".join(pull(registry, tmp_path / "a").open_blob(package.model)) == package.blobs[package.model.digest]


def test_a_proxy_may_want_a_login(secure: RegistrySimulator, authority: Authority) -> None:
    tls = TlsOptions(ca_file=authority.file)
    with ProxySimulator(secure.host, login="ann:p:w") as proxy:
        secret = far(proxy, tls, HTTPS_PROXY=f"http://ann:p%3Aw@{proxy.host}")
        assert failure(secret).code == "RM402"  # the registry was asked, and has no such package
        assert all("proxy-authorization" not in request.headers for request in secure.requests)
        error = failure(far(proxy, tls))
        assert error.code == "RM404"
        assert "proxy" in str(error)
        assert "p:w" not in str(error)


def test_plain_http_goes_by_proxy_too(registry_simulator: RegistrySimulator, package: Package, tmp_path: Path) -> None:
    push(package, HttpRegistry(registry_simulator.host, NAME, environ={}), tmp_path)
    with ProxySimulator(registry_simulator.host) as proxy:
        registry = HttpRegistry(FAR, NAME, plain_http=True, environ={"http_proxy": proxy.host}, retry=QUICK)
        assert registry.resolve("1.0").digest == package.digest
        assert proxy.asked == [f"HEAD {FAR}"]


def test_a_dead_proxy_is_named(secure: RegistrySimulator) -> None:
    with ProxySimulator(secure.host) as proxy:
        dead = proxy.host
    registry = HttpRegistry(FAR, NAME, environ={"HTTPS_PROXY": f"http://{dead}"}, retry=RetryPolicy(base_delay=30))
    error = failure(registry)
    assert error.code == "RM404"
    assert "proxy" in str(error)


def test_a_file_that_was_mended_is_read_again(secure: RegistrySimulator, authority: Authority, tmp_path: Path) -> None:
    path = tmp_path / "ca.pem"
    path.touch()
    tls = TlsOptions(ca_file=path)
    assert failure(HttpRegistry(secure.host, NAME, environ={}, retry=QUICK, tls=tls)).code == "RM411"
    path.write_bytes(authority.file.read_bytes())
    assert failure(HttpRegistry(secure.host, NAME, environ={}, retry=QUICK, tls=tls)).code == "RM402"


def test_a_client_certificate_is_asked_for_where_tls_1_2_only_fails(authority: Authority) -> None:
    context = authority.server(authority.issue("127.0.0.1"), clients=ssl.CERT_REQUIRED)
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    with RegistrySimulator(tls=context) as simulator:
        tls = TlsOptions(ca_file=authority.file)
        error = failure(HttpRegistry(simulator.host, NAME, environ={}, retry=QUICK, tls=tls))
    assert error.hint is not None
    assert "--client-cert" in error.hint


def test_what_came_before_a_connection_was_lost_is_kept(
    secure: RegistrySimulator, authority: Authority, package: Package, tmp_path: Path
) -> None:
    registry = HttpRegistry(secure.host, NAME, environ={}, retry=QUICK, tls=TlsOptions(ca_file=authority.file))
    push(package, registry, tmp_path)
    secure.faults.resets = {package.model.digest: [1_000_000] + [10] * 10}
    assert refusal(registry, tmp_path).code == "RM404"
    partial = tmp_path / "refused/blobs/sha256" / f".part-{hex_of(package.model.digest)}"
    assert partial.stat().st_size >= 1_000_000


def test_what_came_before_a_connection_stalled_is_there_at_once(
    secure: RegistrySimulator, authority: Authority, package: Package, tmp_path: Path
) -> None:
    trusted = HttpRegistry(secure.host, NAME, environ={}, retry=QUICK, tls=TlsOptions(ca_file=authority.file))
    push(package, trusted, tmp_path)
    goes_on = secure.faults.silent = threading.Event()
    secure.faults.silent_after = 1_000_000
    chunks = trusted.read_blob(package.model)
    received = 0
    while received < 1_000_000:  # and not one byte more will come
        received += len(next(chunks))
    goes_on.set()
    assert received + sum(map(len, chunks)) == package.model.size
