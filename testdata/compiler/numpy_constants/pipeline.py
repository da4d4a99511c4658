"""Arrays that numpy makes of constants."""

import numpy as np
from numpy import float32

from keep import Keep

from remotemedia import Pipeline

SIZE = 8
window = np.hanning(SIZE).astype(float32)
taps = np.array([0.25, 0.5, 0.25])
grid = np.arange(12, dtype="int16").reshape(3, 4)
scaled = (taps / taps.sum() * 2 + 1)[::-1]

p = Pipeline("numpy")
p.add(Keep(window))
p.add(Keep({"taps": taps, "scaled": scaled, "column": grid[:, 1], "picked": grid[grid > 5]}))
p.add(Keep([np.zeros((2, 3)), np.linspace(0, 1, 5), np.full(3, 7, np.uint8), np.eye(2, dtype=bool)]))
p.add(Keep(grid.tolist()))
p.add(Keep([grid.shape, grid.size, float(taps.mean()), taps.max(), np.pi, int(grid[2, 3]), len(grid)]))
p.add(Keep(np.concatenate([np.sin(np.arange(3)), np.stack([taps, taps]).T.ravel()])))
