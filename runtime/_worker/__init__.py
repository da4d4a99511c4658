"""The Python worker: a node of a package in a process of its own, on the host's Python.

    INTERPRETER -I -B -c 'from remotemedia.runtime._worker.main import main; …'

It is the child's half of `schemas/child.md`, and runs in the package's own environment: of this SDK it uses what needs
the standard library only. The author's modules come from the parent, out of the verified package, never from a disk.
"""
