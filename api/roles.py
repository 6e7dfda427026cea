"""Who may do what: one small table, and everything that does not stand in it is denied."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

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
    REPLAY = "replay"  #: decide again what was decided
    ROTATE_OWN_KEY = "rotate-own-key"
    READ_KEYS = "read-keys"  #: which API keys there are; never a secret
    REVOKE_KEY = "revoke-key"
    READ_METRICS = "read-metrics"


_EVERYONE = frozenset({Permission.READ_POLICIES, Permission.READ_HEAD, Permission.ROTATE_OWN_KEY})
_READERS = _EVERYONE | {Permission.READ_ALL, Permission.READ_LOG, Permission.REPLAY}
_SUBJECTS = {Permission.READ_SUBJECT, Permission.HOLD_SUBJECT, Permission.ERASE_SUBJECT}
_KEYS = {Permission.READ_KEYS, Permission.REVOKE_KEY}

ALLOWED: Mapping[Role, frozenset[Permission]] = {
    Role.INTEGRATOR: _EVERYONE | {Permission.DECIDE, Permission.PREVIEW, Permission.READ_OWN},
    Role.CHANNEL: _EVERYONE,
    Role.REVIEWER: _READERS | {Permission.PREVIEW},
    Role.SUPERVISOR: _READERS | {Permission.PREVIEW, Permission.EXPORT},
    Role.COMPLIANCE: _READERS | _SUBJECTS | {Permission.EXPORT, Permission.EXPORT_PERSONAL},
    Role.AUTHOR: _EVERYONE | {Permission.PREVIEW},
    Role.APPROVER: _EVERYONE | {Permission.PREVIEW},
    Role.ADMIN: _READERS | _KEYS | {Permission.RELOAD, Permission.EXPORT, Permission.READ_METRICS},
}


class Principal(msgspec.Struct, frozen=True):
    """Who is asking: a key and what its role allows."""

    key_id: str
    role: Role

    @property
    def actor(self) -> str:
        """How entries of the log name this caller."""
        return f"key:{self.key_id}"

    def may(self, permission: Permission) -> bool:
        """Whether the role's row in the table holds `permission`."""
        return permission in ALLOWED.get(self.role, frozenset())


def holders(permission: Permission) -> tuple[Role, ...]:
    """Name the roles that have `permission`, for the remedy of a refusal."""
    return tuple(role for role in Role if permission in ALLOWED.get(role, frozenset()))
