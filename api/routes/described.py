"""How routes describe their answers in the OpenAPI document: problems as RFC 9457, never as plain JSON."""

from __future__ import annotations

from http import HTTPStatus

from litestar.openapi.datastructures import ResponseSpec

from api.problems import MEDIA_TYPE, Problem


def problems(*statuses: int) -> dict[int, ResponseSpec]:
    """Describe the refusals a route may answer with; where a credential is asked for, 429 is one of them."""
    told = sorted({*statuses, *({429} if 401 in statuses else ())})
    return {status: _spec(Problem, HTTPStatus(status).phrase, MEDIA_TYPE) for status in told}


def returns(body: type, description: str) -> ResponseSpec:
    """Describe a success whose bytes are served as they are stored."""
    return _spec(body, description, "application/json")


def _spec(body: type, description: str, media_type: str) -> ResponseSpec:
    return ResponseSpec(body, generate_examples=False, description=description, media_type=media_type)
