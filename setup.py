"""Build steps that the declarative configuration cannot express.

The Python runner of the sandbox and its native code are made before package data is collected, so that they are
shipped in the wheel like any other file.
"""

import json
import os
import runpy
import subprocess
from pathlib import Path

from setuptools import setup
from setuptools.command.build_py import build_py

HERE = Path(__file__).resolve().parent
RUNNER = HERE / "runtime" / "_runner"


class BuildWithRunner(build_py):
    """Collects Python files after the sandbox's Python runner was made."""

    def run(self) -> None:
        """Make the runner, then collect as usual."""
        guest = runpy.run_path(str(HERE / "rust_exec" / "wasm" / "guest" / "build.py"))
        component = RUNNER / "python-runner.wasm"
        RUNNER.mkdir(parents=True, exist_ok=True)
        guest["build"](component, HERE)
        # The executor is what will map the native code, so the executor makes it: one engine configuration for both.
        subprocess.run([built_executor(), "precompile", component, RUNNER], check=True)
        super().run()


def built_executor() -> str:
    """Path of the executor that cargo builds, with the profile that setuptools-rust will use for it."""
    profile = os.environ.get("SETUPTOOLS_RUST_CARGO_PROFILE", "release")
    manifest = HERE / "rust_exec" / "executor" / "Cargo.toml"
    command = ["cargo", "build", "--locked", "--message-format=json-render-diagnostics", "--manifest-path", manifest]
    messages = subprocess.run([*command, "--profile", profile], check=True, stdout=subprocess.PIPE, text=True).stdout
    executables = [json.loads(line).get("executable") for line in messages.splitlines()]
    return next(path for path in executables if path)


setup(cmdclass={"build_py": BuildWithRunner})
