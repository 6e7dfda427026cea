"""Growth: a consistency proof as text, made of a log and checked by who kept an older root."""

from __future__ import annotations

from pathlib import Path

import pytest

from audit.errors import NoSuchEntry, NoteInvalid, ProofInvalid
from audit.growth import Growth
from tests.audit.cases import one_by_one, opened, plain


def test_growth_is_proven_to_who_kept_a_checkpoint(tmp_path: Path) -> None:
    """From any earlier size the text parses back and leads from the old root to the signed one."""
    with opened(tmp_path) as log:
        one_by_one(log, [plain(log, number) for number in range(20)])
        for old in (0, 1, 7, 16, 20):
            growth = Growth.parse(str(Growth.of(log, old)))
            kept = log.checkpoint() if old == 20 else log.checkpoint_covering(old - 1) if old else None
            root = (
                kept.root if kept else bytes.fromhex("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")
            )
            assert growth.check(root, log.vkey).size == 20
            with pytest.raises(ProofInvalid):
                growth.check(bytes(32), log.vkey)
        with pytest.raises(NoSuchEntry):
            Growth.of(log, 21)


@pytest.mark.parametrize(
    "text",
    ["", "old 1\n", "new 1\n\nnote", "old 01\n\nnote", "old 1\nnonsense\n\nnote", "old 1\nAAAA\n\nnote"],
)
def test_malformed_text_is_refused(text: str) -> None:
    """Anything but `old SIZE`, hashes, a blank line and a note is refused."""
    with pytest.raises(NoteInvalid):
        Growth.parse(text)
