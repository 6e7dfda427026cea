"""The phrases that sentences about policies are made of, in Chinese and English: comparisons, units, amounts, lists."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction

from engine.expression import CompareOp, number_text
from engine.kinds import Kind
from engine.policy import Outcome
from engine.vocabulary import Text

OUTCOMES: Mapping[Outcome, Text] = {
    Outcome.APPROVE: Text("通过", "approve"),
    Outcome.REJECT: Text("拒绝", "reject"),
    Outcome.REFER: Text("转人工", "refer"),
    Outcome.VERIFY: Text("补充核验", "verify"),
    Outcome.INCOMPLETE: Text("资料不全", "incomplete"),
    Outcome.KEEP: Text("维持", "keep"),
    Outcome.INCREASE: Text("提额", "increase"),
    Outcome.DECREASE: Text("降额", "decrease"),
    Outcome.SUSPEND: Text("暂停使用", "suspend"),
    Outcome.RESTORE: Text("恢复", "restore"),
    Outcome.CLOSE: Text("关闭", "close"),
}
COMPARED: Mapping[CompareOp, Text] = {
    "==": Text("等于", "is"),
    "!=": Text("不等于", "is not"),
    "<": Text("小于", "is less than"),
    "<=": Text("不超过", "is at most"),
    ">": Text("大于", "is more than"),
    ">=": Text("至少", "is at least"),
}
DATED: Mapping[CompareOp, Text] = {
    **COMPARED,
    "<": Text("早于", "is before"),
    "<=": Text("不晚于", "is on or before"),
    ">": Text("晚于", "is after"),
    ">=": Text("不早于", "is on or after"),
}
NAMED: Mapping[CompareOp, Text] = {**COMPARED, "==": Text("为", "is"), "!=": Text("不是", "is not")}
SINCE = {"days_since": ("天数", "days"), "months_since": ("月数", "months"), "years_since": ("年数", "years")}
EXTREME = {("min", 2): ("较小者", "smaller"), ("max", 2): ("较大者", "larger")}
UNITS = {
    "days": "天",
    "months": "个月",
    "years": "年",
    "years of age": "岁",
    "hours": "小时",
    "times": "次",
    "points": "分",
    "lenders": "家",
    "categories": "类",
}
SINGULAR = {"categories": "category", "years of age": "year of age"}
SIGNS = {"+": "+", "-": "−", "*": "×", "/": "÷"}
STRENGTH = {"+": 1, "-": 1, "*": 2, "/": 2}


def amount(kind: Kind, value: int | Fraction, unit: str = "") -> Text:
    """Say a number in natural units: `5,000.00元`, `18.5%`, `30天`."""
    if kind.name == "money":
        text = f"{grouped(number_text(value), 2)}"
        return Text(f"{text}元", f"{text} yuan")
    if kind.name == "rate":
        text = f"{grouped(number_text(Fraction(value) * 100))}%"
        return Text(text, text)
    text = grouped(number_text(value))
    if not unit:
        return Text(text, text)
    word = SINGULAR.get(unit, unit.removesuffix("s")) if abs(value) == 1 else unit
    return Text(f"{text}{UNITS.get(unit, f' {unit}')}", f"{text} {word}")


def grouped(number: str, decimals: int = 0) -> str:
    """Put commas into a decimal number, and so many decimals at least: `5,000.00`."""
    whole, _, rest = number.partition(".")
    sign, digits = ("-", whole[1:]) if whole.startswith("-") else ("", whole)
    text = f"{sign}{int(digits):,}"
    rest = rest.ljust(decimals, "0")
    return f"{text}.{rest}" if rest else text


def either(parts: Sequence[str]) -> str:
    """`a, b or c`."""
    return " or ".join([", ".join(parts[:-1]), parts[-1]] if len(parts) > 1 else parts)


def all_of(parts: Sequence[str]) -> str:
    """`a, b and c`."""
    return " and ".join([", ".join(parts[:-1]), parts[-1]] if len(parts) > 1 else parts)


def joined(parts: Sequence[Text]) -> Text:
    """Several tests of one cell."""
    return Text("，".join(part.zh for part in parts), ", ".join(part.en for part in parts))
