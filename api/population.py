"""A file of applications through the live engine into the log: many in flight, nothing twice, bad rows set aside.

A row's identity is the policy's digest, the mapping, the columns and the line as it stands; so an interrupted run goes
on where it stopped, and a repeated one records nothing.
"""

from __future__ import annotations

import csv
import datetime as dt
import hashlib
import os
from collections import deque
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from functools import partial
from pathlib import Path
from typing import IO, Self

import msgspec

from api import queries
from api.accounts.repeating import Begin, settle
from api.errors import ApiError
from api.intake import convert
from api.lines import FileRefused, Line, Table
from api.recording import Recorded
from api.schemas import DecisionRequest
from api.service import Service
from api.tally import Tally
from engine import FactsError
from engine.mapping import RowError, RowMapping, load_mapping

ACTOR = "cli"
IN_FLIGHT = 1_024
CHUNK = 256  #: rows whose records are looked up, and tallied, at once


class Plan(msgspec.Struct, frozen=True):
    """What is to be decided: which file, under which policy, read how."""

    table: Table
    policy: str
    mapping: RowMapping
    identity: bytes  #: of policy, mapping and columns together

    @classmethod
    def read(cls, service: Service, policy: str, source: Path, mapping: Path) -> Plan:
        """Open file and mapping; raise FileRefused or UnknownPolicy if they do not fit together."""
        digest = service.policies[policy].digest
        try:
            written = mapping.read_bytes()
        except OSError as error:
            raise FileRefused(f"`{mapping}` cannot be read: {(error.strerror or '').lower()}") from None
        read = load_mapping(mapping, service.policies.vocabulary)
        table = Table(source)
        if lacking := [column for column in read.needed if column not in table.columns]:
            named = ", ".join(f"`{column}`" for column in lacking)
            raise FileRefused(f"{source}:1: no column {named}, which {mapping} reads")
        parts = digest.encode(), written, "\n".join(table.columns).encode()
        identity = hashlib.sha256(b"".join(hashlib.sha256(part).digest() for part in parts)).digest()
        return cls(table, policy, read, identity)

    def key(self, line: Line) -> str:
        """Give the idempotency key of a row."""
        return hashlib.sha256(self.identity + line.text.encode()).hexdigest()


class _Waiting(msgspec.Struct, frozen=True):
    """A row on its way: recorded before (an index) or being recorded now."""

    line: Line
    observed: Mapping[str, str]
    record: int | Future[Recorded]
    begin: Begin[Recorded] | None = None  #: decides it again, should its subject's credit line have changed meanwhile


class Run:
    """One pass over a plan; `advance` is told how many rows are done."""

    def __init__(self, service: Service, plan: Plan, rejects: Path, advance: Callable[[int], None]) -> None:
        self._service, self._plan, self._advance = service, plan, advance
        self._rejects = Rejects(rejects)
        self._waiting: deque[_Waiting] = deque()
        self._window = min(IN_FLIGHT, service.settings.queue_bound // 2 + 1)
        self.tally = Tally()

    def all(self) -> Tally:
        """Decide every row; give the tally of all of them, those of earlier runs included."""
        chunk: list[Line] = []
        with self._rejects:
            for line in self._plan.table:
                chunk.append(line)
                if len(chunk) == CHUNK:
                    self._take(chunk)
                    chunk = []
            self._take(chunk)
            self._settle(0)
        return self.tally

    def _take(self, lines: list[Line]) -> None:
        keys = {line.number: self._plan.key(line) for line in lines}
        fingerprints = {number: self._service.ledger.fingerprints.of(ACTOR, key) for number, key in keys.items()}
        with self._service.log.engine.connect() as connection:
            known = queries.requests(connection, list(fingerprints.values()))
        for line in lines:
            self._row(line, keys[line.number], known.get(fingerprints[line.number]))
            self._settle(self._window)

    def _row(self, line: Line, key: str, recorded: int | None) -> None:
        try:
            if line.fault:
                raise FileRefused(line.fault)
            row = self._plan.mapping.read(line.cells)
            if recorded is None:
                request = self._request(row.subject, row.facts, row.as_of)
                begin = partial(self._service.workflow.decide, request, ACTOR, key)
                self._waiting.append(_Waiting(line, row.observed, begin(None), begin))
            else:
                self._waiting.append(_Waiting(line, row.observed, recorded))
        except (ApiError, FactsError, RowError) as error:
            self._reject(line, error)
            self._advance(1)

    def _reject(self, line: Line, error: Exception) -> None:
        self._rejects.add(line, error)
        self.tally.rejected += 1

    def _request(self, subject: str, facts: Mapping[str, object], as_of: dt.datetime) -> DecisionRequest:
        asked = {"policy": self._plan.policy, "subject": subject, "facts": dict(facts), "as_of": as_of}
        request: DecisionRequest = convert(asked, DecisionRequest)
        return request

    def _settle(self, most: int) -> None:
        """Wait until at most `most` rows are on their way, and tally what was recorded."""
        while len(self._waiting) > most:
            done = [self._waiting.popleft() for _ in range(min(CHUNK, len(self._waiting)))]
            found = [(index, each) for each in done if (index := self._index(each)) is not None]
            with self._service.log.engine.connect() as connection:
                verdicts = queries.verdicts(connection, [index for index, _ in found])
            for index, each in found:
                self.tally.add(verdicts[index], each.observed)
            self._advance(len(done))

    def _index(self, waiting: _Waiting) -> int | None:
        """Give where a row is recorded, None if its subject's credit line refuses it."""
        if isinstance(waiting.record, int) or waiting.begin is None:
            self.tally.before += 1
            return waiting.record if isinstance(waiting.record, int) else None
        try:
            recorded = settle(waiting.begin, waiting.record)
        except (ApiError, FactsError) as error:
            self._reject(waiting.line, error)
            return None
        if recorded.replayed:
            self.tally.before += 1  # the same line stands twice in the file, or another run records it now
        return recorded.index


class Rejects:
    """The file of rows that could not be decided: line number, where, why, and the row; absent if there are none."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._stream: IO[str] | None = None

    def __enter__(self) -> Self:
        self.path.unlink(missing_ok=True)
        return self

    def __exit__(self, *_: object) -> None:
        if self._stream is not None:
            self._stream.close()

    def add(self, line: Line, error: Exception) -> None:
        """Set a row aside."""
        if self._stream is None:
            self._stream = open(self.path, "w", newline="", encoding="utf-8", opener=_private)  # noqa: SIM115  # closed by __exit__
            csv.writer(self._stream).writerow(("line", "reason", "row"))
        csv.writer(self._stream).writerow((line.number, str(error).replace("\n", "; "), line.text))


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)
