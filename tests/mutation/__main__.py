"""Run it: `python -m tests.mutation [--sample N --seed N] [--only engine/kinds.py]`; docs/mutation.md says more.

Three kinds of processes: this one, which imports nothing that is tested; one that holds all tests collected and forks
for every change inside a function, whose code it replaces; and one for each change that is done at import.
"""

from __future__ import annotations

import argparse
import ast
import importlib
import os
import pickle
import random
import shutil
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import Phase, settings

from tests.mutation.mutants import mutants, read
from tests.mutation.planning import Job, Plan, users
from tests.mutation.reach import Reached, Recorder, import_from, noting
from tests.mutation.report import Result, noticed, write
from tests.mutation.report import read as read_log
from tests.mutation.running import FirstFailure, fork, functions_by_code, replace, replacements, run_tests

ROOT = Path(__file__).resolve().parents[2]
PACKAGE, TESTS = "engine", "tests/engine"
OPTIONS = ["-q", "-s", "-p", "no:cacheprovider", "-W", "ignore::pytest.PytestAssertRewriteWarning", "--timeout=0"]
OPTIONS += ["--hypothesis-profile=mutation", "-p", "pytest_timeout", "-p", "_hypothesis_pytestplugin"]
#: No plugin but those two is loaded, and random cases come in smaller lots, of which many fit a budget.
SETTINGS = {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", "FUZZ_CASES": "400"}
FEW_FILES = 3  #: of tests, for a first try of what is done at import
#: Imported once, before anything is forked, because every process needs them.
COMMON = ("durable_rules_engine", "hypothesis.strategies", "msgspec", "yaml", "multiprocessing")


class Trial:
    """Tries changes one by one and notes what became of each."""

    def __init__(self, jobs: Sequence[Job], plan: Plan, log: Path, scratch: Path) -> None:
        self.jobs, self.plan, self.log, self.scratch = jobs, plan, log, scratch
        self.scratch.mkdir()

    def at_import(self) -> None:
        """Try the changes of what a module does when it is imported, each in a fresh session.

        Functions that are called then have had their turn by now; those that were noticed need no second one.
        """
        done = {(one.file, one.at, one.text) for one in read_log(self.log)} if self.log.exists() else set()
        for job in self.jobs:
            if self.plan.at_import(job) and (job.file, job.mutant.line, job.mutant.text) not in done:
                tests = self.plan.tests_of_file(job.file)
                best = list(dict.fromkeys(_file(test) for test in tests))[:FEW_FILES]
                few = [test for test in tests if _file(test) in best]
                with job.mutant.made():
                    self._note(job, self._alone(job, few) or self._alone(job, tests))

    def _alone(self, job: Job, tests: Sequence[str]) -> str:
        """Run tests in a session of their own, which imports the changed module."""

        def work(writer: int) -> None:
            import_from({_module(job.file): job.tree}, ROOT)
            ordered = _Ordered(tests, FirstFailure(writer, self.plan.seconds), self.scratch)
            if pytest.main([*OPTIONS, *sorted({_file(test) for test in tests})], plugins=[ordered]):
                os.write(writer, b"import")

        return fork(work) if tests else ""

    def in_functions(self) -> None:
        """Try the changes inside functions, from one session that has collected all tests."""
        fork(lambda writer: _ended(pytest.main([*OPTIONS, TESTS], plugins=[self])), hours=24)

    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        """In place of running the tests: fork for each change, and run those that reach it."""
        living = functions_by_code()
        for job in self.jobs:
            if job.mutant.statement is not None:
                before = compile(job.tree, str(ROOT / job.file), "exec")
                with job.mutant.made():
                    after = compile(job.tree, str(ROOT / job.file), "exec")
                changes = list(replacements(before, after, living))
                tests = self.plan.tests(job)

                def work(writer: int) -> None:
                    replace(changes)  # noqa: B023  # forked at once
                    session.config.pluginmanager.register(FirstFailure(writer, self.plan.seconds))
                    run_tests(session, tests, self.scratch)  # noqa: B023  # as above

                killer = fork(work) if tests else ""
                if killer or not self.plan.at_import(job):
                    self._note(job, killer)
        return True

    def _note(self, job: Job, killer: str) -> None:
        self.plan.learn(job.file, killer)
        with self.log.open("a", encoding="utf-8") as log:
            log.write(Result(job.file, job.mutant.line, job.mutant.text, killer).line())
        shutil.rmtree(self.scratch)
        self.scratch.mkdir()


class _Ordered:
    """A pytest plugin that runs some tests in an order given."""

    def __init__(self, tests: Sequence[str], failure: FirstFailure, scratch: Path) -> None:
        self.tests, self.failure, self.scratch = tests, failure, scratch

    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        session.config.pluginmanager.register(self.failure)
        run_tests(session, self.tests, self.scratch)
        return True


def _ended(code: int) -> None:
    if code:
        raise SystemExit(code)


def reached(files: Sequence[str], saved: Path) -> Reached:
    """What all tests reach, and how long they take; kept until a module or a test is changed.

    They are run twice: noting every statement takes some tests several times as long as they need.
    """
    sources = [path for folder in (PACKAGE, "tests") for path in (ROOT / folder).rglob("*.*") if path.suffix != ".pyc"]
    if not saved.exists() or saved.stat().st_mtime < max(path.stat().st_mtime for path in sources):
        noted = _recorded({_module(file): noting(read(ROOT / file), file) for file in files}, saved)
        timed = _recorded({}, saved)
        saved.write_bytes(pickle.dumps(noted.timed_by(timed)))
    return _unpickled(saved)


def _recorded(trees: dict[str, ast.Module], saved: Path) -> Reached:
    """Run all tests once over changed modules.

    Tests that fail without any mistake put in would notice every one; they are named and left out.
    """

    def work(writer: int) -> None:
        import_from(trees, ROOT)
        recorder = Recorder()
        pytest.main([*OPTIONS, TESTS], plugins=[recorder])
        if recorder.failed:
            os.write(writer, ", ".join(sorted(recorder.failed)).encode())
        saved.write_bytes(pickle.dumps(recorder.reached()))

    if said := fork(work, hours=2):
        sys.stderr.write(f"left out, because they fail without any change: {said}\n")
    return _unpickled(saved)


def _unpickled(saved: Path) -> Reached:
    found: Reached = pickle.loads(saved.read_bytes())  # our own, written above
    return found


def _module(file: str) -> str:
    return file.removesuffix(".py").replace("/", ".")


def _file(test: str) -> str:
    return test.partition("::")[0]


def chosen(files: Sequence[str], sample: int, seed: int) -> list[Job]:
    """All changes of some files, or a sample that takes as large a share of every file."""
    found: list[Job] = []
    for file in files:
        tree = read(ROOT / file)
        found += [Job(file, tree, mutant) for mutant in mutants(tree)]
    if not sample or sample >= len(found):
        return found
    step = len(found) / sample  # files follow each other, so every so-and-so-many-th is stratified
    start = random.Random(seed).uniform(0, step)  # not a secret
    return [found[int(start + step * index)] for index in range(sample)]


def _asked() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.mutation", description=__doc__)
    parser.add_argument("--sample", type=int, default=0, help="how many changes to try; all when left out")
    parser.add_argument("--seed", type=int, default=1, help="which sample")
    parser.add_argument("--only", nargs="*", help="files to change, e.g. engine/kinds.py")
    parser.add_argument("--budget", type=float, default=10, help="seconds of tests for one change, the best first")
    parser.add_argument("--again", action="store_true", help="leave out what was noticed the last time")
    parser.add_argument("--folder", type=Path, default=ROOT / "var" / "mutation", help="where results are kept")
    return parser.parse_args()


def _prepare() -> None:
    """Import what every process needs; let property tests stop at a failure instead of looking for a smaller one."""
    phases = [Phase.explicit, Phase.generate]
    os.environ.update(SETTINGS)
    settings.register_profile("mutation", derandomize=True, deadline=None, phases=phases)
    for name in COMMON:
        importlib.import_module(name)


def main() -> None:
    """Try the changes, and print what came of them."""
    asked = _asked()
    asked.folder.mkdir(parents=True, exist_ok=True)
    os.chdir(ROOT)
    _prepare()
    every = sorted(str(path.relative_to(ROOT)) for path in (ROOT / PACKAGE).rglob("[!_]*.py"))
    used_by = users({file: read(ROOT / file) for file in every})
    plan = Plan(reached(every, asked.folder / "reached"), used_by, asked.budget)
    log = asked.folder / "results.jsonl"
    jobs = chosen(asked.only or every, asked.sample, asked.seed)
    if asked.again:
        done = noticed(log)
        for one in read_log(log):
            plan.learn(one.file, one.killer)
        jobs = [job for job in jobs if (job.file, job.mutant.line, job.mutant.text) not in done]
    else:
        log.unlink(missing_ok=True)
    random.Random(asked.seed).shuffle(jobs)  # a run that is stopped is a sample
    with tempfile.TemporaryDirectory(prefix="mutation-") as scratch:
        trial = Trial(jobs, plan, log, Path(scratch) / "tests")
        trial.in_functions()
        trial.at_import()
    write(log, asked.folder / "report.md")


if __name__ == "__main__":
    main()
