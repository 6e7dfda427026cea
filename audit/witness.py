"""A witness: remembers the last checkpoint of a log it saw, and cosigns only what that log has grown into since.

One file that needs Python 3.11 and `cryptography` and nothing of Grounds, to be run by somebody else on another machine
(docs/witness.md). It follows c2sp.org/tlog-witness and gives cosignature/v1 of c2sp.org/tlog-cosignature. It speaks
HTTP, or looks at a copied export. A second implementation on purpose: it shares no code with the log it watches.
"""

from __future__ import annotations

import argparse
import fcntl
import os
import re
import sys
import time
from base64 import b64decode, b64encode
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from hashlib import sha256
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import NamedTuple

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

LOG, COSIGNATURE = b"\x01", b"\x04"
EMPTY_ROOT = sha256(b"").digest()
MOST_HASHES = 63
MOST_BYTES = 100_000
"""The longest request: 63 hashes and a checkpoint with many signatures."""


class Refused(Exception):
    """the witness does not cosign"""

    def __init__(self, status: int, why: str, size: int | None = None) -> None:
        """`status` is the answer over HTTP; `size` is what was cosigned last, for 409."""
        self.status, self.why, self.size = status, why, size
        super().__init__(why)


class Head(NamedTuple):
    """What a checkpoint says."""

    body: str  #: the text that is signed
    origin: str
    size: int
    root: bytes
    lines: tuple[str, ...]  #: its signature lines


# Formats: signed-note, tlog-checkpoint, tlog-cosignature


def unbase64(text: str) -> bytes:
    """Decode base64 in its one spelling; raises Refused."""
    try:
        decoded = b64decode(text, validate=True)
    except ValueError:
        decoded = b""
    if b64encode(decoded).decode() != text:
        raise Refused(400, f"`{text}` is not base64")
    return decoded


def number(text: str) -> int:
    """Read a decimal number without leading zeroes; raises Refused."""
    if not re.fullmatch(r"0|[1-9][0-9]{0,18}", text, re.ASCII):
        raise Refused(400, f"`{text}` is not a number")
    return int(text)


def read_head(note: str) -> Head:
    """Read a checkpoint without believing it; raises Refused."""
    text, blank, tail = note.rpartition("\n\n")
    parts, lines = text.split("\n"), tail.split("\n")
    if not blank or lines.pop() != "" or len(parts) < 3 or not all(parts):
        raise Refused(400, "not a checkpoint: origin, size, root, a blank line, signature lines")
    root = unbase64(parts[2])
    if len(root) != 32:
        raise Refused(400, f"the root has {len(root)} bytes")
    return Head(text + "\n", parts[0], number(parts[1]), root, tuple(lines))


def key_id(name: str, kind: bytes, public: bytes) -> bytes:
    """Return the key id of signed-note."""
    return sha256(name.encode() + b"\n" + kind + public).digest()[:4]


def vkey(name: str, kind: bytes, public: bytes) -> str:
    """Return the verifier key of signed-note."""
    return f"{name}+{key_id(name, kind, public).hex()}+{b64encode(kind + public).decode()}"


def parse_vkey(text: str) -> tuple[str, bytes]:
    """Return name and public key of a log's verifier key; raises Refused."""
    name, _, rest = text.strip().partition("+")
    material = unbase64(rest.partition("+")[2])
    if len(material) != 33 or vkey(name, LOG, material[1:]) != text.strip():
        raise Refused(400, f"`{text}` is not an Ed25519 verifier key of a log")
    return name, material[1:]


def check_signature(head: Head, keys: Sequence[bytes]) -> str:
    """Return the line by which one of the log's keys has signed; raises Refused 403."""
    found = ""
    for line in head.lines:
        name, _, encoded = line.removeprefix("— ").partition(" ")
        raw = unbase64(encoded)
        for key in keys:
            if line.startswith("— ") and (name, raw[:4]) == (head.origin, key_id(head.origin, LOG, key)):
                try:
                    Ed25519PublicKey.from_public_bytes(key).verify(raw[4:], head.body.encode())
                except InvalidSignature:
                    raise Refused(403, f"the signature by `{name}` does not verify") from None
                found = line
    if not found:
        raise Refused(403, f"no key that is trusted for `{head.origin}` has signed")
    return found


def cosign(head: Head, name: str, private: Ed25519PrivateKey, now: int) -> str:
    """Return the cosignature line of a checkpoint; `now` is in POSIX seconds."""
    message = f"cosignature/v1\ntime {now}\n{head.body}".encode()
    signature = now.to_bytes(8, "big") + private.sign(message)
    ours = key_id(name, COSIGNATURE, private.public_key().public_bytes_raw())
    return f"— {name} {b64encode(ours + signature).decode()}\n"


# The tree: RFC 9162, section 2.1


def node(left: bytes, right: bytes) -> bytes:
    """Return the hash of an inner node."""
    return sha256(b"\x01" + left + right).digest()


def check_growth(old: int, new: int, old_root: bytes, new_root: bytes, path: Sequence[bytes]) -> None:
    """Accept if `path` proves that the tree of `new` begins with that of `old`, section 2.1.4.2; raises Refused 422."""
    if new == 0 and new_root != EMPTY_ROOT:
        raise Refused(422, "the empty tree has another root")
    if old in (0, new):
        if path or (old == new and old_root != new_root):
            raise Refused(422, "the proof must be empty" if path else f"another root at size {new}")
        return
    hashes = [*path] if old & (old - 1) else [old_root, *path]
    at, last = old - 1, new - 1
    while at & 1:
        at, last = at >> 1, last >> 1
    before = after = hashes[0] if hashes else b""
    for sibling in hashes[1:]:
        if last == 0:
            raise Refused(422, "the proof is too long")
        if at & 1 or at == last:
            before, after = node(sibling, before), node(sibling, after)
            while at and not at & 1:
                at, last = at >> 1, last >> 1
        else:
            after = node(after, sibling)
        at, last = at >> 1, last >> 1
    if last != 0 or not hashes or (before, after) != (old_root, new_root):
        raise Refused(422, f"the proof does not lead from the tree of {old} to that of {new}")


def roots(leaves: Iterator[bytes], sizes: set[int]) -> dict[int, bytes]:
    """Return the roots of a growing tree at some sizes."""
    nodes: list[bytes] = []
    found = {0: EMPTY_ROOT}
    for size, leaf in enumerate(leaves, start=1):
        top, carry = leaf, size - 1
        while carry & 1:
            top, carry = node(nodes.pop(), top), carry >> 1
        nodes.append(top)
        if size in sizes:
            root = nodes[-1]
            for each in reversed(nodes[:-1]):
                root = node(each, root)
            found[size] = root
    return found


def exported_leaves(folder: Path) -> Iterator[bytes]:
    """Yield the leaf hashes of an export from its tiles of level 0 (c2sp.org/tlog-tiles)."""
    tiles = folder / "tile" / "0"
    for path in sorted((path for path in tiles.rglob("*") if path.is_file()), key=lambda path: _place(path, tiles)):
        data = path.read_bytes()
        yield from (data[at : at + 32] for at in range(0, len(data), 32))


def _place(path: Path, tiles: Path) -> int:
    """Return which tile a path names: `x001/234.p/5` is 1234."""
    return int(re.sub(r"\D", "", path.relative_to(tiles).as_posix().partition(".p")[0]) or 0)


# The witness


class Witness:
    """One witness with its key and, per log, the last checkpoint it cosigned, in files of a folder."""

    def __init__(self, folder: Path, logs: Sequence[str], clock: Callable[[], float] = time.time) -> None:
        """`logs` are verifier keys of the logs it watches; a log with several keys is named once for each."""
        self._folder, self._clock = folder, clock
        self._name, private = (folder / "key").read_text("utf-8").split()
        self._private = Ed25519PrivateKey.from_private_bytes(b64decode(private))
        self._logs: dict[str, list[bytes]] = {}
        for name, public in map(parse_vkey, logs):
            self._logs.setdefault(name, []).append(public)

    @staticmethod
    def new(folder: Path, name: str) -> None:
        """Make a witness with a fresh key; it signs under `name`, such as `witness.example/w1`."""
        if not name or "+" in name or any(each.isspace() or each < " " for each in name):
            raise Refused(400, f"`{name}` cannot name a witness")
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        private = b64encode(Ed25519PrivateKey.generate().private_bytes_raw()).decode()
        with os.fdopen(os.open(folder / "key", os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "w") as file:
            file.write(f"{name} {private}\n")

    @property
    def vkey(self) -> str:
        """What those need who rely on it."""
        return vkey(self._name, COSIGNATURE, self._private.public_key().public_bytes_raw())

    def add_checkpoint(self, request: str) -> str:
        """Answer an `add-checkpoint` request with the cosignature line; raises Refused."""
        proof, blank, note = request.partition("\n\n")
        lines = proof.split("\n")
        if not blank or not lines[0].startswith("old ") or len(lines) > 1 + MOST_HASHES:
            raise Refused(400, "expected `old SIZE`, at most 63 hashes, a blank line and a checkpoint")
        old, path = number(lines[0].removeprefix("old ")), [unbase64(line) for line in lines[1:]]

        def proven(head: Head, last: Head) -> None:
            if old > head.size:
                raise Refused(400, f"the old size {old} is larger than {head.size}")
            if old != last.size:
                raise Refused(409, f"{last.size} entries were cosigned last, not {old}", last.size)
            check_growth(old, head.size, last.root, head.root, path)

        return self._consider(note, proven)

    def look(self, export: Path) -> str:
        """Cosign the checkpoint of an exported log after growing its tree anew; raises Refused."""

        def regrown(head: Head, last: Head) -> None:
            if head.size < last.size:
                raise Refused(409, f"{last.size} entries were cosigned already, these are {head.size}", last.size)
            found = roots(exported_leaves(export), {last.size, head.size})
            if found.get(head.size) != head.root or found.get(last.size) != last.root:
                raise Refused(422, f"the tiles do not lead from the tree of {last.size} to that of {head.size}")

        return self._consider((export / "checkpoint").read_text("utf-8"), regrown)

    def last(self, origin_hash: str) -> str | None:
        """Return the last checkpoint cosigned of the log whose origin has this SHA-256, or None."""
        path = self._folder / f"{origin_hash}.checkpoint"
        return path.read_text("utf-8") if path.exists() else None

    def _consider(self, note: str, check: Callable[[Head, Head], None]) -> str:
        head = read_head(note)
        keys = self._logs.get(head.origin)
        if keys is None:
            raise Refused(404, f"`{head.origin}` is not watched here")
        line = check_signature(head, keys)
        place = sha256(head.origin.encode()).hexdigest()
        with self._locked():
            # From here to the new state nobody else may look: an older request must not overwrite a newer one.
            kept = self.last(place)
            check(head, read_head(kept) if kept else Head("", head.origin, 0, EMPTY_ROOT, ()))
            cosignature = cosign(head, self._name, self._private, int(self._clock()))
            self._keep(place, f"{head.body}\n{line}\n{cosignature}")
        return cosignature

    @contextmanager
    def _locked(self) -> Iterator[None]:
        with (self._folder / "lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    def _keep(self, place: str, note: str) -> None:
        made = self._folder / f"{place}.new"
        with made.open("w", encoding="utf-8") as file:
            file.write(note)
            file.flush()
            os.fsync(file.fileno())
        made.rename(self._folder / f"{place}.checkpoint")
        handle = os.open(self._folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


class _Handler(BaseHTTPRequestHandler):
    """`add-checkpoint`, and the last checkpoint of each log for monitors."""

    witness: Witness
    protocol_version = "HTTP/1.1"
    timeout = 30

    def do_POST(self) -> None:
        try:
            self._answer(200, self.witness.add_checkpoint(self._body()))
        except Refused as refusal:
            if refusal.size is None:
                self._answer(refusal.status, refusal.why + "\n")
            else:
                self._answer(refusal.status, f"{refusal.size}\n", "text/x.tlog.size")

    def do_GET(self) -> None:
        match = re.fullmatch(r"/([0-9a-f]{64})/checkpoint", self.path)
        note = self.witness.last(match[1]) if match else None
        if note is None:
            self._answer(404, "not found\n")
        else:
            self._answer(200, note)

    def _body(self) -> str:
        length = self.headers.get("Content-Length", "")
        if not re.fullmatch("[0-9]{1,9}", length, re.ASCII) or int(length) > MOST_BYTES:
            self.close_connection = True
            raise Refused(413, f"a request has a Content-Length of at most {MOST_BYTES}")
        content = self.rfile.read(int(length))
        if self.path != "/add-checkpoint":
            raise Refused(404, "only /add-checkpoint is served")
        try:
            return content.decode()
        except UnicodeDecodeError:
            raise Refused(400, "not UTF-8") from None

    def _answer(self, status: int, text: str, kind: str = "text/plain; charset=utf-8") -> None:
        content = text.encode()
        self.send_response(HTTPStatus(status))
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # the library's name
        sys.stderr.write(f"{self.address_string()} {format % args}\n")


def server(witness: Witness, host: str, port: int) -> ThreadingHTTPServer:
    """Return an HTTP server of the witness; it listens already."""
    return ThreadingHTTPServer((host, port), type("_Bound", (_Handler,), {"witness": witness}))


def main(arguments: list[str] | None = None) -> int:
    """Make, serve or feed a witness; return 0, 1 when it refuses to cosign, 2 when it cannot work."""
    options = parser().parse_args(arguments)
    try:
        return int(options.run(options))
    except Refused as refusal:
        print(f"refused: {refusal.why}", file=sys.stderr)
        return 1
    except (OSError, ValueError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 2


def parser() -> argparse.ArgumentParser:
    """Describe the command line."""
    made = argparse.ArgumentParser(description="a witness of transparency logs")
    commands = made.add_subparsers(required=True, metavar="COMMAND")
    new = commands.add_parser("new", help="make a witness and print its verifier key")
    new.add_argument("folder", type=Path, metavar="STATE")
    new.add_argument("--name", required=True, help="what it signs under, such as witness.example/w1")
    new.set_defaults(run=_new)
    serve = commands.add_parser("serve", help="cosign what logs submit over HTTP")
    serve.add_argument("--host", default="127.0.0.1")
    serve.add_argument("--port", type=int, default=8101)
    serve.set_defaults(run=_serve)
    look = commands.add_parser("look", help="cosign the checkpoint of an exported log and print the cosignature")
    look.add_argument("export", type=Path, metavar="EXPORT")
    look.set_defaults(run=_look)
    for command in (serve, look):
        command.add_argument("folder", type=Path, metavar="STATE")
        command.add_argument("--log", action="append", required=True, metavar="VKEY", help="a log it watches")
    return made


def _new(options: argparse.Namespace) -> int:
    Witness.new(options.folder, options.name)
    print(Witness(options.folder, []).vkey)
    return 0


def _serve(options: argparse.Namespace) -> int:
    serving = server(Witness(options.folder, options.log), options.host, options.port)
    print(f"witness on http://{options.host}:{serving.server_port}", flush=True)
    serving.serve_forever()
    return 0


def _look(options: argparse.Namespace) -> int:
    sys.stdout.write(Witness(options.folder, options.log).look(options.export))
    return 0


if __name__ == "__main__":
    sys.exit(main())
