"""Real registries as processes on loopback, each with no login, a password, or tokens."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
from base64 import b64encode
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import pytest
from cryptography.hazmat.primitives.serialization import Encoding

from tests.conftest import REPOSITORY
from tests.full.token_server import IDENTITY_TOKEN, PASSWORD, USER
from tests.full.tokens import ISSUER, SERVICE, Means, TokenKey
from tests.full.tools import Tools
from tests.simulators.authority import Authority

Kind = Literal["docker-registry", "registry", "olareg"]
Login = Literal["none", "basic", "token"]

KINDS: tuple[Kind, ...] = ("docker-registry", "registry", "olareg")
LOGINS: tuple[Login, ...] = ("none", "basic", "token")
_START_SECONDS = 15
# bcrypt of `PASSWORD`, the only kind that both registries read.
_HTPASSWD = f"{USER}:$2y$04$abcdefghijklmnopqrstuujydOTSfIH/d5oUHpsygqV5X9xJLQc6e\n"


@dataclass(frozen=True)
class Endpoint:
    """A registry that runs.

    Attributes:
        kind: which.
        login: what it asks for.
        host: `127.0.0.1:PORT`.
        home: a directory with docker's `config.json`, in which the login is kept.
    """

    kind: Kind
    login: Login
    host: str
    home: Path

    @property
    def environ(self) -> dict[str, str]:
        """Where clients find the login."""
        return {
            "DOCKER_CONFIG": str(self.home),
            "REGISTRY_AUTH_FILE": str(self.home / "config.json"),
            "REGCTL_CONFIG": str(self.home / "regctl.json"),
        }


def write_login(directory: Path, host: str, login: Login, *, identity: bool = False) -> None:
    """Keep the password, or an identity token, where docker keeps it; nothing where there is no login."""
    directory.mkdir(exist_ok=True)
    auth: dict[str, str] = {"auth": b64encode(f"{USER}:{PASSWORD}".encode()).decode()}
    if identity:
        auth = {"auth": b64encode(b"<token>:").decode(), "identitytoken": IDENTITY_TOKEN}
    (directory / "config.json").write_text(json.dumps({"auths": {} if login == "none" else {host: auth}}))
    # olareg loses referrers that are pushed side by side.
    (directory / "regctl.json").write_text(json.dumps({"hosts": {host: {"tls": "disabled", "reqConcurrent": 1}}}))


@contextmanager
def serve(
    kind: Kind, login: Login, directory: Path, tools: Tools, authority: Authority | None = None
) -> Iterator[Endpoint]:
    """Run a registry, and what else its login takes, until the end of the block; with TLS by an authority.

    The two that can, demand certificates of the same authority from clients.
    """
    with ExitStack() as running:
        realm = running.enter_context(_tokens(kind, directory)) if login == "token" else ""
        if kind == "olareg":
            host = running.enter_context(_olareg(login, realm, directory, tools, authority))
        else:
            auth = _auth(kind, login, realm, directory)
            host = running.enter_context(_distribution(kind, auth, directory, tools, authority))
        write_login(directory / "docker", host, login)
        yield Endpoint(kind, login, host, directory / "docker")


@contextmanager
def _tokens(kind: Kind, directory: Path) -> Iterator[str]:
    """A token server: its realm. docker-registry 2.8 knows certificates alone, distribution 3.1 sets of keys too."""
    means: Means = "x5c" if kind == "docker-registry" else "kid"
    key = TokenKey.generate("RS256" if means == "x5c" else "ES256")
    key.write(directory / "key.pem")
    if means == "x5c":
        (directory / "certificate.pem").write_bytes(key.certificate().public_bytes(Encoding.PEM))
    else:
        (directory / "keys.json").write_text(key.key_set())
    port = _free_port()
    with _process([sys.executable, "-m", "tests.full.token_server", port, directory, means], port, directory):
        # By name: crane and cosign refuse a realm that is an address of this machine.
        yield f"http://localhost:{port}/token"


def _auth(kind: Kind, login: Login, realm: str, directory: Path) -> dict[str, object]:
    """What distribution's configuration says of a login."""
    if login == "none":
        return {}
    if login == "basic":
        (directory / "htpasswd").write_text(_HTPASSWD)
        return {"htpasswd": {"realm": "test", "path": str(directory / "htpasswd")}}
    known = {"rootcertbundle": "certificate.pem"} if kind == "docker-registry" else {"jwks": "keys.json"}
    files = {name: str(directory / file) for name, file in known.items()}
    return {"token": {"realm": realm, "service": SERVICE, "issuer": ISSUER, **files}}


@contextmanager
def _distribution(
    kind: Kind, auth: dict[str, object], directory: Path, tools: Tools, authority: Authority | None
) -> Iterator[str]:
    port = _free_port()
    http: dict[str, object] = {"addr": f"127.0.0.1:{port}"}
    if authority is not None:
        certificate = str(authority.issue("127.0.0.1"))
        http["tls"] = {"certificate": certificate, "key": certificate, "clientcas": [str(authority.file)]}
    settings: dict[str, object] = {
        "version": "0.1",
        "log": {"level": "error", "accesslog": {"disabled": True}},
        "storage": {"filesystem": {"rootdirectory": str(directory / "storage")}},
        "http": http,
        "auth": auth,
    }
    (directory / "registry.yml").write_text(json.dumps(settings))
    with _process([tools.path(kind), "serve", directory / "registry.yml"], port, directory):
        yield f"127.0.0.1:{port}"


@contextmanager
def _olareg(login: Login, realm: str, directory: Path, tools: Tools, authority: Authority | None) -> Iterator[str]:
    """olareg, which has no login of its own, behind a gateway that has."""
    port = _free_port()
    (directory / "storage").mkdir()
    place: list[object] = ["--addr", "127.0.0.1", "--port", port, "--dir", directory / "storage"]
    if authority is not None:
        certificate = authority.issue("127.0.0.1")
        place += ["--tls-cert", certificate, "--tls-key", certificate]
    with _process([tools.path("olareg"), "serve", *place], port, directory):
        if login == "none":
            yield f"127.0.0.1:{port}"
            return
        front = _free_port()
        admitted = [directory / "key.pem", realm] if login == "token" else []
        with _process([sys.executable, "-m", "tests.full.gateway", front, port, *admitted], front, directory):
            yield f"127.0.0.1:{front}"


@contextmanager
def _process(command: Sequence[object], port: int, directory: Path) -> Iterator[None]:
    """A server, from when it listens until the end of the block."""
    log = directory / f"{port}.log"
    environ = {"HOME": str(directory), "PATH": os.environ["PATH"], "OTEL_TRACES_EXPORTER": "none"}
    with log.open("wb") as output:
        process = subprocess.Popen([*map(str, command)], cwd=REPOSITORY, stdout=output, stderr=output, env=environ)
    try:
        _await_port(port, process, log)
        yield
    finally:
        process.terminate()
        process.wait(timeout=10)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _await_port(port: int, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + _START_SECONDS
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            if process.poll() is not None or time.monotonic() > deadline:
                pytest.fail(f"`{process.args!r}` did not start:\n{log.read_text()}", pytrace=False)
            time.sleep(0.02)
        else:
            return
