"""Everything `engine` raises: one short tree. The docstring is the message, the particulars ride as attributes."""

from __future__ import annotations

from difflib import get_close_matches
from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
    from collections.abc import Iterable


class Finding(msgspec.Struct, frozen=True, order=True):
    """One thing wrong with a policy folder: where it stands, what it is and what to do about it."""

    file: str
    line: int  #: counted from 1
    path: str  #: e.g. ``rules[3].when``
    message: str
    remedy: str = ""

    def __str__(self) -> str:
        place = f"{self.file}:{self.line}: {self.path}: " if self.path else f"{self.file}:{self.line}: "
        return place + self.message + (f" ({self.remedy})" if self.remedy else "")


class Problem(msgspec.Struct, frozen=True):
    """One thing wrong with the facts of an application."""

    path: str  #: e.g. ``facts.loans[2].balance``
    value: str  #: the offending value as text, cut to a sane length
    message: str
    remedy: str = ""

    def __str__(self) -> str:
        return f"{self.path}: {self.message}" + (f" ({self.remedy})" if self.remedy else "")


def meant(word: str, known: Iterable[str], otherwise: str) -> str:
    """The remedy for an unknown word: the known one nearest to it, or what to do `otherwise`."""
    close = get_close_matches(word, known)
    return f"did you mean `{close[0]}`?" if close else otherwise


class EngineError(Exception):
    """something is wrong in the engine"""


class PolicyError(EngineError):
    """policies cannot be used as they are"""

    def __init__(self, findings: Iterable[Finding]) -> None:
        self.findings = tuple(sorted(set(findings)))
        super().__init__("\n".join(map(str, self.findings)))


class FactsError(EngineError):
    """facts do not fit the vocabulary"""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(map(str, self.problems)))


class UnknownPolicy(EngineError):
    """there is no policy of that name"""

    def __init__(self, name: str, known: Iterable[str]) -> None:
        self.name = name
        self.known = tuple(known)
        super().__init__(f"unknown policy `{name}` (known: {', '.join(self.known)})")


class ExecutorFault(EngineError):
    """the rule network did not behave; the decision falls back to the reference evaluator"""
