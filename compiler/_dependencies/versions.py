"""Whether what is installed is what the project declares and has locked."""

from __future__ import annotations

from typing import TYPE_CHECKING

from packaging.utils import canonicalize_name
from packaging.version import InvalidVersion, Version

from remotemedia.compiler._diagnostic import Diagnostic, compile_error

if TYPE_CHECKING:
    from remotemedia.compiler._dependencies.declared import Declarations
    from remotemedia.compiler._dependencies.installed import Environment
    from remotemedia.compiler._dependencies.stated import Declared
    from remotemedia.compiler._diagnostic import Severity
    from remotemedia.compiler._findings import Findings
    from remotemedia.compiler._source import Place
    from remotemedia.errors import CompileError

__all__ = ["check_script", "check_version"]

_STATED = "a package states what is installed where it is built"


def check_version(
    name: str,
    place: Place,
    environment: Environment,
    declarations: Declarations,
    findings: Findings,
    *,
    optional: bool,
) -> None:
    """Compare an imported distribution with what is declared and locked (RM131), or miss it (RM132).

    What the pipeline's own file requires is not looked at: `check_script` does, where it is stated.
    """
    installed, locked = environment.named(name), declarations.lock_of(name)
    stated = [it for it in declarations.of(name) if not it.of_script]
    if installed is None:
        if locked is not None:
            message = f"`{name}` {locked.version} is locked by `{locked.file}`, but not installed"
            help_ = "install it, so that its licence and its code are known"
            findings.add("RM131", message, place, "imported here", help=help_, severity="warning")
        elif stated and not optional:
            message = f"`{stated[0].requirement}` of `{stated[0].file}` is imported, but not installed"
            findings.add("RM132", message, place, "imported here", help="install what the project requires")
        return
    locked = declarations.lock_of(name, installed.version)
    if locked is not None and not _same(locked.version, installed.version):
        message = f"`{name}` is locked at {locked.version} by `{locked.file}`, but {installed.version} is installed"
        help_ = "install what is locked, or lock again"
        findings.add("RM131", message, place, "imported here", notes=(_STATED,), help=help_, severity="warning")
    for it in stated:
        if not _satisfies(it, installed.version):
            message = f"`{it.file}` requires `{it.requirement}`, but {installed.version} is installed"
            help_ = "install what is required, or change the requirement"
            findings.add("RM131", message, place, "imported here", notes=(_STATED,), help=help_, severity="warning")


def check_script(declarations: Declarations, environment: Environment, findings: Findings) -> None:
    """Compare what the pipeline's own file requires (PEP 723) with what is installed, whether imported or not."""
    for it in declarations.declared:
        if not it.of_script or not it.applies():
            continue
        name = canonicalize_name(it.requirement.name)
        installed = environment.named(name)
        if installed is None and declarations.lock_of(name) is None:
            message = f"`{it.requirement}` is required by the script, but not installed"
            findings.extend(_error("RM132", "error", message, it, "install it, or take it out"))
        elif installed is not None and not _satisfies(it, installed.version):
            message = f"the script requires `{it.requirement}`, but {installed.version} is installed"
            findings.extend(_error("RM131", "warning", message, it, "install what is required"))


def _error(code: str, severity: Severity, message: str, stated: Declared, help_: str) -> CompileError:
    return compile_error([Diagnostic(code, severity, message, stated.span, "required here", help=help_)])


def _satisfies(stated: Declared, version: str) -> bool:
    try:
        return stated.requirement.specifier.contains(version, prereleases=True)
    except InvalidVersion:
        return False


def _same(one: str, other: str) -> bool:
    try:
        return Version(one) == Version(other)
    except InvalidVersion:
        return one == other
