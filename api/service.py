"""A service on one data directory: its policies, engine, log and workflow, opened together and closed together."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Self

import msgspec
import sqlalchemy as sa

from api.ledger import Clock, Ledger, NewId, new_id, utc_now
from api.settings import Settings
from api.workflow import Workflow
from audit import AuditError, Log
from engine import Engine, PolicySet, load_policies


class Service(msgspec.Struct, frozen=True):
    """Everything a request or a command needs."""

    settings: Settings
    policies: PolicySet
    engine: Engine
    ledger: Ledger
    workflow: Workflow

    @classmethod
    def open(cls, settings: Settings, now: Clock = utc_now, ids: NewId = new_id) -> Self:
        """Read the policies, open the log, and record policies that are new to it.

        Raise PolicyError or AuditError: nothing is served from policies with findings or from a log in doubt.
        """
        policies = load_policies(settings.policies)
        engine = Engine(policies, settings.verify, settings.executor)
        ledger = Ledger.open(settings, now, ids)
        try:
            workflow = Workflow(policies, engine, ledger)
            workflow.publish("service")
        except BaseException:
            ledger.close()
            raise
        return cls(settings, policies, engine, ledger, workflow)

    @property
    def log(self) -> Log:
        """The log, for reads."""
        return self.ledger.log

    def checks(self) -> dict[str, str]:
        """What readiness rests on: `pass` or `fail` for the database, the head of the log and the policies."""
        return {
            "database": _outcome(self._database_answers),
            "log": _outcome(self._head_matches),
            "policies": "pass" if self.policies.names else "fail",
        }

    def _database_answers(self) -> bool:
        with self.log.engine.connect() as connection:
            return connection.execute(sa.text("select 1")).scalar() == 1

    def _head_matches(self) -> bool:
        """Whether the newest signed head is one this database has reached."""
        return self.log.checkpoint().size <= self.log.size()

    def close(self) -> None:
        """Drain the writer, let go of the database, and give back the engine's memory."""
        self.ledger.close()
        self.engine.close()


def _outcome(check: Callable[[], bool]) -> str:
    try:
        return "pass" if check() else "fail"
    except (AuditError, sa.exc.SQLAlchemyError, OSError):
        return "fail"


@contextmanager
def opened(settings: Settings) -> Iterator[Service]:
    """Open a service for the length of a command."""
    service = Service.open(settings)
    try:
        yield service
    finally:
        service.close()
