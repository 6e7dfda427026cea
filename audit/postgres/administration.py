"""What the owner of a database does for a log: make it ready, let logins in, and have it looked over."""

from __future__ import annotations

from collections.abc import Iterable

import sqlalchemy as sa

from audit import guards
from audit.errors import AuditError
from audit.postgres import schema, settings
from audit.postgres.connections import inspecting, owning
from audit.postgres.names import APP, READ, RETENTION


def initialise(url: sa.URL, services: Iterable[str], auditors: Iterable[str], erasers: Iterable[str]) -> bool:
    """Make roles, schema, functions and guards unless they are there, and let logins in; tell whether any was made.

    `url` must lead to a role that may make roles. Whatever is there is not changed; `check` tells what differs.
    """
    engine = owning(url)
    try:
        with engine.begin() as connection:
            new = not guards.present(connection)
            if new:
                schema.create(connection)
            for logins, role in ((services, APP), (auditors, READ), (erasers, RETENTION)):
                for login in logins:
                    schema.admit(connection, login, role)
    finally:
        engine.dispose()
    return new


def check(url: sa.URL) -> list[str]:
    """Return what differs from what this version makes, and why this login must not serve, one line each."""
    engine = inspecting(url)
    try:
        with engine.connect() as connection:
            if not guards.present(connection):
                raise AuditError("this database holds no log; run `grounds db init`")
            return [*guards.differences(connection), *settings.complaints(connection)]
    finally:
        engine.dispose()
