"""The engine under the name of its own package in older versions.

import remotemedia_runtime

remotemedia_runtime.is_available()  # True
"""

from importlib.metadata import version as _version

# A missing extension fails here, as programs that ask for this module expect.
from remotemedia import (
    _native,  # noqa: F401 - its import is its effect
    execute_pipeline,
    execute_pipeline_with_input,
)

__all__ = ["__version__", "execute_pipeline", "execute_pipeline_with_input", "get_runtime_version", "is_available"]

__version__ = _version("remotemedia")


def get_runtime_version() -> str:
    """Return the version of the engine."""
    return __version__


def is_available() -> bool:
    """Return that the engine is there: this module does not load without it."""
    return True
