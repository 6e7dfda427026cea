"""Functions made of syntax nodes: what they may see, and what is refused."""

from __future__ import annotations

import ast
import gc
import weakref
from fractions import Fraction

import pytest

from engine import generating as make
from engine.generating import Draft, function


def test_values() -> None:
    """What a policy says comes back as the very value it was, whatever it looks like."""
    words = ("plain", "__import__('os')", "a\nb", "", "额度", -(2**70), True, 1, None, Fraction(1, 3), ("x",))
    draft = Draft()
    draft.body.append(make.give(make.row([draft.value(word) for word in words])))

    given = draft.done("words")()
    assert given == words
    assert [type(one) for one in given] == [type(one) for one in words]


def test_same_value() -> None:
    """A value that is referred to twice is kept once."""
    draft, value = Draft(), Fraction(1, 3)
    draft.body.append(make.give(make.row([draft.value(value), draft.value(value)])))

    made = draft.done("twice")
    assert list(made.__globals__) == ["__builtins__", "c0"]
    assert made() == (value, value)


def test_parts() -> None:
    """Every part does what it says."""
    draft = Draft("facts", "limit")
    facts, limit, value = make.read("facts"), make.read("limit"), draft.value
    number = draft.keep(make.operate(make.item(facts, value("income")), "*", value(3)))
    draft.body += [
        make.assign("total", make.choose(make.compare(number, "<", limit), number, limit)),
        make.update("total", "-", make.call(value(len), facts)),
        make.put(facts, value("total"), make.read("total")),
        make.when(
            make.every([make.compare(limit, "is", limit), make.negate(make.compare(limit, ">=", value(0)))]),
            [make.fail(make.call(value(LookupError), limit))],
        ),
        make.when(make.some([make.compare(limit, "==", value(7)), value(False)]), [make.give(value("seven"))]),
        make.give(make.table([(value("total"), make.read("total"))])),
    ]
    made = draft.done("parts")

    facts_given = {"income": 5}
    assert made(facts_given, 10) == {"total": 9}
    assert facts_given == {"income": 5, "total": 9}
    assert made({"income": 5}, 7) == "seven"
    with pytest.raises(LookupError, match="-1"):
        made({"income": 5}, -1)
    assert made.__name__ == "parts"


@pytest.mark.parametrize(
    "text",
    [
        "return len",
        "return facts.keys()",
        "return __builtins__",
        "import os",
        "return [fact for fact in facts]",
        "return (lambda: facts)()",
        "return f'{facts}'",
        "return (yield facts)",
        "global facts",
        "def inner(): ...",
    ],
)
def test_refused(text: str) -> None:
    """Names nobody gave, attributes, imports, comprehensions and functions within have no business there."""
    with pytest.raises(ValueError, match="made function"):
        function("made", ["facts"], ast.parse(text).body, {})


@pytest.mark.parametrize("name", ["not an identifier", "x = 1; y", "__class__", ""])
def test_refused_names(name: str) -> None:
    """A name that is none of ours is refused wherever it stands."""
    body = [make.give(make.read(name))]
    with pytest.raises(ValueError, match="is no name"):
        function("made", [], body, {name: 1})
    with pytest.raises(ValueError, match="is no name"):
        function(name, [], [make.give(ast.Constant(1))], {})


def test_forgotten() -> None:
    """A function that is not used any more is gone at once, with all it was given: reloading leaves nothing behind."""

    class Kept:
        """A value to hold on to."""

    draft, kept = Draft(), Kept()
    draft.body.append(make.give(draft.value(kept)))
    made, seen = draft.done("made"), weakref.ref(kept)
    assert made() is kept
    del draft, kept

    gc.disable()
    try:
        del made
        assert seen() is None
    finally:
        gc.enable()
