"""What numpy computes by chance, or in too large a size, is not known."""

import numpy as np

from keep import Keep

from remotemedia import Pipeline

noise = np.random.default_rng(1).normal(size=3)

p = Pipeline("random")
p.add(Keep(noise)).add(Keep(np.random.rand(3))).add(Keep(np.zeros((100_000, 100_000))))
p.add(Keep(np.array(["a", "b"]))).add(Keep(np.empty(3))).add(Keep(np.tile(np.ones(1000), 10**9)))
