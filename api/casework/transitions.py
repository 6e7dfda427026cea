"""The state machine: which action is allowed to whom, and why not. Pure; what follows stands in `effects`.

`why_not` is the meaning of the whole of casework: states first, then persons.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping

import msgspec

from api.casework.refusals import Why
from api.casework.states import Action, Case, CaseKind, Deadline, Result, State, Who

_LIVE = frozenset({State.OPEN, State.CLAIMED, State.WAITING})

#: In which states an action makes sense at all.
LEGAL: Mapping[Action, frozenset[State]] = {
    Action.CLAIM: _LIVE,
    Action.RENEW: frozenset({State.CLAIMED}),
    Action.RELEASE: frozenset({State.CLAIMED, State.WAITING}),
    Action.ASK: frozenset({State.CLAIMED}),
    Action.ANSWER: frozenset({State.WAITING}),
    Action.NOTE: _LIVE,
    Action.ATTACH: _LIVE,
    Action.RECOMMEND: frozenset({State.CLAIMED}),
    Action.APPROVE: frozenset({State.OPEN, State.CLAIMED}),
    Action.DECLINE: frozenset({State.OPEN, State.CLAIMED}),
    Action.ESCALATE: _LIVE,
    Action.EXTEND: _LIVE,
    Action.CONCLUDE: frozenset({State.CLAIMED}),
    Action.WITHDRAW: _LIVE,
}

#: What a person does who judges: closed to whoever took part before, and to all but supervisors once escalated.
JUDGING = frozenset(
    {Action.CLAIM, Action.RENEW, Action.ASK, Action.RECOMMEND, Action.APPROVE, Action.DECLINE, Action.CONCLUDE}
)
#: What only the holder of the lease does.
HOLDING = frozenset({Action.RENEW, Action.ASK, Action.RECOMMEND, Action.CONCLUDE})
#: What is left to whoever speaks for the applicant.
PARTY = frozenset({Action.ANSWER, Action.WITHDRAW})

RESULTS: Mapping[CaseKind, frozenset[Result]] = {
    CaseKind.REVIEW: frozenset({Result.DECIDE}),
    CaseKind.APPEAL: frozenset({Result.UPHOLD, Result.OVERTURN, Result.POLICY_DEFECT}),
}


class Act(msgspec.Struct, frozen=True):
    """An action of somebody at a moment, with what of it the case remembers."""

    action: Action
    who: Who
    at: dt.datetime
    lease: dt.timedelta = dt.timedelta()  #: how long a claim lasts
    deadline: Deadline | None = None  #: EXTEND: the new one; ASK: for the applicant's answer
    result: Result | None = None  #: RECOMMEND, CONCLUDE
    outcome: str | None = None  #: of the new decision
    new_decision: str | None = None  #: its id
    second_person: bool = False  #: whether the rulebook asks for one
    attachments_limit: int = 1


def why_not(case: Case, act: Act) -> Why | None:
    """Say why an action is refused; None if it is allowed."""
    case = case.seen(act.at)
    checks = (_state, _standing, _recusal, _lease, _particulars)
    return next((why for check in checks if (why := check(case, act)) is not None), None)


def _state(case: Case, act: Act) -> Why | None:
    if case.state in LEGAL[act.action]:
        return None
    return {State.CONCLUDED: Why.CONCLUDED, State.WAITING: Why.WAITING}.get(
        case.state, Why.NOT_WAITING if act.action is Action.ANSWER else Why.NOT_CLAIMED
    )


def _standing(case: Case, act: Act) -> Why | None:
    """Whether this is theirs to do at all."""
    who, action = act.who, act.action
    if action in PARTY:
        return None if who.party else Why.NOT_PARTY
    if action is Action.ATTACH:
        return None if who.works or who.party else Why.ROLE
    if not who.works:
        return Why.ROLE
    if action is Action.EXTEND or (case.escalated and action in JUDGING):
        return None if who.supervises else Why.SUPERVISOR
    return None


def _recusal(case: Case, act: Act) -> Why | None:
    """Nobody reviews what they decided, recommended or filed; nobody is their own second person."""
    who, action = act.who.actor, act.action
    if who in case.barred and (action in JUDGING or action is Action.EXTEND):
        return Why.TOOK_PART
    if action in {Action.APPROVE, Action.DECLINE}:
        if case.recommendation is None:
            return Why.NO_RECOMMENDATION
        return Why.SAME_PERSON if who == case.recommendation.by else None
    if action is Action.EXTEND and who == case.holder:
        return Why.SAME_PERSON  # who is late does not grant themselves more time
    return None


def _lease(case: Case, act: Act) -> Why | None:
    who, action = act.who, act.action
    mine = case.holder in {None, who.actor}
    if action in HOLDING or action in {Action.APPROVE, Action.DECLINE}:
        return None if mine else Why.HELD
    if action is Action.CLAIM:
        if case.state is State.WAITING and not case.answer_overdue(act.at):
            return Why.WAITING
        return None if mine or case.state is State.WAITING else Why.HELD
    if action in {Action.RELEASE, Action.ESCALATE} and not mine:
        return None if who.supervises else Why.HELD
    return None


def _particulars(case: Case, act: Act) -> Why | None:
    match act.action:
        case Action.CONCLUDE | Action.RECOMMEND:
            if act.result is not None and act.result not in RESULTS[case.kind]:
                return Why.WRONG_RESULT
            return Why.SECOND_PERSON if act.second_person and act.action is Action.CONCLUDE else None
        case Action.ESCALATE:
            return Why.ESCALATED if case.escalated else None
        case Action.EXTEND:
            return Why.NOT_LATER if act.deadline is not None and act.deadline.at <= case.due_at else None
        case Action.ATTACH:
            return Why.FULL if case.attachments >= act.attachments_limit else None
        case _:
            return None
