"""A request that came again with the same idempotency key: answered as the first one, if it asks the same."""

from __future__ import annotations

from api.casework import texts
from api.errors import KeyReused, Mistake
from api.ledger import Ledger
from api.personal import Purpose
from api.reads import Reading, Reads
from audit import Erased


def hold_against(ledger: Ledger, index: int, body: bytes, actor: str) -> None:
    """Hold a repeated body against the first one, as far as that is still there; raise KeyReused."""
    try:
        text = Reads(ledger).open(index, Reading(actor, Purpose.REPEAT))
    except Erased:
        return
    if bytes(texts.read(text).body) != body:
        raise reused()


def reused() -> KeyReused:
    """Make the refusal of a key that came with something else before."""
    remedy = "use a new key for each action; repeat the first request to get its answer again"
    return KeyReused(mistakes=[Mistake("Idempotency-Key", "this key came with another request before", remedy)])
