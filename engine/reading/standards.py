"""What is asked of a folder of policies beyond being understood: people are told why, and what is worse weighs more.

Recorded bundles are not held to it: what once decided must load again, so that its decisions replay.
"""

from __future__ import annotations

from collections.abc import Mapping

from engine.policy import Policy
from engine.reading.source import Findings, Item
from engine.vocabulary import Reason

#: Wordings that tell nobody why (Reg B, comment 9(b)(2)-4, and its like), in small letters.
VAGUE = (
    "综合评估",
    "综合评分",
    "评分不足",
    "不符合要求",
    "不符合条件",
    "系统判断",
    "系统评估",
    "内部政策",
    "internal polic",
    "internal standard",
    "did not meet our",
    "not meet our criteria",
    "requirements are not met",
    "overall assessment",
    "overall evaluation",
    "various factors",
    "qualifying score",
    "our system",
)


def check_reasons(item: Item, reasons: Mapping[str, Reason], findings: Findings) -> None:
    """Report reasons that the applicant reads and that hide behind a vague phrase, each with the phrase."""
    entries = item.mapping()["reasons"].mapping()
    for code, reason in reasons.items():
        text = f"{reason.statement.zh} {reason.statement.en}".lower()
        found = [phrase for phrase in VAGUE if phrase in text]
        if found and reason.disclose == "full":
            message = f"the statement of `{code}` is vague: `{found[0]}` tells nobody why"
            findings.add(entries[code].mapping()["statement"], message, "say what was seen, e.g. which payment is late")


def check_order(root: Item, policy: Policy, findings: Findings) -> None:
    """Report an adverse outcome that would be outweighed by a favourable one, which stands before it."""
    names = list(policy.severity)
    for number, worse in enumerate(names):
        milder = next((name for name in names[:number] if name.favourable), None)
        if worse.adverse and milder is not None:
            message = f"`{milder}` stands before `{worse}` and would outweigh it"
            findings.add(root.mapping()["outcomes"], message, "list the outcomes most severe first")
            return
