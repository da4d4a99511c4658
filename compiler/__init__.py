"""From a pipeline's file to what it states, without running it.

    from pathlib import Path
    from remotemedia.compiler import compile_file, manifest_json

    program = compile_file(Path("pipeline.py"))
    manifest_json(program)  # the same manifest that `Pipeline.to_manifest()` gives when the file is run

What cannot be known without running the program, and the graph depends on, is refused with a diagnostic.
"""

from remotemedia.compiler._cache import forget as forget_programs
from remotemedia.compiler._cache import kept as kept_programs
from remotemedia.compiler._check import check_file, located, pipeline_files
from remotemedia.compiler._compile import compile_file, manifest_json, traced_program
from remotemedia.compiler._dependencies.built_in import built_in_distributions
from remotemedia.compiler._dependencies.model import Dependencies, Dependency, Distribution, Hashes, Needs, VendoredFile
from remotemedia.compiler._diagnostic import Diagnostic, Related, Severity, Span, Suggestion, to_json
from remotemedia.compiler._digests import LARGE, Digests
from remotemedia.compiler._explain import Placement, explain
from remotemedia.compiler._formats import Checked, Report, as_github, as_json, as_sarif, render
from remotemedia.compiler._ignore import Ignored
from remotemedia.compiler._notes import rest, settled, stamp_of
from remotemedia.compiler._onnx import external_data
from remotemedia.compiler._program import DataFile, Import, Program, ProjectFile, SourceModule
from remotemedia.compiler.sandbox import default_runtimes, missing_in_sandbox, named_code

__all__ = [
    "LARGE",
    "Checked",
    "DataFile",
    "Dependencies",
    "Dependency",
    "Diagnostic",
    "Digests",
    "Distribution",
    "Hashes",
    "Ignored",
    "Import",
    "Needs",
    "Placement",
    "Program",
    "ProjectFile",
    "Related",
    "Report",
    "Severity",
    "SourceModule",
    "Span",
    "Suggestion",
    "VendoredFile",
    "as_github",
    "as_json",
    "as_sarif",
    "built_in_distributions",
    "check_file",
    "compile_file",
    "default_runtimes",
    "explain",
    "external_data",
    "forget_programs",
    "kept_programs",
    "located",
    "manifest_json",
    "missing_in_sandbox",
    "named_code",
    "pipeline_files",
    "render",
    "rest",
    "settled",
    "stamp_of",
    "to_json",
    "traced_program",
]
