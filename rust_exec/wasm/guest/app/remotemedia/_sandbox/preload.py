"""The standard library of the sandbox.

componentize-py keeps only what is imported while the component is made: there is no file system later. So this list is
the supported standard library. Left out are modules that need what WASI lacks (`ssl`, `ctypes`, `mmap`, `sqlite3`,
`multiprocessing`, `bz2`, `lzma`, `curses` …); importing one of them fails as on a Python that was built without it.
"""

import importlib
import pkgutil
from typing import Final

import remotemedia

_MODULES: Final = """
_strptime abc annotationlib argparse array ast asyncio atexit base64 binascii bisect builtins calendar cmath cmd
codecs codeop collections collections.abc colorsys concurrent.futures configparser contextlib contextvars copy copyreg
csv dataclasses datetime decimal difflib dis doctest email.generator email.message email.mime.application
email.mime.audio email.mime.image email.mime.multipart email.mime.text email.parser email.policy enum errno filecmp
fileinput fnmatch fractions functools gc genericpath getopt gettext glob graphlib gzip hashlib heapq hmac html
html.entities html.parser http http.client http.cookies importlib importlib.abc importlib.machinery importlib.metadata
importlib.metadata._adapters importlib.resources importlib.resources._adapters importlib.resources.abc
importlib.resources.readers importlib.util inspect io ipaddress itertools json json.decoder json.encoder keyword
linecache locale logging logging.handlers marshal math mimetypes numbers opcode operator optparse os os.path pathlib
pickle pickletools pkgutil platform posixpath pprint profile pstats queue quopri random re reprlib runpy sched secrets
select selectors shelve shlex shutil signal socket stat statistics string string.templatelib stringprep struct
subprocess symtable sys sysconfig tempfile textwrap threading time timeit token tokenize tomllib traceback tracemalloc
types typing unicodedata unittest unittest.mock urllib.error urllib.parse urllib.request uuid warnings wave weakref
xml.dom.minidom xml.etree.ElementTree xml.parsers.expat xml.sax xml.sax.saxutils zipfile zipimport zlib zoneinfo
encodings encodings.aliases encodings.ascii encodings.base64_codec encodings.cp1250 encodings.cp1251 encodings.cp1252
encodings.cp437 encodings.hex_codec encodings.idna encodings.iso8859_1 encodings.iso8859_15 encodings.iso8859_2
encodings.latin_1 encodings.punycode encodings.raw_unicode_escape encodings.rot_13 encodings.unicode_escape
encodings.utf_16 encodings.utf_16_be encodings.utf_16_le encodings.utf_32 encodings.utf_32_be encodings.utf_32_le
encodings.utf_7 encodings.utf_8 encodings.utf_8_sig encodings.zlib_codec
"""

for _name in _MODULES.split():
    importlib.import_module(_name)

# `remotemedia` itself, of which some modules are imported when they are first used.
for _found in pkgutil.walk_packages(remotemedia.__path__, "remotemedia."):
    if "._sandbox" not in _found.name:
        importlib.import_module(_found.name)
