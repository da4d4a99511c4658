from remotemedia import Pipeline

NAME = "x"
p = Pipeline(NAME)
