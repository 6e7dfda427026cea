"""Which reasons are given, ranked, and what is said to the applicant on their account.

Reasons are ranked by what decided: first the rules that came to the outcome, then caps that bound the offer, then,
when the outcome is adverse, the other adverse rules that fired; within each in the order of the policy, which is its
author's order of weight. At most four are given (Reg B, comment 9(b)(2)-1). Reasons with `disclose: general` are told
in general words. The same rules give the same reasons, so all but what they saw is made once and remembered: what a
code says by its rules, and the whole statement by its codes, since few of them come with how many others ever fired.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from functools import partial

from engine.decision import Comparison, GivenReason, Step
from engine.explaining import wording
from engine.policy import Outcome, Policy, Rule
from engine.vocabulary import Reason, Text

MAX_REASONS = 4
REMEMBERED = 4_096  #: rules that share a code, and codes told together


class _Told:
    """One reason, all but what its rules saw."""

    def __init__(self, code: str, rules: Sequence[Rule], reason: Reason) -> None:
        self.code = code
        self.rules = tuple([rule.name for rule in rules])
        self.outcome = rules[0].then
        self.statement, self.remedy = _words(reason)
        self.note = reason.note
        self.first, *self.others = self.rules
        #: The reason, from what its rules saw and the tests that held.
        self.given = partial(GivenReason, code, self.rules, self.outcome, self.statement, self.remedy, self.note)


class Argument:
    """What is told when some rules come to an outcome."""

    def __init__(self, told: Sequence[_Told], statement: wording.Statement) -> None:
        self.statement = statement
        self._told = told

    def reasons(self, fired: tuple[str, ...], steps: Sequence[Step]) -> tuple[GivenReason, ...]:
        """The reasons, with what the rules saw: `steps` are those of all rules that fired."""
        if not self._told:
            return ()
        given = []
        for told in self._told:
            step = steps[fired.index(told.first)]
            facts, tests = step.facts, held(step.tests)
            if told.others:
                facts = dict(facts)
                for rule in told.others:
                    step = steps[fired.index(rule)]
                    facts.update(step.facts)
                    tests += held(step.tests)
            given.append(told.given(facts, tests))
        return tuple(given)


class Reasoner:
    """Gives the reasons of one policy."""

    def __init__(self, policy: Policy) -> None:
        self._policy = policy
        self._told: dict[tuple[str, ...], _Told] = {}  # by its rules
        self._statements: dict[tuple[str, ...], wording.Statement] = {}  # by the outcome and the codes

    def argument(self, fired: tuple[str, ...], outcome: Outcome, bound: Collection[str]) -> Argument:
        """Why rules that fired, some of whose caps bound, came to an outcome that they alone decided."""
        rules = [self._policy.rule[name] for name in fired]
        grouped: dict[str, list[Rule]] = {}
        for rule in _ranked(rules, outcome, bound):
            if rule.because in grouped:
                grouped[rule.because].append(rule)
            elif rule.because and len(grouped) < MAX_REASONS:
                grouped[rule.because] = [rule]
        told = [self._tell(code, mine) for code, mine in grouped.items()]
        return Argument(told, self._state(outcome, told))

    def _tell(self, code: str, rules: Sequence[Rule]) -> _Told:
        key = tuple([rule.name for rule in rules])
        told = self._told.get(key)
        if told is None:
            told = _Told(code, rules, self._policy.reasons[code])
            if len(self._told) < REMEMBERED:
                self._told[key] = told
        return told

    def _state(self, outcome: Outcome, told: Sequence[_Told]) -> wording.Statement:
        key = (outcome, *[one.code for one in told])
        statement = self._statements.get(key)
        if statement is None:
            statement = wording.statement(outcome, told)
            if len(self._statements) < REMEMBERED:
                self._statements[key] = statement
        return statement


def _words(reason: Reason) -> tuple[Text, Text | None]:
    """The statement and the remedy of a reason; who deceives is not told how it was found out."""
    return (wording.GENERAL, None) if reason.disclose == "general" else (reason.statement, reason.remedy)


def _ranked(fired: Sequence[Rule], outcome: Outcome, bound: Collection[str]) -> list[Rule]:
    ranked = [rule for rule in fired if rule.then is outcome]
    ranked += [rule for rule in fired if rule.then is not outcome and rule.name in bound]
    if outcome.adverse:
        others = [rule for rule in fired if rule.then is not outcome and rule.name not in bound]
        ranked += [rule for rule in others if rule.then is not None and rule.then.adverse]
    return ranked


def held(tests: tuple[Comparison, ...]) -> tuple[Comparison, ...]:
    """The tests that held."""
    for test in tests:
        if not test.holds:
            return tuple([test for test in tests if test.holds])
    return tests
