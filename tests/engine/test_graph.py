"""The derivation graph: what led to what, and which of it decided."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from engine import Decision, Engine, PolicySet
from engine.explaining.drawing import graph
from engine.explaining.graph import Graph
from tests.engine.conftest import Load
from tests.engine.generators import Case
from tests.engine.tiny import LOAN, MOMENT

BODY = """
records: {late: count(loans where days > 0)}
derive:
  - fact: band
    table: {hit: first, when: [asked], rows: [["> 50", high], ["> 5", fair]], otherwise: low}
  - {fact: share_left, type: rate, value: 1 / second}
rules:
  - {rule: late-now, when: late > 0 or asked < -900, then: reject, because: plain}
  - {rule: ring, when: hue == blue, then: reject, because: secret}
  - {rule: pays, when: income > 0.00 or flag, cap: {limit: income * 2}, because: other}
  - {rule: loose, when: mark, cap: {limit: 900.00}, because: fourth}
  - {rule: thin, when: share_left > 0.5, then: refer, because: third}
  - {rule: grant, when: "band in [high, fair]", then: approve, offer: {limit: income * 3, term: asked}}
"""
KNOWN: dict[str, object] = {
    "asked": 60,
    "second": 5,
    "income": 10_000,
    "flag": False,
    "mark": True,
    "hue": "red",
    "loans": [],
}


def _drawn(policies: PolicySet, facts: dict[str, object]) -> tuple[Decision, Graph]:
    engine = Engine(policies)
    decision = engine.decide("tiny", facts, MOMENT)
    engine.close()
    return decision, graph(policies["tiny"], decision)


def _path(drawn: Graph) -> set[str]:
    return {node.id for node in drawn.nodes if node.decided}


def _lines(drawn: Graph, *, decided: bool) -> set[tuple[str, str, str]]:
    return {(edge.source, edge.kind, edge.target) for edge in drawn.edges if edge.decided is decided}


def test_an_approval_shows_what_granted_it_and_what_bound_its_limit(loaded: Load) -> None:
    """The offer, the binding cap, the tests that held and the facts under them lie on the path; the rest beside it."""
    _, drawn = _drawn(loaded(BODY), KNOWN)

    assert _lines(drawn, decided=True) == {
        ("fact:asked", "read", "step:band"),
        ("step:band", "sets", "fact:band"),
        ("fact:band", "read", "rule:grant"),
        ("fact:asked", "read", "rule:grant"),
        ("rule:grant", "proposes", "outcome:approve"),
        ("rule:grant", "proposes", "amount:term_months"),
        ("fact:income", "read", "rule:pays"),
        ("rule:pays", "binds", "amount:limit_fen"),
        ("rule:pays", "because", "reason:other"),
    }
    beside = _lines(drawn, decided=False)
    assert ("rule:loose", "caps", "amount:limit_fen") in beside
    assert ("rule:grant", "proposes", "amount:limit_fen") in beside
    assert ("fact:flag", "read", "rule:pays") in beside, "a branch that did not hold decided nothing"
    assert {"fact:loans", "step:late", "fact:late"}.isdisjoint(_path(drawn))
    assert [(node.state, node.value) for node in drawn.nodes if node.id == "fact:late"] == [("known", 0)]
    assert "rule:ring" not in {node.id for node in drawn.nodes}, "it did not fire"


EVERY = """
records: {late: count(loans where days > 0)}
derive:
  - {fact: points, sum: [{when: asked > 5, add: 7}]}
  - {fact: band, table: {hit: first, when: [points], rows: [["> 5", high]], otherwise: low}}
  - {fact: doubled, type: int, value: asked * 2}
rules:
  - {rule: pays, when: income > 0.00, cap: {limit: income * 2}, because: other}
  - rule: grant
    when: band == high and doubled > 3 and late == 0 or day > '2027-01-01'
    then: approve
    offer: {limit: 900.00, apr: 0.1, term: 12}
"""


def test_a_graph_is_drawn_node_by_node(loaded: Load) -> None:
    """Given facts, each derivation with its fact, the rules and what came of them, in that order, with their values."""
    _, drawn = _drawn(loaded(EVERY), {"asked": 9, "income": 5_000, "loans": [], "day": "2026-11-05"})

    assert drawn.v == 1
    assert [(node.id, node.kind, node.state, node.type, node.value, node.decided) for node in drawn.nodes] == [
        ("fact:asked", "given", "known", "int", 9, True),
        ("fact:income", "given", "known", "money", 5_000, True),
        ("fact:day", "given", "known", "date", "2026-11-05", False),
        ("fact:loans", "given", "known", "records", None, True),
        ("step:late", "aggregate", "done", "", None, True),
        ("fact:late", "derived", "known", "int", 0, True),
        ("step:points", "scorecard", "done", "", None, True),
        ("fact:points", "derived", "known", "int", 7, True),
        ("step:doubled", "formula", "done", "", None, True),
        ("fact:doubled", "derived", "known", "int", 18, True),
        ("step:band", "table", "done", "", None, True),
        ("fact:band", "derived", "known", "enum", "high", True),
        ("rule:pays", "rule", "done", "", None, True),
        ("rule:grant", "rule", "done", "", None, True),
        ("reason:other", "reason", "stands", "", None, True),
        ("outcome:approve", "outcome", "stands", "", None, True),
        ("amount:limit_fen", "amount", "stands", "money", 10_000, True),
        ("amount:apr_bp", "amount", "stands", "rate", 1_000, True),
        ("amount:term_months", "amount", "stands", "int", 12, True),
    ]
    when = {node.name: node.when for node in drawn.nodes if node.when}
    assert when["points"] == ("asked > 5",)
    assert when["band"] == ("points > 5",)
    assert when["doubled"] == ("asked * 2",)
    assert when["pays"] == ("income > 0",)


def test_a_refusal_shows_the_aggregate_it_came_from_and_what_it_outweighed(loaded: Load) -> None:
    """A rule that rejects on records leads down to the list; the approval stands beside, outweighed."""
    _, drawn = _drawn(loaded(BODY), {**KNOWN, "loans": [{**LOAN, "days": 9}], "hue": "blue"})
    nodes = {node.id: node for node in drawn.nodes}

    assert {"fact:loans", "step:late", "fact:late", "rule:late-now", "rule:ring", "outcome:reject"} <= _path(drawn)
    assert (nodes["step:late"].kind, nodes["fact:late"].value, nodes["fact:loans"].value) == ("aggregate", 1, None)
    assert (nodes["outcome:approve"].state, nodes["outcome:approve"].decided) == ("outweighed", False)
    assert ("rule:grant", "proposes", "outcome:approve") in _lines(drawn, decided=False)
    assert nodes["reason:secret"].label.en == "A security check could not be completed."


def test_the_path_goes_down_through_every_layer(loaded: Load) -> None:
    """A rule on a fact derived from a derived fact rests on what was given, however many steps lie between."""
    body = """derive:
  - {fact: low, type: int, value: asked * 2}
  - {fact: middle, type: int, value: low + second}
  - {fact: high, value: middle > 3}
  - {fact: aside, type: int, value: middle * 5}
rules:
  - {rule: grant, when: high, then: approve}
  - {rule: other, when: aside > 1_000, then: reject, because: plain}"""

    _, drawn = _drawn(loaded(body), {"asked": 1, "second": 5})

    assert _path(drawn) == {
        *("fact:asked", "fact:second", "step:low", "fact:low", "step:middle", "fact:middle", "step:high", "fact:high"),
        *("rule:grant", "outcome:approve"),
    }


@pytest.mark.parametrize(
    ("condition", "flag", "asked", "second", "rested"),
    [
        ("asked > 5 or second > 5", True, 9, 1, {"asked"}),
        ("asked > 5 or second > 5 or flag", False, 9, 9, {"asked", "second"}),
        ("asked > 5 and second > 5", True, 9, 9, {"asked", "second"}),
        ("not (asked > 5 and second > 5)", True, 9, 1, {"second"}),
        ("not (asked > 5 or second > 5)", True, 1, 1, {"asked", "second"}),
        ("not (flag and not (asked > 5 or second > 5))", True, 9, 1, {"asked"}),
        ("not (flag and not (asked > 5 and second > 5))", False, 9, 1, {"flag"}),
    ],
)
def test_a_rule_rests_on_the_tests_that_carried_it(
    loaded: Load, condition: str, flag: bool, asked: int, second: int, rested: set[str]
) -> None:
    """Of a disjunction the parts that held, of a negated conjunction those that did not, else all."""
    body = f"rules:\n  - {{rule: grant, when: {condition}, then: approve}}"

    _, drawn = _drawn(loaded(body), {"flag": flag, "asked": asked, "second": second})

    assert {node.name for node in drawn.nodes if node.kind == "given" and node.decided} == rested


def test_a_reason_that_was_outweighed_is_told_as_it_would_have_been(loaded: Load) -> None:
    """Beside the path, a general reason still says nothing, and another one what it says."""
    body = """rules:
  - {rule: hard, when: flag, then: reject, because: plain}
  - {rule: ring, when: flag, then: verify, because: secret}
  - {rule: thin, when: flag, then: verify, because: third}"""

    _, drawn = _drawn(loaded(body), {"flag": True})
    reasons = {node.name: (node.state, node.decided, node.label.en) for node in drawn.nodes if node.kind == "reason"}

    assert reasons == {
        "plain": ("stands", True, "Reason one."),
        "secret": ("outweighed", False, "A security check could not be completed."),
        "third": ("outweighed", False, "Reason three."),
    }


def test_missing_facts_lead_to_incomplete(loaded: Load) -> None:
    """What lacks facts is drawn open, down to the given fact, and that is the path."""
    without = {name: value for name, value in KNOWN.items() if name != "second"}
    decision, drawn = _drawn(loaded(BODY), without)
    nodes = {node.id: node for node in drawn.nodes}

    assert decision.outcome == "incomplete"
    assert nodes["fact:second"].state == nodes["fact:share_left"].state == "missing"
    assert (nodes["step:share_left"].state, nodes["rule:thin"].state) == ("open", "open")
    assert nodes["rule:thin"].lacks == ("second",)
    assert _lines(drawn, decided=True) == {
        ("fact:second", "read", "step:share_left"),
        ("step:share_left", "sets", "fact:share_left"),
        ("fact:share_left", "read", "rule:thin"),
        ("rule:thin", "because", "reason:information_missing"),
        ("reason:information_missing", "proposes", "outcome:incomplete"),
    }


def test_a_fault_leads_to_refer(loaded: Load) -> None:
    """A division by zero is drawn where it happened, and leads to the referral."""
    decision, drawn = _drawn(loaded(BODY), {**KNOWN, "second": 0})
    nodes = {node.id: node for node in drawn.nodes}

    assert decision.outcome == "refer"
    assert nodes["fact:share_left"].cause == nodes["rule:thin"].cause == "division by zero"
    assert nodes["rule:thin"].state == nodes["step:share_left"].state == "undefined"
    assert {"step:share_left", "rule:thin", "reason:engine_fault", "outcome:refer"} <= _path(drawn)


@pytest.mark.parametrize(
    ("facts", "cause", "rules"),
    [({"asked": 0}, "not_decided", set()), ({"income": 0, "flag": True}, "offer_empty", {"grant", "pays", "loose"})],
)
def test_the_engines_own_reasons_are_drawn(loaded: Load, facts: dict[str, object], cause: str, rules: set[str]) -> None:
    """When nothing decided, or caps left nothing, the engine's reason leads to the outcome."""
    _, drawn = _drawn(loaded(BODY), KNOWN | facts)

    assert (f"reason:{cause}", "proposes", "outcome:refer") in _lines(drawn, decided=True)
    assert {node.name for node in drawn.nodes if node.kind == "rule" and node.decided} == rules


def test_the_policy_must_be_the_one_that_decided(loaded: Load, shipped: PolicySet) -> None:
    """A graph over another version would show conditions nobody tested."""
    decision, _ = _drawn(loaded(BODY), KNOWN)

    with pytest.raises(ValueError, match=decision.policy.digest):
        graph(shipped["opening"], decision)


@pytest.mark.parametrize("block", range(4))
def test_graphs_of_random_decisions_hold_together(block: int, tmp_path: Path) -> None:
    """Ids are distinct, edges have ends, the path is connected to the outcome, and a stored decision draws the same."""
    for seed in range(block * 30, block * 30 + 30):
        case = Case(seed)
        engine = Engine(case.load(tmp_path))
        for _ in range(4):
            decision = engine.decide("random_policy", case.facts(), MOMENT)
            drawn = graph(engine.policies["random_policy"], decision)
            _holds_together(drawn, decision)
            stored = msgspec.json.decode(msgspec.json.encode(decision), type=Decision)
            assert graph(engine.policies["random_policy"], stored) == drawn
            assert msgspec.json.decode(msgspec.json.encode(drawn), type=Graph) == drawn
        engine.close()


def _holds_together(drawn: Graph, decision: Decision) -> None:
    nodes = {node.id: node for node in drawn.nodes}
    ends = {end for edge in drawn.edges for end in (edge.source, edge.target)}
    assert len(nodes) == len(drawn.nodes)
    assert ends <= set(nodes)
    assert all(nodes[edge.source].decided and nodes[edge.target].decided for edge in drawn.edges if edge.decided)
    assert [node.name for node in drawn.nodes if node.kind == "outcome" and node.decided] == [decision.outcome]
    stands = [node.name for node in drawn.nodes if node.kind == "reason" and node.state == "stands"]
    assert stands == [reason.code for reason in decision.reasons]
    leads = {edge.source for edge in drawn.edges if edge.decided}
    reached = {edge.target for edge in drawn.edges if edge.decided}
    for node in drawn.nodes:
        if node.decided and node.kind not in ("outcome", "amount", "reason"):
            assert node.id in leads, f"{node.id} leads nowhere"
        if node.decided and node.kind in ("derived", "amount") and node.state != "missing":
            assert node.id in reached, f"{node.id} comes from nowhere"
    assert all(decision.faults.get(node.name) == node.cause for node in drawn.nodes if node.kind == "rule")


def test_of_several_offers_those_that_stand_decided(loaded: Load) -> None:
    """The lowest limit came from one rule and the lowest term from another; the third approved and set nothing."""
    body = """rules:
  - {rule: small, when: asked > 0, then: approve, offer: {limit: 100.00, term: 24}}
  - {rule: brief, when: asked > 1, then: approve, offer: {limit: 200.00, term: 12}}
  - {rule: large, when: asked > 2, then: approve, offer: {limit: 300.00, term: 36}}"""

    _, drawn = _drawn(loaded(body), {"asked": 3})
    proposed = {(edge.source, edge.target) for edge in drawn.edges if edge.decided and edge.source.startswith("rule:")}

    assert {source for source, target in proposed if target.startswith("outcome:")} == {
        "rule:small",
        "rule:brief",
        "rule:large",
    }
    assert {pair for pair in proposed if "limit" in pair[1]} == {("rule:small", "amount:limit_fen")}
    assert {pair for pair in proposed if "term" in pair[1]} == {("rule:brief", "amount:term_months")}
