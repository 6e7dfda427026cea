"""Receipts: an entry's place in the log as one text file, C2SP tlog-proof v1 (https://c2sp.org/tlog-proof).

Whoever holds a receipt and the log's verifier key can prove, without asking anyone, that the entry was recorded.
"""

from __future__ import annotations

from base64 import b64encode
from dataclasses import dataclass

from audit.checkpoint import Checkpoint, parse_size
from audit.errors import NoteInvalid
from audit.merkle import HASH_BYTES, leaf_hash
from audit.note import VerifierKey, decode_base64
from audit.proofs import check_inclusion

HEADER = "c2sp.org/tlog-proof@v1"
MOST_HASHES = 63


@dataclass(frozen=True, slots=True)
class Receipt:
    """A parsed receipt; nothing in it is trusted before `check`."""

    index: int
    path: tuple[bytes, ...]
    checkpoint: str  #: the checkpoint note, verbatim

    def __str__(self) -> str:
        """Return the `.tlog-proof` text."""
        hashes = "".join(f"{b64encode(each).decode()}\n" for each in self.path)
        return f"{HEADER}\nindex {self.index}\n{hashes}\n{self.checkpoint}"

    @classmethod
    def parse(cls, text: str) -> Receipt:
        """Read a `.tlog-proof`; an `extra` line is allowed and dropped. Raises NoteInvalid when it is malformed."""
        proof, blank, checkpoint = text.partition("\n\n")
        lines = proof.split("\n")
        if not blank or lines.pop(0) != HEADER:
            raise NoteInvalid(f"not a receipt: expected `{HEADER}`, the proof, a blank line and a checkpoint")
        if lines and lines[0].startswith("extra "):
            decode_base64(lines.pop(0).removeprefix("extra "), "extra line")
        if not lines or not lines[0].startswith("index ") or len(lines) > 1 + MOST_HASHES:
            raise NoteInvalid(f"a receipt has an index line and at most {MOST_HASHES} hashes")
        index = parse_size(lines.pop(0).removeprefix("index "), "index")
        return cls(index, tuple(parse_hash(line) for line in lines), checkpoint)

    def check(self, entry: bytes, key: VerifierKey) -> Checkpoint:
        """Accept if the entry bytes stand at `index` under a checkpoint that `key` signed, and return that checkpoint.

        Raises NoteInvalid for the checkpoint, ProofInvalid for the proof.
        """
        checkpoint = Checkpoint.verify(self.checkpoint, key)
        check_inclusion(leaf_hash(entry), self.index, checkpoint.size, self.path, checkpoint.root)
        return checkpoint


def parse_hash(line: str) -> bytes:
    """Read a hash of a proof; raises NoteInvalid."""
    decoded = decode_base64(line, "proof line")
    if len(decoded) != HASH_BYTES:
        raise NoteInvalid(f"proof line `{line}` has {len(decoded)} bytes instead of {HASH_BYTES}")
    return decoded
