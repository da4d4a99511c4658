"""Installs independent programs: `make test-full` checks packages with them, `make bench-registry` races them.

    python scripts/foreign_tools.py              install what is missing
    python scripts/foreign_tools.py oras regctl  only these
    python scripts/foreign_tools.py --paths      print {name: path, or null if missing} as JSON; install nothing

Programs in Go are built from their published module at a pinned version and checksum, into
`${XDG_CACHE_HOME:-~/.cache}/remotemedia/tools/<name>-<version>/`, so a second call does nothing and a clone stays
clean; so is the script for Node.js in `tests/full/npm`, with the packages of its lock file. skopeo and docker-registry
come from the distribution; docker-registry 2.8 matters because it knows neither referrers nor `OCI-Subject`. Only the
standard library is needed.
"""

import argparse
import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

_CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "remotemedia" / "tools"
_LOG_TAIL = 40
# Static binaries of the sources given, by the Go that is here.
_GO_ENVIRON = {"CGO_ENABLED": "0", "GOFLAGS": "-buildvcs=false", "GOTOOLCHAIN": "local", "GOWORK": "off"}


class ToolError(Exception):
    """A tool could not be installed."""


@dataclass(frozen=True)
class GoTool:
    """A program built from a Go module.

    Attributes:
        name: name of the program.
        module: path of the module.
        version: the module's version.
        checksum: what `go.sum` says of it; pinned here, so that the same sources are built everywhere.
        package: the main package, relative to the module.
    """

    name: str
    module: str
    version: str
    checksum: str
    package: str

    def path(self) -> Path | None:
        """The installed program, or None."""
        program = self._directory() / self.name
        return program if program.is_file() else None

    def install(self) -> None:
        """Builds the program in the module's own directory, which keeps its `go.sum` and `replace` lines in force.

        `go install MODULE@VERSION` would ignore both, and fails behind a proxy that does not list versions.

        Raises:
            ToolError: Go is missing, the module cannot be had, or it does not build.
        """
        if shutil.which("go") is None:
            raise ToolError(
                f"{self.name} {self.version} is built with Go, and `go` is not on PATH: install Go 1.25 or newer"
            )
        environ = {**os.environ, **_GO_ENVIRON}
        directory = self._download(environ)
        self._directory().mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=self._directory()) as scratch:
            program = Path(scratch) / self.name
            command = ["go", "build", "-mod=readonly", "-trimpath", "-ldflags=-s -w", "-o", str(program), self.package]
            _run(command, cwd=directory, environ=environ)
            program.replace(self._directory() / self.name)

    def _download(self, environ: dict[str, str]) -> Path:
        answer = _run(["go", "mod", "download", "-json", f"{self.module}@{self.version}"], environ=environ)
        module = json.loads(answer)
        if module["Sum"] != self.checksum:
            raise ToolError(f"{self.module}@{self.version}: expected checksum {self.checksum}, got {module['Sum']}")
        return Path(module["Dir"])

    def _directory(self) -> Path:
        return _CACHE / f"{self.name}-{self.version.removeprefix('v')}"


@dataclass(frozen=True)
class DebianTool:
    """A program of the distribution; its package has the program's name."""

    name: str

    @property
    def version(self) -> str:
        """The installed package's version, or nothing."""
        command = ["dpkg-query", "--show", "--showformat=${Version}", self.name]
        return _run(command, environ=dict(os.environ)) if shutil.which("dpkg-query") and self.path() else ""

    def path(self) -> Path | None:
        """The installed program, or None."""
        found = shutil.which(self.name)
        return Path(found) if found else None

    def install(self) -> None:
        """Installs the distribution's package.

        Raises:
            ToolError: there is no apt-get, we are not root, or apt-get failed.
        """
        if shutil.which("apt-get") is None or os.geteuid() != 0:
            raise ToolError(f"{self.name} is missing: install it as root, on Debian with `apt-get install {self.name}`")
        environ = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
        _run(["apt-get", "update"], environ=environ)
        _run(["apt-get", "install", "--yes", "--no-install-recommends", self.name], environ=environ)


@dataclass(frozen=True)
class NpmTool:
    """A script for Node.js, installed with what it imports, as its lock file pins it.

    Attributes:
        name: name of the tool.
        sources: the directory of `package.json`, `package-lock.json` and the script.
        script: the script's name.
    """

    name: str
    sources: Path
    script: str

    @property
    def version(self) -> str:
        """What the lock file pins of the packages that the script imports."""
        locked = json.loads((self.sources / "package-lock.json").read_text())["packages"]
        named = locked[""]["dependencies"]
        return ", ".join(f"{name} {locked[f'node_modules/{name}']['version']}" for name in sorted(named))

    def path(self) -> Path | None:
        """The installed script, or None."""
        script = self._directory() / self.script
        return script if script.is_file() else None

    def install(self) -> None:
        """Installs what the script imports; scripts of those packages are not run.

        Raises:
            ToolError: Node.js is missing, or a package cannot be had.
        """
        if shutil.which("npm") is None or shutil.which("node") is None:
            raise ToolError(f"{self.name} is a script for Node.js: install `node` 20.17 or newer, and `npm`")
        _CACHE.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=_CACHE) as scratch:
            unfinished = Path(scratch) / self.name
            shutil.copytree(self.sources, unfinished)
            _run(["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"], cwd=unfinished, environ=dict(os.environ))
            unfinished.replace(self._directory())

    def _directory(self) -> Path:
        content = hashlib.sha256()
        for name in (self.script, "package-lock.json"):
            content.update((self.sources / name).read_bytes())
        return _CACHE / f"{self.name}-{content.hexdigest()[:12]}"


Tool = GoTool | DebianTool | NpmTool

TOOLS: tuple[Tool, ...] = (
    DebianTool("chromium"),
    DebianTool("skopeo"),
    DebianTool("docker-registry"),
    GoTool("oras", "oras.land/oras", "v1.3.3", "h1:RjnR1eCb8EwEbte6tgx10u7gzwFJ+UzSDgUBjphluy0=", "./cmd/oras"),
    GoTool(
        "regctl",
        "github.com/regclient/regclient",
        "v0.11.5",
        "h1:OHRsXO0F3qHGfa4HEUv+EkMH9NXNcCTBKjNzyC/UhIA=",
        "./cmd/regctl",
    ),
    GoTool(
        "registry",
        "github.com/distribution/distribution/v3",
        "v3.1.1",
        "h1:KUbk7C8CfaLXy8kbf/hGq9cad/wCoLB6dbWH6DMbmX0=",
        "./cmd/registry",
    ),
    GoTool(
        "cosign",
        "github.com/sigstore/cosign/v3",
        "v3.1.2",
        "h1:AlWkztipzFHLGfLECkUwcC2a2EbpzKOsElge1vcRNcs=",
        "./cmd/cosign",
    ),
    GoTool(
        "crane",
        "github.com/google/go-containerregistry",
        "v0.21.9",
        "h1:F+D4uZ3iA3DLMJLfhaqMdHJbzeqm/216WGQq2dokuLs=",
        "./cmd/crane",
    ),
    GoTool(
        "modctl",
        "github.com/modelpack/modctl",
        "v0.2.2",
        "h1:dV19MP51DHnYXtz1HtPpqHZ4UKOTYSElkEkXVCYMgd4=",
        ".",
    ),
    GoTool(
        "olareg",
        "github.com/olareg/olareg",
        "v0.1.2",
        "h1:75G8X6E9FUlzL/CSjgFcYfMgNzlc7CxULpUUNsZBIvI=",
        "./cmd/olareg",
    ),
    NpmTool("npm-verify", Path(__file__).resolve().parents[1] / "tests/full/npm", "verify.cjs"),
)


def _run(command: list[str], *, cwd: Path | None = None, environ: dict[str, str]) -> str:
    """Runs a command and gives its stdout; a failure carries the end of what it said."""
    done = subprocess.run(command, cwd=cwd, env=environ, capture_output=True, text=True, check=False)
    if done.returncode:
        said = "\n".join((done.stderr + done.stdout).splitlines()[-_LOG_TAIL:])
        raise ToolError(f"`{' '.join(command)}` failed with status {done.returncode}:\n{said}")
    return done.stdout


def _install(tool: Tool) -> bool:
    if tool.path() is None:
        print(f"{tool.name}: installing", file=sys.stderr, flush=True)
        try:
            tool.install()
        except ToolError as error:
            print(f"{tool.name}: {error}", file=sys.stderr)
            return False
    print(f"{tool.name}: {tool.path()}", file=sys.stderr, flush=True)
    return True


def main(arguments: Sequence[str] | None = None) -> int:
    """Installs, or lists with `--paths`; the exit status is 1 if something could not be installed."""
    parser = argparse.ArgumentParser(description="Install the programs that packages are checked and compared with.")
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of: {', '.join(tool.name for tool in TOOLS)}")
    parser.add_argument("--paths", action="store_true", help="print where each is, as JSON, and install nothing")
    options = parser.parse_args(arguments)
    if unknown := set(options.names) - {tool.name for tool in TOOLS}:
        parser.error(f"unknown tool: {', '.join(sorted(unknown))}")
    chosen = [tool for tool in TOOLS if not options.names or tool.name in options.names]
    if options.paths:
        print(json.dumps({tool.name: str(path) if (path := tool.path()) else None for tool in chosen}))
        return 0
    failed = [tool.name for tool in chosen if not _install(tool)]
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
