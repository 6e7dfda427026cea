"""What a decision becomes for somebody who refuses automation: a referral that tells nothing of what the rules came to.

What they came to is sealed beside the answer, as a recommendation for the person who decides.
"""

from __future__ import annotations

from api.events import Verdict
from engine import Decision, Outcome
from engine.decision import GivenReason
from engine.vocabulary import Text

AUTOMATION_REFUSED = "automation_refused"

_STATEMENT = Text(
    "您已要求我们不以完全自动的方式对您作出决定，本次申请将由工作人员审核，并由其作出决定。",
    "You have asked us not to decide about you by machine alone: a member of our staff will look at this and decide.",
)
_NOTE = (
    "the subject refuses decisions made only automatically; what the rules came to is a recommendation to the reviewer"
)


def referred(of: Decision | Verdict) -> Decision:
    """Give the referral that takes the place of a decision: same policy, engine and moment, and none of its grounds."""
    reason = GivenReason(AUTOMATION_REFUSED, (), Outcome.REFER, _STATEMENT, None, _NOTE, {}, ())
    return Decision(
        outcome=Outcome.REFER,
        offer=None,
        reasons=(reason,),
        trace=(),
        undetermined=(),
        missing=(),
        asks=(),
        binding={},
        faults={},
        policy=of.policy,
        engine=of.engine,
        as_of=of.as_of,
        statement=_STATEMENT,
    )


def left_to_a_person(decision: Decision) -> bool:
    """Whether a decision is such a referral."""
    return any(reason.code == AUTOMATION_REFUSED for reason in decision.reasons)
