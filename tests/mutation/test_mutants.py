"""The mutation tester itself: a change is put in whole, taken out without a trace, and never silently left out."""

from __future__ import annotations

import ast
import gc
from types import FunctionType

import pytest

from tests.mutation.__main__ import ROOT
from tests.mutation.mutants import mutants, read
from tests.mutation.running import functions_by_code, replace, replacements

FILES = ("engine/kinds.py", "engine/parts.py", "engine/codes.py", "engine/reading/strata.py")


@pytest.mark.parametrize("file", FILES)
def test_a_change_is_taken_out_without_a_trace(file: str) -> None:
    """With it the module compiles to other code, without it to the same as before, places included."""
    tree = read(ROOT / file)
    before = compile(tree, file, "exec")
    for mutant in mutants(tree):
        with mutant.made():
            assert compile(tree, file, "exec") != before, mutant.text
        assert compile(tree, file, "exec") == before, mutant.text


def _changed(text: str) -> list[str]:
    return [mutant.text for mutant in mutants(ast.parse(text))]


@pytest.mark.parametrize(
    ("text", "changes"),
    [
        ("def f(a): return not a", ["return not a  ->  return None", "not a  ->  a"]),
        ("x = 1 < 2", ["1 < 2  ->  1 <= 2", "1 < 2  ->  1 >= 2", "1  ->  2", "2  ->  3", "2  ->  1"]),
        ("x = 'word'", ["'word'  ->  'Xword'"]),
        ("x = 'a sentence'", []),
        ("x: dict[str, int]", []),
        ("assert 1 < 2", []),
        ("raise AssertionError(1)", []),
        ("REMEMBERED = 5", []),
        ("def f(self): return len(self.known) < REMEMBERED", ["return len(self.known) < REMEMBERED  ->  return None"]),
    ],
)
def test_what_is_changed_and_what_is_left_alone(text: str, changes: list[str]) -> None:
    """Operators, numbers, words and returns are; sentences, types, assertions and the sizes of caches are not."""
    assert _changed(text) == changes


def double(number: int) -> int:
    """A function to be changed."""
    return number * 2


def _double(body: str) -> str:
    return f"\n\ndef double(number: int) -> int:\n    {body}\n"


def test_a_living_function_gets_the_changed_code() -> None:
    """Wherever it is referred to, it then does what the change says; code that nothing has is an error."""
    place: dict[str, object] = {}
    before, after = (compile(_double(body), __file__, "exec") for body in ("return number * 2", "return number + 2"))
    exec(before, place)  # a module of our own
    function = place["double"]
    assert isinstance(function, FunctionType)
    living = {function.__code__: [function]}

    replace(replacements(before, after, living))

    assert function(5) == 7
    with pytest.raises(LookupError, match="nothing that lives has the code of `double`"):
        replace(replacements(before, after, {}))
    assert double in functions_by_code()[double.__code__]
    gc.unfreeze()
