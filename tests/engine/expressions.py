"""Expressions for tests: a scope with every kind, and Hypothesis strategies that write expressions over it."""

from __future__ import annotations

from collections.abc import Mapping

from hypothesis import strategies as st

from engine.kinds import BOOL, DATE, INT, MONEY, RATE, Kind

COLOUR = Kind("enum", ("red", "green", "blue"))
SCOPE: Mapping[str, Kind] = {
    "count_a": INT,
    "count_b": INT,
    "income": MONEY,
    "debt": MONEY,
    "share": RATE,
    "ratio": RATE,
    "flag": BOOL,
    "mark": BOOL,
    "word": COLOUR,
    "hue": COLOUR,
    "day": DATE,
    "other_day": DATE,
}
OPERATORS = st.sampled_from(["==", "!=", "<", "<=", ">", ">="])
EQUALITY = st.sampled_from(["==", "!="])

_WHOLE = st.integers(0, 10**15).map(str)
LITERALS = {
    "int": _WHOLE,
    "money": st.builds("{}.{:02d}".format, st.integers(0, 10**9), st.integers(0, 99)),
    "rate": st.builds("0.{:04d}".format, st.integers(0, 9999)),
}


def names(kind: Kind) -> st.SearchStrategy[str]:
    """Facts of a kind."""
    return st.sampled_from([name for name, its in SCOPE.items() if its == kind])


def numbers(kind: Kind) -> st.SearchStrategy[str]:
    """Formulas of a unit, with all the parentheses a writer might or might not use."""
    factor = _WHOLE | names(INT)
    atoms = names(kind) | LITERALS[kind.name] | LITERALS[kind.name].map("-{}".format)
    if kind == INT:
        since = st.sampled_from(["days_since", "months_since", "years_since"])
        atoms |= st.builds("{}({})".format, since, names(DATE))

    def larger(parts: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
        grouped = parts | parts.map("({})".format) | parts.map("-({})".format)
        return (
            st.builds("{} + {}".format, grouped, grouped)
            | st.builds("{} - ({})".format, grouped, grouped)
            | st.builds("({}) * {}".format, grouped, factor)
            | st.builds("min({}, {})".format, parts, parts)
            | st.builds("max({}, {}, {})".format, parts, parts, parts)
            | st.builds("round_down({}, 5)".format, parts)
        )

    return st.recursive(atoms, larger, max_leaves=5)


def tests() -> st.SearchStrategy[str]:
    """Single conditions of every sort."""
    compared = [st.builds("{} {} {}".format, numbers(kind), OPERATORS, names(kind)) for kind in (INT, MONEY, RATE)]
    words, colours = names(COLOUR), st.sampled_from(COLOUR.values)
    dates = st.dates().map("'{}'".format)
    some = st.lists(colours, min_size=1, max_size=3).map(", ".join)
    member = st.sampled_from(["in", "not in"])
    return st.one_of(
        *compared,
        st.builds("{} <= {} < {}".format, _WHOLE, numbers(INT), _WHOLE),
        st.builds("{} > ({} + {}) / {}".format, names(RATE), names(MONEY), numbers(MONEY), names(MONEY)),
        st.builds("{} {} {}".format, words, EQUALITY, colours | words),
        st.builds("{} {} {}".format, colours, EQUALITY, words),
        st.builds("{} {} [{}]".format, words, member, some),
        st.builds("{} {} [{}, -{}]".format, numbers(INT), member, _WHOLE, _WHOLE),
        st.builds("{} {} {}".format, names(DATE), OPERATORS, dates | names(DATE)),
        st.builds("{} {} [{}, {}]".format, names(DATE), member, dates, dates),
        st.builds("{} is {}missing".format, st.sampled_from(sorted(SCOPE)), st.sampled_from(["", "not "])),
        st.builds("{} {} {}".format, names(BOOL), EQUALITY, names(BOOL) | st.sampled_from(["true", "false"])),
        names(BOOL),
        st.sampled_from(["true", "false"]),
    )


def conditions() -> st.SearchStrategy[str]:
    """Conditions, joined and negated."""

    def larger(parts: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
        grouped = parts.map("({})".format)
        return (
            st.builds("{} and {}".format, grouped, grouped)
            | st.builds("{} or {} or {}".format, grouped, parts, grouped)
            | grouped.map("not {}".format)
        )

    return st.recursive(tests(), larger, max_leaves=6)
