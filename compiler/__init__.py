"""From a pipeline's file to what it states, without running it.

    from pathlib import Path
    from remotemedia.compiler import compile_file, manifest_json

    program = compile_file(Path("pipeline.py"))
    manifest_json(program)  # the same manifest that `Pipeline.to_manifest()` gives when the file is run

What cannot be known without running the program, and the graph depends on, is refused with a diagnostic.
"""

from remotemedia.compiler._compile import compile_file, manifest_json
from remotemedia.compiler._diagnostic import Diagnostic, Severity, Span, to_json
from remotemedia.compiler._program import Import, Program, ProjectFile, SourceModule
from remotemedia.compiler._render import render
from remotemedia.compiler.sandbox import default_runtimes, missing_in_sandbox

__all__ = [
    "Diagnostic",
    "Import",
    "Program",
    "ProjectFile",
    "Severity",
    "SourceModule",
    "Span",
    "compile_file",
    "default_runtimes",
    "manifest_json",
    "missing_in_sandbox",
    "render",
    "to_json",
]
