# /// script
# requires-python = ">=3.11"
# dependencies = [
#   "tiny-helper>=2",
#   "pure-words",
#   "a-name-that-nobody-has-taken>=1",
#   "winonly; sys_platform == 'win32'",
# ]
# ///
"""Inline metadata (PEP 723) has to be met as a whole."""

import tiny_helper
from remotemedia import Node, Pipeline


class Words(Node):
    def process(self, value):
        return tiny_helper.words(value)


p = Pipeline("words")
p.add(Words())
