"""Bad input as a table: each case is refused with a status, the path of the mistake and a remedy; never a 500."""

from __future__ import annotations

import json
from typing import Any

import pytest
from httpx import Client, Response

from tests.api.conftest import GOOD, application, ask

_KEY = {"Idempotency-Key": "k", "Content-Type": "application/json"}


def facts(**changes: Any) -> str:
    """Write an application with changed facts."""
    return json.dumps(application(facts={**GOOD, **changes}))


def raw_facts(text: str) -> str:
    """Write an application whose facts are given as text."""
    return f'{{"policy": "tiny", "subject": "s", "facts": {text}}}'


# What is wrong: the body, the status, the path of the mistake, and a word its message or remedy must hold.
CASES: dict[str, tuple[str | bytes, int, str, str]] = {
    "unknown policy": (json.dumps(application(policy="opning")), 422, "policy", "known: tiny"),
    "unknown fact": (facts(hat_size=7), 422, "facts.hat_size", "unknown fact"),
    "misspelt fact": (facts(scor=1), 422, "facts.scor", "did you mean `score`"),
    "wrong type": (facts(score="700"), 422, "facts.score", "whole number"),
    "a boolean for a number": (facts(score=True), 422, "facts.score", "whole number"),
    "a number for a boolean": (facts(verified=1), 422, "facts.verified", "true or false"),
    "unknown enum word": (facts(job="emplyee"), 422, "facts.job", "did you mean `employee`"),
    "not a date": (facts(since="2026-13-01"), 422, "facts.since", "YYYY-MM-DD"),
    "not a list": (facts(loans={}), 422, "facts.loans", "list of records"),
    "too many records": (facts(loans=[{"overdue_days": 0, "balance": 0}] * 4), 422, "facts.loans", "at most 3"),
    "record lacks a field": (facts(loans=[{"balance": 0}]), 422, "facts.loans[0].overdue_days", "every record"),
    "record with an unknown field": (
        facts(loans=[{"overdue_days": 0, "balance": 0, "x": 1}]),
        422,
        "facts.loans[0].x",
        "known: overdue_days, balance",
    ),
    "out of range": (facts(score=951), 422, "facts.score", "350..950"),
    "money out of range": (facts(income=100_000_001), 422, "facts.income", "fen"),
    "explicit null": (facts(score=None), 422, "facts.score", "leave the fact out"),
    "float": (raw_facts('{"income": 5000.5}'), 400, "facts.income", "whole fen"),
    "float that is whole": (raw_facts('{"score": 7e2}'), 400, "facts.score", "whole"),
    "NaN": (raw_facts('{"score": NaN}'), 400, "facts.score", "not JSON"),
    "Infinity": (raw_facts('{"loans": [{"balance": -Infinity}]}'), 400, "facts.loans[0].balance", "not JSON"),
    "2^63": (raw_facts('{"income": 9223372036854775808}'), 400, "facts.income", "2^53"),
    "a number of 5,000 digits": (raw_facts('{"income": ' + "9" * 5000 + "}"), 400, "facts.income", "2^53"),
    "duplicate key": (raw_facts('{"score": 700, "score": 400}'), 400, "facts.score", "twice"),
    "duplicate member": ('{"policy": "tiny", "policy": "x", "subject": "s", "facts": {}}', 400, "policy", "twice"),
    "nested too deep": (raw_facts('{"score": ' + "[" * 40 + "]" * 40 + "}"), 400, "facts.score" + "[0]" * 14, "levels"),
    "nested 100,000 deep": ("[" * 100_000, 400, "", "levels"),
    "half a character": (raw_facts('{"job": "\\ud800"}'), 400, "facts.job", "surrogate"),
    "half a character in the subject": (
        '{"policy":"tiny","subject":"\\udfff","facts":{}}',
        400,
        "subject",
        "surrogate",
    ),
    "not UTF-8": (b'{"policy": "\xff"}', 400, "", "UTF-8"),
    "broken JSON": ('{"policy": ', 400, "", "line 1, column 12"),
    "two values": ("{} {}", 400, "", "line 1, column 4"),
    "only spaces": ("  ", 400, "", "nothing was sent"),
    "no body": ("", 400, "", "no body"),
    "a list": ("[]", 422, "", "the members are: policy"),
    "null": ("null", 422, "", "the members are: policy"),
    "a member is missing": ('{"policy": "tiny", "facts": {}}', 422, "", "subject"),
    "an unknown member": (json.dumps(application(as_off="2026-01-01T00:00:00Z")), 422, "", "as_off"),
    "facts are a list": (json.dumps(application(facts=[])), 422, "facts", "object"),
    "more facts than there can be": (
        facts(**{f"f{number}": 1 for number in range(500)}),
        422,
        "facts",
        "length <= 500",
    ),
    "subject is a number": (json.dumps(application(subject=7)), 422, "subject", "your own reference"),
    "subject is empty": (json.dumps(application(subject="")), 422, "subject", "your own reference"),
    "subject is long": (json.dumps(application(subject="x" * 201)), 422, "subject", "your own reference"),
    "subject with a line break": (json.dumps(application(subject="a\nb")), 422, "subject", "your own reference"),
    "subject with a zero byte": (json.dumps(application(subject="a\0b")), 400, "subject", "whole characters"),
    "dry_run is a word": (json.dumps(application(dry_run="true")), 422, "dry_run", "bool"),
    "as_of without offset": (json.dumps(application(as_of="2026-01-01T00:00:00")), 422, "as_of", "offset"),
    "as_of is a date": (json.dumps(application(as_of="2026-01-01")), 422, "as_of", "offset"),
    "as_of is null": (json.dumps(application(as_of=None)), 422, "as_of", "offset"),
    "as_of before the first year": (json.dumps(application(as_of="0001-01-01T00:00:00+10:00")), 422, "as_of", "9999"),
    "as_of after the last year": (json.dumps(application(as_of="9999-12-31T23:59:59-10:00")), 422, "as_of", "9999"),
    "10 MB": (facts(job="x" * 10_000_000), 413, "", "1048576 bytes"),
}


@pytest.mark.parametrize("case", CASES)
def test_bad_bodies_are_refused_with_path_and_remedy(shared: Client, case: str) -> None:
    """The answer is a problem document with the status, and one of its errors names the path and what to do."""
    body, status, path, word = CASES[case]
    before = shared.get("/log/checkpoint").text
    answer = shared.post("/decisions", content=body, headers=_KEY)
    check(answer, status, path, word)
    assert shared.get("/log/checkpoint").text == before


def check(answer: Response, status: int, path: str, word: str) -> None:
    """Hold an answer against RFC 9457 and the mistake it should name."""
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    problem = answer.json()
    assert problem["status"] == status
    assert problem["type"].startswith("urn:problem-type:grounds:")
    assert problem["request_id"] == answer.headers["x-request-id"]
    found = [f"{error['message']} {error['remedy']}" for error in problem["errors"] if error["path"] == path]
    assert any(word in text for text in found), problem
    assert all(error["remedy"] for error in problem["errors"]), problem


def test_all_mistakes_come_at_once(shared: Client) -> None:
    """Five wrong facts are five errors of one answer; more than fifty are not all repeated."""
    wrong = shared.post("/decisions", content=facts(score=1, income="x", job="y", verified="no", hat=1), headers=_KEY)
    assert [error["path"] for error in wrong.json()["errors"]] == [
        "facts.score",
        "facts.income",
        "facts.job",
        "facts.verified",
        "facts.hat",
    ]
    many = shared.post("/decisions", content=facts(**{f"f{number}": 1 for number in range(90)}), headers=_KEY)
    assert len(many.json()["errors"]) == 50


def test_an_idempotency_key_is_required(shared: Client) -> None:
    """Without one, or with an empty or overlong one, nothing is decided."""
    body = json.dumps(application())
    kind = {"Content-Type": "application/json"}
    check(shared.post("/decisions", content=body, headers=kind), 400, "Idempotency-Key", "retry")
    check(
        shared.post("/decisions", content=body, headers={**kind, "Idempotency-Key": " "}),
        400,
        "Idempotency-Key",
        "retry",
    )
    long = shared.post("/decisions", content=body, headers={**kind, "Idempotency-Key": "x" * 256})
    check(long, 400, "Idempotency-Key", "schema")


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "application/jsonp", "x"])
def test_other_media_are_refused(shared: Client, kind: str) -> None:
    """A body that says it is something else is not read as JSON."""
    answer = shared.post("/decisions", content=json.dumps(application()), headers=_KEY | {"Content-Type": kind})
    check(answer, 415, "Content-Type", "application/json")


@pytest.mark.parametrize("path", ["/decisions", "/decisions/bulk"])
def test_a_body_that_is_packed_is_refused(http: Client, path: str) -> None:
    """A content coding is named as what is not taken, whatever the body holds."""
    headers = {"Idempotency-Key": "k", "Content-Encoding": "gzip", "Content-Type": "application/x-ndjson"}
    for kind in ("application/json", "application/x-ndjson"):
        answer = http.post(path, content=b"\x1f\x8b", headers={**headers, "Content-Type": kind})
        check(answer, 415, "Content-Encoding", "as it is")


@pytest.mark.parametrize(
    "kind", ["application/json; charset=utf-8", "application/merge-patch+json", "Application/JSON"]
)
def test_json_by_any_of_its_names_is_taken(shared: Client, kind: str) -> None:
    """Parameters, suffixes and capitals make no difference."""
    body = json.dumps(application())
    answer = shared.post("/decisions", content=body, headers={"Idempotency-Key": kind, "Content-Type": kind})
    assert answer.status_code == 201


PARAMETERS = {
    "cursor=x": ("cursor", "next"),
    "cursor=YmVmb3JlOng": ("cursor", "next"),
    "cursor=%F0%9F%98%80": ("cursor", "next"),
    "cursor=YmVmb3JlOjk5OTk5OTk5OTk5OTk5OTk5OTk5OTk5OTk": ("cursor", "next"),
    "limit=0": ("limit", "schema"),
    "limit=1001": ("limit", "schema"),
    "limit=ten": ("limit", "schema"),
    "subject=" + "x" * 201: ("subject", "schema"),
}


@pytest.mark.parametrize("query", PARAMETERS)
def test_bad_parameters_are_refused(shared: Client, query: str) -> None:
    """A query parameter that cannot be taken is named."""
    path, word = PARAMETERS[query]
    check(shared.get(f"/decisions?{query}"), 400, path, word)


UNSERVED = {
    ("GET", "/nothing"): 404,
    ("GET", "/decision"): 404,
    ("GET", "/schema/nothing"): 404,
    ("GET", "/schema/static/nothing.js"): 404,
    ("GET", "/schema/static/../app.py"): 404,
    ("GET", "/schema/static/%2e%2e/app.py"): 404,
    ("GET", "/log/entries/x"): 404,
    ("GET", "/log/entries/-1"): 404,
    ("GET", "/log/entries/99999999999999999999999"): 404,
    ("DELETE", "/decisions"): 405,
    ("PUT", "/health/live"): 405,
    ("BREW", "/decisions"): 405,
}


@pytest.mark.parametrize(("method", "path"), UNSERVED)
def test_what_is_not_served_is_a_problem_too(shared: Client, method: str, path: str) -> None:
    """Unknown paths and methods are answered in the same form as everything else."""
    answer = shared.request(method, path)
    assert answer.status_code == UNSERVED[method, path]
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["status"] == answer.status_code
    if answer.status_code == 405:
        assert "GET" in answer.headers["allow"]


def test_a_fault_of_ours_tells_nothing_but_its_request_id(http: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    """An error nobody foresaw is a 500 problem without a message, and the service goes on."""

    def break_down(*_: object) -> None:
        raise ZeroDivisionError("customer-1 owes 700")

    with monkeypatch.context() as patch:
        patch.setattr("api.workflow.Workflow.ask", break_down)
        answer = ask(http)
    assert answer.status_code == 500
    assert "customer-1" not in answer.text
    assert answer.json()["request_id"] == answer.headers["x-request-id"]
    assert ask(http).status_code == 201
