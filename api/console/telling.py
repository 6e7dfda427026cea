"""A decision as the page tells it: rules in words with what they saw, facts with label, source and unit."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

import msgspec

from api.explanations import Account
from engine.authoring.phrases import amount
from engine.authoring.words import Words
from engine.decision import Comparison, Shown, Step
from engine.explaining.graph import Node
from engine.kinds import MONEY, RATE, Kind, natural
from engine.policy import Policy
from engine.vocabulary import Text

_NAME = re.compile(r"[a-z_][a-z0-9_]*")


class ToldTest(msgspec.Struct, frozen=True):
    """One comparison of a rule: about what, and what stood against what."""

    about: Text
    test: str  #: as the policy spells it
    holds: bool | None
    value: Text | None
    threshold: Text | None
    distance: Text | None


class ToldStep(msgspec.Struct, frozen=True):
    """A step of the trace: a rule that fired, or a fact that was derived."""

    step: Step
    sentence: Text
    note: str
    tests: tuple[ToldTest, ...]
    facts: tuple[tuple[Text, Text], ...]
    value: Text | None


class ToldFact(msgspec.Struct, frozen=True):
    """A fact that was given."""

    name: str
    label: Text
    value: Text
    source: str
    read: bool  #: whether a step of the trace looked at it
    fresh_days: int | None  #: for how long it is good; None for as long as one likes


class Teller:
    """Tells one decision."""

    def __init__(self, account: Account) -> None:
        self._account, self._policy = account, account.policy
        self._words = Words.of(account.policy)

    def steps(self, kind: str) -> tuple[ToldStep, ...]:
        """Tell the rules (`rule`) or the derivations (anything else) of the trace."""
        trace = self._account.decision.trace
        return tuple(self._step(step) for step in trace if (step.kind == "rule") == (kind == "rule"))

    def tests(self, tests: tuple[Comparison, ...]) -> tuple[ToldTest, ...]:
        """Tell comparisons."""
        return tuple(self._test(test) for test in tests)

    def facts(self) -> tuple[ToldFact, ...]:
        """Tell what was given, in the order of the dictionary; what no policy fact explains comes last, as it is."""
        read = {name for step in self._account.decision.trace for name in step.facts}
        given, known = self._account.request.facts, self._policy.facts
        names = [name for name in known if name in given] + [name for name in given if name not in known]
        return tuple(self._fact(name, given[name], name in read) for name in names)

    def offer(self) -> Iterator[tuple[str, Text]]:
        """Tell the amounts of the offer: what each is, and how much."""
        offer = self._account.decision.offer
        if offer is None:
            return
        for name, kind, value in (("limit", MONEY, offer.limit_fen), ("apr", RATE, offer.apr_bp)):
            if value is not None:
                yield name, amount(kind, natural(kind, value))
        if offer.term_months is not None:
            yield "term", Text(f"{offer.term_months}个月", f"{offer.term_months} months")

    def value(self, name: str, value: object) -> Text:
        """Tell a value of a fact."""
        kind = self._kind(name)
        if isinstance(value, list):
            return Text(f"{len(value)}条记录", f"{len(value)} records")
        if kind is None or not isinstance(value, int | bool | str):
            return _plain(value)
        return self._words.value(name, kind, value)

    def node(self, node: Node) -> Text:
        """Tell the value of a node of the graph; nothing if it has none."""
        if node.value is None:
            return Text("", "")
        if node.kind == "amount":
            kind = {"money": MONEY, "rate": RATE}.get(node.type)
            is_sum = kind is not None and isinstance(node.value, int)
            return amount(kind, natural(kind, node.value)) if kind and is_sum else _plain(node.value)
        return self.value(node.name, node.value)

    def label(self, name: str) -> Text:
        """What a fact is called."""
        return self._words.plain(name)

    def _step(self, step: Step) -> ToldStep:
        rule = self._policy.rule.get(step.name) if step.kind == "rule" else None
        sentence = self._words.condition(rule.when) if rule else self._words.plain(step.name)
        facts = tuple((self._words.plain(name), self.value(name, value)) for name, value in step.facts.items())
        value = None if step.value is None else self.value(step.name, step.value)
        return ToldStep(step, sentence, rule.note if rule else "", self.tests(step.tests), facts, value)

    def _test(self, test: Comparison) -> ToldTest:
        found = _NAME.match(test.test.removeprefix("not "))
        name = found[0] if found else ""
        value, threshold = self._known(name, test.value), self._known(name, test.threshold)
        distance = self._known(name, test.distance) if self._kind(name) is not None else None
        return ToldTest(self._words.plain(name), test.test, test.holds, value, threshold, distance)

    def _known(self, name: str, value: Shown | None) -> Text | None:
        return None if value is None else self.value(name, value)

    def _fact(self, name: str, value: object, read: bool) -> ToldFact:
        fact = self._policy.facts.get(name)
        label, told = self._words.plain(name), self.value(name, value)
        return ToldFact(name, label, told, fact.source if fact else "", read, fact.fresh_days if fact else None)

    def _kind(self, name: str) -> Kind | None:
        kinds: Mapping[str, Kind] = self._policy.kinds
        return kinds.get(name)


def _plain(value: object) -> Text:
    text = str(value)
    return Text(text, text)


def rule_words(policy: Policy, name: str) -> Text:
    """Say the condition of a rule."""
    return Words.of(policy).condition(policy.rule[name].when)
