"""The answer to an access request: everything about one subject, readable, in Chinese and English, with its proofs.

What the person is entitled to (PIPL article 45, GDPR article 15): what is known, what was decided by it and why, who
looked, how long it stays. Each entry comes with its receipt, so that it can be checked without us.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from typing import Any

import msgspec
import sqlalchemy as sa

from api import answers, events, personal
from api.accounts import entries, words
from api.accounts.account import Change
from api.accounts.tables import LINE, LINE_CHANGED
from api.automation import tables as automation
from api.casework import meanings as casework
from api.errors import Mistake, NotFound
from api.ledger import Ledger
from api.letters import tables as letters
from api.personal import Purpose
from api.reads import Reading, Reads
from api.retention import Schedule
from api.standing import Standing, standing
from api.tables import DECISION, OTHER
from engine.vocabulary import Fact

Document = dict[str, Any]

_TITLE = {"zh": "个人信息查阅结果：本服务所掌握的与您有关的全部记录", "en": "All that this service holds about you"}
_CHECKING = {
    "zh": "每条记录附有回执。凭回执和日志公钥 vkey，任何人都可以离线核验该记录确在日志中且未被改动，无需依赖我们。",
    "en": "Every entry comes with a receipt. With it and the log's key `vkey` anybody can check, offline and without "
    "us, that the entry stands in the log unchanged (docs/log-format.md).",
}
_REMOVED = {
    "zh": "该决策的事实与理由已删除；日志中只留下不含个人信息的条目。",
    "en": "The facts and grounds of this decision were removed; the log keeps an entry that holds nothing personal.",
}
_REMOVED_AMOUNTS = {
    "zh": "该次额度变动的金额已删除；日志中只留下不含个人信息的条目。",
    "en": "The amounts of this change were removed; the log keeps an entry that holds nothing personal.",
}
_BATCH = {
    "zh": "以下为一次读取多份记录的日志条目，其中可能包括您的记录。",
    "en": "These entries record reads of many decisions at once; yours may be among them.",
}
_MEANINGS = {
    **casework.MEANINGS,
    personal.SEALED_READ: ("有人读取了与您有关的封存内容", "somebody read what is sealed about you"),
    events.EXPORT_MADE: ("应查阅请求导出了与您有关的全部记录", "all that is held about you was given out on request"),
    personal.HOLD_PLACED: ("因法律事项暂停删除", "erasure is forbidden for a legal matter until a day"),
    personal.HOLD_RELEASED: ("暂停删除已解除", "that is over"),
    personal.ERASURE_REQUESTED: (
        "已请求删除，待保存期限届满后执行",
        "erasure is asked for and waits for a duty to end",
    ),
    personal.PARTS_REMOVED: ("保存期限届满，部分内容已删除", "parts were removed because their time is over"),
    automation.REFUSED: ("您拒绝仅以自动化方式对您作出决定", "you refused decisions made only automatically"),
    automation.ALLOWED: ("您不再拒绝自动化决定", "you took that refusal back"),
    letters.NOTICE_ISSUED: ("已向您发出决定通知", "the notice of a decision was issued to you"),
}
_NO_MEANING = ("与您有关的其他条目", "another entry that concerns you")


class Access:
    """Answers access requests."""

    def __init__(self, ledger: Ledger, schedule: Schedule, facts: Mapping[str, Fact]) -> None:
        self._ledger, self._schedule, self._facts = ledger, schedule, facts

    def document(self, reference: str, actor: str) -> Document:
        """Give everything about the subject of `reference`; that it was given is an entry. Raise NotFound."""
        log, now = self._ledger.log, self._ledger.now()
        with log.engine.connect() as connection:
            subject = log.vault.find_subject(connection, reference)
            if subject is None:
                remedy = "references are compared letter by letter; somebody who was erased is not known any more"
                raise NotFound(mistakes=[Mistake("subject", "nobody is known by this reference", remedy)])
            parts = log.vault.parts(connection, subject)
        sealed = Reads(self._ledger).open_all(parts, Reading(actor, Purpose.ACCESS), subject)
        with log.engine.connect() as connection:
            found = standing(connection, log, self._schedule, subject, now.date())
            decisions = sa.select(DECISION.c.log_index).where(DECISION.c.subject == subject)
            decided = list(connection.execute(decisions.order_by(DECISION.c.log_index)).scalars())
            others = sa.select(OTHER.c.log_index).where(OTHER.c.subject == subject, OTHER.c.kind != LINE_CHANGED)
            told = list(connection.execute(others.order_by(OTHER.c.log_index)).scalars())
            changes = connection.execute(sa.select(LINE).where(LINE.c.subject == subject).order_by(LINE.c.sequence))
            line = changes.all()
        texts = dict(zip(parts, sealed, strict=True))
        return {
            "title": _TITLE,
            "subject": reference,
            "made_at": now.astimezone(dt.UTC).isoformat(timespec="seconds"),
            "log": {"origin": log.origin, "vkey": str(log.vkey), "checking": _CHECKING},
            "retention": self._retention(found),
            "decisions": [self._decision(index, texts.pop(index, None)) for index in decided],
            "line": [self._change(row, texts.pop(row.log_index, None)) for row in line],
            "other_sealed": [self._other_sealed(index, text) for index, text in texts.items()],
            "other_entries": [self._other(index) for index in told],
            "reads_of_many": {"note": _BATCH, "entries": list(self._batches(decided))},
        }

    def _decision(self, index: int, text: bytes | None) -> Document:
        if text is None:
            return {"index": index, "removed": _REMOVED, **self._proof(index)}
        sealed = answers.read(text)
        facts = sealed.asked.facts
        return {
            "index": index,
            "facts": [self._fact(name, value) for name, value in facts.items()],
            "decision": msgspec.json.decode(sealed.answer),
            **_recommended(sealed),
            **self._proof(index),
        }

    def _fact(self, name: str, value: object) -> Document:
        fact = self._facts.get(name)
        if fact is None:  # a fact of a policy that is not in force any more
            return {"name": name, "value": value}
        return {"name": name, "label": msgspec.to_builtins(fact.label), "source": fact.source, "value": value}

    def _change(self, row: sa.Row[Any], text: bytes | None) -> Document:
        told = None if text is None else entries.read(text)
        content = {"removed": _REMOVED_AMOUNTS} if text is None else {"content": msgspec.json.decode(text)}
        meaning = msgspec.to_builtins(words.of_change(Change(row.change), told))
        return {
            "index": row.log_index,
            "change": row.change,
            "meaning": meaning,
            **content,
            **self._proof(row.log_index),
        }

    def _other_sealed(self, index: int, text: bytes) -> Document:
        return {"index": index, "content": msgspec.json.decode(text), **self._proof(index)}

    def _other(self, index: int) -> Document:
        proof = self._proof(index)
        zh, en = _MEANINGS.get(msgspec.json.decode(proof["entry"])["kind"], _NO_MEANING)
        return {"index": index, "meaning": {"zh": zh, "en": en}, **proof}

    def _batches(self, decided: list[int]) -> Iterator[Document]:
        """Give reads of many entries that named these among them, or named none but their number."""
        chosen = sa.select(OTHER.c.log_index).where(
            OTHER.c.kind == personal.SEALED_READ, OTHER.c.subject == "", OTHER.c.log_index > min(decided, default=0)
        )
        with self._ledger.log.engine.connect() as connection:
            indexes = list(connection.execute(chosen.order_by(OTHER.c.log_index)).scalars())
        for index in indexes:
            entry = self._ledger.log.entry(index)
            named = msgspec.json.decode(entry).get("entries")
            if named is None or {*named} & {*decided}:
                yield {"index": index, "entry": entry.decode()}

    def _proof(self, index: int) -> Document:
        """Give the entry as the very text that was hashed, and its receipt."""
        return {"entry": self._ledger.log.entry(index).decode(), "receipt": self._ledger.log.receipt(index)}

    def _retention(self, found: Standing) -> Document:
        classes = {each.name: each for each in self._schedule.classes}
        kept = [
            {
                "index": each.index,
                "class": each.retention,
                "title": msgspec.to_builtins(classes[each.retention].title),
                "kept_at_least_until": each.keep_until.isoformat(),
                "removed_on": each.remove_on.isoformat(),
                "source": classes[each.retention].term(found.today).source,
            }
            for each in found.kept
        ]
        return {
            "kept": kept,
            "holds": msgspec.to_builtins(found.holds),
            "erasure_waiting": msgspec.to_builtins(found.waiting),
        }


def _recommended(sealed: answers.Sealed) -> Document:
    """Give what the rules came to where a person was to decide."""
    found = bytes(sealed.recommendation)
    return {"recommendation": msgspec.json.decode(found)} if found else {}
