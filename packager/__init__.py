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

from remotemedia.packager._archive import Archive
from remotemedia.packager._assemble import Assembled, assemble
from remotemedia.packager._attach import attach, signature_of
from remotemedia.packager._build import BuiltPackage, build, rehearse
from remotemedia.packager._compare import Difference, compare
from remotemedia.packager._environment import Wheel, hosted_distributions, locked_hashes
from remotemedia.packager._export import export_package
from remotemedia.packager._lock import LOCK, is_pinned, pins_of, references_of
from remotemedia.packager._options import Attest, BuildOptions

__all__ = [
    "LOCK",
    "Archive",
    "Assembled",
    "Attest",
    "BuildOptions",
    "BuiltPackage",
    "Difference",
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
    "references_of",
    "rehearse",
    "signature_of",
]
