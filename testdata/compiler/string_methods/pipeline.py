"""What may be asked of known strings and bytes."""

import json
import string
import textwrap

from remotemedia import Node, Pipeline


class Keep(Node):
    def __init__(self, value, **kw):
        super().__init__(**kw)
        self.value = value

    def process(self, value):
        return value


words = "alpha, beta,gamma".split(",")

p = Pipeline("strings")
p.add(Keep([word.strip().title() for word in words])).add(Keep("-".join(sorted(words)).replace(" ", "")))
p.add(Keep(["%s=%05.2f" % ("x", 1.5), "{:>6}|{name!r:<8}".format("a", name="b"), f"{3.14159:.2f}", "x" * 3]))
p.add(Keep(["a.b.c".rpartition("."), "ab".encode(), b"ab".decode(), "abc"[::-1], "b" in "abc", "Ab".swapcase()]))
p.add(Keep(["7".zfill(3), "x".center(5, "*"), "a\nb".splitlines(), "aXbX".count("X"), "abc".find("c")]))
p.add(Keep([string.digits, textwrap.dedent("  a\n  b"), json.dumps({"a": [1, None]}), json.loads('{"k": [1.5]}')]))
