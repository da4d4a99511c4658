"""Development and production: what each takes for granted, and what it asks for."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from remotemedia.compiler import compile_file
from remotemedia.packager import BuildOptions
from remotemedia.packager import build as build_program
from remotemedia.trust import KeyStore, sign_statement
from tests.cli.conftest import DOUBLE, Build, Project
from tests.conftest import Command

PRODUCTION = {"REMOTEMEDIA_ENV": "production"}
TALKATIVE = DOUBLE.replace(
    "        return",
    """\
        import logging

        logging.getLogger().setLevel(logging.DEBUG)
        logging.debug("doubling")
        return""",
)
CONNECTION = "net=127.0.0.1:9"

Make = Callable[..., Path]


@pytest.fixture
def make(project: Project, home: Path, tmp_path: Path) -> Make:
    """Build a package whose one node states more than a program can: `make(grants=[…])`."""

    def build(*, signed: bool = True, **stated: Any) -> Path:
        program = compile_file(project(TALKATIVE))
        node = {**program.manifest["nodes"][0], **stated}
        program = replace(program, manifest={**program.manifest, "nodes": [node]})
        attest = partial(sign_statement, KeyStore(home).default()) if signed else None
        return build_program(program, tmp_path, BuildOptions(os.environ, "1", attest=attest)).path

    return build


def test_scenario_development_mode_defaults(make: Make, remotemedia: Command, project: Project) -> None:
    signed = make(grants=[CONNECTION])
    done = remotemedia("run", signed, "-i", "-", stdin="1\n", env={"REMOTEMEDIA_ENV": "development"})
    assert done.stdout == "3\n", done.stderr
    # Connections are approved, where somebody trusted signed.
    assert f"granted in development, where the signer is trusted: Double:{CONNECTION}" in done.stderr
    # Logging is verbose.
    assert "doubling" in done.stderr


def test_development_needs_no_signature(make: Make, remotemedia: Command) -> None:
    done = remotemedia("run", make(signed=False), "-i", "-", stdin="1\n", env={"REMOTEMEDIA_ENV": "development"})
    assert done.stdout == "3\n", done.stderr
    assert "warning: the package is not signed" in done.stderr


def test_development_grants_no_connection_to_strangers(make: Make, remotemedia: Command) -> None:
    done = remotemedia("run", make(signed=False, grants=[CONNECTION]), "-i", "-", stdin="1\n")
    assert done.returncode == 3
    assert "error[RM507]" in done.stderr


def test_scenario_production_mode_guards(make: Make, remotemedia: Command, home: Path) -> None:
    # Signatures are required.
    done = remotemedia("run", make(signed=False, grants=[CONNECTION]), "-i", "-", stdin="1\n", env=PRODUCTION)
    assert (done.returncode, "error[RM501]" in done.stderr) == (3, True)
    # What a package wants is approved explicitly: for a run, for good, or by policy.
    package = Path(str(next(iter(home.parent.glob("*.rmpkg")))))
    assert remotemedia("sign", package).returncode == 0
    done = remotemedia("run", package, "-i", "-", stdin="1\n", env=PRODUCTION)
    assert (done.returncode, "error[RM507]" in done.stderr) == (3, True)
    (home / "policy.toml").write_text(f'[[rule]]\npackage = "double"\ngrants = ["Double:{CONNECTION}"]\n')
    done = remotemedia("run", package, "-i", "-", stdin="1\n", env=PRODUCTION)
    assert done.stdout == "3\n", done.stderr
    assert f"granted by policy: Double:{CONNECTION}" in done.stderr
    assert "doubling" not in done.stderr


def test_production_takes_no_field_that_it_does_not_understand(make: Make, remotemedia: Command) -> None:
    package = make(colour="red")
    assert remotemedia("run", package, "-i", "-", stdin="1\n").stdout == "3\n"
    done = remotemedia("run", package, "-i", "-", stdin="1\n", env=PRODUCTION)
    assert done.returncode == 3
    assert "error[RM518]" in done.stderr
    assert "colour" in done.stderr


def test_production_runs_packages_in_packages_by_digest_only(
    build: Build, project: Project, inside: Command, remotemedia: Command, tmp_path: Path
) -> None:
    inner = f"oci-layout:{tmp_path / 'inner'}:1"
    assert inside("push", inner, build()).returncode == 0
    source = project(
        f"""\
from remotemedia import Pipeline
from remotemedia.nodes import RemoteExecutionNode

p = Pipeline("outer")
p.add(RemoteExecutionNode("Double", node_config={{"factor": 7}}, remote_ref="{inner}"))
""",
        name="outer",
    )
    for flags in ([], ["--lock"]):
        done = inside("build", source, "-o", tmp_path / f"out{len(flags)}", *flags)
        assert done.returncode == 0, done.stderr
    open_, locked = (next((tmp_path / name).glob("*.rmpkg")) for name in ("out0", "out1"))
    done = remotemedia("run", open_, "-i", "-", stdin="1\n", env=PRODUCTION)
    assert done.returncode == 3
    assert "error[RM518]: expected node" in done.stderr
    assert "`remotemedia build --lock`" in done.stderr
    assert remotemedia("run", locked, "-i", "-", stdin="1\n", env=PRODUCTION).returncode == 0


@pytest.mark.parametrize(("mode", "shown"), [("development", True), ("production", False)])
def test_the_level_of_the_log_can_be_said(make: Make, remotemedia: Command, mode: str, *, shown: bool) -> None:
    level = "info" if shown else "debug"
    done = remotemedia("run", make(), "-i", "-", "--log-level", level, stdin="1\n", env={"REMOTEMEDIA_ENV": mode})
    assert done.stdout == "3\n", done.stderr
    assert ("doubling" in done.stderr) is not shown
