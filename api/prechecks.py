"""What an application would probably come to, told to the applicant before there is one; nothing of it is recorded.

A pre-check must not teach anybody what raises an alarm. Whatever a person would look at, and whatever has a reason that
is told in general words only, gets one and the same answer, without reasons and without ways round; and how often one
can ask about the same person is bounded.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import math
import time
from collections.abc import Mapping
from typing import Annotated, Any, Literal, Self

import msgspec
from msgspec import UNSET, Meta, UnsetType

from api import answers
from api.admission.buckets import Buckets
from api.errors import Mistake, RateLimited
from api.ledger import Ledger
from api.schemas import DecisionRequest, Instant, Name, Reference
from api.settings import Settings
from engine import Decision, Outcome
from engine.decision import Offer, PolicyRef
from engine.policy import Policy
from engine.reload import LiveEngine
from engine.vocabulary import Text

Outlook = Literal["favourable", "adverse", "verify", "incomplete", "open"]

NOTICE = Text(
    "这是试算结果，不是决定：未作任何记录，不影响您今后的申请。正式申请时将根据届时核实的资料另行作出决定，结果可能不同。",
    "This is an estimate and not a decision. Nothing was recorded, and it does not affect any later application. If "
    "you apply, the decision will be made on what has been verified by then, and it may be a different one.",
)
_STATEMENTS: Mapping[Outlook, Text] = {
    "favourable": Text(
        "按您提供的资料，申请有望通过。", "From what was provided, an application looks likely to succeed."
    ),
    "adverse": Text(
        "按您提供的资料，申请目前很可能不会通过。",
        "From what was provided, an application would probably not succeed at present.",
    ),
    "verify": Text(
        "按您提供的资料，申请之前需要先完成一项核验。",
        "From what was provided, a check would have to be completed before a decision.",
    ),
    "incomplete": Text("资料不全，暂时无法估计结果。", "There is not enough information for an estimate yet."),
    "open": Text(
        "申请的结果无法事先估计：可能需要由工作人员审核。您可以照常提出申请。",
        "The result cannot be estimated beforehand: one of our staff may have to look at it. You are free to apply.",
    ),
}
_OUTLOOKS: Mapping[Outcome, Outlook] = {Outcome.VERIFY: "verify", Outcome.INCOMPLETE: "incomplete"}
_NO_WAYS = Text("此处没有可以给出的建议。", "There is no advice to give here.")


class PreCheckRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What somebody would apply for, and what is known."""

    policy: Name
    subject: Reference  #: who asks; only counted, so that nobody tries answers out, and kept nowhere
    facts: Annotated[dict[str, Any], Meta(max_length=500, description="By name, as in POST /decisions; see GET /facts")]
    as_of: Instant | UnsetType = UNSET


class Ways(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What would change the answer, in plain words."""

    statement: Text
    alternatives: tuple[Text, ...]


class PreCheck(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An estimate: binding on nobody, recorded nowhere."""

    binding: Literal[False]
    notice: Text  #: to be shown with the rest
    outlook: Outlook  #: open: it cannot be said beforehand
    statement: Text
    reasons: tuple[Text, ...]
    remedies: tuple[Text, ...]
    recourse: Ways
    offer: Offer | None  #: what a favourable decision would offer
    policy: PolicyRef
    as_of: dt.datetime


class PreChecks:
    """Estimates, so many about one person and no more: a bucket for each, by a keyed hash, in memory."""

    def __init__(self, engine: LiveEngine, ledger: Ledger, buckets: Buckets) -> None:
        self._engine, self._ledger, self._buckets = engine, ledger, buckets

    @classmethod
    def open(cls, settings: Settings, engine: LiveEngine, ledger: Ledger) -> Self:
        """Begin to count."""
        regain_seconds = settings.pre_check_window_seconds / settings.pre_checks
        return cls(engine, ledger, Buckets(settings.pre_checks, regain_seconds, time.monotonic))

    async def estimate(self, asked: PreCheckRequest, actor: str) -> PreCheck:
        """Estimate; raise FactsError, UnknownPolicy, or RateLimited when this person was asked about too often."""
        self._count(self._ledger.fingerprints.of(actor, asked.subject))
        request = DecisionRequest(asked.policy, asked.subject, asked.facts, asked.as_of)
        moment = answers.moment(request, self._ledger.now())
        with self._engine.lease() as engine:
            decision = engine.decide(asked.policy, asked.facts, moment)
            outlook = outlook_of(decision, engine.policies[asked.policy])
        ways = Ways(_NO_WAYS, ())
        if outlook in ("favourable", "adverse"):
            ways = await asyncio.to_thread(self._ways, asked, moment)
        return _told(decision, outlook, ways)

    def _count(self, who: str) -> None:
        if self._buckets.level(who) < 1:
            seconds = math.ceil(self._buckets.seconds_until(self._buckets.level(who), 1))
            remedy = f"wait {seconds} seconds; an application is decided whenever it is made"
            raise RateLimited(Mistake("subject", "too many pre-checks about one person", remedy), seconds)
        self._buckets.spend(who)

    def _ways(self, asked: PreCheckRequest, moment: dt.datetime) -> Ways:
        found = self._engine.recourse(asked.policy, asked.facts, moment)
        return Ways(found.statement, tuple(each.statement for each in found.alternatives if each.disclose == "full"))


def outlook_of(decision: Decision, policy: Policy) -> Outlook:
    """Say what a decision looks like to the applicant; `open` whenever saying more could tip somebody off."""
    codes = (reason.code for reason in decision.reasons)
    if any(policy.reasons[code].disclose == "general" for code in codes if code in policy.reasons):
        return "open"
    if decision.favourable:
        return "favourable"
    return "adverse" if decision.adverse else _OUTLOOKS.get(decision.outcome, "open")


def _told(decision: Decision, outlook: Outlook, ways: Ways) -> PreCheck:
    given = () if outlook == "open" else decision.reasons
    return PreCheck(
        binding=False,
        notice=NOTICE,
        outlook=outlook,
        statement=_STATEMENTS[outlook],
        reasons=tuple(dict.fromkeys(reason.statement for reason in given)),
        remedies=tuple(dict.fromkeys(reason.remedy for reason in given if reason.remedy is not None)),
        recourse=ways,
        offer=decision.offer if outlook == "favourable" else None,
        policy=decision.policy,
        as_of=decision.as_of,
    )
