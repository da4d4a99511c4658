"""`remotemedia doctor`: what works on this machine, tried for real."""

from __future__ import annotations

import os
import platform
from typing import Any

import typer

from remotemedia.cli._console import report, size
from remotemedia.cli._options import Json


def doctor(*, as_json: Json = False) -> None:
    """Show versions, places and runtimes, and whether what is set up can be used; exit with 1 if something cannot."""
    from importlib.metadata import version

    from remotemedia.cli._setup import setup_of
    from remotemedia.runtime._envs import Environments
    from remotemedia.runtime.executor import Executor
    from remotemedia.runtime.home import home_directory
    from remotemedia.trust import Mode

    executor = Executor.find()
    found = executor.doctor()
    home = home_directory(os.environ)
    setup = setup_of(home)
    fields: dict[str, Any] = {
        "version": version("remotemedia"),
        "python": platform.python_version(),
        "mode": str(Mode.detect(os.environ)),
        "home": str(home),
        "setup": setup,
        "executor": {"path": str(executor.path), "version": found["version"]},
        "environments": [{"digest": it.digest, "size": it.size} for it in Environments(home).all()],
        "runtimes": found["runtimes"],
        "confinement": found["confinement"],
        "notices": found["notices"],
    }
    rows = [("remotemedia", fields["version"]), ("python", fields["python"]), ("mode", fields["mode"])]
    rows += [("home", fields["home"])]
    rows += [(name, f"{'ok  ' if it['ok'] else 'wrong: '}{it['state']}") for name, it in setup.items()]
    rows += [("executor", str(executor.path))]
    taken = sum(it["size"] for it in fields["environments"])
    rows += [("environments", f"{len(fields['environments'])}, {size(taken)}")]
    rows += [(name, _state(runtime)) for name, runtime in found["runtimes"].items()]
    rows += _confinement(found["confinement"])
    report(fields, "\n".join(f"{name:<14}{value}" for name, value in rows), as_json=as_json)
    if not all(it["ok"] for it in setup.values()):
        raise typer.Exit(1)


def _state(runtime: dict[str, Any]) -> str:
    if runtime["ok"]:
        return f"ok  {runtime.get('from') or ''}".rstrip()
    error = runtime["error"]
    hint = f" ({error['hint']})" if error.get("hint") else ""
    return f"missing: {error['message']}{hint}"


def _confinement(support: dict[str, Any]) -> list[tuple[str, str]]:
    """What this system keeps the executor and its children from, by mechanism."""
    abi = support["landlock_abi"]
    files = f"ok  version {abi}" if abi else "missing: this kernel has no landlock; files are not confined"
    calls = "ok" if support["seccomp"] else "missing: system calls are not filtered on this system"
    return [("landlock", files), ("seccomp", calls)]
