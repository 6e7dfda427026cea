"""Documents for a case: of the types and the size that are allowed, recognised by their first bytes, and sealed.

Nothing here reads more of a file than its beginning, and nothing is ever shown in a page: it is downloaded as it came.
"""

from __future__ import annotations

from collections.abc import Mapping

import msgspec
from msgspec.structs import replace

from api.casework import queries, texts
from api.casework.desk import Desk, Done, Order
from api.casework.errors import AttachmentRefused
from api.casework.events import KIND
from api.casework.schemas import File
from api.casework.states import Action
from api.errors import Mistake, NotFound
from api.ledger import Ledger
from api.reads import Reading, Reads
from api.roles import Principal

#: How files of a type begin; a type that is not here cannot be told, and is not taken.
BEGINS: Mapping[str, tuple[bytes, ...]] = {
    "application/pdf": (b"%PDF-",),
    "image/png": (b"\x89PNG\r\n\x1a\n",),
    "image/jpeg": (b"\xff\xd8\xff",),
    "image/tiff": (b"II*\x00", b"MM\x00*"),
}


class Limits(msgspec.Struct, frozen=True):
    """What is taken."""

    bytes_each: int
    a_case: int
    types: tuple[str, ...]


class Attachments:
    """Takes documents, and gives them back."""

    def __init__(self, ledger: Ledger, limits: Limits) -> None:
        self._ledger, self._limits = ledger, limits
        self._desk = Desk(ledger)

    def attach(self, order: Order, body: File, principal: Principal) -> Done:
        """Seal a document into the file; raise AttachmentRefused, or what `Desk.carry_out` raises."""
        checked(body, self._limits)
        facts = {"attachments_limit": self._limits.a_case}
        order = replace(order, body=texts.body_bytes(body), facts=facts)
        if (done := self._desk.done(order, principal)) is not None:
            return done
        self._desk.check(order, principal)
        particulars = {"media_type": body.media_type, "size": len(body.content)}
        return self._desk.carry_out(replace(order, particulars=particulars), principal)

    def fetch(self, case_id: str, index: int, principal: Principal, reading: Reading) -> File:
        """Give a document of a case; that it was read is an entry. Raise NotFound or Erased."""
        with self._ledger.log.engine.connect() as connection:
            self._desk.load(connection, case_id, principal)
            steps = queries.steps(connection, case_id)
        if not any(step.index == index and step.kind == KIND[Action.ATTACH] for step in steps):
            remedy = "GET /cases/{id} lists the documents of a case"
            raise NotFound(mistakes=[Mistake("index", f"`{index}` is no document of this case", remedy)])
        text = Reads(self._ledger).open(index, reading)
        return msgspec.json.decode(texts.read(text).body, type=File)


def checked(file: File, limits: Limits) -> None:
    """Raise AttachmentRefused with all that is wrong with a file."""
    mistakes = []
    if len(file.content) > limits.bytes_each:
        message = f"{len(file.content)} bytes, and {limits.bytes_each} are taken"
        mistakes.append(Mistake("content", message, "send a smaller file"))
    taken = f"taken are: {', '.join(limits.types)}"
    if file.media_type not in limits.types:
        mistakes.append(Mistake("media_type", f"`{file.media_type[:80]}` is not taken", taken))
    elif not file.content.startswith(BEGINS[file.media_type]):
        message = f"the content does not begin as `{file.media_type}` does"
        mistakes.append(Mistake("content", message, "send the file as it is, with its own type"))
    if mistakes:
        raise AttachmentRefused(mistakes=mistakes)
