"""From the tables of one version to those of the next, as Alembic scripts that can lose no guard.

What revision a database has is told by the hash of its tables, guards and functions, not by what a table claims; and
each step is held against the hash of the revision it leads to before anything is committed. So a step that loses a
trigger (Alembic's batch mode makes a table anew and forgets them) is undone, and an altered schema is not migrated.
"""

from __future__ import annotations

from audit.migrations.recording import upgrade_log
from audit.migrations.upgrading import HEAD, revision_of, upgrade
from audit.rotation import Place

__all__ = ["HEAD", "Place", "revision_of", "upgrade", "upgrade_log"]
