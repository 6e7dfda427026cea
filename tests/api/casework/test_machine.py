"""The state machine under anybody's actions in any order: no illegal state is ever reached, nothing said is lost."""

from __future__ import annotations

import datetime as dt

import msgspec
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule
from msgspec.structs import replace

from api.casework import events
from api.casework.effects import after
from api.casework.states import Action, Case, CaseKind, Result, State, Who
from api.casework.transitions import HOLDING, JUDGING, RESULTS, why_not
from tests.api.casework.people import BARRED, DAY, EVERYBODY, OPEN, act
from tests.api.conftest import START

_PEOPLE = st.sampled_from(sorted(EVERYBODY.values(), key=lambda who: who.actor))
_MINUTES = st.sampled_from([0, 1, 29, 30, 31, 60, 60 * 24 * 12, 60 * 24 * 40])


class Anybody(RuleBasedStateMachine):
    """A case, a clock that runs, and people who try everything."""

    def __init__(self) -> None:
        super().__init__()
        self.case, self.now = OPEN, START
        self.history: list[tuple[Action, Who, Case, Case]] = []

    @rule(minutes=_MINUTES)
    def wait(self, minutes: int) -> None:
        """Let time pass."""
        self.now += dt.timedelta(minutes=minutes)

    @rule(
        action=st.sampled_from(Action),
        who=_PEOPLE,
        result=st.sampled_from([Result.UPHOLD, Result.OVERTURN, Result.DECIDE]),
        second=st.booleans(),
    )
    def attempt(self, action: Action, who: Who, result: Result, second: bool) -> None:
        """Try an action; what is allowed happens."""
        facts = {"result": result, "second_person": second} if action in _ENDING else {}
        asked = act(action, who, self.now, **facts)
        before = self.case.seen(self.now)
        if why_not(self.case, asked) is None:
            self.case = after(self.case, asked)
            self.history.append((action, who, before, self.case))
            self.check_step(action, who, before, second)

    @rule(data=st.data())
    def do_what_is_allowed(self, data: st.DataObject) -> None:
        """Take one of the ways that are open, so that the far ends of the table are reached too."""
        plain = RESULTS[self.case.kind] & {Result.UPHOLD, Result.DECIDE}
        ways = [
            act(action, who, self.now, **({"result": min(plain)} if action in _ENDING else {}))
            for action in Action
            for who in sorted(EVERYBODY.values(), key=lambda who: who.actor)
        ]
        if found := [each for each in ways if why_not(self.case, each) is None]:
            asked = data.draw(st.sampled_from(found))
            self.attempt(asked.action, asked.who, asked.result or Result.UPHOLD, second=False)

    def check_step(self, action: Action, who: Who, before: Case, second: bool) -> None:
        """Hold what everybody relies on against the step that was just taken."""
        assert self.case.version == before.version + 1
        assert before.state is not State.CONCLUDED
        assert not (who == BARRED and action in JUDGING)
        if action in HOLDING:
            assert before.holder == who.actor
        if action is Action.APPROVE:
            assert before.recommendation is not None
            assert before.recommendation.by != who.actor
        if action is Action.CONCLUDE:
            assert not second
        assert self.case.due_at >= before.due_at

    @invariant()
    def what_belongs_together_is_there_together(self) -> None:
        """No state lacks what it means, or holds what it does not."""
        case = self.case
        assert (case.state is State.CLAIMED) == (case.lease_until is not None)
        assert (case.state is State.WAITING) == (case.answer_due_at is not None) == (case.answer_due_on is not None)
        assert (case.state is State.CONCLUDED) == (case.result is not None) == (case.concluded_at is not None)
        assert case.state is not State.CLAIMED or case.holder is not None
        assert case.state not in {State.OPEN, State.CONCLUDED} or case.holder is None
        assert case.holder not in case.barred
        assert case.result in {None, Result.WITHDRAWN} | RESULTS[case.kind]

    @invariant()
    def what_is_recorded_is_the_case(self) -> None:
        """A leaf gives back the case, and nothing in it is a float or a null."""
        leaf = msgspec.json.decode(msgspec.json.encode({"case": events.written(self.case)}))
        assert events.read(leaf) == self.case
        assert None not in leaf["case"].values()

    @invariant()
    def the_history_leads_here(self) -> None:
        """The steps that were taken lead from the opening to the case, one after the other."""
        case = OPEN
        for _, _, before, then in self.history:
            assert before.version == case.version
            case = then
        assert case == self.case


class AnybodyOnAReview(Anybody):
    """The same about what a policy referred, long overdue."""

    def __init__(self) -> None:
        super().__init__()
        self.case = replace(OPEN, kind=CaseKind.REVIEW)
        self.now = START + 100 * DAY

    @invariant()
    def the_history_leads_here(self) -> None:
        """As above, from its own beginning."""
        versions = [then.version for _, _, _, then in self.history]
        assert versions == [*range(2, 2 + len(versions))]


_ENDING = {Action.CONCLUDE, Action.RECOMMEND}
Anybody.TestCase.settings = settings(max_examples=150, stateful_step_count=40)
AnybodyOnAReview.TestCase.settings = settings(max_examples=60, stateful_step_count=40)
TestAppeals = Anybody.TestCase
TestReviews = AnybodyOnAReview.TestCase
