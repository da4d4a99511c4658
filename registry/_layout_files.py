"""Reading an OCI image layout directory, while others may write to it."""

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from remotemedia.errors import PackageError
from remotemedia.registry._descriptor import Descriptor
from remotemedia.registry._extent import Extent, open_regular
from remotemedia.registry._layout_source import LayoutSource, nothing_to_read

_READS = 3


class LayoutFiles(LayoutSource):
    """The source that a directory is."""

    def __init__(self, path: Path) -> None:
        super().__init__(str(path))
        self.path = path

    def referrers(self, digest: str, artifact_type: str | None = None) -> Sequence[Descriptor]:
        """List referrers; where a writer has replaced the list since it was found in the index, both are read again."""
        for _ in range(_READS - 1):
            try:
                return super().referrers(digest, artifact_type)
            except PackageError as error:
                if error.code != "RM301":
                    raise
        return super().referrers(digest, artifact_type)

    @contextmanager
    def _extent(self, name: str) -> Iterator[Extent]:
        file = open_regular(self.path / name)
        try:
            yield Extent(file, 0, os.fstat(file).st_size)
        finally:
            os.close(file)

    def _no_layout(self, why: str) -> PackageError:
        if self.path.is_dir():
            return super()._no_layout(why)
        return nothing_to_read(self.path, "there is no such directory")
