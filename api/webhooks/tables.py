"""Who wants to be told, and what is on its way to them: tables of the running of this service, not of its record.

They do not follow from the log (an address and a number of attempts stand in no leaf), so `grounds audit rebuild`
leaves them alone; what is sent is made from the leaf each time (docs/adr/0015).
"""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.orm import registry
from sqlmodel import Field, SQLModel

WAITING, DELIVERED, DEAD = "waiting", "delivered", "dead"  #: states of a delivery
NOBODY = ""  #: holds no lease; before every moment, so that what nobody holds is always free


class Operational(SQLModel, registry=registry()):
    """The tables of this file, in a metadata of their own."""


class WebhookRow(Operational, table=True):
    """A subscription."""

    __tablename__ = "webhook"
    __table_args__ = (sa.Index("webhook_by_owner", "owner", "id"),)

    id: str = Field(primary_key=True)
    owner: str  #: the actor whose decisions it is told of
    url: str
    types: str  #: the event types wanted, separated by blanks
    active: bool
    created_at: str
    request: str = Field(unique=True)  #: the fingerprint of the request that made it
    asked: str  #: what that asked for, to hold a repetition against
    version: int  #: rises with every change
    secret_number: int  #: which of its secrets signs
    former_until: str  #: until then the secret before that one signs too
    next_index: int  #: the first entry of the log that it was not yet looked up for


class DeliveryRow(Operational, table=True):
    """One event for one subscription."""

    __tablename__ = "webhook_delivery"
    __table_args__ = (
        sa.Index("webhook_delivery_by_state", "webhook", "state", "due_at"),
        sa.Index("webhook_delivery_by_about", "webhook", "about", "log_index"),
    )

    webhook: str = Field(primary_key=True)
    log_index: int = Field(primary_key=True)
    about: str  #: the decision it is about; what is about the same goes out in the order of the log
    type: str
    state: str
    attempts: int
    due_at: str  #: not to be tried before
    lease: str  #: which attempt holds it; empty if none does
    leased_until: str  #: after that moment whoever held it is taken for dead
    status: int | None = None  #: of the last answer
    problem: str = ""  #: why the last attempt failed, in a word
    changed_at: str


def _table(model: type[Operational]) -> sa.Table:
    table = model.__table__  # type: ignore[attr-defined]  # SQLModel sets it on every table=True class
    assert isinstance(table, sa.Table)
    return table


WEBHOOK, DELIVERY = _table(WebhookRow), _table(DeliveryRow)


def create(connection: sa.Connection) -> None:
    """Create what is not there yet."""
    Operational.metadata.create_all(connection)
