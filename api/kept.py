"""Policies that decided once: each is kept beside the log as the bundle its digest covers."""

from __future__ import annotations

from api import queries
from api.errors import NotFound
from api.ledger import Ledger
from engine import PolicySet, load_bundle


def kept_policies(ledger: Ledger, digest: str) -> PolicySet:
    """Load the policy of a digest, alone; NotFound when the log never had it, PolicyError when it cannot be read."""
    with ledger.log.engine.connect() as connection:
        kept = queries.bundle(connection, digest)
    if kept is None:
        raise NotFound(f"the policy of digest `{digest}` is not kept beside this log")
    return load_bundle(kept[1])
