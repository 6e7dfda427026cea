"""Trust policies: which witnesses there are and how many must agree, C2SP tlog-policy (https://c2sp.org/tlog-policy).

witness w1 witness.example/w1+8cd66cf3+BA... https://witness.example/w1
witness w2 other.example/w+11223344+BA...
group two-of-us all w1 w2
quorum two-of-us
"""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from typing import NamedTuple

from audit.cosignature import CosignerKey
from audit.errors import NoteInvalid

NONE = "none"


class Member(NamedTuple):
    """A witness as a policy names it."""

    key: CosignerKey
    url: str | None  #: its submission prefix, for whom it is to be asked


class Group(NamedTuple):
    """Witnesses and groups of which `least` must agree."""

    least: int
    members: tuple[str, ...]


class TrustPolicy(NamedTuple):
    """The witnesses by their names within the policy, and the rule for their cosignatures."""

    witnesses: Mapping[str, Member]
    groups: Mapping[str, Group]
    quorum: str

    @classmethod
    def parse(cls, text: str) -> TrustPolicy:
        """Read a policy file; `log` lines are allowed and ignored. Raises NoteInvalid with the line it cannot use."""
        witnesses: dict[str, Member] = {}
        groups: dict[str, Group] = {}
        quorums: list[str] = []
        for number, line in enumerate(text.split("\n"), start=1):
            try:
                _read(line.split(), witnesses, groups, quorums)
            except (NoteInvalid, ValueError) as error:
                raise NoteInvalid(f"line {number} of the trust policy: {error}") from None
        if len(quorums) != 1:
            raise NoteInvalid(f"a trust policy has one quorum line, this one has {len(quorums)}; write `quorum none`")
        return cls(witnesses, groups, quorums[0])

    def satisfied(self, cosigned: AbstractSet[str]) -> bool:
        """Tell whether the witnesses with these names within the policy are enough."""
        return self.quorum == NONE or self._counts(self.quorum, cosigned)

    def _counts(self, name: str, cosigned: AbstractSet[str]) -> bool:
        if (group := self.groups.get(name)) is None:
            return name in cosigned
        return sum(self._counts(member, cosigned) for member in group.members) >= group.least


def _read(words: list[str], witnesses: dict[str, Member], groups: dict[str, Group], quorums: list[str]) -> None:
    match words:
        case [] | ["log", _] | ["log", _, _]:
            return
        case [first, *_] if first.startswith("#"):
            return
        case ["witness", name, vkey, *url] if len(url) <= 1:
            member = Member(CosignerKey.parse(vkey), url[0] if url else None)
            if any(each.key.public == member.key.public for each in witnesses.values()):
                raise NoteInvalid(f"the key of `{name}` is there already")
            witnesses[_new(name, witnesses, groups)] = member
        case ["group", name, least, *members] if members:
            for member_name in members:
                _defined(member_name, witnesses, groups)
            groups[_new(name, witnesses, groups)] = Group(_least(least, members), tuple(members))
        case ["quorum", name]:
            quorums.append(name if name == NONE else _defined(name, witnesses, groups))
        case _:
            raise NoteInvalid(f"`{' '.join(words)}` is no line of a trust policy")


def _new(name: str, witnesses: Mapping[str, Member], groups: Mapping[str, Group]) -> str:
    if name == NONE or name in witnesses or name in groups:
        raise NoteInvalid(f"the name `{name}` is taken")
    return name


def _defined(name: str, witnesses: Mapping[str, Member], groups: Mapping[str, Group]) -> str:
    if name not in witnesses and name not in groups:
        raise NoteInvalid(f"`{name}` is defined on no line before")
    return name


def _least(text: str, members: list[str]) -> int:
    least = {"any": 1, "all": len(members)}.get(text) or int(text)
    if not 1 <= least <= len(members) or len(set(members)) != len(members):
        raise NoteInvalid(f"`{text}` of {len(members)} members cannot be asked for, or one stands there twice")
    return least
