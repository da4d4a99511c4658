"""Bounds of the analysis, so that a hostile file ends in a diagnostic (RM114) rather than in a stalled build."""

from typing import Final

__all__ = [
    "MAX_CALLS",
    "MAX_CASE_NESTING",
    "MAX_DIAGNOSTICS",
    "MAX_FILE_BYTES",
    "MAX_ITEMS",
    "MAX_MODULES",
    "MAX_NESTING",
    "MAX_OVERRUNS",
    "MAX_STEPS",
    "MAX_TEXT",
    "MAX_TOKENS",
    "MAX_TOTAL_SIZE",
    "MAX_TOTAL_TOKENS",
    "MAX_WORK",
    "STEPS_AFTER_OVERRUN",
]

MAX_FILE_BYTES: Final = 1 << 20
"""Bytes of one source file."""

MAX_TOTAL_SIZE: Final = 8 << 20
"""Characters of all source files of a project that are looked at."""

MAX_MODULES: Final = 500
"""Source files of a project that are looked at."""

MAX_TOKENS: Final = 200_000
"""Tokens of one source file; the parser needs about 20 µs for each."""

MAX_TOTAL_TOKENS: Final = 1_000_000
"""Tokens of all source files of a project that are looked at."""

MAX_NESTING: Final = 200
"""Levels of the syntax tree, by the estimate of `_prescan`: Python's own recursion limit is 1000 frames."""

MAX_CASE_NESTING: Final = 4
"""Brackets inside one another in a `case` pattern: libcst's time doubles, and more, with each."""

MAX_WORK: Final = 200_000_000
"""Sum over all tokens of nesting squared: the parser's time grows with the square of the nesting."""

MAX_STEPS: Final = 300_000
"""Expressions and statements that are evaluated; one takes about 4 µs."""

MAX_OVERRUNS: Final = 3
"""Statements of modules that may exceed that, and are passed over then."""

STEPS_AFTER_OVERRUN: Final = 25_000
"""Steps that are left after such a statement."""

MAX_CALLS: Final = 40
"""Followed calls inside one another: each takes up to 20 frames of Python's own stack, of which there are 1000."""

MAX_TEXT: Final = 1 << 16
"""Characters of a computed string, and bits of a computed integer."""

MAX_ITEMS: Final = 1 << 16
"""Items of a computed list."""

MAX_DIAGNOSTICS: Final = 50
"""Diagnostics of one severity that are kept of a pipeline; the first ones tell what is wrong."""
