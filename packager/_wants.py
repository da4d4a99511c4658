"""What a package asks of its user; apart from what builds packages, as whoever reads one asks too."""

from collections.abc import Mapping
from typing import Any


def wanted_grants(manifest: Mapping[str, Any], runtimes: Mapping[str, str]) -> list[str]:
    """What the nodes of a package ask for, and the names of their runtimes that take a grant.

    Args:
        manifest: of the pipeline.
        runtimes: runtime kind by node id.
    """
    grants = {grant for node in manifest["nodes"] for grant in node.get("grants", ())}
    return sorted(grants | set(runtimes.values()) & {"program", "python"})
