"""A registry on this machine, for as long as it is asked."""

from __future__ import annotations

import json
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

START_SECONDS = 15


@dataclass(frozen=True)
class Server:
    """How to run a registry (distribution 3).

    Attributes:
        place: a directory; each run stores in a new one below it, and leaves nothing.
        program: the registry's program.
        certificate: PEM file of its certificate and key, if it speaks TLS.
    """

    place: Path
    program: str
    certificate: Path | None

    @contextmanager
    def running(self) -> Iterator[str]:
        """An empty registry, as `127.0.0.1:PORT`."""
        host = _free_address()
        with tempfile.TemporaryDirectory(dir=self.place, prefix="registry-") as name:
            place = Path(name)
            (place / "registry.yml").write_text(json.dumps(self._settings(host, place)))
            with (place / "registry.log").open("wb") as log:
                environ = {"HOME": str(place), "OTEL_TRACES_EXPORTER": "none"}
                command = [self.program, "serve", str(place / "registry.yml")]
                child = subprocess.Popen(command, stdout=log, stderr=log, env=environ)
            try:
                _wait_for(host)
                yield host
            finally:
                child.terminate()
                child.wait()
                shutil.rmtree(place / "storage", ignore_errors=True)

    def _settings(self, host: str, place: Path) -> dict[str, object]:
        pem = str(self.certificate)
        tls = {} if self.certificate is None else {"tls": {"certificate": pem, "key": pem}}
        return {
            "version": "0.1",
            "log": {"level": "error", "accesslog": {"disabled": True}},
            "storage": {"filesystem": {"rootdirectory": str(place / "storage")}},
            "http": {"addr": host, **tls},
        }


def _free_address() -> str:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return f"127.0.0.1:{probe.getsockname()[1]}"


def _wait_for(host: str) -> None:
    """Wait until somebody listens."""
    name, _, port = host.partition(":")
    deadline = time.monotonic() + START_SECONDS
    while True:
        try:
            socket.create_connection((name, int(port)), 1).close()
        except OSError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.05)
        else:
            return
