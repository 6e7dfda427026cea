"""Which tests to run for a change, and in what order: the likeliest to notice it for the least time."""

from __future__ import annotations

import ast
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

from tests.mutation.mutants import Mutant
from tests.mutation.reach import Place, Reached

#: Tests that compare whole evaluations or decisions, and so notice more than their time tells; so many times more.
SHARP = ("test_differential.py", "test_golden.py")
SHARPER = 10
#: A test that reaches what few others do, on a line soon after the change, is about the case that the change decides.
SOON, FEW, FITTING = 4, 12, 30


class Job(NamedTuple):
    """One change of one file."""

    file: str
    tree: ast.Module
    mutant: Mutant


def users(trees: Mapping[str, ast.Module]) -> dict[str, set[str]]:
    """The files that import something of each file, by names like `engine/kinds.py`."""
    found: dict[str, set[str]] = defaultdict(set)
    for file, tree in trees.items():
        for node in ast.walk(tree):
            if isinstance(node, ast.ImportFrom) and node.module:
                module = node.module.replace(".", "/")
                for used in (module, *(f"{module}/{alias.name}" for alias in node.names)):
                    found[f"{used}.py"].add(file)
    return found


class Plan:
    """Knows what every test reaches, and learns which tests notice changes."""

    def __init__(self, reached: Reached, used_by: Mapping[str, set[str]], budget_seconds: float) -> None:
        self.budget_seconds = budget_seconds  #: of tests for one change; what outlives them has survived
        self.reached, self.importing, self.used_by = reached.tests, reached.importing, used_by
        self.files = {test: {file for file, _ in reach.places} for test, reach in self.reached.items()}
        self.noticed: dict[str, Counter[str]] = defaultdict(Counter)  #: per file

    def at_import(self, job: Job) -> bool:
        """Whether a change acts at import (or when tests are collected) too, before a function could be changed."""
        return job.mutant.statement is None or (job.file, job.mutant.statement) in self.importing

    def tests(self, job: Job) -> list[str]:
        """The tests that reach the statement of a function."""
        assert job.mutant.statement is not None
        place = job.file, job.mutant.statement
        found = [test for test, reach in self.reached.items() if place in reach.places]
        return self._chosen(found, job.file, self._fitting(place, found))

    def tests_of_file(self, file: str) -> list[str]:
        """The tests that reach a file, for a change at import; if it only holds data, those that reach its users."""
        return self._chosen(self._reaching({file}) or self._reaching(self.used_by[file]), file, set())

    def _chosen(self, tests: Iterable[str], file: str, fitting: set[str]) -> list[str]:
        return list(self._affordable(self._ranked(tests, self.noticed[file], fitting)))

    def _fitting(self, place: Place, tests: Iterable[str]) -> set[str]:
        """Those of the tests that reach a line soon after a place which few of them reach."""
        file, line = place
        near: dict[int, set[str]] = defaultdict(set)
        for test in tests:
            for after in range(line + 1, line + 1 + SOON):
                if (file, after) in self.reached[test].places:
                    near[after].add(test)
        return set().union(*(reaching for reaching in near.values() if len(reaching) <= FEW))

    def _reaching(self, files: set[str]) -> list[str]:
        return [test for test in self.reached if not files.isdisjoint(self.files[test])]

    def _ranked(self, tests: Iterable[str], noticed: Counter[str], fitting: set[str]) -> list[str]:
        """Fast, fitting tests first, and those that noticed something; the cases of one test take turns with others."""
        cost: dict[str, float] = {}
        siblings: Counter[str] = Counter()
        for test in sorted(tests, key=lambda test: self.seconds(test) / (1 + noticed[test])):
            siblings[_function(test)] += 1
            known = 1 + noticed[test] + noticed[_function(test)] + (SHARPER if any(one in test for one in SHARP) else 0)
            turn = 1 / FITTING if test in fitting else siblings[_function(test)]
            cost[test] = self.seconds(test) * turn / known
        return sorted(cost, key=lambda test: cost[test])

    def _affordable(self, tests: Iterable[str]) -> Iterator[str]:
        left, ready = self.budget_seconds, set[str]()
        for test in tests:
            shared = self.reached[test].shared
            needed = self._own(test) + sum(seconds for name, seconds in shared.items() if name not in ready)
            if needed < left:
                left -= needed
                ready.update(shared)
                yield test

    def seconds(self, test: str) -> float:
        """How long a test takes that is run alone; none is free."""
        return self._own(test) + sum(self.reached[test].shared.values())

    def _own(self, test: str) -> float:
        return max(self.reached[test].seconds, 0.005)

    def learn(self, file: str, test: str) -> None:
        """Remember which test noticed a change of a file; the other cases of that test may notice the next."""
        if test in self.reached:
            self.noticed[file].update((test, _function(test)))


def _function(test: str) -> str:
    return test.partition("[")[0]
