"""What goes between the service and the process that records comes out as it went in."""

from __future__ import annotations

import datetime as dt
import inspect

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

import audit.errors
from api import answers
from api.accounts.account import Account, Draw, Particulars, Place, Status
from api.accounts.decided import Decided
from api.accounts.errors import LineMoved, NotAvailable
from api.errors import Forbidden, Mistake
from api.events import Origin, Verdict
from api.recording.draft import Draft, Instead, Made
from api.recording.frames import Answered, Asked, Frames, framed, packed, unpacked
from audit import AuditError, CommitUnknown, EntryConflict, QueueFull
from engine.decision import EngineRef, Offer, PolicyRef

AT = dt.datetime(2026, 11, 29, 8, 0, 0, 123456, tzinfo=dt.UTC)
LINE = Account(
    Place(7, "key:a", Status.ACTIVE, 3),
    Particulars(1_000_00, None, 2_000_00, AT, AT, drawn_fen=5, activated_at=AT, draws=(Draw(AT, 5),)),
)
VERDICT = Verdict(PolicyRef("tiny", 1, "ab" * 32), EngineRef("index", "1"), "approve", ("one",), ("a", "b"), AT)
TOLD = {"line_status": "active", "recent_drawdowns": [{"hours_ago": 2, "amount": 5}], "outstanding_principal": 5}
MADE = Made(
    Origin("0198-x", AT, "key:a"),
    "客户 1",
    VERDICT,
    "f" * 64,
    b'{"policy":"tiny"}',
    b'{"id":"0198-x"}',
    LINE,
    TOLD,
    Offer(limit_fen=1),
    5,
)
DRAFT = MADE.draft()


@given(st.lists(st.binary(max_size=40), max_size=12), st.integers(1, 50))
def test_frames_come_out_whole_however_they_are_cut(bodies: list[bytes], size: int) -> None:
    """The same frames in the same order, whatever pieces they come in."""
    stream, frames, found = b"".join(map(framed, bodies)), Frames(), list[bytes]()
    buffer = bytearray(size)  # each piece takes the place of the one before, as where they are received
    for at in range(0, len(stream), size):
        piece = stream[at : at + size]
        buffer[: len(piece)] = piece
        found += [bytes(frame) for frame in frames.feed(memoryview(buffer)[: len(piece)])]
    assert found == bodies


@pytest.mark.parametrize("draft", [DRAFT, DRAFT.left_to_a_person(4)[0]])
def test_a_draft_comes_out_equal(draft: Draft) -> None:
    """Every field, down to microseconds and the line."""
    text = msgspec.msgpack.encode([Asked(3, draft)])
    assert msgspec.msgpack.decode(text, type=list[Asked]) == [Asked(3, draft)]


def test_what_is_sealed_says_request_answer_and_line() -> None:
    """As the caller sent and got them; for a person, beside the referral that took the answer's place."""
    sealed = answers.read(DRAFT.text)
    assert (bytes(sealed.request), bytes(sealed.answer), sealed.line) == (MADE.request, MADE.answer, TOLD)
    left, instead = DRAFT.left_to_a_person(4)
    sealed = answers.read(left.text)
    assert (bytes(sealed.request), bytes(sealed.answer), sealed.line) == (MADE.request, instead.answer, TOLD)
    assert bytes(sealed.recommendation) == MADE.answer
    assert (left.verdict, left.refusal) == (instead.verdict, 4)
    assert DRAFT.decided == Decided("tiny", "approve", Offer(limit_fen=1), AT, "key:a", 5)
    assert left.decided == Decided("tiny", "refer", None, AT, "key:a", None)


def test_an_answer_comes_out_equal() -> None:
    """Also one that was put in another's place."""
    for answered in (Answered(1, 2, 3), Answered(1, 2, 3, instead=Instead(b"{}", VERDICT)), Answered(1, error=b"x")):
        text = msgspec.msgpack.encode([answered])
        assert msgspec.msgpack.decode(text, type=list[Answered]) == [answered]


ERRORS = [
    LineMoved("subject", LINE),
    NotAvailable(mistakes=[Mistake("facts.drawdown_amount", "too much", "less")]),
    Forbidden(mistakes=[Mistake("subject", "no", "ask")]),
    CommitUnknown(("a", "b")),
    EntryConflict("a", 3),
    QueueFull(5),
    ValueError("plain"),
]


@pytest.mark.parametrize("error", ERRORS, ids=lambda each: type(each).__name__)
def test_an_error_comes_out_with_all_it_says(error: Exception) -> None:
    """Kind, words and attributes: what it becomes over HTTP is made of these."""
    again = unpacked(packed(error))
    assert type(again) is type(error)
    assert (str(again), again.args) == (str(error), error.args)
    assert again.__dict__ == error.__dict__


def test_every_error_of_the_log_can_cross() -> None:
    """None is turned into its bare name for want of a way to write it."""
    for kind in vars(audit.errors).values():
        if inspect.isclass(kind) and issubclass(kind, AuditError):
            own = kind.__init__ is not AuditError.__init__
            error = kind(*["x"] * (len(inspect.signature(kind).parameters) if own else 1))
            assert type(unpacked(packed(error))) is kind


def test_an_error_that_cannot_cross_is_known_by_its_kind() -> None:
    """Nothing that cannot be written keeps an answer from coming."""
    error = RuntimeError()
    error.__dict__["held"] = lambda: None
    again = unpacked(packed(error))
    assert isinstance(again, AuditError)
    assert str(again) == "recording failed: RuntimeError"
