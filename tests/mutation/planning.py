"""Which tests to run for a change, and in what order: the likeliest to notice it for the least time."""

from __future__ import annotations

import ast
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

from tests.mutation.mutants import Mutant
from tests.mutation.reach import Reached

#: Tests that compare whole evaluations or decisions, and so notice more than their time tells; so many times more.
SHARP = ("test_differential.py", "test_golden.py")
SHARPER = 10


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
        place = job.file, job.mutant.statement
        found = [test for test, reach in self.reached.items() if place in reach.places]
        return self._chosen(found, job.file)

    def tests_of_file(self, file: str) -> list[str]:
        """The tests that reach a file, for a change at import; if it only holds data, those that reach its users."""
        return self._chosen(self._reaching({file}) or self._reaching(self.used_by[file]), file)

    def _chosen(self, tests: Iterable[str], file: str) -> list[str]:
        return list(self._affordable(self._ranked(tests, self.noticed[file])))

    def _reaching(self, files: set[str]) -> list[str]:
        return [test for test in self.reached if not files.isdisjoint(self.files[test])]

    def _ranked(self, tests: Iterable[str], noticed: Counter[str]) -> list[str]:
        """Fast tests first, and those that noticed something; the cases of one test take turns with other tests."""
        cost: dict[str, float] = {}
        siblings: Counter[str] = Counter()
        for test in sorted(tests, key=lambda test: self.seconds(test) / (1 + noticed[test])):
            siblings[_function(test)] += 1
            known = 1 + noticed[test] + noticed[_function(test)] + (SHARPER if any(one in test for one in SHARP) else 0)
            cost[test] = self.seconds(test) * siblings[_function(test)] / known
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
