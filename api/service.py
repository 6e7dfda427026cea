"""A service on one data directory: its policies, engine, log and workflow, opened together and closed together."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Self

import msgspec
import sqlalchemy as sa

from api import watching
from api.access import Access
from api.accounts.keeping import Lines
from api.accounts.repaying import Repayments
from api.accounts.viewing import Views
from api.admission import Keyring, Uses
from api.automation.refusing import Refusals
from api.casework.actions import Actions
from api.casework.attachments import Limits
from api.casework.dossier import Dossiers
from api.casework.periods import Periods
from api.casework.rulebook import Rulebook
from api.casework.viewing import Viewing
from api.clocks import Clocks
from api.deadlines import Deadlines
from api.explanations import Explanations
from api.ledger import Clock, Ledger, NewId, new_id, utc_now
from api.letters.cases import CaseLetters
from api.letters.letterhead import Letterhead
from api.letters.notices import Notices
from api.matters.desk import Matters
from api.matters.viewing import MatterViews
from api.metrics import Meters
from api.prechecks import PreChecks
from api.reloading import Reloading
from api.replay import Replays
from api.retention import Schedule
from api.settings import Settings
from api.subjects import Subjects
from api.sweep import Sweep
from api.users.directory import Users
from api.webhooks import Webhooks
from api.workflow import Workflow
from audit import AuditError, Log, Writer
from engine import Engine, PolicySet, load_policies
from engine.reload import LiveEngine

if TYPE_CHECKING:
    from api.tracing import Tracing


class Service(msgspec.Struct, frozen=True):
    """Everything a request or a command needs."""

    settings: Settings
    engine: LiveEngine
    ledger: Ledger
    workflow: Workflow
    schedule: Schedule
    clocks: Clocks
    letterhead: Letterhead
    rulebook: Rulebook
    reloading: Reloading
    webhooks: Webhooks
    pre_checks: PreChecks
    keyring: Keyring
    uses: Uses
    meters: Meters

    @classmethod
    def open(
        cls, settings: Settings, now: Clock = utc_now, ids: NewId = new_id, tracing: Tracing | None = None
    ) -> Self:
        """Read the policies, open the log, record policies that are new to it, erase again who was erased before.

        Raise PolicyError, RetentionRefused, PackRefused, LetterheadRefused or AuditError: nothing is served from
        policies with findings or from a log in doubt.
        """
        policies = load_policies(settings.policies)
        schedule = Schedule.read(settings.retention, settings.jurisdiction)
        clocks = Clocks.read(settings.packs, settings.jurisdiction)
        letterhead = Letterhead.read(settings.letterhead)
        rulebook = Rulebook.read(settings.casework)
        engine = (tracing.engine if tracing else LiveEngine)(Engine(policies, settings.verify, settings.executor))
        ledger = Ledger.open(settings, now, ids, tracing.writer if tracing else Writer)
        try:
            lines, meters = Lines(ledger, kept=settings.lines == "here"), Meters()
            workflow = Workflow(engine, ledger, Periods(rulebook, clocks), lines, meters.decided)
            workflow.publish(policies, "service")
            Sweep(ledger, schedule).erase_again("service")
            webhooks = Webhooks.open(settings, ledger)
            pre_checks = PreChecks.open(settings, engine, ledger)
        except BaseException:
            ledger.close()
            raise
        return cls(
            settings,
            engine,
            ledger,
            workflow,
            schedule,
            clocks,
            letterhead,
            rulebook,
            Reloading(settings, engine, workflow),
            webhooks,
            pre_checks,
            Keyring(ledger),
            Uses(ledger),
            meters,
        )

    @property
    def policies(self) -> PolicySet:
        """The policies in force."""
        return self.engine.policies

    @property
    def log(self) -> Log:
        """The log, for reads."""
        return self.ledger.log

    @property
    def subjects(self) -> Subjects:
        """What may be done about a subject."""
        return Subjects(self.ledger, self.schedule)

    @property
    def access(self) -> Access:
        """Answers to access requests."""
        return Access(self.ledger, self.schedule, self.policies.vocabulary.facts)

    @property
    def users(self) -> Users:
        """The users of the console."""
        return Users(self.ledger)

    @property
    def cases(self) -> Actions:
        """What may be done with cases."""
        limits = Limits(self.settings.attachment_limit_bytes, self.settings.attachments, self.settings.attachment_types)
        periods, lines = self.workflow.periods, self.workflow.lines
        return Actions(self.ledger, self.engine, self.rulebook, periods, lines, limits)

    @property
    def case_views(self) -> Viewing:
        """Cases as people see them."""
        return Viewing(self.ledger, self.rulebook, self.workflow.periods)

    @property
    def dossiers(self) -> Dossiers:
        """The files of cases."""
        return Dossiers(self.ledger)

    @property
    def refusals(self) -> Refusals:
        """Who refuses to be decided about by machine alone."""
        return Refusals(self.ledger)

    @property
    def notices(self) -> Notices:
        """What applicants are told of decisions."""
        return Notices(self.ledger, self.explanations, self.clocks, self.schedule, self.letterhead)

    @property
    def case_letters(self) -> CaseLetters:
        """What applicants are told when a case ends."""
        return CaseLetters(self.ledger, self.rulebook, self.clocks, self.letterhead)

    @property
    def deadlines(self) -> Deadlines:
        """How the clocks of decisions stand."""
        return Deadlines(self.ledger, self.clocks)

    @property
    def matters(self) -> Matters:
        """Complaints and whatever else has to be answered by a day."""
        return Matters(self.ledger, self.clocks)

    @property
    def matter_views(self) -> MatterViews:
        """The same, as people see them."""
        return MatterViews(self.ledger, self.clocks)

    @property
    def line_views(self) -> Views:
        """Credit lines as people see them."""
        return Views(self.ledger)

    @property
    def repayments(self) -> Repayments:
        """What comes back on credit lines."""
        return Repayments(self.ledger, self.workflow.lines)

    @property
    def replays(self) -> Replays:
        """Recorded decisions, made again."""
        return Replays(self.ledger)

    @property
    def explanations(self) -> Explanations:
        """Explanations of recorded decisions."""
        return Explanations(self.ledger, self.engine)

    def checks(self) -> dict[str, str]:
        """What readiness rests on: `pass` or `fail` for the database, the head of the log and the policies.

        Also `pass` or `warn` for witnesses and for the process that records, if there are any: neither stands in the
        way of a decision.
        """
        return {
            "database": _outcome(self._database_answers),
            "log": _outcome(self._log_stands),
            "policies": "pass" if self.policies.names else "fail",
            **self._recorder(),
            **watching.check(self.settings, self.ledger.now()),
        }

    def _recorder(self) -> dict[str, str]:
        """Tell how the process that records stands, if there is one: without it decisions are recorded here."""
        apart = self.workflow.apart
        return {} if apart is None else {"recorder": "pass" if apart.up else "warn"}

    def _database_answers(self) -> bool:
        with self.log.engine.connect() as connection:
            return connection.execute(sa.text("select 1")).scalar() == 1

    def _log_stands(self) -> bool:
        """Whether somebody writes, and the newest signed head is one this database has reached."""
        return self.ledger.writer.alive and self.log.checkpoint().size <= self.log.size()

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
