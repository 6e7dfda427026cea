"""A site of the tests' own: the shipped policies, a log with a decision of every kind, a key for every role."""

from __future__ import annotations

import datetime as dt
import random
import socket
import threading
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
import uvicorn
from litestar import Litestar
from litestar.di import Provide

from api import queries as decisions_of
from api.admission import Because
from api.app import create_app
from api.casework import queries
from api.casework.actions import Asked
from api.casework.schemas import AppealRequest
from api.roles import UNNARROWED, Role
from api.schemas import DecisionRequest
from api.service import Service
from api.settings import Settings

MARKUP = "<img src=x onerror=alert(1)>\"'</script><b>"  #: what a free text must never become


class Clock:
    """Tells the time, or what it was `back` before."""

    back = dt.timedelta()

    def __call__(self) -> dt.datetime:
        """Tell it."""
        return dt.datetime.now(dt.UTC) - self.back


class Site(NamedTuple):
    """Where it is served, by what, and the keys to it."""

    address: str
    service: Service
    keys: dict[Role, str]
    decisions: dict[str, str]  #: outcome -> the id of a decision
    clock: Clock
    case: str = ""  #: one that a reviewer holds
    appeal: str = ""  #: one about somebody who has a line
    reference: str = ""  #: whose that line is
    password: str = ""  #: of the user `li.wang`, a reviewer


@contextmanager
def served(folder: Path, markup: str = MARKUP, days: int = 0) -> Iterator[Site]:
    """Serve a site for the length of a test run; `markup` stands in every reference. It has decided for `days`."""
    clock = Clock()
    app = create_app(Settings(data=folder / "data", port=0), clock)
    service = service_of(app)
    _worked(service, clock, days)
    keys = {role: service.keyring.create(role, "tests", UNNARROWED) for role in Role}
    decisions = _decide_examples(service, markup)
    with _listening(app) as address:
        site = Site(address, service, keys, decisions, clock)
        approved = decisions["opening/approve"]
        yield site._replace(
            case=_claimed(site, markup),
            appeal=appeal(site, approved, markup),
            reference=reference_of(service, approved),
            password=_users(service),
        )


def service_of(app: Litestar) -> Service:
    """Give the service an application runs on."""
    provide = app.dependencies["service"]
    assert isinstance(provide, Provide)
    service = provide.dependency()
    assert isinstance(service, Service)
    return service


def _worked(service: Service, clock: Clock, days: int) -> None:
    """Decide a few applications on each of so many days, some of which wait for a person ever since."""
    drawn = random.Random(1)
    for day in range(days, 0, -1):
        clock.back = dt.timedelta(days=day)
        for number in range(drawn.randint(6, 16)):
            policy = service.policies[drawn.choice(("opening", "opening", "opening", "activation", "limit_increase"))]
            example = drawn.choice(policy.examples)
            if example.outcome != "refer" or drawn.random() < 0.4:
                request = DecisionRequest(policy.name, f"C-{day:02}{number:02}-{policy.name}", _wire(example.given))
                service.workflow.decide(request, "tests", f"past-{day}-{number}").result()
    clock.back = dt.timedelta()


def _decide_examples(service: Service, markup: str) -> dict[str, str]:
    """Decide an example of every outcome of every policy, about subjects whose references are hostile text."""
    found: dict[str, str] = {}
    for policy in service.policies:
        seen = set()
        for number, example in enumerate(policy.examples):
            if example.outcome in seen:
                continue
            seen.add(example.outcome)
            request = DecisionRequest(policy.name, f"{policy.name} {number} {markup}".strip(), _wire(example.given))
            recorded = service.workflow.decide(request, "tests", f"{policy.name}-{number}").result()
            found.setdefault(f"{policy.name}/{example.outcome}", _id_of(service, recorded.index))
    return found


def rejected(site: Site) -> str:
    """Have a fresh subject rejected for its score; give the decision's id."""
    example = next(each for each in site.service.policies["opening"].examples if each.outcome == "reject")
    reference = str(uuid.uuid4())
    made = site.service.workflow.decide(DecisionRequest("opening", reference, _wire(example.given)), "tests", reference)
    return _id_of(site.service, made.result().index)


def refer(site: Site, markup: str = MARKUP) -> str:
    """Let a policy refer a fresh subject to a person; give the id of the case."""
    service, asker = site.service, f"key:{site.keys[Role.INTEGRATOR].split('_')[1]}"
    example = next(each for each in service.policies["opening"].examples if each.outcome == "refer")
    reference = str(uuid.uuid4())
    recorded = service.workflow.decide(
        DecisionRequest("opening", f"{reference} {markup}".strip(), _wire(example.given)), asker, reference
    )
    decision = _id_of(service, recorded.result().index)
    with service.log.engine.connect() as connection:
        found = queries.unconcluded(connection, decision, "review")
    assert found is not None
    return found


def appeal(site: Site, decision: str, markup: str = MARKUP) -> str:
    """Appeal against a decision in the name of whoever it is about; give the id of the case."""
    service = site.service
    channel = service.keyring.holder(site.keys[Role.CHANNEL].split("_")[1])
    assert channel is not None
    body = AppealRequest(decision, f"I was never told. {markup}", reference_of(service, decision))
    return service.cases.file(channel, body, str(uuid.uuid4())).case.id


def reference_of(service: Service, decision: str) -> str:
    """Give whom a decision is about, as the integrator calls them."""
    with service.log.engine.connect() as connection:
        found = decisions_of.decision(connection, decision)
        assert found is not None
        subject = msgspec.json.decode(service.log.entry(found.index))["subject"]
        return service.log.vault.reference(connection, subject)


def _users(service: Service) -> str:
    """Make a user who has chosen a password, one who waits to be confirmed, and one who left; give the first one's."""
    password = "four words nobody says"
    li = service.users.create("li.wang", "王丽", Role.REVIEWER, "cli")
    service.users.choose(li.id, li.password, password)
    service.users.create("chen.jie", "陈洁", Role.COMPLIANCE, "key:0123456789ab")
    gone = service.users.create("a.smith", "Alex Smith", Role.SUPERVISOR, "cli")
    service.users.disable(gone.id, "cli", Because.LEFT)
    return password


def _claimed(site: Site, markup: str) -> str:
    """Refer a decision, and claim its case as the supervisor."""
    case, supervisor = refer(site, markup), site.service.keyring.holder(site.keys[Role.SUPERVISOR].split("_")[1])
    assert supervisor is not None
    site.service.cases.claim(Asked(supervisor, case, frozenset({1})))
    return case


def _wire(given: Any) -> dict[str, Any]:
    return {name: value.isoformat() if isinstance(value, dt.date) else value for name, value in given.items()}


def _id_of(service: Service, index: int) -> str:
    entry: dict[str, str] = msgspec.json.decode(service.log.entry(index))
    return entry["id"]


@contextmanager
def _listening(app: Litestar) -> Iterator[str]:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        server = uvicorn.Server(uvicorn.Config(app, log_level="error", lifespan="on"))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join()
