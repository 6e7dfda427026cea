"""The sweep of casework: whatever is overdue goes to the supervisors, with an entry that says so. Run it every hour."""

from __future__ import annotations

from api.casework import queries
from api.casework.desk import Desk
from api.events import instant
from api.ledger import Ledger


def escalate_overdue(ledger: Ledger) -> list[str]:
    """Escalate every case that is overdue and not with the supervisors yet; give their ids."""
    desk = Desk(ledger)
    with ledger.log.engine.connect() as connection:
        late = queries.overdue(connection, instant(ledger.now()))
    return [case for case in late if desk.escalate_overdue(case) is not None]
