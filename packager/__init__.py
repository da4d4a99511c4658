"""Packages: a compiled program becomes one signed file.

    import os
    from functools import partial
    from pathlib import Path

    from remotemedia.compiler import compile_file
    from remotemedia.packager import BuildOptions, build
    from remotemedia.trust import SigningKey, sign_statement

    program = compile_file(Path("pipeline.py"))
    attest = partial(sign_statement, SigningKey.generate())
    options = BuildOptions(os.environ, tool_version="0.1.0", attest=attest)
    package = build(program, Path(), options)
    print(package.path, package.digest)

A package is a tar that is a plain tree (`manifest.json`, `modules/`, `models/`, `meta/`) and an OCI image layout at
once. No network is used, no user code is run, and equal inputs give equal bytes.
"""

from importlib import import_module as _import_module
from typing import TYPE_CHECKING
from typing import Any as _Any

if TYPE_CHECKING:
    from remotemedia.packager._archive import Archive
    from remotemedia.packager._artifact import Referrer
    from remotemedia.packager._assemble import Assembled, assemble
    from remotemedia.packager._attach import attach
    from remotemedia.packager._blob import Blob
    from remotemedia.packager._build import BuiltPackage, build, rehearse
    from remotemedia.packager._compare import Difference, compare
    from remotemedia.packager._environment import Wheel, hosted_distributions, locked_hashes
    from remotemedia.packager._export import export_package
    from remotemedia.packager._lock import LOCK, is_pinned, pins_of, references_of
    from remotemedia.packager._options import Attest, BuildOptions
    from remotemedia.packager._statements import provenance_of, referrer_of
    from remotemedia.packager._wants import wanted_grants
    from remotemedia.packager._writing import writing

__all__ = [
    "LOCK",
    "Archive",
    "Assembled",
    "Attest",
    "Blob",
    "BuildOptions",
    "BuiltPackage",
    "Difference",
    "Referrer",
    "Wheel",
    "assemble",
    "attach",
    "build",
    "compare",
    "export_package",
    "hosted_distributions",
    "is_pinned",
    "locked_hashes",
    "pins_of",
    "provenance_of",
    "references_of",
    "referrer_of",
    "rehearse",
    "wanted_grants",
    "writing",
]

# Each is imported when it is first used: who reads a package needs little of what builds one.
_HOMES = {
    "LOCK": "_lock",
    "Archive": "_archive",
    "Assembled": "_assemble",
    "Attest": "_options",
    "Blob": "_blob",
    "BuildOptions": "_options",
    "BuiltPackage": "_build",
    "Difference": "_compare",
    "Referrer": "_artifact",
    "Wheel": "_environment",
    "assemble": "_assemble",
    "attach": "_attach",
    "build": "_build",
    "compare": "_compare",
    "export_package": "_export",
    "hosted_distributions": "_environment",
    "is_pinned": "_lock",
    "locked_hashes": "_environment",
    "pins_of": "_lock",
    "provenance_of": "_statements",
    "references_of": "_lock",
    "referrer_of": "_statements",
    "rehearse": "_build",
    "wanted_grants": "_wants",
    "writing": "_writing",
}


def __getattr__(name: str) -> _Any:
    """Fetch a name when it is first used (PEP 562)."""
    if name not in _HOMES:
        raise AttributeError(f"module `{__name__}` has no attribute `{name}`")
    value = globals()[name] = getattr(_import_module(f"{__name__}.{_HOMES[name]}"), name)
    return value
