"""Why a condition is unknown, as closures: what `interpreter.blame` says, compiled beforehand, in one pass."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

from engine.expression import Among, Compare, Expression, Junction, Not, names_in
from engine.interpreter import Facts
from engine.running.compute import Incomputable
from engine.running.conditions import compile_condition, compile_term

#: The condition's status and, when it is None, the absent names of its unknown terms and the first cause.
Finding = tuple[bool | None, tuple[str, ...], str | None]
Blame = Callable[[Facts, dt.date], Finding]


def compile_blame(condition: Expression) -> Blame:
    """Compile a condition to a closure that decides it and says why it is unknown."""
    match condition:
        case Junction():
            return _junction(condition)
        case Not():
            item = compile_blame(condition.item)
            return lambda values, today: _opposite(item(values, today))
        case Compare() | Among():
            return _term(condition)
        case _:
            return _plain(condition)


def _opposite(finding: Finding) -> Finding:
    status, names, cause = finding
    return (None if status is None else not status), names, cause


def _junction(condition: Junction) -> Blame:
    items, decisive = [compile_blame(item) for item in condition.items], condition.op == "or"

    def join(values: Facts, today: dt.date) -> Finding:
        unknown = False
        names: dict[str, None] = {}
        cause = None
        for item in items:
            status, absent, why = item(values, today)
            if status is decisive:
                return decisive, (), None
            if status is None:
                unknown = True
                names.update(dict.fromkeys(absent))
                cause = cause or why
        return (None, tuple(names), cause) if unknown else (not decisive, (), None)

    return join


def _term(condition: Compare | Among) -> Blame:
    term, names = compile_term(condition), names_in(condition)

    def test(values: Facts, today: dt.date) -> Finding:
        absent = tuple([name for name in names if name not in values])
        if absent:
            return None, absent, None
        try:
            return term(values, today), (), None
        except Incomputable as reason:
            return None, (), str(reason)

    return test


def _plain(condition: Expression) -> Blame:
    truth, names = compile_condition(condition), names_in(condition)

    def test(values: Facts, today: dt.date) -> Finding:
        status = truth(values, today)
        absent = () if status is not None else tuple([name for name in names if name not in values])
        return status, absent, None

    return test
