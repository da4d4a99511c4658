"""All rules, and their application."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from remotemedia.compiler._rules import (
    absolute_path,
    annotation,
    arguments,
    bounds,
    changed_node,
    computed_import,
    cycle,
    duplicate_edge,
    duplicate_name,
    edge_types,
    empty_pipeline,
    ignored_parameter,
    missing_file,
    missing_module,
    no_pipeline,
    not_plain,
    parameter_value,
    port,
    secret_literal,
    several_pipelines,
    source_inside,
    unattached_node,
    unfollowed_change,
    unknown_class,
    unknown_import,
    unknown_parameter,
    unknown_value,
    unmet_requirement,
    unreachable,
    unreadable_file,
    unreadable_requirements,
    unsandboxed,
    unused_declaration,
    versions_disagree,
)

if TYPE_CHECKING:
    from remotemedia.compiler._findings import Findings
    from remotemedia.compiler._rules._rule import Graph, Rule

__all__ = ["RULES", "apply_rules", "rule_of"]

RULES: Final[tuple[Rule, ...]] = (
    unreadable_file.RULE,
    no_pipeline.RULE,
    several_pipelines.RULE,
    unknown_class.RULE,
    arguments.RULE,
    unfollowed_change.RULE,
    unknown_value.RULE,
    not_plain.RULE,
    missing_file.RULE,
    missing_module.RULE,
    unsandboxed.RULE,
    duplicate_name.RULE,
    changed_node.RULE,
    bounds.RULE,
    unknown_parameter.RULE,
    annotation.RULE,
    parameter_value.RULE,
    port.RULE,
    edge_types.RULE,
    cycle.RULE,
    unreachable.RULE,
    duplicate_edge.RULE,
    unattached_node.RULE,
    ignored_parameter.RULE,
    empty_pipeline.RULE,
    secret_literal.RULE,
    absolute_path.RULE,
    unused_declaration.RULE,
    source_inside.RULE,
    unknown_import.RULE,
    versions_disagree.RULE,
    unmet_requirement.RULE,
    unreadable_requirements.RULE,
    computed_import.RULE,
)
"""In the order of their codes."""


def rule_of(code: str) -> Rule | None:
    """Return the rule of that code; None for codes of the table that are no rules."""
    return next((rule for rule in RULES if rule.code == code), None)


def apply_rules(graph: Graph, findings: Findings) -> None:
    """Add what the rules find in a pipeline to the findings."""
    errors = findings.errors(graph.pipeline)
    for rule in RULES:
        if rule.check is None or any(code.startswith(rule.misled_by) for code in errors):
            continue
        for found in rule.check(graph):
            findings.add(
                rule.code,
                found.message,
                found.place,
                found.label,
                notes=found.notes,
                help=found.help,
                severity=rule.severity,
                related=found.related,
                suggestion=found.suggestion,
                owner=None if found.shared else graph.pipeline,
            )
