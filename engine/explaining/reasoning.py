"""Which reasons are given, ranked, and what is said to the applicant on their account.

Reasons are ranked by what decided: first the rules that came to the outcome, then caps that bound the offer, then,
when the outcome is adverse, the other adverse rules that fired; within each in the order of the policy, which is its
author's order of weight. At most four are given (Reg B, comment 9(b)(2)-1). Reasons with `disclose: general` are told
in general words. The same rules give the same reasons, so all but what they saw is made once and remembered.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

import msgspec

from engine.decision import Comparison, GivenReason, Step
from engine.explaining import wording
from engine.explaining.resolve import Resolution
from engine.policy import Outcome, Policy, Rule
from engine.vocabulary import Reason, Text

MAX_REASONS = 4
REMEMBERED = 4_096  #: rules that fired together, with an outcome and the caps that bound


class _Told(msgspec.Struct, frozen=True):
    """One reason, all but what its rules saw."""

    code: str
    rules: tuple[str, ...]
    outcome: Outcome | None
    statement: Text
    remedy: Text | None
    note: str
    steps: tuple[int, ...]  #: which of the rules that fired are its own

    def given(self, steps: Sequence[Step]) -> GivenReason:
        """The reason with what its rules saw."""
        mine = [steps[number] for number in self.steps]
        facts = mine[0].facts
        tests = held(mine[0].tests)
        if len(mine) > 1:
            facts = {name: value for step in mine for name, value in step.facts.items()}
            tests = tuple([test for step in mine for test in held(step.tests)])
        return GivenReason(self.code, self.rules, self.outcome, self.statement, self.remedy, self.note, facts, tests)


class Argument(msgspec.Struct, frozen=True):
    """What is told when these rules come to this outcome."""

    told: tuple[_Told, ...]
    statement: wording.Statement

    def reasons(self, steps: Sequence[Step]) -> tuple[GivenReason, ...]:
        """The reasons, with what the rules saw."""
        return tuple([one.given(steps) for one in self.told])


class Reasoner:
    """Gives the reasons of one policy."""

    def __init__(self, policy: Policy) -> None:
        self._policy = policy
        self._words = {code: _words(reason) for code, reason in policy.reasons.items()}
        self._known: dict[tuple[object, ...], Argument] = {}

    def argument(self, fired: tuple[str, ...], resolution: Resolution) -> Argument:
        """Why rules that fired came to a resolution that they decided."""
        key = (fired, resolution.outcome, *resolution.binding.values())
        argument = self._known.get(key)
        if argument is None:
            argument = self._argued(fired, resolution.outcome, resolution.binding.values())
            if len(self._known) < REMEMBERED:
                self._known[key] = argument
        return argument

    def _argued(self, fired: Sequence[str], outcome: Outcome, bound: Collection[str]) -> Argument:
        rules = [self._policy.rule[name] for name in fired]
        grouped: dict[str, list[Rule]] = {}
        for rule in _ranked(rules, outcome, bound):
            if rule.because in grouped:
                grouped[rule.because].append(rule)
            elif rule.because and len(grouped) < MAX_REASONS:
                grouped[rule.because] = [rule]
        told = tuple([self._told(code, mine, fired) for code, mine in grouped.items()])
        return Argument(told, wording.statement(outcome, told))

    def _told(self, code: str, rules: Sequence[Rule], fired: Sequence[str]) -> _Told:
        names = tuple([rule.name for rule in rules])
        return _Told(code, names, rules[0].then, *self._words[code], tuple([fired.index(name) for name in names]))


def _words(reason: Reason) -> tuple[Text, Text | None, str]:
    """The statement, the remedy and the note of a reason; who deceives is not told how it was found out."""
    general = reason.disclose == "general"
    return wording.GENERAL if general else reason.statement, None if general else reason.remedy, reason.note


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
