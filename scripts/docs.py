"""Writes the pages of `docs/` that follow from the code: errors, nodes, commands, the compiler, runtimes.

python scripts/docs.py          # write them
python scripts/docs.py --check  # fail if they are not what would be written
"""

from __future__ import annotations

import ast
import inspect
import runpy
import sys
from collections.abc import Iterable, Iterator
from itertools import pairwise
from pathlib import Path
from types import ModuleType
from typing import Any

import typer

from remotemedia.cli._main import app
from remotemedia.compiler import _bounds
from remotemedia.compiler._evaluate.array_table import FUNCTIONS, IN_PLACE_METHODS, METHODS
from remotemedia.compiler._evaluate.builtins_ import BUILTINS, COMPUTED_BUILTINS
from remotemedia.compiler._evaluate.iterating import ITERATING
from remotemedia.compiler._evaluate.mentions import HARMLESS
from remotemedia.compiler._evaluate.paths import PATH_FUNCTIONS
from remotemedia.compiler._evaluate.reads import READING
from remotemedia.compiler._evaluate.records import RECORD_FUNCTIONS
from remotemedia.compiler._evaluate.special import SPECIAL
from remotemedia.compiler._evaluate.standard import COMPUTED, CONSTANTS
from remotemedia.compiler.rules import Rule, rule_of
from remotemedia.schemas.tables import ErrorEntry, error_table, node_table

DOCS = Path(__file__).resolve().parent.parent / "docs"
GROUPS = {
    "RM1": "Compiling a program",
    "RM2": "Manifests",
    "RM3": "Packages",
    "RM4": "References, registries, the cache",
    "RM5": "Trust",
    "RM6": "Running",
    "RM7": "Options and use",
}


def errors() -> str:
    """The page of error codes."""
    lines = ["# Errors", "", "Codes are stable. `remotemedia help CODE` shows the same on the command line."]
    group = ""
    for entry in error_table().values():
        if entry.code[:3] != group:
            group = entry.code[:3]
            lines += ["", f"## {GROUPS[group]}"]
        lines += ["", f'<a id="{entry.code}"></a>', f"### {entry.code}: {entry.summary}", ""]
        lines += section(entry, rule_of(entry.code))
    return "\n".join(lines) + "\n"


def section(entry: ErrorEntry, rule: Rule | None) -> list[str]:
    """What is said of one code; examples where it is a rule of the compiler."""
    if rule is None:
        return [f"{entry.help} Exit status {entry.exit}."]
    ends = f"exit status {entry.exit}" if rule.severity == "error" else "the program is compiled all the same"
    lines = [f"A{'n' if rule.severity == 'error' else ''} {rule.severity}: {ends}.", "", rule.explanation, ""]
    lines += [entry.help, ""]
    return [*lines, "Found in", "", "```python", *rule.bad.splitlines(), "```", "", "and not in", "", "```python",
            *rule.good.splitlines(), "```"]  # fmt: skip


def nodes() -> str:
    """The page of built-in nodes."""
    lines = ["# Built-in nodes", "", "All of them also take `name=…`, which becomes the node's id."]
    for node in node_table().values():
        lines += ["", f"## {node.name}", "", f"{node.summary}. `from {node.module} import {node.name}`", ""]
        ports = [f"{port.name}: {' or '.join(port.types)}" for port in (*node.inputs, *node.outputs)]
        lines += [f"Ports: {'; '.join(ports)}. Runs as {', '.join(node.kinds)}.", ""]
        lines += ["| parameter | type | default | |", "|---|---|---|---|"]
        for parameter in node.parameters:
            default = "required" if parameter.required else f"`{parameter.default!r}`"
            native = ", ".join(f"`{it}`" for it in parameter.native or ())
            summary = f"{parameter.summary}; runs natively where it is {native}" if native else parameter.summary
            lines.append(f"| `{parameter.name}` | {parameter.type} | {default} | {summary} |")
    return "\n".join(lines) + "\n"


def commands() -> str:
    """The page of the command line."""
    lines = ["# Command line", "", "Data goes to stdout, talk to stderr. `--json` prints a report with a stable shape."]
    for words, command in walk(typer.main.get_command(app), ("remotemedia",)):
        lines += ["", f"## {' '.join(words)}", "", (command.help or "").strip(), ""]
        lines += ["| | |", "|---|---|"]
        lines += [f"| `{name}` | {text} |" for name, text in parameters(command)]
    return "\n".join(lines) + "\n"


def walk(command: Any, words: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Every command that does something, with the words that name it."""
    if not hasattr(command, "commands"):
        yield words, command
        return
    for name, child in command.commands.items():
        yield from walk(child, (*words, name))


def parameters(command: Any) -> Iterator[tuple[str, str]]:
    """A command's arguments and options with their help."""
    for parameter in command.params:
        names = (
            parameter.opts if parameter.param_type_name == "option" else [parameter.metavar or parameter.name.upper()]
        )
        text = (getattr(parameter, "help", None) or "").replace("|", "\\|")
        yield ", ".join(names).replace("|", "\\|"), text


def compiler() -> str:
    """The page of the compiler: written by people, but for the lists that the compiler's own tables have."""
    return filled("reference/compiler.md", compiler_lists())


def runtimes() -> str:
    """The page of runtimes: written by people, but for the table that the tests prove."""
    return filled("reference/runtimes.md", {"conformance": declared("programs")})


def rustpython() -> str:
    """The page of RustPython: written by people, but for the modules that the tests import."""
    return filled("reference/rustpython.md", {"modules": declared("rustpython")})


def declared(name: str) -> list[str]:
    """The rows that a module of the conformance tests declares."""
    rows: list[str] = runpy.run_path(str(DOCS.parent / f"tests/conformance/{name}.py"))["table"]()
    return rows


def filled(page_name: str, lists: dict[str, list[str]]) -> str:
    """A page with these lists in their places."""
    page = (DOCS / page_name).read_text()
    for name, lines in lists.items():
        begin, end = f"<!-- {name} -->\n", f"<!-- end of {name} -->"
        before, _, rest = page.partition(begin)
        page = "".join((before, begin, *(f"{line}\n" for line in lines), end, rest.partition(end)[2]))
    return page


def compiler_lists() -> dict[str, list[str]]:
    """What the compiler follows of Python and its libraries, and its bounds, by the name of the list."""
    functions = by_module({*COMPUTED, *ITERATING, *PATH_FUNCTIONS, *READING, *RECORD_FUNCTIONS, *SPECIAL})
    rows = ["| module | functions and classes |", "|---|---|"]
    rows += [f"| `{module}` | {listed(names)} |" for module, names in functions.items() if module]
    arrays = [f"Functions: {listed(FUNCTIONS)}.", "", f"Methods: {listed({*METHODS, *IN_PLACE_METHODS})}."]
    constants = [f"Constants: {listed(CONSTANTS)}."]
    bounds = ["| | at most |", "|---|---|", *(f"| {text} | {number} |" for text, number in bounds_of(_bounds))]
    builtins = [f"{listed({*BUILTINS, *COMPUTED_BUILTINS, *functions.get('', ()), *HARMLESS, 'delattr', 'setattr'})}."]
    return {
        "built-in functions": builtins,
        "library functions": [*rows, "", *constants],
        "functions of arrays": arrays,
        "bounds": bounds,
    }


def by_module(names: Iterable[str]) -> dict[str, list[str]]:
    """Names inside their modules, by dotted name of the module; classes of ours stand for what functions give."""
    found: dict[str, list[str]] = {}
    for name in sorted(names):
        module, _, last = name.rpartition(".")
        found.setdefault(module, []).append(last)
    return found


def listed(names: Iterable[str]) -> str:
    """Names as code, in the order of the alphabet."""
    return ", ".join(f"`{name}`" for name in sorted(names))


def bounds_of(module: ModuleType) -> Iterator[tuple[str, str]]:
    """The bounds of a module, each with the text that stands behind it."""
    body = ast.parse(inspect.getsource(module)).body
    for assigned, text in pairwise(body):
        if isinstance(assigned, ast.AnnAssign) and isinstance(text, ast.Expr) and isinstance(text.value, ast.Constant):
            name = ast.unparse(assigned.target)
            yield " ".join(str(text.value.value).split()).rstrip("."), f"{getattr(module, name):,}".replace(",", " ")


def main() -> None:
    """Write, or compare."""
    pages = {
        "reference/compiler.md": compiler(),
        "errors.md": errors(),
        "reference/nodes.md": nodes(),
        "reference/commands.md": commands(),
        "reference/runtimes.md": runtimes(),
        "reference/rustpython.md": rustpython(),
    }
    stale = []
    for name, text in pages.items():
        path = DOCS / name
        if "--check" not in sys.argv:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        elif not path.is_file() or path.read_text() != text:
            stale.append(name)
    if stale:
        raise SystemExit(f"{', '.join(stale)}: not what the code says; run `python scripts/docs.py`")


if __name__ == "__main__":
    main()
