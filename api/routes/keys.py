"""``/keys``: which API keys there are, a new secret for one's own, and the end of one."""

from __future__ import annotations

import datetime as dt
from typing import Annotated

import msgspec
from litestar import Router, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody
from msgspec import Meta

from api.admission import Because, KnownKey
from api.admission.keyring import LONGEST_OVERLAP
from api.admission.known import Standing
from api.auth import needs
from api.errors import Forbidden, Mistake, NotFound
from api.roles import Permission, Principal, Role
from api.routes.described import problems
from api.routes.filters import Caller
from api.service import Service

_HOUR = 3_600


class KeyDescription(msgspec.Struct, frozen=True):
    """An API key; never a secret, nor the hash of one."""

    id: str
    role: Role
    standing: Standing
    permissions: list[str] | None  #: what it is narrowed to; null: to nothing less than its role
    policies: list[str] | None
    created_at: dt.datetime
    expires_at: dt.datetime | None
    rotated_at: dt.datetime | None
    old_secret_until: dt.datetime | None  #: until when the secret before the newest still works
    revoked_at: dt.datetime | None
    last_used_on: dt.date | None  #: the day, and not more exactly

    @classmethod
    def of(cls, known: KnownKey, now: dt.datetime, last_used_on: str | None) -> KeyDescription:
        """Describe a key as it stands at `now`."""
        old = known.secrets[1].until if len(known.secrets) > 1 else ""
        return cls(
            known.id,
            known.role,
            known.standing(now),
            _listed(known.scope.permissions),
            _listed(known.scope.policies),
            dt.datetime.fromisoformat(known.created_at),
            _moment(known.expires_at),
            _moment(known.rotated_at),
            _moment(old),
            _moment(known.revoked_at),
            dt.date.fromisoformat(last_used_on) if last_used_on else None,
        )


class KeyList(msgspec.Struct, frozen=True):
    """Every key there ever was, in the order they were made."""

    items: list[KeyDescription]


class RotationRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How long the secret that is replaced still works."""

    overlap_seconds: Annotated[
        int, Meta(ge=0, le=int(LONGEST_OVERLAP.total_seconds()), description="0 ends it at once")
    ] = 24 * _HOUR


class RotatedKey(msgspec.Struct, frozen=True):
    """A key with its new secret, which is shown this one time."""

    id: str
    key: str


class RevocationRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Why a key is ended."""

    because: Because


@get(
    "/",
    guards=[needs(Permission.READ_KEYS)],
    responses=problems(401, 403),
    summary="The API keys there are",
    sync_to_thread=True,
)
def keys(service: NamedDependency[Service]) -> KeyList:
    """List keys with what they may, how they stand and the day they were last used."""
    now, used = service.ledger.now(), service.uses.days()
    return KeyList([KeyDescription.of(known, now, used.get(known.id)) for known in service.keyring.all()])


@post(
    "/{key_id:str}/rotate",
    guards=[needs(Permission.ROTATE_OWN_KEY)],
    status_code=200,
    responses=problems(400, 401, 403, 404, 413, 415, 422, 503),
    summary="Give one's own key a new secret",
    sync_to_thread=True,
)
def rotate(
    request: Caller, key_id: FromPath[str], data: JSONBody[RotationRequest], service: NamedDependency[Service]
) -> RotatedKey:
    """Exchange the secret of the key this is asked with; the old one works for a while, but exchanges nothing more."""
    _own(request.user, key_id)
    fresh = service.keyring.rotate(key_id, request.user.actor, dt.timedelta(seconds=data.overlap_seconds))
    return RotatedKey(key_id, fresh)


@post(
    "/{key_id:str}/revoke",
    guards=[needs(Permission.REVOKE_KEY)],
    status_code=200,
    responses=problems(400, 401, 403, 404, 413, 415, 422, 503),
    summary="End an API key",
    sync_to_thread=True,
)
def revoke(
    request: Caller, key_id: FromPath[str], data: JSONBody[RevocationRequest], service: NamedDependency[Service]
) -> KeyDescription:
    """End a key for good, here at once and in other processes within seconds; again it changes nothing."""
    service.keyring.revoke(key_id, request.user.actor, data.because)
    known = service.keyring.find(key_id)
    assert known is not None  # it was just revoked, and no key is ever forgotten
    return KeyDescription.of(known, service.ledger.now(), service.uses.days().get(key_id))


def _own(principal: Principal, key_id: str) -> None:
    """Let only the holder of the newest secret pass: whoever stole an old one must not get a new one for it."""
    if principal.kind != "key" or principal.key_id != key_id:
        message = f"no key `{key_id[:80]}` that is yours to rotate"
        raise NotFound(
            mistakes=[Mistake("key_id", message, "use the key itself; the operator has `grounds key rotate`")]
        )
    if principal.superseded:
        remedy = "use the newest secret; if it was lost, the operator has `grounds key rotate`"
        raise Forbidden(mistakes=[Mistake("Authorization", "this secret was exchanged for another one", remedy)])


def _listed(within: frozenset[str] | frozenset[Permission] | None) -> list[str] | None:
    return None if within is None else sorted(map(str, within))


def _moment(text: str) -> dt.datetime | None:
    return dt.datetime.fromisoformat(text) if text else None


router = Router("/keys", route_handlers=[keys, rotate, revoke], tags=["keys"])
