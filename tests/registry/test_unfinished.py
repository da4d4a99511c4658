"""Uploads that a process did not finish, and what becomes of them when another one sends the same blob."""

import fcntl
import os
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from remotemedia.errors import RegistryError, RemoteMediaError
from remotemedia.registry import BytesContent, Descriptor, HttpRegistry, RetryPolicy
from tests.registry.transfers import NAME, QUICK
from tests.simulators.registry import RegistrySimulator

MIB = 1 << 20
BLOB = b"0123456789abcdef" * (4 * MIB // 16)
DESCRIPTOR = Descriptor.of("application/octet-stream", BLOB)


class PowerCutError(Exception):
    """The end of a process, as far as its uploads can tell."""


class CutShort:
    """A blob whose process ends when so many bytes of it are sent."""

    def __init__(self, count: int) -> None:
        self._count = count

    def read(self, start: int = 0) -> Iterator[bytes]:
        yield BLOB[start : self._count]
        raise PowerCutError

    def pieces(self, start: int = 0) -> Iterator[bytes]:
        return self.read(start)

    def refusal(self, why: str) -> RemoteMediaError:
        raise AssertionError(why)


@pytest.fixture
def uploads(tmp_path: Path) -> Path:
    return tmp_path / "home/uploads"


def client(simulator: RegistrySimulator, uploads: Path, environ: dict[str, str] | None = None) -> HttpRegistry:
    return HttpRegistry(simulator.host, NAME, environ=environ or {}, retry=QUICK, uploads=uploads)


def cut_short(simulator: RegistrySimulator, uploads: Path, count: int = 2 * MIB) -> Path:
    """Send so many bytes, and give the file that remembers the upload; the log starts empty."""
    with pytest.raises(PowerCutError):
        client(simulator, uploads, simulator.login()).put_blob(DESCRIPTOR, CutShort(count))
    upload = next(iter(simulator.uploads.values()), None)
    while upload is not None and (len(upload.data) < count or upload.adding.locked()):
        pass  # they are on their way
    simulator.requests.clear()
    (path,) = uploads.iterdir()
    return path


def put(simulator: RegistrySimulator, uploads: Path, environ: dict[str, str] | None = None) -> None:
    client(simulator, uploads, environ).put_blob(DESCRIPTOR, BytesContent(BLOB))
    assert simulator.repository(NAME).blobs[DESCRIPTOR.digest] == BLOB
    assert not list(uploads.glob("*"))


def methods(simulator: RegistrySimulator) -> list[str]:
    return [request.method for request in simulator.requests]


def test_another_process_goes_on_with_an_upload(registry_simulator: RegistrySimulator, uploads: Path) -> None:
    cut_short(registry_simulator, uploads)
    put(registry_simulator, uploads)
    assert methods(registry_simulator) == ["GET", "PATCH", "PUT"]
    assert registry_simulator.received == len(BLOB)


def test_one_that_has_arrived_whole_is_only_finished(registry_simulator: RegistrySimulator, uploads: Path) -> None:
    registry_simulator.faults.upload_cuts = [len(BLOB)]
    once = RetryPolicy(attempts=1)
    with pytest.raises(RegistryError):
        HttpRegistry(registry_simulator.host, NAME, environ={}, retry=once, uploads=uploads).put_blob(
            DESCRIPTOR, BytesContent(BLOB)
        )
    put(registry_simulator, uploads)
    assert methods(registry_simulator) == ["POST", "PUT", "GET", "PUT"]
    assert registry_simulator.received == len(BLOB)


def test_it_is_gone_on_with_in_pieces_where_these_are_asked_for(
    registry_simulator: RegistrySimulator, uploads: Path
) -> None:
    cut_short(registry_simulator, uploads)
    put(registry_simulator, uploads, {"REMOTEMEDIA_UPLOAD_CHUNK": "1"})
    assert methods(registry_simulator) == ["GET", "PATCH", "PATCH", "PUT"]
    assert registry_simulator.received == len(BLOB)


def test_only_the_user_sees_where_it_is(registry_simulator: RegistrySimulator, uploads: Path) -> None:
    path = cut_short(registry_simulator, uploads)
    assert b"state=" in path.read_bytes()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(uploads.stat().st_mode) == 0o700
    registry_simulator.faults.refuses_digests = True
    with pytest.raises(RegistryError) as caught:
        put(registry_simulator, uploads)
    assert "state=" not in f"{caught.value} {caught.value.details}"


def test_each_registry_repository_and_blob_has_its_own(registry_simulator: RegistrySimulator, uploads: Path) -> None:
    cut_short(registry_simulator, uploads)
    HttpRegistry(registry_simulator.host, "other", environ={}, retry=QUICK, uploads=uploads).put_blob(
        DESCRIPTOR, BytesContent(BLOB)
    )
    other = BLOB[::-1]
    descriptor = Descriptor.of("application/octet-stream", other)
    client(registry_simulator, uploads).put_blob(descriptor, BytesContent(other))
    assert "GET" not in methods(registry_simulator)
    put(registry_simulator, uploads)


def test_a_small_blob_is_not_worth_a_file(registry_simulator: RegistrySimulator, uploads: Path) -> None:
    client(registry_simulator, uploads).put_blob(Descriptor.of("text/plain", b"small"), BytesContent(b"small"))
    assert not uploads.exists()


# Registries that do not remember, or not rightly


def test_a_registry_that_has_forgotten_it_gets_everything(registry_simulator: RegistrySimulator, uploads: Path) -> None:
    cut_short(registry_simulator, uploads)
    registry_simulator.uploads.clear()
    put(registry_simulator, uploads)
    assert methods(registry_simulator) == ["GET", "HEAD", "POST", "PUT"]


def test_a_registry_that_keeps_nothing_of_a_broken_request_gets_everything(uploads: Path) -> None:
    with RegistrySimulator() as simulator:
        simulator.faults.forgets_broken = True
        with pytest.raises(PowerCutError):
            client(simulator, uploads).put_blob(DESCRIPTOR, CutShort(MIB))
        while simulator.uploads:
            pass
        put(simulator, uploads)
        assert simulator.received == len(BLOB) + MIB


@pytest.mark.parametrize("told", ["", "x", "0-99999999999999", f"0-{len(BLOB)}", "5-9"])
def test_what_cannot_have_arrived_is_not_believed(
    registry_simulator: RegistrySimulator, uploads: Path, told: str
) -> None:
    cut_short(registry_simulator, uploads)
    registry_simulator.faults.told = [told]
    put(registry_simulator, uploads)
    assert methods(registry_simulator) == ["GET", "HEAD", "POST", "PUT"]


def test_a_registry_that_was_behind_is_asked_again(registry_simulator: RegistrySimulator, uploads: Path) -> None:
    """As one is that has not read all yet of what the other process had sent."""
    cut_short(registry_simulator, uploads)
    registry_simulator.faults.told = ["0-99"]
    put(registry_simulator, uploads)
    assert methods(registry_simulator) == ["GET", "PATCH", "GET", "PATCH", "PUT"]
    assert registry_simulator.received == len(BLOB)


def test_a_registry_that_stays_behind_gets_everything(registry_simulator: RegistrySimulator, uploads: Path) -> None:
    cut_short(registry_simulator, uploads)
    registry_simulator.faults.told = ["0-99", "0-99"]
    put(registry_simulator, uploads)
    assert methods(registry_simulator) == ["GET", "PATCH", "GET", "HEAD", "POST", "PUT"]


def test_a_registry_that_claims_to_have_it_all_gets_everything(
    registry_simulator: RegistrySimulator, uploads: Path
) -> None:
    cut_short(registry_simulator, uploads)
    registry_simulator.faults.told = [f"0-{len(BLOB) - 1}"]
    put(registry_simulator, uploads)
    assert methods(registry_simulator) == ["GET", "PUT", "POST", "PUT"]


def test_wrong_bytes_of_another_process_cost_one_upload(registry_simulator: RegistrySimulator, uploads: Path) -> None:
    cut_short(registry_simulator, uploads)
    (upload,) = registry_simulator.uploads.values()
    upload.data[0] ^= 1
    put(registry_simulator, uploads)
    assert methods(registry_simulator) == ["GET", "PATCH", "PUT", "POST", "PUT"]


def test_a_registry_that_refuses_it_anew_as_well_is_reported(
    registry_simulator: RegistrySimulator, uploads: Path
) -> None:
    cut_short(registry_simulator, uploads)
    registry_simulator.faults.refuses_digests = True
    with pytest.raises(RegistryError) as caught:
        put(registry_simulator, uploads)
    assert caught.value.code == "RM406"
    assert methods(registry_simulator) == ["GET", "PATCH", "PUT", "POST", "PUT"]
    assert list(uploads.iterdir()) == []


def test_a_registry_that_is_busy_is_asked_again(registry_simulator: RegistrySimulator, uploads: Path) -> None:
    cut_short(registry_simulator, uploads)
    registry_simulator.faults.unavailable = 1
    put(registry_simulator, uploads)
    assert registry_simulator.received == len(BLOB)


def test_a_registry_that_is_away_keeps_the_upload_for_later(
    registry_simulator: RegistrySimulator, uploads: Path
) -> None:
    cut_short(registry_simulator, uploads)
    registry_simulator.faults.unavailable = 4
    with pytest.raises(RegistryError) as caught:
        put(registry_simulator, uploads)
    assert caught.value.code == "RM404"
    put(registry_simulator, uploads)
    assert registry_simulator.received == len(BLOB)


def test_who_is_not_logged_in_any_more_goes_on_after_logging_in(uploads: Path) -> None:
    with RegistrySimulator(auth="token") as simulator:
        cut_short(simulator, uploads)
        with pytest.raises(RegistryError) as caught:
            put(simulator, uploads)
        assert caught.value.code == "RM403"
        put(simulator, uploads, simulator.login())
        assert simulator.received == len(BLOB)


# Files


def test_what_nobody_went_on_with_for_a_day_is_forgotten(registry_simulator: RegistrySimulator, uploads: Path) -> None:
    path = cut_short(registry_simulator, uploads)
    before = path.stat().st_mtime - 25 * 3600
    os.utime(path, (before, before))
    (uploads / "0.json").touch()
    os.utime(uploads / "0.json", (before, before))
    put(registry_simulator, uploads)
    assert methods(registry_simulator) == ["POST", "PUT"]


@pytest.mark.parametrize(
    "damage",
    [
        lambda _: b"",
        lambda line: line[:-10],
        lambda _: b"{}\n",
        lambda _: b"[" * 100_000 + b"\n",
        lambda line: line.replace(b'"location":"', b'"location":["').replace(b'"}', b'"]}'),
        lambda line: line.replace(DESCRIPTOR.digest.encode(), b"sha256:0"),
        lambda line: line.replace(b"/v2/", b"/v3/"),
    ],
    ids=["empty", "cut off", "without an address", "deep", "of another shape", "another blob's", "another registry's"],
)
def test_a_damaged_file_is_as_none(registry_simulator: RegistrySimulator, uploads: Path, damage: "type[bytes]") -> None:
    path = cut_short(registry_simulator, uploads)
    path.write_bytes(damage(path.read_bytes()))
    put(registry_simulator, uploads)
    assert methods(registry_simulator) == ["POST", "PUT"]


def test_what_stands_behind_the_line_is_of_no_meaning(registry_simulator: RegistrySimulator, uploads: Path) -> None:
    path = cut_short(registry_simulator, uploads)
    path.write_bytes(path.read_bytes() + b'tate=abcd"}\n')
    put(registry_simulator, uploads)
    assert registry_simulator.received == len(BLOB)


def test_a_home_that_cannot_be_written_only_loses_the_resumption(
    registry_simulator: RegistrySimulator, tmp_path: Path
) -> None:
    (tmp_path / "home").write_bytes(b"not a directory")
    client(registry_simulator, tmp_path / "home/uploads").put_blob(DESCRIPTOR, BytesContent(BLOB))
    assert registry_simulator.repository(NAME).blobs[DESCRIPTOR.digest] == BLOB


def test_two_at_the_same_upload_do_not_meet(registry_simulator: RegistrySimulator, uploads: Path) -> None:
    path = cut_short(registry_simulator, uploads)
    held = path.read_bytes()
    with path.open("rb") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        client(registry_simulator, uploads).put_blob(DESCRIPTOR, BytesContent(BLOB))
        assert methods(registry_simulator) == ["POST", "PUT"]
    assert path.read_bytes() == held


def test_a_link_is_not_followed(registry_simulator: RegistrySimulator, uploads: Path, tmp_path: Path) -> None:
    path = cut_short(registry_simulator, uploads)
    path.rename(tmp_path / "elsewhere")
    path.symlink_to(tmp_path / "elsewhere")
    client(registry_simulator, uploads).put_blob(DESCRIPTOR, BytesContent(BLOB))
    assert methods(registry_simulator) == ["POST", "PUT"]
