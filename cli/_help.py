"""`remotemedia help RM107`: what an error means."""

from __future__ import annotations

import textwrap
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from remotemedia.cli._console import report
from remotemedia.cli._options import Json
from remotemedia.errors import UsageError

if TYPE_CHECKING:
    from remotemedia.compiler.rules import Rule
    from remotemedia.schemas.tables import ErrorEntry

_WIDTH = 100


def help_(
    code: Annotated[
        str | None, typer.Argument(help="The code of an error, such as RM107; without it, all codes.")
    ] = None,
    *,
    as_json: Json = False,
) -> None:
    """Explain the code of an error."""
    from remotemedia.compiler.rules import rule_of
    from remotemedia.schemas.tables import error_table

    entries = error_table()
    if code is None:
        listed = [asdict(entry) for entry in entries.values()]
        report({"errors": listed}, "\n".join(f"{it.code}  {it.summary}" for it in entries.values()), as_json=as_json)
        return
    entry = entries.get(code.upper())
    if entry is None:
        raise UsageError(
            f"expected the code of an error, got `{code}`", code="RM701", hint="`remotemedia help` lists them"
        )
    rule = rule_of(entry.code)
    fields = asdict(entry)
    if rule is not None:
        said = {"severity": rule.severity, "explanation": rule.explanation, "bad": rule.bad, "good": rule.good}
        fields |= said
    report(fields, _text(entry, rule), as_json=as_json)


def _text(entry: ErrorEntry, rule: Rule | None) -> str:
    paragraphs = [f"{entry.code}: {entry.summary}"]
    paragraphs += [textwrap.fill(rule.explanation, _WIDTH)] if rule is not None else []
    paragraphs += [textwrap.fill(entry.help, _WIDTH)]
    if rule is not None:
        paragraphs += [f"Found in\n\n{_indented(rule.bad)}", f"and not in\n\n{_indented(rule.good)}"]
    if rule is None or rule.severity == "error":
        paragraphs.append(f"Exit status {entry.exit}.")
    else:
        paragraphs.append(f"A {rule.severity}: the program is compiled all the same.")
    return "\n\n".join(paragraphs)


def _indented(code: str) -> str:
    return textwrap.indent(code.rstrip(), "    ")
