"""Our own command line, as a child process."""

from __future__ import annotations

import json
import os
import subprocess
import sysconfig
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.full.registries import Endpoint

_COMMAND = Path(sysconfig.get_path("scripts")) / "remotemedia"


@dataclass(frozen=True)
class Ours:
    """The installed `remotemedia` with a home directory of its own, in production mode."""

    home: Path

    def __call__(
        self,
        *words: object,
        at: Endpoint | None = None,
        environ: Mapping[str, str] | None = None,
        status: int = 0,
        stdin: str = "",
    ) -> str:
        """What it prints on stdout, or on stderr where it is to fail with `status`; with the login of `at`."""
        done = subprocess.run(
            [_COMMAND, *map(str, words)],
            env=self._environ(at, environ),
            input=stdin,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert done.returncode == status, f"{words}: {done.returncode}\n{done.stdout}\n{done.stderr}"
        return done.stderr if status else done.stdout

    def report(self, *words: object, at: Endpoint | None = None, environ: Mapping[str, str] | None = None) -> Any:
        """What it reports with `--json`."""
        return json.loads(self(*words, "--json", at=at, environ=environ))

    def start(self, *words: object, at: Endpoint) -> subprocess.Popen[bytes]:
        """The command as it runs, to be killed."""
        quiet = subprocess.DEVNULL
        return subprocess.Popen([_COMMAND, *map(str, words)], env=self._environ(at, None), stdout=quiet, stderr=quiet)

    def _environ(self, at: Endpoint | None, environ: Mapping[str, str] | None) -> dict[str, str]:
        return {
            "PATH": os.environ["PATH"],
            "PYTHONPATH": os.environ.get("PYTHONPATH", ""),
            "HOME": str(self.home),
            "DOCKER_CONFIG": str(self.home / "docker"),
            "REMOTEMEDIA_HOME": str(self.home),
            "REMOTEMEDIA_ENV": "production",
            "NO_COLOR": "1",
            **({"DOCKER_CONFIG": at.environ["DOCKER_CONFIG"]} if at is not None else {}),
            **(environ or {}),
        }
