"""The log: its signed head, its entries, and for each the bytes and the receipt a browser or a stranger checks."""

from __future__ import annotations

from base64 import b64encode
from typing import Any

import msgspec
from litestar import Request, Response, get
from litestar.di import NamedDependency
from litestar.params import FromPath

from api import watching
from api.auth import needs
from api.console.names import NAMED
from api.console.rendering import page
from api.errors import Mistake, NotFound
from api.pages import Paging
from api.roles import Permission
from api.routes.decisions import visible
from api.routes.filters import pages
from api.search import WhereEntry
from api.service import Service
from audit import AuditError

Asked = Request[Any, Any, Any]
ROWS = 50
CHECKPOINTS = 6


class Proof(msgspec.Struct, frozen=True):
    """All that is needed to check an entry: its bytes (base64), its receipt and the log's key."""

    entry: str
    receipt: str
    vkey: str


@get("/log", guards=[needs(Permission.READ_LOG)], sync_to_thread=True)
def log(request: Asked, service: NamedDependency[Service]) -> Response[str]:
    """Show the signed head, the witnesses, and the newest entries; `kind` and `cursor` narrow and turn."""
    asked = {name: str(value) for name, value in request.query_params.items() if value}
    where = WhereEntry(kind=asked.get("kind"))
    with service.log.engine.connect() as connection:
        found = pages(service, connection).entries(where, Paging(ROWS, asked.get("cursor")))
    head = service.log.checkpoint()
    values = {
        "head": head,
        "vkey": str(service.log.vkey),
        "found": found,
        "kind": where.kind,
        "kinds": NAMED["entry"],
        "checks": service.checks(),
        "checkpoints": service.log.checkpoints(CHECKPOINTS),
        "witnesses": watching.seen(service.settings),
    }
    return page(request, "log.html", values)


@get("/log/entries/{index:int}", guards=[needs(Permission.READ_LOG)], sync_to_thread=True)
def entry(request: Asked, index: FromPath[int], service: NamedDependency[Service]) -> Response[str]:
    """Show an entry as it was hashed, with its proof checked in the page."""
    text = _entry(service, index)
    pretty = msgspec.json.format(text, indent=2).decode()
    values = {"index": index, "fields": msgspec.json.decode(text), "pretty": pretty}
    return page(request, "entry.html", values)


@get("/log/proofs/{index:int}", guards=[needs(Permission.READ_LOG)], sync_to_thread=True)
def proof(index: FromPath[int], service: NamedDependency[Service]) -> Proof:
    """Give what a browser checks an entry with."""
    text = _entry(service, index)
    return Proof(b64encode(text).decode(), service.log.receipt(index), str(service.log.vkey))


@get("/decisions/{decision_id:str}/receipt", guards=[needs(Permission.READ_ALL)], sync_to_thread=True)
def receipt(request: Asked, decision_id: FromPath[str], service: NamedDependency[Service]) -> Response[str]:
    """Give the receipt of a decision as a file."""
    found = visible(request.user, decision_id, service)
    return Response(service.log.receipt(found.index), media_type="text/plain; charset=utf-8")


def _entry(service: Service, index: int) -> bytes:
    try:
        return service.log.entry(index)
    except AuditError:
        message = f"the log has no entry `{index}`"
        raise NotFound(mistakes=[Mistake("index", message, f"it holds {service.log.size()} entries")]) from None


handlers = [log, entry, proof, receipt]
