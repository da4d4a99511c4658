"""What whoever builds decides about a package."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from remotemedia.packager._environment import Wheel
from remotemedia.packager.optimize import Optimization

Attest: TypeAlias = Callable[[str, str, Mapping[str, Any]], bytes]
"""Makes a Sigstore bundle of a digest (`sha256:…`), the type of a predicate, and the predicate."""


@dataclass(frozen=True)
class BuildOptions:
    """How a program becomes a package.

    Attributes:
        environ: for `SOURCE_DATE_EPOCH`, and for git.
        tool_version: version of the builder.
        version: version of the package, which is also its tag inside the file.
        wheels: of distributions that nodes on the host's Python need, by name.
        pins: for references of packages that are nodes, the same with a digest.
        optimized: what became of the models that were made smaller; None packs all as they are.
        seconds: the build time, seconds since 1970, where it is that of another build; None finds it out.
        parameters: what else was asked for, for the signed provenance: `traceArguments`, `lock` and the like.
        attest: signs the package and what is said of it; None leaves it unsigned.
        may_rehearse: whether `attest` may be asked about a package that will not be: it costs nothing, asks nobody, and
            what it gives is as long as it is going to be.
    """

    environ: Mapping[str, str]
    tool_version: str
    version: str = "0.0.0"
    wheels: Mapping[str, Wheel] = field(default_factory=dict)
    pins: Mapping[str, str] = field(default_factory=dict)
    optimized: Optimization | None = None
    seconds: int | None = None
    parameters: Mapping[str, Any] = field(default_factory=dict)
    attest: Attest | None = None
    may_rehearse: bool = False
