"""The first try of a folder, as the process that makes it sees it; what its caller sees stands in `tests/api`."""

from __future__ import annotations

import resource
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from engine import Engine, PolicyError, load_policies
from engine.examples import moment
from engine.trial import MAX_FINDINGS, Verdict, attempt, bound, main
from tests.engine.folders import write_good
from tests.engine.tiny import write

KINDS = (resource.RLIMIT_AS, resource.RLIMIT_CPU, resource.RLIMIT_CORE)
PLENTY_MIB, PLENTY_SECONDS = 1 << 22, 10**6


@pytest.fixture
def unbound() -> Iterator[list[tuple[int, int]]]:
    """Take back afterwards what a test bounds; gives the bounds of before."""
    before = [resource.getrlimit(kind) for kind in KINDS]
    yield before
    for kind, limits in zip(KINDS, before, strict=True):
        resource.setrlimit(kind, limits)


def test_policies_that_work_are_named_by_their_digests(tmp_path: Path) -> None:
    """Every policy of the folder, with the digest that loading it here gives, and nothing found wrong."""
    folder = write_good(tmp_path)

    assert attempt(folder) == Verdict({"good": load_policies(folder)["good"].digest}, ())


def test_mistakes_are_told_up_to_a_limit(tmp_path: Path) -> None:
    """The findings of loading, in their order; of a folder that is wrong everywhere, the first two hundred."""
    write(tmp_path, "rules:" + "".join(f"\n  - {{rule: r{n}, when: nobody, then: approve}}" for n in range(300)))
    with pytest.raises(PolicyError) as here:
        load_policies(tmp_path)

    assert len(here.value.findings) > MAX_FINDINGS == 200
    assert attempt(tmp_path) == Verdict({}, here.value.findings[:MAX_FINDINGS])


def test_every_example_is_decided_at_its_moment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What only a decision brings to light comes to light here; afterwards the engine gives its memory back."""
    decided: list[tuple[object, ...]] = []
    closed: list[Engine] = []
    decide, close = Engine.decide_given, Engine.close

    def spied(engine: Engine, *told: Any) -> object:
        decided.append(told)
        return decide(engine, *told)

    def closing(engine: Engine) -> None:
        closed.append(engine)
        close(engine)

    monkeypatch.setattr(Engine, "decide_given", spied)
    monkeypatch.setattr(Engine, "close", closing)
    folder = write_good(tmp_path)
    policy = load_policies(folder)["good"]

    attempt(folder)

    assert decided == [(policy, example.given, moment(policy, example)) for example in policy.examples]
    assert len(closed) == 1


def test_a_process_is_bound_in_memory_and_time_and_dumps_no_core(unbound: list[tuple[int, int]]) -> None:
    """The bounds that can be raised again are set, in bytes and seconds, as far as this machine allows at all."""
    bound(PLENTY_MIB, PLENTY_SECONDS)

    allowed = [float("inf") if hard == resource.RLIM_INFINITY else hard for _, hard in unbound]
    wanted = [min(limit, most) for limit, most in zip((PLENTY_MIB * 2**20, PLENTY_SECONDS, 0), allowed, strict=True)]
    assert [resource.getrlimit(kind)[0] for kind in KINDS] == wanted
    assert [resource.getrlimit(kind)[1] for kind in KINDS] == [hard for _, hard in unbound]


@pytest.mark.usefixtures("unbound")
def test_the_verdict_is_one_line_of_json(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsysbinary: pytest.CaptureFixture[bytes]
) -> None:
    """The command takes the folder and its bounds and writes what came of the try, and nothing else."""
    folder = write_good(tmp_path)
    monkeypatch.setattr(sys, "argv", ["engine.trial", str(folder), str(PLENTY_MIB), str(PLENTY_SECONDS)])

    main()

    said = capsysbinary.readouterr().out
    assert msgspec.json.decode(said, type=Verdict) == attempt(folder)
    assert b"\n" not in said
    assert resource.getrlimit(resource.RLIMIT_CPU)[0] == PLENTY_SECONDS
