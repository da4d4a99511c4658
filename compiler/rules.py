"""The rules by which a program is judged, with their explanations and examples.

    from remotemedia.compiler.rules import rule_of

    print(rule_of("RM107").explanation)

This is a module of its own because only `remotemedia help`, the documentation and SARIF need it.
"""

from remotemedia.compiler._rules import RULES, Rule, rule_of

__all__ = ["RULES", "Rule", "rule_of"]
