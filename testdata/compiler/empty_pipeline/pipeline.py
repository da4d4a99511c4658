from remotemedia import Pipeline

p = Pipeline("rm125")
