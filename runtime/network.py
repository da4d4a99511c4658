"""Which places may be asked, and how: one set of options for every command that uses the network."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from remotemedia.errors import RegistryError
from remotemedia.registry import HttpRegistry, LayoutDirectory, Reference, Scheme


@dataclass(frozen=True)
class Network:
    """How to reach registries.

    Attributes:
        offline: open no socket.
        plain_http: speak http with registries that are not on this machine.
        environ: for credentials and proxies.
    """

    offline: bool = False
    plain_http: bool = False
    environ: Mapping[str, str] = field(default_factory=lambda: os.environ)

    def target(self, reference: Reference) -> HttpRegistry | LayoutDirectory:
        """The registry or layout directory that a reference names.

        Raises:
            RegistryError: RM401, it names neither.
        """
        if reference.scheme is Scheme.LAYOUT:
            return LayoutDirectory(Path(reference.path))
        if reference.scheme is Scheme.REGISTRY:
            return HttpRegistry(
                reference.host,
                reference.path,
                plain_http=self.plain_http,
                offline=self.offline,
                environ=self.environ,
            )
        raise RegistryError(f"expected a registry or a layout directory, got `{reference}`", code="RM401")
