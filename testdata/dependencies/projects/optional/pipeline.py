"""What is imported with a fallback, for type checkers or for `__main__` is no requirement."""

from typing import TYPE_CHECKING

import maybe_native
from remotemedia import Node, Pipeline

try:
    import not_installed_here
except ImportError:
    not_installed_here = None

if TYPE_CHECKING:
    import types_only


class Fold(Node):
    def process(self, value: "types_only.Value"):
        return maybe_native.fold(value)


p = Pipeline("fold")
p.add(Fold())

if __name__ == "__main__":
    import shown_only_by_hand

    shown_only_by_hand.show()
