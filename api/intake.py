"""Request bodies as this service takes them: JSON, strictly read, then held against the handler's struct."""

from __future__ import annotations

import re
from typing import Any

import msgspec
from litestar import Request
from litestar.exceptions.http_exceptions import RequestEntityTooLarge

from api import strictjson
from api.errors import InvalidBody, InvalidParameter, Mistake, TooLarge, UnsupportedMedia

_AT = re.compile(r"(?P<message>.*?)(?: - at `(?P<path>\$.*)`)?\Z", re.DOTALL)
_JSON_TYPES = re.compile(r"application/(?:[\w.+-]+\+)?json\Z")
#: Where people write freely; see FreeText.
_TEXTS = ("text", "statement", "grounds", "answer.zh", "answer.en", "question.zh", "question.en")
_REMEDIES = {
    "as_of": "write an instant with its offset, e.g. 2026-11-22T00:00:00Z",
    "subject": "your own reference: 1 to 200 characters, no control characters",
    **dict.fromkeys(_TEXTS, "something that can be read, without control characters other than tabs and line breaks"),
    "facts": 'an object of facts by name, e.g. {"credit_score": 700}; GET /facts lists them',
}


class StrictRequest(Request[Any, Any, Any]):
    """A request whose JSON body is read strictly; Litestar hands its result to the handler as `data`."""

    async def body(self) -> bytes:
        """Give the body's bytes; raise TooLarge beyond the limit, before they are all read."""
        try:
            return await super().body()
        except RequestEntityTooLarge:
            limit = self.route_handler.resolve_request_max_body_size()
            raise TooLarge(
                mistakes=[Mistake("", f"more than {limit} bytes", "send one application per request")]
            ) from None

    async def json(self) -> Any:
        """Give the body as the struct the handler asks for; raise MalformedJson, InvalidBody or UnsupportedMedia."""
        coding = self.headers.get("content-encoding", "identity").lower()
        if coding != "identity":
            remedy = "send the body as it is"
            raise UnsupportedMedia(mistakes=[Mistake("Content-Encoding", f"`{coding[:80]}` is not taken", remedy)])
        kind = self.content_type[0].lower()
        if kind and not _JSON_TYPES.match(kind):
            remedy = "send `Content-Type: application/json`"
            raise UnsupportedMedia(mistakes=[Mistake("Content-Type", f"`{kind[:80]}` is not taken", remedy)])
        state = self.app.state
        value = strictjson.decode(await self.body(), depth=state.json_depth)
        field = self.route_handler.parsed_data_field
        return value if field is None else convert(value, field.annotation)


async def one_key(request: Request[Any, Any, Any]) -> None:
    """Raise InvalidParameter on a request under two idempotency keys: it would be remembered by one, and which?"""
    if sum(name == b"idempotency-key" for name, _ in request.scope["headers"]) > 1:
        remedy = "send one key for each application"
        raise InvalidParameter(mistakes=[Mistake("Idempotency-Key", "the header is there twice", remedy)])


def convert(value: object, wanted: type) -> Any:
    """Turn decoded JSON into a struct; raise InvalidBody naming path and remedy."""
    try:
        return msgspec.convert(value, wanted, strict=True)
    except msgspec.ValidationError as error:
        raise InvalidBody(mistakes=[_mistake(str(error), wanted)]) from None


def _mistake(text: str, wanted: type) -> Mistake:
    found = _AT.match(text)
    assert found is not None  # the pattern matches every text
    path = (found["path"] or "").removeprefix("$").removeprefix(".")
    message = found["message"][:1].lower() + found["message"][1:]
    known = ", ".join(field.name for field in msgspec.structs.fields(wanted))
    return Mistake(path, message, _REMEDIES.get(path, f"the members are: {known}"))
