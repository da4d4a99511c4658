"""Writes what the compiler says of every program beside it: `expected.json`, or `expected.txt` for what it refuses.

python testdata/compiler/regenerate.py            # all of them
python testdata/compiler/regenerate.py NAME…      # only these
"""

import json
import re
import sys
from pathlib import Path

from remotemedia.compiler import compile_file, default_runtimes, render
from remotemedia.errors import CompileError

HERE = Path(__file__).parent
_VERSION = re.compile(r"(of `[\w-]+`) \d[\w.]*")  # of an installed distribution: another one day


def programs() -> list[Path]:
    """Return the pipeline's file of every case, in the order of their names."""
    return sorted([*HERE.glob("*/pipeline.py"), *HERE.glob("*/app/pipeline.py")])


def case_of(program: Path) -> Path:
    """Return the directory of a program's case."""
    return HERE / program.relative_to(HERE).parts[0]


def observe(program: Path) -> tuple[str, str]:
    """Compile a program; return the name of the expected file and what is to stand in it."""
    try:
        compiled = compile_file(program)
    except CompileError as error:
        return "expected.txt", render(error.details["diagnostics"]).replace(str(HERE), "…")  # type: ignore[arg-type]  # they are the compiler's
    summary = {
        "manifest": compiled.manifest,
        "files": [[file.path, file.kind, file.size] for file in compiled.files],
        "modules": [module.path for module in compiled.modules],
        "entries": list(compiled.entries),
        "imports": {found.name: "optional" if found.optional else "required" for found in compiled.imports},
        "runtimes": default_runtimes(compiled),
        "warnings": _VERSION.sub(r"\1 …", render(compiled.diagnostics)).splitlines(),
    }
    return "expected.json", json.dumps(summary, indent=2, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    for program in programs():
        if sys.argv[1:] and case_of(program).name not in sys.argv[1:]:
            continue
        for old in ("expected.json", "expected.txt"):
            (case_of(program) / old).unlink(missing_ok=True)
        name, text = observe(program)
        (case_of(program) / name).write_text(text, encoding="utf-8")
