"""Which reasons are given, ranked, and what is said to the applicant on their account.

Reasons are ranked by what decided: first the rules that came to the outcome, then caps that bound the offer, then,
when the outcome is adverse, the other adverse rules that fired; within each in the order of the policy, which is its
author's order of weight. At most four are given (Reg B, comment 9(b)(2)-1). Reasons with `disclose: general` are told
in general words. The same rules give the same reasons, so all but what they saw is made once and remembered.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

from engine.decision import Comparison, GivenReason, Step
from engine.explaining import wording
from engine.explaining.resolve import Resolution
from engine.policy import Outcome, Policy, Rule
from engine.vocabulary import Reason, Text

MAX_REASONS = 4
REMEMBERED = 4_096  #: rules that fired together, with those whose caps bound


class _Told:
    """One reason, all but what its rules saw."""

    def __init__(self, code: str, rules: Sequence[Rule], reason: Reason, fired: Sequence[str]) -> None:
        self.code = code
        self.rules = tuple([rule.name for rule in rules])
        self.outcome = rules[0].then
        self.statement, self.remedy = _words(reason)
        self.note = reason.note
        self.steps = [fired.index(name) for name in self.rules]  # which of the rules that fired are its own

    def given(self, steps: Sequence[Step]) -> GivenReason:
        """The reason with what its rules saw."""
        first = steps[self.steps[0]]
        facts, tests = first.facts, held(first.tests)
        if len(self.steps) > 1:
            mine = [steps[number] for number in self.steps]
            facts = {name: value for step in mine for name, value in step.facts.items()}
            tests = tuple([test for step in mine for test in held(step.tests)])
        return GivenReason(self.code, self.rules, self.outcome, self.statement, self.remedy, self.note, facts, tests)


class Argument:
    """What is told when some rules come to an outcome."""

    def __init__(self, outcome: Outcome, told: Sequence[_Told]) -> None:
        self.told = told
        self.statement = wording.statement(outcome, told)

    def reasons(self, steps: Sequence[Step]) -> tuple[GivenReason, ...]:
        """The reasons, with what the rules saw."""
        return tuple([one.given(steps) for one in self.told])


class Reasoner:
    """Gives the reasons of one policy."""

    def __init__(self, policy: Policy) -> None:
        self._policy = policy
        self._known: dict[tuple[object, ...], Argument] = {}

    def argument(self, fired: tuple[str, ...], resolution: Resolution) -> Argument:
        """Why rules that fired came to a resolution that they alone decided, so that no key need hold its outcome."""
        bound = resolution.binding
        key: tuple[object, ...] = (fired, *bound.values()) if bound else fired
        argument = self._known.get(key)
        if argument is None:
            argument = self._argued(fired, resolution.outcome, bound.values())
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
        reasons = self._policy.reasons
        return Argument(outcome, [_Told(code, mine, reasons[code], fired) for code, mine in grouped.items()])


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
