"""How findings look: text for people, JSON, SARIF and GitHub's annotations for programs."""

from remotemedia.compiler._formats.github import as_github
from remotemedia.compiler._formats.json_ import as_json
from remotemedia.compiler._formats.report import Checked, Report
from remotemedia.compiler._formats.sarif import as_sarif
from remotemedia.compiler._formats.text import render

__all__ = ["Checked", "Report", "as_github", "as_json", "as_sarif", "render"]
