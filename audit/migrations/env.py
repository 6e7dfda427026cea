"""Alembic's entry: runs in the connection and transaction it is given, and has every step checked."""

from __future__ import annotations

from alembic import context

given = context.config.attributes
context.configure(
    connection=given["connection"],
    version_table=given["book"],
    version_table_schema=given["schema"],
    on_version_apply=given["check"],
    transactional_ddl=True,
)
with context.begin_transaction():
    context.run_migrations()
