"""The paragraph "Meaning" of policies/README.md, sentence by sentence: conditions, rules and outcomes.

Every decision here is taken by the network and by the reference evaluator, which must agree.
"""

from __future__ import annotations

import datetime as dt

import pytest

from engine.decision import Decision
from engine.interpreter import truth
from engine.kinds import BOOL
from engine.reading.parsing import parse_condition
from engine.running.conditions import compile_condition
from tests.engine.conftest import Decide
from tests.engine.tiny import LOAN, fired

TODAY = dt.date(2026, 12, 1)
STATES = {True: {"p": True}, False: {"p": False}, None: {}}
APPROVE = "\n  - {rule: grant, when: flag, then: approve}"
YES = {"flag": True}


def rule(name: str, when: str, then: str) -> str:
    """One rule with a reason."""
    return f"\n  - {{rule: {name}, when: {when}, then: {then}, because: plain}}"


def missing_of(decision: Decision) -> tuple[str, tuple[str, ...]]:
    """The outcome and what is asked for."""
    return decision.outcome.value, decision.missing


@pytest.mark.parametrize("p", STATES)
@pytest.mark.parametrize("q", STATES)
def test_and_or_not_follow_kleene(p: bool | None, q: bool | None) -> None:
    """A false part makes `and` false, a true part makes `or` true, otherwise an unknown part makes it unknown."""
    facts = {name: value for name, value in (("p", p), ("q", q)) if value is not None}
    both = False if False in (p, q) else None if None in (p, q) else True
    either = True if True in (p, q) else None if None in (p, q) else False
    opposite = None if p is None else not p
    mixed = True if q is True or both is False else None if None in (both, q) else False

    for text, expected in (("p and q", both), ("p or q", either), ("not p", opposite), ("not (p and q) or q", mixed)):
        condition = parse_condition(text, {"p": BOOL, "q": BOOL})
        assert truth(condition, facts, TODAY) is expected
        assert compile_condition(condition)(facts, TODAY) is expected


KLEENE = [  # condition over `asked`, `second` (missing unless given), facts, fires?
    ("asked > 0 and second > 0", {"asked": 0}, False),
    ("asked > 0 or second > 0", {"asked": 1}, True),
    ("asked > 0 and second > 0", {"asked": 1}, None),
    ("asked > 0 or second > 0", {"asked": 0}, None),
    ("not (asked > 0 and second > 0)", {"asked": 0}, True),
    ("not (asked > 0 or second > 0)", {"asked": 1}, False),
    ("not asked > 0", {}, None),
    ("asked > 5 or asked <= 5", {}, None),
    ("asked > 5 and asked < 3", {}, None),
    ("asked == second", {"asked": 1}, None),
    ("asked != asked", {}, None),
    ("asked in [1, 2]", {}, None),
    ("asked not in [1, 2]", {}, None),
    ("asked not in [1, 2]", {"asked": 3}, True),
    ("1 <= asked < second", {"asked": 0}, False),
    ("1 <= asked < second", {"asked": 1}, None),
    ("(asked > 0 and flag) or (second > 0 and not flag)", {"asked": 0, "flag": True}, False),
    ("(asked > 0 and flag) or (second > 0 and not flag)", {"asked": 1, "second": 1}, None),
    ("asked is missing", {}, True),
    ("asked is not missing", {}, False),
    ("asked is missing or asked > 5", {}, True),
    ("asked is not missing and asked > 5", {}, False),
    ("not asked is missing", {"asked": 0}, True),
    ("word == red", {}, None),
    ("word != red", {}, None),
    ("word in [red, green] and true", {"word": "green"}, True),
    ("false or asked > 0", {"asked": 1}, True),
    ("(asked / second > 1 and false) or flag", {"asked": 1, "second": 0}, None),
    ("day > '2026-11-30'", {"day": "2026-12-01"}, True),
    ("day == '2026-12-01'", {}, None),
    ("income * 2 > 3.00", {"income": 151}, True),
    ("income * 2 > 3.00", {"income": 150}, False),
    ("min(asked, second) > 0", {"asked": -5}, None),
]


@pytest.mark.parametrize(("condition", "facts", "expected"), KLEENE)
def test_a_rule_fires_if_its_condition_is_true(
    decide: Decide, condition: str, facts: dict[str, object], expected: bool | None
) -> None:
    """A comparison with a missing fact is unknown; a rule fires if true and is undetermined if unknown."""
    decision = decide(f'rules:\n  - {{rule: test, when: "{condition}", then: reject, because: plain}}', facts)

    assert (fired(decision) == ["test"]) is (expected is True)
    assert ([one.rule for one in decision.undetermined] == ["test"]) is (expected is None)
    assert decision.outcome == {True: "reject", False: "refer", None: "incomplete"}[expected]


def test_an_undetermined_rule_names_the_facts_its_unknown_terms_lack(decide: Decide) -> None:
    """Only what keeps the rule unknown is lacking: not facts that are there, not facts of terms that are settled."""
    body = "rules:" + rule("test", "(asked > 0 and second > 0) or referred > 0 or flag", "reject")

    assert decide(body, {}).undetermined[0].lacks == ("asked", "second", "referred", "flag")
    assert decide(body, {"asked": 0, "flag": False}).undetermined[0].lacks == ("referred",)
    assert decide(body, {"asked": 1, "flag": False, "referred": 0}).undetermined[0].lacks == ("second",)
    assert decide(body, {"asked": 1, "flag": True}).undetermined == ()


def test_what_a_derived_fact_lacks_is_traced_to_given_facts(decide: Decide) -> None:
    """A rule over derived facts lacks the given facts these rest on, through every layer, each once."""
    body = """
records:
  late: count(loans where days > 0)
derive:
  - {fact: total, value: asked + second}
  - {fact: double, value: total * 2 + asked + late}
rules:
  - {rule: test, when: double > 0 or total > 5, then: reject, because: plain}"""

    assert decide(body, {"asked": 1}).undetermined[0].lacks == ("second", "loans")
    assert decide(body, {"asked": 1, "second": 1}).undetermined[0].lacks == ("loans",)
    assert decide(body, {"asked": 1, "second": 9}).outcome == "reject"


def test_a_rule_that_lacks_only_facts_to_be_ignored_stays_silent(decide: Decide) -> None:
    """`if_missing: ignore` keeps a rule silent, but only if nothing else is lacking."""
    body = "rules:\n  - {rule: test, when: ignored > 0 and asked > 0, then: reject, because: plain}" + APPROVE

    assert decide(body, YES | {"asked": 1}).outcome == "approve"
    assert decide(body, YES | {"asked": 1}).undetermined == ()
    assert missing_of(decide(body, YES)) == ("incomplete", ("asked",))
    assert decide(body, YES | {"asked": 1, "ignored": 1}).outcome == "reject"


UNKNOWN = "\n  - {{rule: open, when: {}, then: {}, because: plain}}"


@pytest.mark.parametrize(
    ("condition", "outcome", "missing"),
    [
        ("asked > 0", "incomplete", ("asked",)),
        ("asked > 0 or second > 0", "incomplete", ("asked", "second")),
        ("referred > 0", "refer", ()),
        ("asked > 0 or referred > 0", "refer", ("asked",)),
        ("asked > 0 or ignored > 0", "incomplete", ("asked",)),
        ("ignored > 0", "approve", ()),
        ("referred > 0 or ignored > 0", "refer", ()),
    ],
)
def test_an_open_worse_rule_makes_a_favourable_decision_incomplete_or_refer(
    decide: Decide, condition: str, outcome: str, missing: tuple[str, ...]
) -> None:
    """Facts to ask for: incomplete, and they are listed; a fact to refer for: refer; facts to ignore: no change."""
    decision = decide("rules:" + APPROVE + UNKNOWN.format(condition, "reject"), YES)

    assert missing_of(decision) == (outcome, missing)
    assert decision.favourable is (outcome == "approve")
    assert decision.offer is None


@pytest.mark.parametrize(
    ("decided", "open_one", "outcome"),
    [
        ("reject", "close", "reject"),
        ("verify", "reject", "verify"),
        ("refer", "reject", "refer"),
        ("decrease", "suspend", "decrease"),
        ("approve", "verify", "incomplete"),
        ("approve", "refer", "incomplete"),
        ("keep", "increase", "incomplete"),
        ("increase", "keep", "increase"),
    ],
)
def test_what_is_not_favourable_stands_and_milder_rules_do_not_matter(
    decide: Decide, decided: str, open_one: str, outcome: str
) -> None:
    """Open rules weigh only against a favourable decision, and only if the policy ranks them more severe."""
    body = "rules:" + UNKNOWN.format("flag", decided) + UNKNOWN.format("asked > 0", open_one).replace("open", "later")
    decision = decide(body, YES)

    assert decision.outcome == outcome
    assert [one.rule for one in decision.undetermined] == ["later"]
    assert decision.missing == (("asked",) if outcome == "incomplete" else ())


def test_an_open_rule_of_the_same_outcome_matters_only_if_it_offers(decide: Decide) -> None:
    """A second approval that is open could lower the offer if it makes one; else it could make nothing worse."""
    same = APPROVE + "\n  - {rule: also, when: asked > 0, then: approve%s}"

    assert decide("rules:" + same % "", YES).outcome == "approve"
    assert decide("rules:" + same % ", offer: {limit: 5.00}", YES).outcome == "incomplete"


def test_when_nothing_decided_an_open_rule_of_any_outcome_matters(decide: Decide) -> None:
    """An approval that is open could have decided; an open cap could not, and is not asked for."""
    body = "rules:\n  - {rule: grant, when: asked > 0, then: approve}"
    body += "\n  - {rule: top, when: second > 0, cap: {limit: 5.00}, because: plain}"

    assert missing_of(decide(body)) == ("incomplete", ("asked",))
    assert decide(body).reasons[0].rules == ("grant",)
    assert missing_of(decide(body, {"asked": 0})) == ("refer", ())
    assert decide(body, {"asked": 0}).reasons[0].code == "not_decided"
    assert missing_of(decide(body, {"asked": 1})) == ("incomplete", ("second",))


def test_the_most_severe_outcome_that_fired_stands_else_otherwise(decide: Decide) -> None:
    """The order is the policy's list of outcomes, not the order of its rules; without any firing `otherwise` stands."""
    body = (
        "rules:"
        + APPROVE
        + UNKNOWN.format("asked > 0", "verify")
        + "\n  - {rule: bad, when: second > 0, then: reject, because: plain}"
    )

    assert decide(body, YES | {"asked": 1, "second": 1}).outcome == "reject"
    assert decide(body, YES | {"asked": 1, "second": 0}).outcome == "verify"
    assert decide(body, YES | {"asked": 0, "second": 0}).outcome == "approve"
    assert decide(body, {"flag": False, "asked": 0, "second": 0}, otherwise="verify").outcome == "verify"
    assert fired(decide(body, YES | {"asked": 1, "second": 1})) == ["grant", "open", "bad"]


def test_days_are_counted_to_as_of_in_utc(decide: Decide) -> None:
    """`as_of` of any zone is taken to UTC before its day is read, and stands in the decision as UTC."""
    body = "rules:\n  - {rule: test, when: days_since(day) >= 1, then: approve}"
    early = dt.datetime(2026, 12, 2, 7, 59, tzinfo=dt.timezone(dt.timedelta(hours=8)))
    late = dt.datetime(2026, 11, 30, 23, 0, tzinfo=dt.timezone(dt.timedelta(hours=-2)))

    assert decide(body, {"day": "2026-12-01"}, early).outcome == "refer"
    assert decide(body, {"day": "2026-12-01"}, early + dt.timedelta(minutes=1)).outcome == "approve"
    assert decide(body, {"day": "2026-11-30"}, late).outcome == "approve"
    assert decide(body, {"day": "2026-11-30"}, late).as_of == dt.datetime(2026, 12, 1, 1, tzinfo=dt.UTC)


def test_records_are_read_against_the_same_day(decide: Decide) -> None:
    """A date in a record is counted to `as_of` too."""
    body = "records:\n  fresh: count(loans where days_since(since) < 30)"
    body += "\nrules:\n  - {rule: test, when: fresh == 1, then: approve}"

    assert decide(body, {"loans": [LOAN, {**LOAN, "since": "2026-10-01"}]}).outcome == "refer"
    assert (
        decide(body, {"loans": [{**LOAN, "since": "2026-11-02"}, {**LOAN, "since": "2026-11-01"}]}).outcome == "approve"
    )
