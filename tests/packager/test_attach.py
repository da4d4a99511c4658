"""A further signature in a package file: the same package, and what was there stays byte for byte."""

from __future__ import annotations

import os
import tarfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from remotemedia.compiler import compile_file
from remotemedia.errors import PackageError
from remotemedia.packager import BuildOptions, attach, build, referrer_of
from remotemedia.packager._artifact import Referrer
from remotemedia.registry import Manifest, PackageArchive, bundles_of
from remotemedia.trust import SIGNATURE_PREDICATE, Keyring, Mode, SigningKey, TrustedKey, sign_statement, verify

SOURCE = """\
from remotemedia import Node, Pipeline


class Same(Node):
    def process(self, value):
        return value


p = Pipeline("same")
p.add(Same())
"""


def built(tmp_path: Path, key: SigningKey | None) -> tuple[Path, str]:
    source = tmp_path / "pipeline.py"
    source.write_text(SOURCE)
    os.utime(source, (1_700_000_000, 1_700_000_000))

    def attest(digest: str, kind: str, predicate: object) -> bytes:
        assert key is not None
        assert isinstance(predicate, dict)
        return sign_statement(key, digest, kind, predicate)

    options = BuildOptions({}, "1.2.3", attest=attest if key is not None else None)
    package = build(compile_file(source), tmp_path, options)
    return package.path, package.digest


def signature(package: Path, digest: str, key: SigningKey) -> Referrer:
    with PackageArchive(package) as archive:
        manifest = Manifest.parse(archive.manifest(digest))
    return referrer_of(sign_statement(key, digest, SIGNATURE_PREDICATE, {}), SIGNATURE_PREDICATE, manifest)


def blobs(package: Path) -> dict[str, bytes]:
    with tarfile.open(package) as archive:
        return {it.name: archive.extractfile(it).read() for it in archive if it.isreg()}  # type: ignore[union-attr]


def signers(package: Path, digest: str, *keys: SigningKey) -> set[str | None]:
    keyring = Keyring(TrustedKey(str(number), key.public) for number, key in enumerate(keys))
    with PackageArchive(package) as archive:
        assert archive.resolve(None).digest == digest
        return {it.name for it in verify(digest, bundles_of(archive, digest), keyring, Mode.DEVELOPMENT).signers}


@pytest.mark.parametrize("is_signed", [False, True])
def test_a_signature_is_added_to_those_that_are_there(tmp_path: Path, *, is_signed: bool) -> None:
    first, second, third = (SigningKey.generate() for _ in range(3))
    package, digest = built(tmp_path, first if is_signed else None)
    before = blobs(package)
    attach(package, digest, [signature(package, digest, second), signature(package, digest, third)])
    assert signers(package, digest, first, second, third) == ({"0", "1", "2"} if is_signed else {"1", "2"})
    after = blobs(package)
    replaced = {name for name, content in before.items() if after.get(name) != content}
    assert "index.json" in replaced
    assert len(replaced) == (2 if is_signed else 1)  # and the index of the referrers


def test_links_stand_behind_their_blobs_and_names_stay_free(tmp_path: Path) -> None:
    package, digest = built(tmp_path, SigningKey.generate())
    attach(package, digest, [signature(package, digest, SigningKey.generate()) for _ in range(2)])
    with tarfile.open(package) as archive:
        members = archive.getmembers()
        names = [it.name for it in members]
        for at, member in enumerate(members):
            if member.islnk():
                assert member.linkname in names[:at]
        (tmp_path / "tree").mkdir()
        archive.extractall(tmp_path / "tree", filter="data")
    assert len(set(names)) == len(names)
    meta = {it.name for it in (tmp_path / "tree" / "meta").iterdir() if "signature" in it.name}
    assert meta == {"signature.sigstore.json", "signature-2.sigstore.json", "signature-3.sigstore.json"}


def test_the_same_signature_is_added_once(tmp_path: Path) -> None:
    key = SigningKey.generate()
    package, digest = built(tmp_path, None)
    attach(package, digest, [signature(package, digest, key)])
    once = package.read_bytes()
    attach(package, digest, [signature(package, digest, key)])
    assert package.read_bytes() == once


def test_who_signs_at_the_same_time_loses_nothing(tmp_path: Path) -> None:
    package, digest = built(tmp_path, None)
    keys = [SigningKey.generate() for _ in range(6)]
    made = [signature(package, digest, key) for key in keys]
    with ThreadPoolExecutor(len(made)) as threads:
        list(threads.map(lambda it: attach(package, digest, [it]), made))
    assert len(signers(package, digest, *keys)) == len(keys)


def test_the_order_of_signing_is_all_that_the_bytes_depend_on(tmp_path: Path) -> None:
    keys = [SigningKey.generate() for _ in range(2)]
    files = []
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        package, digest = built(tmp_path / name, None)
        for key in keys:
            attach(package, digest, [signature(package, digest, key)])
        files.append(package.read_bytes())
    assert files[0] == files[1]


def test_mode_and_place_stay(tmp_path: Path) -> None:
    package, digest = built(tmp_path, None)
    package.chmod(0o640)
    there = sorted(tmp_path.iterdir())
    attach(package, digest, [signature(package, digest, SigningKey.generate())])
    assert package.stat().st_mode & 0o777 == 0o640
    assert sorted(tmp_path.iterdir()) == there


@given(st.data())
def test_a_changed_blob_is_not_signed_over(tmp_path_factory: pytest.TempPathFactory, data: st.DataObject) -> None:
    tmp_path = tmp_path_factory.mktemp("changed")
    package, digest = built(tmp_path, None)
    added = signature(package, digest, SigningKey.generate())
    with tarfile.open(package) as archive:
        entry = data.draw(st.sampled_from([it for it in archive if it.isreg() and it.name.startswith("blobs/")]))
    raw = bytearray(package.read_bytes())
    raw[entry.offset_data + data.draw(st.integers(0, entry.size - 1))] ^= 1
    package.write_bytes(raw)
    with pytest.raises(PackageError):
        attach(package, digest, [added])
    assert package.read_bytes() == raw
    assert [it.name for it in tmp_path.iterdir() if it.name.endswith(".tmp")] == []


def test_a_package_in_a_place_that_cannot_be_written_stays(tmp_path: Path) -> None:
    package, digest = built(tmp_path, None)
    before = package.read_bytes()
    added = signature(package, digest, SigningKey.generate())
    limited = os.fork()
    if limited == 0:  # the disk is full for this process alone
        import resource
        import signal

        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))
        try:
            attach(package, digest, [added])
        except PackageError as error:
            os._exit(7 if error.code == "RM307" else 1)
        os._exit(1)
    assert os.waitstatus_to_exitcode(os.waitpid(limited, 0)[1]) == 7
    assert package.read_bytes() == before


@pytest.mark.parametrize("mtime", ["nan", "inf", "-1", "99999999999999"])
def test_a_package_of_no_time_gets_its_signature(tmp_path: Path, mtime: str) -> None:
    package, digest = built(tmp_path, None)
    record = f"mtime={mtime}\n"
    info = tarfile.TarInfo("x")
    info.type, info.size = tarfile.XHDTYPE, len(record) + 3
    package.write_bytes(
        info.tobuf(tarfile.USTAR_FORMAT) + f"{info.size} {record}".encode().ljust(512, b"\0") + package.read_bytes()
    )
    key = SigningKey.generate()
    attach(package, digest, [signature(package, digest, key)])
    assert len(signers(package, digest, key)) == 1
