"""A partial evaluator: what a program's values are, as far as they are known without running it.

One file holds the handlers of one family of expressions or statements; `registry` names them all. What no handler
understands goes through `passing`, which refuses it if it could touch the graph and otherwise forgets what it changes.
"""

from remotemedia.compiler._evaluate.evaluator import Evaluator
from remotemedia.compiler._evaluate.registry import EXPRESSIONS, STATEMENTS

__all__ = ["EXPRESSIONS", "STATEMENTS", "Evaluator"]
