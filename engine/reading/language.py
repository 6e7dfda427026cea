"""The language as data: every key of policy files, `facts.yaml` and `reasons.yaml`, in the order it is written in."""

from __future__ import annotations

from typing import Final

from engine.policy import AMOUNTS, Outcome
from engine.reading.shape import Entries, Fields, Items, OneOf, Part, Scalar
from engine.vocabulary import ACTIONABLE, DISCLOSE, IF_MISSING, SOURCES

NAME: Final = "[a-z][a-z0-9_]{0,59}"  #: what facts, reasons, policies and asks are called
WORD: Final = "[A-Za-z_][A-Za-z0-9_]{0,59}"  #: what the words of an enum look like
RULE_NAME: Final = "[a-z][a-z0-9]*(-[a-z0-9]+)*"

SCALARS: Final = ("int", "money", "rate", "bool", "enum", "date")
FORMULAS: Final = ("int", "money", "rate", "bool")
ROUNDINGS: Final = ("half_even", "half_up", "down", "up")
#: Outcomes a policy may name; `incomplete` is given by the engine only.
OUTCOMES: Final = tuple(outcome.value for outcome in Outcome if outcome is not Outcome.INCOMPLETE)

_NAME = Scalar("word", pattern=NAME)
_RULE = Scalar("word", pattern=RULE_NAME)
_OUTCOME = Scalar("word", OUTCOMES)
_BOOLEAN = Scalar("boolean")
_NUMBER = Scalar("number")
_WHOLE = Scalar("whole")
_EXPRESSION = Scalar("expression")
_VALUE = Scalar("value")
_REMARK = Scalar("remark")

TEXT: Final = Fields(
    {
        "zh": Part(Scalar("phrase"), "in Chinese", required=True),
        "en": Part(Scalar("phrase"), "in English", required=True),
    }
)
_LABEL = Part(TEXT, "what people call it")
_LABELS = Part(
    Entries(TEXT, "either", pattern=WORD), "what people call the words of an enum, each of them", of_types=("enum",)
)
_RANGE = Part(
    Items(_NUMBER, low=2),
    "[low, high], both allowed; money in yuan, a rate as a fraction",
    required=True,
    of_types=("int", "money", "rate"),
)
_VALUES = Part(Items(Scalar("word", pattern=WORD), low=1), "the words of an enum", required=True, of_types=("enum",))
_UNIT = Part(Scalar("phrase"), "a word for people: days, months, times, points")

FIELD: Final = Fields(
    {
        "type": Part(Scalar("word", SCALARS), "what kind of value it is", required=True),
        "unit": _UNIT,
        "range": _RANGE,
        "values": _VALUES,
        "label": _LABEL,
        "labels": _LABELS,
    }
)
FACT: Final = Fields(
    {
        "type": Part(Scalar("word", (*SCALARS, "records")), "what kind of value it is", required=True),
        "unit": _UNIT,
        "range": _RANGE,
        "values": _VALUES,
        "max_records": Part(_WHOLE, "how many records are taken at most", required=True, of_types=("records",)),
        "fields": Part(Entries(FIELD, pattern=NAME), "what every record holds", required=True, of_types=("records",)),
        "source": Part(Scalar("word", SOURCES), "who supplies it", required=True),
        "if_missing": Part(
            Scalar("word", IF_MISSING),
            "ask: tell the applicant; refer: a person looks; ignore: rules that lack it stay silent",
            required=True,
        ),
        "fresh_days": Part(_WHOLE, "how old the value may be"),
        "actionable": Part(Scalar("word", ACTIONABLE), "what the applicant can change"),
        "sensitive": Part(_BOOLEAN, "personal information that calls for particular care"),
        "protected": Part(_BOOLEAN, "no policy may read it; it only serves to measure fairness"),
        "label": Part(TEXT, "what people call it", required=True),
        "labels": _LABELS,
    }
)
FACTS: Final = Fields(
    {"facts": Part(Entries(FACT, below=True, pattern=NAME), "every fact that may be known", required=True)}, "block"
)

REASON: Final = Fields(
    {
        "statement": Part(TEXT, "what the applicant is told: specific and courteous", required=True),
        "note": Part(_REMARK, "for the reviewer"),
        "remedy": Part(TEXT, "what the applicant can do about it"),
        "disclose": Part(Scalar("word", DISCLOSE), "general (fraud): the applicant gets a general wording"),
    }
)
REASONS: Final = Fields(
    {"reasons": Part(Entries(REASON, pattern=NAME), "every reason that may be given", required=True)}, "block"
)

AGGREGATE: Final = Fields(
    {
        "value": Part(Scalar("aggregate"), "e.g. max(loans.overdue_days where balance > 0.00)", required=True),
        "empty": Part(_NUMBER, "what min, max and avg are over no records"),
        "label": _LABEL,
    }
)
TABLE: Final = Fields(
    {
        "hit": Part(
            Scalar("word", ("unique", "first", "collect")),
            "unique: rows may not overlap; first: the first that applies; collect: all that apply",
            required=True,
        ),
        "combine": Part(Scalar("word", ("min", "max", "sum")), "how the rows of `hit: collect` come together"),
        "when": Part(Items(_NAME, low=1), "the facts the columns are about", required=True),
        "rows": Part(
            Items(Items(OneOf(Scalar("cell"), Items(_VALUE))), "block", aligned=True, low=1),
            "one cell per column, then the output; a cell is any, a value, [a, b], >= 5, 1..5 or missing",
            required=True,
        ),
        "otherwise": Part(_VALUE, "the output when no row applies"),
    }
)
POINTS: Final = Fields(
    {
        "when": Part(_EXPRESSION, "a condition", required=True),
        "add": Part(_NUMBER, "what is added when it holds", required=True),
        "note": Part(_REMARK, "for the reviewer"),
    }
)
DERIVED: Final = Fields(
    {
        "fact": Part(_NAME, "its name", required=True),
        "label": _LABEL,
        "labels": Part(_LABELS.shape, _LABELS.doc),
        "type": Part(Scalar("word", FORMULAS), "what kind of value it is, where that does not follow"),
        "table": Part(TABLE, "a decision table"),
        "sum": Part(Items(POINTS, "block", low=1), "a scorecard: the sum of what applies"),
        "value": Part(_EXPRESSION, "a formula, or a condition"),
    },
    one_of=("table", "sum", "value"),
)
AMOUNT: Final = Fields(
    {
        "limit": Part(_EXPRESSION, "a formula that comes to money"),
        "apr": Part(_EXPRESSION, "a formula that comes to a rate"),
        "term": Part(_EXPRESSION, "a formula that comes to whole months"),
    }
)
RULE: Final = Fields(
    {
        "rule": Part(_RULE, "its name: lower-case-words-with-hyphens", required=True),
        "when": Part(_EXPRESSION, "the condition under which it fires", required=True),
        "then": Part(_OUTCOME, "the outcome it comes to"),
        "ask": Part(_NAME, "what the applicant is asked to do"),
        "cap": Part(AMOUNT, "the most that may be offered"),
        "offer": Part(AMOUNT, "what is offered"),
        "because": Part(
            _NAME, "the reason, a code of reasons.yaml; needed when the outcome is adverse or the rule caps"
        ),
        "note": Part(_REMARK, "for the reviewer: source, threshold, why"),
    }
)
EXPECT: Final = Fields(
    {
        "outcome": Part(Scalar("word", (*OUTCOMES, Outcome.INCOMPLETE.value)), "the outcome", required=True),
        "limit": Part(_NUMBER, "the limit offered, in yuan"),
        "apr": Part(_NUMBER, "the APR offered, as a fraction"),
        "term": Part(_WHOLE, "the term offered, in months"),
        "fired": Part(Items(_RULE), "every rule that fires"),
        "reasons": Part(Items(_NAME), "the reasons given, the weightiest first"),
        "missing": Part(Items(_NAME), "the facts asked for"),
        "binding": Part(Fields({name: Part(_RULE, "the rule whose cap bound it") for name in AMOUNTS}), "what bound"),
    },
    "flow",
)
_RECORDS = Items(Entries(_VALUE, "flow", pattern=NAME))
EXAMPLE: Final = Fields(
    {
        "name": Part(Scalar("phrase"), "what the example shows", required=True),
        "like": Part(Scalar("phrase"), "an earlier example it takes its facts from"),
        "as_of": Part(Scalar("instant"), "when it is decided, e.g. 2026-12-01T00:00:00Z"),
        "given": Part(Entries(OneOf(_VALUE, _RECORDS), "flow", pattern=NAME), "facts, in yuan and fractions"),
        "without": Part(Items(_NAME), "facts of the earlier example that are left out"),
        "expect": Part(EXPECT, "what the decision must be", required=True),
        "note": Part(_REMARK, "for the reviewer"),
    }
)
MONOTONE: Final = Fields(
    {
        "when_more": Part(Scalar("word"), "a number that grows", required=True),
        "never_less": Part(Scalar("word", tuple(AMOUNTS)), "an amount that then never falls", required=True),
    }
)
INVARIANT: Final = Fields(
    {
        "never": Part(_EXPRESSION, "a condition no decision may meet"),
        "always": Part(_EXPRESSION, "a condition every decision has to meet"),
        "monotone": Part(MONOTONE, "more of a fact never gives less"),
        "note": Part(_REMARK, "for the reviewer"),
    },
    one_of=("never", "always", "monotone"),
)
POLICY: Final = Fields(
    {
        "policy": Part(_NAME, "its name; the file is called NAME.yaml", required=True),
        "version": Part(_WHOLE, "raised whenever the meaning changes", required=True),
        "effective_from": Part(Scalar("date"), "the first day it applies", required=True),
        "title": Part(TEXT, "what people call it", required=True),
        "owner": Part(Scalar("phrase"), "who answers for it", required=True),
        "sources": Part(Items(_REMARK), "what it rests on"),
        "outcomes": Part(Items(_OUTCOME, low=1), "most severe first; a rule may name only these", required=True),
        "otherwise": Part(Scalar("word", ("refer", "verify")), "the outcome when no rule decided", required=True),
        "rounding": Part(Scalar("word", ROUNDINGS), "applied once, when a value is stored; default half_even"),
        "records": Part(
            Entries(OneOf(Scalar("aggregate"), AGGREGATE), pattern=NAME),
            "aggregates over lists of records, which become facts",
            apart=True,
        ),
        "derive": Part(Items(DERIVED, "block", apart=True), "facts computed before the rules", apart=True),
        "rules": Part(Items(RULE, "block", apart=True, low=1), "what is decided", required=True, apart=True),
        "examples": Part(Items(EXAMPLE, "block", apart=True), "cases the policy promises to decide so", apart=True),
        "invariants": Part(Items(INVARIANT, "block"), "sentences that hold for every applicant", apart=True),
    },
    "block",
)
