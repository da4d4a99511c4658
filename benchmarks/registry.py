"""What `make bench-registry` prints: pushes and pulls of a large package beside those of other clients.

    python benchmarks/registry.py [http] [tls]

A package with a model of random bytes goes to a registry (distribution 3.1) on this machine and back, by every client
in turn, round by round, each time into a repository and a directory of its own. Medians are quoted: wall time,
processor time of the client alone, and the median of the ratios to `oras` in the same round. Pulls of ours are
verified. Where a client is not installed (`scripts/foreign_tools.py`) its row says so. ROUNDS and MIB (of the model)
can be set; TMPDIR says where it all is, and `/dev/shm` keeps the disk out of the figures.
"""

from __future__ import annotations

import json
import os
import shutil
import socket
import statistics
import subprocess
import sys
import tarfile
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parent.parent
ROUNDS = int(os.environ.get("ROUNDS", "5"))
MIB = int(os.environ.get("MIB", "1024"))
START_SECONDS = 15
PIPELINE = """\
from remotemedia import OnnxNode, Pipeline

Pipeline("big").add(OnnxNode(model="big.onnx"))
"""
# What a push and a pull import, without doing anything.
IMPORTS = "import remotemedia.cli, remotemedia.runtime._push, remotemedia.runtime.resolve, urllib3"

sys.path.insert(0, str(REPOSITORY))
from tests.simulators.authority import Authority  # noqa: E402 - found beside this file's parent


@dataclass(frozen=True)
class Cost:
    """What one process took: wall and processor time in seconds, most memory in MiB."""

    wall: float
    cpu: float
    memory: float


@dataclass(frozen=True)
class Bench:
    """Where everything is.

    Attributes:
        place: a directory for this run.
        package: the package's file; its content stands as an image layout in `layout`, and as files in `tree`.
        host: the registry.
        authority: the file of the registry's authority, if it speaks TLS.
        programs: other clients by name; None where one is not installed.
    """

    place: Path
    package: Path
    host: str
    authority: Path | None
    programs: Mapping[str, str | None]

    @property
    def layout(self) -> Path:
        """The package, unpacked."""
        return self.place / "layout"

    def ours(self, *arguments: object, home: str = "home") -> Cost:
        """Run a command of this project."""
        trusted = [] if self.authority is None else ["--ca-file", self.authority]
        environ = {**os.environ, "REMOTEMEDIA_HOME": str(self.place / home), "REMOTEMEDIA_ENV": "development"}
        return measured([sys.executable, "-m", "remotemedia.cli", *arguments, *trusted], environ, self.place)

    def theirs(self, program: str, *arguments: object, where: Path | None = None) -> Cost:
        """Run another client."""
        path = self.programs[program]
        if path is None:
            raise SystemExit(f"{program} is not installed")
        environ = {**os.environ, "HOME": str(self.place)}
        if self.authority is not None:
            environ["SSL_CERT_FILE"] = str(self.authority)
        return measured([path, *arguments], environ, where or self.place)


def measured(command: list[object], environ: Mapping[str, str], where: Path) -> Cost:
    """Run a process to its end, and give what it took."""
    began = time.perf_counter()
    with tempfile.TemporaryFile() as said:
        child = subprocess.Popen([*map(str, command)], cwd=where, env=environ, stdout=said, stderr=said)
        _, status, usage = os.wait4(child.pid, 0)
        child.returncode = os.waitstatus_to_exitcode(status)
        if child.returncode:
            said.seek(0)
            raise SystemExit(f"{command} ended with {child.returncode}:\n{said.read().decode()}")
    return Cost(time.perf_counter() - began, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024)


def our_push(bench: Bench, name: str) -> Cost:
    """Push the package's file."""
    return bench.ours("push", f"oci://{bench.host}/{name}:1", bench.package)


def our_pull(bench: Bench, name: str) -> Cost:
    """Pull into an empty cache; the signing key is known there."""
    shutil.rmtree(bench.place / "pulled", ignore_errors=True)
    shutil.copytree(bench.place / "home", bench.place / "pulled", ignore=shutil.ignore_patterns("blobs", "pipelines"))
    return bench.ours("pull", f"oci://{bench.host}/{name}:1", home="pulled")


def our_unchanged_push(bench: Bench, name: str) -> Cost:
    """Push what is there."""
    return our_push(bench, name)


def our_unchanged_pull(bench: Bench, name: str) -> Cost:
    """Pull what is in the cache."""
    return bench.ours("pull", f"oci://{bench.host}/{name}:1", home="pulled")


def plain(bench: Bench, *options: str) -> tuple[str, ...]:
    """The options that a client needs for plain http."""
    return options if bench.authority is None else ()


def oras_push(bench: Bench, name: str) -> Cost:
    """Push the same files."""
    files = sorted(str(path.relative_to(bench.layout)) for path in titled(bench.layout))
    arguments = ("push", *plain(bench, "--plain-http"), f"{bench.host}/{name}:1", *files)
    return bench.theirs("oras", *arguments, where=bench.layout)


def oras_pull(bench: Bench, name: str) -> Cost:
    """Pull them into an empty directory."""
    target = empty(bench.place / "files")
    return bench.theirs("oras", "pull", *plain(bench, "--plain-http"), f"{bench.host}/{name}:1", "--output", target)


def regctl_push(bench: Bench, name: str) -> Cost:
    """Copy the layout."""
    return bench.theirs("regctl", *regctl(bench), "image", "copy", f"ocidir://{bench.layout}:0.0.0", url(bench, name))


def regctl_pull(bench: Bench, name: str) -> Cost:
    """Copy into an empty layout."""
    target = empty(bench.place / "files")
    return bench.theirs("regctl", *regctl(bench), "image", "copy", url(bench, name), f"ocidir://{target}:1")


def regctl(bench: Bench) -> tuple[str, ...]:
    """How it is told to speak plain http."""
    return ("--host", f"reg={bench.host},tls={'disabled' if bench.authority is None else 'enabled'}")


def skopeo_pull(bench: Bench, name: str) -> Cost:
    """Copy into an empty layout."""
    target = empty(bench.place / "files")
    return bench.theirs(
        "skopeo", "copy", *plain(bench, "--src-tls-verify=false"), f"docker://{url(bench, name)}", f"oci:{target}:1"
    )


def url(bench: Bench, name: str) -> str:
    """A reference as the others write it."""
    return f"{bench.host}/{name}:1"


def empty(path: Path) -> Path:
    """An empty directory."""
    shutil.rmtree(path, ignore_errors=True)
    path.mkdir()
    return path


def titled(layout: Path) -> Iterator[Path]:
    """The files of the plain tree."""
    for name in ("manifest.json", "modules", "models", "meta"):
        path = layout / name
        yield from [path] if path.is_file() else (one for one in path.rglob("*") if one.is_file())


Step = Callable[[Bench, str], Cost]
# In the order they run: what was pushed is pulled.
CLIENTS: Mapping[str, Mapping[str, Step]] = {
    "oras": {"push": oras_push, "pull": oras_pull},
    "ours": {
        "push": our_push,
        "pull": our_pull,
        "unchanged push": our_unchanged_push,
        "unchanged pull": our_unchanged_pull,
    },
    "regctl": {"push": regctl_push, "pull": regctl_pull},
    # Its push would say nothing: it remembers which repository has a blob, and has it mounted from there.
    "skopeo": {"pull": skopeo_pull},
}
# Whose repository of the round a client uses, if not its own.
REPOSITORY_OF = {"skopeo": "ours"}
GOALS = {
    "push": "wall ≤ 0.75 x, CPU ≤ 0.6 x oras",
    "pull": "wall ≤ 0.95 x oras",
    "unchanged push": "≤ 0.3 s",
    "unchanged pull": "≤ 0.3 s",
}
TLS_GOALS = {"push": "wall ≤ 0.75 x oras", "pull": "wall ≤ 0.75 x oras"}


def compare(bench: Bench, imports: Cost) -> None:
    """Measure every client in turn, and print the table."""
    costs: dict[tuple[str, str], list[Cost]] = defaultdict(list)
    for number in range(ROUNDS):
        for client, steps in CLIENTS.items():
            for what, step in steps.items() if client == "ours" or bench.programs[client] else ():
                costs[what, client].append(step(bench, f"{REPOSITORY_OF.get(client, client)}{number}"))
            shutil.rmtree(bench.place / "files", ignore_errors=True)
    goals = GOALS if bench.authority is None else TLS_GOALS
    print(f"{'':<24}{'wall s':>8}{'CPU s':>8}{'RSS MiB':>9}{'wall':>9}{'CPU':>9}")
    for what in GOALS:
        for client, steps in CLIENTS.items():
            if what not in steps:
                continue
            if bench.programs.get(client, "") is None:
                print(f"{what:<16}{client:<8}is not installed")
                continue
            mine, theirs = costs[what, client], costs.get((what, "oras"), [])
            line = f"{what:<16}{client:<8}{median(mine, 'wall'):>8.2f}{median(mine, 'cpu'):>8.2f}"
            line += f"{median(mine, 'memory'):>9.0f}"
            for field in ("wall", "cpu") if theirs else ():
                line += f"{ratio(mine, theirs, field):>7.2f} x"
            print(f"{line}   {goals.get(what, '') if client == 'ours' else ''}".rstrip(), flush=True)
    most = max(median(costs[what, "ours"], "memory") for what in ("push", "pull")) - imports.memory
    print(f"memory of ours beyond {imports.memory:.0f} MiB of imports: {most:.0f} MiB   ≤ 60 MiB\n", flush=True)


def median(costs: list[Cost], field: str) -> float:
    """The median of one figure."""
    return statistics.median(float(getattr(cost, field)) for cost in costs)


def ratio(mine: list[Cost], theirs: list[Cost], field: str) -> float:
    """The median of neighbours' ratios."""
    pairs = zip(mine, theirs, strict=True)
    return statistics.median(float(getattr(one, field)) / float(getattr(other, field)) for one, other in pairs)


@contextmanager
def registry(place: Path, program: str, certificate: Path | None) -> Iterator[str]:
    """A registry on this machine, as `127.0.0.1:PORT`."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        host = f"127.0.0.1:{probe.getsockname()[1]}"
    tls = {} if certificate is None else {"tls": {"certificate": str(certificate), "key": str(certificate)}}
    settings = {
        "version": "0.1",
        "log": {"level": "error", "accesslog": {"disabled": True}},
        "storage": {"filesystem": {"rootdirectory": str(place / "storage")}},
        "http": {"addr": host, **tls},
    }
    (place / "registry.yml").write_text(json.dumps(settings))
    with (place / "registry.log").open("wb") as log:
        environ = {"HOME": str(place), "OTEL_TRACES_EXPORTER": "none"}
        command = [program, "serve", str(place / "registry.yml")]
        child = subprocess.Popen(command, stdout=log, stderr=log, env=environ)
    try:
        wait_for(host)
        yield host
    finally:
        child.terminate()
        child.wait()
        shutil.rmtree(place / "storage", ignore_errors=True)


def wait_for(host: str) -> None:
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


def build(place: Path) -> Path:
    """Build the package, and unpack it for the others."""
    project = place / "project"
    project.mkdir()
    (project / "pipeline.py").write_text(PIPELINE)
    with (project / "big.onnx").open("wb") as model:
        for _ in range(MIB):
            model.write(os.urandom(1 << 20))
    environ = {**os.environ, "REMOTEMEDIA_HOME": str(place / "home"), "REMOTEMEDIA_ENV": "development"}
    command = [sys.executable, "-m", "remotemedia.cli", "build", project / "pipeline.py", "--output", place]
    measured([*command], environ, place)
    (package,) = place.glob("*.rmpkg")
    (place / "layout").mkdir()
    with tarfile.open(package) as archive:
        archive.extractall(place / "layout", filter="data")
    shutil.rmtree(project)
    return package


def main() -> None:
    """Measure over plain http and TLS, or what is asked for."""
    installer = [sys.executable, str(REPOSITORY / "scripts" / "foreign_tools.py"), "--paths"]
    programs = json.loads(subprocess.run(installer, check=True, stdout=subprocess.PIPE).stdout)
    if programs["registry"] is None or programs["oras"] is None:
        raise SystemExit(
            "expected `registry` and `oras`: `python scripts/foreign_tools.py registry oras` installs them"
        )
    print(f"{os.cpu_count()} cores, Python {sys.version.split()[0]}, {ROUNDS} rounds, a model of {MIB} MiB\n")
    with tempfile.TemporaryDirectory(prefix="remotemedia-bench-") as name:
        place = Path(name)
        package = build(place)
        imports = measured([sys.executable, "-c", IMPORTS], os.environ, place)
        authority = Authority(place)
        certificates = {"http": None, "tls": authority.issue("127.0.0.1")}
        for scheme in sys.argv[1:] or certificates:
            print(f"over {scheme}, registry {Path(programs['registry']).parent.name.rpartition('-')[2]}")
            with registry(place, programs["registry"], certificates[scheme]) as host:
                trusted = authority.file if certificates[scheme] else None
                compare(Bench(place, package, host, trusted, programs), imports)


if __name__ == "__main__":
    main()
