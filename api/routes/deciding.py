"""What both ways of `POST /decisions` do with a good application: decide, record, wait, and compose the answer."""

from __future__ import annotations

import asyncio
from functools import partial
from typing import Final

from api import answers
from api.accounts.repeating import settled
from api.roles import Principal
from api.schemas import DecisionRequest
from api.service import Service

MOST_KEY: Final = 255
"""The longest Idempotency-Key."""


async def decided(
    service: Service, principal: Principal, request: DecisionRequest, key: str
) -> tuple[bytes, dict[str, str]]:
    """Give the bytes of the answer once the decision is durable, and the headers that go with them."""
    recorded = await settled(partial(service.workflow.ask, request, principal.actor, key))
    if not recorded.replayed:
        return _located(service.workflow.answer(recorded, principal.actor), {})
    answer = await asyncio.to_thread(service.workflow.answer, recorded, principal.actor)
    return _located(answer, {"Idempotent-Replayed": "true"})


def _located(answer: bytes, headers: dict[str, str]) -> tuple[bytes, dict[str, str]]:
    return answer, {"Location": f"/decisions/{answers.id_of(answer)}", **headers}
