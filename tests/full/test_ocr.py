"""The OCR example: built with its library, run in its locked environment by grant, compared with the library alone."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
from base64 import b64encode
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import REPOSITORY, Command

pytestmark = [
    pytest.mark.full,
    pytest.mark.skipif(sys.version_info >= (3, 13), reason="rapidocr-onnxruntime 1.4.4 is for Python 3.12 and older"),
]

EXAMPLE = REPOSITORY / "examples" / "ocr"
LINES = ["Signed packages", "run anywhere 2026"]

DIRECTLY = """\
import json, sys

from PIL import Image, ImageDraw, ImageFont
from rapidocr_onnxruntime import RapidOCR

picture = Image.new("RGB", (640, 200), "white")
for row, text in enumerate(sys.argv[2:]):
    ImageDraw.Draw(picture).text((30, 30 + 80 * row), text, fill="black", font=ImageFont.load_default(40))
picture.save(sys.argv[1])
found, _ = RapidOCR()(sys.argv[1])
print(json.dumps([text for _, text, _ in found]))
"""


@pytest.fixture(scope="module")
def library() -> Path:
    """A directory with what `requirements.txt` locks, installed once for all clones of the repository."""
    locked = EXAMPLE / "requirements.txt"
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "remotemedia" / "examples"
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    place = cache / f"ocr-{version}-{hashlib.sha256(locked.read_bytes()).hexdigest()[:16]}"
    if not place.exists():
        cache.mkdir(parents=True, exist_ok=True)
        unfinished = Path(tempfile.mkdtemp(dir=cache))
        options = ["--no-deps", "--require-hashes", "--only-binary", ":all:", "--target", str(unfinished)]
        try:
            subprocess.run([sys.executable, "-m", "pip", "install", "--quiet", *options, "-r", str(locked)], check=True)
            unfinished.rename(place)
        finally:
            shutil.rmtree(unfinished, ignore_errors=True)
    return place


@pytest.fixture(autouse=True)
def environments(home: Path) -> Iterator[None]:
    """What was installed is some 400 MB, too much to be kept for the tests that come."""
    yield
    shutil.rmtree(home / "envs")


def directly(library: Path, picture: Path) -> list[str]:
    """Draw the lines, and return the pieces of text that the library finds by itself."""
    command = [sys.executable, "-c", DIRECTLY, str(picture), *LINES]
    environ = {**os.environ, "PYTHONPATH": str(library)}
    done = subprocess.run(command, env=environ, check=True, capture_output=True, text=True)
    return [str(text) for text in json.loads(done.stdout.splitlines()[-1])]


def test_pictures_become_lines_of_text_on_host_python_by_grant(
    remotemedia: Command, library: Path, tmp_path: Path
) -> None:
    (tmp_path / "scans").mkdir()
    picture = tmp_path / "scans" / "page.png"
    expected = directly(library, picture)
    assert " ".join(expected) == " ".join(LINES)
    paths = os.pathsep.join(filter(None, (str(library), os.environ.get("PYTHONPATH"))))
    built = remotemedia("build", EXAMPLE / "pipeline.py", "-o", tmp_path, "--json", env={"PYTHONPATH": paths})
    assert built.returncode == 0, built.stderr
    package = json.loads(built.stdout)["path"]
    given = [json.dumps({"$bytes": b64encode(picture.read_bytes()).decode()}), json.dumps(str(picture))]
    refused = remotemedia("run", package, "--input", "-", stdin=given[0])
    assert (refused.returncode, refused.stdout) == (3, "")
    assert "--allow ReadText:python" in refused.stderr
    unread = remotemedia("run", package, "--allow", "ReadText:python", "--input", "-", stdin=given[1])
    assert (unread.returncode, unread.stdout) == (1, "")
    assert f"Permission denied: '{picture}'" in unread.stderr
    approved = ["--allow", "ReadText:python", "--allow", f"ReadText:read={picture.parent}"]
    assert remotemedia("approve", package, *approved).returncode == 0
    done = remotemedia("run", package, "--memory", 2048, "--input", "-", stdin="\n".join(given))
    assert done.returncode == 0, done.stderr
    assert [json.loads(line) for line in done.stdout.splitlines()] == LINES * 2
