"""What every contender gives back, and the arithmetic around engines that only match."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from bench.engines.applicants import Facts
from bench.engines.spelling import PYTHON, layers, stored
from engine.policy import AMOUNTS, AmountName, Derived, Policy, Rule

MAX_REASONS = 4

Formula = Callable[[Mapping[str, Any]], int]


class Answer(NamedTuple):
    """A decision as far as all contenders can give it."""

    outcome: str
    limit: int | None  #: fen
    apr: int | None  #: basis points
    reasons: tuple[str, ...]  #: codes, the weightiest first
    fired: tuple[str, ...]  #: rules, in the order of the policy


class Contender(NamedTuple):
    """One way to decide: what is timed, and how its result is read for the comparison."""

    name: str
    decide: Callable[[Facts], Any]
    answer: Callable[[Any], Answer] = lambda result: result


def formula(derived: Derived) -> Formula:
    """Compile the formula of a derived fact for the host."""
    assert derived.formula is not None
    return _compiled(stored(derived.formula, derived.kind, PYTHON))


def _compiled(text: str) -> Formula:
    function: Formula = eval(f"lambda f: {text}")  # noqa: S307  # our own spelling of our own policy
    return function


class _Weighed(NamedTuple):
    severity: int  #: 0 is the most severe; a rule that only caps comes after all outcomes
    because: str | None
    offer: Mapping[AmountName, Formula]
    cap: Mapping[AmountName, Formula]


class Settlement:
    """From fired rules to the answer, for engines that only say what fired; written to cost them little."""

    def __init__(self, policy: Policy) -> None:
        self._outcomes = tuple(map(str, policy.outcomes))
        self._rules = {rule.name: self._weighed(policy, rule) for rule in policy.rules}

    def _weighed(self, policy: Policy, rule: Rule) -> _Weighed:
        offer, cap = (
            {name: _compiled(stored(amount, AMOUNTS[name], PYTHON)) for name, amount in amounts.items()}
            for amounts in (rule.offer, rule.caps)
        )
        severity = policy.outcomes.index(rule.then) if rule.then else len(policy.outcomes)
        return _Weighed(severity, rule.because, offer, cap)

    def __call__(self, fired: Sequence[str], facts: Mapping[str, Any]) -> Answer:
        """Weigh the fired rules; `facts` hold the derived ones too."""
        rules = [self._rules[name] for name in fired]
        severity = min([rule.severity for rule in rules])
        outcome = self._outcomes[severity]
        decided = [rule for rule in rules if rule.severity == severity]
        reasons = {rule.because: None for rule in decided if rule.because}
        limit = apr = None
        if outcome == "approve":
            limit, bound = _offered("limit", min, decided, rules, facts)
            apr, priced = _offered("apr", max, decided, rules, facts)
            reasons |= {because: None for because in (bound, priced) if because}
        return Answer(outcome, limit, apr, tuple(reasons)[:MAX_REASONS], tuple(fired))


def _offered(
    name: AmountName,
    best: Callable[[list[int]], int],
    decided: Sequence[_Weighed],
    rules: Sequence[_Weighed],
    facts: Mapping[str, Any],
) -> tuple[int, str | None]:
    """The offered amount and the reason of the cap that bound it."""
    amount, because = best([rule.offer[name](facts) for rule in decided if name in rule.offer]), None
    for rule in rules:
        if name in rule.cap and (cap := rule.cap[name](facts)) < amount:
            amount, because = cap, rule.because
    return amount, because


Values = dict[str, Any]
#: Gives what some tables come to, one after the other.
Tables = Callable[[Values], Sequence[Any]]


def staged(
    policy: Policy, tables: Callable[[Sequence[Derived]], Tables], match: Callable[[Values], Sequence[str]]
) -> Callable[[Facts], Answer]:
    """Go through the stages in the host, for engines that evaluate conditions and nothing else.

    A stage is given the facts it reads and no others: handing facts over costs such engines more than conditions do.
    """
    settle = Settlement(policy)
    stages = [
        ([one for one in layer if one.table is not None], [(one.name, formula(one)) for one in layer if one.formula])
        for layer in layers(policy)
    ]
    plan = [(_reads(found), [one.name for one in found], found and tables(found), more) for found, more in stages]

    def decide(facts: Facts) -> Answer:
        values = dict(facts)
        for reads, names, look_up, formulas in plan:
            if look_up:
                values.update(zip(names, look_up({name: values[name] for name in reads}), strict=True))
            for name, compute in formulas:
                values[name] = compute(values)
        return settle(match(values), values)

    return decide


def _reads(derived: Sequence[Derived]) -> list[str]:
    return list(dict.fromkeys(name for one in derived for name in one.reads))
