"""A decision that a person takes: within the outcomes, amounts and caps of the policy that decided first.

The document is that of any other decision; its engine is `person` and its trace is empty, because no rule decided. What
was decided on, the facts with all that was put right meanwhile, is sealed beside it, so that it can be replayed.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import msgspec

from api.casework.schemas import Answer, NewDecision, OfferGiven
from api.errors import InvalidBody, Mistake
from api.schemas import DecisionRequest
from engine import Decision, Outcome
from engine.decision import EngineRef, GivenReason, Offer, PolicyRef
from engine.explaining import wording
from engine.policy import WIRE_AMOUNT, Policy
from engine.vocabulary import Reason, Text

PERSON = EngineRef("person", "1")
_AMOUNTS = tuple(WIRE_AMOUNT.values())


class Weighed(msgspec.Struct, frozen=True):
    """What a person decides on: the old decision, and what its policy makes of the facts as they are known now."""

    request: DecisionRequest  #: with the facts put right
    old: Decision
    policy: Policy
    machine: Decision  #: the policy's own answer to those facts
    broken: Callable[[Outcome, Offer | None], tuple[str, ...]]  #: the policy's promises that a decision would break

    @property
    def caps(self) -> Mapping[str, tuple[int, str]]:
        """The lowest cap on each amount and the rule that sets it, whatever the outcome."""
        found: dict[str, tuple[int, str]] = {}
        for step in self.machine.trace:
            for amount, bound in step.cap.items():
                if amount not in found or bound < found[amount][0]:
                    found[amount] = bound, step.name
        return found


def decided(weighed: Weighed, new: NewDecision, answer: Answer) -> Decision:
    """Give the decision a person takes; raise InvalidBody with every way in which it leaves the policy's bounds."""
    if mistakes := [*_mistakes(weighed, new)]:
        raise InvalidBody(mistakes=mistakes)
    policy = weighed.policy
    offer = _offer(new.offer)
    reasons = tuple(_reason(policy.reasons[code], new.outcome) for code in new.reasons)
    return Decision(
        outcome=new.outcome,
        offer=offer,
        reasons=reasons,
        trace=(),
        undetermined=(),
        missing=(),
        asks=(),
        binding={},
        faults={},
        policy=PolicyRef(policy.name, policy.version, policy.digest),
        engine=PERSON,
        as_of=weighed.old.as_of.astimezone(dt.UTC),
        statement=_statement(new.outcome, offer, reasons, answer),
    )


def _mistakes(weighed: Weighed, new: NewDecision) -> Iterator[Mistake]:
    yield from _about_outcome(weighed, new.outcome)
    yield from _about_reasons(weighed.policy, new)
    if not new.outcome.favourable and not new.outcome.adverse:
        return
    wanted = {name for rule in weighed.policy.granting.get(new.outcome, ()) for name in _offered(weighed.policy, rule)}
    yield from _about_offer(weighed, new.offer, wanted)
    for promise in weighed.broken(new.outcome, _offer(new.offer)):
        remedy = "it holds whoever decides; put the facts right, or find that the policy is wrong and have it changed"
        yield Mistake("decision", f"the policy promises `{promise}`", remedy)
    if _same(weighed.old, new):
        yield Mistake("decision", "it is what was decided before", "uphold the old decision instead")


def _about_outcome(weighed: Weighed, outcome: Outcome) -> Iterator[Mistake]:
    final = [each for each in weighed.policy.outcomes if each.favourable or each.adverse]
    if outcome not in final:
        remedy = f"policy `{weighed.policy.name}` ends in: {', '.join(final)}"
        yield Mistake("decision.outcome", f"`{outcome}` is no end of this policy", remedy)


def _about_reasons(policy: Policy, new: NewDecision) -> Iterator[Mistake]:
    known = ", ".join(policy.reasons)
    for place, code in enumerate(new.reasons):
        if code not in policy.reasons:
            yield Mistake(
                f"decision.reasons[{place}]", f"`{code[:80]}` is no reason of the policy", f"choose of: {known}"
            )
        elif code in new.reasons[:place]:
            yield Mistake(f"decision.reasons[{place}]", f"`{code}` is given twice", "give each reason once")
    if new.outcome.adverse and not new.reasons:
        yield Mistake("decision.reasons", "an adverse decision gives its reasons", f"choose of: {known}")


def _about_offer(weighed: Weighed, offer: OfferGiven | None, wanted: set[str]) -> Iterator[Mistake]:
    given: dict[str, Any] = msgspec.to_builtins(offer) if offer is not None else {}
    for amount in _AMOUNTS:
        path = f"decision.offer.{amount}"
        if amount in wanted and amount not in given:
            yield Mistake(path, "is missing", "the policy offers it with this outcome")
        elif amount in given and amount not in wanted:
            yield Mistake(path, "the policy offers no such amount with this outcome", "leave it out")
        elif amount in given and amount in weighed.caps and given[amount] > weighed.caps[amount][0]:
            bound, rule = weighed.caps[amount]
            yield Mistake(path, f"`{given[amount]}` is above the cap of rule `{rule}`", f"at most {bound}")


def _offered(policy: Policy, rule: str) -> list[str]:
    return [WIRE_AMOUNT[amount] for amount in policy.rule[rule].offer]


def _same(old: Decision, new: NewDecision) -> bool:
    return old.outcome is new.outcome and old.offer == _offer(new.offer)


def _offer(given: OfferGiven | None) -> Offer | None:
    amounts = msgspec.to_builtins(given) if given is not None else {}
    return Offer(**amounts) if amounts else None


def _reason(reason: Reason, outcome: Outcome) -> GivenReason:
    """Tell a reason as the engine would: who deceives is not told how it was found out."""
    general = reason.disclose == "general"
    statement, remedy = (wording.GENERAL, None) if general else (reason.statement, reason.remedy)
    return GivenReason(reason.code, (), outcome, statement, remedy, reason.note, {}, ())


def _statement(outcome: Outcome, offer: Offer | None, reasons: tuple[GivenReason, ...], answer: Answer) -> Text:
    parts = [wording.OPENING[outcome]]
    parts += [wording.offered(offer)] if offer is not None else []
    told = list(dict.fromkeys(reason.statement for reason in reasons))
    parts += [wording.numbered(told)] if told else []
    parts += dict.fromkeys(reason.remedy for reason in reasons if reason.remedy is not None)
    parts.append(Text(answer.zh, answer.en))
    parts += [wording.APPEAL] if outcome.adverse else []
    return wording.joined(parts)
