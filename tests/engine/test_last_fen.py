"""The least that can be offered is offered, and nothing is not."""

from __future__ import annotations

import pytest

from engine import Engine
from tests.engine.conftest import Load
from tests.engine.tiny import MOMENT

FACTS: dict[str, object] = {"asked": 60, "second": 5, "income": 10_000, "flag": True, "mark": True, "hue": "red"}
BODY = """
rules:
  - {rule: thin, when: flag, cap: {limit: LIMIT}, because: other}
  - {rule: grant, when: asked > 5, then: approve, offer: {limit: income * 3, term: TERM}}
"""


@pytest.mark.parametrize(
    ("limit", "term", "offered"),
    [("0.01", "1", (1, 1)), ("0.00", "1", None), ("0.01", "second - 5", None), ("0.01", "second - 4", (1, 1))],
)
def test_one_fen_for_one_month_is_an_offer(
    loaded: Load, limit: str, term: str, offered: tuple[int, int] | None
) -> None:
    """A limit or a term of none is no offer: a person looks at it."""
    engine = Engine(loaded(BODY.replace("LIMIT", limit).replace("TERM", term)))
    decision = engine.decide("tiny", {**FACTS, "loans": []}, MOMENT)
    engine.close()
    offer = decision.offer

    assert (None if offer is None else (offer.limit_fen, offer.term_months)) == offered
    assert decision.outcome == ("refer" if offered is None else "approve")
