"""Packages: a compiled program becomes one signed file.

    import os
    from pathlib import Path

    from remotemedia.compiler import compile_file
    from remotemedia.packager import build
    from remotemedia.trust import SigningKey

    program = compile_file(Path("pipeline.py"))
    package = build(program, Path(), key=SigningKey.generate(), environ=os.environ, tool_version="0.1.0")
    print(package.path, package.digest)

A package is a tar that is a plain tree (`manifest.json`, `modules/`, `models/`, `meta/`) and an OCI image layout at
once. No network is used, no user code is run, and equal inputs give equal bytes.
"""

from remotemedia.packager._build import BuiltPackage, build
from remotemedia.packager._environment import Wheel, hosted_distributions, locked_hashes

__all__ = ["BuiltPackage", "Wheel", "build", "hosted_distributions", "locked_hashes"]
