"""Which runtime a node gets by default, and what the sandboxed Python lacks.

from remotemedia.compiler import compile_file, default_runtimes

default_runtimes(compile_file(Path("pipeline.py")))  # {"AudioSource": "native", "SpeechSegments": "python-wasm"}
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from remotemedia.schemas.tables import node_type

if TYPE_CHECKING:
    from remotemedia.compiler._program import Program

__all__ = ["default_runtimes", "lacks", "missing_in_sandbox"]

_PRESENT: Final = frozenset({
    "__future__", "abc", "annotationlib", "array", "ast", "asyncio", "base64", "binascii", "bisect", "builtins",
    "calendar", "cmath", "codecs", "collections", "colorsys", "concurrent", "configparser", "contextlib",
    "contextvars", "copy", "copyreg", "csv", "dataclasses", "datetime", "decimal", "difflib", "dis", "doctest",
    "email", "encodings", "enum", "errno", "fnmatch", "fractions", "functools", "gc", "genericpath", "getopt",
    "gettext", "glob", "graphlib", "hashlib", "heapq", "hmac", "html", "http", "importlib", "inspect", "io",
    "ipaddress", "itertools", "json", "keyword", "linecache", "locale", "logging", "marshal", "math", "mimetypes",
    "numbers", "opcode", "operator", "optparse", "os", "pathlib", "pickle", "pickletools", "pkgutil", "platform",
    "posixpath", "pprint", "profile", "pstats", "queue", "quopri", "random", "re", "remotemedia", "reprlib",
    "sched", "secrets", "select", "shelve", "shlex", "shutil", "signal", "stat", "statistics", "string",
    "stringprep", "struct", "symtable", "sys", "tempfile", "textwrap", "threading", "time", "timeit", "token",
    "tokenize", "tomllib", "traceback", "tracemalloc", "types", "typing", "unicodedata", "unittest", "urllib",
    "uuid", "warnings", "wave", "weakref", "xml", "zipfile", "zipimport", "zlib", "zoneinfo",
})  # fmt: skip
"""Top-level modules of the sandbox that are of use there.

`socket` and `subprocess` can be imported, and then fail: there is no network and there are no processes. Absent are
`ssl`, `ctypes`, `mmap`, `bz2`, `lzma`, `multiprocessing`, `sqlite3`, all that is about terminals and windows, and
everything from outside the standard library.
"""


def lacks(name: str) -> bool:
    """Return whether the sandbox lacks a top-level module."""
    return name not in _PRESENT


def missing_in_sandbox(program: Program) -> tuple[str, ...]:
    """Return the top-level names that a program imports without a fallback and the sandbox lacks."""
    return tuple(found.name for found in program.imports if not found.optional and lacks(found.name))


def default_runtimes(program: Program) -> dict[str, str]:
    """Return the runtime of each node by id: what its author asked for, else the first that can run it.

    Built-in nodes take the first of their kinds, an author's nodes the sandbox (`python-wasm`), and `python` where the
    sandbox lacks what they import.
    """
    return {node["id"]: node.get("runtime") or _default(program, node) for node in program.manifest["nodes"]}


def _default(program: Program, node: dict[str, str]) -> str:
    builtin = node_type(node["node_type"])
    if "entry" in node or builtin is None:
        return "python" if node.get("entry") in program.unsandboxed else "python-wasm"
    return builtin.kinds[0]
