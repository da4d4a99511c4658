"""What a hostile node does, and what has to come of it.

Each row's `code` is what the node executes for one packet; what it leaves in `out` is emitted. The numbers are those of
the behaviours in `docs/reference/limits.md`. Behaviours of archives, sources and manifests are tested where they are
read (`rust_exec/package/tests`, `rust_exec/manifest/tests`), those of the compiler's cache in `rust_exec/wasm`.
"""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["OF_PYTHON", "PROGRAMS", "ROWS", "STRANGERS", "Program", "Row", "Stranger"]

OF_PYTHON = ("python-wasm", "python", "rustpython")
"""The runtimes of Python nodes in packages."""

_RAISED = frozenset({"RM602"})
_TIME = frozenset({"RM603"})
_MEMORY = frozenset({"RM604"})
_NESTING = frozenset({"RM602", "RM603", "RM604", "RM605", "RM611"})
_SIZE = frozenset({"RM604", "RM607"})
_ENDED = frozenset({"RM611"})
_FINE = frozenset({""})


@dataclass(frozen=True)
class Row:
    """One behaviour of a Python node.

    Attributes:
        number: the behaviour's.
        name: for people.
        code: what the node executes.
        codes: error codes of which one has to come; `""` where it may go on: the packet is processed, a flood is cut.
        runtimes: where it makes sense.
    """

    number: int
    name: str
    code: str
    codes: frozenset[str]
    runtimes: tuple[str, ...] = OF_PYTHON


_HOSTED = ("python", "rustpython")
_CPYTHON = ("python",)

# A process has the pipes over which it is spoken to, under whichever numbers, and no other.
_INHERITED = """\
import os, stat
pipes = set()
for number in range(64):
    try:
        found = os.fstat(number)
    except OSError:
        continue
    if stat.S_ISFIFO(found.st_mode):
        pipes.add(found.st_ino)
if len(pipes) > 3:
    os._exit(3)
raise OSError("there is none")
"""

ROWS = (
    Row(1, "endless-loop", "while True: pass", _TIME),
    Row(2, "regular-expression", "import re; re.match(r'(a+)+$', 'a' * 40 + 'b')", _TIME),
    Row(2, "huge-power", "3 ** 400000000", _TIME | _MEMORY),
    Row(3, "sleep", "import time; time.sleep(1e9)", _TIME | _RAISED),
    Row(4, "memory-at-once", "x = bytearray(1 << 30)", _MEMORY),
    Row(4, "memory-by-doubling", "x = [0]\nwhile True: x = x + x", _MEMORY, ("python-wasm", "python")),
    # RustPython may not get that far in its time.
    Row(4, "memory-by-doubling", "x = [0]\nwhile True: x = x + x", _MEMORY | _TIME, ("rustpython",)),
    Row(4, "memory-in-pieces", "x = []\nwhile True: x.append(bytearray(1 << 20))", _MEMORY),
    Row(5, "recursion", "import sys; sys.setrecursionlimit(10**9)\ndef f(n): return f(n + 1) + 1\nf(0)", _NESTING),
    Row(6, "deep-json", "import json; json.loads('[' * 100000 + ']' * 100000)", _NESTING),
    Row(6, "deep-repr", "x = []\nfor _ in range(200000): x = [x]\nrepr(x)", _NESTING),
    Row(7, "deep-syntax", "eval('(' * 150 + '1' + ')' * 150)\neval('-' * 90000 + '1')", _NESTING),
    Row(8, "exit", "import os; os._exit(3)", _ENDED),
    Row(8, "abort", "import os; os.abort()", _ENDED),
    Row(8, "null-pointer", "import ctypes; ctypes.string_at(0)", _ENDED, _CPYTHON),
    Row(9, "catches-everything", "while True:\n try:\n  while True: pass\n except BaseException: pass", _TIME),
    Row(
        9,
        "ignores-signals",
        "import signal\nfor n in range(1, 65):\n try: signal.signal(n, signal.SIG_IGN)\n "
        "except (OSError, ValueError): pass\nwhile True: pass",
        _TIME,
        _HOSTED,
    ),
    Row(10, "gigabyte", "out = [bytes(1 << 30)]", _SIZE),
    Row(10, "many-packets", "out = (0 for _ in range(150000))", _FINE),
    Row(11, "log-flood", "for n in range(5000): print('\\x1b[31m' + 'x' * 50)\nout = ['done']", _FINE),
    Row(11, "long-line", "print('y' * 10**7)\nout = ['done']", _FINE),
    Row(12, "raw-output", "import os; os.write(1, b'x' * 100000); out = ['done']", _FINE | {"RM611", "RM628"}),
    Row(13, "absolute-path", "open('/etc/passwd')", _RAISED),
    Row(13, "climbing-path", "open('../../../../../../etc/passwd')", _RAISED),
    Row(13, "own-process", "open('/proc/self/environ')", _RAISED),
    Row(13, "parent-process", "import os; open(f'/proc/{os.getppid()}/cmdline')", _RAISED, _HOSTED),
    Row(13, "root", "import os; os.listdir('/')", _RAISED),
    Row(14, "writes", "open('/tmp/remotemedia-hostile', 'w')", _RAISED),
    Row(14, "shared-memory", "open('/dev/shm/remotemedia-hostile', 'w')", _RAISED),
    Row(14, "changes-modes", "import os; os.chmod('/tmp', 0o777)", _RAISED, _HOSTED),
    Row(15, "connects", "import socket; socket.create_connection(('127.0.0.1', 22), 0.1)", _RAISED),
    Row(15, "mapped-address", "import socket; socket.create_connection(('::ffff:127.0.0.1', 22), 0.1)", _RAISED),
    Row(15, "link-local", "import socket; socket.create_connection(('169.254.169.254', 80), 0.1)", _RAISED),
    Row(
        15,
        "datagram",
        "import socket; s = socket.socket(type=socket.SOCK_DGRAM); s.sendto(b'x', ('127.0.0.1', 9))",
        _RAISED,
    ),
    Row(16, "inherited-descriptors", _INHERITED, _RAISED, _HOSTED),
    Row(16, "descriptors", "import os\nkept = []\nwhile True: kept.append(os.dup(0))", _RAISED | _TIME, _HOSTED),
    Row(
        17, "shell", "import ctypes\nif ctypes.CDLL(None).system(b'true'): raise OSError('refused')", _RAISED, _CPYTHON
    ),
    Row(17, "subprocess", "import subprocess; subprocess.run(['/bin/true'])", _RAISED),
    Row(17, "fork-bomb", "import os\nwhile True: os.fork()", _RAISED, _HOSTED),
    Row(17, "becomes-another", "import os; os.execv('/bin/true', ['true'])", _RAISED, _HOSTED),
    Row(17, "kills-its-parent", "import os; os.kill(os.getppid(), 9)", _RAISED, _HOSTED),
    Row(17, "lifts-its-limits", "import resource as r; r.setrlimit(r.RLIMIT_DATA, (-1, -1))", _RAISED, _CPYTHON),
    Row(
        17, "debugs-its-parent", "import ctypes, os; ctypes.CDLL(None).ptrace(16, os.getppid(), 0, 0)", _ENDED, _CPYTHON
    ),
    Row(
        17,
        "thread-bomb",
        "import threading, time\nwhile True: threading.Thread(target=time.sleep, args=(9,)).start()",
        _RAISED | _MEMORY | _TIME | _ENDED,
    ),
    Row(21, "breaks-modules", "import sys\nfor it in list(sys.modules): sys.modules[it] = None\nimport json", _NESTING),
    Row(21, "breaks-builtins", "import builtins\nbuiltins.len = builtins.isinstance = None\nlen(())", _NESTING),
    Row(22, "deep-value", "x = []\nfor _ in range(200000): x = [x]\nout = [x]", _NESTING),
    Row(22, "value-in-itself", "x = []\nx.append(x)\nout = [x]", _NESTING),
    Row(22, "huge-integer", "out = [1 << 40000000]", _NESTING | _SIZE),
    Row(22, "no-value", "out = [object()]", frozenset({"RM605"})),
    Row(23, "no-shape", "from remotemedia import Array\nout = [Array(b'', 'f32', (1 << 40, 1 << 40))]", _RAISED),
)


@dataclass(frozen=True)
class Stranger:
    """One behaviour of a node that is no Python: what it is made of, or what another node gives it.

    Attributes:
        number: the behaviour's.
        name: for people.
        node: it, as source.
        code: what a node before it executes, whose `out` it is given.
        codes: as of a `Row`.
        file: of `testdata`, which it is made of.
        early: whether it cannot even be made.
    """

    number: int
    name: str
    node: str
    code: str
    codes: frozenset[str]
    file: str = ""
    early: bool = False


_VALUE = frozenset({"RM605", "RM606"})
_REFUSED = frozenset({"RM605"})
_NO_MODEL = frozenset({"RM608"})


def _component(number: int, way: str, codes: frozenset[str], *, early: bool = False) -> Stranger:
    """Row of `testdata/components/hostile.c`, which does what `way` says."""
    node, file = f'WasmNode("hostile.wasm", way={way!r}, ', "components/hostile.wasm"
    return Stranger(number, f"wasm-{way.replace(' ', '-')}", node, "out = ['']", codes, file, early)


def _model(number: int, name: str, codes: frozenset[str], *, early: bool = False) -> Stranger:
    node, file = f'OnnxNode("{name}.onnx", input="x", output="y", ', f"models/hostile/{name}.onnx"
    return Stranger(number, f"onnx-{name}", node, "out = [[1.0]]", codes, file, early)


def _sound(samples: str, rate: int = 16000) -> str:
    """Make code that gives so much sound, as source of its bytes."""
    return f"from remotemedia import Array\ndata = {samples}\nout = [(Array(data, 'f32', (1, len(data) // 4)), {rate})]"


_NAN = r"b'\0\0\xc0\x7f' * 16000"
_SILENCE = "bytes(4 * 100000)"

STRANGERS = (
    _component(1, "loop", _TIME),
    _component(1, "loop in init", _TIME, early=True),
    _component(4, "memory", _MEMORY),
    _component(5, "nest", _ENDED),
    _component(8, "trap", _ENDED),
    _component(8, "trap in init", _ENDED, early=True),
    _component(10, "huge", _MEMORY),
    _component(10, "many", frozenset({"RM607"})),
    _component(11, "flood", _FINE),
    _component(16, "too much random", _ENDED),
    _component(22, "beyond", _ENDED),
    _component(22, "no utf-8", _ENDED),
    _component(22, "no kind", _REFUSED),
    _component(22, "no json", _REFUSED),
    _component(23, "no shape", _REFUSED),
    _component(24, "no port", _REFUSED),
    _model(1, "endless-loop", _TIME),
    _model(4, "memory-bomb", _MEMORY),
    _model(4, "folded-bomb", _MEMORY),
    _model(20, "shape-overflow", _NO_MODEL),
    _model(20, "deep-graph", _NO_MODEL, early=True),
    _model(20, "truncated", _NO_MODEL, early=True),
    _model(20, "unknown-operator", _NO_MODEL, early=True),
    Stranger(2, "native-power", "CalculatorNode(", "out = [{'operation': 'power', 'args': [9, 10**15]}]", _VALUE),
    Stranger(10, "native-many-windows", "AudioWindowNode(size=5000, hop=1, ", _sound("bytes(40000)"), _FINE),
    Stranger(10, "native-slowest-sound", "AudioResampleNode(768000, ", _sound(_SILENCE, 1), _SIZE | _VALUE),
    Stranger(23, "native-no-numbers", "AudioResampleNode(8000, ", _sound(_NAN), _FINE),
    Stranger(23, "native-no-numbers-detected", "VoiceActivityDetector(", _sound(_NAN), _FINE),
    Stranger(23, "native-no-numbers-gated", "AudioGateNode(", _sound(_NAN), _FINE),
    Stranger(23, "native-no-numbers-as-integers", 'FormatConverterNode("i16", ', _sound(_NAN), _FINE),
    Stranger(23, "native-fastest-sound", "AudioResampleNode(1000, ", _sound(_SILENCE, 2**31 - 1), _FINE | _VALUE),
)


@dataclass(frozen=True)
class Program:
    """One behaviour of `testdata/native/hostile.c`, a native program.

    Attributes:
        number: the behaviour's.
        way: what it does with a packet.
        codes: as of a `Row`.
        before: what it does in the place of a greeting; it has no `way` then.
        early: whether it cannot even be made.
    """

    number: int
    way: str
    codes: frozenset[str]
    before: str = ""
    early: bool = False

    @property
    def name(self) -> str:
        """For people."""
        return (self.way or f"{self.before} at once").replace(" ", "-")


_NO_START = frozenset({"RM626"})
_NO_PROTOCOL = frozenset({"RM628"})

PROGRAMS = (
    Program(1, "loop", _TIME),
    Program(1, "loop in init", _TIME, early=True),
    Program(3, "sleep", _TIME),
    Program(3, "", _NO_START, before="silence", early=True),
    Program(4, "memory", _MEMORY),
    Program(4, "four gigabytes", _RAISED),
    Program(4, "growing stack", _RAISED),
    Program(4, "64 TiB of addresses", _RAISED),
    Program(4, "page tables", _MEMORY),
    Program(8, "crash", _ENDED),
    Program(8, "exit", _ENDED),
    Program(8, "exit in init", _ENDED, early=True),
    Program(8, "", _NO_START, before="exit", early=True),
    Program(10, "long frame", frozenset({"RM607"})),
    Program(10, "many packets", frozenset({"RM607"})),
    Program(11, "flood of logs", _FINE),
    Program(11, "logs for ever", _TIME),
    Program(13, "reads for ever", _TIME),
    Program(11, "flood of errors", _FINE),
    Program(12, "garbage", frozenset({"RM607", "RM628"})),
    Program(12, "unknown kind", _NO_PROTOCOL),
    Program(12, "unasked", _NO_PROTOCOL),
    Program(12, "greet", _NO_PROTOCOL),
    Program(12, "no json", _NO_PROTOCOL),
    Program(12, "close", _ENDED),
    Program(12, "", _NO_START, before="garbage", early=True),
    Program(12, "", _NO_START, before="another protocol", early=True),
    Program(13, "read", _RAISED),
    Program(13, "read environment", _RAISED),
    Program(13, "another's file", frozenset({"RM301", "RM306", "RM628"})),
    Program(14, "write", _RAISED),
    Program(14, "shared memory", _RAISED),
    Program(14, "hidden file", _RAISED),
    Program(16, "descriptors", _RAISED),
    Program(15, "connect", _RAISED),
    Program(15, "datagram", _RAISED),
    Program(15, "local socket", _RAISED),
    Program(17, "fork", _RAISED),
    Program(17, "execute", _RAISED),
    Program(17, "kill", _RAISED),
    Program(17, "trace", _ENDED),
    Program(17, "threads", _MEMORY),
    Program(17, "another's code", _RAISED),
    Program(22, "no packet", _REFUSED),
    Program(24, "no port", _REFUSED),
)
"""`RM602` is what the program tells of an attempt that was refused; one that went well would be `RM606`."""
