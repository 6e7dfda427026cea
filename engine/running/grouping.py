"""Tables that are looked up together: what one reads of another need not be looked up a second time.

What a table comes to depends on the classes its inputs fall into and on nothing else. Tables that read each other's
results are put into one group, as long as what they read from outside falls into few combinations of classes: each
combination is settled once, table by table, and remembered.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from math import prod
from typing import Any

import msgspec

from engine.expression import Expression, names_in
from engine.running.columns import Column

COMBINATIONS = 512  #: of classes of what tables read that are put together; one table may have more


class Input(msgspec.Struct, frozen=True):
    """Something a group reads, and the classes its values fall into."""

    name: str | None  #: the fact, or None for a computed test
    test: Expression | None
    words: int  #: how many there are, if it is a word or a flag
    points: tuple[Any, ...]  #: a number's class is how many of these lie at or below it

    @property
    def classes(self) -> int:
        """How many there are."""
        return self.words or len(self.points) + 1

    @property
    def reads(self) -> tuple[str, ...]:
        """The facts it needs."""
        return (self.name,) if self.name is not None else names_in(self.test) if self.test is not None else ()


class Step(msgspec.Struct, frozen=True):
    """A derived fact that is computed, or tables that are looked up together."""

    names: tuple[str, ...]  #: what is derived, in the policy's order
    inputs: tuple[Input, ...]  #: of tables
    reads: tuple[str, ...]

    @property
    def combinations(self) -> int:
        """How many combinations its inputs may come in."""
        return prod([one.classes for one in self.inputs])


def steps(nodes: Sequence[tuple[str, tuple[str, ...], tuple[Column, ...] | None]]) -> list[Step]:
    """Put derived facts (name, what it reads, columns of a table) into steps, each after all it reads."""
    maker: dict[str, Step] = {}
    for name, reads, columns in nodes:
        step = Step((name,), (), reads) if columns is None else _joined(_table(name, columns), maker)
        maker |= dict.fromkeys(step.names, step)
    return list(_ordered(maker))


def _table(name: str, columns: Sequence[Column]) -> Step:
    inputs = [Input(one.name, one.test, len(one.words), tuple(one.points)) for one in columns]
    return _step((name,), inputs)


def _step(names: tuple[str, ...], inputs: Sequence[Input]) -> Step:
    return Step(names, tuple(inputs), tuple(dict.fromkeys(name for one in inputs for name in one.reads)))


def _joined(table: Step, maker: Mapping[str, Step]) -> Step:
    """A table with those it reads, or by itself."""
    others = list({id(step): step for name in table.reads if (step := maker.get(name)) is not None}.values())
    others = [step for step in others if step.inputs]
    joined = _together([*others, table], [*maker, *table.names])
    fits = joined.combinations <= COMBINATIONS and not _circular(joined, maker)
    return joined if others and fits else table


def _together(members: Sequence[Step], order: Sequence[str]) -> Step:
    names = tuple(sorted([name for step in members for name in step.names], key=order.index))
    inputs: dict[object, Input] = {}
    for one in [one for step in members for one in step.inputs]:
        if one.name is None:
            inputs[one.test] = one
        elif one.name not in names:
            known = inputs.get(one.name, one)
            inputs[one.name] = Input(one.name, None, one.words, tuple(sorted({*known.points, *one.points})))
    return _step(names, list(inputs.values()))


def _circular(step: Step, maker: Mapping[str, Step]) -> bool:
    """Whether something it reads needs something it makes."""
    mine, seen, waiting = set(step.names), set[str](), list(step.reads)
    while waiting:
        name = waiting.pop()
        if name in mine:
            return True
        if name not in seen and name in maker:
            seen.add(name)
            waiting += maker[name].reads
    return False


def _ordered(maker: Mapping[str, Step]) -> Iterator[Step]:
    done: set[int] = set()

    def before(step: Step) -> Iterator[Step]:
        if id(step) not in done:
            done.add(id(step))
            for name in step.reads:
                if name in maker:
                    yield from before(maker[name])
            yield step

    for step in maker.values():
        yield from before(step)
