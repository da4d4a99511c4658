"""`Pipeline` under its older path."""

from remotemedia.pipeline import Pipeline

__all__ = ["Pipeline"]
