"""`itertools`, `functools`, `operator` and other pure helpers of the standard library."""

import copy
import functools
import itertools
import math
import operator
import statistics
from fractions import Fraction

from remotemedia import AudioMixNode, Node, Pipeline


class Keep(Node):
    def __init__(self, value, **kw):
        super().__init__(**kw)
        self.value = value

    def process(self, value):
        return value


stages = [[1, 2], [3]]
make = functools.partial(Keep, name="last")
deep = copy.deepcopy(stages)
stages[0].append(9)

p = Pipeline("tools")
p.add(Keep(list(itertools.chain(*stages)))).add(Keep(list(itertools.chain.from_iterable(deep))))
p.add(Keep(list(itertools.product("ab", repeat=2)))).add(Keep(list(itertools.islice(itertools.count(5), 3))))
p.add(Keep(functools.reduce(operator.mul, [1, 2, 3, 4]))).add(Keep(list(itertools.accumulate([1, 2, 3]))))
p.add(Keep(sorted([("b", 1), ("a", 2)], key=operator.itemgetter(0))))
p.add(Keep([math.gcd(12, 18), math.comb(5, 2), math.floor(2.5), statistics.mean([1, 2, 4]), float(Fraction(1, 4))]))
for node, count in zip(map(AudioMixNode, [1, 2]), itertools.repeat(None)):
    p.add(node)
p.add(make(list(itertools.pairwise([1, 2, 3]))))
