from nodes.gain import Gain


class Inner(Gain):
    """In a directory without `__init__.py`."""
