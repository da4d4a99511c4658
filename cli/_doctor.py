"""`remotemedia doctor`: what works on this machine, tried for real."""

from __future__ import annotations

import os
import platform
from typing import Any

from remotemedia.cli._console import report
from remotemedia.cli._options import Json


def doctor(*, as_json: Json = False) -> None:
    """Show versions, places and runtimes."""
    from importlib.metadata import version

    from remotemedia.runtime.executor import Executor
    from remotemedia.runtime.home import home_directory
    from remotemedia.trust import KeyStore, Mode

    executor = Executor.find()
    found = executor.doctor()
    home = home_directory(os.environ)
    fields: dict[str, Any] = {
        "version": version("remotemedia"),
        "python": platform.python_version(),
        "mode": str(Mode.detect(os.environ)),
        "home": str(home),
        "keys": len(KeyStore(home).list()),
        "executor": {"path": str(executor.path), "version": found["version"]},
        "runtimes": found["runtimes"],
        "notices": found["notices"],
    }
    rows = [("remotemedia", fields["version"]), ("python", fields["python"]), ("mode", fields["mode"])]
    rows += [("home", fields["home"]), ("executor", str(executor.path))]
    rows += [(name, _state(runtime)) for name, runtime in found["runtimes"].items()]
    report(fields, "\n".join(f"{name:<14}{value}" for name, value in rows), as_json=as_json)


def _state(runtime: dict[str, Any]) -> str:
    if runtime["ok"]:
        return f"ok  {runtime.get('from') or ''}".rstrip()
    error = runtime["error"]
    hint = f" ({error['hint']})" if error.get("hint") else ""
    return f"missing: {error['message']}{hint}"
