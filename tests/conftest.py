"""What holds for every test: Hypothesis profiles, and no connection to anywhere but this machine."""

from __future__ import annotations

import ipaddress
import os
import sys
from collections.abc import Iterator
from contextlib import ExitStack

import pytest
from hypothesis import HealthCheck, settings

from tests.postgres import NoServer, Server, left_open, prepare, server, watch

# `ci`: the same cases on every machine and every run. `fuzz`: fresh ones, many (make fuzz).
settings.register_profile("ci", derandomize=True, deadline=None, print_blob=True)
settings.register_profile("fuzz", deadline=None, max_examples=5_000, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("ci")


def refuse_the_outside(event: str, arguments: tuple[object, ...]) -> None:
    """Fail a connection that would leave this machine; audit hook of `sys.addaudithook`."""
    if event != "socket.connect":
        return
    address = arguments[1]
    if isinstance(address, tuple) and not is_here(str(address[0])):
        pytest.fail(f"a test tried to connect to `{address[0]}`; tests stay on this machine")


def is_here(host: str) -> bool:
    """Whether a host name or address is this machine's own."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host in ("localhost", "")


sys.addaudithook(refuse_the_outside)
for name in [name for name in os.environ if name.startswith("GROUNDS_")]:
    del os.environ[name]  # a developer's own settings decide nothing here


@pytest.fixture(autouse=True)
def _nothing_left_open() -> Iterator[None]:
    """Fail the test that leaves a connection to PostgreSQL open, rather than the one in which that is noticed."""
    yield
    left = left_open(5)
    assert not left, f"{len(left)} connections were left open, the first made at:\n{left[0]}"


@pytest.fixture(scope="session")
def postgres() -> Iterator[Server]:
    """Run a PostgreSQL server for all tests that ask for one; without one they are skipped, but not in CI."""
    with ExitStack() as stack:
        try:
            made = stack.enter_context(server())
        except NoServer as reason:
            if os.environ.get("CI"):
                pytest.fail(f"CI tests both databases: {reason}")
            pytest.skip(str(reason))
        watch()
        prepare(made)
        yield made


@pytest.fixture
def empty_database(postgres: Server) -> Iterator[str]:
    """Give the URL of a database of the test's own that is ready for a log, for a login that may serve and erase."""
    name = postgres.copy()
    yield postgres.url(name)
    postgres.run("postgres", f"DROP DATABASE {name} WITH (FORCE)")
