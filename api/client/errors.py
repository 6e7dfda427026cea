"""What the service refuses, as exceptions: one for each thing a caller can do about it. RFC 9457 problems inside."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec


class Mistake(msgspec.Struct, frozen=True):
    """One thing wrong with what was sent: where, what, and what to do about it."""

    path: str
    message: str
    remedy: str = ""


class Problem(msgspec.Struct, frozen=True):
    """A problem document, RFC 9457 section 3."""

    type: str
    title: str
    status: int
    detail: str = ""
    errors: tuple[Mistake, ...] = ()
    request_id: str = ""


class GroundsError(Exception):
    """something went wrong between here and the service"""


class Unreachable(GroundsError):
    """the service could not be reached, or did not answer"""


class Refused(GroundsError):
    """the service refused; `problem` says why"""

    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        told = [f"{each.path}: {each.message} ({each.remedy})" for each in problem.errors]
        super().__init__("; ".join([f"{problem.status} {problem.title}", *told, problem.detail]).rstrip("; "))

    @property
    def slug(self) -> str:
        """The last word of the problem's type, e.g. `invalid-facts`."""
        return self.problem.type.rpartition(":")[2]


class Invalid(Refused):
    """what was sent cannot be taken: mend it (400, 413, 415, 422)"""


class Unauthenticated(Refused):
    """the key is not known (401)"""


class Forbidden(Refused):
    """the key's role does not allow this (403)"""


class NotFound(Refused):
    """there is no such thing, or it is not yours (404)"""


class Conflict(Refused):
    """it stands otherwise by now (409)"""


class Gone(Refused):
    """it was erased (410)"""


class Stale(Refused):
    """it changed since it was read: read it again (412, 428)"""


class TooMany(Refused):
    """too much was asked at a time, and trying again did not help (429)"""


class Unavailable(Refused):
    """the service cannot serve now, and trying again did not help (5xx)"""


_BY_STATUS: Mapping[int, type[Refused]] = {
    400: Invalid,
    401: Unauthenticated,
    403: Forbidden,
    404: NotFound,
    409: Conflict,
    410: Gone,
    412: Stale,
    413: Invalid,
    415: Invalid,
    422: Invalid,
    428: Stale,
    429: TooMany,
}


def refused(status: int, body: bytes) -> Refused:
    """Make the exception for an answer that is no success."""
    try:
        problem = msgspec.json.decode(body, type=Problem)
    except msgspec.DecodeError:
        problem = Problem("about:blank", "no problem document came back", status)
    return _BY_STATUS.get(status, Unavailable if status >= 500 else Refused)(problem)
