"""The PDF: readable in both languages, tagged, fonts inside, always the same bytes, nothing fetched; or a clear no."""

from __future__ import annotations

import base64
import io
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from pypdf import PdfReader
from pytest_httpserver import HTTPServer

from api.errors import PdfUnavailable
from api.letters.printing import pdf
from api.letters.rendering import html
from tests.api.letters.basis import letter
from tests.api.letters.test_composing import REFUSED, of
from tests.repository import ROOT

#: One point as PNG.
DOT = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="


def read(content: bytes) -> PdfReader:
    """Read a PDF."""
    return PdfReader(io.BytesIO(content))


def text(reader: PdfReader) -> str:
    """Give its text without line breaks and spaces, which depend on the setting."""
    return "".join("".join(page.extract_text() for page in reader.pages).split())


@pytest.fixture(scope="module", params=["zh", "en"])
def language(request: pytest.FixtureRequest) -> str:
    """Go through both languages."""
    return str(request.param)


@pytest.fixture(scope="module")
def page(language: str) -> str:
    """Print a refusal."""
    return html(letter(of(REFUSED), language))


@pytest.fixture(scope="module")
def made(page: str) -> bytes:
    """Set it."""
    return pdf(page)


def test_the_text_can_be_read_and_searched(made: bytes, language: str) -> None:
    """Title, reasons, facts, rights and numbers of the letter stand in it as text."""
    written, found = letter(of(REFUSED), language), text(read(made))
    wanted = [written.title, written.grounds[0].statement, written.looked[0].label, written.sections[-1].points[0]]

    assert [each for each in wanted if "".join(each.split()) not in found] == []
    assert "C-2026-00017" in found


def test_it_is_tagged_and_says_its_language_and_title(made: bytes, language: str) -> None:
    """PDF/UA-1: marked content, a structure tree, the language, and the title shown in place of the file name."""
    catalog: Any = read(made).trailer["/Root"]

    assert catalog["/MarkInfo"]["/Marked"] is not None
    assert catalog["/StructTreeRoot"]
    assert catalog["/Lang"] == {"zh": "zh-Hans", "en": "en"}[language]
    assert catalog["/ViewerPreferences"]["/DisplayDocTitle"]
    assert b"pdfuaid" in catalog["/Metadata"].get_data()


def test_its_fonts_are_inside(made: bytes) -> None:
    """Each font that is used is embedded, so that the letter looks the same everywhere."""
    fonts = [
        descendant.get_object()["/FontDescriptor"].get_object()
        for sheet in read(made).pages
        for font in sheet["/Resources"]["/Font"].values()  # type: ignore[index]
        for descendant in font.get_object()["/DescendantFonts"]
    ]

    assert fonts
    assert all({"/FontFile", "/FontFile2", "/FontFile3"} & set(each) for each in fonts)


def test_the_same_letter_is_the_same_bytes(page: str, made: bytes, tmp_path: Path) -> None:
    """Also in another process, at another time; the file's dates are those of the decision."""
    (tmp_path / "letter.html").write_text(page, encoding="utf-8")
    program = (
        "import sys, pathlib; from api.letters.printing import pdf;"
        "sys.stdout.buffer.write(pdf(pathlib.Path(sys.argv[1]).read_text('utf-8')))"
    )
    other = subprocess.run(
        [sys.executable, "-c", program, str(tmp_path / "letter.html")], cwd=ROOT, capture_output=True, check=True
    ).stdout

    assert other == made
    assert str(read(made).metadata["/CreationDate"]).startswith("D:20261122081205")  # type: ignore[index]


@pytest.mark.parametrize(
    "probe", ['<img src="{}" alt="x">', '<link rel="stylesheet" href="{}">', '<p style="background: url({})">']
)
def test_nothing_is_fetched(httpserver: HTTPServer, tmp_path: Path, probe: str) -> None:
    """An address in a letter is not asked, whichever way it got there; neither is a picture on this machine shown."""
    whole, picture = html(letter(of(REFUSED), "en")), tmp_path / "dot.png"
    picture.write_bytes(base64.b64decode(DOT))
    for outside in (httpserver.url_for("/x"), picture.as_uri(), f"data:image/png;base64,{DOT}"):
        made = read(pdf(whole.replace("</main>", f"{probe.format(outside)}</main>")))
        assert not any(page.images for page in made.pages)

    assert httpserver.log == []


def test_a_machine_without_the_extra_says_what_to_install(monkeypatch: pytest.MonkeyPatch, page: str) -> None:
    """Never an empty file: the remedy, and HTML until then."""
    monkeypatch.setitem(sys.modules, "weasyprint", None)

    with pytest.raises(PdfUnavailable) as refused:
        pdf(page)

    assert "pip install 'grounds[pdf]'" in str(refused.value)
    assert "format=html" in str(refused.value)


def test_a_machine_without_pango_says_so(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, page: str) -> None:
    """WeasyPrint is there, the library it draws with is not."""
    (tmp_path / "weasyprint.py").write_text("raise OSError('cannot load library libpango')", encoding="utf-8")
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.delitem(sys.modules, "weasyprint", raising=False)

    with pytest.raises(PdfUnavailable, match=r"libpango-1\.0-0"):
        pdf(page)


def test_a_letter_that_no_font_can_set_is_refused() -> None:
    """Boxes in the place of words are no letter: the characters are named, with the fonts to install."""
    strange = html(letter(of(REFUSED))).replace("尊敬的客户", "\U0010fffd\ue123")

    with pytest.raises(PdfUnavailable) as refused:
        pdf(strange)

    assert "U+10FFFD" in str(refused.value)
    assert "fonts-noto-cjk" in str(refused.value)
    assert pdf(html(letter(of(REFUSED))))  # and the next letter is not held to it
