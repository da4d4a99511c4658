"""The part of SARIF 2.1.0 (OASIS, sections 3.13 to 3.59) that is written, closed: what is not named here is a mistake.

`result` also requires what GitHub's code scanning requires beyond the standard: a location and a fingerprint.
"""

from __future__ import annotations

from typing import Any, Final


def _object(required: str, optional: str = "", **properties: Any) -> dict[str, Any]:
    assert set(properties) == {*required.split(), *optional.split()}
    return {"type": "object", "required": required.split(), "properties": properties, "additionalProperties": False}


def _array(items: dict[str, Any], least: int = 0) -> dict[str, Any]:
    return {"type": "array", "items": items, "minItems": least}


_TEXT: Final = {"type": "string", "minLength": 1}
_POSITION: Final = {"type": "integer", "minimum": 1}
_LEVEL: Final = {"enum": ["none", "note", "warning", "error"]}
_MESSAGE: Final = _object("text", "markdown", text=_TEXT, markdown=_TEXT)
_ARTIFACT: Final = _object("uri", "uriBaseId", uri={"type": "string", "format": "uri-reference"}, uriBaseId=_TEXT)
_REGION: Final = _object(
    "startLine",
    "startColumn endLine endColumn",
    startLine=_POSITION,
    startColumn=_POSITION,
    endLine=_POSITION,
    endColumn=_POSITION,
)
_PHYSICAL: Final = _object("artifactLocation region", artifactLocation=_ARTIFACT, region=_REGION)
_LOCATION: Final = _object(
    "physicalLocation", "id message", physicalLocation=_PHYSICAL, id={"type": "integer", "minimum": 0}, message=_MESSAGE
)
_REPLACEMENT: Final = _object("deletedRegion insertedContent", deletedRegion=_REGION, insertedContent=_MESSAGE)
_CHANGE: Final = _object(
    "artifactLocation replacements", artifactLocation=_ARTIFACT, replacements=_array(_REPLACEMENT, 1)
)
_FIX: Final = _object("artifactChanges", "description", artifactChanges=_array(_CHANGE, 1), description=_MESSAGE)
_RESULT: Final = _object(
    "ruleId message locations partialFingerprints",
    "ruleIndex level relatedLocations fixes",
    ruleId=_TEXT,
    ruleIndex={"type": "integer", "minimum": 0},
    level=_LEVEL,
    message=_MESSAGE,
    locations=_array(_LOCATION, 1),
    relatedLocations=_array(_LOCATION, 1),
    partialFingerprints={"type": "object", "additionalProperties": _TEXT, "minProperties": 1},
    fixes=_array(_FIX, 1),
)
_RULE: Final = _object(
    "id shortDescription fullDescription help",
    "helpUri defaultConfiguration",
    id=_TEXT,
    shortDescription=_MESSAGE,
    fullDescription=_MESSAGE,
    help=_MESSAGE,
    helpUri={"type": "string", "format": "uri"},
    defaultConfiguration=_object("level", level=_LEVEL),
)
_DRIVER: Final = _object(
    "name",
    "version informationUri rules",
    name=_TEXT,
    version=_TEXT,
    informationUri={"type": "string", "format": "uri"},
    rules=_array(_RULE),
)
_RUN: Final = _object(
    "tool results",
    "columnKind",
    tool=_object("driver", driver=_DRIVER),
    columnKind={"enum": ["utf16CodeUnits", "unicodeCodePoints"]},
    results=_array(_RESULT),
)

SARIF: Final = _object(
    "version runs", "$schema", **{"$schema": {"type": "string"}}, version={"const": "2.1.0"}, runs=_array(_RUN)
)
