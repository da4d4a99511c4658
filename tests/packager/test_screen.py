"""What must not become part of a package does not: what `.rmignore` excludes, and what looks like a secret."""

from __future__ import annotations

from pathlib import Path

import pytest

from remotemedia.compiler import compile_file
from remotemedia.errors import PackageError
from remotemedia.packager import BuiltPackage, build
from remotemedia.registry import Manifest, PackageArchive
from tests.packager.projects import SOURCE, Project, options

PRIVATE_KEY = b"-----BEGIN EC PRIVATE KEY-----\nMHcCAQEE\n-----END EC PRIVATE KEY-----\n"
READER = """\
from importlib import resources

from remotemedia import Node, Pipeline


class Reader(Node):
    def process(self, name):
        return resources.files("app").joinpath("data", name).read_text()


p = Pipeline("reader").add(Reader())
"""


def refusal(project: Project, out: Path) -> PackageError:
    with pytest.raises(PackageError) as caught:
        project.write().build(out)
    return caught.value


@pytest.mark.parametrize(
    "path",
    [
        ".env",
        "config/.env.production",
        "id_rsa",
        "keys/id_ed25519",
        "service-account-7.json",
        ".npmrc",
        "home/.docker/config.json",
        "Cosign.KEY",
    ],
)
def test_names_of_secrets_are_refused(path: str, tmp_path: Path) -> None:
    error = refusal(Project(tmp_path / "project", files={path: b"x"}), tmp_path / "out")
    assert error.code == "RM309"
    assert f"`{path}`" in error.message
    assert error.hint is not None
    assert f"!/{path}" in error.hint


@pytest.mark.parametrize(
    "content",
    [
        PRIVATE_KEY,
        b"comment\n-----BEGIN OPENSSH PRIVATE KEY-----\r\nb3Bl",
        b"-----BEGIN PGP PRIVATE KEY BLOCK-----\n\n",
        b"token = ghp_" + b"a1" * 18,
        b'{"key": "AKIAIOSFODNN7EXAMPLE"}',
        b"x" * 100_000 + b"\nhf_" + b"aB3" * 12,
    ],
    ids=["PEM", "OpenSSH", "PGP", "GitHub", "AWS", "Hugging Face"],
)
def test_contents_of_secrets_are_refused(content: bytes, tmp_path: Path) -> None:
    error = refusal(Project(tmp_path / "project", files={"settings.txt": content}), tmp_path / "out")
    assert error.code == "RM309"
    assert "it contains" in error.message
    assert content.decode()[-20:] not in error.message


@pytest.mark.parametrize(
    ("path", "content"),
    [
        (".env.example", b"TOKEN="),
        ("ca.pem", b"-----BEGIN CERTIFICATE-----\nMIIB"),
        ("rules.txt", b"lines with -----BEGIN PRIVATE KEY----- are refused"),
        ("sound.wav", b"RIFF\0\0\0\0" + PRIVATE_KEY),
        ("words.txt", b"task-force sk-etch AKIA"),
    ],
)
def test_what_only_resembles_one_is_packed(path: str, content: bytes, tmp_path: Path) -> None:
    assert Project(tmp_path / "project", files={path: content}).write().build(tmp_path / "out").path.exists()


def test_a_token_in_a_source_is_refused(tmp_path: Path) -> None:
    source = SOURCE + 'TOKEN = "ghp_' + "a1" * 18 + '"\n'
    project = Project(tmp_path / "project", sources={"pipeline.py": source.encode()})
    error = refusal(project, tmp_path / "out")
    assert error.code == "RM309"
    assert "`pipeline.py` is packed and has a secret: it contains `ghp_a1a1a1a1…`" in error.message
    (tmp_path / "project/.rmignore").write_text("!/pipeline.py\n")
    assert project.build(tmp_path / "out").path.exists()


def test_an_ignore_file_admits_one(tmp_path: Path) -> None:
    project = Project(tmp_path / "project", files={"certs/test.key": PRIVATE_KEY}).write()
    (tmp_path / "project/.rmignore").write_text("# a key for tests, known to everybody\n!/certs/test.key\n")
    assert project.build(tmp_path / "out").path.exists()


def test_a_file_that_is_named_and_excluded_is_refused(tmp_path: Path) -> None:
    project = Project(tmp_path / "project", models={"models/vad.onnx": b"x"}).write()
    (tmp_path / "project/.rmignore").write_text("*.wav\n*.onnx\n")
    with pytest.raises(PackageError) as caught:
        project.build(tmp_path / "out")
    assert caught.value.code == "RM310"
    assert "`*.onnx`" in caught.value.message


def test_what_is_found_below_a_directory_is_filtered(tmp_path: Path) -> None:
    built = reader(tmp_path, "*.csv\n!keep.csv\n/app/data/drafts/\n!/app/data/wheels.rmpkg\n")
    assert members(built) == {"app/data/a.txt", "app/data/keep.csv", "app/data/wheels.rmpkg"}


def test_the_default_leaves_out_what_tools_leave_behind(tmp_path: Path) -> None:
    built = reader(tmp_path, None)
    assert members(built) == {"app/data/a.txt", "app/data/b.csv", "app/data/keep.csv", "app/data/drafts/c.txt"}


def test_a_secret_below_a_directory_is_refused_and_not_left_out_silently(tmp_path: Path) -> None:
    with pytest.raises(PackageError) as caught:
        reader(tmp_path, None, secret=True)
    assert caught.value.code == "RM309"
    assert "`app/data/.env`" in caught.value.message


def test_a_secret_that_is_excluded_does_no_harm(tmp_path: Path) -> None:
    assert "app/data/.env" not in members(reader(tmp_path, ".env\n", secret=True))


def reader(base: Path, ignored: str | None, *, secret: bool = False) -> BuiltPackage:
    """Build a pipeline that reads files of a directory by names that are not known."""
    data = base / "project" / "app" / "data"
    for name in ("a.txt", "b.csv", "keep.csv", "drafts/c.txt", "node_modules/x.js", "old.txt~", "wheels.rmpkg"):
        (data / name).parent.mkdir(parents=True, exist_ok=True)
        (data / name).write_text(name)
    if secret:
        (data / ".env").write_text("TOKEN=1")
    (data.parent / "__init__.py").touch()
    (data.parent / "pipeline.py").write_text(READER)
    if ignored is not None:
        (base / "project" / ".rmignore").write_text(ignored)
    return build(compile_file(data.parent / "pipeline.py"), base, options())


def members(built: BuiltPackage) -> set[str]:
    import io
    import zipfile

    with PackageArchive(built.path) as archive:
        manifest = Manifest.parse(archive.manifest(built.digest))
        (pynode,) = (layer for layer in manifest.layers if (layer.title or "").endswith(".pynode"))
        content = b"".join(archive.open_blob(pynode))
    names = zipfile.ZipFile(io.BytesIO(content)).namelist()
    return {name.removesuffix(".base64") for name in names if name.startswith("app/data/")}
