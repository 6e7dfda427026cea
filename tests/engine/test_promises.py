"""Examples that do not hold: each part a policy promised is named with what it should be and what it is."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest

from engine import load_policies
from engine.examples import moment, rules_shown, run_examples
from tests.engine.conftest import Load
from tests.engine.folders import GOOD, write_good
from tests.engine.test_engine import let_it_lie

BROKEN = [  # an edit of the good folder's first example, and what is said about it
    ("{outcome: approve,", "{outcome: reject,", "outcome should be reject, is approve"),
    ("limit: 30_000.00,", "limit: 30_000.01,", "limit should be 3000001, is 3000000"),
    ("fired: [grant]", "fired: [check, grant]", "fired should be check, grant, is grant"),
    ("fired: [grant]", "fired: []", "fired should be nothing, is grant"),
    ("missing: []", "missing: [rate]", "missing should be rate, is nothing"),
    ("reasons: []", "reasons: [late]", "reasons should be late, is nothing"),
    ("binding: {}", "binding: {limit: cap-income}", "binding should be {'limit_fen': 'cap-income'}, is {}"),
]


@pytest.mark.parametrize(("old", "new", "said"), BROKEN, ids=[said for *_, said in BROKEN])
def test_a_broken_promise_is_named(tmp_path: Path, old: str, new: str, said: str) -> None:
    """The example fails, tells which part differs, and the others still hold."""
    assert old in GOOD

    first, second = run_examples(load_policies(write_good(tmp_path, good=GOOD.replace(old, new, 1))))

    assert (first.ok, first.message) == (False, said)
    assert (first.policy, first.example) == ("good", "a good one")
    assert (second.ok, second.message) == (True, "")


def test_several_broken_promises_are_told_together(tmp_path: Path) -> None:
    """Whatever differs stands in one message, and the place of the example is known."""
    text = GOOD.replace("{outcome: approve, limit: 30_000.00,", "{outcome: verify, limit: 1.00,", 1)

    first = run_examples(load_policies(write_good(tmp_path, good=text)))[0]

    assert first.message == "outcome should be verify, is approve; limit should be 100, is 3000000"
    assert text.splitlines()[first.line - 1].strip() == "- name: a good one"


def test_each_rule_names_the_examples_that_show_it(tmp_path: Path) -> None:
    """Every rule is listed, with the examples in which it fires, in the order of the policy."""
    text = GOOD.replace("given: {months: 31}", "given: {months: 31, job: none}")
    policies = load_policies(write_good(tmp_path, good=text))

    assert rules_shown(policies, policies["good"]) == {
        "late-now": (),
        "check": ("the same, later",),
        "cap-income": (),
        "grant": ("a good one", "the same, later"),
    }


def test_an_example_without_a_moment_is_decided_on_the_first_day(loaded: Load) -> None:
    """Without `as_of` it is the first moment of the day the policy takes effect, in UTC."""
    body = """rules:
  - {rule: one, when: flag, then: approve}
examples:
  - {name: plain, given: {flag: true}, expect: {outcome: approve}}
  - {name: later, as_of: 2027-01-01T08:00:00+08:00, given: {flag: true}, expect: {outcome: approve}}"""
    policy = loaded(body)["tiny"]

    assert moment(policy, policy.examples[0]) == dt.datetime(2026, 12, 1, tzinfo=dt.UTC)
    assert moment(policy, policy.examples[1]) == dt.datetime(2027, 1, 1, tzinfo=dt.UTC)


def test_executors_that_disagree_break_a_promise(loaded: Load, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each example runs on every executor beside the reference evaluator; a lie of one of them is told."""
    policies = loaded("""
rules:
  - {rule: grant, when: asked > 0, then: approve}
  - {rule: better, when: asked > 10, then: approve}
examples:
  - {name: both, given: {asked: 20}, expect: {outcome: approve}}""")
    assert [result.ok for result in run_examples(policies)] == [True]
    let_it_lie(monkeypatch, {"w0r1": "w0r0"})

    (result,) = run_examples(policies)

    assert not result.ok
    assert "the executors disagree" in result.message


def test_an_example_that_breaks_an_invariant_does_not_hold(tmp_path: Path) -> None:
    """Whatever it expects: the promise is quoted as the policy writes it, and promises it keeps are not told."""
    text = GOOD.replace("always: limit <= 300_000.00", "always: limit <= 29_999.99")

    first, second = run_examples(load_policies(write_good(tmp_path, good=text)))

    assert (first.ok, first.message) == (False, "breaks the invariant `always: limit <= 29999.99`")
    assert second.ok, "an offer that is not made breaks nothing"
