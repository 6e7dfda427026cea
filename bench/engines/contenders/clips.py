"""CLIPS, by clipspy: the whole policy as a rule base; a template fact goes in, the fired rules come out.

clipspy slows down with every fact that it was ever given, so that a fresh environment is made every 500 decisions.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

import clips

from bench.engines.applicants import POLICY, Facts
from bench.engines.contest import Answer, Contender, Settlement
from bench.engines.spelling import Dialect, branches, condition, output, stored
from engine import PolicySet
from engine.expression import Expression, Junction, names_in
from engine.policy import Derived, Policy

_RENEWED_AFTER = 500
_CLIPS = Dialect(
    name="?{}".format,
    flag="(eq {} TRUE)",
    word="{}",
    binary="({op} {left} {right})",
    operators={"==": "eq", "!=": "neq"},
    negation="(not {})",
    among="(member$ {item} (create$ {values}))",
    between=" ",
    floor="(div {left} {right})",
    least="(min {left} {right})",
    most="(max {left} {right})",
    true="TRUE",
)
#: What the host needs back beside the fired rules.
_BACK = ("line_base", "price")


def contenders(policies: PolicySet) -> Iterator[Contender]:
    """Give the one route: a template fact in, one run, globals out."""
    yield Contender("CLIPS", RuleBase(policies[POLICY]))


class RuleBase:
    """A policy in CLIPS."""

    def __init__(self, policy: Policy) -> None:
        self._constructs = list(constructs(policy))
        self._names = [rule.name for rule in policy.rules]
        self._symbols = {word: clips.Symbol(word) for kind in policy.kinds.values() for word in kind.values}
        self._settle = Settlement(policy)
        self._renew()

    def _renew(self) -> None:
        self._count = 0
        self._environment = clips.Environment()
        for construct in self._constructs:
            self._environment.build(construct)
        self._applicant = self._environment.find_template("applicant")
        self._fired = self._environment.find_global("fired")
        self._back = [(name, self._environment.find_global(name)) for name in _BACK]

    def __call__(self, facts: Facts) -> Answer:
        """Decide one application."""
        if self._count == _RENEWED_AFTER:
            self._renew()
        self._count += 1
        symbols = self._symbols
        self._environment.reset()
        self._applicant.assert_fact(
            **{name: symbols[value] if isinstance(value, str) else value for name, value in facts.items()}
        )
        self._environment.run()
        values = facts | {name: place.value for name, place in self._back}
        return self._settle([self._names[number] for number in sorted(self._fired.value)], values)


def constructs(policy: Policy) -> Iterator[str]:
    """Write the policy as CLIPS constructs; salience puts stages, rows and rules in the order of the policy."""
    yield f"(deftemplate applicant {' '.join(f'(slot {name})' for name in policy.facts)})"
    yield f"(defglobal ?*fired* = (create$) {' '.join(f'?*{one.name}* = nil' for one in policy.derived)})"
    for place, derived in enumerate(policy.derived):
        yield from _derived(derived, 9_000 - 100 * place, policy)
    for number, rule in enumerate(policy.rules):
        yield _rule(rule.name, -number, _patterns(rule.when, policy), f"(bind ?*fired* (create$ ?*fired* {number}))")


def _derived(derived: Derived, salience: int, policy: Policy) -> Iterator[str]:
    """A formula is one rule; a table a rule per row, each only while no row before it has fired."""
    if derived.formula is not None:
        reads = _bound({name: [f"?{name}"] for name in derived.reads}, policy)
        yield _rule(derived.name, salience, reads, _known(derived.name, stored(derived.formula, derived.kind, _CLIPS)))
        return
    for number, (when, value) in enumerate(branches(derived)):
        patterns = [*_patterns(when, policy), f"(not ({derived.name} ?))"]
        action = _known(derived.name, output(value, _CLIPS))
        yield _rule(f"{derived.name}-{number}", salience - number, patterns, action)


def _patterns(when: Expression, policy: Policy) -> list[str]:
    """What must hold: tests on one slot stand in the slot, the others behind."""
    terms = when.items if isinstance(when, Junction) and when.op == "and" else (when,)
    slots = {name: [f"?{name}"] for name in names_in(when)}
    tests = []
    for term in terms:
        names = names_in(term)
        if len(names) == 1:
            slots[names[0]].append(f":{condition(term, _CLIPS)}")
        elif names:
            tests.append(f"(test {condition(term, _CLIPS)})")
    return [*_bound(slots, policy), *tests]


def _bound(slots: Mapping[str, Sequence[str]], policy: Policy) -> Iterator[str]:
    given = [f"({name} {'&'.join(parts)})" for name, parts in slots.items() if name in policy.facts]
    yield f"(applicant {' '.join(given)})"
    yield from (f"({name} {'&'.join(parts)})" for name, parts in slots.items() if name not in policy.facts)


def _known(name: str, value: str) -> str:
    return f"(bind ?*{name}* {value}) (assert ({name} ?*{name}*))"


def _rule(name: str, salience: int, patterns: Iterable[str], action: str) -> str:
    return f"(defrule {name} (declare (salience {salience})) {' '.join(patterns)} => {action})"
