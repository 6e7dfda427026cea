"""Reads what the documents promise: fenced blocks, commands and links."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

FENCE = re.compile(r"^```(?P<language>\w*)(?: (?P<tag>\w+))?\n(?P<body>.*?)^```$", re.MULTILINE | re.DOTALL)
INLINE = re.compile(r"`([^`\n]+)`")
LINK = re.compile(r"\[[^\]]*\]\((?P<target>[^)\s]+)\)")
HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)


class Block(NamedTuple):
    """One fenced block; the word behind the language says what the tests do with it.

    ``run`` is run (Python in one session for the whole page), ``serve`` is started and left running until the page is
    done, ``output`` is what that printed.
    """

    language: str
    tag: str
    body: str
    line: int


def blocks(page: Path) -> list[Block]:
    """Give the fenced blocks of a page in order."""
    text = page.read_text(encoding="utf-8")
    return [
        Block(found["language"], found["tag"] or "", found["body"], text.count("\n", 0, found.start()) + 1)
        for found in FENCE.finditer(text)
    ]


def commands(page: Path) -> Iterator[str]:
    """Give every shell line and every piece of inline code of a page, one command each."""
    for block in blocks(page):
        if block.language == "sh":
            yield from re.split(r"\n|&&|\|", re.sub(r"\\\n\s*| +#.*", "", block.body))
    yield from INLINE.findall(FENCE.sub("", page.read_text(encoding="utf-8")))


def links(page: Path) -> Iterator[str]:
    """Give the targets of a page's links, without what stands in code."""
    text = INLINE.sub("", FENCE.sub("", page.read_text(encoding="utf-8")))
    return (found["target"] for found in LINK.finditer(text))


def anchors(page: Path) -> set[str]:
    """Give the names that headings of a page can be linked by."""
    headings = HEADING.findall(FENCE.sub("", page.read_text(encoding="utf-8")))
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def matches(promised: str, printed: str) -> bool:
    """Whether a text is what a page promised; ``…`` stands for anything within a line, alone on it for any lines."""
    pattern = "".join(
        r"(?:.*\n)*?" if line.strip() == "…" else ".*?".join(map(re.escape, line.split("…"))) + r"\n"
        for line in promised.strip().splitlines()
    )
    return re.fullmatch(pattern, printed.strip() + "\n") is not None
