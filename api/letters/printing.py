"""From a letter's HTML to PDF by WeasyPrint (extra `pdf`): tagged (PDF/UA-1), fonts embedded, nothing fetched.

The same letter gives the same bytes on the same machine. A letter whose characters no font has is refused: boxes in the
place of words would be worse than no letter.
"""

from __future__ import annotations

import hashlib
import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from api.errors import Mistake, PdfUnavailable

MEDIA_TYPE = "application/pdf"
_ALONE = threading.Lock()  #: what is missing is told in WeasyPrint's log, which all its callers share


def pdf(html: str) -> bytes:
    """Print a letter's HTML; raise PdfUnavailable, with the remedy, if this machine lacks what it takes.

    An address in it, which no letter of ours has, is left out and not fetched.
    """
    try:
        from weasyprint import HTML
        from weasyprint.urls import URLFetcher
    except ImportError:
        raise _unavailable("the extra `pdf` is not installed", "pip install 'grounds[pdf]'") from None
    except OSError as error:
        remedy = "install libpango and libpangoft2 (Debian: libpango-1.0-0, libpangoft2-1.0-0)"
        raise _unavailable(f"WeasyPrint finds no Pango: {error}", remedy) from None
    identity = hashlib.sha256(html.encode()).digest()[:16]
    with _ALONE, _no_box():
        page = HTML(string=html, url_fetcher=URLFetcher(allowed_protocols=()))
        made: bytes = page.write_pdf(pdf_variant="pdf/ua-1", pdf_identifier=identity)
    return made


@contextmanager
def _no_box() -> Iterator[None]:
    """Hold the letter back if a character could not be set."""
    log, heard = logging.getLogger("weasyprint"), _Heard()
    log.addHandler(heard)
    try:
        yield
    finally:
        log.removeHandler(heard)
    if heard.missing:
        remedy = "install fonts for Chinese (Debian: fonts-noto-cjk)"
        raise _unavailable(f"no font here has {', '.join(sorted(heard.missing)[:5])}", remedy)


class _Heard(logging.Handler):
    """Collects the characters that no font has."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.missing: set[str] = set()

    def emit(self, record: logging.LogRecord) -> None:
        """Take note of one message."""
        if str(record.msg).startswith(".notdef") and isinstance(record.args, tuple) and len(record.args) > 1:
            self.missing.add(f"U+{record.args[1]:04X}")


def _unavailable(problem: str, remedy: str) -> PdfUnavailable:
    return PdfUnavailable(mistakes=[Mistake("format", problem, f"{remedy}; until then ask for format=html")])
