# coding: latin-1
from remotemedia import Pipeline

p = Pipeline("latin")
