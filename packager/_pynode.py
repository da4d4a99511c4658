"""`modules/<pipeline>.pynode`: the author's modules as one archive.

A zip whose members are stored, sorted by name and dated 1980-01-01, so that equal sources give equal bytes. Beside the
whole source files, under their project-relative names, stand `pynode.json`, data files of the project's packages, and
below `site-packages/` the files of pure-Python distributions that the sandbox imports.
"""

import io
import zipfile
from collections.abc import Mapping

from remotemedia.errors import PackageError

_EPOCH = (1980, 1, 1, 0, 0, 0)
_REGULAR_0644 = 0o100644 << 16
_UNIX = 3
# What the readers of packages take; the archive's own headers need some of it.
_MAX_FILES = 4096
_MAX_BYTES = 15 << 20


def pack(members: Mapping[str, bytes]) -> bytes:
    """The archive with these members, by name.

    Raises:
        PackageError: it would be larger than readers take (RM304).
    """
    size = sum(map(len, members.values()))
    if len(members) > _MAX_FILES or size > _MAX_BYTES:
        raise PackageError(
            f"expected at most {_MAX_FILES} files and {_MAX_BYTES >> 20} MiB of code and its data, "
            f"got {len(members)} files and {size / (1 << 20):.1f} MiB",
            code="RM304",
            hint="name the data that is needed, rather than a whole directory, or pass it as a file to a node",
        )
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as archive:
        for name in sorted(members):
            info = zipfile.ZipInfo(name, _EPOCH)
            info.create_system = _UNIX
            info.external_attr = _REGULAR_0644
            archive.writestr(info, members[name])
    return buffer.getvalue()
