"""A full disk and read-only directories, at each write: a typed error, and nothing half written."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from remotemedia.errors import RemoteMediaError
from tests.hostile_packages.obstacles import full_beyond, read_only
from tests.hostile_packages.writes import PACKAGE, WRITES, Write
from tests.registry.transfers import client, push
from tests.simulators.registry import RegistrySimulator

PARTIAL = ".part-"
LOCKS = (".lock", ".approvals.lock")


@pytest.fixture
def simulator(tmp_path: Path) -> Iterator[RegistrySimulator]:
    """A registry that holds the package as `1.0`."""
    with RegistrySimulator() as registry:
        push(PACKAGE, client(registry), tmp_path)
        yield registry


@pytest.fixture(params=WRITES, ids=[row.name for row in WRITES])
def row(request: pytest.FixtureRequest) -> Write:
    """Each of the table."""
    found: Write = request.param
    return found


def prepared(row: Write, place: Path, simulator: RegistrySimulator) -> Path:
    place.mkdir(mode=0o700)
    row.before(place, simulator)
    return place


def content(place: Path) -> dict[str, bytes]:
    """Give all files but locks and what an attempt has left for the next one."""
    files = (path for path in place.rglob("*") if path.is_file())
    return {
        str(path.relative_to(place)): path.read_bytes()
        for path in files
        if not path.name.startswith(PARTIAL) and not path.name.endswith(LOCKS)
    }


def kept(row: Write, before: dict[str, bytes]) -> dict[str, bytes]:
    return {name: data for name, data in before.items() if name not in row.grows}


def written(row: Write, place: Path, simulator: RegistrySimulator) -> set[int]:
    """Give the sizes of the files that the operation makes."""
    before = content(prepared(row, place, simulator))
    row.run(place, simulator)
    return {len(data) for name, data in content(place).items() if before.get(name) != data}


def test_a_full_disk_at_each_write_leaves_nothing_half_written(
    row: Write, simulator: RegistrySimulator, tmp_path: Path
) -> None:
    for size in sorted(written(row, tmp_path / "whole", simulator) - {0}):
        place = prepared(row, tmp_path / str(size), simulator)
        before = content(place)
        with full_beyond(size - 1), pytest.raises(RemoteMediaError) as caught:
            row.run(place, simulator)
        assert caught.value.code in row.codes, size
        row.check(place)
        assert not hidden(place), size
        assert kept(row, before).items() <= content(place).items(), size
        row.run(place, simulator)
        row.check(place)
        assert not list(place.rglob(f"{PARTIAL}*"))


def test_a_read_only_directory_is_reported_and_nothing_half_written(
    row: Write, simulator: RegistrySimulator, tmp_path: Path
) -> None:
    whole = prepared(row, tmp_path / "whole", simulator)
    row.run(whole, simulator)
    directories = [it.relative_to(whole) for it in (whole, *whole.rglob("*")) if it.is_dir()]
    directories = [it for it in directories if not is_entry(it)]
    refused = 0
    for number, name in enumerate(directories):
        place = prepared(row, tmp_path / str(number), simulator)
        (place / name).mkdir(parents=True, exist_ok=True)
        before = content(place)
        with read_only(place / name):
            code = code_of(row, place, simulator)
        assert code in row.codes | {None}, name
        refused += code is not None
        row.check(place)
        assert not hidden(place), name
        assert kept(row, before).items() <= content(place).items(), name
        row.run(place, simulator)
        row.check(place)
        with read_only(place / name):  # where all is there already
            assert code_of(row, place, simulator) in row.codes | {None}, name
        row.check(place)
    assert refused


def is_entry(path: Path) -> bool:
    """Say whether a directory is, or is in, a package of the cache: one that is empty would be a damaged package."""
    return "pipelines" in path.parts[:-1]


def code_of(row: Write, place: Path, simulator: RegistrySimulator) -> str | None:
    try:
        row.run(place, simulator)
    except RemoteMediaError as error:
        return error.code
    return None


def hidden(place: Path) -> list[str]:
    """Give what was begun and given up, but for what the next attempt goes on with."""
    names = [path.name for path in place.rglob(".*")]
    return [name for name in names if not name.startswith(PARTIAL) and not name.endswith(LOCKS)]


PULL = """
import os, sys
from pathlib import Path
from remotemedia.errors import RemoteMediaError
from remotemedia.registry import Cache, HttpRegistry
place, host, name = Path(sys.argv[1]), sys.argv[2], sys.argv[3]
registry = HttpRegistry(host, name, environ={})
try:
    Cache(place).add(registry, registry.resolve("1.0"), None)
except RemoteMediaError as error:
    print(error.code, Cache(place).verify(), Cache(place).list())
"""


def test_a_file_system_that_is_full_is_reported(simulator: RegistrySimulator, tmp_path: Path) -> None:
    """In one of its own, which takes less than the package; that needs user namespaces."""
    script = 'mount -t tmpfs -o size=1m none "$1" && shift && exec "$@"'
    command = ["unshare", "--user", "--map-root-user", "--mount", "sh", "-c", script, "sh", str(tmp_path)]
    if subprocess.run([*command, "true"], capture_output=True, check=False).returncode != 0:
        pytest.skip("this system has no user namespaces")
    environ = {**os.environ, "PYTHONDONTWRITEBYTECODE": "1"}
    pull = [sys.executable, "-c", PULL, str(tmp_path / "home"), simulator.host, "voice/tts"]
    done = subprocess.run([*command, *pull], capture_output=True, text=True, env=environ, check=False)
    assert done.stdout.split(maxsplit=1) == ["RM408", "() ()\n"], done.stderr
