"""A failing disk or a sudden end at each flush of an append; `python -m bench.log_faults` does it at each write too."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from bench import log_faults
from bench.log_faults import FAULTS, WORKS, Outcome, Point

CALL = "fdatasync"


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, int]:
    """Give the log that each run starts from, and how often a run flushes."""
    if shutil.which("strace") is None:
        pytest.skip("no strace here")
    folder = tmp_path_factory.mktemp("faults")
    log_faults.prepare(folder)
    try:
        return folder, log_faults.count(folder)[CALL]
    except RuntimeError as error:
        pytest.skip(str(error))


@pytest.mark.filterwarnings("ignore:.*multi-threaded:DeprecationWarning")  # other tests leave idle threads behind
@pytest.mark.parametrize("fault", FAULTS)
def test_no_flush_that_fails_loses_anything(prepared: tuple[Path, int], fault: str) -> None:
    """At each flush of a run, whatever was acknowledged is there afterwards, without a gap, and all of it verifies."""
    folder, flushes = prepared
    outcomes = [log_faults.attempt(folder, Point(CALL, number, fault)) for number in range(1, flushes + 1)]

    assert flushes > 3
    assert {(outcome.lost, outcome.findings) for outcome in outcomes} == {(0, ())}
    assert all(0 <= outcome.committed_unacknowledged <= WORKS for outcome in outcomes)
    assert log_faults.traced(folder, []) != {}
    assert log_faults.outcome_of(folder / "run", {}) == Outcome(0, WORKS, ())
