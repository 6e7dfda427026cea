"""A migration as the log sees it: an entry of the kind `schema`, in the transaction that changes the tables."""

from __future__ import annotations

from audit import database, guards, startup
from audit.driver import is_sqlite
from audit.keys import Keys
from audit.log import Log
from audit.migrations.upgrading import upgrade
from audit.rotation import Place

SCHEMA_CHANGED = "schema"


def upgrade_log(place: Place) -> tuple[str, str]:
    """Bring the log's tables to the newest revision and record it; return the revision before and the one after.

    In PostgreSQL `place.where` must lead to a superuser. The log must not be served meanwhile. Raises LogRefused, and
    changes nothing, when the schema is not one that was made by any version.
    """
    keys = Keys.load(place.directory)
    engine = database.owning(place.where)
    try:
        with engine.begin() as connection:
            if not is_sqlite(connection):
                connection.exec_driver_sql("SELECT last FROM audit_lock()")
            before, after = upgrade(connection)
            log = Log(engine, engine, keys, startup.check_meta(connection, keys))
            if before != after:
                entry = {**place.head(SCHEMA_CHANGED), "from": before, "to": after}
                entry["schema_sha256"] = guards.fingerprint_of(connection)
                place.applied(connection, log.append(connection, str(entry["id"]), entry), entry)
        with engine.begin() as connection:
            log.sign(connection)
    finally:
        engine.dispose()
    return before, after
