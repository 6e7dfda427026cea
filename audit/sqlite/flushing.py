"""Flushing a database beside SQLite, by a descriptor that SQLite holds.

One of our own would do harm: when a process closes any descriptor of a file, all its locks on that file are gone
(fcntl(2)), SQLite's among them.
"""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Final

_OPEN: Final = Path("/dev/fd")
_DISK_FAILS: Final = frozenset({errno.EIO, errno.ENOSPC, errno.EDQUOT})


def flush(database: Path) -> bool:
    """Have what was written to a database that this process has open reach the disk; False if the disk failed.

    That is work done ahead, not a promise: where there is no descriptor to be found, nothing is done. A failure of
    the disk counts all the same: a descriptor tells it once, so who flushes by it next may hear that all is well.
    """
    try:
        found = next(_descriptors(database), None)
        if found is not None:
            os.fdatasync(found)
    except OSError as error:  # anything else: it was closed meanwhile, and may be something else by now
        return error.errno not in _DISK_FAILS
    return True


def _descriptors(file: Path) -> Iterator[int]:
    wanted = file.stat()
    for each in _OPEN.iterdir():
        try:
            found = os.fstat(int(each.name))
        except OSError:  # the one that listed them
            continue
        if os.path.samestat(found, wanted):
            yield int(each.name)
