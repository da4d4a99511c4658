import importlib

QUIET = importlib.import_module(".quiet", __package__)
