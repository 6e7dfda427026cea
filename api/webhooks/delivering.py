"""The one thread that delivers: it looks up what happened, leases what is due and hands it to a few senders.

It watches the log instead of being told, so whoever asks for a decision waits for none of this, and what another
process recorded is delivered too.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Condition, Thread
from typing import NamedTuple

import msgspec
import sqlalchemy as sa

from api.ledger import Ledger
from api.logs import log, log_fault
from api.webhooks.claiming import Claim, Claims, Outcome, Room
from api.webhooks.messages import message
from api.webhooks.sending import Answer, Sender
from api.webhooks.signing import Secrets, signed
from api.webhooks.spreading import Spreading
from api.webhooks.targets import parse
from audit import AuditError, WriterClosed

Send = Callable[[Claim], Answer]
_AFTER_A_FAULT_SECONDS = 5.0
_FORGETTING = dt.timedelta(hours=1)  #: how often what is over for long is deleted


class Timing(NamedTuple):
    """How the thread goes about it."""

    senders: int  #: attempts at a time
    poll_seconds: float  #: how often the log is looked at
    keep: dt.timedelta  #: how long what is over can be looked up


class Delivery:
    """Delivers from the moment it is made until `close`."""

    def __init__(self, spreading: Spreading, claims: Claims, send: Send, timing: Timing, ledger: Ledger) -> None:
        self._spreading, self._claims, self._send, self._timing, self._ledger = spreading, claims, send, timing, ledger
        self._over: list[Outcome] = []
        self._busy: Counter[str] = Counter()
        self._wake, self._closed = Condition(), False
        self._forget_at = ledger.now()
        self._senders = ThreadPoolExecutor(timing.senders, thread_name_prefix="webhook")
        self._thread = Thread(target=self._run, name="webhooks", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Begin nothing more, wait for what is under way, and write down what became of it."""
        with self._wake:
            self._closed = True
            self._wake.notify()
        self._thread.join()

    def _run(self) -> None:
        while not self._closed:
            pause_seconds = self._timing.poll_seconds
            try:
                if self._round():
                    pause_seconds = 0
            except WriterClosed:
                break
            except (AuditError, sa.exc.SQLAlchemyError, OSError) as error:
                log_fault(error)  # the database is away or busy; nothing is lost, it stands in the log
                pause_seconds = _AFTER_A_FAULT_SECONDS
            with self._wake:
                self._wake.wait_for(lambda: self._closed or self._over, pause_seconds)
        self._senders.shutdown(wait=True)
        self._settle_last()

    def _round(self) -> bool:
        """Go round once; tell whether there may be more to do at once."""
        moved = self._spreading.run()
        over = self._taken()
        free = self._timing.senders - self._busy.total()
        room = Room(free, max(1, self._timing.senders // 2))
        if not over and not (free and self._claims.pending(room, self._busy)):
            self._forget(self._ledger.now())
            return moved
        try:
            claims = self._claims.take(over, room, self._busy)
        except BaseException:
            with self._wake:
                self._over = [*over, *self._over]
            raise
        for claim in claims:
            with self._wake:
                self._busy[claim.webhook.id] += 1
            self._senders.submit(self._attempt, claim)
        return moved or bool(claims)

    def _forget(self, now: dt.datetime) -> None:
        if now >= self._forget_at:
            self._claims.forget(now - self._timing.keep)
            self._forget_at = now + _FORGETTING

    def _taken(self) -> list[Outcome]:
        with self._wake:
            over, self._over = self._over, []
        return over

    def _attempt(self, claim: Claim) -> None:
        try:
            answer = self._send(claim)
        except Exception as error:  # noqa: BLE001  # whatever it was, the attempt is over and has to be settled
            log_fault(error)
            answer = Answer(problem="garbled")
        if not answer.taken:
            log.warning("webhook", webhook=claim.webhook.id, index=claim.index, problem=answer.problem)
        with self._wake:
            self._over.append(Outcome(claim, answer))
            self._busy[claim.webhook.id] -= 1
            self._wake.notify()

    def _settle_last(self) -> None:
        try:
            if over := self._taken():
                self._claims.take(over, Room(0, 0), self._busy)
        except (AuditError, sa.exc.SQLAlchemyError, OSError) as error:
            log_fault(error)  # its leases run out, and it is sent once more


def sending(ledger: Ledger, sender: Sender, secrets: Secrets) -> Send:
    """Make what carries out one attempt: the entry as an event, signed for its subscription."""

    def send(claim: Claim) -> Answer:
        hook, now = claim.webhook, ledger.now()
        target = parse(hook.url)
        assert target is not None  # it was admitted when it was given
        entry = msgspec.json.decode(ledger.log.entry(claim.index))
        body = message(ledger.log.origin, claim.index, entry)
        newest = [secrets.of(hook.id, hook.secret_number)]
        former = [secrets.of(hook.id, hook.secret_number - 1)] if _later(hook.former_until, now) else []
        return sender.send(target, signed(entry["id"], body, now, newest + former), body)

    return send


def _later(instant: str, now: dt.datetime) -> bool:
    return bool(instant) and now < dt.datetime.fromisoformat(instant)
