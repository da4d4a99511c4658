"""Names that `remotemedia` does not have."""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING, Final

from remotemedia.compiler._library import library_names

if TYPE_CHECKING:
    import libcst as cst

    from remotemedia.compiler._evaluate.evaluator import Evaluator

__all__ = ["refuse_library_name"]

_SHOWN: Final = 12


def refuse_library_name(ev: Evaluator, module: str, name: str, node: cst.CSTNode) -> None:
    """Report a name that a module of `remotemedia` does not have (RM104), with the one that was probably meant."""
    known = sorted(library_names(module))
    close = difflib.get_close_matches(name, known, 1)
    classes = [f"`{other}`" for other in known if other[0].isupper()]
    more = f" and {len(classes) - _SHOWN} more" if len(classes) > _SHOWN else ""
    listed = ", ".join(classes[:_SHOWN]) + more
    help_ = f"did you mean `{close[0]}`?" if close else f"it has {listed}" if listed else None
    ev.findings.add("RM104", f"`{module}` has no `{name}`", ev.place(node), "not found", help=help_)
