"""The tar: what is in it, in which order, and that other programs read it."""

import hashlib
import io
import resource
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest
from hypothesis import given, reject, settings
from hypothesis import strategies as st

from remotemedia.errors import PackageError
from remotemedia.packager import _tar, build
from remotemedia.registry import PackageArchive
from tests.packager.projects import EPOCH, Project, options

TAR = "/bin/tar"


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return Project(
        tmp_path / "project",
        models={"weights/vad.onnx": b"\x08" * 3000, "a.onnx": b"\x09" * 10},
        files={"speech.wav": b"RIFF", "empty.txt": b""},
    ).write()


def extract(package: Path, target: Path) -> Path:
    """Unpacks with GNU tar, as a user would."""
    target.mkdir()
    subprocess.run([TAR, "-xf", package, "-C", target], check=True)
    return target


def test_gnu_tar_lists_links_right_after_their_blobs(project: Project, tmp_path: Path) -> None:
    package = project.build(tmp_path / "out").path
    listed = subprocess.run([TAR, "-tf", package], check=True, capture_output=True, text=True).stdout.splitlines()
    plain = [name for name in listed if not name.startswith("blobs/")]
    assert plain == [
        "oci-layout",
        "index.json",
        "modules/",
        "models/",
        "meta/",
        "meta/signature.sigstore.json",
        "meta/provenance.sigstore.json",
        "meta/sbom.sigstore.json",
        "manifest.json",
        "meta/provenance.json",
        "meta/runtime.json",
        "meta/sbom.cdx.json",
        "modules/speech.pynode",
        "modules/files/empty.txt",
        "modules/files/speech.wav",
        "models/a.onnx",
        "models/weights/vad.onnx",
    ]
    with tarfile.open(package) as archive:
        last_blob = ""
        for entry in archive:
            if entry.islnk():
                assert entry.linkname == last_blob
            elif not entry.isdir():
                assert entry.isreg()
                last_blob = entry.name


def test_entries_say_nothing_of_the_machine(project: Project, tmp_path: Path) -> None:
    with tarfile.open(project.build(tmp_path / "out").path) as archive:
        facts = {(entry.uid, entry.gid, entry.uname, entry.gname, entry.mode, entry.mtime) for entry in archive}
    assert facts == {(0, 0, "", "", 0o644, EPOCH), (0, 0, "", "", 0o755, EPOCH)}


def test_every_blob_is_stored_once_under_its_digest(project: Project, tmp_path: Path) -> None:
    with tarfile.open(project.build(tmp_path / "out").path) as archive:
        blobs = [entry for entry in archive if entry.isreg() and entry.name.startswith("blobs/")]
        assert len({blob.name for blob in blobs}) == len(blobs)
        for blob in blobs:
            stream = archive.extractfile(blob)
            assert stream is not None
            assert f"blobs/sha256/{hashlib.sha256(stream.read()).hexdigest()}" == blob.name


def test_extraction_gives_the_plain_tree(project: Project, tmp_path: Path) -> None:
    tree = extract(project.build(tmp_path / "out").path, tmp_path / "tree")
    assert (tree / "models/weights/vad.onnx").read_bytes() == b"\x08" * 3000
    assert (tree / "modules/files/speech.wav").read_bytes() == b"RIFF"
    assert (tree / "modules/files/empty.txt").read_bytes() == b""
    assert (tree / "manifest.json").samefile(
        tree / "blobs/sha256" / hashlib.sha256((tree / "manifest.json").read_bytes()).hexdigest()
    )


def test_python_extracts_it_with_the_data_filter(project: Project, tmp_path: Path) -> None:
    with tarfile.open(project.build(tmp_path / "out").path) as archive:
        archive.extractall(tmp_path / "tree", filter="data")
    assert (tmp_path / "tree/models/a.onnx").read_bytes() == b"\x09" * 10


def test_files_of_equal_content_are_one_blob_with_two_names(tmp_path: Path) -> None:
    project = Project(tmp_path / "project", models={"a.bin": b"same", "b.bin": b"same"}, files={"c.bin": b"same"})
    tree = extract(project.write().build(tmp_path / "out").path, tmp_path / "tree")
    names = ["models/a.bin", "models/b.bin", "modules/files/c.bin"]
    assert {(tree / name).stat().st_ino for name in names} == {(tree / names[0]).stat().st_ino}
    assert (tree / names[0]).read_bytes() == b"same"


def test_a_file_may_equal_a_document_of_the_package(tmp_path: Path) -> None:
    """The empty config `{}` of the referrers is a blob as well."""
    project = Project(tmp_path / "project", files={"settings.json": b"{}"}).write()
    tree = extract(project.build(tmp_path / "out").path, tmp_path / "tree")
    assert (tree / "modules/files/settings.json").read_bytes() == b"{}"


segments = st.text(
    st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="/\\"), min_size=1, max_size=80
).filter(lambda text: text.isprintable() and text not in {".", ".."} and len(text.encode()) <= 200)
paths = st.lists(segments, min_size=1, max_size=4).map("/".join)


@settings(max_examples=40, deadline=None)
@given(path=paths, name=st.text(st.characters(exclude_categories=["Cs"]), max_size=200), content=st.binary(max_size=50))
def test_any_names_survive(tmp_path_factory: pytest.TempPathFactory, path: str, name: str, content: bytes) -> None:
    base = tmp_path_factory.mktemp("names")
    project = Project(base / "project", name=name, models={path: content}).write()
    try:
        built = project.build(base / "out")
    except PackageError as error:
        if error.code != "RM309":  # `.env` is a name, too
            raise
        reject()
    assert built.path.name.isascii()
    assert built.name == name
    with PackageArchive(built.path) as archive:
        assert archive.resolve(None).digest == built.digest
    tree = extract(built.path, base / "tree")
    assert (tree / "models" / path).read_bytes() == content


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("speech", "speech"),
        ("Speech Segments", "Speech-Segments"),
        ("../../etc/passwd", "etc-passwd"),
        ("déjà vu", "deja-vu"),
        ("日本", "pipeline"),
        ("", "pipeline"),
        (".hidden-", "hidden"),
        ("x" * 300, "x" * 64),
        ("a\nb\0c", "a-b-c"),
    ],
)
def test_file_names_are_safe(tmp_path: Path, name: str, expected: str) -> None:
    built = Project(tmp_path / "project", name=name).write().build(tmp_path / "out")
    assert built.path.name == f"{expected}-{built.digest[7:19]}.rmpkg"
    with tarfile.open(built.path) as archive:
        assert f"modules/{expected}.pynode" in archive.getnames()


@pytest.mark.parametrize("path", ["line\nbreak.onnx", "back\\slash.onnx", "right\u202eleft.onnx", f"{'x/' * 600}y"])
def test_names_that_no_reader_accepts_are_refused(tmp_path: Path, path: str) -> None:
    program = Project(tmp_path, models={path: b""}).program()
    with pytest.raises(PackageError) as caught:
        build(program, tmp_path, options(None))
    assert caught.value.code == "RM304"
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("size", [0, 8**11 - 1, 8**11, 1 << 40])
def test_sizes_of_any_length_are_stated(size: int) -> None:
    header = _tar.file_header("large", size, EPOCH)
    with tarfile.open(fileobj=io.BytesIO(header), mode="r:") as archive:
        entry = archive.next()
    assert entry is not None
    assert (entry.name, entry.size, entry.mtime) == ("large", size, EPOCH)


def test_a_large_model_is_streamed(tmp_path: Path) -> None:
    size = 192 << 20
    root = Project(tmp_path / "project").write().root
    with (root / "large.onnx").open("wb") as model:
        model.truncate(size)
    script = f"""
import hashlib, resource, sys
from dataclasses import replace
from pathlib import Path
from remotemedia.compiler import ProjectFile
from remotemedia.packager import build
from tests.packager.projects import Project, options
with open(sys.argv[1] + "/large.onnx", "rb") as stream:
    sha256 = hashlib.file_digest(stream, "sha256").hexdigest()
program = replace(Project(Path(sys.argv[1])).program(), files=(ProjectFile("large.onnx", "model", sha256, {size}),))
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
print(build(program, Path(sys.argv[1]), options(None)).size)
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
"""
    repository = Path(__file__).parents[2]
    command = [sys.executable, "-c", script, str(root)]
    done = subprocess.run(command, check=True, capture_output=True, text=True, cwd=repository)
    written, grown_kib = map(int, done.stdout.split())
    assert written > size
    assert grown_kib < 16 << 10


def test_a_directory_that_does_not_exist_is_refused(project: Project, tmp_path: Path) -> None:
    with pytest.raises(PackageError) as caught:
        build(project.program(), tmp_path / "nowhere", options(None, {}))
    assert caught.value.code == "RM307"
    assert str(tmp_path / "nowhere") in str(caught.value)


def test_a_full_disk_leaves_nothing_behind(project: Project, tmp_path: Path) -> None:
    out = tmp_path / "out"
    out.mkdir()
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (4096, limits[1]))
    try:
        with pytest.raises(PackageError) as caught:
            project.build(out)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert caught.value.code == "RM307"
    assert list(out.iterdir()) == []


def test_building_again_replaces_the_file(project: Project, tmp_path: Path) -> None:
    first = project.build(tmp_path / "out")
    first.path.write_bytes(b"damaged")
    second = project.build(tmp_path / "out")
    assert second.path == first.path
    assert second.path.stat().st_size == first.size
    assert list((tmp_path / "out").iterdir()) == [first.path]
