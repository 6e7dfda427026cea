"""A fault of the engine, seen from outside: nothing it spoilt is favourable or recorded by halves, and it passes.

What the engine itself does with faults is tested beside it (tests/engine/test_rete.py, test_engine.py).
"""

from __future__ import annotations

import signal
from pathlib import Path
from typing import Any

import httpx
import pytest
from httpx import Client
from litestar import Litestar

from api.settings import Settings
from engine import reference
from engine.running import rete
from tests.api.conftest import application, ask, service_of
from tests.api.test_server import headers, serving, verified
from tests.engine.layered import ask_every_time
from tests.engine.test_engine import let_it_lie

CALLS = ("assert_fact", "start_action_for_state", "complete_and_start_action", "retract_fact")
#: Once armed, the process dies inside the call: before the engine does anything, or when it has.
DYING = """
import os, signal
import durable_rules_engine as engine
real = engine.{call}
def die(*arguments):
    if not os.path.exists({armed!r}):
        return real(*arguments)
    if {after}:
        real(*arguments)
    os.kill(os.getpid(), signal.SIGKILL)
engine.{call} = die
"""


class Broken:
    """The C engine with every call that decides broken."""

    def __init__(self, real: Any) -> None:
        self._real = real

    def __getattr__(self, name: str) -> Any:
        if name not in CALLS:
            return getattr(self._real, name)

        def fail(*_: object) -> object:
            raise RuntimeError("the engine broke")

        return fail


def _entries(app: Litestar) -> int:
    return service_of(app).log.size()


def test_a_broken_engine_is_replaced_by_the_reference_and_the_log_says_so(
    app: Litestar, http: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While it is broken each decision is the reference evaluator's, the same as before, and recorded as such."""
    ask_every_time(monkeypatch)
    whole = ask(http).json()
    with monkeypatch.context() as patch:
        patch.setattr(rete, "_engine", Broken(vars(rete)["_engine"]))
        broken = [ask(http).json() for _ in range(3)]
        refused = ask(http, application(facts={"score": 500, "income": 2_000_000})).json()
    mended = ask(http).json()

    told = ("outcome", "offer", "reasons", "trace", "statement")
    for answer in (*broken, mended):
        assert {name: answer[name] for name in told} == {name: whole[name] for name in told}
    assert {answer["engine"]["name"] for answer in (*broken, refused)} == {"reference"}
    assert (refused["outcome"], mended["engine"]["name"]) == ("reject", "durable-rules")
    entry = http.get(f"/log/entries/{broken[0]['log']['index']}").json()
    assert entry["engine"]["name"] == "reference"
    assert service_of(app).engine.faults.executor == 4


def test_when_nothing_can_decide_nothing_is_answered_or_recorded(
    app: Litestar, http: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both executors broken: a problem without particulars, not a decision; the same key decides once all is well."""
    size = _entries(app)

    def fail(*_: object) -> object:
        raise RuntimeError("so is the reference evaluator")

    with monkeypatch.context() as patch:
        patch.setattr(rete, "_engine", Broken(vars(rete)["_engine"]))
        patch.setattr(reference, "evaluate", fail)
        answer = ask(http, key="once")
        assert (answer.status_code, answer.json()["title"]) == (500, "internal server error")
        assert "outcome" not in answer.json()
        assert _entries(app) == size
    again = ask(http, key="once")

    assert (again.status_code, again.json()["outcome"], again.headers.get("idempotent-replayed")) == (
        201,
        "approve",
        None,
    )
    assert _entries(app) == size + 1


def test_two_executors_that_disagree_are_answered_by_a_referral(
    settings: Settings, http: Client, app: Litestar, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An engine that fires what it should not is caught where decisions are verified, and recorded as `refer`."""
    with service_of(app).engine.lease() as engine:
        engine.verify = "always"
    let_it_lie(monkeypatch, {"w0r3": "w0r2"})  # the rule that grants is never heard of
    answer = ask(http).json()

    assert (answer["outcome"], answer["offer"], answer["reasons"][0]["code"]) == ("refer", None, "engine_fault")
    assert service_of(app).engine.faults.disagreement == 1


@pytest.mark.parametrize(("call", "after"), list(zip(CALLS, (False, True, False, True), strict=True)))
def test_killed_inside_the_engine_nothing_is_half_recorded(
    settings: Settings, key: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, call: str, after: bool
) -> None:
    """kill -9 in the middle of a decision: the log verifies and holds nothing of it; asked again it is decided once."""
    log, armed = tmp_path / "serve.log", tmp_path / "armed"
    (tmp_path / "sitecustomize.py").write_text(DYING.format(call=call, armed=str(armed), after=after))
    with monkeypatch.context() as patch:
        patch.setenv("PYTHONPATH", str(tmp_path))
        with serving(settings, log) as server, httpx.Client(base_url=server.url, timeout=10) as client:
            before = application(facts={"score": 500, "income": 2_000_000})  # others, for which the network is asked
            assert client.post("/decisions", json=before, headers=headers(key, "before")).status_code == 201
            armed.touch()
            with pytest.raises(httpx.TransportError):
                client.post("/decisions", json=application(), headers=headers(key, "killed"))
            assert server.process.wait(timeout=10) == -signal.SIGKILL
    size = verified(settings).entries
    with serving(settings, log) as server, httpx.Client(base_url=server.url, timeout=10) as client:
        again = client.post("/decisions", json=application(), headers=headers(key, "killed"))
        assert (again.status_code, again.json()["log"]["index"]) == (201, size)
        assert "idempotent-replayed" not in again.headers
        assert server.stop() == 0
    assert verified(settings).entries == size + 1
