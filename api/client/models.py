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
    """Age bucket, as the service describes it."""

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
    """Answer, as the service describes it."""

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
    """Appeal received, as the service describes it."""

    id: str
    decision: str
    version: int
    filed_at: dt.datetime
    due_on: dt.date
    due_at: dt.datetime


class AppealRequest(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Appeal request, as the service describes it."""

    decision: str
    statement: str
    subject: str | UnsetType = UNSET
    facts: dict[str, Any] | UnsetType = UNSET
    person: bool = False


class AutomationRefusal(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Automation refusal, as the service describes it."""

    refused: bool
    since: str | None = None
    index: int | None = None


class Backlog(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Backlog, as the service describes it."""

    at: str
    count: int
    overdue: int
    rows: tuple[BacklogRow, ...]


class BacklogRow(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Backlog row, as the service describes it."""

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
    """Both verdicts, as the service describes it."""

    then: VerdictCodes
    now: VerdictCodes | None = None


class BulkAnswer(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Bulk answer, as the service describes it."""

    key: str
    status: int
    replayed: bool = False
    decision: DecisionAnswer | UnsetType = UNSET
    problem: Problem | UnsetType = UNSET


class BulkAnswers(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Bulk answers, as the service describes it."""

    items: tuple[BulkAnswer, ...]


class BulkItem(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Bulk item, as the service describes it."""

    key: str
    request: dict[str, Any]


class BulkRequest(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Bulk request, as the service describes it."""

    items: tuple[BulkItem, ...]


class By(StrEnum):
    """Told by what had been decided on, or by who decided."""

    RULE = "rule"
    REASON = "reason"
    POLICY = "policy"
    REVIEWER = "reviewer"
    DECIDER = "decider"


class CaseItem(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Case item, as the service describes it."""

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
    """Case page, as the service describes it."""

    items: tuple[CaseItem, ...]
    next: str | None


class CaseState(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Case state, as the service describes it."""

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
    """Case view, as the service describes it."""

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
    """Conclusion, as the service describes it."""

    result: CaseworkStatesResult
    because: tuple[str, ...]
    grounds: str
    answer: Answer
    decision: NewDecision | None = None


class ConclusionRow(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Conclusion row, as the service describes it."""

    kind: CaseKind
    count: int
    results: dict[str, int]
    in_time: Share
    median_hours: int | None
    ninth_decile_hours: int | None


class Conclusions(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Conclusions, as the service describes it."""

    window: Window
    rows: tuple[ConclusionRow, ...]
    note: Text


class DecisionAnswer(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Decision answer, as the service describes it."""

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
    """Decision clock, as the service describes it."""

    due: Due
    state: Literal["running", "overdue", "met", "met_late", "open"]
    met_on: dt.date | None = None
    index: int | None = None


class DecisionClocks(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Decision clocks, as the service describes it."""

    decision: str
    jurisdiction: str
    zone: str
    items: tuple[DecisionClock, ...]


class DecisionExplanation(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Decision explanation, as the service describes it."""

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
    """Decision page, as the service describes it."""

    next: str | None
    size: int
    count: int | None
    items: tuple[DecisionSummary, ...]


class DecisionPreview(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Decision preview, as the service describes it."""

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
    """Decision request, as the service describes it."""

    policy: str
    subject: str
    facts: dict[str, Any]
    as_of: dt.datetime | UnsetType = UNSET
    dry_run: bool = False


class DecisionSummary(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Decision summary, as the service describes it."""

    id: str
    outcome: str
    reasons: tuple[str, ...]
    policy: PolicyRef
    as_of: str
    decided_at: str
    actor: str
    index: int


class Delivered(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Delivered, as the service describes it."""

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
    """Delivery page, as the service describes it."""

    items: tuple[Delivered, ...]
    next: str | None


class Dossier(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Dossier, as the service describes it."""

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
    """Entry page, as the service describes it."""

    next: str | None
    size: int
    count: int | None
    items: tuple[EntrySummary, ...]


class EntrySummary(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Entry summary, as the service describes it."""

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
    """Erasure request, as the service describes it."""

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
    """Export filter, as the service describes it."""

    subject: str | None = None
    outcome: str | None = None
    reason: str | None = None
    rule: str | None = None
    policy: str | None = None
    version: int | None = None
    actor: str | None = None
    since: dt.datetime | None = None
    until: dt.datetime | None = None


class ExportRequest(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Export request, as the service describes it."""

    format: Literal["csv", "jsonl", "parquet"] = "csv"
    filter: ExportFilter | UnsetType = UNSET
    personal: bool = False


class FactDescription(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Fact description, as the service describes it."""

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
    """Fact list, as the service describes it."""

    items: tuple[FactDescription, ...]


class FieldDescription(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Field description, as the service describes it."""

    name: str
    type: str
    unit: str = ""
    lowest: int | None = None
    highest: int | None = None
    values: tuple[str, ...] | UnsetType = UNSET


class File(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """File, as the service describes it."""

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


class Health(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Health, as the service describes it."""

    status: str
    checks: dict[str, str] | UnsetType = UNSET


class Held(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Held, as the service describes it."""

    index: int
    until: dt.date


class HistoryStep(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """History step, as the service describes it."""

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
    """Hold request, as the service describes it."""

    reason: str
    until: dt.date


class Issue(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Issue, as the service describes it."""

    language: Language
    channel: Literal["app", "email", "sms", "post", "in_person"]
    issued_on: dt.date | None = None


class Issued(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Issued, as the service describes it."""

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
    """In which language it is written."""

    ZH = "zh"
    EN = "en"


class LineAmounts(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Line amounts, as the service describes it."""

    limit_fen: int
    apr_bp: int | None
    drawn_fen: int
    available_fen: int


class LineChange(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Line change, as the service describes it."""

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
    """Line decision, as the service describes it."""

    id: str
    policy: str
    version: int
    outcome: str
    reasons: tuple[str, ...]
    rules: tuple[str, ...]


class LineView(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Line view, as the service describes it."""

    subject: str
    status: Status
    label: Text
    owner: str
    amounts: LineAmounts | None
    changes: tuple[LineChange, ...]
    next: int | None


class LogRef(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Log ref, as the service describes it."""

    index: int
    size: int


class Mix(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Mix, as the service describes it."""

    by: Period
    window: Window
    policy: str | None
    outcome: str | None
    rows: tuple[MixRow, ...]
    note: Text


class MixRow(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Mix row, as the service describes it."""

    period: str
    decisions: int
    outcomes: dict[str, int]
    reasons: tuple[ReasonShare, ...]


class NewDecision(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """New decision, as the service describes it."""

    outcome: Outcome
    offer: OfferGiven | None = None
    reasons: tuple[str, ...] | UnsetType = UNSET


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
    """Offer given, as the service describes it."""

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
    """Overturn row, as the service describes it."""

    key: str
    policy: str | None
    version: int | None
    overturned: Share
    upheld: int
    policy_defects: int


class Overturns(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Overturns, as the service describes it."""

    by: By
    window: Window
    total: Share
    withdrawn: int
    rows: tuple[OverturnRow, ...]
    note: Text


class Part(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Part, as the service describes it."""

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
    """Policy description, as the service describes it."""

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
    """Policy list, as the service describes it."""

    items: tuple[PolicyDescription, ...]


class PolicyRef(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Policy ref, as the service describes it."""

    name: str
    version: int
    digest: str


class Possible(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Possible, as the service describes it."""

    action: Action
    allowed: bool
    why: str | None
    message: str | None
    remedy: str | None


class PreCheck(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Pre check, as the service describes it."""

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
    """Pre check request, as the service describes it."""

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
    """Question, as the service describes it."""

    question: Answer
    facts: tuple[str, ...] | UnsetType = UNSET


class ReasonShare(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Reason share, as the service describes it."""

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
    """Release request, as the service describes it."""

    reason: str


class Released(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Released, as the service describes it."""

    index: int | None
    holds: tuple[int, ...]


class Reloaded(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Reloaded, as the service describes it."""

    digests: dict[str, str]
    published: int
    done: int
    failed: int


class RepaymentRequest(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Repayment request, as the service describes it."""

    amount_fen: int


class ReplayFrom(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Replay from, as the service describes it."""

    index: int | None = None
    since: dt.datetime | None = None


class ReplayRequest(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Replay request, as the service describes it."""

    version: int | None = None
    facts: dict[str, Any] | UnsetType = UNSET


class ReplayResult(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Replay result, as the service describes it."""

    outcome: str
    offer: Offer | None
    reasons: tuple[str, ...]
    policy: PolicyRef


class Replayed(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Replayed, as the service describes it."""

    decision: str
    verdict: Literal["same", "changed"]
    because: tuple[Literal["engine", "person", "rule", "data"], ...]
    identical: bool
    then: ReplayResult
    now: ReplayResult
    index: int


class Replaying(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Replaying, as the service describes it."""

    index: int


class Reply(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Reply, as the service describes it."""

    text: str
    facts: dict[str, Any] | UnsetType = UNSET


class ReviewRef(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Review ref, as the service describes it."""

    case: str
    decision: str


class RevocationRequest(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Revocation request, as the service describes it."""

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


class RotatedKey(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Rotated key, as the service describes it."""

    id: str
    key: str


class RotationRequest(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Rotation request, as the service describes it."""

    overlap_seconds: int = 86400


class Share(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Share, as the service describes it."""

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
    """Subscribed, as the service describes it."""

    id: str
    url: str
    types: tuple[EventType, ...]
    active: bool
    created_at: str
    version: int
    secret: str


class Subscription(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Subscription, as the service describes it."""

    id: str
    url: str
    types: tuple[EventType, ...]
    active: bool
    created_at: str
    version: int


class SubscriptionChange(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Subscription change, as the service describes it."""

    url: str | UnsetType = UNSET
    types: tuple[EventType, ...] | UnsetType = UNSET
    active: bool | UnsetType = UNSET


class SubscriptionList(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Subscription list, as the service describes it."""

    items: tuple[Subscription, ...]


class SubscriptionRequest(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Subscription request, as the service describes it."""

    url: str
    types: tuple[EventType, ...] | UnsetType = UNSET


class Text(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Text, as the service describes it."""

    zh: str
    en: str


class Title(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Title, as the service describes it."""

    zh: str
    en: str


class VerdictCodes(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Verdict codes, as the service describes it."""

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
    """Ways, as the service describes it."""

    statement: Text
    alternatives: tuple[Text, ...]


class Window(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Window, as the service describes it."""

    since: str | None = None
    until: str | None = None


class Written(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Written, as the service describes it."""

    text: str
