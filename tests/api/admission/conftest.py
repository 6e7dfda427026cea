"""What tests of the gate share."""

from __future__ import annotations

import pytest


@pytest.fixture(scope="module")
def anyio_backend() -> str:
    """Run coroutines on asyncio, as the service does."""
    return "asyncio"
