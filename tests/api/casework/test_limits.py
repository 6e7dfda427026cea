"""Limits hold to the last byte, document and fen."""

from __future__ import annotations

import base64

import pytest

from api.settings import Settings
from tests.api.casework.conftest import PDF, Office, conclusion, document, refused

BYTES, DOCUMENTS = 2_048, 2
ALONE_FEN = 5_000_000  #: as `casework.toml` is shipped: more takes two


@pytest.fixture
def settings(settings: Settings) -> Settings:
    """Take small documents, and few."""
    return settings.model_copy(update={"attachment_limit_bytes": BYTES, "attachments": DOCUMENTS})


def sized(length: int) -> dict[str, str]:
    """Give a document of so many bytes."""
    return {**document(), "content": base64.b64encode(PDF.ljust(length)).decode()}


def test_a_document_is_as_large_as_it_may_be_and_no_larger(office: Office) -> None:
    """The limit itself is taken; one byte more is refused with both numbers, and the case stays as it was."""
    _, case = office.refer()
    before = office.version(case)
    answer = office.act("integrator", case, "attachments", sized(BYTES + 1))

    assert refused(answer, 422) == "attachment-refused"
    assert answer.json()["errors"][0]["message"] == f"{BYTES + 1} bytes, and {BYTES} are taken"
    assert office.version(case) == before
    assert office.done("integrator", case, "attachments", sized(BYTES))["attachments"] == 1


def test_a_case_holds_as_many_documents_as_it_may(office: Office) -> None:
    """Whoever sends them: one more than the limit is refused, by the service and not by a page."""
    _, case = office.refer()
    for who in ("integrator", "ada"):
        office.done(who, case, "attachments", document())

    for who in ("integrator", "ada"):
        assert refused(office.act(who, case, "attachments", document())) == "too_many_attachments"


@pytest.mark.parametrize(("limit_fen", "alone"), [(ALONE_FEN, True), (ALONE_FEN + 1, False)])
def test_one_fen_more_takes_a_second_person(office: Office, limit_fen: int, *, alone: bool) -> None:
    """Up to the amount of the rulebook one person concludes; above it the same conclusion is theirs to recommend."""
    _, case = office.refer()
    office.done("ada", case, "claim")
    body = conclusion("decide", "approve", limit_fen)
    if alone:
        assert office.done("ada", case, "conclude", body)["result"] == "decide"
    else:
        assert refused(office.act("ada", case, "conclude", body)) == "second_person_needed"
        assert office.done("ada", case, "recommend", body)["recommendation"]["outcome"] == "approve"
