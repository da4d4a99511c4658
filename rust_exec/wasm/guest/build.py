"""Makes the generic Python runner: CPython in WebAssembly with the sandbox's own modules, as one component.

    python rust_exec/wasm/guest/build.py OUT/python-runner.wasm

The result depends on its inputs alone and is kept by their hash in `${XDG_CACHE_HOME:-~/.cache}/remotemedia/runner/`.
Beside it is written `python-runner.sha256`, by which the executor knows what its machine code was compiled from. No
network is used.
"""
# ruff: noqa: INP001 - a script of the build, loaded by its path

import ast
import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
from importlib.metadata import version
from pathlib import Path

_APP = Path("rust_exec/wasm/guest/app")
_WIT = Path("schemas/node.wit")
# The rooms' own files that are the same in the sandbox; what they import of `remotemedia` comes along.
_SDK = ("_names", "_npy", "array", "errors", "node", "values")
# The built-in nodes of the standard library alone, as `schemas/nodes.v1.json` says by the kind `python-wasm`.
_NODES = ("base", "io", "logic", "transform")


def build(out: Path, repo: Path) -> None:
    """Write the runner to `out`, and its SHA-256 beside it.

    Args:
        out: the component to write; its directory must exist.
        repo: the root of the source tree.

    Raises:
        subprocess.CalledProcessError: componentize-py failed; what it said is on standard error.
    """
    kept = _cache() / _input_hash(repo) / "python-runner.wasm"
    if not kept.is_file():
        kept.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=kept.parent) as scratch:
            made = _componentize(repo, Path(scratch))
            made.replace(kept)
    shutil.copyfile(kept, out)
    digest = hashlib.sha256(kept.read_bytes()).hexdigest()
    out.with_suffix(".sha256").write_text(f"{digest}\n", encoding="ascii")


def assemble(repo: Path, directory: Path) -> None:
    """Lay out the Python files of the component: the sandbox's own and those of the SDK."""
    shutil.copytree(repo / _APP, directory, dirs_exist_ok=True, ignore=shutil.ignore_patterns("__pycache__"))
    for source in _sdk_files(repo):
        shutil.copyfile(source, directory / "remotemedia" / source.relative_to(repo / "sdk"))


def _cache() -> Path:
    base = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    return Path(base) / "remotemedia" / "runner"


def _input_hash(repo: Path) -> str:
    """Hash all that the component is made of."""
    files = [repo / _WIT, Path(__file__), *_sdk_files(repo), *sorted((repo / _APP).rglob("*.py"))]
    hasher = hashlib.sha256(version("componentize-py").encode())
    for file in files:
        content = file.read_bytes()
        hasher.update(f"\0{file.name}\0{len(content)}\0".encode())
        hasher.update(content)
    return hasher.hexdigest()


def _sdk_files(repo: Path) -> list[Path]:
    """Give the SDK's files that the sandbox needs, with those that they import."""
    wanted, found = [*_SDK, *(f"nodes/{name}" for name in _NODES)], {}
    while wanted:
        name = wanted.pop()
        file = repo / "sdk" / f"{name}.py"
        if name in found or not file.is_file():
            continue
        found[name] = file
        imports = [
            node.module or "" for node in ast.walk(ast.parse(file.read_bytes())) if isinstance(node, ast.ImportFrom)
        ]
        inside = [module.removeprefix("remotemedia.") for module in imports if module.startswith("remotemedia.")]
        wanted.extend(module.replace(".", "/") for module in inside)
    return [found[name] for name in sorted(found)]


def _componentize(repo: Path, scratch: Path) -> Path:
    """Run componentize-py in an empty environment, so that nothing of this one gets in."""
    app, wit, environment = scratch / "app", scratch / "wit", scratch / "environment"
    assemble(repo, app)
    wit.mkdir()
    shutil.copyfile(repo / _WIT, wit / "node.wit")
    (environment / "lib" / "python3" / "site-packages").mkdir(parents=True)
    out = scratch / "python-runner.wasm"
    subprocess.run(
        [
            sys.executable,
            "-c",
            "import sys; from componentize_py import script; sys.exit(script())",
            *("-d", str(wit), "-w", "python-runner", "componentize", "remotemedia._sandbox.runner"),
            *("-p", str(app), "-o", str(out)),
        ],
        check=True,
        cwd=scratch,
        stdout=subprocess.DEVNULL,
        env={"PATH": os.defpath, "VIRTUAL_ENV": str(environment), "PYTHONDONTWRITEBYTECODE": "1"},
    )
    return out


if __name__ == "__main__":
    build(Path(sys.argv[1]), Path(__file__).resolve().parents[3])
