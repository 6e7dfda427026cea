"""The API page and its document: complete, true to the routes, and without a single outside address."""

from __future__ import annotations

import hashlib
import json
import re
from typing import Any

import pytest
from httpx import Client

from api.page import STATIC


@pytest.fixture
def document(http: Client) -> dict[str, Any]:
    """Fetch the OpenAPI document, as anybody may."""
    http.headers.pop("Authorization")
    answer = http.get("/schema/openapi.json")
    assert answer.status_code == 200
    found: dict[str, Any] = answer.json()
    return found


def test_the_page_names_no_outside_host(http: Client) -> None:
    """Page and script mention our own paths only, and each of them is served."""
    page = http.get("/schema")
    assert page.headers["content-type"].startswith("text/html")
    script = http.get("/schema/static/api.js")
    for text in (page.text, script.text):
        assert not re.search(r"(https?:)?//[a-z]", re.sub(r"^\s*//.*$", "", text, flags=re.MULTILINE))
    for path in re.findall(r'(?:src|href)="([^"]+)"', page.text):
        assert path.startswith("/schema/")
        assert http.get(path).status_code == 200
    assert "validatorUrl: null" in script.text


def test_the_browser_is_told_to_load_nothing_from_outside(http: Client) -> None:
    """The content policy lets in our own files only, and no inline script."""
    policy = http.get("/schema").headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "script-src 'self';" in policy
    assert "http" not in policy
    assert "<script>" not in http.get("/schema").text


@pytest.mark.parametrize("path", ["/schema", "/schema/static/api.js", "/health/live", "/decisions", "/nothing"])
def test_security_headers_are_on_every_answer(http: Client, path: str) -> None:
    """Whatever is answered, browsers are told not to sniff, frame, refer or guess."""
    headers = http.get(path).headers
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["x-frame-options"] == "DENY"
    assert headers["referrer-policy"] == "no-referrer"
    assert "content-security-policy" in headers
    assert "server" not in headers


def test_answers_of_the_api_are_not_cached(http: Client) -> None:
    """Personal data stays out of caches."""
    assert http.get("/decisions").headers["cache-control"] == "no-store"


def test_vendored_files_are_what_the_manifest_says() -> None:
    """Each file has the recorded hash, none is missing, none is extra, and the licence is among them."""
    folder = STATIC / "vendor"
    manifest = json.loads((folder / "manifest.json").read_text())
    names = {path.name for path in folder.iterdir()} - {"manifest.json"}
    assert names == set(manifest["files"])
    assert {"LICENSE", "NOTICE"} <= names
    for name, entry in manifest["files"].items():
        assert hashlib.sha256((folder / name).read_bytes()).hexdigest() == entry["sha256"]


def test_the_document_describes_every_route(document: dict[str, Any]) -> None:
    """OpenAPI 3.1, all paths, a bearer key, and problems as problem documents."""
    assert document["openapi"].startswith("3.1")
    assert set(document["paths"]) == {
        "/decisions",
        "/decisions/{decision_id}",
        "/decisions/{decision_id}/explanation",
        "/decisions/{decision_id}/receipt",
        "/decisions/{decision_id}/replay",
        "/exports",
        "/lines/{subject}",
        "/lines/{subject}/repayments",
        "/log/checkpoint",
        "/log/entries",
        "/log/entries/{index}",
        "/log/tile/{path}",
        "/statistics/backlog",
        "/statistics/conclusions",
        "/statistics/overturns",
        "/statistics/reasons",
        "/subjects/{subject}",
        "/subjects/{subject}/erase",
        "/subjects/{subject}/hold",
        "/subjects/{subject}/retention",
        "/policies",
        "/policies/reload",
        "/policies/{name}",
        "/facts",
        "/health/live",
        "/health/ready",
        "/appeals",
        "/appeals/{case_id}",
        "/matters",
        "/matters/{matter_id}",
        "/matters/{matter_id}/acknowledge",
        "/matters/{matter_id}/answer",
        "/matters/{matter_id}/end",
        "/matters/{matter_id}/extend",
        "/matters/{matter_id}/file",
        "/users",
        "/users/{user_id}/confirm",
        "/users/{user_id}/disable",
        "/users/{user_id}/forget",
        "/users/{user_id}/password",
        "/users/{user_id}/role",
        "/cases",
        "/cases/{case_id}",
        "/cases/{case_id}/answer",
        "/cases/{case_id}/approve",
        "/cases/{case_id}/ask",
        "/cases/{case_id}/attachments",
        "/cases/{case_id}/attachments/{index}",
        "/cases/{case_id}/claim",
        "/cases/{case_id}/conclude",
        "/cases/{case_id}/decline",
        "/cases/{case_id}/escalate",
        "/cases/{case_id}/extend",
        "/cases/{case_id}/file",
        "/cases/{case_id}/letter",
        "/cases/{case_id}/note",
        "/cases/{case_id}/recommend",
        "/cases/{case_id}/release",
        "/cases/{case_id}/renew",
        "/cases/{case_id}/withdraw",
        "/decisions/bulk",
        "/decisions/{decision_id}/clocks",
        "/decisions/{decision_id}/notice",
        "/keys",
        "/keys/{key_id}/revoke",
        "/keys/{key_id}/rotate",
        "/metrics",
        "/pre-checks",
        "/subjects/{subject}/automation-refusal",
        "/webhooks",
        "/webhooks/{webhook_id}",
        "/webhooks/{webhook_id}/deliveries",
        "/webhooks/{webhook_id}/replay",
        "/webhooks/{webhook_id}/secret",
    }
    assert document["components"]["securitySchemes"]["key"]["scheme"] == "bearer"
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            for status, response in operation["responses"].items():
                if int(status) >= 400 and not path.startswith("/health"):
                    assert set(response["content"]) == {"application/problem+json"}, (path, method, status)


def test_the_document_says_what_a_decision_takes(document: dict[str, Any]) -> None:
    """The request body lists its members and requires three; the idempotency key is a header."""
    operation = document["paths"]["/decisions"]["post"]
    schema = operation["requestBody"]["content"]["application/json"]["schema"]
    request = document["components"]["schemas"][schema["$ref"].rsplit("/", 1)[1]]
    assert set(request["required"]) == {"policy", "subject", "facts"}
    assert {"as_of", "dry_run"} <= set(request["properties"])
    assert [parameter["name"] for parameter in operation["parameters"]] == ["Idempotency-Key"]
    assert set(operation["responses"]) >= {"200", "201", "400", "401", "403", "413", "415", "422", "503"}


def test_options_name_every_method_of_a_path(http: Client, document: dict[str, Any]) -> None:
    """What OPTIONS allows is what the document describes; a path nobody serves has no methods to name."""
    for path, operations in document["paths"].items():
        allowed = http.options(path.replace("{index}", "0")).headers["allow"].split(", ")
        assert {method.upper() for method in operations} == set(allowed) - {"OPTIONS", "HEAD"}, path


def test_closed_structs_are_closed_in_the_document(document: dict[str, Any]) -> None:
    """A request that takes no other members says so, and so does every answer of ours that has no others."""
    schemas = document["components"]["schemas"]
    for name in ("DecisionRequest", "ExportRequest", "ReplayRequest", "DecisionPage", "EntryPage"):
        assert schemas[name]["additionalProperties"] is False
