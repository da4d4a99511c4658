"""What `make interop` prints: which registries and foreign tools agree with remotemedia, from tests that ran just now.

    python scripts/interop.py           run the tests, print the tables
    python scripts/interop.py --write   put them into `docs/reference/interop.md` too, if everything held

A test that is marked `interop(section, row)` is one row, or one cell of it for each registry and login. Whatever is
missing is to be installed before: `python scripts/foreign_tools.py`.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from xml.etree import ElementTree as ET

REPOSITORY = Path(__file__).resolve().parent.parent
PAGE = REPOSITORY / "docs" / "reference" / "interop.md"
BEGIN, END = "<!-- tables -->\n", "<!-- end of tables -->"

sys.path.insert(0, str(REPOSITORY))
from scripts.foreign_tools import TOOLS  # noqa: E402 - found beside this file

SECTIONS = {
    "remotemedia": "remotemedia with registries",
    "clients": "Other clients with registries",
    "local": "Without a registry",
    "signatures": "Signatures",
    "refusals": "Passed by `cosign verify`, refused by remotemedia",
}
WITH_REGISTRIES = {"remotemedia", "clients"}
REGISTRIES = ("docker-registry", "registry", "olareg")
# Tools that have no part in it.
ELSEWHERE = {"chromium", "modctl"}
LOGINS = ("none", "basic", "token")


@dataclass
class Row:
    """What a row's tests said.

    Attributes:
        order: its test's file and line.
        held: for each registry (`""` without one) and login, whether all of its tests passed.
    """

    order: tuple[str, int]
    held: dict[tuple[str, str], bool] = field(default_factory=dict)


Table = dict[str, dict[str, Row]]


def run(report: Path) -> None:
    """Runs the tests of the tables; the report tells which failed, stderr why."""
    command = [sys.executable, "-m", "pytest", "-n", "2", "-q", "-m", "interop", "tests/full"]
    command += ["-o", "junit_family=xunit1", f"--junitxml={report}"]
    subprocess.run(command, cwd=REPOSITORY, stdout=sys.stderr, check=False)


def read(report: Path) -> Table:
    """The rows of each section, as a JUnit report has their tests."""
    table: Table = defaultdict(dict)
    for case in ET.parse(report).iter("testcase"):  # noqa: S314 - written by pytest just now
        said = {it.get("name", ""): it.get("value", "") for it in case.iter("property")}
        order = (case.get("file", ""), int(case.get("line", "0")))
        row = table[said["section"]].setdefault(said["row"], Row(order))
        passed = all(case.find(it) is None for it in ("failure", "error", "skipped"))
        key = (said["registry"], said["login"])
        row.held[key] = row.held.get(key, True) and passed
    return table


def markdown(table: Table) -> list[str]:
    """The tables, with the versions below."""
    lines: list[str] = []
    for section, title in SECTIONS.items():
        rows = sorted(table.get(section, {}).items(), key=lambda it: it[1].order)
        with_registries = section in WITH_REGISTRIES
        columns = list(REGISTRIES) if with_registries else ["held"]
        lines += [f"## {title}", "", f"| | {' | '.join(columns)} |", f"|---|{'---|' * len(columns)}"]
        for text, row in rows:
            cells = [cell(row, it) for it in REGISTRIES] if with_registries else [yes(all(row.held.values()))]
            lines.append(f"| {text} | {' | '.join(cells)} |")
        lines.append("")
    versions = [f"{tool.name} {tool.version.removeprefix('v')}" for tool in TOOLS if tool.name not in ELSEWHERE]
    return [*lines, f"Versions: {', '.join(sorted(versions))}."]


def cell(row: Row, registry: str) -> str:
    """The logins with which it held at a registry, and those with which it did not."""
    said = {login: row.held[registry, login] for login in LOGINS if (registry, login) in row.held}
    held = [login for login, passed in said.items() if passed]
    failed = [f"**{login}: no**" for login, passed in said.items() if not passed]
    return ", ".join([*held, *failed])


def yes(held: object) -> str:
    """Whether it held."""
    return "yes" if held else "**no**"


def write(lines: Sequence[str]) -> None:
    """Puts the tables into the page, in the place of those that are there."""
    before, _, rest = PAGE.read_text().partition(BEGIN)
    PAGE.write_text("".join((before, BEGIN, *(f"{line}\n" for line in lines), END, rest.partition(END)[2])))


def main() -> int:
    """Runs, prints and writes; the exit status is 1 if something did not hold."""
    parser = argparse.ArgumentParser(description="Print which registries and foreign tools agree with remotemedia.")
    parser.add_argument("--write", action="store_true", help=f"put the tables into {PAGE.relative_to(REPOSITORY)}")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        report = Path(scratch) / "report.xml"
        run(report)
        table = read(report)
    lines = markdown(table)
    print(*lines, sep=os.linesep)
    held = all(passed for rows in table.values() for row in rows.values() for passed in row.held.values())
    if options.write and held:
        write(lines)
    return 0 if held and set(table) == set(SECTIONS) else 1


if __name__ == "__main__":
    sys.exit(main())
