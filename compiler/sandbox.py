"""Which runtime a node gets by default, and what the sandboxed Python lacks.

from remotemedia.compiler import compile_file, default_runtimes

default_runtimes(compile_file(Path("pipeline.py")))  # {"AudioSource": "native", "SpeechSegments": "python-wasm"}
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any, Final

from remotemedia.schemas import modules
from remotemedia.schemas.tables import node_type

if TYPE_CHECKING:
    from collections.abc import Iterator

    from remotemedia.compiler._program import Program

__all__ = [
    "absence",
    "component_of",
    "default_runtimes",
    "is_standard",
    "kinds_of",
    "missing_in_sandbox",
    "named_code",
    "uselessness",
]

_PRESENT: Final = frozenset({
    "__future__", "abc", "annotationlib", "argparse", "array", "ast", "asyncio", "atexit", "base64", "bdb",
    "binascii", "bisect", "builtins", "calendar", "cmath", "cmd", "code", "codecs", "codeop", "collections",
    "colorsys", "compression", "concurrent", "configparser", "contextlib", "contextvars", "copy", "copyreg",
    "csv", "dataclasses", "datetime", "decimal", "difflib", "dis", "doctest", "email", "encodings", "enum",
    "errno", "faulthandler", "filecmp", "fileinput", "fnmatch", "fractions", "functools", "gc", "genericpath",
    "getopt", "gettext", "glob", "graphlib", "gzip", "hashlib", "heapq", "hmac", "html", "http", "importlib",
    "inspect", "io", "ipaddress", "itertools", "json", "keyword", "linecache", "locale", "logging", "marshal",
    "math", "mimetypes", "ntpath", "numbers", "opcode", "operator", "optparse", "os", "pathlib", "pdb", "pickle",
    "pickletools", "pkgutil", "platform", "posix", "posixpath", "pprint", "profile", "pstats", "pyexpat", "queue",
    "quopri", "random", "re", "reprlib", "rlcompleter", "runpy", "sched", "secrets", "select", "selectors",
    "shelve", "shlex", "shutil", "signal", "site", "socket", "stat", "statistics", "string", "stringprep",
    "struct", "subprocess", "symtable", "sys", "sysconfig", "tempfile", "textwrap", "threading", "time", "timeit",
    "token", "tokenize", "tomllib", "traceback", "tracemalloc", "types", "typing", "unicodedata", "unittest",
    "urllib", "uuid", "warnings", "wave", "weakref", "xml", "zipfile", "zipimport", "zlib", "zoneinfo",
})  # fmt: skip
"""Top-level modules of the standard library that can be imported there."""

_ABSENT_PARTS: Final = frozenset({
    "asyncio.proactor_events", "asyncio.windows_events", "asyncio.windows_utils", "concurrent.futures.process",
    "concurrent.futures.thread", "concurrent.interpreters", "http.cookiejar", "http.server", "importlib.readers",
    "importlib.simple", "json.tool", "logging.config", "unittest.async_case", "urllib.robotparser",
    "xml.dom.expatbuilder", "xml.dom.pulldom", "xml.etree.ElementInclude", "xml.etree.cElementTree",
})  # fmt: skip
"""What of their packages cannot be imported there; private parts and single encodings are not listed."""

_NO_NETWORK: Final = "there is no network"
_NO_PROCESSES: Final = "there are no processes"
_NO_THREADS: Final = "threads cannot be started"
_NO_NATIVE_CODE: Final = "no native code can be called"
_NO_TERMINAL: Final = "there is no terminal or window"

_ABSENT_BECAUSE: Final = {
    "concurrent.futures.process": _NO_PROCESSES, "concurrent.futures.thread": _NO_THREADS,
    "ctypes": _NO_NATIVE_CODE, "curses": _NO_TERMINAL, "dbm": "there is no file system", "ftplib": _NO_NETWORK,
    "getpass": _NO_TERMINAL, "http.server": _NO_NETWORK, "imaplib": _NO_NETWORK, "mmap": "there is no file system",
    "multiprocessing": _NO_PROCESSES, "poplib": _NO_NETWORK, "pty": _NO_TERMINAL, "readline": _NO_TERMINAL,
    "smtplib": _NO_NETWORK, "socketserver": _NO_NETWORK, "sqlite3": "there is no file system", "ssl": _NO_NETWORK,
    "termios": _NO_TERMINAL, "tkinter": _NO_TERMINAL, "tty": _NO_TERMINAL, "turtle": _NO_TERMINAL,
    "webbrowser": _NO_TERMINAL, "wsgiref": _NO_NETWORK, "xmlrpc": _NO_NETWORK,
}  # fmt: skip

_OF_CODE: Final = ("python-wasm", "rustpython", "python")
_SANDBOXED: Final = frozenset({"python-wasm", "rustpython"})
_USELESS: Final = {
    "asyncio.create_subprocess_exec": _NO_PROCESSES, "asyncio.create_subprocess_shell": _NO_PROCESSES,
    "asyncio.open_connection": _NO_NETWORK, "asyncio.start_server": _NO_NETWORK, "asyncio.to_thread": _NO_THREADS,
    "concurrent.futures.ProcessPoolExecutor": _NO_PROCESSES, "concurrent.futures.ThreadPoolExecutor": _NO_THREADS,
    "http.client": _NO_NETWORK, "os.fork": _NO_PROCESSES, "os.popen": _NO_PROCESSES, "os.system": _NO_PROCESSES,
    "selectors": _NO_NETWORK, "socket": _NO_NETWORK, "subprocess": _NO_PROCESSES, "threading.Thread": _NO_THREADS,
    "threading.Timer": _NO_THREADS, "urllib.request": _NO_NETWORK,
}  # fmt: skip
"""Modules and names that are there and cannot do their work."""


def is_standard(top: str) -> bool:
    """Return whether a top-level name is of the standard library, of this Python or of the sandbox's newer one."""
    return top in sys.stdlib_module_names or top in _PRESENT


def absence(name: str) -> str | None:
    """Return why a module of the standard library cannot be imported in the sandbox; None if it can.

    Args:
        name: dotted. What is no module of the standard library is taken for a name in one.
    """
    top = name.partition(".")[0]
    if top in sys.builtin_module_names and top.startswith("_"):
        return None
    if (top in _PRESENT or top.startswith("_")) and not _prefixes(name) & _ABSENT_PARTS:
        return None
    return next(
        (_ABSENT_BECAUSE[part] for part in sorted(_prefixes(name)) if part in _ABSENT_BECAUSE),
        "its Python is built without it",
    )


def uselessness(name: str) -> str | None:
    """Return why something of the standard library is of no use in the sandbox, though it is there."""
    return next((_USELESS[part] for part in sorted(_prefixes(name)) if part in _USELESS), None)


def missing_in_sandbox(program: Program) -> tuple[str, ...]:
    """Return the top-level names that a program imports without a fallback and the sandbox does not have."""
    vendored = {file.distribution for file in program.dependencies.vendored}
    provided = {
        it.name.partition(".")[0] for it in program.dependencies.imports if vendored.issuperset(it.distributions)
    }
    return tuple(
        found.name
        for found in program.imports
        if not found.optional and found.name != "remotemedia" and found.name not in provided and _lacks(found.name)
    )


def default_runtimes(program: Program) -> dict[str, str]:
    """Return the runtime of each node by id: what its author asked for, else the first that can run it.

    Built-in nodes take the first of their kinds, an author's nodes the sandbox (`python-wasm`), and `python` where the
    sandbox lacks what the author's code in the node imports.
    """
    return {node["id"]: node.get("runtime") or kinds_of(program, node)[0] for node in program.manifest["nodes"]}


def kinds_of(program: Program, node: dict[str, Any]) -> tuple[str, ...]:
    """Return the runtimes that can run a node, the best first."""
    builtin = node_type(node["node_type"]) if "entry" not in node else None
    kinds = _kinds_of_code(node) if builtin is None else builtin.kinds_with(node.get("params", {}))
    lacks = "python" in kinds and program.dependencies.needs_of(named_code(node)).lacks
    return tuple(kind for kind in kinds if kind not in _SANDBOXED) if lacks else tuple(kinds)


def component_of(node: dict[str, Any]) -> str | None:
    """Return the WebAssembly component that does what an author's node does, if it was given one: a project's path."""
    file = modules.component(node.get("params", {}))
    return file if "entry" in node and file is not None and file.endswith(".wasm") else None


def _kinds_of_code(node: dict[str, Any]) -> tuple[str, ...]:
    before = () if component_of(node) is None else ("wasm",)
    behind = ("program",) if modules.programs(node.get("params", {})) else ()
    return (*before, *_OF_CODE, *behind)


def named_code(node: dict[str, Any]) -> Iterator[str]:
    """Give the `module:qualname` of a node's class and of all classes and functions in its parameters."""
    waiting: list[Any] = [node.get("params")]
    if "entry" in node:
        yield node["entry"]
    while waiting:
        value = waiting.pop()
        if isinstance(value, dict):
            yield from (value[key] for key in ("$py", "entry") if isinstance(value.get(key), str))
            waiting.extend(value.values())
        elif isinstance(value, list):
            waiting.extend(value)


def _lacks(top: str) -> bool:
    return not is_standard(top) or absence(top) is not None or uselessness(top) is not None


def _prefixes(name: str) -> set[str]:
    parts = name.split(".")
    return {".".join(parts[: count + 1]) for count in range(len(parts))}
