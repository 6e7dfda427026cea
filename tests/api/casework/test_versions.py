"""One version of a case, many who saw it: what is stale is refused, and of two at once one wins."""

from __future__ import annotations

import threading
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest
from httpx import Response
from pydantic import SecretStr

from api.errors import InvalidParameter, PreconditionMissing, Stale
from api.etags import etag, expected
from api.reconcile import differences
from api.settings import Settings
from tests.api.casework.conftest import Office, conclusion, refused, written
from tests.api.conftest import TINY


@pytest.mark.parametrize(
    ("header", "versions"),
    [
        ('"3"', {3}),
        (' "3" ', {3}),
        ('"3", "4"', {3, 4}),
        ('"3","4",', {3, 4}),
        (', ,"3"\t,', {3}),
        ('W/"3", "4"', {4}),
        ('"3", "of-another-service"', {3}),
        ('"a,b", "3"', {3}),
    ],
)
def test_if_match_is_read_as_the_rfc_writes_it(header: str, versions: set[int]) -> None:
    """A list of tags with spaces and empty members; weak ones match nothing, unknown ones are somebody else's."""
    assert expected(header) == versions


@pytest.mark.parametrize("header", [None, "", "  ", "*", " * "])
def test_no_version_is_asked_for(header: str | None) -> None:
    """Without a version, or with any at all, nothing is done blindly."""
    with pytest.raises(PreconditionMissing):
        expected(header)


@pytest.mark.parametrize("header", ["3", '"3', '3"', '"3" "4"', '"3";"4"', 'w/"3"', '*, "3"', '"' * 3, '"3"x', "\x00"])
def test_what_is_no_list_of_tags_is_malformed(header: str) -> None:
    """Anything else is refused, however near it comes."""
    with pytest.raises(InvalidParameter):
        expected(header)


@pytest.mark.parametrize("header", ['W/"3"', '"x"', '"03"', '"-1"', '""', '"99999999999999999999"', '"٣"'])
def test_tags_that_no_version_has_are_stale(header: str) -> None:
    """They are well-formed and were never given out."""
    with pytest.raises((Stale, InvalidParameter)):
        expected(header)
    assert expected(etag(3)) == {3}


def test_over_http(office: Office) -> None:
    """428 without, 400 malformed, 412 stale; the ETag of each answer is good for the next action."""
    _, case = office.refer()
    path, headers = f"/cases/{case}/claim", office.headers("ada")

    assert office.http.post(path, headers=headers).status_code == 428
    assert office.http.post(path, headers={**headers, "If-Match": "1"}).status_code == 400
    assert refused(office.http.post(path, headers={**headers, "If-Match": '"2"'}), 412) == "stale"
    claimed = office.http.post(
        path, headers={**headers, "If-Match": office.get("ada", f"/cases/{case}").headers["etag"]}
    )
    assert (claimed.status_code, claimed.headers["etag"]) == (200, '"2"')
    noted = office.http.post(
        f"/cases/{case}/note", json=written(), headers={**headers, "If-Match": claimed.headers["etag"]}
    )
    assert noted.headers["etag"] == '"3"'
    assert refused(office.act("ada", case, "note", written(), version=2), 412) == "stale"


def test_a_repeated_action_is_answered_the_same(office: Office) -> None:
    """With an idempotency key a lost answer can be asked for again; the action happened once."""
    _, case = office.refer()
    claimed = office.act("ada", case, "claim", None, 1, **{"Idempotency-Key": "a"})
    again = office.act("ada", case, "claim", None, 1, **{"Idempotency-Key": "a"})
    assert (again.content, again.headers["idempotent-replayed"]) == (claimed.content, "true")
    body = conclusion("decide", "reject")
    ended = office.act("ada", case, "conclude", body, 2, **{"Idempotency-Key": "b"})
    again = office.act("ada", case, "conclude", body, 2, **{"Idempotency-Key": "b"})

    assert ended.status_code == again.status_code == 200
    assert again.content == ended.content
    assert office.version(case) == 3
    changed = office.act("ada", case, "conclude", {**body, "grounds": "else"}, 2, **{"Idempotency-Key": "b"})
    assert refused(changed, 422) == "idempotency-key-reused"
    assert refused(office.act("ada", case, "note", written(), 3, **{"Idempotency-Key": "b"}), 422)
    assert refused(office.act("ben", case, "conclude", body, 2, **{"Idempotency-Key": "b"}), 412) == "stale"


STAFF = ("ada", "ben", "sue", "tom")


def at_once(calls: list[Callable[[], Response]]) -> list[Response]:
    """Make calls on threads that all start together."""
    ready = threading.Barrier(len(calls))
    answers: list[Response | None] = [None] * len(calls)

    def run(place: int) -> None:
        ready.wait()
        answers[place] = calls[place]()

    threads = [threading.Thread(target=run, args=(place,)) for place in range(len(calls))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return [answer for answer in answers if answer is not None]


@pytest.fixture(params=["sqlite", "postgres"])
def settings(request: pytest.FixtureRequest, tmp_path: Path) -> Settings:
    """Race on either database."""
    url = SecretStr(request.getfixturevalue("empty_database")) if request.param == "postgres" else None
    return Settings(data=tmp_path / "data", policies=TINY, port=0, key_memory_seconds=0, url=url)


def test_two_who_conclude_at_once(office: Office, settings: Settings) -> None:
    """Two second persons approve the same version: one decision is made, and the other is told 412."""
    for number in range(3):
        _, case = office.refer(subject=f"s{number}")
        office.done("ada", case, "claim")
        office.done("ada", case, "recommend", conclusion("decide", "reject"))
        answers = at_once([partial(office.act, who, case, "approve", version=3) for who in ("ben", "sue", "tom")])
        assert sorted(each.status_code for each in answers) == [200, 412, 412], [each.text for each in answers]
    decisions = office.get("integrator", "/decisions").json()["items"]
    assert len([each for each in decisions if each["outcome"] == "reject"]) == 3
    assert list(differences(settings.database)) == []


def test_one_claim_wins_and_one_conclusion_of_two_tabs(office: Office) -> None:
    """Of many who claim at once one has it; who concludes twice at once concludes once."""
    _, case = office.refer()
    answers = at_once([partial(office.act, who, case, "claim", version=1) for who in STAFF])
    assert sorted(each.status_code for each in answers) == [200, 412, 412, 412]
    holder = next(each.json()["holder"] for each in answers if each.status_code == 200)
    who = next(name for name in STAFF if office.actor(name) == holder)
    body = conclusion("decide", "reject")
    answers = at_once([lambda: office.act(who, case, "conclude", body, version=2) for _ in range(3)])

    assert sorted(each.status_code for each in answers) == [200, 412, 412]
    assert len(office.get("integrator", "/decisions").json()["items"]) == 2


def test_two_appeals_at_once(office: Office) -> None:
    """One is filed, the other is told that it is open already; under one key both are acknowledged the same."""
    decision = office.decide()["id"]
    answers = at_once([lambda: office.appeal(decision) for _ in range(3)])
    assert sorted(each.status_code for each in answers) == [201, 409, 409]
    other = office.decide(subject="other")["id"]
    answers = at_once([lambda: office.appeal(other, key="one") for _ in range(3)])
    assert {(each.status_code, each.content) for each in answers} == {(201, answers[0].content)}
