"""How long the server takes for each page of the console, with many decisions and open cases in the database.

`python -m bench.console [--decisions 100000] [--cases 5000] [FOLDER]`; the folder keeps the database for another run.
The time is that of the whole request inside the server, without a network and without the browser.
"""

from __future__ import annotations

import argparse
import itertools
import logging
import re
import statistics
import tempfile
import time
from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future
from pathlib import Path
from typing import Any

import sqlalchemy as sa
import structlog
from httpx import Client
from litestar.testing import TestClient

from api.app import create_app
from api.casework.states import Action
from api.ledger import utc_now
from api.roles import UNNARROWED, Role
from api.schemas import DecisionRequest
from api.service import Service, opened
from api.settings import Settings
from api.tables import DECISION
from bench.applications import applications, shipped
from bench.machine import describe
from engine import Engine

GOAL_MS = 200
ROUNDS = 15
POLICY = "opening"
APPLICANTS = 20_000  #: who is refused or referred comes again now and then
AHEAD = 512  #: decisions on their way to the disk at once


def main() -> None:
    """Fill a database if it is empty, and time each page."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("folder", nargs="?", type=Path)
    options.add_argument("--decisions", type=int, default=100_000)
    options.add_argument("--cases", type=int, default=5_000)
    chosen = options.parse_args()
    with tempfile.TemporaryDirectory() as spare:
        settings = Settings(data=(chosen.folder or Path(spare)) / "data", port=0)
        key = fill(settings, chosen.decisions, chosen.cases)
        print(describe())
        measure(settings, key)


def fill(settings: Settings, decisions: int, cases: int) -> str:
    """Decide until there are so many decisions, so many of them referred to a person; give a supervisor's key."""
    with opened(settings) as service:
        with service.log.engine.connect() as connection:
            made = connection.execute(sa.select(sa.func.count()).select_from(DECISION)).scalar_one()
        _decide(service, itertools.islice(_requests(cases / decisions), made, max(made, decisions)))
        return service.keyring.create(Role.SUPERVISOR, "bench", UNNARROWED)


def _requests(referred: float) -> Iterator[DecisionRequest]:
    """Mix applications so that the wanted share is referred."""
    policies = shipped()
    facts = applications(policies, POLICY)
    engine = Engine(policies)
    outcomes = [engine.decide(POLICY, each, utc_now()).outcome for each in facts]
    engine.close()
    known = list(zip(facts, outcomes, strict=True))
    to_people, others = ([each for each in known if (each[1] == "refer") == wanted] for wanted in (True, False))
    for number in itertools.count():
        due = int((number + 1) * referred) > int(number * referred)
        chosen = to_people if due else others
        given, outcome = chosen[number % len(chosen)]
        # Who was approved has a line and does not apply again; others do.
        subject = f"customer-{number}" if outcome == "approve" else f"applicant-{number % APPLICANTS}"
        yield DecisionRequest(POLICY, subject, given)


def _decide(service: Service, requests: Iterator[DecisionRequest]) -> None:
    waiting: deque[Future[Any]] = deque()
    run = time.time_ns()
    for number, request in enumerate(requests):
        waiting.append(service.workflow.decide(request, "bench", f"{run}-{number}"))
        if len(waiting) > AHEAD:
            waiting.popleft().result()
    for each in waiting:
        each.result()


def measure(settings: Settings, key: str) -> None:
    """Time each page and print the table."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    with TestClient(create_app(settings), base_url="https://bench.local") as client:
        form = dict(_hidden(client.get("/console/sign-in").text))
        client.post("/console/sign-in", data={**form, "key": key})
        case = _first(client, "/console/queue?whose=all", r'href="(/console/cases/[^"?/]+)"')
        decision = _first(client, "/console/decisions?outcome=reject", r'href="(/console/decisions/[^"?/]+)"')
        pages = {
            "queue": "/console/queue?whose=unclaimed",
            "queue, all": "/console/queue?whose=all",
            "case": case,
            "form that concludes": f"{case}/{Action.CONCLUDE}",
            "decisions": "/console/decisions",
            "decisions, narrowed": "/console/decisions?outcome=refer&policy=opening",
            "decision": decision,
            "statistics": "/console/statistics",
            "policy": f"/console/policies/{POLICY}",
            "log": "/console/log",
        }
        print(f"{'page':<24}{'median ms':>12}{'worst ms':>12}")
        for name, path in pages.items():
            taken = [_timed(client, path) for _ in range(ROUNDS)]
            median = statistics.median(taken)
            print(f"{name:<24}{median:>12.1f}{max(taken):>12.1f}  {'reached' if median < GOAL_MS else 'missed'}")


def _timed(client: Client, path: str) -> float:
    start = time.perf_counter()
    answer = client.get(path)
    assert answer.status_code == 200, answer.text
    return (time.perf_counter() - start) * 1_000


def _first(client: Client, path: str, pattern: str) -> str:
    found = re.search(pattern, client.get(path).text)
    assert found is not None, f"nothing on {path}"
    return found[1]


def _hidden(page: str) -> list[tuple[str, str]]:
    return re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', page)


if __name__ == "__main__":
    main()
