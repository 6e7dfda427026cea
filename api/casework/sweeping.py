"""The sweep of casework: what is overdue goes to the supervisors, what has no subject any more ends."""

from __future__ import annotations

from collections.abc import Callable

from api.casework import queries
from api.casework.desk import Desk, Done
from api.events import instant
from api.ledger import Ledger


def escalate_overdue(ledger: Ledger) -> list[str]:
    """Escalate every case that is overdue and not with the supervisors yet; give their ids."""
    with ledger.log.engine.connect() as connection:
        late = queries.overdue(connection, instant(ledger.now()))
    return _done(late, Desk(ledger).escalate_overdue)


def end_erased(ledger: Ledger) -> list[str]:
    """End every case whose subject was erased; give their ids."""
    with ledger.log.engine.connect() as connection:
        live = queries.live(connection)
        living = ledger.log.vault.living(connection, sorted({subject for _, subject in live}))
    return _done([case for case, subject in live if subject not in living], Desk(ledger).end_erased)


def _done(cases: list[str], each: Callable[[str], Done | None]) -> list[str]:
    return [case for case in cases if each(case) is not None]
