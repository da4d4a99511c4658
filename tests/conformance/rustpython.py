"""Modules of the standard library in the runtime `rustpython`: what it lacks, of all that CPython 3.11 documents.

`scripts/docs.py` prints `docs/reference/rustpython.md` from this, and `test_rustpython.py` proves it.
"""

from __future__ import annotations

from typing import Final

_IMPORTED: Final = """
abc argparse array ast asyncio atexit base64 bdb binascii bisect builtins bz2 calendar cmath cmd code codecs codeop
collections colorsys compileall concurrent configparser contextlib contextvars copy copyreg csv dataclasses datetime
dbm decimal difflib dis doctest email encodings enum errno faulthandler fcntl filecmp fileinput fnmatch fractions
ftplib functools gc genericpath getopt getpass gettext glob graphlib grp gzip hashlib heapq hmac html http imaplib
importlib inspect io ipaddress itertools json keyword linecache locale logging lzma mailbox marshal math mimetypes
mmap modulefinder multiprocessing netrc ntpath nturl2path numbers opcode operator optparse os pathlib pdb pickle
pickletools pkgutil platform plistlib poplib posix posixpath pprint pty pwd py_compile pyclbr pydoc_data pyexpat queue
quopri random re reprlib resource runpy sched secrets select selectors shelve shlex shutil signal site smtplib socket
socketserver sre_compile sre_constants sre_parse stat statistics string stringprep struct subprocess symtable sys
syslog tabnanny tarfile tempfile termios textwrap threading time timeit token tokenize tomllib traceback tty types
typing unicodedata unittest urllib uuid warnings wave weakref webbrowser wsgiref xml xmlrpc zipapp zipfile zipimport
zlib
"""
_ABSENT: Final = """
aifc asynchat asyncore audioop cProfile cgi cgitb chunk crypt curses distutils idlelib imghdr imp lib2to3 mailcap
msilib msvcrt nis nntplib nt ossaudiodev pipes profile pstats readline rlcompleter smtpd sndhdr spwd sqlite3 ssl sunau
telnetlib tkinter tracemalloc turtle turtledemo uu winreg winsound xdrlib
"""

IMPORTED: Final = tuple(_IMPORTED.split())
"""Those that can be imported. What they would do outside of their process is refused when they do it."""

REFUSED: Final = {
    "ctypes": "PermissionError",
    "ensurepip": "PermissionError",
    "pydoc": "PermissionError",
    "sysconfig": "PermissionError",
    "trace": "PermissionError",
    "venv": "PermissionError",
    "zoneinfo": "PermissionError",
}
"""Those whose import asks for files of the machine, with what is raised."""

ABSENT: Final = tuple(_ABSENT.split())
"""Those that are not there; Python 3.13 itself has no more of many of them."""


def table() -> list[str]:
    """The rows of the documentation."""
    names = sorted([*IMPORTED, *REFUSED, *ABSENT], key=str.lower)
    rows = ["| module | |", "|---|---|"]
    for name in names:
        told = f"`{REFUSED[name]}`" if name in REFUSED else "not there" if name in ABSENT else "✓"
        rows.append(f"| `{name}` | {told} |")
    return rows
