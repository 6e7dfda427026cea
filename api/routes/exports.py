"""``/exports``: decisions as a file, with a manifest that proves what the file is."""

from __future__ import annotations

import tempfile
import zipfile
from collections.abc import Iterator
from typing import IO, Annotated, cast

import msgspec
from litestar import Router, post
from litestar.di import NamedDependency
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import JSONBody
from litestar.response import Stream
from msgspec import Meta

from api.auth import demand, needs
from api.errors import Mistake, NotFound
from api.exports import Export, Format, make
from api.roles import Permission
from api.routes.described import problems
from api.routes.filters import Caller, DecisionFilter
from api.schemas import Instant, Reference
from api.service import Service
from engine import Outcome

_CHUNK = 65_536  #: bytes


Code = Annotated[
    str,
    Meta(min_length=1, max_length=100, pattern=r"^[a-z][a-z0-9_:.-]*$", description="As policies and entries spell it"),
]


class ExportFilter(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the export is narrowed to, as in GET /decisions; nothing means every decision."""

    subject: Reference | None = None
    outcome: Outcome | None = None
    reason: Code | None = None
    rule: Code | None = None
    policy: Code | None = None
    version: Annotated[int, Meta(ge=1, le=1_000_000)] | None = None
    actor: Code | None = None
    since: Instant | None = None
    until: Instant | None = None

    def as_parameters(self) -> DecisionFilter:
        """Give the same filters as GET /decisions takes them."""
        given = msgspec.structs.asdict(self)
        for name in ("since", "until"):
            given[name] = given[name] and given[name].isoformat()
        return DecisionFilter(**given)


class ExportRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which decisions, in which form."""

    format: Format = "csv"
    filter: ExportFilter = ExportFilter()
    personal: bool = False  #: with references, facts and offers; compliance only, and every read of them is recorded


@post(
    "/",
    guards=[needs(Permission.EXPORT)],
    responses={
        201: ResponseSpec(
            bytes,
            generate_examples=False,
            description="A ZIP file: the rows, and manifest.json; the export is recorded in the log",
            media_type="application/zip",
        ),
        **problems(400, 401, 403, 404, 413, 415, 422, 503),
    },
    summary="Export decisions",
    sync_to_thread=True,
)
def export(request: Caller, data: JSONBody[ExportRequest], service: NamedDependency[Service]) -> Stream:
    """Carry decisions out as one file, each row with its leaf, and record who did, with which filter and how many."""
    if data.personal:
        demand(request.user, Permission.EXPORT_PERSONAL)
    chosen = data.filter.as_parameters().where(service, request.user)
    if chosen.subject == "":
        raise NotFound(mistakes=[Mistake("filter.subject", "nobody has this reference", "leave it out, or mend it")])
    return packed(
        service, Export(data.format, chosen, request.user.actor, data.personal, service.settings.export_limit)
    )


def packed(service: Service, wanted: Export) -> Stream:
    """Make an export and send it with its manifest, as one ZIP file."""
    file = cast("IO[bytes]", tempfile.TemporaryFile(dir=service.settings.data))  # noqa: SIM115  # `_chunks` closes it
    try:
        size = _pack(service, wanted, file)
    except BaseException:
        file.close()
        raise
    headers = {"Content-Length": str(size), "Content-Disposition": 'attachment; filename="decisions.zip"'}
    return Stream(_chunks(file), media_type="application/zip", headers=headers)


def _pack(service: Service, wanted: Export, file: IO[bytes]) -> int:
    name = f"decisions.{wanted.form}"
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        with archive.open(name, "w", force_zip64=True) as stream:
            manifest = make(service.ledger, wanted, stream, name)
        archive.writestr("manifest.json", manifest.encoded())
    size = file.tell()
    file.seek(0)
    return size


def _chunks(file: IO[bytes]) -> Iterator[bytes]:
    with file:
        while chunk := file.read(_CHUNK):
            yield chunk


router = Router("/exports", route_handlers=[export], tags=["decisions"])
