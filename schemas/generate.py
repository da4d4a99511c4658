"""Write the JSON Schemas of all documents, or compare them.

python -m remotemedia.schemas.generate
python -m remotemedia.schemas.generate --check
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from pydantic import TypeAdapter
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue

from remotemedia.schemas.diagnostics import DiagnosticsDocument
from remotemedia.schemas.execution import Event, Plan
from remotemedia.schemas.manifest import Manifest
from remotemedia.schemas.package import (
    EnvironmentDocument,
    LockDocument,
    OptimizeDocument,
    PackageConfig,
    ProvenanceDocument,
    PynodeDocument,
    RuntimeDocument,
)
from remotemedia.schemas.report import RunReport

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pydantic_core import core_schema

__all__ = ["generate", "main"]

_HERE: Final = Path(__file__).parent
_DOCUMENTS: Final[dict[str, TypeAdapter[Any]]] = {
    "diagnostics.v1": TypeAdapter(DiagnosticsDocument),
    "environment.v1": TypeAdapter(EnvironmentDocument),
    "event.v1": TypeAdapter(Event),
    "lock.v1": TypeAdapter(LockDocument),
    "manifest.v1": TypeAdapter(Manifest),
    "optimize.v1": TypeAdapter(OptimizeDocument),
    "package.v1": TypeAdapter(PackageConfig),
    "plan.v1": TypeAdapter(Plan),
    "provenance.v1": TypeAdapter(ProvenanceDocument),
    "pynode.v1": TypeAdapter(PynodeDocument),
    "report.v1": TypeAdapter(RunReport),
    "runtime.v1": TypeAdapter(RuntimeDocument),
}


class _Generator(GenerateJsonSchema):
    """Writes a field that may be absent as just that: in no document `null` means absence."""

    def nullable_schema(self, schema: core_schema.NullableSchema) -> JsonSchemaValue:
        return self.generate_inner(schema["schema"])

    def default_schema(self, schema: core_schema.WithDefaultSchema) -> JsonSchemaValue:
        return (
            self.generate_inner(schema["schema"])
            if schema.get("default", ...) is None
            else super().default_schema(schema)
        )


def generate() -> dict[str, str]:
    """Return the text of each schema by file name."""
    texts = {}
    for name, document in _DOCUMENTS.items():
        schema = {"$schema": _Generator.schema_dialect, **document.json_schema(schema_generator=_Generator)}
        texts[f"{name}.schema.json"] = json.dumps(schema, indent=2, ensure_ascii=False) + "\n"
    return texts


def main(words: Sequence[str] | None = None) -> None:
    """Write the schemas, or with `--check` end with a message if they are not as they would be written."""
    parser = argparse.ArgumentParser(description="Write the JSON Schemas of all documents.")
    parser.add_argument("--check", action="store_true", help="compare instead of writing")
    check = parser.parse_args(words).check
    stale = []
    for name, text in generate().items():
        path = _HERE / name
        if not check:
            path.write_text(text, encoding="utf-8")
        elif not path.is_file() or path.read_text(encoding="utf-8") != text:
            stale.append(name)
    if stale:
        raise SystemExit(f"not as `python -m remotemedia.schemas.generate` writes them: {', '.join(stale)}")


if __name__ == "__main__":
    main()
