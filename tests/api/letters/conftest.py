"""A service with people around it, for letters over HTTP."""

from __future__ import annotations

import pytest
from httpx import Client

from tests.api.casework.conftest import Office
from tests.api.conftest import Clock, NewKey


@pytest.fixture
def office(http: Client, new_key: NewKey, clock: Clock) -> Office:
    """Open the office."""
    return Office(http, new_key, clock)
