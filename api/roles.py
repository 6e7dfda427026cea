"""Who may do what: one small table, and everything that does not stand in it is denied."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Literal

import msgspec


class Role(StrEnum):
    """What the holder of a key is to this service."""

    INTEGRATOR = "integrator"  #: the system that asks for decisions
    CHANNEL = "channel"  #: speaks for applicants: files appeals, answers what is asked of them, fetches their letters
    REVIEWER = "reviewer"
    SUPERVISOR = "supervisor"
    COMPLIANCE = "compliance"
    AUTHOR = "author"  #: writes policies
    APPROVER = "approver"  #: approves policies
    ADMIN = "admin"


class Permission(StrEnum):
    """One thing a request may need to be allowed."""

    DECIDE = "decide"
    PREVIEW = "preview"  #: a dry run: an answer without a record
    REPAY = "repay"  #: report what came back on a line one opened
    READ_OWN = "read-own"  #: decisions made with one's own key
    READ_ALL = "read-all"
    READ_POLICIES = "read-policies"
    RELOAD = "reload-policies"  #: put what stands in the policy folder in force
    READ_HEAD = "read-head"  #: the signed head of the log
    READ_LOG = "read-log"  #: any entry of the log
    READ_SUBJECT = "read-subject"  #: all there is about a person, for an access request
    HOLD_SUBJECT = "hold-subject"  #: forbid a person's erasure, or let go
    ERASE_SUBJECT = "erase-subject"
    EXPORT = "export"  #: decisions as a file
    EXPORT_PERSONAL = "export-personal"  #: with what lies sealed beside them
    CONSOLE = "console"  #: the pages for people
    REPLAY = "replay"  #: decide again what was decided
    PRE_CHECK = "pre-check"  #: an estimate for somebody who has not applied
    SUBSCRIBE = "subscribe"  #: be told of what happens to one's own decisions
    ROTATE_OWN_KEY = "rotate-own-key"
    READ_KEYS = "read-keys"  #: which API keys there are; never a secret
    REVOKE_KEY = "revoke-key"
    READ_USERS = "read-users"  #: who signs in to the console
    MANAGE_USERS = "manage-users"  #: make, change and disable them; another one confirms
    READ_METRICS = "read-metrics"
    REFUSE_AUTOMATION = "refuse-automation"  #: record for somebody that a person shall decide, or take it back
    READ_LETTERS = "read-letters"  #: the letters of any applicant
    ISSUE_NOTICE = "issue-notice"  #: record that a notice was issued
    APPEAL = "appeal"  #: appeal against one's own decisions, and answer, attach and withdraw in their cases
    SPEAK_FOR_ALL = "speak-for-all"  #: the same about decisions of any key, for the applicant who is named
    RAISE_MATTERS = "raise-matters"  #: record complaints, disputes, access requests, counter-offers; see one's own
    ANSWER_MATTERS = "answer-matters"  #: see all of them, and answer
    READ_CASES = "read-cases"
    WORK_CASES = "work-cases"  #: claim, ask, note, recommend, approve, conclude
    READ_STATISTICS = "read-statistics"
    COMPARE_PEOPLE = "compare-people"  #: statistics by who decided
    SUPERVISE_CASES = "supervise-cases"  #: put deadlines off, take what is escalated, end others' leases


_EVERYONE = frozenset({Permission.READ_POLICIES, Permission.READ_HEAD, Permission.ROTATE_OWN_KEY})
_READERS = _EVERYONE | {Permission.CONSOLE, Permission.READ_ALL, Permission.READ_LOG, Permission.REPLAY}
_READERS |= {Permission.READ_STATISTICS}
_SUBJECTS = {Permission.READ_SUBJECT, Permission.HOLD_SUBJECT, Permission.ERASE_SUBJECT}
_CASES = {Permission.READ_CASES, Permission.WORK_CASES}
_MATTERS = {Permission.RAISE_MATTERS, Permission.ANSWER_MATTERS}
_LETTERS = {Permission.READ_LETTERS, Permission.ISSUE_NOTICE}
_KEYS = {Permission.READ_KEYS, Permission.REVOKE_KEY, Permission.READ_USERS, Permission.MANAGE_USERS}

ALLOWED: Mapping[Role, frozenset[Permission]] = {
    Role.INTEGRATOR: _EVERYONE
    | {Permission.DECIDE, Permission.REPAY, Permission.PREVIEW, Permission.READ_OWN}
    | {Permission.SUBSCRIBE, Permission.APPEAL, Permission.PRE_CHECK}
    | {Permission.REFUSE_AUTOMATION, Permission.ISSUE_NOTICE, Permission.RAISE_MATTERS},
    Role.CHANNEL: _EVERYONE
    | _LETTERS
    | {Permission.RAISE_MATTERS}
    | {Permission.APPEAL, Permission.SPEAK_FOR_ALL, Permission.PRE_CHECK, Permission.REFUSE_AUTOMATION},
    Role.REVIEWER: _READERS | _CASES | _LETTERS | _MATTERS | {Permission.PREVIEW},
    Role.SUPERVISOR: _READERS
    | _CASES
    | _LETTERS
    | _MATTERS
    | {Permission.SUPERVISE_CASES, Permission.COMPARE_PEOPLE, Permission.PREVIEW, Permission.EXPORT},
    Role.COMPLIANCE: _READERS
    | _SUBJECTS
    | _LETTERS
    | _MATTERS
    | {Permission.REFUSE_AUTOMATION, Permission.READ_CASES, Permission.COMPARE_PEOPLE}
    | {Permission.EXPORT, Permission.EXPORT_PERSONAL},
    Role.AUTHOR: _EVERYONE | {Permission.CONSOLE, Permission.PREVIEW, Permission.READ_STATISTICS},
    Role.APPROVER: _EVERYONE | {Permission.CONSOLE, Permission.PREVIEW, Permission.READ_STATISTICS},
    Role.ADMIN: _READERS | _KEYS | {Permission.RELOAD, Permission.EXPORT, Permission.READ_METRICS},
}


#: What a key may still do that is narrowed to policies: all of it names a policy, or reaches what is the key's own.
WITHIN_POLICIES = (
    _EVERYONE
    | {Permission.DECIDE, Permission.PREVIEW, Permission.PRE_CHECK, Permission.READ_OWN}
    | {Permission.REPAY, Permission.SUBSCRIBE, Permission.APPEAL, Permission.ISSUE_NOTICE}
)


class Scope(msgspec.Struct, frozen=True):
    """What a key is narrowed to inside its role's row; None narrows nothing."""

    permissions: frozenset[Permission] | None = None
    policies: frozenset[str] | None = None


UNNARROWED = Scope()


class Principal(msgspec.Struct, frozen=True):
    """Who is asking: a key, a user of the console or the holder of a token, and what role and scope allow."""

    key_id: str  #: of an API key or a user; of a token's holder the keyed hash of issuer and subject
    role: Role
    kind: Literal["key", "user"] = "key"
    scope: Scope = UNNARROWED
    superseded: bool = False  #: the secret was exchanged for a new one and works for a while still

    @property
    def actor(self) -> str:
        """How entries of the log name this caller."""
        return f"{self.kind}:{self.key_id}"

    def may(self, permission: Permission) -> bool:
        """Whether the role's row in the table holds `permission`, and the key was not narrowed to less."""
        within = self.scope.permissions
        return permission in ALLOWED.get(self.role, frozenset()) and (within is None or permission in within)

    def may_use(self, policy: str) -> bool:
        """Whether the key was not narrowed to other policies."""
        return self.scope.policies is None or policy in self.scope.policies


def holders(permission: Permission) -> tuple[Role, ...]:
    """Name the roles that have `permission`, for the remedy of a refusal."""
    return tuple(role for role in Role if permission in ALLOWED.get(role, frozenset()))
