"""The mutation tester itself: a change is put in whole, taken out without a trace, and never silently left out."""

from __future__ import annotations

import ast
import gc
from collections.abc import Mapping
from types import FunctionType

import pytest

from tests.mutation.__main__ import ROOT
from tests.mutation.mutants import Mutant, mutants, read
from tests.mutation.planning import Job, Plan, users
from tests.mutation.reach import Place, Reach, Reached
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


MODULES = {
    "engine/data.py": "SIZE = 3\n",
    "engine/code.py": "from engine.data import SIZE\n\n\ndef f():\n    return SIZE\n",
    "engine/other.py": "from engine import data\n",
}


def _plan(importing: frozenset[Place] = frozenset(), more: Mapping[str, Reach] = {}) -> Plan:
    trees = {file: ast.parse(text) for file, text in MODULES.items()}
    tests = {
        "a.py::fast": Reach(0.01, frozenset({("engine/code.py", 5)})),
        "a.py::slow": Reach(0.2, frozenset({("engine/code.py", 5), ("engine/code.py", 7)})),
        "b.py::away": Reach(0.01, frozenset({("engine/far.py", 1)})),
    }
    return Plan(Reached({**tests, **more}, importing), users(trees), budget_seconds=10)


def _job(file: str, statement: int | None) -> Job:
    return Job(file, ast.parse(""), Mutant(1, "", statement, lambda: lambda: None))


def test_a_file_that_only_holds_data_is_tried_by_the_tests_of_its_users() -> None:
    """Nothing in it is ever reached, but what it says is read by modules that are."""
    assert users({file: ast.parse(text) for file, text in MODULES.items()})["engine/data.py"] == {
        "engine/code.py",
        "engine/other.py",
    }
    assert sorted(_plan().tests_of_file("engine/data.py")) == ["a.py::fast", "a.py::slow"]


def test_what_runs_while_modules_are_imported_is_tried_at_import() -> None:
    """A table that a function makes then is made before the function could be changed."""
    assert _plan().at_import(_job("engine/code.py", None))
    assert not _plan().at_import(_job("engine/code.py", 5))
    assert _plan(frozenset({("engine/code.py", 5)})).at_import(_job("engine/code.py", 5))


def test_a_test_of_the_very_case_comes_before_a_faster_one() -> None:
    """It reaches a line soon after the change that few tests reach; elsewhere the faster one is first."""
    many = {f"c.py::{number}": Reach(0.1, frozenset({("engine/code.py", 5)})) for number in range(20)}
    plan = _plan(more=many)

    assert plan.tests(_job("engine/code.py", 5))[0] == "a.py::slow"
    assert "b.py::away" not in plan.tests(_job("engine/code.py", 5))
    assert plan.tests_of_file("engine/code.py")[0] == "a.py::fast"


def test_times_are_those_of_a_run_without_notes() -> None:
    """What was reached comes from one run, how long it took from the other; who failed in either is left out."""
    noted = Reached({"a": Reach(9.0, frozenset({("f", 1)}), {"x": 5.0}), "b": Reach(1.0, frozenset())}, frozenset())
    timed = Reached({"a": Reach(1.0, frozenset(), {"x": 0.5})}, frozenset({("f", 2)}))

    assert noted.timed_by(timed) == Reached({"a": Reach(1.0, frozenset({("f", 1)}), {"x": 0.5})}, frozenset())
