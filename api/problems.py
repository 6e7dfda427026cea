"""Errors as RFC 9457 problem details: one table from what was raised to what the caller sees, and nothing beside it."""

from __future__ import annotations

from collections.abc import Iterable
from http import HTTPStatus
from itertools import islice
from typing import Any

import msgspec
from litestar import Request, Response
from litestar.exceptions import HTTPException

from api import errors
from api.accounts import errors as lines
from api.casework import errors as casework
from api.errors import Mistake
from api.logs import log_fault, request_id
from api.matters.matter import MatterRefused
from audit import AuditError, CheckpointMissing, CommitUnknown, Erased, QueueFull, WriterClosed
from audit.errors import KeyLost, RemovalForbidden
from engine import FactsError, PolicyError, UnknownPolicy

MEDIA_TYPE = "application/problem+json"
MISTAKES_SHOWN = 50


class Problem(msgspec.Struct, frozen=True, omit_defaults=True):
    """RFC 9457 section 3, with `errors` (every mistake: path, message, remedy) and the request's id as extensions."""

    type: str
    title: str
    status: int
    detail: str = ""
    errors: tuple[Mistake, ...] = ()
    request_id: str = ""


class _Row(msgspec.Struct, frozen=True):
    slug: str
    status: int


#: What is raised -> how it is presented; the first class in an error's ancestry that stands here counts.
TABLE: dict[type[Exception], _Row] = {
    errors.MalformedJson: _Row("malformed-json", 400),
    errors.InvalidParameter: _Row("invalid-parameter", 400),
    errors.InvalidBody: _Row("invalid-body", 422),
    errors.UnsupportedMedia: _Row("unsupported-media", 415),
    errors.TooLarge: _Row("too-large", 413),
    errors.Unauthenticated: _Row("unauthenticated", 401),
    errors.Forbidden: _Row("forbidden", 403),
    errors.NotFound: _Row("not-found", 404),
    errors.Throttled: _Row("too-many-failures", 429),
    errors.RateLimited: _Row("rate-limited", 429),
    errors.IssuerSilent: _Row("issuer-silent", 503),
    lines.LineBusy: _Row("line-busy", 409),
    lines.LineContradicted: _Row("line-contradicted", 409),
    lines.NotAvailable: _Row("exceeds-available", 409),
    lines.NotOwed: _Row("exceeds-owed", 409),
    lines.LineRefuses: _Row("line-refuses", 409),
    errors.PreconditionMissing: _Row("precondition-required", 428),
    errors.Stale: _Row("stale", 412),
    casework.ActionRefused: _Row("action-refused", 409),
    casework.AppealOpen: _Row("appeal-open", 409),
    casework.Replaced: _Row("decision-replaced", 409),
    casework.AttachmentRefused: _Row("attachment-refused", 422),
    MatterRefused: _Row("matter-refused", 409),
    errors.KeyReused: _Row("idempotency-key-reused", 422),
    errors.TooManySubscriptions: _Row("too-many-subscriptions", 409),
    errors.ExtraMissing: _Row("not-available", 422),
    errors.PdfUnavailable: _Row("pdf-not-available", 501),
    errors.NotAcceptable: _Row("not-acceptable", 406),
    errors.LogDiffers: _Row("tables-differ", 500),
    errors.TrialFailed: _Row("policies-not-loaded", 422),
    PolicyError: _Row("policies-not-loaded", 422),
    FactsError: _Row("invalid-facts", 422),
    UnknownPolicy: _Row("unknown-policy", 422),
    Erased: _Row("erased", 410),
    RemovalForbidden: _Row("removal-forbidden", 403),
    KeyLost: _Row("key-lost", 410),
    QueueFull: _Row("busy", 503),
    WriterClosed: _Row("stopping", 503),
    CommitUnknown: _Row("not-recorded", 503),
    CheckpointMissing: _Row("not-signed", 503),
    AuditError: _Row("log-failed", 500),
}


def present(request: Request[Any, Any, Any], error: Exception) -> Response[Problem]:
    """Turn whatever a handler raised into a problem response; what nobody foresaw becomes a 500 without particulars."""
    problem = describe(error)
    if problem.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        log_fault(error)
    return Response(
        msgspec.structs.replace(problem, request_id=request_id()),
        status_code=problem.status,
        media_type=MEDIA_TYPE,
        headers=_headers(problem.status, error, request.app.state.get("retry_after_seconds", 1)),
    )


def describe(error: Exception) -> Problem:
    """Find the error's row and spell out every mistake it carries."""
    row = next((TABLE[ancestor] for ancestor in type(error).__mro__ if ancestor in TABLE), None)
    if row is None:
        return _unforeseen(error)
    mistakes = _mistakes(error)
    title = _title(error, row)
    detail = "" if mistakes else str(error)
    if row.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        detail = _UNAVAILABLE if row.status == HTTPStatus.SERVICE_UNAVAILABLE else _OUR_FAULT
    return Problem(f"urn:problem-type:grounds:{row.slug}", title, row.status, detail, mistakes)


def _title(error: Exception, row: _Row) -> str:
    return (type(error).__doc__ or row.slug).splitlines()[0].rstrip(".")


def _mistakes(error: Exception) -> tuple[Mistake, ...]:
    match error:
        case errors.ApiError():
            found: Iterable[Mistake] = error.mistakes
        case FactsError():
            found = (Mistake(each.path, each.message, each.remedy or _SEE_FACTS) for each in error.problems)
        case PolicyError():
            found = (Mistake(f"{each.file}:{each.line}", each.message, each.remedy) for each in error.findings)
        case UnknownPolicy():
            found = [Mistake("policy", f"unknown policy `{error.name}`", f"known: {', '.join(error.known)}")]
        case _:
            found = ()
    return tuple(islice(found, MISTAKES_SHOWN))


def _unforeseen(error: Exception) -> Problem:
    """Present what the framework refused (path, method, size, parameters), or a fault of ours."""
    status = error.status_code if isinstance(error, HTTPException) else HTTPStatus.INTERNAL_SERVER_ERROR
    phrase = HTTPStatus(status).phrase.lower()
    slug = phrase.replace(" ", "-")
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return Problem(f"urn:problem-type:grounds:{slug}", phrase, status, _OUR_FAULT)
    mistakes = tuple(_parameters(error))
    return Problem(f"urn:problem-type:grounds:{slug}", phrase, status, _REMEDIES.get(status, ""), mistakes)


_SEE_FACTS = "GET /facts gives the type, unit and range of every fact"
_OUR_FAULT = "a fault on our side; the request id finds it in the logs"
_UNAVAILABLE = "try again with the same Idempotency-Key: what was recorded is answered, what was not is decided then"
_REMEDIES = {
    404: "there is nothing at this path; /schema lists what there is",
    405: "the path exists, the method does not; see the `Allow` header",
}


def _parameters(error: Exception) -> Iterable[Mistake]:
    """Translate Litestar's validation findings on path and query parameters."""
    extra = getattr(error, "extra", None)
    for finding in islice(extra or (), MISTAKES_SHOWN) if isinstance(extra, list) else ():
        yield _parameter(str(finding.get("key", "")), str(finding.get("message", "")), finding.get("source"))


def _parameter(key: str, message: str, source: object) -> Mistake:
    if key == "data":  # what Litestar calls a body that is not there
        return Mistake("", "no body was sent", "send one JSON object; /schema shows its members")
    path = key.replace("_", "-").title() if source == "header" else key
    return Mistake(path, message[:1].lower() + message[1:], "see /schema")


def _headers(status: int, error: Exception, retry_after_seconds: int) -> dict[str, str]:
    headers = dict(getattr(error, "headers", None) or {})
    if status == HTTPStatus.UNAUTHORIZED:
        headers["WWW-Authenticate"] = 'Bearer realm="grounds"'
    if status == HTTPStatus.SERVICE_UNAVAILABLE:
        headers["Retry-After"] = str(retry_after_seconds)
    return headers
