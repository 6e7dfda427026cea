"""Letters over HTTP: HTML or PDF, by what the caller asks for, each with its own content policy."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from litestar import Request, Response
from litestar.openapi.spec import OpenAPIMediaType, OpenAPIResponse, OpenAPIType, Operation, Schema

from api.errors import Mistake, NotAcceptable
from api.letters import printing, rendering
from api.letters.letter import Letter


class Format(StrEnum):
    """What a letter may be asked for as."""

    HTML = "html"
    PDF = "pdf"


_TYPES = {"text/html": Format.HTML, "application/pdf": Format.PDF}


def chosen(request: Request[Any, Any, Any], asked: Format | None) -> Format:
    """Choose a format: by name, else by the Accept header (RFC 9110 section 12.5.1); raise NotAcceptable."""
    if asked is not None:
        return asked
    if "accept" not in request.headers:
        return Format.HTML
    best = request.accept.best_match([*_TYPES])
    if best is None:
        remedy = "accept text/html or application/pdf, or name one with ?format="
        raise NotAcceptable(mistakes=[Mistake("Accept", "a letter is HTML or PDF", remedy)])
    return _TYPES[best]


def served(letter: Letter, form: Format, name: str) -> Response[bytes]:
    """Serve a letter; the PDF under a file name."""
    text = rendering.html(letter)
    shared = {"Content-Language": letter.language, "Vary": "Accept"}
    if form is Format.HTML:
        headers = {**shared, "Content-Security-Policy": rendering.content_policy()}
        return Response(text.encode(), media_type=rendering.MEDIA_TYPE, headers=headers)
    headers = {**shared, "Content-Disposition": f'inline; filename="{name}.pdf"'}
    return Response(printing.pdf(text), media_type=printing.MEDIA_TYPE, headers=headers)


@dataclass
class LetterOperation(Operation):
    """A route that answers with a letter: the OpenAPI document tells both forms it may have."""

    def __post_init__(self) -> None:
        """Add the second one; the framework takes one media type for a status."""
        found = (self.responses or {}).get("200")
        if isinstance(found, OpenAPIResponse) and found.content is not None:
            content = dict(found.content)
            binary = Schema(type=OpenAPIType.STRING, content_media_type=printing.MEDIA_TYPE)
            content[printing.MEDIA_TYPE] = OpenAPIMediaType(schema=binary)
            found.content = content
