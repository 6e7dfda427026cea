"""The engine's own words in Chinese and English: openings, its own reasons, amounts and lists."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Protocol

from engine.decision import Offer
from engine.explaining.resolve import EMPTY_OFFER, FAULT, MISSING, UNDECIDED
from engine.policy import Outcome
from engine.vocabulary import Text

OPENING: Mapping[Outcome, Text] = {
    Outcome.APPROVE: Text("您的申请已通过。", "Your application is approved."),
    Outcome.KEEP: Text("您的额度保持不变。", "Your credit line stays as it is."),
    Outcome.INCREASE: Text("您的额度已提高。", "Your credit limit is increased."),
    Outcome.RESTORE: Text("您的额度已恢复使用。", "Your credit line can be used again."),
    Outcome.REJECT: Text("很抱歉，您的申请未获通过。", "We are sorry: your application is not approved."),
    Outcome.DECREASE: Text("您的额度将下调。", "Your credit limit is reduced."),
    Outcome.SUSPEND: Text("您的额度已暂停使用。", "Your credit line is suspended."),
    Outcome.CLOSE: Text("您的额度已关闭。", "Your credit line is closed."),
    Outcome.VERIFY: Text(
        "在作出决定之前，我们需要您完成核验。", "Before we can decide, we need you to complete a check."
    ),
    Outcome.REFER: Text("您的情况将由人工复核。", "A person will review your case."),
    Outcome.INCOMPLETE: Text("资料不全，暂时无法作出决定。", "We cannot decide yet because information is missing."),
}
AMOUNTS: Mapping[str, Text] = {
    "limit_fen": Text("额度", "Limit"),
    "apr_bp": Text("年化利率", "APR"),
    "term_months": Text("期限", "Term"),
}
APPEAL = Text(
    "如您认为决定有误，可以提出申诉，并要求由人工重新审核。",
    "If you think this decision is wrong, you may appeal and ask for a review by a person.",
)
GENERAL = Text("安全核验未能通过。", "A security check could not be completed.")
OWN: Mapping[str, Text] = {
    FAULT: Text("系统未能完成自动评估。", "The automatic assessment could not be completed."),
    MISSING: Text("作出决定所需的部分资料暂缺。", "Some of the information needed for a decision is missing."),
    UNDECIDED: Text("您的情况需要由人工判断。", "Your situation needs the judgement of a person."),
    EMPTY_OFFER: Text(
        "按现有资料无法确定可用额度。", "No credit limit could be worked out from the information we have."
    ),
}
NOTE: Mapping[str, str] = {
    FAULT: "a rule could not be computed; see `faults`",
    MISSING: "rules that could have changed the result lack facts; see `undetermined`",
    UNDECIDED: "no rule came to an outcome; the policy's `otherwise` applies",
    EMPTY_OFFER: "the lowest cap leaves no limit to offer",
}
#: Numbers in two and in three digits.
_TWO = tuple([f"{number:02d}" for number in range(100)])
_THREE = tuple([f"{number:03d}" for number in range(1000)])


def listed(labels: Iterable[Text]) -> Text:
    """Several names in one phrase."""
    labels = tuple(labels)
    return Text("、".join(label.zh for label in labels), ", ".join(label.en for label in labels))


def missing(labels: Sequence[Text]) -> Text:
    """What the applicant is asked for."""
    names = listed(labels)
    return Text(f"请补充以下资料：{names.zh}。", f"Please provide: {names.en}.")


class Reason(Protocol):
    """A reason as far as it is told to the applicant."""

    @property
    def statement(self) -> Text:
        """Why."""

    @property
    def remedy(self) -> Text | None:
        """What can be done about it."""


class Statement:
    """What an applicant is told on the same grounds: all of it but the amounts of an offer."""

    def __init__(self, opening: Text, rest: Sequence[Text]) -> None:
        self.text = joined([opening, *rest])
        self._before_zh, self._before_en = opening.zh, f"{opening.en} "
        self._after_zh = "".join(["。", *[part.zh for part in rest]])
        self._after_en = "".join([".", *[f" {part.en}" for part in rest]])

    def offering(self, offer: Offer) -> Text:
        """The statement with the offer in a sentence after the opening.

        Offers are not remembered, since nearly all are new.
        """
        limit, apr = offer.limit_fen, offer.apr_bp
        if limit is None or apr is None or offer.term_months is not None:
            zh, en = _offered(offer)
            return Text(f"{self._before_zh}{zh}{self._after_zh}", f"{self._before_en}{en}{self._after_en}")
        amount, rate = yuan(limit), percent(apr)
        return Text(
            f"{self._before_zh}额度 {amount} 元，年化利率 {rate}{self._after_zh}",
            f"{self._before_en}Limit CNY {amount}, APR {rate}{self._after_en}",
        )


def statement(outcome: Outcome, reasons: Sequence[Reason]) -> Statement:
    """What the applicant is told: the outcome, the reasons, what can be done, and the way to appeal."""
    parts = []
    statements = list(dict.fromkeys(reason.statement for reason in reasons))
    if statements and outcome is not Outcome.INCOMPLETE:
        parts.append(numbered(statements))
    parts += dict.fromkeys(reason.remedy for reason in reasons if reason.remedy is not None)
    if outcome.adverse:
        parts.append(APPEAL)
    return Statement(OPENING[outcome], parts)


def offered(offer: Offer) -> Text:
    """The offer in a sentence."""
    zh, en = _offered(offer)
    return Text(f"{zh}。", f"{en}.")


def _offered(offer: Offer) -> tuple[str, str]:
    """The amounts in words, without the full stop."""
    zh, en = [], []
    if offer.limit_fen is not None:
        amount = yuan(offer.limit_fen)
        zh.append(f"额度 {amount} 元")
        en.append(f"Limit CNY {amount}")
    if offer.apr_bp is not None:
        rate = percent(offer.apr_bp)
        zh.append(f"年化利率 {rate}")
        en.append(f"APR {rate}")
    if (months := offer.term_months) is not None:
        zh.append(f"期限 {months} 个月")
        en.append(f"{'term' if en else 'Term'} {months} month{'s' if months > 1 else ''}")
    return "，".join(zh), ", ".join(en)


def yuan(fen: int) -> str:
    """`4500000` -> `45,000.00`."""
    if 100_000 <= fen < 100_000_000:  # a thousand to a million yuan, as most are
        return f"{fen // 100_000},{_THREE[fen // 100 % 1000]}.{_TWO[fen % 100]}"
    return f"{fen // 100:,}.{_TWO[fen % 100]}" if fen >= 0 else f"-{yuan(-fen)}"


def percent(bp: int) -> str:
    """`1241` -> `12.41%`."""
    return f"{bp // 100}.{_TWO[bp % 100]}%" if bp >= 0 else f"-{percent(-bp)}"


def joined(parts: Sequence[Text]) -> Text:
    """Sentences one after the other."""
    return Text("".join(part.zh for part in parts), " ".join(part.en for part in parts))


def numbered(parts: Sequence[Text]) -> Text:
    """Reasons as a numbered list on one line."""
    if len(parts) == 1:
        return parts[0]
    zh = "".join(f"{number}. {part.zh}" for number, part in enumerate(parts, 1))
    return Text(zh, " ".join(f"{number}. {part.en}" for number, part in enumerate(parts, 1)))
