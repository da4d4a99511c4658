"""RM126: a literal looks like a secret."""

from __future__ import annotations

import math
import re
from collections import Counter
from typing import TYPE_CHECKING, Final

from remotemedia.compiler._rules._rule import Finding, Graph, Rule

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["RULE"]

_KNOWN: Final = re.compile(
    r"sk-[A-Za-z0-9_-]{16,}"  # OpenAI, Anthropic and others
    r"|gh[pousr]_[A-Za-z0-9]{36,}|github_pat_\w{22,}"  # GitHub
    r"|glpat-[\w-]{20,}"  # GitLab
    r"|hf_[A-Za-z0-9]{30,}"  # Hugging Face
    r"|xox[abprs]-[A-Za-z0-9-]{10,}"  # Slack
    r"|(?:AKIA|ASIA)[A-Z0-9]{16}"  # AWS
    r"|AIza[\w-]{35}"  # Google
    r"|eyJ[\w-]{8,}\.eyJ[\w-]{8,}\.[\w-]{8,}"  # JSON Web Token, RFC 7519
    r"|-----BEGIN (?:[A-Z]+ )?PRIVATE KEY-----[\s\S]*"  # RFC 7468
)
"""Tokens that tell by their first characters whose they are."""

_NAME: Final = re.compile(
    r"(?:^|[_-])(?:api[_-]?key|access[_-]?key|private[_-]?key|secret|secret[_-]?key|password|passwd|credentials?|token)$",
    re.IGNORECASE,
)
_MIN_LENGTH: Final = 12
_MIN_BITS: Final = 3.0  # of entropy a character; English words and placeholders have less, or have no digits


def _check(graph: Graph) -> Iterator[Finding]:
    for stated in graph.stated:
        found: dict[str, str] = {}
        for argument, key, text in stated.texts:
            if argument not in found and _is_secret(key, text):
                found[argument] = re.sub(r"\W", "_", key).upper()
        for argument, wanted in found.items():
            yield Finding(
                f"argument `{argument}` of `{stated.node.cls.name}` looks like a secret",
                stated.node.places[argument],
                "it would stand in the package for everyone to read",
                help=f'declare it: `p.secret("{wanted}")`, and give it with `run --secret {wanted}=env:{wanted}`',
            )


def _is_secret(name: str, text: str) -> bool:
    if _KNOWN.fullmatch(text.strip().removeprefix("Bearer ")):
        return True
    if not _NAME.search(name) or len(text) < _MIN_LENGTH or re.search(r"\s", text):
        return False
    mixed = any(char.isdigit() for char in text) and any(char.isalpha() for char in text)
    return mixed and _bits(text) >= _MIN_BITS


def _bits(text: str) -> float:
    """Return the entropy of a text's characters, in bits a character (Shannon)."""
    return -sum(count / len(text) * math.log2(count / len(text)) for count in Counter(text).values())


_NODE: Final = """\
from remotemedia import Node, Pipeline


class Translate(Node):
    def __init__(self, api_key, **kwargs):
        super().__init__(**kwargs)
        self.api_key = api_key

    def process(self, text):
        return text


p = Pipeline("translate")
"""

RULE: Final = Rule(
    "RM126",
    "warning",
    "What a node is given stands in the manifest, and the manifest in the package, for everyone who can pull it. A "
    "secret is declared by name and given when the package is run. Found are tokens with a known beginning, and "
    "random-looking strings whose parameter is called `api_key`, `password` and the like.",
    bad=_NODE + 'p.add(Translate(api_key="q8Zr2vLw5xTn9KdB"))\n',
    good=_NODE + 'p.add(Translate(api_key=p.secret("API_KEY")))\n',
    check=_check,
)
