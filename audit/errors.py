"""What can go wrong in the log: one short tree, the docstring says what happened, the attributes say where."""

from __future__ import annotations


class AuditError(Exception):
    """the log refused or failed"""


class EntryRefused(AuditError):
    """an entry is outside the profile of docs/log-format.md"""

    def __init__(self, path: str, value: object, remedy: str) -> None:
        """`path` is where in the entry (`$.facts[0]`), `value` what stood there, `remedy` what to write instead."""
        self.path, self.value, self.remedy = path, value, remedy
        super().__init__(f"entry refused at `{path}`: `{_short(value)}` {remedy}")


class EntryConflict(AuditError):
    """an event id was used again with other bytes"""

    def __init__(self, event_id: str, index: int) -> None:
        """`index` is where the first entry of that `event_id` stands."""
        self.event_id, self.index = event_id, index
        super().__init__(f"event `{event_id}` is already entry {index} with other bytes; use a new event id")


class NoSuchEntry(AuditError):
    """an index or tree size lies outside the log"""

    def __init__(self, asked: str, size: int) -> None:
        """`asked` names what was asked for, `size` is how many entries there are to ask of."""
        self.asked, self.size = asked, size
        super().__init__(f"{asked} is outside the log of {size} entries")


class ProofInvalid(AuditError):
    """a Merkle proof does not prove what it claims"""


class NoteInvalid(AuditError):
    """a signed note, checkpoint or receipt is malformed or not signed by the expected key"""


class KeysRefused(AuditError):
    """the key folder is missing, damaged or open to others"""


class LogRefused(AuditError):
    """the database must not be served: it does not match its keys, its schema or its own checkpoints"""


class NotSealed(AuditError):
    """an entry has no sealed part"""

    def __init__(self, index: int) -> None:
        """`index` is the entry that was asked."""
        self.index = index
        super().__init__(f"entry {index} has no sealed part")


class NoSuchSubject(AuditError):
    """a subject has no key: it was never made, or it was erased"""

    def __init__(self, subject: str) -> None:
        """`subject` is the random id that was asked for."""
        self.subject = subject
        super().__init__(f"subject `{subject}` has no key; it was erased or never made")


class Erased(AuditError):
    """the sealed part of an entry was erased on purpose"""

    def __init__(self, index: int) -> None:
        """`index` is the entry whose sealed part is gone."""
        self.index = index
        super().__init__(f"the sealed part of entry {index} was erased")


class RemovalForbidden(AuditError):
    """this login of the database may not remove what is sealed; use one of the role `grounds_retention`"""

    def __init__(self) -> None:
        super().__init__(str(self.__doc__))


class KeyLost(AuditError):
    """a sealed part cannot be opened because its key is not there any more"""

    def __init__(self, where: str, what: str) -> None:
        """`where` is the part or key, `what` says which key is lost."""
        self.where, self.what = where, what
        super().__init__(f"{where}: {what}; its entry and every proof of it still hold (docs/keys.md, lost keys)")


class Tampered(AuditError):
    """stored bytes do not match what the log committed to"""

    def __init__(self, where: str, what: str) -> None:
        """`where` is the row, `what` the mismatch."""
        self.where, self.what = where, what
        super().__init__(f"{where}: {what}; run `grounds audit verify` and compare with a backup")


class QueueFull(AuditError):
    """the writer's queue is full: nothing was done, try again later"""

    def __init__(self, bound: int) -> None:
        """`bound` is how many works may wait."""
        self.bound = bound
        super().__init__(f"{bound} works are already waiting for the log; try again later")


class WriterClosed(AuditError):
    """the writer takes no more work: nothing was done"""


class CommitUnknown(AuditError):
    """a commit failed: the work is not visible now but may reappear after a restart; retry with the same event id"""

    def __init__(self, event_ids: tuple[str, ...] = ()) -> None:
        """`event_ids` are the events of the work that could not be found in the log after the failure."""
        self.event_ids = event_ids
        named = ", ".join(f"`{each}`" for each in event_ids) or "work without an event"
        super().__init__(f"the commit failed and {named} is not in the log; retry with the same event id")


class CheckpointMissing(AuditError):
    """the work is committed, but no checkpoint that covers it could be stored yet; a retry finds it recorded"""


def _short(value: object, limit: int = 40) -> str:
    shown = value if isinstance(value, str) else repr(value)
    shown = shown.encode("utf-8", "backslashreplace").decode("utf-8")
    return shown if len(shown) <= limit else shown[:limit] + "…"
