"""The sealed parts of a transaction are added in one go after its entries, beside those no checkpoint covers yet."""

from __future__ import annotations

from alembic import op

revision = "0003"
down_revision = "0002"

_STATEMENTS = (
    "DROP TRIGGER audit_sealed_guard_insert",
    (
        "CREATE TRIGGER audit_sealed_guard_insert BEFORE INSERT ON audit_sealed"
        " WHEN NEW.idx < (SELECT COALESCE(MAX(size), 0) FROM audit_checkpoint)"
        " OR NOT EXISTS (SELECT 1 FROM audit_entry WHERE idx = NEW.idx)"
        " OR EXISTS (SELECT 1 FROM audit_sealed WHERE idx = NEW.idx)"
        " OR EXISTS (SELECT 1 FROM audit_erased WHERE idx = NEW.idx)"
        " BEGIN SELECT RAISE(ABORT, 'audit_sealed is append-only: INSERT refused'); END"
    ),
)


def upgrade() -> None:
    """Replace the guard."""
    for statement in _STATEMENTS:
        op.get_bind().exec_driver_sql(statement)
