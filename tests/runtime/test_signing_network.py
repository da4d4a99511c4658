"""Whoever gives a signature its time, its certificate or its log entry is reached by the network that was asked for."""

from __future__ import annotations

import json
import re
import ssl
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from types import SimpleNamespace

import pytest

from remotemedia.errors import TrustError
from remotemedia.runtime._keyless import keyless
from remotemedia.runtime._sigstore_http import govern
from remotemedia.runtime._sigstore_identity import ambient_identity
from remotemedia.runtime._sigstore_instance import PUBLIC, public_instance
from remotemedia.runtime._timestamp import TimestampClient
from remotemedia.runtime.network import Network
from remotemedia.trust import SIGNATURE_PREDICATE
from tests.simulators.authority import Authority
from tests.simulators.internet import Internet
from tests.simulators.proxy import ProxySimulator
from tests.simulators.sigstore_server import SigstoreServer
from tests.simulators.static import StaticServer
from tests.simulators.tsa import TimestampAuthority, TimestampServer
from tests.simulators.tuf_repository import TufRepository

NAME = "services.test"
DIGEST = f"sha256:{'ab' * 32}"
GITHUB = {"GITHUB_ACTIONS": "true", "ACTIONS_ID_TOKEN_REQUEST_TOKEN": "secret"}

pytestmark = pytest.mark.usefixtures("home")


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture(scope="module")
def tls(authority: Authority) -> ssl.SSLContext:
    """What the services show, and that they want to be shown something by that authority too."""
    return authority.server(authority.issue(NAME), clients=ssl.CERT_REQUIRED)


@pytest.fixture
def repository() -> TufRepository:
    return TufRepository({"trusted_root.json": b'{"a": 1}', "signing_config.v0.2.json": b'{"b": 2}'})


class Service:
    """One of the services that a signature asks: how it is asked, and what it noticed of that."""

    def __init__(self, host: str, requests: Sequence[object], ask: Callable[[Network], object]) -> None:
        self.host = host
        self.requests = requests
        self.ask = ask


@pytest.fixture(params=["timestamp", "sigstore", "sigstore's timestamp", "sigstore's root", "identity"])
def service(
    request: pytest.FixtureRequest, tls: ssl.SSLContext, repository: TufRepository, tmp_path: Path
) -> Iterator[Service]:
    """Each of them in turn, by TLS, at `services.test`."""
    url = f"https://{NAME}"
    match request.param:
        case "timestamp":
            with TimestampServer(TimestampAuthority(), tls) as stamps:
                yield Service(stamps.host, stamps.requests, lambda it: TimestampClient(f"{url}/tsr", it)(b"signature"))
        case "sigstore":
            with SigstoreServer(tls, NAME) as server:
                yield Service(server.host, server.requests, _signing(server, tmp_path))
        case "sigstore's timestamp":
            with SigstoreServer() as server, TimestampServer(TimestampAuthority(), tls) as stamps:
                server.timestamps = f"{url}/tsr"
                yield Service(stamps.host, stamps.requests, _signing(server, tmp_path))
        case "sigstore's root":
            with StaticServer(repository.files(), tls) as static:
                yield Service(static.host, static.requests, lambda it: public_instance(it, url, repository.root))
        case _:
            with StaticServer({"/token": b'{"value": "a.b.c"}'}, tls) as static:
                yield Service(static.host, static.requests, ambient_identity)


def _signing(server: SigstoreServer, path: Path) -> Callable[[Network], object]:
    def sign(network: Network) -> object:
        config = path / "config.json"
        config.write_bytes(server.trust_config())
        attest = keyless(network, config=config, token=server.token("a@example.test"))
        return attest(DIGEST, SIGNATURE_PREDICATE, {})

    return sign


def environ(proxy: ProxySimulator | None) -> dict[str, str]:
    named = {} if proxy is None else {"HTTPS_PROXY": f"http://{proxy.host}"}
    return {**GITHUB, "ACTIONS_ID_TOKEN_REQUEST_URL": f"https://{NAME}/token?x=1", **named}


def test_proxy_authority_and_client_certificate_reach_every_service(
    service: Service, authority: Authority, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The process's own environment says something else: it is not asked."""
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", "/none")
    with ProxySimulator(service.host) as proxy:
        network = Network(
            ca_file=authority.file,
            client_certificate=authority.issue("ann"),
            environ={**environ(proxy), "REMOTEMEDIA_HOME": str(home)},
        )
        assert service.ask(network)
    assert service.requests
    assert set(proxy.asked) == {f"CONNECT {NAME}:443"}


@pytest.mark.parametrize("kind", ["another authority", "no client certificate", "a file that is none"])
def test_what_is_wrong_with_certificates_is_told(
    service: Service, authority: Authority, home: Path, tmp_path: Path, kind: str
) -> None:
    with ProxySimulator(service.host) as proxy:
        named = {**environ(proxy), "REMOTEMEDIA_HOME": str(home)}
        (tmp_path / "empty.pem").touch()
        network, option = {
            "another authority": (Network(client_certificate=authority.issue("ann"), environ=named), "--ca-file"),
            "no client certificate": (Network(ca_file=authority.file, environ=named), "--client-cert"),
            "a file that is none": (Network(ca_file=tmp_path / "empty.pem", environ=named), "--ca-file"),
        }[kind]
        with pytest.raises(TrustError) as caught:
            service.ask(network)
    assert caught.value.code in {"RM506", "RM519"}
    assert "registry" not in caught.value.message
    assert caught.value.hint is not None
    assert option in caught.value.hint
    assert not service.requests


def test_offline_asks_none_of_them(service: Service, home: Path) -> None:
    """Keyless signatures and timestamps are refused before anything is looked for; the others are steps of those."""
    with Internet({}, {}) as internet, pytest.raises(TrustError) as caught:
        service.ask(Network(offline=True, environ={**environ(None), "REMOTEMEDIA_HOME": str(home)}))
    assert caught.value.code in {"RM520", "RM506"}
    assert "network" in caught.value.message
    assert not service.requests
    assert internet.connected == []


OFFLINE = """\
import sys
seen = []
sys.addaudithook(lambda event, _: seen.append(event) if event.startswith("socket.") else None)
from remotemedia.errors import TrustError
from remotemedia.runtime._keyless import keyless
from remotemedia.runtime._timestamp import TimestampClient
from remotemedia.runtime.network import Network
for ask in (keyless, lambda network: TimestampClient("https://services.test/tsr", network)):
    try:
        ask(Network(offline=True))
    except TrustError as error:
        seen.append(error.code)
print(*seen)
"""


def test_offline_not_even_what_would_ask_is_loaded() -> None:
    """`urllib3` opens a socket when it is imported."""
    done = subprocess.run([sys.executable, "-c", OFFLINE], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["RM520", "RM520"]


def test_an_instance_that_speaks_http_elsewhere_is_not_given_a_token(tmp_path: Path) -> None:
    with SigstoreServer() as server, ProxySimulator(server.host) as proxy:
        config = json.loads(server.trust_config())
        config["signingConfig"]["caUrls"][0]["url"] = f"http://{NAME}"
        path = tmp_path / "config.json"
        path.write_text(json.dumps(config))
        attest = keyless(Network(environ={"http_proxy": proxy.host}), config=path, token=server.token("a@example.test"))
        with pytest.raises(TrustError, match="expected `https`"):
            attest(DIGEST, SIGNATURE_PREDICATE, {})
        assert proxy.asked == []


def test_a_repository_that_another_key_signed_is_refused(repository: TufRepository, home: Path) -> None:
    other = TufRepository({})
    with StaticServer(repository.files()) as static:
        network = Network(environ={"REMOTEMEDIA_HOME": str(home)})
        config = json.loads(public_instance(network, static.url, repository.root))
        assert (config["trustedRoot"], config["signingConfig"]) == ({"a": 1}, {"b": 2})
        static.requests.clear()
        public_instance(network, static.url, repository.root)  # what is the same is not fetched again
        assert [path for path, _ in static.requests] == ["/2.root.json", "/timestamp.json"]
        elsewhere = Network(environ={"REMOTEMEDIA_HOME": str(home / "b")})
        with pytest.raises(Exception, match="was signed by 0/1 keys"):
            public_instance(elsewhere, static.url, other.root)


def test_the_public_instance_is_asked_from_the_root_that_sigstore_brings(authority: Authority, home: Path) -> None:
    """By the network that is given; here it has nothing newer than that root, and nothing else."""
    name = PUBLIC.removeprefix("https://")
    with StaticServer({}, authority.server(authority.issue(name))) as static, ProxySimulator(static.host) as proxy:
        environ = {"HTTPS_PROXY": proxy.host, "REMOTEMEDIA_HOME": str(home)}
        network = Network(ca_file=authority.file, environ=environ)
        with pytest.raises(TrustError, match="Sigstore's client failed") as caught:
            keyless(network, token=SigstoreServer.token("a@example.test"))
    assert caught.value.code == "RM506"
    (newer, _), (timestamp, _) = static.requests
    assert re.fullmatch(r"/\d+\.root\.json", newer)
    assert timestamp == "/timestamp.json"


def test_a_client_that_keeps_its_sessions_elsewhere_is_not_left_to_itself() -> None:
    with pytest.raises(AttributeError):
        govern(SimpleNamespace(), Network())  # type: ignore[arg-type] # another version's


@pytest.mark.parametrize(
    ("body", "said"), [(b"[]", "expected"), (b"{}", "the answer holds none"), (None, "the status 404")]
)
def test_a_provider_that_gives_no_identity_is_told(body: bytes | None, said: str) -> None:
    with StaticServer({} if body is None else {"/token": body}) as static:
        named = {**GITHUB, "ACTIONS_ID_TOKEN_REQUEST_URL": f"{static.url}/token?x=1"}
        with pytest.raises(TrustError, match=said) as caught:
            ambient_identity(Network(environ=named))
        ((path, headers),) = static.requests
    assert caught.value.code == "RM506"
    assert path == "/token?x=1&audience=sigstore"
    assert headers["Authorization"] == "bearer secret"


def test_a_job_that_may_have_no_identity_is_told() -> None:
    with pytest.raises(TrustError, match="expected an OpenID identity") as caught:
        ambient_identity(Network(environ={"GITHUB_ACTIONS": "true"}))
    assert caught.value.hint is not None
    assert "id-token: write" in caught.value.hint
