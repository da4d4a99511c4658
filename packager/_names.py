"""Names of pipelines as parts of file names."""

import re
import unicodedata

_UNSAFE = re.compile(r"[^A-Za-z0-9._]+")
_LONGEST = 64


def safe_name(name: str) -> str:
    """The ASCII file name part for a pipeline called `name`, at most 64 characters.

    Accents are dropped and other characters become `-`. Different names may give the same part: the digest beside it
    tells them apart, and the full name stands in the manifest.
    """
    plain = unicodedata.normalize("NFKD", name)
    plain = "".join(character for character in plain if not unicodedata.combining(character))
    return _UNSAFE.sub("-", plain)[:_LONGEST].strip("-._") or "pipeline"
