"""What goes over the wire, as frozen structs. Made by ``python -m tests.client``: do not edit."""

from __future__ import annotations

import datetime as dt
from enum import StrEnum
from typing import Any, Literal

import msgspec
from msgspec import UNSET, UnsetType

from api.client.errors import Problem


class Action(StrEnum):
    """What may be done with a case."""

    CLAIM = "claim"
    RENEW = "renew"
    RELEASE = "release"
    ASK = "ask"
    ANSWER = "answer"
    NOTE = "note"
    ATTACH = "attach"
    RECOMMEND = "recommend"
    APPROVE = "approve"
    DECLINE = "decline"
    ESCALATE = "escalate"
    EXTEND = "extend"
    CONCLUDE = "conclude"
    WITHDRAW = "withdraw"


class AgeBucket(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Cases that were opened so many whole days ago."""

    from_days: int
    below_days: int | None
    count: int


class Alternative(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Alternative, as the service describes it."""

    changes: tuple[EngineRecourseRecourseChange, ...]
    outcome: Outcome
    offer: Offer | None
    binding: dict[str, str]
    disclose: Literal["full", "general"]
    statement: Text


class Answer(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What the applicant is told, in both languages."""

    zh: str
    en: str


class ApiAccountsAccountChange(StrEnum):
    """What can happen to a line."""

    OPENED = "opened"
    ACTIVATED = "activated"
    DRAWN = "drawn"
    REPAID = "repaid"
    RAISED = "raised"
    LOWERED = "lowered"
    SUSPENDED = "suspended"
    RESTORED = "restored"
    CLOSED = "closed"


class AppealReceived(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The acknowledgement of an appeal: its reference, and until when it is answered."""

    id: str
    decision: str
    version: int
    filed_at: dt.datetime
    due_on: dt.date
    due_at: dt.datetime


class AppealRequest(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """An appeal: against which decision, why, and what was wrong in the facts."""

    decision: str
    statement: str
    subject: str | UnsetType = UNSET
    facts: dict[str, Any] | UnsetType = UNSET
    person: bool = False


class AutomationRefusal(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Whether somebody refuses decisions made only automatically."""

    refused: bool
    since: str | None = None
    index: int | None = None


class Backlog(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """All that is not concluded, at a moment."""

    at: str
    count: int
    overdue: int
    rows: tuple[BacklogRow, ...]


class BacklogRow(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The cases of one kind in one state."""

    kind: CaseKind
    state: State
    count: int
    overdue: int
    due_soon: int
    escalated: int
    ages: tuple[AgeBucket, ...]


class Because(StrEnum):
    """Why a key is revoked; a closed list, because free text would name somebody soon."""

    STOLEN = "stolen"
    LOST = "lost"
    REPLACED = "replaced"
    UNUSED = "unused"
    LEFT = "left"


class BothVerdicts(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """By the policy that decided then, and by the one in force when it was asked; null where none was."""

    then: VerdictCodes
    now: VerdictCodes | None = None


class BulkAnswer(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What became of one item, as POST /decisions would have answered it."""

    key: str
    status: int
    line: int | UnsetType = UNSET
    replayed: bool = False
    decision: DecisionAnswer | UnsetType = UNSET
    problem: Problem | UnsetType = UNSET


class BulkAnswers(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One answer for each item, in their order."""

    items: tuple[BulkAnswer, ...]


class BulkItem(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One application with its idempotency key."""

    key: str
    request: dict[str, Any]


class BulkRequest(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Applications, each by itself."""

    items: tuple[BulkItem, ...]


class By(StrEnum):
    """Told by what had been decided on, or by who decided."""

    RULE = "rule"
    REASON = "reason"
    POLICY = "policy"
    REVIEWER = "reviewer"
    DECIDER = "decider"


class CaseItem(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A case in a list."""

    id: str
    kind: str
    cause: str
    state: str
    version: int
    decision: str
    outcome: str
    policy: str
    policy_version: int
    opened_at: str
    due_on: str
    due_at: str
    overdue: bool
    holder: str | None
    escalated: bool
    recommended: bool
    result: str | None
    new_decision: str | None
    concluded_at: str | None
    index: int


class CaseKind(StrEnum):
    """Why a person looks."""

    REVIEW = "review"
    APPEAL = "appeal"


class CasePage(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A page of cases; `next` is null on the last one."""

    items: tuple[CaseItem, ...]
    next: str | None


class CaseState(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A case as it stands after an action."""

    id: str
    kind: CaseKind
    cause: Cause
    version: int
    state: State
    decision: str
    outcome: str
    policy: PolicyRef
    opened_at: dt.datetime
    due_on: dt.date
    due_at: dt.datetime
    wants_person: bool
    holder: str | None
    lease_until: dt.datetime | None
    answer_due_on: dt.date | None
    escalated: bool
    extended: int
    attachments: int
    recommendation: Recommendation | None
    result: CaseworkStatesResult | None
    new_decision: str | None
    concluded_at: dt.datetime | None


class CaseView(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """All about a case that is not sealed."""

    case: CaseState
    overdue: bool
    decision: DecisionSummary
    new_decision: DecisionSummary | None
    verdicts: BothVerdicts | None
    history: tuple[HistoryStep, ...]
    actions: tuple[Possible, ...]


class CaseworkStatesResult(StrEnum):
    """What a case came to."""

    DECIDE = "decide"
    UPHOLD = "uphold"
    OVERTURN = "overturn"
    POLICY_DEFECT = "policy_defect"
    WITHDRAWN = "withdrawn"


class Cause(StrEnum):
    """What opened a case."""

    REFERRED = "referred"
    AUTOMATION_REFUSED = "automation_refused"
    APPEALED = "appealed"


class ClockKind(StrEnum):
    """What is due when a clock ends."""

    ADVERSE_ACTION_NOTICE = "adverse_action_notice"
    INCOMPLETE_NOTICE = "incomplete_notice"
    EXPLANATION = "explanation"
    REVIEW_ANSWER = "review_answer"
    COUNTER_OFFER = "counter_offer"
    APPEAL_ACKNOWLEDGE = "appeal_acknowledge"
    APPEAL_ANSWER = "appeal_answer"
    CORRECTION = "correction"
    COMPLAINT_ACKNOWLEDGE = "complaint_acknowledge"
    COMPLAINT_ANSWER = "complaint_answer"
    ACCESS_ANSWER = "access_answer"
    REPORT_REQUEST = "report_request"


class Comparison(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Comparison, as the service describes it."""

    test: str
    holds: bool | None
    value: int | bool | str | None = None
    threshold: int | bool | str | None = None
    distance: int | None = None


class Conclusion(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """How a case ends: with which result, why, and what the applicant is told."""

    result: CaseworkStatesResult
    because: tuple[str, ...]
    grounds: str
    answer: Answer
    decision: NewDecision | None = None


class ConclusionRow(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The cases of one kind that were concluded."""

    kind: CaseKind
    count: int
    results: dict[str, int]
    in_time: Share
    median_hours: int | None
    ninth_decile_hours: int | None


class Conclusions(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Cases concluded in a window."""

    window: Window
    rows: tuple[ConclusionRow, ...]
    note: Text


class Confirmation(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What is confirmed: the user as they stood at a version."""

    version: int


class DecisionAnswer(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A recorded decision: the same bytes on every request for it."""

    subject: str
    outcome: Outcome
    offer: Offer | None
    reasons: tuple[GivenReason, ...]
    trace: tuple[Step, ...]
    undetermined: tuple[OpenRule, ...]
    missing: tuple[str, ...]
    asks: tuple[str, ...]
    binding: dict[str, str]
    faults: dict[str, str]
    policy: PolicyRef
    engine: EngineRef
    as_of: dt.datetime
    statement: Text
    id: str
    log: LogRef
    review: ReviewRef | UnsetType = UNSET


class DecisionClock(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One clock that a decision or a matter began."""

    due: Due
    state: Literal["running", "overdue", "met", "met_late", "open"]
    met_on: dt.date | None = None
    index: int | None = None


class DecisionClocks(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """All clocks of a decision, the first to end first."""

    decision: str
    jurisdiction: str
    zone: str
    items: tuple[DecisionClock, ...]


class DecisionExplanation(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Why a recorded decision came out as it did, how it was derived, and what would have changed it."""

    id: str
    policy: PolicyRef
    as_of: dt.datetime
    outcome: Outcome
    offer: Offer | None
    reasons: tuple[GivenReason, ...]
    trace: tuple[Step, ...]
    undetermined: tuple[OpenRule, ...]
    missing: tuple[str, ...]
    asks: tuple[str, ...]
    binding: dict[str, str]
    faults: dict[str, str]
    statement: Text
    graph: Graph
    recourse: Recourse


class DecisionPage(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A page of decisions."""

    next: str | None
    size: int
    count: int | None
    items: tuple[DecisionSummary, ...]


class DecisionPreview(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a dry run answers: the decision, without a record of it."""

    subject: str
    outcome: Outcome
    offer: Offer | None
    reasons: tuple[GivenReason, ...]
    trace: tuple[Step, ...]
    undetermined: tuple[OpenRule, ...]
    missing: tuple[str, ...]
    asks: tuple[str, ...]
    binding: dict[str, str]
    faults: dict[str, str]
    policy: PolicyRef
    engine: EngineRef
    as_of: dt.datetime
    statement: Text


class DecisionRequest(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """An application: which policy, about whom, and what is known."""

    policy: str
    subject: str
    facts: dict[str, Any]
    as_of: dt.datetime | UnsetType = UNSET
    dry_run: bool = False


class DecisionSummary(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A decision in a list: no facts, no offer, no reference to the person."""

    id: str
    outcome: str
    reasons: tuple[str, ...]
    policy: PolicyRef
    as_of: str
    decided_at: str
    actor: str
    index: int


class Delivered(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One event on its way, or at its end."""

    index: int
    type: EventType
    decision: str
    state: Literal["waiting", "delivered", "dead"]
    attempts: int
    next_attempt_at: str | None
    status: int | None
    problem: str
    changed_at: str


class DeliveryPage(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A page of deliveries; `next` is null on the last one."""

    items: tuple[Delivered, ...]
    next: str | None


class Disabling(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Why a user is disabled."""

    because: Because


class Dossier(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The file of a case."""

    case: str
    version: int
    subject: str | None
    facts: dict[str, Any] | None
    corrected: tuple[str, ...]
    parts: tuple[Part, ...]


class Due(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Due, as the service describes it."""

    kind: ClockKind
    title: Title
    began_at: dt.datetime
    day: dt.date
    at: dt.datetime
    met_by: Literal["notice", "conclusion", "acknowledgement", "answer", "nothing"]
    extended: int
    provisional: bool
    statutory: bool
    verified: bool
    source: str
    region: str


class Edge(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Edge, as the service describes it."""

    source: str
    target: str
    kind: Literal["read", "sets", "proposes", "caps", "binds", "because"]
    decided: bool


class Ending(StrEnum):
    """How it ended."""

    ANSWERED = "answered"
    TAKEN_UP = "taken_up"
    WITHDRAWN = "withdrawn"


class EngineRecourseRecourseChange(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Engine recourse recourse change, as the service describes it."""

    fact: str
    now: int | bool | str
    then: int | bool | str


class EngineRef(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Engine ref, as the service describes it."""

    name: Literal["durable-rules", "index", "reference", "person"]
    version: str


class EntryPage(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A page of entries."""

    next: str | None
    size: int
    count: int | None
    items: tuple[EntrySummary, ...]


class EntrySummary(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """An entry in a list; its bytes are at `/log/entries/{index}`."""

    index: int
    id: str
    kind: str
    actor: str
    at: str


class Erasure(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Erasure, as the service describes it."""

    state: Literal["erased", "waiting", "unknown"]
    parts: int = 0
    index: int | None = None
    not_before: dt.date | None = None
    because: tuple[str, ...] | UnsetType = UNSET


class ErasureRequest(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Why somebody is to be erased."""

    reason: str


class EventType(StrEnum):
    """What an integrator may be told of."""

    GROUNDS_DECISION_MADE = "grounds.decision.made"
    GROUNDS_LINE_CHANGED = "grounds.line.changed"
    GROUNDS_REVIEW_OPENED = "grounds.review.opened"
    GROUNDS_REVIEW_ASKED = "grounds.review.asked"
    GROUNDS_REVIEW_ANSWERED = "grounds.review.answered"
    GROUNDS_REVIEW_EXTENDED = "grounds.review.extended"
    GROUNDS_REVIEW_CONCLUDED = "grounds.review.concluded"
    GROUNDS_REVIEW_WITHDRAWN = "grounds.review.withdrawn"
    GROUNDS_APPEAL_FILED = "grounds.appeal.filed"


class ExportFilter(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What the export is narrowed to, as in GET /decisions; nothing means every decision."""

    subject: str | None = None
    outcome: Outcome | None = None
    reason: str | None = None
    rule: str | None = None
    policy: str | None = None
    version: int | None = None
    actor: str | None = None
    since: dt.datetime | None = None
    until: dt.datetime | None = None


class ExportRequest(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Which decisions, in which form."""

    format: Literal["csv", "jsonl", "parquet"] = "csv"
    filter: ExportFilter | UnsetType = UNSET
    personal: bool = False


class FactDescription(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A fact that may be given."""

    name: str
    type: str
    unit: str = ""
    lowest: int | None = None
    highest: int | None = None
    values: tuple[str, ...] | UnsetType = UNSET
    label: Text
    source: str
    if_missing: str
    fields: tuple[FieldDescription, ...] | UnsetType = UNSET
    max_records: int = 0


class FactList(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The fact dictionary."""

    items: tuple[FactDescription, ...]


class FieldDescription(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What may stand in a fact, or in a field of its records, as it goes over the wire."""

    name: str
    type: str
    unit: str = ""
    lowest: int | None = None
    highest: int | None = None
    values: tuple[str, ...] | UnsetType = UNSET


class File(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A document for the file: sealed, and never shown in a page."""

    name: str
    media_type: str
    content: bytes


class Format(StrEnum):
    """What a letter may be asked for as."""

    HTML = "html"
    PDF = "pdf"


class GivenReason(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Given reason, as the service describes it."""

    code: str
    rules: tuple[str, ...]
    outcome: Outcome | None
    statement: Text
    remedy: Text | None
    note: str
    facts: dict[str, int | bool | str]
    tests: tuple[Comparison, ...]


class Graph(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Graph, as the service describes it."""

    v: int
    nodes: tuple[Node, ...]
    edges: tuple[Edge, ...]


class Handed(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Handed, as the service describes it."""

    id: str
    password: str


class Health(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Health, as the service describes it."""

    status: str
    checks: dict[str, str] | UnsetType = UNSET


class Held(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Held, as the service describes it."""

    index: int
    until: dt.date


class HistoryStep(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One step of a case, in codes."""

    version: int
    kind: str
    at: str
    actor: str | None
    index: int
    because: tuple[str, ...] | UnsetType = UNSET
    asks: tuple[str, ...] | UnsetType = UNSET
    corrected: tuple[str, ...] | UnsetType = UNSET
    media_type: str | None = None
    size: int | None = None


class Hold(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Hold, as the service describes it."""

    index: int
    reason: str
    until: dt.date


class HoldRequest(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Why and until when nothing may be erased."""

    reason: str
    until: dt.date


class Issue(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """How and when a notice was issued."""

    language: Language
    channel: Literal["app", "email", "sms", "post", "in_person"]
    issued_on: dt.date | None = None


class Issued(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A notice that was issued, and the entry that records it."""

    decision: str
    language: Language
    channel: Literal["app", "email", "sms", "post", "in_person"]
    issued_on: dt.date
    index: int


class Kept(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Kept, as the service describes it."""

    index: int
    policy: str
    since: dt.date
    retention: str
    keep_until: dt.date
    remove_on: dt.date


class KeyDescription(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Key description, as the service describes it."""

    id: str
    role: Role
    standing: Literal["valid", "expired", "revoked"]
    permissions: tuple[str, ...] | None
    policies: tuple[str, ...] | None
    created_at: dt.datetime
    expires_at: dt.datetime | None
    rotated_at: dt.datetime | None
    old_secret_until: dt.datetime | None
    revoked_at: dt.datetime | None
    last_used_on: dt.date | None


class KeyList(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Key list, as the service describes it."""

    items: tuple[KeyDescription, ...]


class Language(StrEnum):
    """The languages every text exists in."""

    ZH = "zh"
    EN = "en"


class LineAmounts(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The amounts of a line at one point of its history."""

    limit_fen: int
    apr_bp: int | None
    drawn_fen: int
    available_fen: int


class LineChange(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One change: what happened, why, by whom, and the amounts before and after."""

    sequence: int
    change: ApiAccountsAccountChange
    status: Status
    at: str
    actor: str
    decision: LineDecision | None
    amount_fen: int | None
    before: LineAmounts | None
    after: LineAmounts | None
    statement: Text
    index: int


class LineDecision(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The decision behind a change; `/decisions/{id}/explanation` has all of it."""

    id: str
    policy: str
    version: int
    outcome: str
    reasons: tuple[str, ...]
    rules: tuple[str, ...]


class LineView(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """How a line stands, and how it came to."""

    subject: str
    status: Status
    label: Text
    owner: str
    amounts: LineAmounts | None
    changes: tuple[LineChange, ...]
    next: int | None


class LogRef(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Where the decision stands in the log: leaf `index`, first signed under the checkpoint of `size`."""

    index: int
    size: int


class MatterAnswer(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What the applicant is answered."""

    answer: Answer


class MatterEnd(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """That it needs no answer any more."""

    because: Literal["withdrawn", "taken_up"]


class MatterExtension(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Why the end is put off."""

    text: str


class MatterFile(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """All that was written about a matter."""

    matter: str
    version: int
    parts: tuple[MatterPart, ...]


class MatterKind(StrEnum):
    """What it is; a jurisdiction's pack calls it by the same name."""

    COMPLAINT = "complaint"
    DISPUTE = "dispute"
    ACCESS_REQUEST = "access_request"
    COUNTER_OFFER = "counter_offer"


class MatterPage(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A page of matters; `next` is null on the last one."""

    items: tuple[MatterView, ...]
    next: str | None


class MatterPart(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What was written in one step; `body` as the request had it."""

    version: int
    index: int
    kind: str
    at: str
    body: dict[str, Any]


class MatterRequest(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A matter: what it is, whose, and what they say."""

    kind: MatterKind
    subject: str
    text: str
    decision: str = ""
    received_on: dt.date | None = None


class MatterView(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A matter as it stands, with its clocks, the first to end first; none if the jurisdiction names no period."""

    id: str
    kind: MatterKind
    version: int
    decision: str | None
    began_on: dt.date
    acknowledged_on: dt.date | None
    extended: int
    ended_on: dt.date | None
    ending: Ending | None
    overdue: bool
    clocks: tuple[DecisionClock, ...]
    index: int


class Mix(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Periods in which something was decided, the oldest first."""

    by: Period
    window: Window
    policy: str | None
    outcome: str | None
    rows: tuple[MixRow, ...]
    note: Text


class MixRow(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The decisions of one period."""

    period: str
    decisions: int
    outcomes: dict[str, int]
    reasons: tuple[ReasonShare, ...]


class NewDecision(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The decision a person takes in place of the old one."""

    outcome: Outcome
    offer: OfferGiven | None = None
    reasons: tuple[str, ...] | UnsetType = UNSET


class NewUser(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Who is to sign in, and under which role."""

    login: str
    name: str
    role: Role


class Node(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Node, as the service describes it."""

    id: str
    kind: Literal[
        "given", "derived", "aggregate", "table", "scorecard", "formula", "rule", "reason", "outcome", "amount"
    ]
    name: str
    label: Text
    state: Literal["known", "missing", "undefined", "done", "open", "stands", "outweighed"]
    decided: bool
    type: str = ""
    value: int | bool | str | None = None
    when: tuple[str, ...] | UnsetType = UNSET
    lacks: tuple[str, ...] | UnsetType = UNSET
    cause: str | None = None


class Offer(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Offer, as the service describes it."""

    limit_fen: int | None = None
    apr_bp: int | None = None
    term_months: int | None = None


class OfferGiven(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a person offers; exactly the amounts the policy offers with such an outcome."""

    limit_fen: int | UnsetType = UNSET
    apr_bp: int | UnsetType = UNSET
    term_months: int | UnsetType = UNSET


class OpenRule(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Open rule, as the service describes it."""

    rule: str
    lacks: tuple[str, ...]


class Outcome(StrEnum):
    """What a decision may come to."""

    APPROVE = "approve"
    KEEP = "keep"
    INCREASE = "increase"
    RESTORE = "restore"
    REJECT = "reject"
    DECREASE = "decrease"
    SUSPEND = "suspend"
    CLOSE = "close"
    VERIFY = "verify"
    REFER = "refer"
    INCOMPLETE = "incomplete"


class OverturnRow(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The appeals behind one rule, reason, version or person."""

    key: str
    policy: str | None
    version: int | None
    overturned: Share
    upheld: int
    policy_defects: int


class Overturns(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Appeals concluded in a window; a decision with several rules or reasons counts in the row of each."""

    by: By
    window: Window
    total: Share
    withdrawn: int
    rows: tuple[OverturnRow, ...]
    note: Text


class Part(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What somebody wrote in one step; `body` as the request had it."""

    version: int
    index: int
    kind: str
    at: str
    body: dict[str, Any]
    added: dict[str, Any]


class Period(StrEnum):
    """How long a row lasts; days are those of UTC."""

    DAY = "day"
    WEEK = "week"
    MONTH = "month"


class PolicyDescription(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A policy in force."""

    name: str
    version: int
    digest: str
    title: Text
    owner: str
    effective_from: dt.date
    sources: tuple[str, ...]
    outcomes: tuple[Outcome, ...]
    facts: tuple[str, ...]
    bundle: Any | UnsetType = UNSET


class PolicyList(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The policies in force."""

    items: tuple[PolicyDescription, ...]


class PolicyRef(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Policy ref, as the service describes it."""

    name: str
    version: int
    digest: str


class Possible(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Whether the caller may take an action now; if not, why, and what to do about it."""

    action: Action
    allowed: bool
    why: str | None
    message: str | None
    remedy: str | None


class PreCheck(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """An estimate: binding on nobody, recorded nowhere."""

    binding: Literal[False]
    notice: Text
    outlook: Literal["favourable", "adverse", "verify", "incomplete", "open"]
    statement: Text
    reasons: tuple[Text, ...]
    remedies: tuple[Text, ...]
    recourse: Ways
    offer: Offer | None
    policy: PolicyRef
    as_of: dt.datetime


class PreCheckRequest(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What somebody would apply for, and what is known."""

    policy: str
    subject: str
    facts: dict[str, Any]
    as_of: dt.datetime | UnsetType = UNSET


class Purpose(StrEnum):
    """Why it is read; the log records it."""

    FETCH = "fetch"
    REPEAT = "repeat"
    REVIEW = "review"
    COMPLAINT = "complaint"
    LETTER = "letter"
    AUDIT = "audit"
    REPLAY = "replay"
    EXPORT = "export"
    ACCESS_REQUEST = "access_request"


class Question(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What the applicant is asked, and which facts that is about."""

    question: Answer
    facts: tuple[str, ...] | UnsetType = UNSET


class ReasonShare(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """In how many decisions a reason was given."""

    code: str
    share: Share


class Recommendation(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Recommendation, as the service describes it."""

    by: str
    version: int
    result: CaseworkStatesResult
    outcome: str | None = None


class Recourse(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Recourse, as the service describes it."""

    goal: Literal["favourable", "limit"]
    bound_by: str | None
    alternatives: tuple[Alternative, ...]
    complete: bool
    evaluations: int
    statement: Text


class ReleaseRequest(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Why the holds are over."""

    reason: str


class Released(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Released, as the service describes it."""

    index: int | None
    holds: tuple[int, ...]


class Reloaded(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a reload came to."""

    digests: dict[str, str]
    published: int
    done: int
    failed: int


class RepaymentRequest(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Principal that came back, or was approved and never paid out."""

    amount_fen: int


class ReplayFrom(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """From where on everything is sent once more: an entry of the log, or a moment; one of the two."""

    index: int | None = None
    since: dt.datetime | None = None


class ReplayRequest(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Under which version of the policy, its own if left out, and with which facts put right."""

    version: int | None = None
    facts: dict[str, Any] | UnsetType = UNSET


class ReplayResult(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What the answer comes to."""

    outcome: str
    offer: Offer | None
    reasons: tuple[str, ...]
    policy: PolicyRef


class Replayed(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What came of deciding again."""

    decision: str
    verdict: Literal["same", "changed"]
    because: tuple[Literal["engine", "person", "rule", "data"], ...]
    identical: bool
    then: ReplayResult
    now: ReplayResult
    index: int


class Replaying(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The first entry that is looked at again."""

    index: int


class Reply(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The applicant's answer, and the facts it puts right."""

    text: str
    facts: dict[str, Any] | UnsetType = UNSET


class ReviewRef(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Where a person took a decision: in which case, and instead of which earlier one."""

    case: str
    decision: str


class RevocationRequest(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Why a key is ended."""

    because: Because


class Role(StrEnum):
    """What the holder of a key is to this service."""

    INTEGRATOR = "integrator"
    CHANNEL = "channel"
    REVIEWER = "reviewer"
    SUPERVISOR = "supervisor"
    COMPLIANCE = "compliance"
    AUTHOR = "author"
    APPROVER = "approver"
    ADMIN = "admin"


class RoleChange(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Another role."""

    role: Role


class RotatedKey(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Rotated key, as the service describes it."""

    id: str
    key: str


class RotationRequest(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """How long the secret that is replaced still works."""

    overlap_seconds: int = 86400


class Share(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """So many of so many."""

    count: int
    of: int
    rate_bp: int | None


class Standing(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Standing, as the service describes it."""

    subject: str
    today: dt.date
    kept: tuple[Kept, ...]
    holds: tuple[Hold, ...]
    waiting: Waiting | None


class State(StrEnum):
    """Where a case stands."""

    OPEN = "open"
    CLAIMED = "claimed"
    WAITING = "waiting"
    CONCLUDED = "concluded"


class Status(StrEnum):
    """What may be done with a line."""

    PENDING = "pending"
    ACTIVE = "active"
    SUSPENDED = "suspended"
    CLOSED = "closed"


class Step(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Step, as the service describes it."""

    kind: Literal["aggregate", "table", "scorecard", "formula", "rule"]
    name: str
    when: tuple[str, ...] | UnsetType = UNSET
    facts: dict[str, int | bool | str] | UnsetType = UNSET
    value: int | bool | str | None = None
    undefined: str | None = None
    tests: tuple[Comparison, ...] | UnsetType = UNSET
    then: Outcome | None = None
    because: str | None = None
    cap: dict[str, int] | UnsetType = UNSET
    offer: dict[str, int] | UnsetType = UNSET


class Subscribed(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A subscription with its secret, which is told this once."""

    id: str
    url: str
    types: tuple[EventType, ...]
    active: bool
    created_at: str
    version: int
    secret: str


class Subscription(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A subscription as its owner sees it."""

    id: str
    url: str
    types: tuple[EventType, ...]
    active: bool
    created_at: str
    version: int


class SubscriptionChange(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What to change; what is left out stays."""

    url: str | UnsetType = UNSET
    types: tuple[EventType, ...] | UnsetType = UNSET
    active: bool | UnsetType = UNSET


class SubscriptionList(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """All subscriptions of the caller."""

    items: tuple[Subscription, ...]


class SubscriptionRequest(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Where events go, and which."""

    url: str
    types: tuple[EventType, ...] | UnsetType = UNSET


class Text(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Text, as the service describes it."""

    zh: str
    en: str


class Title(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A name for people."""

    zh: str
    en: str


class UserDescription(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """User description, as the service describes it."""

    id: str
    login: str | None
    name: str | None
    role: Role
    standing: Literal["valid", "waiting", "disabled"]
    asked_by: str | None
    must_choose: bool
    created_at: dt.datetime
    disabled_at: dt.datetime | None
    version: int


class UserList(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """User list, as the service describes it."""

    items: tuple[UserDescription, ...]


class VerdictCodes(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a policy says to the facts as they were put right."""

    verdict: str
    because: tuple[str, ...]
    outcome: str
    reasons: tuple[str, ...]
    policy: PolicyRef


class Waiting(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Waiting, as the service describes it."""

    index: int
    reason: str
    not_before: dt.date
    because: tuple[str, ...]


class Ways(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What would change the answer, in plain words."""

    statement: Text
    alternatives: tuple[Text, ...]


class Window(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """From `since` up to but not including `until`; null leaves an end open."""

    since: str | None = None
    until: str | None = None


class Written(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A note for the file, or why something is done."""

    text: str
