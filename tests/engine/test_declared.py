"""What a folder declares arrives whole: every part of a fact, a reason, a header, a rule and an invariant."""

from __future__ import annotations

import datetime as dt

import pytest

from engine import Outcome, PolicyError, PolicySet
from engine.kinds import INT, MONEY, Kind
from engine.policy import Invariant
from engine.reading.parsing import parse_condition
from engine.vocabulary import Range, Text
from tests.engine.conftest import Load
from tests.engine.tiny import COMMON

FACTS = f"""
facts:
  told:
    type: money
    range: [-1.50, 2_000.00]
    unit: yuan a month
    source: applicant
    if_missing: refer
    fresh_days: 36_500
    actionable: either
    protected: false
    sensitive: true
    label: {{zh: 甲, en: Told}}
  plain: {{type: bool, if_missing: ignore, {COMMON}}}
  lists:
    type: records
    max_records: 1_000
    fields:
      paid: {{type: money, range: [0.00, 9.99], unit: yuan, label: {{zh: 已付, en: Paid}}}}
      bare: {{type: date}}
    label: {{zh: 乙, en: Lists}}
    source: bureau
    if_missing: ask
"""


def test_every_part_of_a_fact_is_kept(loaded: Load) -> None:
    """Bounds and units, source, what to do without it, freshness, and who may change or see it."""
    rule = "rules:\n  - {rule: one, when: told > 0 and plain and many > 0, then: approve}"
    told = loaded("records:\n  many: count(lists)\n" + rule, FACTS).vocabulary.facts["told"]

    assert (told.kind, told.range, told.unit) == (MONEY, Range(-150, 200_000), "yuan a month")
    assert (told.source, told.if_missing, told.fresh_days) == ("applicant", "refer", 36_500)
    assert (told.actionable, told.protected, told.sensitive) == ("either", False, True)
    assert told.label == Text("甲", "Told")


def test_a_fact_may_be_fresh_for_a_day_and_a_list_hold_one_record(loaded: Load) -> None:
    """The smallest bounds are a day and a record; what is less is refused."""
    facts = FACTS.replace("36_500", "1").replace("max_records: 1_000", "max_records: 1")
    rule = "rules:\n  - {rule: one, when: plain, then: approve}"
    found = loaded(rule, facts).vocabulary.facts

    assert (found["told"].fresh_days, found["lists"].max_records) == (1, 1)
    for old, new in (("fresh_days: 1", "fresh_days: 0"), ("max_records: 1", "max_records: 0")):
        with pytest.raises(PolicyError, match="`0` is not a whole number from 1 to"):
            loaded(rule, facts.replace(old, new))


def test_what_a_fact_leaves_out_has_its_plain_meaning(loaded: Load) -> None:
    """Without a word on it a fact has no unit, never grows stale, cannot be changed, and is open to all."""
    plain = loaded("rules:\n  - {rule: one, when: plain, then: approve}", FACTS).vocabulary.facts["plain"]

    assert (plain.range, plain.unit, plain.fresh_days, plain.actionable) == (None, "", None, "never")
    assert (plain.protected, plain.sensitive, plain.fields, plain.max_records) == (False, False, (), 0)


def test_every_part_of_a_record_is_kept(loaded: Load) -> None:
    """A list says how many records it holds; a field is called by its label, or else by its name."""
    lists = loaded("rules:\n  - {rule: one, when: plain, then: approve}", FACTS).vocabulary.facts["lists"]
    paid, bare = lists.fields

    assert (lists.kind, lists.max_records) == (None, 1_000)
    assert (paid.name, paid.kind, paid.range, paid.unit) == ("paid", MONEY, Range(0, 999), "yuan")
    assert paid.label == Text("已付", "Paid")
    assert (bare.range, bare.unit, bare.label) == (None, "", Text("bare", "bare"))


def test_every_part_of_a_reason_is_kept(good: PolicySet) -> None:
    """Statement, note, remedy and how much is disclosed; what is left out is empty, absent and full."""
    late, cramped = good.vocabulary.reasons["late"], good.vocabulary.reasons["cramped"]

    assert late.statement == Text("您有逾期。", "You have late payments.")
    assert (late.note, late.remedy, late.disclose) == ("days overdue", Text("请还款。", "Please pay."), "full")
    assert (cramped.note, cramped.remedy, cramped.disclose) == ("", None, "general")


def test_every_part_of_a_header_is_kept(good: PolicySet) -> None:
    """Name, version, day of effect, title, owner, sources, outcomes in order, and what holds otherwise."""
    policy = good["good"]

    assert (policy.name, policy.version, policy.owner) == ("good", 3, "risk")
    assert (policy.effective_from, policy.title) == (dt.date(2026, 12, 1), Text("好", "Good"))
    assert (policy.sources, policy.rounding, policy.otherwise) == (("S1",), "half_even", Outcome.REFER)
    assert policy.outcomes == (Outcome.REJECT, Outcome.REFER, Outcome.VERIFY, Outcome.APPROVE)


def test_every_part_of_a_rule_is_kept(good: PolicySet) -> None:
    """Note, question, reason and outcome; a rule that only caps comes to none and asks for nothing."""
    late, check, cap, grant = good["good"].rules

    assert (late.note, late.ask, late.because, late.then) == ("S1", None, "late", Outcome.REJECT)
    assert (check.note, check.ask, check.then) == ("", "job_proof", Outcome.VERIFY)
    assert (cap.then, tuple(cap.caps), tuple(cap.offer)) == (None, ("limit", "term"), ())
    assert (grant.because, tuple(grant.caps), tuple(grant.offer)) == (None, (), ("limit", "apr", "term"))


def test_every_form_of_invariant_is_kept(good: PolicySet) -> None:
    """What never holds, what always holds, and what grows with a fact; conditions may speak of the decision."""
    words = ("reject", "refer", "verify", "approve", "incomplete")
    scope = {"outcome": Kind("enum", words), "late_loans": INT, "limit": MONEY}

    assert good["good"].invariants == (
        Invariant("never", parse_condition("outcome == approve and late_loans > 0", scope), None, None),
        Invariant("always", parse_condition("limit <= 300_000.00", scope), None, None),
        Invariant("monotone", None, "income", "limit"),
    )
