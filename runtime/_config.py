"""`config.json` of the home directory, and of a project: `Configuration.load(os.environ).cache_size`."""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any, Final

from remotemedia.errors import RegistryError, UsageError
from remotemedia.runtime.home import home_directory
from remotemedia.trust import strict_json

__all__ = ["Configuration", "Mirrors", "parse_mirrors", "parse_size", "parse_size_option"]

Mirrors = Mapping[str, tuple[str, ...]]
"""For a registry's host the places `HOST[/PREFIX]` that have what it has; the first one is tried first."""

_MAX_BYTES: Final = 1 << 20
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

        Args:
            environ: `REMOTEMEDIA_HOME`, and `REMOTEMEDIA_CACHE_SIZE`, which goes before both files.
            directory: the project; by default the working directory.

        Raises:
            RegistryError: RM412, a file or a value is malformed.
        """
        values: dict[str, Any] = {}
        home, project = home_directory(environ), (directory or Path()) / ".remotemedia"
        for place in dict.fromkeys((home.resolve(), project.resolve())):
            values |= _read(place / "config.json")
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
        host, equals, place = word.partition("=")
        if not equals or not host or not _PLACE.fullmatch(place):
            raise UsageError(f"expected `HOST=MIRROR[/PREFIX]` for `--mirror`, got `{word[:80]}`", code="RM701")
        mirrors[host] = (*mirrors.get(host, ()), place)
    return mirrors


def _read(path: Path) -> dict[str, Any]:
    try:
        with path.open("rb") as file:
            data = file.read(_MAX_BYTES + 1)
    except (FileNotFoundError, NotADirectoryError):
        return {}
    except OSError as error:
        raise _malformed(path, f"it cannot be read: {error.strerror}") from error
    try:
        document = strict_json.loads_object(data, max_bytes=_MAX_BYTES)
    except ValueError as error:
        raise _malformed(path, str(error)) from error
    return {name: _value(name, value, path) for name, value in document.items()}


def _value(name: str, value: Any, path: Path) -> Any:
    if name == "cache_size":
        return _size(value, f"cache_size` in `{path}")
    if name == "mirrors":
        return _mirrors(value, path)
    if name == "timestamp_url":
        return _url(value, path)
    known = [it.name for it in fields(Configuration)]
    likely = difflib.get_close_matches(name, known, 1)
    hint = f"did you mean `{likely[0]}`?" if likely else f"known are {', '.join(f'`{it}`' for it in known)}"
    raise _malformed(path, f"`{name[:80]}` is not known", hint)


def _mirrors(value: Any, path: Path) -> Mirrors:
    """Read `{"HOST": "MIRROR"}` or `{"HOST": ["MIRROR/PREFIX", …]}`."""
    places = {
        host: (listed,) if isinstance(listed, str) else listed
        for host, listed in (value.items() if isinstance(value, dict) else ())
    }
    for listed in places.values() if isinstance(value, dict) else (None,):
        if not isinstance(listed, (list, tuple)) or not all(
            isinstance(it, str) and _PLACE.fullmatch(it) for it in listed
        ):
            raise _malformed(path, "expected `mirrors` as `{HOST: [HOST[/PREFIX], …]}`")
    return {host: tuple(listed) for host, listed in places.items()}


def _url(value: Any, path: Path) -> str:
    if not isinstance(value, str) or not value.startswith(("http://", "https://")):
        raise _malformed(path, f"expected `timestamp_url` to be an `http` or `https` URL, got {value!r:.80}")
    return value


def _size(value: Any, name: str) -> int:
    try:
        return parse_size(value)
    except ValueError as error:
        raise RegistryError(f"`{name}`: {error}", code="RM412") from error


def _malformed(path: Path, why: str, hint: str | None = None) -> RegistryError:
    return RegistryError(f"`{path}`: {why}", code="RM412", hint=hint, path=str(path))
