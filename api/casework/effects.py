"""What a case is after an action that was allowed. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import msgspec

from api.casework.states import Action, Case, Recommendation, Result, State
from api.casework.transitions import Act


def after(case: Case, act: Act) -> Case:
    """Give the case after an action that is allowed."""
    changed = _EFFECTS[act.action](case.seen(act.at), act)
    return msgspec.structs.replace(changed, version=case.version + 1)


def _claimed(case: Case, act: Act) -> Case:
    return msgspec.structs.replace(
        case,
        state=State.CLAIMED,
        holder=act.who.actor,
        lease_until=act.at + act.lease,
        answer_due_on=None,
        answer_due_at=None,
    )


def _released(case: Case, _: Act) -> Case:
    # A question stays asked: only the one who holds the case lets go of it.
    state = State.WAITING if case.state is State.WAITING else State.OPEN
    return msgspec.structs.replace(case, state=state, holder=None, lease_until=None)


def _asked(case: Case, act: Act) -> Case:
    assert act.deadline is not None
    return msgspec.structs.replace(
        case,
        state=State.WAITING,
        lease_until=None,
        answer_due_on=act.deadline.on,
        answer_due_at=act.deadline.at,
        recommendation=None,  # it was made without the answer
    )


def _answered(case: Case, act: Act) -> Case:
    answered = msgspec.structs.replace(case, answer_due_on=None, answer_due_at=None)
    if case.holder is None:
        return msgspec.structs.replace(answered, state=State.OPEN)
    return msgspec.structs.replace(answered, state=State.CLAIMED, lease_until=act.at + act.lease)


def _same(case: Case, _: Act) -> Case:
    return case


def _attached(case: Case, _: Act) -> Case:
    return msgspec.structs.replace(case, attachments=case.attachments + 1)


def _recommended(case: Case, act: Act) -> Case:
    assert act.result is not None
    made = Recommendation(act.who.actor, case.version + 1, act.result, act.outcome)
    return msgspec.structs.replace(case, state=State.OPEN, holder=None, lease_until=None, recommendation=made)


def _declined(case: Case, _: Act) -> Case:
    return msgspec.structs.replace(case, recommendation=None)


def _escalated(case: Case, _: Act) -> Case:
    state = State.WAITING if case.state is State.WAITING else State.OPEN
    return msgspec.structs.replace(case, state=state, holder=None, lease_until=None, escalated=True)


def _extended(case: Case, act: Act) -> Case:
    assert act.deadline is not None
    new = act.deadline
    return msgspec.structs.replace(case, due_on=new.on, due_at=new.at, extended=case.extended + 1)


def _concluded(case: Case, act: Act) -> Case:
    result = act.result
    if act.action is Action.WITHDRAW:
        result = Result.WITHDRAWN
    elif act.action is Action.APPROVE:
        assert case.recommendation is not None
        result = case.recommendation.result  # as was recommended, and nothing else
    return msgspec.structs.replace(
        case,
        state=State.CONCLUDED,
        holder=None,
        lease_until=None,
        answer_due_on=None,
        answer_due_at=None,
        result=result,
        new_decision=act.new_decision,
        concluded_at=act.at,
    )


_EFFECTS: Mapping[Action, Callable[[Case, Act], Case]] = {
    Action.CLAIM: _claimed,
    Action.RENEW: _claimed,
    Action.RELEASE: _released,
    Action.ASK: _asked,
    Action.ANSWER: _answered,
    Action.NOTE: _same,
    Action.ATTACH: _attached,
    Action.RECOMMEND: _recommended,
    Action.APPROVE: _concluded,
    Action.DECLINE: _declined,
    Action.ESCALATE: _escalated,
    Action.EXTEND: _extended,
    Action.CONCLUDE: _concluded,
    Action.WITHDRAW: _concluded,
}
