"""The secrets of one log: generated on first start, kept in files that only their owner can read.

`DIR/keys/` holds three files of 32 random bytes each, base64 under a comment line: `log.key` signs checkpoints (Ed25519
seed), `vault.key` wraps the keys of subjects, `lookup.key` finds a subject by reference. While a rotation is under way
`log.next.key` stands beside them and signs too. What to do when one is lost or stolen: docs/keys.md.
"""

from __future__ import annotations

import os
import secrets
import shutil
import tempfile
from base64 import b64decode, b64encode
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from audit.errors import KeysRefused
from audit.note import Signer

KEY_BYTES = 32
_PURPOSES = {
    "log.key": "Ed25519 seed that signs checkpoints",
    "vault.key": "AES-256 key that wraps the keys of subjects",
    "lookup.key": "HMAC key that finds a subject by reference",
}
NEXT_SIGNING, NEXT_VAULT = "log.next.key", "vault.next.key"
_SUCCESSORS = {NEXT_SIGNING: "log.key", NEXT_VAULT: "vault.key"}


@dataclass(frozen=True, slots=True)
class Keys:
    """The loaded secrets; their text form shows none of them."""

    folder: Path
    signing: bytes = field(repr=False)
    vault: bytes = field(repr=False)
    lookup: bytes = field(repr=False)
    next_signing: bytes | None = field(default=None, repr=False)  #: signs beside `signing` until it takes over

    @classmethod
    def open(cls, directory: Path, now: datetime) -> Keys:
        """Load the keys under `directory`, generating them if the folder is not there yet; `now` dates new files.

        The folder appears whole or not at all, whoever else starts at the same moment. Raises KeysRefused.
        """
        if not (directory / "keys").exists():
            _generate(directory, now)
        return cls.load(directory)

    @classmethod
    def load(cls, directory: Path) -> Keys:
        """Load the keys under `directory`; raises KeysRefused when one is missing, damaged or open to others."""
        folder = directory / "keys"
        _check_private(folder)
        signing, vault, lookup = (_read(folder / name) for name in _PURPOSES)
        return cls(folder, signing, vault, lookup, read_next(directory, NEXT_SIGNING))

    @classmethod
    def succeeding(cls, directory: Path, name: str) -> Keys:
        """Load the keys under `directory` with the waiting one of file `name` in its place; raises KeysRefused."""
        folder = directory / "keys"
        files = (folder / (name if _SUCCESSORS[name] == each else each) for each in _PURPOSES)
        return cls(folder, *map(_read, files))

    def signer(self, origin: str) -> Signer:
        """Return the signer of checkpoints, whose key is named after the log; it signs twice while keys change over."""
        private = Ed25519PrivateKey.from_private_bytes(self.signing)
        if self.next_signing is None:
            return Signer(origin, private)
        return _TwoSigners(origin, private, Signer(origin, Ed25519PrivateKey.from_private_bytes(self.next_signing)))

    @property
    def vault_id(self) -> str:
        """A public name of the vault key, to tell a wrong key from damaged data."""
        return _public_name(b"vault", self.vault)

    @property
    def lookup_id(self) -> str:
        """A public name of the lookup key."""
        return _public_name(b"lookup", self.lookup)


class _TwoSigners(Signer):
    """A signer whose notes carry a second signature, by the key that will take over."""

    def __init__(self, name: str, private: Ed25519PrivateKey, successor: Signer) -> None:
        super().__init__(name, private)
        self._successor = successor

    def sign(self, text: str) -> str:
        """Return the note: `text` with one signature line of each key."""
        _text, _blank, line = self._successor.sign(text).rpartition("\n\n")
        return super().sign(text) + line


def make_next(directory: Path, name: str, now: datetime) -> bytes:
    """Return the key in the file `name` that waits to take over, making it if it is not there; raises KeysRefused."""
    folder = directory / "keys"
    part = folder / f"{name}.part"
    try:
        if not (folder / name).exists():  # else an attempt before this one was cut short later
            part.unlink(missing_ok=True)
            _write(part, _comment(name, now, _PURPOSES[_SUCCESSORS[name]]))
            part.rename(folder / name)
            _sync(folder)
    except OSError as error:
        raise _cannot_make(directory, error) from None
    return _read(folder / name)


def read_next(directory: Path, name: str) -> bytes | None:
    """Return the key in the file `name` that waits to take over, or None; raises KeysRefused when it is damaged."""
    path = directory / "keys" / name
    return _read(path) if path.exists() else None


def take_over(directory: Path, name: str) -> None:
    """Put the waiting key in the place of the one before it, which is overwritten first and then gone."""
    folder = directory / "keys"
    former = folder / _SUCCESSORS[name]
    if former.exists():
        with former.open("r+b") as file:
            file.write(b"#" * former.stat().st_size)
            file.flush()
            os.fsync(file.fileno())
    (folder / name).replace(former)
    _sync(folder)


def _comment(name: str, now: datetime, purpose: str) -> str:
    return f"# {name}, made {now.isoformat()}: {purpose}. Keep it secret, keep a copy.\n"


def _public_name(purpose: bytes, key: bytes) -> str:
    return sha256(b"grounds/key-name/v1\n" + purpose + b"\n" + key).hexdigest()[:16]


def _generate(directory: Path, now: datetime) -> None:
    try:
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        made = Path(tempfile.mkdtemp(prefix="keys.new-", dir=directory))  # mkdtemp gives mode 0700
    except OSError as error:
        raise _cannot_make(directory, error) from None
    try:
        for name, purpose in _PURPOSES.items():
            _write(made / name, _comment(name, now, purpose))
        _sync(made)
        made.rename(directory / "keys")
        _sync(directory)
    except OSError as error:
        shutil.rmtree(made, ignore_errors=True)
        # A folder that is there by now was made whole by another start; its keys count.
        if not (directory / "keys").exists():
            raise _cannot_make(directory, error) from None


def _cannot_make(directory: Path, error: OSError) -> KeysRefused:
    return KeysRefused(f"cannot make keys in `{directory}`: {error.strerror}; make it writable")


def _write(path: Path, comment: str) -> None:
    with os.fdopen(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "w", encoding="ascii") as file:
        file.write(comment + b64encode(secrets.token_bytes(KEY_BYTES)).decode() + "\n")
        file.flush()
        os.fsync(file.fileno())


def _sync(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _read(path: Path) -> bytes:
    _check_private(path)
    try:
        lines = [line for line in path.read_text("ascii").splitlines() if not line.startswith("#")]
        key = b64decode("".join(lines), validate=True)
    except (ValueError, OSError):
        key = b""
    if len(key) != KEY_BYTES:
        raise KeysRefused(f"`{path}` does not hold {KEY_BYTES} bytes in base64; restore it from your copy")
    return key


def _check_private(path: Path) -> None:
    try:
        mode = path.stat().st_mode & 0o777
    except OSError as error:
        raise KeysRefused(f"cannot read `{path}`: {error.strerror}; restore it from your copy") from None
    if mode & 0o077:
        raise KeysRefused(f"`{path}` is open to others (mode {mode:04o}); run `chmod go= {path}`")
