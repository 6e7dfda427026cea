"""Every route the OpenAPI document names, as requests that would be good: the smallest body each schema lets through.

Tests of access walk these, so a route that is added tomorrow is walked as well.
"""

from __future__ import annotations

import base64
import uuid
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from httpx import Client, Response
from litestar import Litestar

from api.settings import Settings
from tests.api.conftest import application, ask

PDF = base64.b64encode(b"%PDF-1.7 made up").decode()
POLICIES = Path(__file__).parent / "line_policies"
METHODS = ("get", "post", "put", "patch", "delete")

#: What members mean whose schema alone does not say what would be taken.
MEANT: Mapping[str, Any] = {
    "policy": "opening",
    "facts": {"income": 2_000_000},
    "subject": "customer-1",
    "url": "https://hooks.example.com/grounds",
    "media_type": "application/pdf",
    "content": PDF,
    "as_of": "2026-11-22T08:00:00Z",
    "because": "stolen",
    "dry_run": False,
}

#: Bodies that are good for a reason no schema tells.
BODIES: Mapping[str, Any] = {
    "POST /webhooks/{webhook_id}/replay": {"index": 0},
    "PATCH /webhooks/{webhook_id}": {"active": True},
    "POST /users/{user_id}/role": {"role": "supervisor"},
}


def walkable(settings: Settings) -> Settings:
    """Settings of a service on which one key can have something of every kind."""
    return settings.model_copy(update={"policies": POLICIES, "webhook_private": True})


class Walked(NamedTuple):
    """One route: a method and a path template, and what the document says of it."""

    method: str
    path: str
    operation: Mapping[str, Any]

    def __str__(self) -> str:
        return f"{self.method} {self.path}"

    @property
    def names(self) -> list[str]:
        """Name the parameters in the path."""
        return [part[1:-1] for part in self.path.split("/") if part.startswith("{")]


class Walk:
    """The routes of an application, and the way to ask each of them about somebody's things."""

    def __init__(self, app: Litestar) -> None:
        self.document: dict[str, Any] = app.openapi_schema.to_schema()

    def __iter__(self) -> Iterator[Walked]:
        for path, item in sorted(self.document["paths"].items()):
            yield from (Walked(method.upper(), path, item[method]) for method in METHODS if method in item)

    def ask(self, client: Client, route: Walked, things: Mapping[str, str], headers: Mapping[str, str]) -> Response:
        """Ask a route about `things`, by the names of path parameters, in the name of `headers`."""
        path = route.path
        for name in route.names:
            known = things.get(f"{route.path} {name}", things.get(name))
            if known is None:
                pytest.fail(f"{route}: tell `belongings` in tests/api/walking.py what somebody's `{name}` is")
            path = path.replace(f"{{{name}}}", known)
        sent = {"Idempotency-Key": str(uuid.uuid4()), "If-Match": '"1"', **headers}
        body = BODIES.get(str(route)) or self.body(route)
        return client.request(route.method, path, json=body, headers=sent)

    def body(self, route: Walked) -> Any:
        """Give the smallest body that the schema lets through; None if it takes none."""
        content = route.operation.get("requestBody", {}).get("content", {}).get("application/json")
        return None if content is None else self._sample(content["schema"])

    def _sample(self, schema: Mapping[str, Any]) -> Any:
        if "$ref" in schema:
            return self._sample(self.document["components"]["schemas"][schema["$ref"].rsplit("/", 1)[1]])
        for choice in ("oneOf", "anyOf"):
            if choice in schema:
                return self._sample(next(each for each in schema[choice] if each.get("type") != "null"))
        if "enum" in schema:
            return schema["enum"][0]
        match schema.get("type"):
            case "object":
                return {name: self._member(name, schema["properties"][name]) for name in schema.get("required", ())}
            case "array":
                return [self._sample(schema["items"]) for _ in range(schema.get("minItems", 0))]
            case "integer" | "number":
                return int(schema.get("minimum", 1))
            case "boolean":
                return False
        return {"date": "2027-01-01", "date-time": "2026-11-22T08:00:00Z"}.get(schema.get("format", ""), "x" * 8)

    def _member(self, name: str, schema: Mapping[str, Any]) -> Any:
        meant = MEANT.get(name)
        fits = {"string": str, "object": dict, "boolean": bool}.get(schema.get("type", ""), str)
        return meant if isinstance(meant, fits) and "enum" not in schema else self._sample(schema)


def belongings(client: Client) -> dict[str, str]:
    """Have the client's own key decide, appeal, attach and subscribe, and give the ids of all that by parameter."""
    ask(client, application(policy="opening", facts={"income": 2_000_000}))
    decision = ask(client, application(policy="opening", facts={"income": 1})).json()
    sent = {"decision": decision["id"], "statement": "I paid."}
    appeal = client.post("/appeals", json=sent, headers={"Idempotency-Key": str(uuid.uuid4())})
    assert appeal.status_code == 201, appeal.text
    case = appeal.json()["id"]
    raised = client.post(
        "/matters",
        json={"kind": "complaint", "subject": "customer-1", "text": "I paid."},
        headers={"Idempotency-Key": str(uuid.uuid4())},
    )
    assert raised.status_code == 201, raised.text
    hook = client.post("/webhooks", json={"url": "http://127.0.0.1:9/x"})
    assert hook.status_code == 201, hook.text
    return {
        "decision_id": decision["id"],
        "case_id": case,
        "matter_id": raised.json()["id"],
        "webhook_id": hook.json()["id"],
        "key_id": client.headers["Authorization"].split("_")[1],
        "user_id": "0123456789ab",
        "subject": "customer-1",
        "index": str(decision["log"]["index"]),
        "/cases/{case_id}/attachments/{index} index": _attached(client, case),
        "name": "opening",
        "path": "entries/000.p/1",
    }


def _attached(client: Client, case: str) -> str:
    version = client.get(f"/cases/{case}").headers["etag"]
    body = {"name": "proof.pdf", "media_type": "application/pdf", "content": PDF}
    answer = client.post(
        f"/cases/{case}/attachments", json=body, headers={"If-Match": version, "Idempotency-Key": str(uuid.uuid4())}
    )
    assert answer.status_code < 300, answer.text
    shown = client.get(f"/cases/{case}").json()
    return str(shown["history"][-1]["index"])
