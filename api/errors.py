"""Everything `api` itself refuses: one short tree. What each becomes over HTTP stands in `problems`."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec
from msgspec import UNSET, UnsetType


class Mistake(msgspec.Struct, frozen=True):
    """One thing wrong with what was sent: where, what, and what to do about it."""

    path: str  #: e.g. ``facts.loans[2].balance``, ``Idempotency-Key``; empty when it is the whole
    message: str
    remedy: str = ""
    code: str | UnsetType = UNSET  #: where a program should tell one refusal from another

    def __str__(self) -> str:
        place = f"{self.path}: " if self.path else ""
        return place + self.message + (f" ({self.remedy})" if self.remedy else "")


class ApiError(Exception):
    """the request cannot be served"""

    def __init__(self, detail: str = "", mistakes: Iterable[Mistake] = ()) -> None:
        self.mistakes = tuple(mistakes)
        self.detail = detail or "\n".join(map(str, self.mistakes)) or str(self.__doc__)
        super().__init__(self.detail)


class MalformedJson(ApiError):
    """the text is not JSON that can be taken"""


class InvalidBody(ApiError):
    """the body is JSON, but not what this request asks for"""


class InvalidParameter(ApiError):
    """a header, path or query parameter cannot be taken"""


class UnsupportedMedia(ApiError):
    """the body has to be JSON"""


class TooLarge(ApiError):
    """the body is larger than this service takes"""


class Unauthenticated(ApiError):
    """the request carries no key that is known here"""


class Forbidden(ApiError):
    """the key's role does not allow this"""


class NotFound(ApiError):
    """there is no such thing, or it is not yours to see"""


class TooMany(ApiError):
    """more was asked than is allowed at a time"""

    def __init__(self, mistake: Mistake, retry_after_seconds: int) -> None:
        self.headers = {"Retry-After": str(retry_after_seconds)}
        super().__init__(mistakes=[mistake])


class Throttled(TooMany):
    """too many credentials were refused"""


class RateLimited(TooMany):
    """too many requests"""


class IssuerSilent(ApiError):
    """the keys of the token's issuer cannot be fetched"""


class TracingRefused(ApiError):
    """traces cannot be sent as asked"""


class SettingsRefused(ApiError):
    """the settings contradict each other"""


class TooManySubscriptions(ApiError):
    """there are as many subscriptions as one caller may have"""


class PreconditionMissing(ApiError):
    """the request does not say which version it is about"""


class Stale(ApiError):
    """it has changed since it was read"""


class KeyReused(ApiError):
    """the Idempotency-Key was used before with another body"""


class ReadModelsStale(ApiError):
    """the tables to search by are of another version: stop the service and run `grounds audit rebuild`"""


class LogDiffers(ApiError):
    """the tables to search by do not say what the log says: `grounds audit verify` names where"""


class ExtraMissing(ApiError):
    """this needs a library that is not installed"""


class Occupied(ApiError):
    """another process has this log open: stop it first"""


class TrialFailed(ApiError):
    """policies could not be tried to the end, so they are not loaded"""


class PdfUnavailable(ExtraMissing):
    """letters cannot be made as PDF here"""


class NotAcceptable(ApiError):
    """it cannot be given in a form that is asked for"""
