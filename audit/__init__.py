"""An append-only log of bytes that strangers can check, with what is personal sealed beside it and erasable.

Knows nothing of what the entries mean. Formats are public ones (docs/log-format.md). Open a `Log` with its `Keys`, give
works to its `Writer`; `audit.verify` and `audit.export` are doors of their own.
"""

from __future__ import annotations

from audit.committing import Committer
from audit.errors import (
    AuditError,
    CheckpointMissing,
    CommitUnknown,
    EntryConflict,
    Erased,
    QueueFull,
    WriterClosed,
)
from audit.job import Job
from audit.keys import Keys
from audit.log import Log
from audit.writer import Writer

__all__ = [
    "AuditError",
    "CheckpointMissing",
    "CommitUnknown",
    "Committer",
    "EntryConflict",
    "Erased",
    "Job",
    "Keys",
    "Log",
    "QueueFull",
    "Writer",
    "WriterClosed",
]
