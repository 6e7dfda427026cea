"""Prints the hash of the SQLite schema for `audit/guards.py` and writes `audit/postgres/pinned.json`.

`python -m tests.pin`, after a change of the log's tables, guards or functions that is meant. Bring a migration with it.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import sqlalchemy as sa

from audit import guards
from audit.postgres import catalogue, owning
from tests.postgres import READY, SUPERUSER, prepare, server

PINNED = Path(catalogue.__file__).with_name("pinned.json")


def main() -> None:
    """Make both schemas and pin what they are."""
    with sa.create_engine("sqlite://", poolclass=sa.NullPool).begin() as memory:
        guards.create(memory)
        sqlite = guards.fingerprint_of(memory)
    with server() as made:
        prepare(made)
        engine = owning(sa.make_url(made.url(READY, SUPERUSER)))
        with engine.begin() as connection:
            objects = catalogue.hashed(connection)
        engine.dispose()
    PINNED.write_text(json.dumps(dict(sorted(objects.items())), indent=1) + "\n")
    sys.stdout.write(f"PINNED in audit/guards.py: {sqlite}{'' if sqlite == guards.PINNED else ' (differs)'}\n")
    sys.stdout.write(f"{PINNED}: {len(objects)} objects\n")


if __name__ == "__main__":
    main()
