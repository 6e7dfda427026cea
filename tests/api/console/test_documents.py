"""Documents of a case by a plain form: put in sealed, given back to be saved, and nothing taken that is not one."""

from __future__ import annotations

import pytest
from httpx import Response
from litestar import Litestar

from api.roles import Principal, Role
from tests.api.casework.conftest import PDF, Office
from tests.api.conftest import Clock, NewKey, service_of
from tests.api.console.conftest import Visitor

NAME = '../../etc/工资单 "x"\n.pdf'


@pytest.fixture
def case(new_key: NewKey, clock: Clock, reviewer: Visitor) -> str:
    """Refer an application."""
    reviewer.client.headers["Authorization"] = f"Bearer {new_key(Role.INTEGRATOR)}"
    _, referred = Office(reviewer.client, new_key, clock).refer()
    del reviewer.client.headers["Authorization"]
    return referred


def send(visitor: Visitor, case: str, file: tuple[str, bytes, str] | None, **fields: str) -> Response:
    """Send the form."""
    sent = {"token": visitor.token(), "version": "1", **fields}
    files = {"document": file} if file else {"document": ("", b"", "application/octet-stream")}
    path = f"/console/cases/{case}/attachments"
    return visitor.client.post(path, data=sent, files=files, follow_redirects=False)


def test_a_document_goes_in_and_comes_back_to_be_saved(app: Litestar, reviewer: Visitor, case: str) -> None:
    """It comes back byte for byte as something no browser shows, and both ways are entries without its name."""
    assert (
        send(reviewer, case, ("工资单.pdf", PDF, "text/html")).headers["location"]
        == f"/console/cases/{case}?done=attach"
    )
    page = reviewer.get(f"/console/cases/{case}").text
    index = service_of(app).case_views.of(case, _principal(app)).history[-1].index
    assert f"/console/cases/{case}/attachments/{index}" in page

    back = reviewer.get(f"/console/cases/{case}/attachments/{index}")
    assert back.content == PDF
    assert back.headers["content-type"] == "application/octet-stream"
    assert back.headers["x-content-type-options"] == "nosniff"
    assert back.headers["content-disposition"].startswith("attachment; filename*=UTF-8''%E5%B7%A5")
    log = service_of(app).log
    assert not any("工资单".encode() in log.entry(each) for each in range(log.size()))


def _principal(app: Litestar) -> Principal:
    service = service_of(app)
    return next(each.principal() for each in service.keyring.all() if each.role is Role.REVIEWER)


WRONG = {
    "nothing": (None, "no document was chosen"),
    "an empty one": (("a.pdf", b"", "application/pdf"), "no document was chosen"),
    "a page": (("a.pdf", b"<html><script>", "text/html"), "`text/html` is not taken"),
    "a page that says it is a picture": (("a.png", b"<html><script>", "image/png"), "does not begin as"),
    "a large one": (("a.pdf", PDF + b"x" * 5_300_000, "application/pdf"), "send a smaller file"),
}


@pytest.mark.parametrize("what", WRONG)
def test_what_is_no_document_is_refused_with_its_reason(app: Litestar, reviewer: Visitor, case: str, what: str) -> None:
    """The form comes back, and nothing is in the log but that the case was looked at."""
    file, told = WRONG[what]
    size = service_of(app).log.size()
    answer = send(reviewer, case, file)

    assert (answer.status_code, told in answer.text) == (422, True)
    assert service_of(app).log.size() == size


def test_more_than_can_be_a_document_is_not_read_to_its_end(reviewer: Visitor, case: str) -> None:
    """A body beyond all bounds is refused as such."""
    assert send(reviewer, case, ("a.pdf", PDF + b"x" * 6_300_000, "application/pdf")).status_code == 413


def test_the_form_is_held_to_its_session(reviewer: Visitor, case: str) -> None:
    """A form of several parts needs the token like any other."""
    assert send(reviewer, case, ("a.pdf", PDF, "application/pdf"), token="x" * 64).status_code == 403


def test_a_document_for_a_case_that_has_changed_is_not_put_in(reviewer: Visitor, case: str) -> None:
    """Whoever sends it is told what happened in between."""
    assert send(reviewer, case, ("a.pdf", PDF, "application/pdf")).status_code == 303
    assert send(reviewer, case, ("b.pdf", PDF, "application/pdf")).status_code == 412


def test_a_name_cannot_lead_anywhere(app: Litestar, reviewer: Visitor, case: str) -> None:
    """A path and control signs are taken out of it before it is sealed."""
    assert send(reviewer, case, (NAME, PDF, "application/pdf")).status_code == 303
    index = service_of(app).case_views.of(case, _principal(app)).history[-1].index
    told = reviewer.get(f"/console/cases/{case}/attachments/{index}").headers["content-disposition"]

    assert "%2F" not in told
    assert "%0A" not in told
