"""Checks a log of Grounds without Grounds: this file, Python 3.11 and `pip install cryptography` are all it needs.

    python verify.py export DIR --vkey KEY [--witness KEY].. [--checkpoint FILE]..
    python verify.py receipt RECEIPT ENTRY --vkey KEY [--witness KEY]..

DIR is what `grounds audit export` wrote, RECEIPT a `.tlog-proof` and ENTRY the bytes of its entry. KEY is a verifier
key (`NAME+HEX+BASE64`) that you have from elsewhere than what you check; give every key the log had. With `--witness`
each of these must have cosigned. `--checkpoint` is one you kept: the log must still contain what it covers.

Exit code 0: all of it holds. 1: it does not, and every finding says where. 2: it cannot be checked.
Written from docs/log-format.md, not from the program. Apache License 2.0.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
from base64 import b64decode, b64encode
from collections.abc import Callable, Iterator
from hashlib import sha256
from pathlib import Path
from typing import NamedTuple

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

LOG, WITNESS = 0x01, 0x04  # signature types of c2sp.org/signed-note
EMPTY_ROOT = sha256(b"").digest()
WIDTH = 256  # hashes in a tile, entries in a bundle


class Wrong(Exception):
    """What is checked is not what it should be."""


class Key(NamedTuple):
    """A verifier key."""

    name: str
    key_id: bytes
    kind: int
    public: Ed25519PublicKey

    @classmethod
    def parse(cls, text: str, kind: int) -> Key:
        """Read `NAME+HEX(key id)+BASE64(type || public key)`."""
        name, key_id, material = (*text.strip().split("+", 2), "", "")[:3]
        raw = unbase64(material)
        expected = sha256(name.encode() + b"\n" + raw).digest()[:4]
        if not name or len(raw) != 33 or raw[0] != kind or expected.hex() != key_id:
            raise Wrong(f"`{text}` is not an Ed25519 verifier key of type {kind:#04x}")
        return cls(name, expected, kind, Ed25519PublicKey.from_public_bytes(raw[1:]))


class Head(NamedTuple):
    """A checkpoint whose signatures were checked."""

    origin: str
    size: int
    root: bytes
    times: list[int]  # when each witness that was asked for saw it, POSIX seconds


def unbase64(text: str) -> bytes:
    """Decode base64 in its one canonical spelling."""
    try:
        decoded = b64decode(text, validate=True)
    except ValueError:
        decoded = b""
    if b64encode(decoded).decode() != text:
        raise Wrong(f"`{text}` is not canonical base64")
    return decoded


def number(text: str) -> int:
    """Read a decimal number without sign or leading zeroes."""
    if not re.fullmatch(r"0|[1-9][0-9]{0,18}", text, re.ASCII):
        raise Wrong(f"`{text}` is not a number")
    return int(text)


def open_head(note: str, logs: list[Key], witnesses: list[Key]) -> Head:
    """Check a checkpoint: signed by one of `logs`, cosigned by all of `witnesses`."""
    text, blank, tail = note.rpartition("\n\n")
    lines = tail.split("\n")
    if not blank or lines.pop() != "" or not lines:
        raise Wrong("not a signed note: text, a blank line, signature lines")
    signatures: dict[tuple[str, bytes], bytes] = {}
    for line in lines:
        match = re.fullmatch("— ([^ +]+) ([^ ]+)", line)
        if match is None or len(raw := unbase64(match[2])) < 5:
            raise Wrong(f"`{line}` is not a signature line")
        signatures[match[1], raw[:4]] = raw[4:]
    body = text + "\n"
    signer = next((key for key in logs if (key.name, key.key_id) in signatures), None)
    if signer is None:
        raise Wrong("no key that was given has signed the checkpoint")
    check_signature(signer, signatures[signer.name, signer.key_id], body.encode())
    times = [cosigned(each, signatures.get((each.name, each.key_id)), body) for each in witnesses]
    parts = body.split("\n")
    if len(parts) < 4 or not all(parts[:-1]) or parts[0] != signer.name or len(root := unbase64(parts[2])) != 32:
        raise Wrong(f"not a checkpoint of `{signer.name}`: origin, size, root")
    return Head(parts[0], number(parts[1]), root, times)


def cosigned(witness: Key, signature: bytes | None, body: str) -> int:
    """Check a cosignature/v1 and give its time."""
    if signature is None or len(signature) != 72:
        raise Wrong(f"the witness `{witness.name}` has not cosigned the checkpoint")
    time = int.from_bytes(signature[:8], "big")
    check_signature(witness, signature[8:], f"cosignature/v1\ntime {time}\n{body}".encode())
    return time


def check_signature(key: Key, signature: bytes, message: bytes) -> None:
    """Check one Ed25519 signature."""
    try:
        key.public.verify(signature, message)
    except InvalidSignature:
        raise Wrong(f"the signature by `{key.name}` does not verify") from None


def leaf_hash(entry: bytes) -> bytes:
    """RFC 6962, section 2.1."""
    return sha256(b"\x00" + entry).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """RFC 6962, section 2.1."""
    return sha256(b"\x01" + left + right).digest()


class Tree:
    """All that is needed of a tree to append to it and to know its root: perfect subtrees, largest first."""

    def __init__(self) -> None:
        self.size = 0
        self.nodes: list[bytes] = []

    def add(self, leaf: bytes) -> None:
        """Append a leaf hash."""
        carry, self.size = self.size, self.size + 1
        while carry & 1:
            leaf, carry = node_hash(self.nodes.pop(), leaf), carry >> 1
        self.nodes.append(leaf)

    def root(self) -> bytes:
        """Give the Merkle tree hash."""
        root = self.nodes[-1] if self.nodes else EMPTY_ROOT
        for node in reversed(self.nodes[:-1]):
            root = node_hash(node, root)
        return root


def root_of(hashes: list[bytes]) -> bytes:
    """Give the root over a few hashes."""
    tree = Tree()
    for each in hashes:
        tree.add(each)
    return tree.root()


def check_inclusion(leaf: bytes, index: int, size: int, path: list[bytes], root: bytes) -> None:
    """RFC 9162, section 2.1.3.2."""
    if index >= size:
        raise Wrong(f"index {index} is outside a tree of {size}")
    node, last, found = index, size - 1, leaf
    for sibling in path:
        if last == 0:
            raise Wrong("the proof is too long")
        if node & 1 or node == last:
            found = node_hash(sibling, found)
            while node and not node & 1:
                node, last = node >> 1, last >> 1
        else:
            found = node_hash(found, sibling)
        node, last = node >> 1, last >> 1
    if last != 0 or found != root:
        raise Wrong("the proof does not lead to the signed root")


def check_entry(entry: bytes) -> None:
    """Check that an entry is JSON in the profile of RFC 8785: one spelling, no floats, no integer beyond 2**53 - 1."""
    try:
        fields = json.loads(entry, parse_float=refuse, parse_constant=refuse, parse_int=small)
        spelled = json.dumps(fields, ensure_ascii=False, separators=(",", ":"), sort_keys=True)
        canonical = isinstance(fields, dict) and spelled.encode() == entry
    except (ValueError, RecursionError):
        canonical = False
    if not canonical:
        raise Wrong("is not canonical JSON")


def refuse(text: str) -> None:
    """Refuse a number outside the profile."""
    raise ValueError(text)


def small(text: str) -> int:
    """Read an integer within the profile."""
    if len(text) > 17 or abs(int(text)) > 2**53 - 1:
        raise ValueError(text)
    return int(text)


def check_receipt(receipt: str, entry: bytes, logs: list[Key], witnesses: list[Key]) -> tuple[int, Head]:
    """Check a receipt (c2sp.org/tlog-proof) against the bytes of its entry."""
    proof, blank, note = receipt.partition("\n\n")
    lines = proof.split("\n")
    if not blank or lines.pop(0) != "c2sp.org/tlog-proof@v1":
        raise Wrong("not a receipt: the first line is not c2sp.org/tlog-proof@v1")
    if lines and lines[0].startswith("extra "):
        lines.pop(0)
    if not lines or not lines[0].startswith("index ") or len(lines) > 64:
        raise Wrong("not a receipt: no index line, or too many hashes")
    index, path = number(lines[0].removeprefix("index ")), [unbase64(line) for line in lines[1:]]
    if any(len(each) != 32 for each in path):
        raise Wrong("a hash of the proof has not 32 bytes")
    head = open_head(note, logs, witnesses)
    check_inclusion(leaf_hash(entry), index, head.size, path, head.root)
    return index, head


def tile_path(level: str, n: int, width: int) -> str:
    """Give a tile's path (c2sp.org/tlog-tiles): three digits a folder, all but the last after an x."""
    digits = f"{n:03d}"
    digits = digits.zfill(-(-len(digits) // 3) * 3)
    groups = [digits[at : at + 3] for at in range(0, len(digits), 3)]
    name = "/".join([*(f"x{group}" for group in groups[:-1]), groups[-1]])
    return f"tile/{level}/{name}" + (f".p/{width}" if width < WIDTH else "")


class Export:
    """An export being checked: findings are gathered, so that one does not hide another."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.findings: list[str] = []
        self.seen = {"checkpoint", "vkey", "entries.jsonl"}

    def check(self, logs: list[Key], witnesses: list[Key], kept: list[Head]) -> Head:
        """Check everything in the folder under its checkpoint."""
        head = open_head((self.folder / "checkpoint").read_text("utf-8"), logs, witnesses)
        heads, tree = sorted([head, *kept], key=lambda each: each.size), Tree()
        tops: list[list[bytes]] = [[]]
        self.compare(heads, tree)
        with (self.folder / "entries.jsonl").open("rb") as lines:
            for index, entry in enumerate(self.entries(head.size)):
                self.about(f"entry {index}", check_entry, entry)
                leaf = leaf_hash(entry)
                tree.add(leaf)
                self.compare(heads, tree)
                self.grow(tops, 0, leaf)
                line = b'{"entry":%b,"idx":%d,"leaf_hash":"%b"}\n' % (entry, index, leaf.hex().encode())
                if lines.readline(len(line) + 1) != line:
                    self.findings.append(f"entries.jsonl line {index + 1}: is not entry {index}")
            if lines.read(1):
                self.findings.append(f"entries.jsonl: goes on after entry {head.size - 1}")
        for level, hashes in enumerate(tops):
            if len(hashes) % WIDTH:
                self.tile(level, len(hashes) // WIDTH, hashes[len(hashes) // WIDTH * WIDTH :])
        for each in heads:
            self.findings.append(f"checkpoint of size {each.size}: covers more entries than the {tree.size} there are")
        there = {path.relative_to(self.folder).as_posix() for path in self.folder.rglob("*") if not path.is_dir()}
        self.findings += [f"{stray}: does not belong to the log" for stray in sorted(there - self.seen)]
        return head

    def compare(self, heads: list[Head], tree: Tree) -> None:
        """Hold the checkpoints of the size the tree has now against its root."""
        while heads and heads[0].size == tree.size:
            if heads.pop(0).root != tree.root():
                self.findings.append(f"checkpoint of size {tree.size}: its root is not that of the entries")

    def entries(self, size: int) -> Iterator[bytes]:
        """Yield the entries of all bundles: each after its length, a big-endian uint16."""
        for start in range(0, size, WIDTH):
            width = min(WIDTH, size - start)
            bundle, at, count = self.read(tile_path("entries", start // WIDTH, width)), 0, 0
            while at < len(bundle):
                begin = at + 2
                at = begin + int.from_bytes(bundle[at:begin], "big")
                yield bundle[begin:at]
                count += 1
            if at != len(bundle) or count != width:
                self.findings.append(f"{tile_path('entries', start // WIDTH, width)}: is not {width} whole entries")

    def grow(self, tops: list[list[bytes]], level: int, found: bytes) -> None:
        """Add a hash to a level; a full tile is compared, and its root goes one level up."""
        if level == len(tops):
            tops.append([])
        tops[level].append(found)
        if len(tops[level]) % WIDTH == 0:
            full = tops[level][-WIDTH:]
            self.tile(level, len(tops[level]) // WIDTH - 1, full)
            self.grow(tops, level + 1, root_of(full))

    def tile(self, level: int, n: int, hashes: list[bytes]) -> None:
        """Hold a tile against the hashes it must have."""
        path = tile_path(str(level), n, len(hashes))
        if self.read(path) != b"".join(hashes):
            self.findings.append(f"{path}: does not hold the hashes of its entries")

    def read(self, path: str) -> bytes:
        """Read a file of the export; one that is not there is a finding."""
        self.seen.add(path)
        try:
            return (self.folder / path).read_bytes()
        except OSError:
            self.findings.append(f"{path}: cannot be read")
            return b""

    def about(self, where: str, check: Callable[[bytes], None], content: bytes) -> None:
        """Turn what a check raises into a finding."""
        try:
            check(content)
        except Wrong as error:
            self.findings.append(f"{where}: {error}")


def main(arguments: list[str] | None = None) -> int:
    """Run one check and say what came of it."""
    options = parser().parse_args(arguments)
    try:
        logs = [Key.parse(text, LOG) for text in options.vkey]
        witnesses = [Key.parse(text, WITNESS) for text in options.witness]
    except Wrong as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    try:
        findings, summary = options.check(options, logs, witnesses)
    except (Wrong, UnicodeDecodeError) as error:
        findings, summary = [str(error)], ""
    except OSError as error:
        print(f"error: `{error.filename}`: {error.strerror}", file=sys.stderr)
        return 2
    print("\n".join(findings) if findings else summary)
    return 1 if findings else 0


def export(options: argparse.Namespace, logs: list[Key], witnesses: list[Key]) -> tuple[list[str], str]:
    """Check an export."""
    kept = [open_head(path.read_text("utf-8"), logs, []) for path in options.checkpoint]
    checked = Export(options.folder)
    head = checked.check(logs, witnesses, kept)
    return checked.findings, f"{head.origin}: {head.size} entries, root {head.root.hex()}{seen_by(head)}"


def receipt(options: argparse.Namespace, logs: list[Key], witnesses: list[Key]) -> tuple[list[str], str]:
    """Check a receipt."""
    entry = options.entry.read_bytes()
    index, head = check_receipt(options.receipt.read_text("utf-8"), entry, logs, witnesses)
    return [], f"{head.origin}: this is entry {index}, under the root of {head.size} entries{seen_by(head)}"


def seen_by(head: Head) -> str:
    """Say how many witnesses stand for a checkpoint."""
    return f", cosigned by {len(head.times)} witnesses" if head.times else ""


def parser() -> argparse.ArgumentParser:
    """Describe the command line."""
    made = argparse.ArgumentParser(description="check a log of Grounds without Grounds")
    commands = made.add_subparsers(required=True, metavar="COMMAND")
    for name, check in {"export": export, "receipt": receipt}.items():
        command = commands.add_parser(name, help=check.__doc__)
        command.set_defaults(check=check, checkpoint=[])
        command.add_argument("--vkey", action="append", required=True, metavar="KEY", help="a key of the log")
        command.add_argument("--witness", action="append", default=[], metavar="KEY", help="a witness that must agree")
        if name == "export":
            command.add_argument("folder", type=Path, metavar="DIR")
            command.add_argument("--checkpoint", type=Path, action="append", metavar="FILE", help="one you kept")
        else:
            command.add_argument("receipt", type=Path, metavar="RECEIPT")
            command.add_argument("entry", type=Path, metavar="ENTRY")
    return made


if __name__ == "__main__":
    sys.exit(main())
