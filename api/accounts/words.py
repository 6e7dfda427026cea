"""What happened to a line in one sentence, in Chinese and English."""

from __future__ import annotations

from collections.abc import Mapping

from api.accounts.account import Change, Status
from api.accounts.entries import Told
from engine.vocabulary import Text

_STATUS: Mapping[Status, Text] = {
    Status.PENDING: Text("待激活", "waiting for activation"),
    Status.ACTIVE: Text("正常", "active"),
    Status.SUSPENDED: Text("已暂停", "suspended"),
    Status.CLOSED: Text("已关闭", "closed"),
}
#: With {limit}, {before}, {amount}, {left} in yuan; the second pair is for changes whose amounts were removed.
_SENTENCES: Mapping[Change, tuple[Text, Text]] = {
    Change.OPENED: (
        Text("授信已批准，额度 {limit} 元，待激活。", "A line of {limit} yuan was approved; it waits for activation."),
        Text("授信已批准，待激活。", "A line was approved; it waits for activation."),
    ),
    Change.ACTIVATED: (
        Text("额度已激活，可用额度 {left} 元。", "The line was activated; {left} yuan can be drawn."),
        Text("额度已激活。", "The line was activated."),
    ),
    Change.DRAWN: (
        Text("支用 {amount} 元，剩余可用额度 {left} 元。", "{amount} yuan were drawn; {left} yuan are left."),
        Text("支用了一笔款项。", "An amount was drawn."),
    ),
    Change.REPAID: (
        Text(
            "归还本金 {amount} 元，可用额度恢复至 {left} 元。",
            "{amount} yuan of principal came back; {left} yuan can be drawn.",
        ),
        Text("归还了一笔本金。", "Principal was repaid."),
    ),
    Change.RAISED: (
        Text("额度由 {before} 元提高至 {limit} 元。", "The limit was raised from {before} to {limit} yuan."),
        Text("额度已提高。", "The limit was raised."),
    ),
    Change.LOWERED: (
        Text("额度由 {before} 元下调至 {limit} 元。", "The limit was lowered from {before} to {limit} yuan."),
        Text("额度已下调。", "The limit was lowered."),
    ),
    Change.SUSPENDED: (
        Text("额度已暂停使用。", "The line was suspended."),
        Text("额度已暂停使用。", "The line was suspended."),
    ),
    Change.RESTORED: (
        Text("额度已恢复使用，额度 {limit} 元。", "The line can be used again; its limit is {limit} yuan."),
        Text("额度已恢复使用。", "The line can be used again."),
    ),
    Change.CLOSED: (
        Text(
            "额度已关闭，未还本金 {drawn} 元仍需归还。",
            "The line was closed; {drawn} yuan of principal are still owed.",
        ),
        Text("额度已关闭。", "The line was closed."),
    ),
}


def of_status(status: Status) -> Text:
    """Name a status."""
    return _STATUS[status]


def of_change(change: Change, told: Told | None) -> Text:
    """Say what happened; without amounts if they were removed."""
    full, bare = _SENTENCES[change]
    if told is None or (change is Change.CLOSED and told.after.drawn_fen == 0):
        return bare
    after = told.after
    amounts = {
        "limit": yuan(after.limit_fen),
        "before": yuan(told.before.limit_fen if told.before else 0),
        "amount": yuan(told.amount_fen or 0),
        "left": yuan(after.available_fen),
        "drawn": yuan(after.drawn_fen),
    }
    return Text(full.zh.format(**amounts), full.en.format(**amounts))


def yuan(fen: int) -> str:
    """Write an amount of at least zero in yuan, exactly, with thousands apart."""
    return f"{fen // 100:,}.{fen % 100:02d}"
