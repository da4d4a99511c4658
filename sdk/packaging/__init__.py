"""The code that an object needs, under the paths that older programs import this by; `remotemedia build` does more."""

from remotemedia.packaging.code_packager import CodePackager
from remotemedia.packaging.dependency_analyzer import DependencyAnalyzer

__all__ = ["CodePackager", "DependencyAnalyzer"]
