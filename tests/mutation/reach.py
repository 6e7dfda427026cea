"""Which statements each test reaches: one run of the tests over modules that note every statement they come to."""

from __future__ import annotations

import ast
import builtins
import importlib.abc
import importlib.util
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from importlib.machinery import ModuleSpec, SourceFileLoader
from pathlib import Path
from types import CodeType, ModuleType
from typing import NamedTuple

import pytest

NOTE = "__reached__"
Place = tuple[str, int]  #: a file, and the line a statement begins on


class Reach(NamedTuple):
    """What one test reaches, and how long it takes."""

    seconds: float  #: of its own
    places: frozenset[Place]
    shared: Mapping[str, float] = {}  #: seconds of what it needs that is made once for several tests


class Reached(NamedTuple):
    """What all tests reach, and what is reached before any of them: where a module is imported."""

    tests: dict[str, Reach]
    importing: frozenset[Place]

    def timed_by(self, other: Reached) -> Reached:
        """The same with the times of another run; tests that did not pass in both are left out."""
        times = {
            test: reach._replace(seconds=other.tests[test].seconds, shared=other.tests[test].shared)
            for test, reach in self.tests.items()
            if test in other.tests
        }
        return Reached(times, self.importing)


class Changed(importlib.abc.MetaPathFinder):
    """Imports modules of one package from syntax trees that were changed before."""

    def __init__(self, trees: dict[str, ast.Module], root: Path) -> None:
        self.trees = trees  #: by module name
        self.root = root

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Find a module among the changed ones."""
        if fullname not in self.trees:
            return None
        file = self.root / f"{fullname.replace('.', '/')}.py"
        return importlib.util.spec_from_file_location(fullname, file, loader=_Loader(fullname, file, self.trees))


class _Loader(SourceFileLoader):
    def __init__(self, fullname: str, file: Path, trees: dict[str, ast.Module]) -> None:
        super().__init__(fullname, str(file))
        self.trees = trees

    def get_code(self, fullname: str) -> CodeType:
        """Compile the changed tree, past any cache."""
        return compile(self.trees[fullname], self.path, "exec")


def noting(tree: ast.Module, file: str) -> ast.Module:
    """Put a note before every statement of every function."""
    for function in [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)]:
        for node in [function, *_nested(function)]:
            for field in ("body", "orelse", "finalbody"):
                statements = getattr(node, field, None)
                if isinstance(statements, list) and statements and isinstance(statements[0], ast.stmt):
                    setattr(node, field, [part for one in statements for part in _noted(one, file)])
    return ast.fix_missing_locations(tree)


def _nested(function: ast.FunctionDef) -> Iterator[ast.AST]:
    """Parts of a function that hold statements, but for functions inside, which are found by themselves."""
    for child in ast.iter_child_nodes(function):
        yield from _blocks(child)


def _blocks(node: ast.AST) -> Iterator[ast.AST]:
    if isinstance(node, ast.FunctionDef | ast.Lambda):
        return
    yield node
    for child in ast.iter_child_nodes(node):
        yield from _blocks(child)


def _noted(statement: ast.stmt, file: str) -> list[ast.stmt]:
    if isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant):
        return [statement]  # a docstring stays first
    place = ast.Tuple([ast.Constant(file), ast.Constant(statement.lineno)], ast.Load())
    note = ast.Expr(ast.Call(ast.Name(NOTE, ast.Load()), [place], []))
    return [ast.copy_location(note, statement), statement]


class Recorder:
    """A pytest plugin that remembers what each test reaches."""

    def __init__(self) -> None:
        self.tests: dict[str, Reach] = {}
        self.failed: set[str] = set()  #: without any change
        self.places: set[Place] = set()
        self.setups: dict[str, Reach] = {}  #: what fixtures reach that are made once for several tests
        self.preparing = 0.0  #: seconds of the present test that went into those
        self.importing: frozenset[Place] = frozenset()
        note: Callable[[Place], None] = self.places.add
        setattr(builtins, NOTE, note)

    def reached(self) -> Reached:
        """What the tests reach that pass without any change; the others would notice every one."""
        return Reached({test: reach for test, reach in self.tests.items() if test not in self.failed}, self.importing)

    def pytest_collection_finish(self) -> None:
        """Remember what was reached while modules were imported: a change there comes too late in a function."""
        self.importing = frozenset(self.places)

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Iterator[None]:
        """Run one test between two looks at the notes."""
        self.places.clear()
        self.preparing, started = 0.0, time.process_time()
        yield
        seconds = time.process_time() - started - self.preparing
        shared = {name: self.setups[name] for name in getattr(item, "fixturenames", ()) if name in self.setups}
        places = frozenset(self.places).union(*(one.places for one in shared.values()))
        self.tests[item.nodeid] = Reach(seconds, places, {name: one.seconds for name, one in shared.items()})

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Remember what fails without any change."""
        if report.failed:
            self.failed.add(report.nodeid)

    @pytest.hookimpl(wrapper=True)
    def pytest_fixture_setup(self, fixturedef: pytest.FixtureDef[object]) -> Iterator[None]:
        """Remember what is reached for all tests that share a fixture, whichever of them comes first."""
        before = set(self.places)
        self.places.clear()
        started = time.process_time()
        result = yield
        if fixturedef.scope != "function":
            seconds = time.process_time() - started
            self.setups[fixturedef.argname] = Reach(seconds, frozenset(self.places))
            self.preparing += seconds
        self.places |= before
        return result


def import_from(trees: dict[str, ast.Module], root: Path) -> None:
    """Let the next import of these modules take the changed trees."""
    sys.meta_path.insert(0, Changed(trees, root))
