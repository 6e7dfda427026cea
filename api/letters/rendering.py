"""From a letter to HTML: one template, autoescaped, with its style sheet inside, nothing fetched and nothing run.

The bytes depend on the letter alone. The content policy lets in that style sheet, by its hash, and nothing else.
"""

from __future__ import annotations

import base64
import functools
import hashlib
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from api.letters.letter import Letter

_FOLDER = Path(__file__).parent / "templates"
MEDIA_TYPE = "text/html"


def html(letter: Letter) -> str:
    """Print a letter."""
    return _environment().get_template("letter.html").render(letter=letter, style=style())


@functools.cache
def style() -> str:
    """Give the style sheet, as it stands between the tags."""
    return "\n" + (_FOLDER / "letter.css").read_text(encoding="utf-8")


@functools.cache
def content_policy() -> str:
    """Give the content security policy letters are served with (CSP level 3)."""
    digest = base64.b64encode(hashlib.sha256(style().encode()).digest()).decode()
    return (
        f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )


@functools.cache
def _environment() -> Environment:
    return Environment(
        loader=FileSystemLoader(_FOLDER),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        auto_reload=False,
    )
