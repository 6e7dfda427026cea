"""Changing the engine while it decides: no decision mixes two versions, none is lost, nothing is left behind."""

from __future__ import annotations

import subprocess
import sys
import threading
from pathlib import Path

import pytest

from engine import Engine, PolicySet, UnknownPolicy
from engine.reload import LiveEngine
from tests.engine.tiny import MOMENT, load

VERSION = """
records: {{many: count(loans)}}
derive: [{{fact: mark_of, type: int, value: asked * {factor}}}]
rules:
  - {{rule: v{factor}, when: mark_of >= {factor}, cap: {{limit: {factor}.00}}, because: plain}}
  - {{rule: ok, when: asked > 0 or many > 2, then: approve, offer: {{limit: 900.00, term: {factor}}}}}
"""


def _version(folder: Path, factor: int) -> PolicySet:
    return load(folder, VERSION.format(factor=factor))


class _Watched(Engine):
    """An engine that tells how often it was closed."""

    closed = 0

    def close(self) -> None:
        self.closed += 1
        super().close()


def test_decisions_under_way_end_under_the_policies_they_began_with(tmp_path: Path) -> None:
    """A replaced engine decides on for whoever holds it, and is closed when the last one lets go."""
    first, second = _Watched(_version(tmp_path, 1)), _Watched(_version(tmp_path, 2))
    live = LiveEngine(first)
    with live.lease() as held:
        with live.lease() as another:
            live.replace(second)
            assert held is another is first
            assert live.policies is second.policies
            assert held.decide("tiny", {"asked": 1, "loans": []}, MOMENT).policy.digest == first.policies["tiny"].digest
            assert live.decide("tiny", {"asked": 1}, MOMENT).policy.digest == second.policies["tiny"].digest
        assert first.closed == 0
    assert (first.closed, second.closed) == (1, 0)
    live.close()
    live.close()
    assert second.closed == 1


def test_no_decision_mixes_two_versions(tmp_path: Path) -> None:
    """Eight threads decide while engines change a hundred times: digest, trace and amounts of each agree."""
    versions = {factor: _version(tmp_path, factor) for factor in range(1, 6)}
    factors = {policies["tiny"].digest: factor for factor, policies in versions.items()}
    live = LiveEngine(Engine(versions[1]))
    stop, wrong, seen = threading.Event(), list[object](), set[int]()

    def work() -> None:
        while not stop.is_set():
            decision = live.decide("tiny", {"asked": 3, "loans": []}, MOMENT)
            factor = factors[decision.policy.digest]
            values = [step.value for step in decision.trace if step.name == "mark_of"]
            offered = decision.offer and (decision.offer.limit_fen, decision.offer.term_months)
            seen.add(factor)
            if values != [3 * factor] or offered != (100 * factor, factor) or decision.engine.name != "durable-rules":
                wrong.append(decision)

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for turn in range(100):
        live.replace(Engine(versions[turn % 5 + 1]))
    stop.set()
    for thread in threads:
        thread.join()
    live.close()

    assert wrong == []
    assert len(seen) > 1
    assert live.faults.executor == 0


def test_a_decision_that_raises_lets_go_of_its_engine(tmp_path: Path) -> None:
    """An error inside a decision does not keep a replaced engine alive."""
    first = _Watched(_version(tmp_path, 1))
    live = LiveEngine(first)
    with pytest.raises(UnknownPolicy):
        live.decide("nobody", {}, MOMENT)
    live.replace(Engine(_version(tmp_path, 2)))
    live.close()

    assert first.closed == 1


def test_recourse_is_found_by_the_engine_in_force(tmp_path: Path) -> None:
    """The answer is that of the policies in force, and the engine is let go afterwards."""
    first, second = _Watched(_version(tmp_path, 1)), Engine(_version(tmp_path, 2))
    facts: dict[str, object] = {"asked": 3, "loans": []}
    live = LiveEngine(first)
    assert live.recourse("tiny", facts, MOMENT) == first.recourse("tiny", facts, MOMENT)
    live.replace(second)

    assert first.closed == 1
    assert live.recourse("tiny", facts, MOMENT) == second.recourse("tiny", facts, MOMENT)
    live.close()


def test_faults_are_counted_across_engines(tmp_path: Path) -> None:
    """What a replaced engine has counted is not forgotten."""
    live = LiveEngine(Engine(_version(tmp_path, 1)))
    with live.lease() as engine:
        engine.faults.executor = 3
        engine.faults.last = "RuntimeError"
    live.replace(Engine(_version(tmp_path, 2)))
    with live.lease() as engine:
        engine.faults.disagreement = 1

    assert (live.faults.executor, live.faults.disagreement, live.faults.last) == (3, 1, "RuntimeError")
    live.close()


def test_two_hundred_reloads_leave_no_memory_behind() -> None:
    """Loading, compiling, deciding and replacing 200 times after a warm-up: flat memory in kilobytes."""
    code = """
import gc
from pathlib import Path
from tempfile import mkdtemp
from engine import Engine, load_policies
from engine.reload import LiveEngine
from tests.engine.folders import write_good
from tests.engine.tiny import MOMENT
folder = write_good(Path(mkdtemp()))
live = LiveEngine(Engine(load_policies(folder)))
def resident():
    gc.collect()
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4
def reload(times):
    for _ in range(times):
        live.replace(Engine(load_policies(folder)))
        live.decide("good", {"score": 800}, MOMENT)
reload(40)
before = resident()
reload(200)
print(resident() - before)
"""
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=100, check=True)

    assert int(run.stdout) < 3_000
