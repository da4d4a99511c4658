from first import First

from remotemedia import Pipeline

p = Pipeline("circle")
p.add(First(2))
