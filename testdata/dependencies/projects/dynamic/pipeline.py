"""Modules that are imported by a call are found if their names are constants; of others one is warned."""

from importlib import import_module

from remotemedia import Node, Pipeline

registry = __import__("plugins.registry")


class Plugin(Node):
    def __init__(self, name, **kwargs):
        super().__init__(**kwargs)
        self.words = import_module("plugins.loud").WORDS
        self.other = import_module(f"plugins.{name}")

    def process(self, value):
        return self.words(value)


p = Pipeline("plugins")
p.add(Plugin("quiet"))
