"""Equal sources give an equal digest, and with the same key an equal file."""

import os
import shutil
import subprocess
import sys
import tarfile
from functools import partial
from pathlib import Path

import pytest

from remotemedia.errors import UsageError
from remotemedia.trust import SigningKey
from tests.packager.projects import ENVIRON, EPOCH, Project

GIT = shutil.which("git") or "git"
BUILD = """
import os, sys
from pathlib import Path
from tests.packager.projects import Project
os.umask(int(sys.argv[3], 8))
project = Project(Path(sys.argv[1]), models={"vad.onnx": b"weights"}, files={"sp eech.wav": b"RIFF"}).write()
print(project.build(Path(sys.argv[2])).path)
"""


def build_elsewhere(base: Path, umask: str, **environ: str) -> bytes:
    arguments = [sys.executable, "-c", BUILD, str(base / "project"), str(base / "out"), umask]
    repository = Path(__file__).parents[2]
    done = subprocess.run(
        arguments, check=True, capture_output=True, text=True, cwd=repository, env={**os.environ, **environ}
    )
    return Path(done.stdout.strip()).read_bytes()


def test_directory_umask_home_locale_and_hash_seed_do_not_matter(tmp_path: Path) -> None:
    one = build_elsewhere(tmp_path / "one", "022", PYTHONHASHSEED="1")
    other = build_elsewhere(
        tmp_path / "deep/down/other", "077", PYTHONHASHSEED="2", HOME=str(tmp_path), LC_ALL="C", TZ="Asia/Tokyo"
    )
    assert one == other


def test_the_digest_is_that_of_the_package_and_not_of_its_signature(tmp_path: Path) -> None:
    project = Project(tmp_path / "project").write()
    signed = project.build(tmp_path / "signed")
    resigned = project.build(tmp_path / "resigned", key=SigningKey.generate())
    unsigned = project.build(tmp_path / "unsigned", key=None)
    assert signed.digest == resigned.digest == unsigned.digest
    assert signed.path.name == resigned.path.name == unsigned.path.name
    assert len({built.path.read_bytes() for built in (signed, resigned, unsigned)}) == 3


def test_a_change_of_the_sources_is_another_package(tmp_path: Path) -> None:
    digests = {
        Project(tmp_path / "a").write().build(tmp_path / "out").digest,
        Project(tmp_path / "b", models={"m": b"1"}).write().build(tmp_path / "out").digest,
        Project(tmp_path / "c", models={"m": b"2"}).write().build(tmp_path / "out").digest,
        Project(tmp_path / "d").write().build(tmp_path / "out", version="1.0").digest,
        Project(tmp_path / "e").write().build(tmp_path / "out", environ={"SOURCE_DATE_EPOCH": "1"}).digest,
    }
    assert len(digests) == 5


def test_source_date_epoch_comes_first(tmp_path: Path) -> None:
    project = Project(tmp_path / "project").write()
    assert built_at(project, tmp_path, ENVIRON) == EPOCH
    assert built_at(project, tmp_path, {"SOURCE_DATE_EPOCH": "0"}) == 0


@pytest.mark.parametrize("value", ["", "now", "-1", "1.5", "253402300800", "9" * 5000, "١٢"])
def test_source_date_epoch_must_be_a_time(tmp_path: Path, value: str) -> None:
    project = Project(tmp_path / "project").write()
    with pytest.raises(UsageError) as caught:
        project.build(tmp_path / "out", environ={"SOURCE_DATE_EPOCH": value})
    assert caught.value.code == "RM701"
    assert len(str(caught.value)) < 200


def test_then_comes_the_time_of_the_commit(tmp_path: Path) -> None:
    project = Project(tmp_path / "repository/project").write()
    environ = identity(tmp_path)
    git = partial(run_git, tmp_path / "repository", environ)
    os.utime(project.root / "pipeline.py", (EPOCH, EPOCH))

    git("init")
    assert built_at(project, tmp_path, environ) == EPOCH, "a repository without a commit has no time"
    git("commit", "--allow-empty", "-m", "empty")
    assert built_at(project, tmp_path, environ) == EPOCH, "the repository does not know the pipeline"
    git("add", ".")
    git("commit", "-m", "pipeline")
    assert built_at(project, tmp_path, environ) == 1234567890
    assert built_at(project, tmp_path, {**environ, "GIT_DIR": str(tmp_path)}) == 1234567890


def test_what_a_repository_says_is_not_run(tmp_path: Path) -> None:
    # Objects that are missing are fetched from where the configuration says, by the command that it names.
    project = Project(tmp_path / "repository/project").write()
    environ = identity(tmp_path)
    git = partial(run_git, tmp_path / "repository", environ)
    git("init")
    git("add", ".")
    git("commit", "-m", "pipeline")
    proof = tmp_path / "proof"
    for name, value in {
        "core.repositoryFormatVersion": "1",
        "extensions.partialClone": "origin",
        "remote.origin.promisor": "true",
        "remote.origin.url": "ssh://nowhere.invalid/repository",
        "core.sshCommand": f"touch {proof} #",
        "core.fsmonitor": f"touch {proof} #",
        "core.pager": f"touch {proof} #",
    }.items():
        git("config", name, value)
    commit = git("rev-parse", "HEAD")
    (tmp_path / "repository/.git/objects" / commit[:2] / commit[2:]).unlink()
    os.utime(project.root / "pipeline.py", (EPOCH, EPOCH))
    assert built_at(project, tmp_path, environ) == EPOCH
    assert not proof.exists()


def test_then_comes_the_newest_input(tmp_path: Path) -> None:
    project = Project(tmp_path / "project", models={"m": b"1"}).write()
    os.utime(project.root / "pipeline.py", (EPOCH, EPOCH + 0.75))
    os.utime(project.root / "m", (1, 1))
    assert built_at(project, tmp_path, {"PATH": ""}) == EPOCH


def built_at(project: Project, tmp_path: Path, environ: dict[str, str]) -> int:
    with tarfile.open(project.build(tmp_path / "out", environ=environ).path) as archive:
        return int(archive.getmember("manifest.json").mtime)


def identity(home: Path) -> dict[str, str]:
    """An environment in which git knows who commits, and when."""
    return {
        "PATH": os.environ["PATH"],
        "HOME": str(home),
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_AUTHOR_NAME": "a",
        "GIT_AUTHOR_EMAIL": "a@example.org",
        "GIT_COMMITTER_NAME": "a",
        "GIT_COMMITTER_EMAIL": "a@example.org",
        "GIT_COMMITTER_DATE": "1234567890 +0200",
    }


def run_git(repository: Path, environ: dict[str, str], *arguments: str) -> str:
    done = subprocess.run([GIT, *arguments], cwd=repository, env=environ, check=True, capture_output=True, text=True)
    return done.stdout.strip()
