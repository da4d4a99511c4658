"""What makes CPython in WebAssembly a runner of nodes.

`runner` holds the exports of the world `python-runner` (`schemas/node.wit`); it is the module that componentize-py is
given.
"""
