"""What PostgreSQL must hold for a log: tables, functions, guard triggers and rights, made by the owner's role.

The role that serves has no right to insert, change or delete in the log's tables; it calls functions that do what an
append is and nothing else. Guards are ENABLE ALWAYS, so that a session in replication mode does not step round them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from importlib.resources import files
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

from audit import guards
from audit.postgres.names import APP, MODELS, OWNER, READ, RETENTION, ROLES, SCHEMA
from audit.store import LogTable

_HEAD = (
    "CREATE TABLE audit_head (id bigint PRIMARY KEY CHECK (id = 1), size bigint NOT NULL CHECK (size >= 0));"
    " INSERT INTO audit_head (id, size) VALUES (1, 0)"
)
_HASHED = "ALTER TABLE audit_entry ADD CHECK (leaf_hash = sha256('\\x00'::bytea || entry))"
_ORDERED = ("audit_entry", "audit_sealed")
"""Tables `audit_append` fills; their order is guarded once a statement (functions.sql)."""
_BY_RETENTION = {
    "audit_erased": "INSERT",
    "audit_sealed": "DELETE",
    "audit_subject_key": "UPDATE, DELETE",
    "audit_subject": "DELETE",
}
"""What erasure and a change of the vault key need, within the guards."""
_DIALECT = postgresql.dialect()  # type: ignore[no-untyped-call]  # the library has no types here
_PLAIN = re.compile(r"\bIS NOT (?!NULL)")


def create(connection: sa.Connection) -> None:
    """Make roles, schema, tables, functions, guards and rights in the connection's transaction, as a superuser."""
    driver: Any = connection.connection.driver_connection
    driver.script("; ".join(_roles()))
    driver.script(f"CREATE SCHEMA {SCHEMA} AUTHORIZATION {OWNER}; CREATE SCHEMA {MODELS} AUTHORIZATION {APP}")
    driver.script(f"SET LOCAL ROLE {OWNER}; SET LOCAL search_path = {SCHEMA}, pg_temp")
    LogTable.metadata.create_all(connection, checkfirst=False)
    for statement in (_HEAD, _HASHED, files("audit.postgres").joinpath("functions.sql").read_text("utf-8")):
        driver.script(statement)
    driver.script(";\n".join([*_inserts(), *_guards(), *_rights()]))
    driver.script(f"RESET ROLE; GRANT USAGE ON SCHEMA {MODELS} TO {READ}, {RETENTION}")


def admit(connection: sa.Connection, login: str, role: str) -> None:
    """Make `login`, which is made if it is not there, a member of `role`; it gets no password here."""
    driver: Any = connection.connection.driver_connection
    name = driver.quoted(login)
    driver.script(f"DO $$ BEGIN CREATE ROLE {name} LOGIN; EXCEPTION WHEN duplicate_object THEN NULL; END $$")
    driver.script(f"GRANT {role} TO {name}")
    if role == APP:
        # What this login derives anew, others read, and other services write.
        given = f"ALTER DEFAULT PRIVILEGES FOR ROLE {name} IN SCHEMA {MODELS} GRANT"
        driver.script(f"{given} SELECT, INSERT, UPDATE, DELETE ON TABLES TO {APP}; {given} SELECT ON TABLES TO {READ}")


def _roles() -> Iterator[str]:
    # Roles belong to the whole server; another database of it may have made them.
    for role in ROLES:
        yield f"DO $$ BEGIN CREATE ROLE {role} NOLOGIN; EXCEPTION WHEN duplicate_object THEN NULL; END $$"
    yield f"GRANT {OWNER} TO CURRENT_USER"


def _inserts() -> Iterator[str]:
    for table in (LogTable.metadata.tables[name] for name in _inserted()):
        columns = [column.name for column in table.columns]
        typed = ", ".join(f"{column.name} {_type(column)}" for column in table.columns)
        values = ", ".join(f"${place}" for place in range(1, len(columns) + 1))
        yield (
            f"CREATE FUNCTION {table.name}_insert({typed}) RETURNS void"
            f" LANGUAGE sql SECURITY DEFINER SET search_path = {SCHEMA}, pg_temp"
            f" AS $$ INSERT INTO {table.name} ({', '.join(columns)}) VALUES ({values}) $$"
        )


def _guards() -> Iterator[str]:
    for table, condition in guards.REFUSE_INSERT.items():
        if table in _ORDERED:
            yield (
                f"CREATE TRIGGER {table}_guard_insert AFTER INSERT ON {table} REFERENCING NEW TABLE AS added"
                f" FOR EACH STATEMENT EXECUTE FUNCTION {table}_guard_order()"
            )
            yield _always(table, "insert")
        else:
            yield from _guard(table, "INSERT", condition)
    for table in guards.NEVER_UPDATED:
        yield from _guard(table, "UPDATE")
    for table, condition in guards.REFUSE_UPDATE.items():
        yield from _guard(table, "UPDATE", condition)
    for table in guards.APPEND_ONLY:
        yield from _guard(table, "DELETE")
    for table, condition in guards.REFUSE_DELETE.items():
        yield from _guard(table, "DELETE", condition)
    yield from _guard("audit_head", "INSERT", "EXISTS (SELECT 1 FROM audit_head)")
    moved = "NEW.size IS NOT (SELECT COALESCE(MAX(idx), -1) + 1 FROM audit_entry)"
    yield from _guard("audit_head", "UPDATE", f"NEW.size <= OLD.size OR {moved}")
    yield from _guard("audit_head", "DELETE")
    for table in _tables():
        yield from _guard(table, "TRUNCATE")


def _guard(table: str, event: str, condition: str = "true") -> Iterator[str]:
    name = f"{table}_guard_{event.lower()}"
    each = "STATEMENT" if event == "TRUNCATE" else "ROW"
    given = {"INSERT": "NEW", "UPDATE": "NEW", "DELETE": "OLD", "TRUNCATE": "NULL"}[event]
    yield (
        f"CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql SET search_path = {SCHEMA}, pg_temp AS $$\n"
        f"BEGIN\n  IF {_PLAIN.sub('IS DISTINCT FROM ', condition)} THEN\n"
        f"    RAISE EXCEPTION '{table} is append-only: {event} refused'"
        f" USING ERRCODE = 'integrity_constraint_violation';\n"
        f"  END IF;\n  RETURN {given};\nEND $$"
    )
    yield f"CREATE TRIGGER {name} BEFORE {event} ON {table} FOR EACH {each} EXECUTE FUNCTION {name}()"
    yield _always(table, event.lower())


def _always(table: str, event: str) -> str:
    return f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER {table}_guard_{event}"


def _rights() -> Iterator[str]:
    yield f"REVOKE ALL ON SCHEMA {SCHEMA} FROM PUBLIC"
    yield f"REVOKE ALL ON ALL FUNCTIONS IN SCHEMA {SCHEMA} FROM PUBLIC"
    yield f"GRANT USAGE ON SCHEMA {SCHEMA} TO {APP}, {READ}, {RETENTION}"
    yield f"GRANT SELECT ON {', '.join(_tables())} TO {APP}, {READ}, {RETENTION}"
    callable_ = ["audit_lock", "audit_append", *(f"{name}_insert" for name in _inserted())]
    yield from (f"GRANT EXECUTE ON FUNCTION {name} TO {APP}" for name in callable_)
    yield f"GRANT EXECUTE ON FUNCTION audit_lock TO {RETENTION}"
    yield from (f"GRANT {rights} ON {table} TO {RETENTION}" for table, rights in _BY_RETENTION.items())


def _inserted() -> list[str]:
    return [name for name in _tables() if name not in (*_ORDERED, "audit_erased", "audit_head")]


def _tables() -> list[str]:
    return [*(table.name for table in LogTable.metadata.sorted_tables), "audit_head"]


def _type(column: sa.Column[Any]) -> str:
    return str(column.type.compile(dialect=_DIALECT))
