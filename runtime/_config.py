"""`config.json` of the home directory, and of a project: `Configuration.load(os.environ).cache_size`."""

from __future__ import annotations

import difflib
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any, Final

from remotemedia.errors import RegistryError, UsageError
from remotemedia.registry import canonical_host, shown_url
from remotemedia.runtime.home import home_directory
from remotemedia.trust import strict_json

__all__ = ["Configuration", "Mirrors", "parse_mirrors", "parse_size", "parse_size_option"]

Mirrors = Mapping[str, tuple[str, ...]]
"""For a registry's host the places `HOST[/PREFIX]` that have what it has; the first one is tried first."""

_MAX_BYTES: Final = 1 << 20
# What a project may set: it may be somebody else's, and must decide neither whom is asked nor who is trusted.
_PROJECTS: Final = frozenset({"cache_size"})
_UNITS: Final = {"": 1, "k": 10**3, "m": 10**6, "g": 10**9, "t": 10**12}
_UNITS_OF_TWO: Final = {"ki": 1 << 10, "mi": 1 << 20, "gi": 1 << 30, "ti": 1 << 40}
_SIZE: Final = re.compile(r"(\d{1,18}(?:\.\d{1,18})?)\s*([kmgt]?i?)b?", re.ASCII | re.IGNORECASE)
_PLACE: Final = re.compile(r"[A-Za-z0-9.\-\[\]]+(?::\d{1,5})?(?:/[a-z0-9._\-/]*[a-z0-9])?", re.ASCII)


@dataclass(frozen=True)
class Configuration:
    """What a user has set for good.

    Attributes:
        cache_size: bytes that the packages of the cache may take; None is without limit.
        mirrors: where to ask when a registry cannot be reached.
        timestamp_url: of the authority that gives signatures a proven time.
    """

    cache_size: int | None = None
    mirrors: Mirrors = field(default_factory=dict)
    timestamp_url: str | None = None

    @classmethod
    def load(cls, environ: Mapping[str, str], directory: Path | None = None) -> Configuration:
        """Read the home directory's file, then the project's `.remotemedia/config.json`, then the environment.

        A project comes from others as well: it may make the cache larger, and sets nothing else. What it would set is
        logged as a warning.

        Args:
            environ: `REMOTEMEDIA_HOME`, and `REMOTEMEDIA_CACHE_SIZE`, which goes before both files.
            directory: the project; by default the working directory.

        Raises:
            RegistryError: RM412, a file or a value is malformed.
        """
        home, project = home_directory(environ), (directory or Path()) / ".remotemedia"
        path = home / "config.json"
        values = {name: _value(name, value, path) for name, value in _read(path).items()}
        if project.resolve() != home.resolve():
            wanted = _of_project(project / "config.json").get("cache_size", 0)
            if "cache_size" in values:
                values["cache_size"] = max(values["cache_size"], wanted)
        if size := environ.get("REMOTEMEDIA_CACHE_SIZE"):
            values["cache_size"] = _size(size, "REMOTEMEDIA_CACHE_SIZE")
        return cls(**values)


def parse_size(text: str | int) -> int:
    """Read a number of bytes: `1500000`, `20 GB`, `16GiB`; `ValueError` if it is none."""
    match = _SIZE.fullmatch(str(text).strip())
    if isinstance(text, bool) or match is None:
        raise ValueError(f"expected a size such as `20GB`, got `{str(text)[:40]}`")
    unit = match[2].lower()
    return int(float(match[1]) * (_UNITS_OF_TWO | _UNITS).get(unit, 1))


def parse_size_option(option: str, text: str) -> int:
    """Read a size of a command line.

    Raises:
        UsageError: RM701, it is none.
    """
    try:
        return parse_size(text)
    except ValueError as error:
        raise UsageError(f"`{option}`: {error}", code="RM701") from error


def parse_mirrors(words: list[str] | tuple[str, ...]) -> Mirrors:
    """Read `HOST=MIRROR[/PREFIX]` of a command line; several of one host are tried in their order.

    Raises:
        UsageError: RM701, one is malformed.
    """
    mirrors: dict[str, tuple[str, ...]] = {}
    for word in words:
        host, _, place = word.partition("=")
        try:
            host, place = _place(host), _place(place)
        except ValueError as error:
            expected = "expected `HOST=MIRROR[/PREFIX]` for `--mirror`"
            raise UsageError(f"{expected}, got `{word[:80]}`", code="RM701") from error
        mirrors[host] = (*mirrors.get(host, ()), place)
    return mirrors


def _read(path: Path) -> dict[str, Any]:
    try:
        with open(path, "rb", opener=_at_once) as file:
            data = file.read(_MAX_BYTES + 1)
    except (FileNotFoundError, NotADirectoryError):
        return {}
    except OSError as error:
        raise _malformed(path, f"it cannot be read: {error.strerror}") from error
    try:
        document = strict_json.loads_object(data, max_bytes=_MAX_BYTES)
    except ValueError as error:
        raise _malformed(path, str(error)) from error
    known = [it.name for it in fields(Configuration)]
    for name in sorted(document.keys() - set(known)):
        likely = difflib.get_close_matches(name, known, 1)
        hint = f"did you mean `{likely[0]}`?" if likely else f"known are {', '.join(f'`{it}`' for it in known)}"
        raise _malformed(path, f"`{name[:80]}` is not known", hint)
    return document


def _at_once(path: str, flags: int) -> int:
    """Open a file; a pipe that a clone has in its place must not let every command wait."""
    return os.open(path, flags | os.O_NONBLOCK)


def _of_project(path: Path) -> dict[str, Any]:
    """Read what a project may set; what only the user may is passed over, and told."""
    document = _read(path)
    for name in sorted(document.keys() - _PROJECTS):
        import logging  # noqa: PLC0415 - hardly ever needed, and every command comes by here

        logging.getLogger(__name__).warning(
            "`%s` in `%s` is passed over: the file in your home directory alone may set it", name, path
        )
    return {name: _value(name, document[name], path) for name in document.keys() & _PROJECTS}


def _value(name: str, value: Any, path: Path) -> Any:
    match name:
        case "cache_size":
            return _size(value, f"cache_size` in `{path}")
        case "mirrors":
            return _mirrors(value, path)
        case _:
            return _url(value, path)


def _mirrors(value: Any, path: Path) -> Mirrors:
    """Read `{"HOST": "MIRROR"}` or `{"HOST": ["MIRROR/PREFIX", …]}`."""
    wrong = _malformed(path, "expected `mirrors` as `{HOST: [HOST[/PREFIX], …]}`")
    if not isinstance(value, dict) or not all(isinstance(listed, (str, list)) for listed in value.values()):
        raise wrong
    mirrors: dict[str, tuple[str, ...]] = {}
    try:
        for name, listed in value.items():
            host, places = _place(name), [listed] if isinstance(listed, str) else listed
            mirrors[host] = (*mirrors.get(host, ()), *map(_place, places))
    except (TypeError, ValueError) as error:
        raise wrong from error
    return mirrors


def _place(text: str) -> str:
    """Return a text that is `HOST[/PREFIX]`; `ValueError` or `TypeError` if it is none."""
    if not _PLACE.fullmatch(text):
        raise ValueError(f"expected `HOST[/PREFIX]`, got `{text[:80]}`")
    canonical_host(text.partition("/")[0])
    return text


def _url(value: Any, path: Path) -> str:
    if not isinstance(value, str) or not value.startswith(("http://", "https://")):
        got = shown_url(value) if isinstance(value, str) else value
        raise _malformed(path, f"expected `timestamp_url` to be an `http` or `https` URL, got {got!r:.80}")
    return value


def _size(value: Any, name: str) -> int:
    try:
        return parse_size(value)
    except ValueError as error:
        raise RegistryError(f"`{name}`: {error}", code="RM412") from error


def _malformed(path: Path, why: str, hint: str | None = None) -> RegistryError:
    return RegistryError(f"`{path}`: {why}", code="RM412", hint=hint, path=str(path))
