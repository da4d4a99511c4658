"""URLs as messages may show them: `shown_url("https://ann:pw@h.example/a?token=t") == "https://h.example/a"`."""

import re

_MAX_CHARACTERS = 200
_QUERY = re.compile(r"[?#]")


def shown_url(url: str) -> str:
    """Leave out of a URL, or of what was to be one, user information and query: both may hold a secret."""
    scheme, slashes, rest = url.partition("//") if "//" in url else ("", "", url)
    shown = _QUERY.split(rest, maxsplit=1)[0]
    if "/" not in shown and "@" in rest[len(shown) :]:
        shown = "…"  # a question mark before the at sign may be one of a password
    return f"{scheme}{slashes}{shown.rpartition('@')[2]}"[:_MAX_CHARACTERS]
