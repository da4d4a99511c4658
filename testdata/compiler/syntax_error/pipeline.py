from remotemedia import Pipeline

p = Pipeline("rm101"
p.add()
