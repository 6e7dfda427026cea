"""Runs tests in a forked process until one fails, within limits of time and memory."""

from __future__ import annotations

import gc
import inspect
import os
import resource
import signal
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from types import CodeType, FunctionType
from typing import NoReturn

import pytest

GRACE_SECONDS = 5.0  #: of processor time for one test, beside four times what it takes
MEMORY_BYTES = 4 * 2**30


def fork(work: Callable[[int], None], hours: float = 0.1) -> str:
    """Run `work` in a child process; give what it wrote to the pipe it is handed, or what ended it, or nothing."""
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reader)
        _alone(writer, work, int(hours * 3600))
    os.close(writer)
    with os.fdopen(reader, "rb") as pipe:
        said = pipe.read().decode().partition("\n")[0]
    _, status = os.waitpid(child, 0)
    if said or status == 0:
        return said
    return signal.Signals(os.WTERMSIG(status)).name if os.WIFSIGNALED(status) else f"exit {os.WEXITSTATUS(status)}"


def _alone(writer: int, work: Callable[[int], None], seconds: int) -> NoReturn:
    """Do the work of a child: silent, within limits, and never back into the parent's code."""
    silent = os.open(os.devnull, os.O_WRONLY)
    os.dup2(silent, 1)
    os.dup2(silent, 2)
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    signal.alarm(seconds)  # a deadlock takes no processor time
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    try:
        work(writer)
    except BaseException as error:  # noqa: BLE001  # whatever a change breaks has been noticed
        os.write(writer, f"{type(error).__name__}: {error}".encode())
    os._exit(0)


class FirstFailure:
    """A pytest plugin that ends the process at the first failure, after saying which test it was."""

    def __init__(self, writer: int, seconds: Callable[[str], float]) -> None:
        self.writer = writer
        self.seconds = seconds

    def pytest_runtest_logstart(self, nodeid: str) -> None:
        """Give each test its own share of processor time."""
        used = resource.getrusage(resource.RUSAGE_SELF)
        limit = int(used.ru_utime + used.ru_stime + 4 * self.seconds(nodeid) + GRACE_SECONDS)
        resource.setrlimit(resource.RLIMIT_CPU, (limit, resource.RLIM_INFINITY))

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Stop as soon as the change is noticed."""
        if report.failed:
            os.write(self.writer, report.nodeid.encode())
            os._exit(0)


def run_tests(session: pytest.Session, tests: Sequence[str], folder: Path) -> None:
    """Run tests in this order, with a folder for their files."""
    session.config._tmp_path_factory._basetemp = folder  # type: ignore[attr-defined]  # pytest has no public way to move it
    items = {item.nodeid: item for item in session.items}
    for test, following in zip(tests, [*tests[1:], ""], strict=True):
        session.config.hook.pytest_runtest_protocol(item=items[test], nextitem=items.get(following))


def functions_by_code() -> dict[CodeType, list[FunctionType]]:
    """Every function that lives now, by its code; equal code is found together. Nothing found is collected again."""
    gc.collect()
    everything = gc.get_objects()
    gc.freeze()  # or every child would copy what its collector looks at
    found: dict[CodeType, list[FunctionType]] = {}
    for function in everything:
        if type(function) is FunctionType:
            found.setdefault(function.__code__, []).append(function)
    return found


def replacements(
    before: CodeType, after: CodeType, living: dict[CodeType, list[FunctionType]]
) -> Iterator[tuple[FunctionType, CodeType]]:
    """The functions of a module whose code changes, each with its new code; raise LookupError if one does not live."""
    for old, new in zip(_codes(before), _codes(after), strict=True):
        if old == new:
            continue
        if old in living:
            yield from ((function, new) for function in living[old])
        elif old.co_flags & inspect.CO_OPTIMIZED:  # a change that reaches no function would seem to survive
            raise LookupError(f"nothing that lives has the code of `{old.co_qualname}`")
        else:  # a class body: its functions are found one by one
            yield from replacements(old, new, living)


def replace(changes: Iterable[tuple[FunctionType, CodeType]]) -> None:
    """Give functions their changed code, inside this process only."""
    for function, code in changes:
        function.__code__ = code


def _codes(code: CodeType) -> Iterable[CodeType]:
    return [part for part in code.co_consts if isinstance(part, CodeType)]
