"""The shapes that cross a border: manifests, packages, packets, plans.

    from remotemedia.schemas import error_entry, node_type

    node_type("OnnxNode").parameter("model").type     # "model"
    error_entry("RM302").exit                         # 3

Here are the two tables that every room reads. The shapes of JSON documents are pydantic models, in modules of their
own so that reading a table does not import pydantic: `remotemedia.schemas.manifest`, `.package`, `.execution`.
"""

from remotemedia.schemas.tables import (
    ErrorEntry,
    NodeType,
    Parameter,
    Port,
    error_entry,
    error_table,
    node_table,
    node_type,
)

__all__ = [
    "ErrorEntry",
    "NodeType",
    "Parameter",
    "Port",
    "error_entry",
    "error_table",
    "node_table",
    "node_type",
]
