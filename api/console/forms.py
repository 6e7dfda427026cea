"""What the forms of a case say, read strictly: amounts in yuan and percent become fen and basis points, exactly."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from typing import Any, TypeVar

import msgspec

from api.casework.schemas import Answer, Conclusion, Question, Written
from api.casework.states import Result
from api.errors import InvalidBody, Mistake

Fields = Mapping[str, str]
Body = TypeVar("Body")

_CONTROL = "it holds a control character, which nobody could read or print"
TEXTS = ("grounds", "answer_zh", "answer_en")
AMOUNTS = {"limit_fen": "limit", "apr_bp": "apr", "term_months": "term"}
_DECIDES = {Result.DECIDE, Result.OVERTURN}  #: results that come with a new decision


def written(fields: Fields) -> Written:
    """Read a form with one text."""
    return _checked({"text": fields.get("text", "").strip()}, Written)


def question(fields: Fields) -> Question:
    """Read a question to the applicant."""
    asked = {"zh": fields.get("question_zh", "").strip(), "en": fields.get("question_en", "").strip()}
    return _checked({"question": asked, "facts": ticked(fields, "fact")}, Question)


def conclusion(fields: Fields) -> Conclusion:
    """Read how a case is to end; raise InvalidBody with every mistake that can be told apart."""
    given: dict[str, Any] = {
        "result": fields.get("result", ""),
        "because": ticked(fields, "because"),
        "grounds": fields.get("grounds", "").strip(),
        "answer": msgspec.to_builtins(Answer(fields.get("answer_zh", "").strip(), fields.get("answer_en", "").strip())),
    }
    if given["result"] in _DECIDES:
        given["decision"] = _decision(fields)
    return _checked(given, Conclusion)


def ticked(fields: Fields, family: str) -> list[str]:
    """Give the boxes of a family that were ticked, in the order of the form."""
    return [name.removeprefix(f"{family}.") for name in fields if name.startswith(f"{family}.")]


def _decision(fields: Fields) -> dict[str, Any]:
    offer = {member: _amount(fields, name) for member, name in AMOUNTS.items() if fields.get(name, "").strip()}
    decision: dict[str, Any] = {"outcome": fields.get("outcome", ""), "reasons": ticked(fields, "reason")}
    return {**decision, "offer": offer} if offer else decision


def _amount(fields: Fields, name: str) -> int:
    """Read an amount: yuan to two decimals, percent to two, months whole."""
    text = fields[name].strip().replace(",", "").removesuffix("%").removesuffix("元").strip()
    scale = 1 if name == "term" else 100
    try:
        value = Decimal(text) * scale
    except InvalidOperation:
        raise _refused(name, fields[name]) from None
    if not value.is_finite() or value != value.to_integral_value() or not 0 <= value < 2**53:
        raise _refused(name, fields[name])
    return int(value)


def _refused(name: str, text: str) -> InvalidBody:
    remedies = {"limit": "yuan, e.g. 50,000.00", "apr": "percent, e.g. 10.95", "term": "whole months, e.g. 12"}
    return InvalidBody(mistakes=[Mistake(name, f"`{text[:40]}` is not such an amount", remedies[name])])


def _checked(given: dict[str, Any], wanted: type[Body]) -> Body:
    try:
        return msgspec.convert(given, wanted)
    except msgspec.ValidationError as error:
        message, _, path = str(error).partition(" - at `$.")
        message = _CONTROL if "matching regex" in message else message  # spaces around a text are gone by now
        place = path.rstrip("`") or "result"
        raise InvalidBody(
            mistakes=[Mistake(place, message[:1].lower() + message[1:], _REMEDIES.get(place, ""))]
        ) from None


_REMEDIES = {
    "result": "choose how the case ends",
    "because": "tick one to five reasons",
    "grounds": "write why, for the file",
    "answer.zh": "the applicant is answered in both languages",
    "answer.en": "the applicant is answered in both languages",
    "text": "write a line",
    "question.zh": "the applicant is asked in both languages",
    "question.en": "the applicant is asked in both languages",
}
