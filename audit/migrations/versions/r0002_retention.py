"""Keys may be wrapped anew, and a sealed part may go before its key, once its erasure is recorded."""

from __future__ import annotations

from alembic import op

revision = "0002"
down_revision = "0001"

_STATEMENTS = (
    "DROP TRIGGER audit_subject_key_guard_update",
    (
        "CREATE TRIGGER audit_subject_key_guard_update BEFORE UPDATE ON audit_subject_key"
        " WHEN NEW.key_id IS NOT OLD.key_id OR NEW.subject IS NOT OLD.subject"
        " BEGIN SELECT RAISE(ABORT, 'audit_subject_key is append-only: UPDATE refused'); END"
    ),
    "DROP TRIGGER audit_sealed_guard_delete",
    (
        "CREATE TRIGGER audit_sealed_guard_delete BEFORE DELETE ON audit_sealed"
        " WHEN NOT EXISTS (SELECT 1 FROM audit_erased WHERE idx = OLD.idx)"
        " BEGIN SELECT RAISE(ABORT, 'audit_sealed is append-only: DELETE refused'); END"
    ),
)


def upgrade() -> None:
    """Replace the two guards."""
    for statement in _STATEMENTS:
        op.get_bind().exec_driver_sql(statement)
