"""Matters: taken in by who may, answered by somebody else by a day, every step an entry with nothing personal in it."""

from __future__ import annotations

import datetime as dt
import json
import uuid
from typing import Any

import pytest
from httpx import Client, Response
from litestar import Litestar

from api.cli import run
from api.roles import Role
from api.settings import Settings
from tests.api.conftest import START, Clock, NewKey, application, ask, service_of
from tests.api.test_server import verified

DAY = dt.timedelta(days=1)
TEXT = "Zhang San never had this loan."
ANSWER = {"answer": {"zh": "经核查，已更正。", "en": "We looked, and put it right."}}


class Desk:
    """People of every kind who raise and answer matters."""

    def __init__(self, http: Client, new_key: NewKey) -> None:
        self.http, self._new_key = http, new_key
        self._keys = {"integrator": http.headers["Authorization"]}

    def headers(self, who: str) -> dict[str, str]:
        """Give the headers of a role, or of another one of it: `reviewer`, `reviewer 2`."""
        if who not in self._keys:
            self._keys[who] = f"Bearer {self._new_key(Role(who.partition(' ')[0]))}"
        return {"Authorization": self._keys[who]}

    def raised(self, kind: str, who: str = "integrator", key: str | None = None, **changes: Any) -> Response:
        """Raise a matter."""
        body = {"kind": kind, "subject": "customer-1", "text": TEXT, **changes}
        headers = {**self.headers(who), "Idempotency-Key": key or str(uuid.uuid4())}
        return self.http.post("/matters", json=body, headers=headers)

    def act(self, who: str, matter: str, action: str, body: Any = None, version: int | None = None) -> Response:
        """Take a step at the version it is at, or at another."""
        at = self.get(who, matter).json().get("version", 1) if version is None else version
        headers = {**self.headers(who), "If-Match": f'"{at}"'}
        return self.http.post(f"/matters/{matter}/{action}", json=body, headers=headers)

    def get(self, who: str, path: str = "", **query: Any) -> Response:
        """Read as somebody."""
        return self.http.get(f"/matters/{path}", params=query, headers=self.headers(who))


@pytest.fixture
def desk(http: Client, new_key: NewKey) -> Desk:
    """Open for business."""
    return Desk(http, new_key)


def code(answer: Response) -> str:
    """Give the code of a refusal."""
    assert answer.status_code == 409, answer.text
    found: str = answer.json()["errors"][0]["code"]
    return found


def kinds(view: dict[str, Any]) -> dict[str, str]:
    """Give the clocks of a matter by what is due, with how they stand."""
    return {each["due"]["kind"]: each["state"] for each in view["clocks"]}


def test_a_dispute_begins_its_clock(desk: Desk, clock: Clock) -> None:
    """In CN a dispute of credit information is answered within 20 days, in writing, and the answer ends the clock."""
    raised = desk.raised("dispute")
    view = raised.json()

    assert (raised.status_code, raised.headers["location"]) == (201, f"/matters/{view['id']}")
    assert kinds(view) == {"correction": "running"}
    assert view["clocks"][0]["due"]["day"] == "2026-12-14"  # 20 days after the 22nd are a Saturday
    assert view["clocks"][0]["due"]["statutory"]
    clock.now = START + 30 * DAY
    late = desk.get("integrator", view["id"]).json()
    assert (late["overdue"], kinds(late)) == (True, {"correction": "overdue"})
    answered = desk.act("reviewer", view["id"], "answer", ANSWER).json()
    assert (answered["ending"], answered["overdue"], kinds(answered)) == ("answered", False, {"correction": "met_late"})


def test_the_day_it_came_in_is_what_counts(desk: Desk) -> None:
    """Periods began when a letter came, not when it was read; a day to come, or before the decision, is refused."""
    early = desk.raised("complaint", received_on="2026-11-10").json()
    decided = ask(desk.http).json()["id"]

    assert early["clocks"][0]["due"]["day"] == "2026-11-25"
    assert desk.raised("complaint", received_on="2026-11-23").status_code == 422
    assert desk.raised("complaint", received_on="1026-11-22").status_code == 422
    assert desk.raised("complaint", received_on="2026-11-21", decision=decided).status_code == 422


def test_a_counter_offer_is_of_a_decision_that_offers(desk: Desk) -> None:
    """It names an approval of the subject; where the law names no period it has none."""
    approved = ask(desk.http).json()["id"]
    rejected = ask(desk.http, application(facts={"score": 400, "income": 2_000_000})).json()["id"]

    assert desk.raised("counter_offer").status_code == 422
    assert desk.raised("counter_offer", decision=rejected).status_code == 422
    assert desk.raised("counter_offer", decision="nothing").status_code == 404
    assert desk.raised("counter_offer", decision=approved, subject="customer-2").status_code == 404
    assert desk.raised("counter_offer", "integrator 2", decision=approved).status_code == 404
    view = desk.raised("counter_offer", decision=approved).json()
    assert (view["decision"], view["clocks"]) == (approved, [])
    assert desk.act("integrator", view["id"], "end", {"because": "taken_up"}).json()["ending"] == "taken_up"


def test_nobody_answers_themselves(desk: Desk) -> None:
    """Who raised it, and who judged the decision it is about, leaves it to somebody else."""
    own = desk.raised("complaint", "reviewer").json()["id"]

    assert code(desk.act("reviewer", own, "answer", ANSWER)) == "took_part"
    assert desk.act("reviewer 2", own, "answer", ANSWER).status_code == 200


def test_steps_have_their_order(desk: Desk) -> None:
    """It is acknowledged once, put off as often as the pack grants, ended once, and by who may."""
    matter = desk.raised("complaint").json()["id"]

    assert desk.act("reviewer", matter, "acknowledge").json()["acknowledged_on"] == "2026-11-22"
    assert code(desk.act("reviewer", matter, "acknowledge")) == "acknowledged"
    days = [
        desk.act("supervisor", matter, "extend", {"text": "It is complex."}).json()["clocks"][0]["due"]["day"]
        for _ in range(2)
    ]
    assert days == ["2026-12-22", "2027-01-21"]
    assert code(desk.act("supervisor", matter, "extend", {"text": "Again."})) == "no_extension"
    assert desk.act("reviewer", matter, "extend", {"text": "x"}).status_code == 403
    assert code(desk.act("reviewer", matter, "end", {"because": "withdrawn"})) == "not_yours"
    assert code(desk.act("integrator", matter, "end", {"because": "taken_up"})) == "no_offer"
    assert desk.act("channel", matter, "end", {"because": "withdrawn"}).json()["ending"] == "withdrawn"
    for who, action, body in (("reviewer", "answer", ANSWER), ("reviewer", "acknowledge", None)):
        assert code(desk.act(who, matter, action, body)) == "ended"


def test_of_two_who_answer_at_once_one_is_told_to_read_again(desk: Desk) -> None:
    """Each step names the version it was seen at."""
    matter = desk.raised("complaint").json()["id"]

    assert desk.act("reviewer", matter, "acknowledge", version=1).status_code == 200
    assert desk.act("reviewer 2", matter, "answer", ANSWER, version=1).status_code == 412
    unnamed = desk.http.post(f"/matters/{matter}/answer", json=ANSWER, headers=desk.headers("reviewer"))
    assert unnamed.status_code == 428


def test_a_repetition_raises_nothing_twice(desk: Desk) -> None:
    """The same key gives the same matter; another body under it is refused; another caller's key is another one."""
    first, again = (desk.raised("complaint", key="letter-7") for _ in range(2))

    assert (again.json(), again.headers["idempotent-replayed"]) == (first.json(), "true")
    assert desk.raised("dispute", key="letter-7").status_code == 422
    assert desk.raised("complaint", "channel", key="letter-7").json()["id"] != first.json()["id"]
    assert desk.http.post("/matters", json={"kind": "dispute", "subject": "s", "text": "x"}).status_code == 400


def test_everybody_sees_what_is_theirs(desk: Desk) -> None:
    """An integrator sees its own, the applicants' channel and the house all; what is not yours is not there."""
    mine, others = desk.raised("complaint").json()["id"], desk.raised("dispute", "integrator 2").json()["id"]

    assert [each["id"] for each in desk.get("integrator").json()["items"]] == [mine]
    for who in ("channel", "reviewer", "compliance"):
        assert [each["id"] for each in desk.get(who).json()["items"]] == [others, mine]
    assert desk.get("integrator", others).json()["errors"] == [
        {**each, "message": each["message"].replace("nobody", others)}
        for each in desk.get("integrator", "nobody").json()["errors"]
    ]
    assert desk.act("integrator", others, "end", {"because": "withdrawn"}).status_code == 404
    assert desk.get("author").status_code == 403


def test_they_are_found_by_what_they_are(desk: Desk, clock: Clock) -> None:
    """Filters narrow together, pages are turned without a gap, a mark of another search is refused."""
    made = [desk.raised(kind).json()["id"] for kind in ("complaint", "dispute", "complaint", "dispute", "complaint")]
    desk.act("reviewer", made[0], "answer", ANSWER)

    def found(**query: Any) -> list[str]:
        items, cursor = [], None
        while True:
            page = desk.get("reviewer", limit=2, **query, **({"cursor": cursor} if cursor else {})).json()
            items += [each["id"] for each in page["items"]]
            if (cursor := page["next"]) is None:
                return items

    assert found() == made[::-1]
    assert found(kind="complaint") == [made[4], made[2], made[0]]
    assert found(open="true") == made[:0:-1]
    assert found(open="false") == [made[0]]
    assert found(overdue="true") == []
    clock.now = START + 18 * DAY
    assert found(overdue="true") == [made[4], made[2]]
    cursor = desk.get("reviewer", limit=2).json()["next"]
    assert desk.get("reviewer", limit=2, kind="dispute", cursor=cursor).status_code == 400
    assert desk.get("reviewer", state="x").status_code == 400


def test_what_is_written_is_sealed_and_reading_it_is_an_entry(desk: Desk, app: Litestar) -> None:
    """No leaf holds a word of it; the file gives it to those concerned, and reasons for delay to the house only."""
    matter = desk.raised("complaint").json()["id"]
    desk.act("supervisor", matter, "extend", {"text": "Waiting for the bureau."})
    desk.act("reviewer", matter, "answer", ANSWER)
    log = service_of(app).log
    before = log.size()
    mine, house = (desk.get(who, f"{matter}/file").json()["parts"] for who in ("integrator", "reviewer"))

    assert [each["kind"] for each in mine] == ["matter_raised", "matter_answered"]
    assert (mine[0]["body"]["text"], mine[1]["body"]) == (TEXT, ANSWER)
    assert [each["kind"] for each in house] == ["matter_raised", "matter_extended", "matter_answered"]
    leaves = [log.entry(index) for index in range(log.size())]
    assert not [leaf for leaf in leaves if b"Zhang" in leaf or b"bureau" in leaf or b"customer-1" in leaf]
    assert [json.loads(leaf)["kind"] for leaf in leaves[before:]] == ["sealed_read", "sealed_read"]


def test_nothing_is_written_about_who_was_erased(desk: Desk, clock: Clock) -> None:
    """Their matter can be ended and not answered; its file is gone; no list of clocks shows it."""
    matter = desk.raised("complaint").json()["id"]
    clock.now = START + 365 * 6 * DAY
    headers = desk.headers("compliance")
    assert desk.http.post("/subjects/customer-1/erase", json={"reason": "file 7"}, headers=headers).status_code == 200

    assert desk.act("reviewer", matter, "answer", ANSWER).status_code == 410
    assert desk.get("reviewer", f"{matter}/file").status_code == 410
    assert desk.act("channel", matter, "end", {"because": "withdrawn"}).status_code == 200


def test_clocks_of_matters_stand_in_the_list(
    desk: Desk, settings: Settings, clock: Clock, capsys: pytest.CaptureFixture[str]
) -> None:
    """`grounds clocks` lists them beside those of decisions, and the log with its tables verifies."""
    matter = desk.raised("dispute", received_on="2026-06-01").json()["id"]
    capsys.readouterr()
    assert run(["clocks", "--overdue", "--data", str(settings.data)]) == 0
    told = capsys.readouterr().out

    assert f"matter dispute  {matter}  (overdue" in told
    assert "1 running, 1 of them overdue" in told
    verified(settings)


JURISDICTIONS = {
    ("US", "counter_offer"): {"counter_offer"},
    ("EU", "access_request"): {"access_answer"},
    ("UK", "complaint"): {"complaint_acknowledge", "complaint_answer"},
    ("CN", "complaint"): {"complaint_answer"},
}


@pytest.mark.parametrize(("jurisdiction", "kind"), JURISDICTIONS)
def test_every_event_of_the_packs_has_a_way_in(jurisdiction: str, kind: str, tmp_path: Any, clock: Clock) -> None:
    """What a pack says begins a clock can be raised; an acknowledgement ends its own clock and leaves the answer's."""
    from litestar.testing import TestClient

    from api.app import create_app
    from api.ledger import Ledger
    from tests.api.conftest import TINY

    chosen = Settings(data=tmp_path / "data", policies=TINY, jurisdiction=jurisdiction)
    ledger = Ledger.open(chosen, clock)
    keys = {role: ledger.create_key(role, "cli") for role in (Role.INTEGRATOR, Role.REVIEWER)}
    ledger.close()
    with TestClient(create_app(chosen, clock), raise_server_exceptions=False) as client:
        client.headers["Authorization"] = f"Bearer {keys[Role.INTEGRATOR]}"
        decision = ask(client).json()["id"]
        body = {"kind": kind, "subject": "customer-1", "text": TEXT, "decision": decision}
        view = client.post("/matters", json=body, headers={"Idempotency-Key": "k"}).json()
        assert kinds(view) == dict.fromkeys(JURISDICTIONS[jurisdiction, kind], "running")
        headers = {"Authorization": f"Bearer {keys[Role.REVIEWER]}", "If-Match": '"1"'}
        told = client.post(f"/matters/{view['id']}/acknowledge", headers=headers).json()
        assert {name for name, state in kinds(told).items() if state == "met"} == {
            name for name in JURISDICTIONS[jurisdiction, kind] if name.endswith("acknowledge")
        }
