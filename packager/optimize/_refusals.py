"""What ends an attempt early."""

from remotemedia.packager.optimize._reasons import Reason


class KeptError(Exception):
    """The original has to be kept.

    Attributes:
        reason: why.
        detail: what the tool said.
    """

    def __init__(self, reason: Reason, detail: str = "") -> None:
        super().__init__(detail)
        self.reason = reason
        self.detail = detail


class UnreadableError(Exception):
    """A file is not what its name says."""


class UnusableDataError(Exception):
    """A file with inputs cannot be used."""
