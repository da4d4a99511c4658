"""Arrays that are changed in place, also through views of them."""

import numpy as np

from keep import Keep

from remotemedia import Pipeline

kernel = np.zeros(5)
kernel[2] = 1
kernel[3:] += 0.5
view = kernel[:2]
view[:] = -1
kernel *= 2
other = kernel
other = other + 1
other.sort()

p = Pipeline("arrays")
p.add(Keep(kernel.copy())).add(Keep(other)).add(Keep([kernel.sum() > 1, bool(kernel[0] < 0)]))
