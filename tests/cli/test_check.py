"""`remotemedia check`: files, directories, formats, and as a hook of pre-commit."""

from __future__ import annotations

import json
import os
import shlex
import subprocess
import sysconfig
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.conftest import Command

_REPOSITORY = Path(__file__).parents[2]

_GOOD = """\
from remotemedia import AudioMixNode, Pipeline

p = Pipeline("good")
p.add(AudioMixNode(1))
"""
_BAD = _GOOD.replace("AudioMixNode(1)", "AudioMixNode(65)")
_ODD = _GOOD.replace("AudioMixNode(1)", "AudioMixNode(1, chanels=2)")
_OTHER = "from sklearn.pipeline import Pipeline\n\np = Pipeline([])\n"
_HELPER = "def double(x):\n    return 2 * x\n"
_NODES = "import remotemedia\n# no Pipeline\n"
_TWO = """\
from remotemedia import AudioMixNode, Pipeline

first = Pipeline("first").add(AudioMixNode(65))
second = Pipeline("second").add(AudioMixNode(66))
"""

_REPORT = """\
error[RM117]: argument `channels` of `AudioMixNode` is not what it takes
 --> bad.py:4:20
  |
4 | p.add(AudioMixNode(65))
  |                    ^^ expected an integer from 1 to 64, got `65`
  = help: `channels`: channels of the output
"""


@pytest.fixture
def directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A directory that is the current one."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def write(directory: Path) -> Callable[..., None]:
    def write_files(files: dict[str, str]) -> None:
        for name, text in files.items():
            file = directory / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text, encoding="utf-8")

    return write_files


def test_a_good_file(write: Callable[..., None], remotemedia: Command) -> None:
    write({"good.py": _GOOD})
    done = remotemedia("check", "good.py")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "1 file checked: nothing found\n")


def test_whole_output(write: Callable[..., None], remotemedia: Command) -> None:
    write({"bad.py": _BAD, "good.py": _GOOD, "odd.py": _ODD})
    done = remotemedia("check", "bad.py", "good.py", "odd.py", "bad.py")
    assert done.returncode == 1
    assert done.stdout.startswith(_REPORT)
    assert "warning[RM115]: `AudioMixNode` has no parameter `chanels`\n --> odd.py:4:23\n" in done.stdout
    assert done.stderr == "3 files checked: 1 error, 1 warning\n"


def test_warnings_alone_do_not_fail(write: Callable[..., None], remotemedia: Command) -> None:
    write({"odd.py": _ODD})
    done = remotemedia("check", "odd.py", "--quiet")
    assert done.returncode == 0
    assert done.stdout.startswith("warning[RM115]")
    assert done.stderr == ""


def test_several_pipelines_are_all_looked_at(write: Callable[..., None], remotemedia: Command) -> None:
    write({"two.py": _TWO})
    done = remotemedia("check", "two.py", "--format", "github")
    assert done.returncode == 1
    assert [line.partition(",endLine")[0] for line in done.stdout.splitlines()] == [
        "::error file=two.py,line=3",
        "::error file=two.py,line=4",
    ]


def test_a_directory_means_its_pipelines(write: Callable[..., None], remotemedia: Command, directory: Path) -> None:
    hidden = {f"app/{name}/bad.py": _BAD for name in ("venv/lib", "__pycache__", ".hidden", "node_modules")}
    write({"app/bad.py": _BAD, "app/helper.py": _HELPER, "app/other.py": _OTHER, "app/nodes.py": _NODES, **hidden})
    (directory / "app" / "venv" / "pyvenv.cfg").touch()
    done = remotemedia("check", "app")
    assert done.returncode == 1
    assert done.stdout == _REPORT.replace("bad.py", "app/bad.py")
    assert done.stderr == "1 file checked: 1 error\n"


def test_a_named_file_without_a_pipeline(write: Callable[..., None], remotemedia: Command) -> None:
    write({"helper.py": _HELPER})
    done = remotemedia("check", "helper.py")
    assert done.returncode == 1
    assert "RM102" in done.stdout
    done = remotemedia("check", "helper.py", "--pipelines-only")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "0 files checked: nothing found\n")


def test_files_elsewhere_are_called_by_their_path(
    write: Callable[..., None], remotemedia: Command, directory: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write({"app/bad.py": _BAD})
    (directory / "sub").mkdir()
    monkeypatch.chdir(directory / "sub")
    done = remotemedia("check", "../app/bad.py")
    assert f" --> {directory.resolve()}/app/bad.py:4:20\n" in done.stdout


@pytest.mark.parametrize(
    ("flags", "codes"),
    [
        ((), ["RM117", "RM115"]),
        (("--select", "RM117"), ["RM117"]),
        (("--select", "rm11"), ["RM117", "RM115"]),
        (("--ignore", "RM117"), ["RM115"]),
        (("--select", "RM115,RM117", "--ignore", "RM115"), ["RM117"]),
    ],
)
def test_codes_are_selected(
    write: Callable[..., None], remotemedia: Command, flags: tuple[str, ...], codes: list[str]
) -> None:
    write({"bad.py": _BAD.replace("65", "65, chanels=2")})
    done = remotemedia("check", "bad.py", "--format", "json", *flags)
    found = json.loads(done.stdout)
    assert [each["code"] for each in found["diagnostics"]] == codes
    assert done.returncode == int("RM117" in codes)


def test_an_unknown_code_is_refused(write: Callable[..., None], remotemedia: Command) -> None:
    write({"good.py": _GOOD})
    done = remotemedia("check", "good.py", "--select", "RM9")
    assert done.returncode == 2
    assert done.stderr.startswith("error[RM701]: expected the beginning of a code, got `RM9`\n")


@pytest.mark.parametrize("output_format", ["json", "sarif"])
def test_formats_of_programs_are_one_document(
    write: Callable[..., None], remotemedia: Command, output_format: str
) -> None:
    write({"bad.py": _BAD, "good.py": _GOOD})
    done = remotemedia("check", ".", "--format", output_format)
    assert done.returncode == 1
    assert json.loads(done.stdout)
    assert done.stderr == "2 files checked: 1 error\n"


def test_compile_tells_its_findings_in_the_same_formats(write: Callable[..., None], remotemedia: Command) -> None:
    write({"bad.py": _BAD, "odd.py": _ODD})
    done = remotemedia("compile", "bad.py", "--format", "json")
    assert (done.returncode, done.stdout) == (1, "")
    assert [each["code"] for each in json.loads(done.stderr)["diagnostics"]] == ["RM117"]
    done = remotemedia("compile", "odd.py", "--format", "github")
    assert done.returncode == 0
    assert json.loads(done.stdout)["metadata"]["name"] == "good"
    assert done.stderr.startswith("::warning file=odd.py,line=4,")
    done = remotemedia("compile", "bad.py")
    assert (done.returncode, done.stdout, done.stderr) == (1, "", _REPORT)


def test_as_a_hook_of_pre_commit(write: Callable[..., None], home: Path) -> None:
    """The entry is split as a shell would, and called with the names of the files that are committed."""
    hook = {}
    for line in (_REPOSITORY / ".pre-commit-hooks.yaml").read_text(encoding="utf-8").splitlines():
        key, _, value = line.removeprefix("-").strip().partition(": ")
        hook[key] = value
    assert hook["types"] == "[python]"
    assert hook["language"] == "system"
    write({"bad.py": _BAD, "good.py": _GOOD, "helper.py": _HELPER})

    def commit(*names: str) -> subprocess.CompletedProcess[str]:
        path = os.pathsep.join([sysconfig.get_path("scripts"), os.environ["PATH"]])
        return subprocess.run(
            [*shlex.split(hook["entry"]), *names],
            capture_output=True,
            check=False,
            env=os.environ | {"PATH": path, "NO_COLOR": "1"},
            text=True,
            timeout=120,
        )

    assert commit("good.py", "helper.py").returncode == 0
    done = commit("bad.py", "good.py", "helper.py")
    assert (done.returncode, done.stdout) == (1, _REPORT)


def test_help_explains_a_rule(remotemedia: Command) -> None:
    done = remotemedia("help", "rm117")
    assert done.returncode == 0
    assert done.stdout.startswith("RM117: an argument of a built-in node is outside its type, range or choices\n\n")
    assert '    p.add(AudioResampleNode(target_sample_rate=8000, quality="high"))\n' in done.stdout
    fields = json.loads(remotemedia("help", "RM117", "--json").stdout)
    assert fields["severity"] == "error"
    assert "Pipeline" in fields["bad"]
    assert "explanation" not in json.loads(remotemedia("help", "RM302", "--json").stdout)
