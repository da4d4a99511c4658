"""Whether this machine develops or serves: that decides what a missing signature means."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Self

from remotemedia.errors import UsageError

_VARIABLE = "REMOTEMEDIA_ENV"


class Mode(StrEnum):
    """How strict verification is about signatures that are missing or by strangers."""

    DEVELOPMENT = "development"
    PRODUCTION = "production"

    @classmethod
    def detect(cls, environ: Mapping[str, str]) -> Self:
        """Read `REMOTEMEDIA_ENV`; without it a continuous-integration job (`CI`) is production.

        Raises `UsageError` RM701 for any other value of `REMOTEMEDIA_ENV`.
        """
        asked = environ.get(_VARIABLE, "")
        if asked:
            try:
                return cls(asked)
            except ValueError as exc:
                raise UsageError(
                    f"expected `{_VARIABLE}` to be `development` or `production`, got `{asked}`",
                    code="RM701",
                    hint=f"unset `{_VARIABLE}`, or correct it",
                ) from exc
        in_ci = environ.get("CI", "").lower() not in {"", "0", "false", "no"}
        return cls("production" if in_ci else "development")
