"""What programs use beside pipelines."""

from remotemedia.utils.logging import setup_logging

__all__ = ["setup_logging"]
