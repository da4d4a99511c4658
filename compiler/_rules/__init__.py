"""The rules: each a file with its id, its explanation, a bad and a good example, and what it looks for.

A rule sees the evaluated pipeline and the manifest that it states, never the running program, and gives findings.
"""

from remotemedia.compiler._rules._registry import RULES, apply_rules, rule_of
from remotemedia.compiler._rules._rule import Finding, Graph, Rule

__all__ = ["RULES", "Finding", "Graph", "Rule", "apply_rules", "rule_of"]
