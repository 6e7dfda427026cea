"""From a recorded decision to the notice an applicant gets; pure: the same decision is always the same letter."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from zoneinfo import ZoneInfo

import msgspec

from api.automation.referral import left_to_a_person
from api.clocks import ClockKind, Clocks, Length, soonest
from api.clocks.packs import Told
from api.explanations import Account
from api.letters.letter import Ground, Letter, Looked, Pair, Section, Sender
from api.letters.letterhead import Letterhead
from api.letters.words import Words
from engine import Decision, Outcome
from engine.decision import GivenReason, Offer
from engine.explaining.wording import OPENING, percent, yuan
from engine.policy import Policy

_NOT_ABOUT_THEM = "environment"  #: facts of our own business say nothing about the applicant
_PENDING = frozenset({Outcome.REFER, Outcome.VERIFY, Outcome.INCOMPLETE})


class Basis(msgspec.Struct, frozen=True):
    """All a notice is made of."""

    decision_id: str
    index: int  #: in the log
    origin: str  #: of the log
    decided_at: dt.datetime
    account: Account
    letterhead: Letterhead
    clocks: Clocks
    kept_until: dt.date  #: the first day on which what the decision rests on may be gone


def compose(basis: Basis, words: Words) -> Letter:
    """Write the notice of a decision."""
    decision = basis.account.decision
    pending = decision.outcome in _PENDING
    return Letter(
        language=words("tag"),
        written_at=basis.decided_at.isoformat(timespec="seconds"),
        sender=sender(basis.letterhead, words),
        particulars=_particulars(basis, words),
        title=words(f"title.{'pending' if pending else 'decided'}", about=_about(basis, words)),
        salutation=words("salutation"),
        lead=(words.of(OPENING[decision.outcome]),),
        offer_caption=words("offer.caption"),
        offer=offered(decision.offer, words),
        grounds_heading=words(f"grounds.{_tone(decision)}"),
        grounds=tuple(_grounds(decision, words)),
        looked_caption=words("looked.caption"),
        looked_columns=(words("looked.label"), words("looked.value"), words("looked.source")),
        looked=tuple(_looked(basis.account, words)),
        sections=tuple(_sections(basis, words)),
        closing=words("closing"),
        record_heading=words("record.heading"),
        record=_record(basis, words),
        record_note=words("record.note"),
    )


def sender(letterhead: Letterhead, words: Words) -> Sender:
    """Say who writes."""
    return Sender(words.of(letterhead.name), words.of(letterhead.address), words.of(letterhead.contact))


def offered(offer: Offer | None, words: Words) -> tuple[Pair, ...]:
    """Set out an offer, amount by amount."""
    rows = []
    if offer is not None and offer.limit_fen is not None:
        rows.append(Pair(words("offer.limit_fen"), words("offer.limit_value", yuan=yuan(offer.limit_fen))))
    if offer is not None and offer.apr_bp is not None:
        rows.append(Pair(words("offer.apr_bp"), words("offer.apr_value", percent=percent(offer.apr_bp))))
    if offer is not None and offer.term_months is not None:
        rows.append(Pair(words("offer.term_months"), words.period(Length(offer.term_months, "month"))))
    return tuple(rows)


def remedies(told: tuple[Told, ...], day: dt.date, words: Words) -> tuple[str, ...]:
    """Say where to turn next."""
    return tuple(words.of(each) for each in told if each.in_force(day))


def _particulars(basis: Basis, words: Words) -> tuple[Pair, ...]:
    return (
        Pair(words("particulars.date"), words.day(basis.clocks.day(basis.decided_at))),
        Pair(words("particulars.decision"), basis.decision_id),
        Pair(words("particulars.customer"), basis.account.request.subject),
    )


def _about(basis: Basis, words: Words) -> str:
    policy = basis.account.policy
    known = words.has("about", policy.name) and policy.name != "other"
    return words(f"about.{policy.name if known else 'other'}", title=words.of(policy.title))


def _tone(decision: Decision) -> str:
    return "adverse" if decision.adverse else "favourable" if decision.favourable else "pending"


def _grounds(decision: Decision, words: Words) -> Iterator[Ground]:
    """Give each reason once; two that are told in the same general words are one."""
    grounds = [
        Ground(words.of(each.statement), words.of(each.remedy) if each.remedy else "") for each in decision.reasons
    ]
    yield from dict.fromkeys(grounds)


def _looked(account: Account, words: Words) -> Iterator[Looked]:
    """Give what the reasons rest on, down to what was given; of what is told in general words only, nothing."""
    policy, decision = account.policy, account.decision
    open_, hidden = _read(policy, decision.reasons, "full"), _read(policy, decision.reasons, "general")
    for name in open_:
        if name not in hidden and (row := _row(account, name, words)) is not None:
            yield row


def _read(policy: Policy, reasons: Sequence[GivenReason], disclose: str) -> dict[str, None]:
    """Name the facts that reasons of one sort rest on, in order: those given, and what was counted over given lists."""
    declared = [each for each in reasons if each.code in policy.reasons]
    read = [name for each in declared if policy.reasons[each.code].disclose == disclose for name in each.facts]
    counted = {each.name for each in policy.aggregates}
    return dict.fromkeys(base for name in read for base in ([name] if name in counted else policy.base.get(name, ())))


def _row(account: Account, name: str, words: Words) -> Looked | None:
    policy, given = account.policy, account.request.facts
    fact = policy.facts.get(name)
    if fact is not None and fact.source == _NOT_ABOUT_THEM:
        return None
    if fact is not None and fact.kind is not None and name in given and not fact.protected:
        shown = words.value(fact.kind.name, given[name], fact.words)
        return Looked(words.of(fact.label), shown, words(f"source.{fact.source}"))
    counted = next((each for each in policy.aggregates if each.name == name and each.label is not None), None)
    value = next((each.facts[name] for each in account.decision.reasons if name in each.facts), None)
    if counted is None or counted.label is None or value is None:
        return None
    source = words(f"source.{policy.facts[counted.records].source}")
    return Looked(words.of(counted.label), words.value(counted.kind.name, value, {}), source)


def _sections(basis: Basis, words: Words) -> Iterator[Section]:
    decision = basis.account.decision
    if decision.adverse and not _unexplained(decision):
        yield _recourse(basis, words)
    yield Section("how", words("decided.heading"), tuple(_how(basis, words)))
    if decision.outcome not in _PENDING:
        yield _appeal(basis, words)
    yield _rights(basis, words)


def _unexplained(decision: Decision) -> bool:
    """Whether no rule stands behind the answer: a person decides, or did."""
    return decision.engine.name == "person" or left_to_a_person(decision)


def _recourse(basis: Basis, words: Words) -> Section:
    found = basis.account.recourse
    ways = tuple(words.of(each.statement) for each in found.alternatives if each.disclose == "full")
    note = words("recourse.note") if ways else ""
    return Section("recourse", words("recourse.heading"), (words.of(found.statement),), ways, note)


def _how(basis: Basis, words: Words) -> Iterator[str]:
    decision, policy = basis.account.decision, basis.account.policy
    if decision.outcome is Outcome.REFER:
        yield words("decided.referred")
        yield from _due(basis, words)
    elif decision.outcome in _PENDING:
        yield words("decided.waiting")
    elif decision.engine.name == "person":
        yield words("decided.person")
    else:
        as_of = words.day(basis.clocks.day(decision.as_of))
        yield words("decided.rules", policy=words.of(policy.title), version=policy.version, as_of=as_of)


def _due(basis: Basis, words: Words) -> Iterator[str]:
    decision = basis.account.decision
    begun = basis.clocks.of_decision(decision.outcome, decision.policy.name, basis.decided_at, met_by="conclusion")
    if (due := soonest(begun)) is not None:
        yield words("decided.due", day=words.day(due.day))
        if due.provisional:
            yield words("decided.provisional")


def _appeal(basis: Basis, words: Words) -> Section:
    head, pack = basis.letterhead, basis.clocks.pack
    day = basis.clocks.day(basis.decided_at)
    lines = [words("appeal.how", until=words.day(basis.kept_until), way=words.of(head.appeal))]
    clock = next((each for each in pack.clocks if each.kind is ClockKind.APPEAL_ANSWER and each.in_force(day)), None)
    if clock is not None:
        lines.append(words("appeal.answer", length=words.period(Length.of(clock.length))))
        lines += [words("appeal.answer_extended")] if clock.extensions else []
    ours = words("gap").join(lines)
    return Section("appeal", words("appeal.heading"), (ours, *remedies(pack.remedies, day, words)))


def _rights(basis: Basis, words: Words) -> Section:
    decision, day = basis.account.decision, basis.clocks.day(basis.decided_at)
    automated = decision.engine.name != "person" and decision.outcome not in _PENDING
    applies = {"always": True, "adverse": decision.adverse, "automated": automated}
    told = [each for each in basis.clocks.pack.rights if applies[each.when] and each.in_force(day)]
    oversight = basis.letterhead.oversight
    note = words("oversight.text", name=words.of(oversight)) if oversight else ""
    return Section("rights", words("rights.heading"), (), tuple(words.of(each) for each in told), note)


def _record(basis: Basis, words: Words) -> tuple[Pair, ...]:
    policy, zone = basis.account.policy, ZoneInfo(basis.clocks.pack.zone)
    at = basis.decided_at.astimezone(zone)
    return (
        Pair(
            words("record.policy"), words("record.policy_value", title=words.of(policy.title), version=policy.version)
        ),
        Pair(words("record.decided"), f"{at:%Y-%m-%d %H:%M:%S} (UTC{at:%z})"),
        Pair(words("record.log"), basis.origin),
        Pair(words("record.index"), str(basis.index)),
    )
