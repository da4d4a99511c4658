"""Writes what each format says of the programs beside it: `expected.txt`, `.json`, `.sarif` and `.github`.

python testdata/compiler/reports/regenerate.py
"""

from pathlib import Path

from remotemedia.compiler import Report, as_github, as_json, as_sarif, check_file, render

HERE = Path(__file__).parent
PROGRAMS = ("latin.py", "speech.py")


def observe() -> dict[str, str]:
    """Return the text of each expected file, by name."""
    checked = (check_file(HERE / name, HERE) for name in PROGRAMS)
    report = Report("0.0.0", tuple(file for file in checked if file is not None))
    return {
        "expected.txt": render([diagnostic for _, diagnostic in report.findings()]),
        "expected.json": as_json(report),
        "expected.sarif": as_sarif(report, documentation="https://example.org/errors"),
        "expected.github": as_github(report),
    }


if __name__ == "__main__":
    for file, text in observe().items():
        (HERE / file).write_text(text, encoding="utf-8")
