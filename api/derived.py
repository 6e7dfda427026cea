"""What follows from the log alone: which rows of which tables each entry leads to.

Pure, so that tables can be checked as well as filled. A package with tables of its own has them listed here.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from itertools import chain

import sqlalchemy as sa

from api import events, listings
from api.accounts import tables as accounts
from api.automation import tables as automation
from api.casework import tables as casework
from api.console import tables as console
from api.events import Entry
from api.letters import tables as letters
from api.matters import tables as matters
from api.tables import DECISION, KEY, KEY_CHANGE, LISTING, OTHER, REQUEST, SPAN, Rows, asked
from api.users import tables as users


def _decision(index: int, entry: Entry) -> Rows:
    policy = entry["policy"]
    row = {
        "log_index": index,
        "id": entry["id"],
        "owner": entry.get("owner", entry["actor"]),
        "subject": entry["subject"],
        "policy": policy["name"],
        "version": policy["version"],
        "digest": policy["digest"],
        "outcome": entry["outcome"],
        "as_of": entry["as_of"],
        "decided_at": entry["at"],
        "reasons": listings.written(entry["reasons"]),
        "rules": listings.written(entry["rules"]),
    }
    yield DECISION, [row]
    yield from asked(entry["request"], index)


def _other(index: int, entry: Entry) -> Rows:
    named = {name: entry[name] for name in ("id", "kind", "actor", "at")}
    yield OTHER, [{"log_index": index, **named, "subject": entry.get("subject", "")}]


def _key(index: int, entry: Entry) -> Rows:
    row = {
        "id": entry["key"],
        "role": entry["role"],
        "permissions": " ".join(entry.get("permissions", ())),
        "policies": " ".join(entry.get("policies", ())),
        "secret_sha256": entry["secret_sha256"],
        "created_at": entry["at"],
        "expires_at": entry.get("expires_at", ""),
        "log_index": index,
    }
    yield KEY, [row]


def _key_change(index: int, entry: Entry) -> Rows:
    row = {
        **{name: entry[name] for name in ("key", "kind", "at")},
        **{name: entry.get(name, "") for name in ("secret_sha256", "overlap_until")},
        "log_index": index,
    }
    yield KEY_CHANGE, [row]


#: What an entry of a kind leads to, beside its row in `other_entry`.
ROWS: Mapping[str, Callable[[int, Entry], Rows]] = {
    events.DECISION_MADE: _decision,
    events.KEY_CREATED: _key,
    events.KEY_ROTATED: _key_change,
    events.KEY_REVOKED: _key_change,
    accounts.LINE_CHANGED: accounts.changed,
    console.SESSION_OPENED: console.session_opened,
    console.SESSION_CLOSED: console.session_closed,
    **dict.fromkeys(casework.KINDS, casework.rows),
    **dict.fromkeys(automation.KINDS, automation.rows),
    letters.NOTICE_ISSUED: letters.issued,
    **dict.fromkeys(users.KINDS, users.rows),
    **dict.fromkeys(matters.KINDS, matters.rows),
}
DERIVED = (
    *(DECISION, LISTING, OTHER, SPAN, REQUEST, KEY, KEY_CHANGE),
    *accounts.TABLES,
    *console.TABLES,
    *casework.TABLES,
    *automation.TABLES,
    *letters.TABLES,
    *users.TABLES,
    *matters.TABLES,
)
#: Tables that keep, of each key, only what its newest entry leads to: that leaf tells the whole row.
NEWEST = frozenset({*casework.NEWEST, *automation.NEWEST, *matters.NEWEST})


def derived(index: int, entry: Entry) -> Rows:
    """Give the rows one entry leads to by itself; none is given for a table that it adds nothing to.

    What a full block of entries leads to, spans and listings, is added by `readmodels`.
    """
    kind = entry["kind"]
    if kind == events.DECISION_MADE:
        return _decision(index, entry)
    return chain(_other(index, entry), ROWS[kind](index, entry)) if kind in ROWS else _other(index, entry)


def shape() -> str:
    """Give the hash of columns and indexes of the derived tables: another one means that they must be rebuilt."""
    return hashlib.sha256("\n".join(line for table in DERIVED for line in _described(table)).encode()).hexdigest()


def _described(table: sa.Table) -> list[str]:
    columns = [f"{table.name}.{each.name} {each.type.python_type} {each.primary_key} {each.unique}" for each in table.c]
    indexes = [
        f"{index.name} {[column.name for column in index.columns]} {index.dialect_options['sqlite']['where']}"
        for index in table.indexes
    ]
    return [*columns, *sorted(indexes)]
