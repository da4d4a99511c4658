"""Blobs on their way down: lost connections, odd ranges, several connections, and attempts that go on later."""

import os
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from remotemedia.errors import RegistryError
from remotemedia.registry import Descriptor, HttpRegistry, LayoutDirectory, RetryPolicy, hex_of
from remotemedia.registry import _download as download
from remotemedia.registry._content import SourceContent
from remotemedia.registry._transport import Timeouts
from tests.registry.samples import Package, make_package
from tests.registry.transfers import NAME, QUICK, client, pull, push, refusal
from tests.simulators.registry import RegistrySimulator

KIB = 1 << 10


@pytest.fixture
def ranged(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let blobs of this directory's size be worth several connections, and none of them be fast."""
    for name, value in {"RANGED_BYTES": 512 * KIB, "_TRIAL_BYTES": 128 * KIB, "_PIECE_BYTES": 100 * KIB}.items():
        monkeypatch.setattr(download, name, value)
    monkeypatch.setattr(download, "_FAST", float("inf"))


def ranges(simulator: RegistrySimulator, package: Package) -> list[str]:
    """What was asked for of the model."""
    path = f"/v2/{NAME}/blobs/{package.model.digest}"
    asked = [one for one in simulator.requests if one.method == "GET" and one.path == path]
    return [one.headers.get("range", "").removeprefix("bytes=") for one in asked]


def model_of(layout: LayoutDirectory, package: Package) -> bytes:
    return b"".join(layout.open_blob(package.model))


@pytest.mark.usefixtures("ranged")
def test_a_big_blob_comes_over_several_connections(held: RegistrySimulator, package: Package, tmp_path: Path) -> None:
    layout = pull(client(held), tmp_path / "a")
    assert model_of(layout, package) == package.blobs[package.model.digest]
    asked = ranges(held, package)
    assert asked[0] == f"0-{128 * KIB - 1}"
    assert f"{128 * KIB}-{228 * KIB - 1}" in asked
    assert len(asked) == 1 + -(-(package.model.size - 128 * KIB) // (100 * KIB))
    assert held.sent == sum(len(data) for data in package.blobs.values()) + package_overlap(package)


def package_overlap(package: Package) -> int:
    """The empty configuration of referrers is fetched for each of them."""
    return 2 * (len(package.referrers) - 1)


@pytest.mark.usefixtures("ranged")
def test_a_fast_connection_gets_no_company(
    held: RegistrySimulator, package: Package, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(download, "_FAST", 0)
    pull(client(held), tmp_path / "a")
    assert ranges(held, package) == [f"0-{128 * KIB - 1}", f"{128 * KIB}-"]


@pytest.mark.usefixtures("ranged")
def test_pieces_that_are_cut_off_go_on_where_they_stopped(
    held: RegistrySimulator, package: Package, tmp_path: Path
) -> None:
    held.faults.resets = {package.model.digest: [50 * KIB] * 6}
    layout = pull(client(held), tmp_path / "a")
    assert model_of(layout, package) == package.blobs[package.model.digest]
    everything = sum(len(data) for data in package.blobs.values()) + package_overlap(package)
    assert held.sent == everything


@pytest.mark.usefixtures("ranged")
def test_a_registry_without_ranges_sends_it_all_at_once(
    held: RegistrySimulator, package: Package, tmp_path: Path
) -> None:
    held.faults.ignores_range = True
    layout = pull(client(held), tmp_path / "a")
    assert model_of(layout, package) == package.blobs[package.model.digest]
    assert len(ranges(held, package)) == 1


@pytest.mark.usefixtures("ranged")
def test_a_registry_that_gives_less_than_was_asked_for_is_asked_again(
    held: RegistrySimulator, package: Package, tmp_path: Path
) -> None:
    held.faults.longest_range = 30 * KIB
    layout = pull(client(held), tmp_path / "a")
    assert model_of(layout, package) == package.blobs[package.model.digest]


def test_a_registry_that_gives_a_byte_at_a_time_is_given_up(
    held: RegistrySimulator, package: Package, tmp_path: Path
) -> None:
    held.faults.resets = {package.model.digest: [100_000]}
    held.faults.longest_range = 1
    assert refusal(client(held), tmp_path).code == "RM404"
    assert len([path for path in held.paths("GET") if package.model.digest in path]) <= 2 * QUICK.attempts


@pytest.mark.parametrize("answer", ["bytes 7-8/9", "bytes 100000-99/*", "bytes */5", "", "bytes 0-1"])
def test_a_part_that_was_not_asked_for_is_refused(
    held: RegistrySimulator, package: Package, tmp_path: Path, answer: str
) -> None:
    held.faults.resets = {package.model.digest: [100_000]}
    held.faults.wrong_range = answer
    assert refusal(client(held), tmp_path).code == "RM406"


def test_a_part_of_a_blob_of_another_size_is_refused(held: RegistrySimulator, package: Package, tmp_path: Path) -> None:
    held.faults.resets = {package.model.digest: [100_000]}
    held.faults.wrong_range = f"bytes 100000-{package.model.size - 1}/{package.model.size + 1}"
    assert "expected a part of" in str(refusal(client(held), tmp_path))


def test_a_registry_that_refuses_ranges_sends_it_all_again(
    held: RegistrySimulator, package: Package, tmp_path: Path
) -> None:
    held.faults.resets, held.faults.refuses_range = {package.model.digest: [100_000]}, True
    layout = pull(client(held), tmp_path / "a")
    assert model_of(layout, package) == package.blobs[package.model.digest]


@pytest.mark.parametrize("fault", ["drips", "silent"])
def test_a_registry_that_stalls_is_given_up(
    held: RegistrySimulator, package: Package, tmp_path: Path, fault: str
) -> None:
    ends = threading.Event()
    held.faults.drips, held.faults.silent = (0.005, None) if fault == "drips" else (None, ends)
    registry = HttpRegistry(
        held.host,
        NAME,
        environ={},
        retry=RetryPolicy(attempts=1),
        timeouts=Timeouts(stall=0.1, window=0.1),
    )
    with pytest.raises(RegistryError) as caught:
        LayoutDirectory(tmp_path / "a").put_blob(package.model, _content(registry, package.model))
    ends.set()
    assert caught.value.code == "RM404"
    assert str(caught.value).endswith("it sends next to nothing" if fault == "drips" else "it did not answer in time")


# Attempts that go on later


def test_what_was_received_is_kept_and_the_next_attempt_goes_on(
    held: RegistrySimulator, package: Package, tmp_path: Path
) -> None:
    held.faults.resets = {package.model.digest: [1_000_000] + [10] * 10}
    assert refusal(client(held), tmp_path).code == "RM404"
    partial = tmp_path / "refused/blobs/sha256" / f".part-{hex_of(package.model.digest)}"
    received = partial.stat().st_size
    assert received >= 1_000_000
    held.faults.resets = {}
    held.requests.clear()
    layout = pull(client(held), tmp_path / "refused")
    assert ranges(held, package) == [f"{received}-"]
    assert model_of(layout, package) == package.blobs[package.model.digest]
    assert not partial.exists()


PULL = """
import sys
from pathlib import Path
from remotemedia.registry import HttpRegistry, LayoutDirectory, copy
registry = HttpRegistry(sys.argv[1], sys.argv[2], environ={})
copy(registry, LayoutDirectory(Path(sys.argv[3])), registry.resolve("1.0"), tag="1.0")
"""


def test_after_a_kill_another_process_goes_on_and_no_byte_is_sent_twice(
    registry_simulator: RegistrySimulator, tmp_path: Path
) -> None:
    package = make_package(model_size=8 << 20)
    push(package, client(registry_simulator), tmp_path)
    half = 4 << 20
    faults = registry_simulator.faults
    faults.silent, faults.silent_after = threading.Event(), half
    partial = tmp_path / "a/blobs/sha256" / f".part-{hex_of(package.model.digest)}"
    command = [sys.executable, "-c", PULL, registry_simulator.host, NAME, str(tmp_path / "a")]
    with subprocess.Popen(command) as first:
        while not partial.exists() or partial.stat().st_size < half:
            time.sleep(0.01)
        first.kill()
    faults.silent.set()
    registry_simulator.requests.clear()
    subprocess.run(command, check=True)
    assert ranges(registry_simulator, package) == [f"{half}-"]
    assert model_of(LayoutDirectory(tmp_path / "a"), package) == package.blobs[package.model.digest]


@pytest.mark.parametrize("left", ["damaged", "too long", "whole", "whole but damaged"])
def test_what_an_earlier_attempt_left_is_hashed_before_it_is_used(
    held: RegistrySimulator, package: Package, tmp_path: Path, left: str
) -> None:
    data = package.blobs[package.model.digest]
    damaged = bytes([data[0] ^ 1]) + data[1:]
    found = {"damaged": damaged[:1_000_000], "too long": data + b"x", "whole": data, "whole but damaged": damaged}[left]
    blobs = tmp_path / "a/blobs/sha256"
    blobs.mkdir(parents=True)
    (blobs / f".part-{hex_of(package.model.digest)}").write_bytes(found)
    layout = pull(client(held), tmp_path / "a")
    assert model_of(layout, package) == data
    expected = {"damaged": ["1000000-", ""], "too long": [""], "whole": [], "whole but damaged": [""]}
    assert ranges(held, package) == expected[left]
    assert list(blobs.glob(".*")) == []


def test_bytes_that_are_wrong_twice_leave_nothing(held: RegistrySimulator, package: Package, tmp_path: Path) -> None:
    held.faults.tampered = {package.model.digest}
    blobs = tmp_path / "refused/blobs/sha256"
    blobs.mkdir(parents=True)
    (blobs / f".part-{hex_of(package.model.digest)}").write_bytes(package.blobs[package.model.digest][:1000])
    assert refusal(client(held), tmp_path).code == "RM405"
    assert ranges(held, package) == ["1000-", ""]


def test_a_link_in_the_place_of_a_partial_blob_is_not_followed(package: Package, tmp_path: Path) -> None:
    blobs = tmp_path / "a/blobs/sha256"
    blobs.mkdir(parents=True)
    (tmp_path / "precious").write_text("kept")
    (blobs / f".part-{hex_of(package.model.digest)}").symlink_to(tmp_path / "precious")
    with pytest.raises(RegistryError) as caught:
        package.write(tmp_path / "a")
    assert caught.value.code == "RM408"
    assert (tmp_path / "precious").read_text() == "kept"


def test_one_blob_is_fetched_once_by_two_at_the_same_time(
    held: RegistrySimulator, package: Package, tmp_path: Path
) -> None:
    held.faults.silent = threading.Event()
    layouts = [LayoutDirectory(tmp_path / "a") for _ in range(2)]
    threads = [
        threading.Thread(target=layout.put_blob, args=(package.model, _content(client(held), package.model)))
        for layout in layouts
    ]
    for thread in threads:
        thread.start()
    held.faults.silent.set()
    for thread in threads:
        thread.join()
    assert model_of(layouts[0], package) == package.blobs[package.model.digest]
    assert len(ranges(held, package)) == 1
    assert [path.name for path in (tmp_path / "a/blobs/sha256").iterdir()] == [hex_of(package.model.digest)]


def test_a_full_disk_keeps_what_was_received(held: RegistrySimulator, package: Package, tmp_path: Path) -> None:
    script = f"import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (1_000_000, 1_000_000))\n{PULL}"
    done = subprocess.run(
        [sys.executable, "-c", script, held.host, NAME, str(tmp_path / "a")],
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"},
        check=False,
    )
    assert "RM408" in done.stderr or "cannot be written: File too large" in done.stderr
    assert (tmp_path / "a/blobs/sha256" / f".part-{hex_of(package.model.digest)}").stat().st_size == 1_000_000
    layout = pull(client(held), tmp_path / "a")
    assert model_of(layout, package) == package.blobs[package.model.digest]
    assert ranges(held, package)[-1] == "1000000-"


def _content(registry: HttpRegistry, descriptor: Descriptor) -> SourceContent:
    return SourceContent(registry, descriptor, lambda _: None, lambda: None)
