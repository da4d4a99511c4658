"""The policy file's TOML: bounded, and every key known, since a misspelt condition would be none."""

import re
from collections.abc import Callable, Iterable, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

from remotemedia.errors import TrustError
from remotemedia.trust._bundle import PROVENANCE_PREDICATE, SBOM_PREDICATE
from remotemedia.trust._files import read_trusted

_MAX_BYTES: Final = 256 << 10
_MAX_RULES: Final = 1000
_MAX_ITEMS: Final = 100
_MAX_TEXT: Final = 1000
_MAX_STARS: Final = 6  # each is a pass over a text of strangers
_AGE: Final = re.compile(r"([1-9][0-9]{0,4})([hdw])", re.ASCII)
_HOURS: Final = {"h": 1, "d": 24, "w": 7 * 24}
_HINT: Final = "`docs/reference/policy.md` describes the file"
_SHORT: Final = {"provenance": PROVENANCE_PREDICATE, "sbom": SBOM_PREDICATE}


def read_policy(path: Path, *, anyones: bool) -> bytes:
    """Give the bytes of a policy file; raises `TrustError` RM516 also as `read_trusted`."""
    try:
        return read_trusted(path, "the policy", _MAX_BYTES, anyones=anyones)
    except TrustError as exc:
        raise TrustError(exc.message, code="RM516", hint=exc.hint or _HINT, path=str(path)) from exc


def parse_policy(data: bytes, source: str) -> dict[str, Any]:
    """Read a policy file into its fields, each checked; lists where one text may stand for a list.

    Raises:
        TrustError: RM516, it is not TOML, or not as `docs/reference/policy.md` has it.
    """
    if len(data) > _MAX_BYTES:
        raise _unusable(source, f"expected at most {_MAX_BYTES} bytes, got more")
    import tomllib  # noqa: PLC0415 - slow to import, and few have a policy

    try:
        document = tomllib.loads(data.decode())
        return _checked(document, _FILE, "")
    except RecursionError as exc:
        raise _unusable(source, "it is nested too deep") from exc
    except ValueError as exc:  # also what is not TOML, or not UTF-8
        raise _unusable(source, str(exc)) from exc


def _checked(fields: Mapping[str, Any], known: Mapping[str, Callable[[Any], Any]], where: str) -> dict[str, Any]:
    """Check each field by its reader; `where` is the path to them, such as `rule 2: `."""
    checked = {}
    for name, value in fields.items():
        if name not in known:
            raise ValueError(f"{where}{_unknown(name, known)}")
        try:
            checked[name] = known[name](value)
        except ValueError as exc:
            raise ValueError(f"{where}`{name}`: {exc}") from exc
    return checked


def _unknown(name: str, known: Iterable[str]) -> str:
    import difflib  # noqa: PLC0415 - for a message alone

    close = difflib.get_close_matches(name, known, n=1)
    meant = f"; did you mean `{close[0]}`?" if close else ""
    return f"expected one of {', '.join(f'`{it}`' for it in known)}, got `{name[:80]}`{meant}"


def _text(value: Any) -> str:
    if not isinstance(value, str) or not value or not value.isprintable() or len(value) > _MAX_TEXT:
        raise ValueError(f"expected a text of 1 to {_MAX_TEXT} printable characters, got {value!r:.80}")
    return value


def _pattern(value: Any) -> str:
    text = _text(value)
    if len(re.findall(r"\*+", text)) > _MAX_STARS:
        raise ValueError(f"expected at most {_MAX_STARS} stars, got `{text[:80]}`")
    return text


def _listed(read: Callable[[Any], Any]) -> Callable[[Any], tuple[Any, ...]]:
    def listed(value: Any) -> tuple[Any, ...]:
        if not isinstance(value, list) or not 1 <= len(value) <= _MAX_ITEMS:
            raise ValueError(f"expected a list of 1 to {_MAX_ITEMS}, got {value!r:.80}")
        return tuple(read(it) for it in value)

    return listed


def _patterns(value: Any) -> tuple[str, ...]:
    """One pattern, or a list of them."""
    found: tuple[str, ...] = _listed(_pattern)([value] if isinstance(value, str) else value)
    return found


def _identity(value: Any) -> dict[str, str]:
    if not isinstance(value, dict):
        raise ValueError(f"expected `{{identity = …, issuer = …}}`, got {value!r:.80}")  # noqa: TRY004 - one error type
    fields: dict[str, str] = _checked(value, _IDENTITY, "")
    if "identity" not in fields or ("issuer" in fields) == ("root" in fields):
        raise ValueError("expected `identity` and either `issuer` (keyless) or `root` (your own PKI)")
    return fields


def _predicate(value: Any) -> str:
    text = _SHORT.get(_text(value), _text(value))
    if ":" not in text:
        raise ValueError(f"expected `provenance`, `sbom` or the URI of a predicate, got `{text[:80]}`")
    return text


def _age(value: Any) -> timedelta:
    found = _AGE.fullmatch(value) if isinstance(value, str) else None
    if found is None:
        raise ValueError(f"expected a number of hours, days or weeks, such as `36h`, `30d` or `8w`, got {value!r:.80}")
    return timedelta(hours=int(found[1]) * _HOURS[found[2]])


def _version(value: Any) -> int:
    if value != 1 or isinstance(value, bool):
        raise ValueError(f"expected 1, got {value!r:.80}")
    return 1


def _others(value: Any) -> str:
    if value not in ("mode", "refuse"):  # no set: a list cannot be hashed
        raise ValueError(f"expected `mode` or `refuse`, got {value!r:.80}")
    return str(value)


def _rules(value: Any) -> tuple[dict[str, Any], ...]:
    if not isinstance(value, list) or len(value) > _MAX_RULES or not all(isinstance(it, dict) for it in value):
        raise ValueError(f"expected at most {_MAX_RULES} tables `[[rule]]`, got {value!r:.80}")
    return tuple(_one_rule(it, f"rule {it.get('name', number)}: ") for number, it in enumerate(value, 1))


def _one_rule(value: Mapping[str, Any], where: str) -> dict[str, Any]:
    fields = _checked(value, _RULE, where)
    if "reference" not in fields and "package" not in fields:
        raise ValueError(f'{where}expected `reference` or `package`; `reference = "**"` matches every package')
    return fields


_IDENTITY: Final = {"identity": _pattern, "issuer": _text, "root": _text}
_RULE: Final[Mapping[str, Callable[[Any], Any]]] = {
    "name": _text,
    "reference": _patterns,
    "package": _patterns,
    "grants": _listed(_text),
    "keys": _listed(_text),
    "roots": _listed(_text),
    "identities": _listed(_identity),
    "predicates": _listed(_predicate),
    "builder": _patterns,
    "maximum_age": _age,
}
_FILE: Final[Mapping[str, Callable[[Any], Any]]] = {"version": _version, "others": _others, "rule": _rules}


def _unusable(source: str, why: str) -> TrustError:
    return TrustError(
        f"expected a policy in `{source}`, it cannot be used: {why}",
        code="RM516",
        hint=_HINT,
        path=source,
    )
