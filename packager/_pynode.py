"""`modules/<pipeline>.pynode`: the author's modules as one archive.

A zip whose members are stored, sorted by name and dated 1980-01-01, so that equal sources give equal bytes. Beside the
whole source files, under their project-relative names, stands `pynode.json`.
"""

import io
import zipfile
from collections.abc import Mapping

_EPOCH = (1980, 1, 1, 0, 0, 0)
_REGULAR_0644 = 0o100644 << 16
_UNIX = 3


def pack(members: Mapping[str, bytes]) -> bytes:
    """The archive with these members, by name."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as archive:
        for name in sorted(members):
            info = zipfile.ZipInfo(name, _EPOCH)
            info.create_system = _UNIX
            info.external_attr = _REGULAR_0644
            archive.writestr(info, members[name])
    return buffer.getvalue()
