from remotemedia import Pipeline

p = Pipeline("ÿ")
