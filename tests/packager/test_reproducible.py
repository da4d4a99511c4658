"""One digest for equal sources, whoever builds them, wherever and however: each build is a process of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.packager.pythons import other_pythons

FILES = {
    "app/__init__.py": "",
    "app/pipeline.py": """\
from importlib import resources
from pathlib import Path

import numpy as np
from remotemedia import AudioSource, Node, OnnxNode, Pipeline

from app import words


class Loud(Node):
    def __init__(self, window, **kwargs):
        super().__init__(**kwargs)
        self.window = window
        self.stops = resources.files("app").joinpath("data").joinpath("stops.txt").read_text()

    def process(self, value):
        return words.double(value)


p = Pipeline("speech — déjà vu")
p.add(AudioSource(path=Path("sp eech.wav"))).add(OnnxNode("vad.onnx")).add(Loud(np.arange(4.0)))
""",
    "app/words.py": "def double(value):\n    return value * 2\n",
    "app/data/stops.txt": "a\nan\n",
    "app/data/é.txt": "x",
    "app/sp eech.wav": "RIFF",
    "app/vad.onnx": "weights",
}
BUILD = """
import os, sys
from pathlib import Path
os.umask(int(sys.argv[3], 8))
from remotemedia.runtime.publish import BuildRequest, build_package
from remotemedia.runtime.program import Reading
out = Path(sys.argv[2])
out.mkdir()
request = BuildRequest(version="1.0", reading=Reading(cached=False))
built = build_package(Path(sys.argv[1]), out, environ=os.environ, request=request)
print(built.digest)
"""


@dataclass(frozen=True)
class Variation:
    """What is otherwise than in an ordinary build."""

    place: str = "project"
    order: Callable[[Iterable[str]], Iterable[str]] = list
    environ: Mapping[str, str] = field(default_factory=dict)
    umask: str = "022"
    mode: int | None = None
    owner: int | None = None
    times: tuple[float, float] | None = None
    linked: bool = False
    python: str = sys.executable


def write(root: Path, variation: Variation) -> None:
    for name in variation.order(FILES):
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(FILES[name], encoding="utf-8")
        if variation.mode is not None:
            path.chmod(variation.mode)
        if variation.times is not None:
            os.utime(path, variation.times)
        if variation.owner is not None and os.geteuid() == 0:
            os.chown(path, variation.owner, variation.owner)


def digest(base: Path, variation: Variation) -> str:
    root = base / variation.place
    base.mkdir(exist_ok=True)
    write(root, variation)
    if variation.linked:
        (base / "link").symlink_to(root)
        root = base / "link"
    environ = {
        "PATH": os.environ["PATH"],
        "HOME": str(base),
        "SOURCE_DATE_EPOCH": "1700000000",
        **({"PYTHONPATH": os.environ["PYTHONPATH"]} if "PYTHONPATH" in os.environ else {}),
        **variation.environ,
    }
    command = [variation.python, "-c", BUILD, str(root / "app" / "pipeline.py"), str(base / "out"), variation.umask]
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=environ, cwd=base)
    assert done.returncode == 0, done.stderr
    return done.stdout


VARIATIONS = {
    "a deeper directory, through a link": Variation(place="some/where else/ünder", linked=True),
    "files made in another order, at other times": Variation(order=lambda names: reversed(list(names)), times=(1, 1)),
    "another user, with an umask that gives nothing away": Variation(
        owner=65534, mode=0o777, umask="077", environ={"USER": "nobody", "LOGNAME": "nobody"}
    ),
    "another locale and time zone": Variation(
        environ={"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0", "TZ": "Pacific/Apia"}
    ),
    "another hash seed, and no assertions": Variation(environ={"PYTHONHASHSEED": "4711", "PYTHONOPTIMIZE": "2"}),
}


@pytest.fixture(scope="module")
def ordinary(tmp_path_factory: pytest.TempPathFactory) -> str:
    return digest(tmp_path_factory.mktemp("ordinary"), Variation())


@pytest.mark.parametrize("variation", VARIATIONS.values(), ids=VARIATIONS)
def test_the_digest_is_the_same(variation: Variation, ordinary: str, tmp_path: Path) -> None:
    assert digest(tmp_path, variation) == ordinary


def test_another_source_has_another_digest(ordinary: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(FILES, "app/data/stops.txt", "a\nthe\n")
    assert digest(tmp_path, Variation()) != ordinary


@pytest.mark.full
def test_the_version_of_python_does_not_matter(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pythons = other_pythons()
    if not pythons:
        pytest.skip("there is no other Python, on the path or of pyenv; `REMOTEMEDIA_OTHER_PYTHON` names one")
    # A distribution with native code is another one for each version.
    plain = FILES["app/pipeline.py"].replace("import numpy as np\n", "").replace("np.arange(4.0)", "[0.5, 1]")
    monkeypatch.setitem(FILES, "app/pipeline.py", plain)
    digests = {}
    for python in pythons:
        (scratch := tmp_path / f"path-{python.name}").mkdir()
        environ = {"PYTHONPATH": python.search_path(scratch)}
        digests[python.name] = digest(tmp_path / python.name, Variation(python=python.program, environ=environ))
    assert digests == dict.fromkeys(digests, digest(tmp_path / "ordinary", Variation()))
