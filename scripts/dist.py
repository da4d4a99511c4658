"""Makes sdist and wheel in `dist/`, and tries the wheel in a fresh environment that has no Rust.

The wheel is built from the unpacked sdist, so that a file forgotten in the sdist is found here and not by a user.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import venv
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parent.parent
DIST = REPOSITORY / "dist"
TOOLS = Path(sys.executable).parent


def run(*command: str | Path, cwd: Path = REPOSITORY, env: dict[str, str] | None = None) -> str:
    """Run a command to success; its output."""
    done = subprocess.run(
        [str(word) for word in command], cwd=cwd, env=env, check=False, stdout=subprocess.PIPE, text=True
    )
    if done.returncode:
        raise SystemExit(f"{done.stdout}\n{' '.join(map(str, command))}: exit status {done.returncode}")
    return done.stdout


def build() -> Path:
    """Sdist, and from it the wheel, made portable; the wheel's path."""
    shutil.rmtree(DIST, ignore_errors=True)
    path = f"{TOOLS}{os.pathsep}{os.environ['PATH']}"
    environ = {**os.environ, "PATH": path, "SETUPTOOLS_RUST_CARGO_PROFILE": "dist"}
    with tempfile.TemporaryDirectory() as raw:
        run(sys.executable, "-m", "build", "--no-isolation", "--outdir", raw, env=environ)
        (wheel,) = Path(raw).glob("*.whl")
        (sdist,) = Path(raw).glob("*.tar.gz")
        run(sys.executable, "-m", "auditwheel", "repair", "--wheel-dir", DIST, wheel, env=environ)
        shutil.move(sdist, DIST / sdist.name)
    (repaired,) = DIST.glob("*.whl")
    return repaired


def smoke(wheel: Path) -> None:
    """Install the wheel as a user would and take the example pipeline through build, inspect and run."""
    with tempfile.TemporaryDirectory() as place:
        environment = Path(place) / "env"
        venv.create(environment, with_pip=True)
        bin_directory = environment / "bin"
        run(bin_directory / "pip", "install", "--quiet", f"remotemedia[onnx] @ {wheel.as_uri()}", cwd=Path(place))
        environ = {
            "PATH": f"{bin_directory}:/usr/bin:/bin",
            "HOME": place,
            "REMOTEMEDIA_ENV": "development",
            "LANG": "C.UTF-8",
        }
        if shutil.which("cargo", path=environ["PATH"]):
            raise SystemExit("expected an environment without Rust, found `cargo`")
        example = Path(place) / "speech_segments"
        shutil.copytree(REPOSITORY / "examples" / "speech_segments", example)
        remotemedia = bin_directory / "remotemedia"
        run(remotemedia, "doctor", cwd=Path(place), env=environ)
        run(remotemedia, "build", example / "pipeline.py", "-o", place, cwd=Path(place), env=environ)
        (package,) = Path(place).glob("*.rmpkg")
        sound = REPOSITORY / "testdata" / "speech" / "sense_0870.wav"
        packaged = run(remotemedia, "run", package, "--input", sound, cwd=Path(place), env=environ)
        in_process = run(bin_directory / "python", example / "pipeline.py", sound, cwd=Path(place), env=environ)
        if "start" not in packaged or "start" not in in_process:
            raise SystemExit(f"expected segments of speech, got {packaged!r} and {in_process!r}")


def main() -> None:
    """Build, try, tell."""
    wheel = build()
    smoke(wheel)
    for made in sorted(DIST.iterdir()):
        print(f"{made.relative_to(REPOSITORY)}  {made.stat().st_size / 1e6:.1f} MB")


if __name__ == "__main__":
    main()
