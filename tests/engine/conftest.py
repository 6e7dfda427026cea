"""Fixtures of the engine's tests: deciding a tiny policy, and the policies that are shipped."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest

from engine import Decision, Engine, PolicySet, load_policies
from engine.reading import loading
from tests.engine.folders import write_good
from tests.engine.layered import BODY
from tests.engine.recorded import load_recorded
from tests.engine.tiny import FACTS, MOMENT, decide_by_both, load, write

POLICIES = Path(__file__).parents[2] / "policies"

Decide = Callable[..., Decision]
Load = Callable[..., PolicySet]


@pytest.fixture
def loaded(tmp_path: Path) -> Load:
    """Load a tiny policy written in the test."""

    def load_body(body: str, facts: str = FACTS, **header: str) -> PolicySet:
        return load(tmp_path, body, facts, **header)

    return load_body


@pytest.fixture
def recorded(tmp_path: Path) -> Load:
    """Load a tiny policy as the log would give it back: conditions that are decided are no mistake there."""

    def load_body(body: str, facts: str = FACTS, **header: str) -> PolicySet:
        return load_recorded(write(tmp_path, body, facts, **header))

    return load_body


@pytest.fixture
def decide(tmp_path: Path) -> Decide:
    """Decide facts by a tiny policy, decided conditions and all, through both executors and the whole engine."""

    def decide_body(
        body: str, facts: Mapping[str, object] | None = None, as_of: dt.datetime = MOMENT, **header: str
    ) -> Decision:
        return decide_by_both(load_recorded(write(tmp_path, body, **header)), facts or {}, as_of)

    return decide_body


@pytest.fixture
def unheld(monkeypatch: pytest.MonkeyPatch) -> None:
    """Folders of random policies, which are full of decided conditions, load all the same."""
    monkeypatch.setattr(loading, "check_conditions", lambda *_: None)


@pytest.fixture(scope="session")
def shipped() -> PolicySet:
    """The policies that come with Grounds."""
    return load_policies(POLICIES)


@pytest.fixture(scope="session")
def good(tmp_path_factory: pytest.TempPathFactory) -> PolicySet:
    """One policy that uses every part of the language (the folder `good`)."""
    return load_policies(write_good(tmp_path_factory.mktemp("good")))


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    """An engine for the policy of three layers (`layered`)."""
    engine = Engine(load(tmp_path, BODY))
    yield engine
    engine.close()
