"""A site of the tests' own: the shipped policies, a log with a decision of every kind, a key for every role."""

from __future__ import annotations

import datetime as dt
import socket
import threading
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import uvicorn
from litestar import Litestar
from litestar.di import Provide

from api.app import create_app
from api.casework import queries
from api.casework.actions import Asked
from api.roles import UNNARROWED, Role
from api.schemas import DecisionRequest
from api.service import Service
from api.settings import Settings

MARKUP = "<img src=x onerror=alert(1)>\"'</script><b>"  #: what a free text must never become


class Site(NamedTuple):
    """Where it is served, by what, and the keys to it."""

    address: str
    service: Service
    keys: dict[Role, str]
    decisions: dict[str, str]  #: outcome -> the id of a decision
    case: str = ""  #: one that a reviewer holds


@contextmanager
def served(folder: Path, markup: str = MARKUP) -> Iterator[Site]:
    """Serve a site for the length of a test run; `markup` stands in every reference."""
    app = create_app(Settings(data=folder / "data", port=0))
    service = service_of(app)
    keys = {role: service.keyring.create(role, "tests", UNNARROWED) for role in Role}
    decisions = _decide_examples(service, markup)
    with _listening(app) as address:
        site = Site(address, service, keys, decisions)
        yield site._replace(case=_claimed(site, markup))


def service_of(app: Litestar) -> Service:
    """Give the service an application runs on."""
    provide = app.dependencies["service"]
    assert isinstance(provide, Provide)
    service = provide.dependency()
    assert isinstance(service, Service)
    return service


def _decide_examples(service: Service, markup: str) -> dict[str, str]:
    """Decide an example of every outcome of every policy, about subjects whose references are hostile text."""
    found: dict[str, str] = {}
    for policy in service.policies:
        seen = set()
        for number, example in enumerate(policy.examples):
            if example.outcome in seen:
                continue
            seen.add(example.outcome)
            request = DecisionRequest(policy.name, f"{policy.name} {number} {markup}", _wire(example.given))
            recorded = service.workflow.decide(request, "tests", f"{policy.name}-{number}").result()
            found.setdefault(f"{policy.name}/{example.outcome}", _id_of(service, recorded.index))
    return found


def refer(site: Site, markup: str = MARKUP) -> str:
    """Let a policy refer a fresh subject to a person; give the id of the case."""
    service, asker = site.service, f"key:{site.keys[Role.INTEGRATOR].split('_')[1]}"
    example = next(each for each in service.policies["opening"].examples if each.outcome == "refer")
    reference = str(uuid.uuid4())
    recorded = service.workflow.decide(
        DecisionRequest("opening", f"{reference} {markup}", _wire(example.given)), asker, reference
    )
    decision = _id_of(service, recorded.result().index)
    with service.log.engine.connect() as connection:
        found = queries.unconcluded(connection, decision, "review")
    assert found is not None
    return found


def _claimed(site: Site, markup: str) -> str:
    """Refer a decision, and claim its case as the supervisor."""
    case, supervisor = refer(site, markup), site.service.keyring.holder(site.keys[Role.SUPERVISOR].split("_")[1])
    assert supervisor is not None
    site.service.cases.claim(Asked(supervisor, case, frozenset({1})))
    return case


def _wire(given: Any) -> dict[str, Any]:
    return {name: value.isoformat() if isinstance(value, dt.date) else value for name, value in given.items()}


def _id_of(service: Service, index: int) -> str:
    import msgspec

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
