"""Estimates how deeply a source file nests before a parser sees it.

libcst's parser is native and recursive: 3000 parentheses overflow its stack and end the process, and some forms take
time that grows with the square of their nesting. So a small scanner, which never recurses, looks first.
"""

from __future__ import annotations

import re
from typing import Final, NamedTuple

from remotemedia.compiler._bounds import MAX_CASE_NESTING, MAX_NESTING, MAX_TOKENS, MAX_WORK

__all__ = ["Excess", "Scan", "scan"]

_WEIGHT: Final = 3  # levels of the syntax tree between two brackets, or two blocks, inside one another
_BRACKET_COST: Final = 8  # parsing time of a bracket against that of an operator, measured

_CODE: Final = re.compile(
    r"""
      (?P<blank>[ \t\f]+|\#[^\r\n]*|\\\r?\n)
    | (?P<string>[A-Za-z]{0,2}(?:\"{3}|'{3}|\"|'))
    | (?P<name>[^\W\d]\w*)
    | (?P<number>\d[\w.]*)
    | (?P<newline>\r\n|\n|\r)
    | (?P<open>[(\[{])
    | (?P<close>[)\]}])
    | (?P<comma>[,;])
    | (?P<colon>:)
    | (?P<equals>=)
    | (?P<operator>.)
    """,
    re.VERBOSE | re.DOTALL,
)
_NESTING_WORDS: Final = frozenset(["and", "await", "else", "for", "if", "in", "is", "lambda", "not", "or", "yield"])
_STRING: Final = {
    '"': re.compile(r'(?:[^"\\\r\n]|\\.)*+"?', re.DOTALL),
    "'": re.compile(r"(?:[^'\\\r\n]|\\.)*+'?", re.DOTALL),
    '"""': re.compile(r'(?:[^"\\]|\\.|"(?!""))*+(?:""")?', re.DOTALL),
    "'''": re.compile(r"(?:[^'\\]|\\.|'(?!''))*+(?:''')?", re.DOTALL),
}
_FSTRING: Final = {
    '"': re.compile(r'(?:[^"{}\r\n]|\{\{|\}\})*+', re.DOTALL),
    "'": re.compile(r"(?:[^'{}\r\n]|\{\{|\}\})*+", re.DOTALL),
    '"""': re.compile(r'(?:[^"{}]|\{\{|\}\}|"(?!""))*+', re.DOTALL),
    "'''": re.compile(r"(?:[^'{}]|\{\{|\}\}|'(?!''))*+", re.DOTALL),
    "": re.compile(r"[^{}\r\n]*"),  # a format specification: it has no quotes of its own
}


class Excess(NamedTuple):
    """Where a file exceeds a bound (line from 1), and which."""

    line: int
    what: str


class Scan(NamedTuple):
    """What a parser would have to do: tokens, and the excess because of which it must not begin."""

    tokens: int
    excess: Excess | None


class _Level:
    """An open bracket, or with `quote` the text of an open f-string; `nested` counts operators of the current item."""

    __slots__ = ("nested", "quote")

    def __init__(self, quote: str | None = None) -> None:
        self.nested = 0
        self.quote = quote


class _ExcessError(Exception):
    """A bound is exceeded; ends the scan."""


def scan(text: str) -> Scan:
    """Look whether a source file nests too deeply or is too long for the parser."""
    scanner = _Scanner(text)
    excess = None
    try:
        scanner.scan()
    except _ExcessError as error:
        excess = Excess(len(re.findall(r"\r\n|\n|\r", text[: scanner.at])) + 1, str(error))
    return Scan(scanner.tokens, excess)


class _Scanner:
    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0
        self.levels = [_Level()]  # the first is the logical line itself
        self.depth = 0  # of the levels below the last
        self.blocks: list[tuple[int, int]] = [(0, 0)]  # indentation and length of the `elif` chain, outermost first
        self.block_depth = 0
        self.in_case = False
        self.line_begins = True
        self.tokens = 0
        self.work = 0

    def scan(self) -> None:
        while self.at < len(self.text):
            quote = self.levels[-1].quote
            if quote is None:
                self._code()
            else:
                self._fstring(quote)

    def _code(self) -> None:
        match = _CODE.match(self.text, self.at)
        kind = match.lastgroup if match is not None else None
        if match is None or kind is None:
            raise AssertionError("the last alternative takes any character")
        if self.line_begins and kind not in {"blank", "newline"}:
            self._begin_line(match[0])
        self.at = match.end()
        self._count(kind)
        match kind:
            case "newline" if len(self.levels) == 1:
                self.levels[0].nested = 0
                self.line_begins = True
                self.in_case = False
            case "string":
                self._string(match[0])
            case "name" | "operator" if kind == "operator" or match[0] in _NESTING_WORDS:
                self._nest(1)
            case "open":
                self._open(_Level())
            case "close":
                self._close()
            case "comma":
                self.levels[-1].nested = 0
            case "colon" if len(self.levels) > 1 and self.levels[-2].quote is not None:
                self._open(_Level(quote=""))

    def _fstring(self, quote: str) -> None:
        """Pass over an f-string's text up to what ends it or opens an expression (PEP 701)."""
        text, end = self.text, _FSTRING[quote].match(self.text, self.at)
        self.at = end.end() if end is not None else len(text)
        self._count("string")
        if text.startswith("{", self.at):
            self.at += 1
            self._open(_Level())
        elif text.startswith("}", self.at):
            self.at += 1
            self._close()
            if not quote:  # the brace ends the expression as well
                self._close()
        else:  # its quote, or what the parser will refuse
            self.at += len(quote)
            self._close()

    def _string(self, opening: str) -> None:
        quote = opening.lstrip("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ")
        prefix = opening[: -len(quote)].lower()
        self._nest(1)
        if "f" in prefix or "t" in prefix:
            self._open(_Level(quote))
            return
        rest = _STRING[quote].match(self.text, self.at)
        self.at = rest.end() if rest is not None else self.at

    def _begin_line(self, word: str) -> None:
        """Keep account of blocks inside blocks; an `elif` is an `if` inside the `else` of the one before."""
        self.line_begins = False
        start = max(self.text.rfind("\n", 0, self.at), self.text.rfind("\r", 0, self.at)) + 1
        indentation = len(self.text[start : self.at].expandtabs())
        while len(self.blocks) > 1 and self.blocks[-1][0] > indentation:
            self.blocks.pop()
        if self.blocks[-1][0] < indentation:
            self.blocks.append((indentation, 0))
        chain = self.blocks[-1][1]
        chain = chain + 1 if word == "elif" else chain if word == "else" else 0
        self.blocks[-1] = (self.blocks[-1][0], chain)
        self.block_depth = _WEIGHT * (len(self.blocks) - 1) + sum(chain for _, chain in self.blocks)
        self.in_case = word == "case"

    def _open(self, level: _Level) -> None:
        self.depth += self.levels[-1].nested + _WEIGHT
        self.levels.append(level)
        self._check(_BRACKET_COST)
        if self.in_case and len(self.levels) > MAX_CASE_NESTING + 1:
            raise _ExcessError(f"more than {MAX_CASE_NESTING} brackets inside one another in a `case` pattern")

    def _close(self) -> None:
        if len(self.levels) > 1:
            self.levels.pop()
            self.depth -= self.levels[-1].nested + _WEIGHT
            self._nest(1)  # what follows is a call, an index or an operand

    def _nest(self, levels: int) -> None:
        self.levels[-1].nested += levels
        self._check(1)

    def _check(self, cost: int) -> None:
        depth = self.depth + self.levels[-1].nested + self.block_depth
        self.work += cost * depth * depth
        if depth > MAX_NESTING:
            raise _ExcessError(f"more than {MAX_NESTING} levels inside one another")
        if self.work > MAX_WORK:
            raise _ExcessError("more deeply nested code than can be parsed in a reasonable time")

    def _count(self, kind: str) -> None:
        if kind != "blank":
            self.tokens += 1
            if self.tokens > MAX_TOKENS:
                raise _ExcessError(f"more than {MAX_TOKENS} tokens")
