"""What an audit says: how much was checked, and what was found wrong where."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import NamedTuple

import msgspec
import sqlalchemy as sa

from audit.errors import AuditError, Tampered
from audit.merkle import EMPTY_ROOT

MOST_FINDINGS = 10_000
"""More are counted, not listed."""

Progress = Callable[[int, int], None]
"""Called now and then with entries done and entries in all."""

UNREADABLE = (
    sqlite3.Error,
    sa.exc.SQLAlchemyError,
    msgspec.MsgspecError,
    ValueError,
    TypeError,
    OverflowError,
    OSError,
)
"""What reading damaged bytes can raise; a value of the wrong type in a row is a TypeError."""


class Finding(NamedTuple):
    """One thing wrong."""

    where: str
    what: str

    def __str__(self) -> str:
        return f"{self.where}: {self.what}"


@dataclass(frozen=True, slots=True)
class Report:
    """The outcome of an audit."""

    entries: int  #: entries read and hashed
    root_hex: str  #: Merkle tree hash over all of them
    checkpoints: int  #: stored checkpoints whose signature and root were checked
    sealed: int  #: sealed parts checked against their leaves
    erased: int  #: sealed parts gone, with the erasure recorded
    uncovered: int  #: entries after the newest checkpoint: they are signed at the next start
    findings: tuple[Finding, ...]

    @property
    def ok(self) -> bool:
        """Whether nothing is wrong."""
        return not self.findings

    def __str__(self) -> str:
        """Return the findings, one a line, and `N entries, root HASH`."""
        lines = [str(finding) for finding in self.findings]
        beyond = f", {self.uncovered} of them after the newest checkpoint" if self.uncovered else ""
        return "\n".join([*lines, f"{self.entries} entries, root {self.root_hex}{beyond}"])


class Draft:
    """A report in the making."""

    def __init__(self) -> None:
        self.entries = self.checkpoints = self.sealed = self.erased = self.uncovered = 0
        self.root = EMPTY_ROOT
        self._findings: dict[Finding, None] = {}  # each once, in the order they were made
        self._unlisted = 0

    def add(self, where: str, what: str) -> None:
        """Note a finding."""
        if len(self._findings) < MOST_FINDINGS:
            self._findings[Finding(where, what)] = None
        else:
            self._unlisted += 1

    def join(self, other: Draft) -> None:
        """Add what another draft counted and found; its root and size are not added up."""
        self.checkpoints += other.checkpoints
        self.sealed += other.sealed
        self.erased += other.erased
        for finding in other._findings:
            self.add(*finding)
        self._unlisted += other._unlisted

    @contextmanager
    def reading(self, where: str) -> Iterator[None]:
        """Turn whatever reading damaged bytes raises into a finding at `where`, and go on after the block."""
        try:
            yield
        except Tampered as error:
            self.add(error.where, error.what)
        except AuditError as error:
            self.add(where, str(error))
        except UNREADABLE as error:
            cause = error.orig if isinstance(error, sa.exc.DBAPIError) else error
            self.add(where, f"cannot be read: {cause}")

    def finish(self) -> Report:
        """Return the report."""
        found = [*self._findings]
        if self._unlisted:
            found.append(Finding("this audit", f"{self._unlisted} further findings are not listed"))
        counts = self.entries, self.root.hex(), self.checkpoints, self.sealed, self.erased, self.uncovered
        return Report(*counts, tuple(found))
