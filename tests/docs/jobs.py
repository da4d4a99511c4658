"""Runs the jobs of a workflow file as its CI would: each on a machine of its own, its commands in a real shell.

    machines = Machines(tmp_path, sources, environ={"GITHUB_REF_NAME": "v1.0.0"})
    run_github(path, machines, context={"github.token": "…"})

A job has a home directory and a working directory to itself; what is installed here is installed there. Of the two
formats this knows what the recipes use, and anything else is an error: a recipe cannot say something that nobody tries.
"""

from __future__ import annotations

import os
import re
import shutil
import string
import subprocess
import sysconfig
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

# libcst brings the one or the other.
_yaml = import_module(next(name for name in ("yaml", "yaml_ft") if find_spec(name)))
EXPRESSION = re.compile(r"\$\{\{\s*(.+?)\s*\}\}")
COMPARED = re.compile(r"([\w.]+) == '([^']*)'")
# Python and what is to be installed are here.
INSTALL = re.compile(r"^pip install ('remotemedia\[\w+\]'|remotemedia)( -r requirements\.txt)?$", re.MULTILINE)


class JobError(Exception):
    """A job failed.

    Attributes:
        status: of the command that did.
        said: what it said.
    """

    def __init__(self, job: str, status: int, said: str) -> None:
        super().__init__(f"job `{job}` ended with status {status}:\n{said}")
        self.status = status
        self.said = said


@dataclass(frozen=True)
class Machines:
    """Where jobs run.

    Attributes:
        place: a directory for all of them.
        sources: what is checked out.
        environ: what the CI puts into the environment of every job.
        programs: directories that come first on the path.
    """

    place: Path
    sources: Path
    environ: Mapping[str, str]
    programs: tuple[Path, ...] = ()

    def start(self, job: str) -> Machine:
        """A fresh one, without the sources."""
        place = self.place / job
        (place / "work").mkdir(parents=True)
        path = [*map(str, self.programs), sysconfig.get_path("scripts"), os.environ["PATH"]]
        kept = {name: os.environ[name] for name in ("PYTHONPATH",) if name in os.environ}
        own = {"HOME": str(place), "PATH": os.pathsep.join(path), "CI": "true"}
        return Machine(job, place / "work", {**kept, **own, **self.environ})

    def check_out(self, machine: Machine) -> None:
        """Put the sources there."""
        shutil.copytree(self.sources, machine.work, dirs_exist_ok=True)

    def keep(self, machine: Machine, path: str) -> None:
        """Take a directory over, for later jobs."""
        shutil.copytree(machine.work / path, self.place / "kept" / path)

    def hand_on(self, machine: Machine, path: str) -> None:
        """Put what an earlier job made there."""
        shutil.copytree(self.place / "kept" / path, machine.work / path)


@dataclass(frozen=True)
class Machine:
    """What one job runs on.

    Attributes:
        job: its name.
        work: the directory that its commands run in.
        environ: its environment.
    """

    job: str
    work: Path
    environ: dict[str, str]
    said: list[str] = field(default_factory=list)

    def run(self, script: str, environ: Mapping[str, str]) -> None:
        """Run a script as both CIs do, ending at the first command that fails; what it installs is there.

        Raises:
            JobError: one did.
        """
        command = ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", INSTALL.sub(":", script)]
        done = subprocess.run(
            command, cwd=self.work, env={**self.environ, **environ}, text=True, check=False, timeout=120,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        )  # fmt: skip
        self.said.append(done.stdout)
        if done.returncode:
            raise JobError(self.job, done.returncode, done.stdout)


def run_github(file: Path, machines: Machines, context: Mapping[str, str]) -> list[str]:
    """Run a workflow of GitHub Actions; gives the names of the jobs that ran.

    Args:
        file: the workflow.
        machines: where.
        context: what expressions like `github.token` stand for.

    Raises:
        JobError: a job failed.
    """
    workflow = _yaml.safe_load(file.read_text(encoding="utf-8"))
    known = dict(context)
    given = {name: _filled(text, known) for name, text in workflow["env"].items()}
    known |= {f"env.{name}": machines.environ.get(name, text) for name, text in given.items()}
    ran: list[str] = []
    for name, job in workflow["jobs"].items():
        needs = job.get("needs")
        if not _holds(job.get("if"), known) or (needs and needs not in ran):
            continue
        machine = machines.start(name)
        machine.environ.update({key: known[f"env.{key}"] for key in given})
        for number, step in enumerate(job["steps"]):
            if "uses" in step:
                _action(step["uses"], step["with"], machine, machines)
            else:
                _step(step, machine, known, machine.work.parent / f"output-{number}")
        known |= {f"needs.{name}.outputs.{key}": _filled(it, known) for key, it in job.get("outputs", {}).items()}
        ran.append(name)
    return ran


def _action(name: str, given: dict[str, str], machine: Machine, machines: Machines) -> None:
    match name:
        case "actions/checkout@v4":
            machines.check_out(machine)
        case "actions/upload-artifact@v4":
            machines.keep(machine, given["path"])
        case "actions/download-artifact@v4":
            machines.hand_on(machine, given["path"])
        case _:
            assert name == "actions/setup-python@v5", name


def _step(step: dict[str, Any], machine: Machine, known: dict[str, str], output: Path) -> None:
    assert set(step) <= {"name", "id", "env", "run"}, step
    output.touch()
    environ = {name: _filled(text, known) for name, text in step.get("env", {}).items()}
    machine.run(step["run"], {**environ, "GITHUB_OUTPUT": str(output)})
    for line in output.read_text(encoding="utf-8").splitlines():
        name, _, value = line.partition("=")
        known[f"steps.{step['id']}.outputs.{name}"] = value


def _filled(text: str, known: Mapping[str, str]) -> str:
    return EXPRESSION.sub(lambda found: known[found[1]], text)


def _holds(condition: str | None, known: Mapping[str, str]) -> bool:
    if condition is None:
        return True
    found = COMPARED.fullmatch(condition)
    assert found is not None, condition
    return known[found[1]] == found[2]


def run_gitlab(file: Path, machines: Machines) -> list[str]:
    """Run a pipeline of GitLab's; gives the names of the jobs that ran.

    Raises:
        JobError: a job failed.
    """
    pipeline = _yaml.safe_load(file.read_text(encoding="utf-8"))
    stages, shared = (pipeline.pop(name) for name in ("stages", "variables"))
    pipeline.pop("default")
    reported: dict[str, str] = {}
    ran: list[str] = []
    for name, job in sorted(pipeline.items(), key=lambda it: stages.index(it[1]["stage"])):
        if not any(_admits(rule["if"], machines.environ) for rule in job["rules"]):
            continue
        machine = machines.start(name)
        variables = {**shared, **job.get("variables", {})}
        if variables.get("GIT_STRATEGY") != "none":
            machines.check_out(machine)
        for needed in job.get("needs", []):
            assert needed in ran, job
            for path in pipeline[needed]["artifacts"].get("paths", []):
                machines.hand_on(machine, path)
        machine.run("\n".join(job["script"]), {**dict(_expanded(variables, machine.environ)), **reported})
        artifacts = job.get("artifacts", {})
        for path in artifacts.get("paths", []):
            machines.keep(machine, path)
        if (dotenv := artifacts.get("reports", {}).get("dotenv")) is not None:
            lines = (machine.work / dotenv).read_text(encoding="utf-8").splitlines()
            reported |= dict(line.split("=", 1) for line in lines)
        ran.append(name)
    return ran


def _expanded(variables: Mapping[str, str], known: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    for name, text in variables.items():
        yield name, string.Template(text).safe_substitute(known)


def _admits(condition: str, known: Mapping[str, str]) -> bool:
    name, _, value = condition.removeprefix("$").partition(" == ")
    return known.get(name) == value.strip('"') if value else name in known
