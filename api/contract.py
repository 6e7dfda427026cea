"""What the OpenAPI document says beside bodies: names of operations, headers that must be sent, headers that come back.

Litestar draws parameters from the types of a handler. A header that is optional there, so that its absence is refused
with a status and a remedy of its own, is required all the same; and headers of answers it does not know.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from litestar import Litestar
from litestar.handlers import HTTPRouteHandler
from litestar.types import Method
from litestar.types.internal_types import PathParameterDefinition

from api.ndjson import MEDIA_TYPE

Document = dict[str, Any]

_METHODS = frozenset({"get", "post", "put", "patch", "delete"})
#: A list of strong or weak entity tags (RFC 9110 section 13.1.1).
_TAGS = r'^[\t ,]*(W/)?"[\x21\x23-\x7E]*"([\t ]*,[\t ,]*(W/)?"[\x21\x23-\x7E]*")*[\t ,]*$'
_BASE64 = "^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$"
_IF_MATCH = {"required": True, "schema": {"type": "string", "maxLength": 2_000, "pattern": _TAGS}}
#: Operations that are refused without a key for retries; a decision needs one unless it is a dry run.
_KEYED = frozenset({"lines_repay", "appeals_file", "matters_take_in"})
_KEY = {"type": "string", "minLength": 1, "maxLength": 255}

#: What is taken and answered line by line too; OpenAPI 3.1 has no word for what a line is (3.2: `itemSchema`).
_LINES: Mapping[str, tuple[str, str]] = {"decisions_decide_all": ("BulkItem", "BulkAnswer")}

_EVERY: Mapping[str, Document] = {
    "X-Request-Id": {"description": "Finds this request in the logs", "pattern": r"^[A-Za-z0-9._-]{1,64}$"},
}
_RETRY = {"Retry-After": {"description": "Seconds to wait", "pattern": "^[0-9]+$"}}
#: On whatever is answered to who showed a credential, unless the quota is lifted (docs/access.md).
_QUOTA = {
    "RateLimit-Policy": {"description": "How many requests in how many seconds", "pattern": '^"default";q='},
    "RateLimit": {"description": "How many are left, and for how many seconds", "pattern": '^"default";r='},
}
_ETAG = {"ETag": {"description": "The version, for If-Match", "pattern": r'^"[1-9][0-9]*"$'}}
_REPEATED = {"Idempotent-Replayed": {"description": "An earlier request with this key did it", "pattern": "^true$"}}
_LOCATION = {"Location": {"description": "Where it can be fetched", "pattern": "^/"}}
_LANGUAGE = {"Content-Language": {"description": "What it is written in", "pattern": "^[a-z]{2}"}}
#: What comes with the success of an operation, by its name, beside what follows from what it takes.
_WITH: Mapping[str, Mapping[str, Document]] = {
    **dict.fromkeys(("cases_show", "appeals_show", "matters_show", "webhooks_subscription"), _ETAG),
    **dict.fromkeys(("appeals_file", "matters_take_in", "webhooks_subscribe"), _ETAG | _LOCATION),
    **dict.fromkeys(("cases_letter", "decisions_notice"), _LANGUAGE),
}
_BY_STATUS: Mapping[str, Mapping[str, Document]] = {
    "401": {"WWW-Authenticate": {"description": "How to authenticate", "pattern": "^Bearer"}},
    "429": _RETRY,
    "503": _RETRY,
}


def operation_id(handler: HTTPRouteHandler, _: Method, path: list[str | PathParameterDefinition]) -> str:
    """Name an operation by the first word of its path and its handler; a client's method is called the same."""
    first = next((each for each in path if isinstance(each, str)), "root")
    return f"{first.replace('-', '_')}_{handler.handler_name}"


def document(app: Litestar) -> Document:
    """Give the OpenAPI document of an application, complete."""
    return completed(app.openapi_schema.to_schema())


def completed(drawn: Document) -> Document:
    """Add to a document what Litestar does not draw; `drawn` stays as it is."""
    paths = {path: dict(_operations(item)) for path, item in drawn["paths"].items()}
    return {**drawn, "paths": paths, "components": _encoded(drawn["components"])}


def _encoded(drawn: Any) -> Any:
    """Say of bytes in JSON that they are base64, which Litestar does not, and what that looks like."""
    match drawn:
        case {"type": "string", "contentEncoding": str()}:
            return {**drawn, "contentEncoding": "base64", "pattern": _BASE64}
        case dict():
            return {name: _encoded(each) for name, each in drawn.items()}
        case list():
            return [_encoded(each) for each in drawn]
        case _:
            return drawn


def _operations(item: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    for name, value in item.items():
        yield name, _operation(value) if name in _METHODS else value


def _operation(drawn: Document) -> Document:
    parameters = [_parameter(drawn["operationId"], each) for each in drawn.get("parameters", ())]
    responses = {status: _response(drawn, status, each) for status, each in drawn["responses"].items()}
    described = {**drawn, **({"parameters": parameters} if parameters else {}), "responses": responses}
    lines = _LINES.get(drawn["operationId"])
    return _by_lines(described, *lines) if lines else described


def _by_lines(drawn: Document, taken: str, given: str) -> Document:
    """Say of an operation that it takes and gives NDJSON as well."""
    body, responses = drawn["requestBody"], drawn["responses"]
    told = {**responses["200"], "content": {**responses["200"]["content"], MEDIA_TYPE: _line(given)}}
    content = {**body["content"], MEDIA_TYPE: _line(taken)}
    return {**drawn, "requestBody": {**body, "content": content}, "responses": {**responses, "200": told}}


def _line(schema: str) -> Document:
    return {"schema": {}, "x-item-schema": {"$ref": f"#/components/schemas/{schema}"}}


def _parameter(operation: str, drawn: Document) -> Document:
    if drawn["in"] == "header" and drawn["name"] == "If-Match":
        return {**drawn, **_IF_MATCH}
    if drawn["in"] == "header" and drawn["name"] == "Idempotency-Key":
        return {**drawn, "required": operation in _KEYED, "schema": _KEY}
    return drawn


def _response(operation: Document, status: str, drawn: Document) -> Document:
    always = {**_EVERY, **_BY_STATUS.get(status, {}), **_of_success(operation, status)}
    at_times = {**(_QUOTA if "401" in operation["responses"] else {}), **_if_repeated(operation, status)}
    headers = {name: _header(each, required=True) for name, each in always.items()}
    headers |= {name: _header(each, required=False) for name, each in at_times.items()}
    return {**drawn, "headers": {**drawn.get("headers", {}), **headers}}


def _of_success(operation: Document, status: str) -> Mapping[str, Document]:
    """Give what always comes with a success that has something in it."""
    if status not in {"200", "201"}:
        return {}
    if operation["operationId"] == "decisions_ask":  # 200 is a dry run, which is nowhere to be found again
        return _LOCATION if status == "201" else {}
    return {**_WITH.get(operation["operationId"], {}), **(_ETAG if "If-Match" in _taken(operation) else {})}


def _if_repeated(operation: Document, status: str) -> Mapping[str, Document]:
    return _REPEATED if status in {"200", "201"} and "Idempotency-Key" in _taken(operation) else {}


def _taken(operation: Document) -> set[str]:
    return {each["name"] for each in operation.get("parameters", ())}


def _header(told: Mapping[str, str], *, required: bool) -> Document:
    schema = {"type": "string", "pattern": told["pattern"]}
    return {"description": told["description"], "required": required, "schema": schema}
