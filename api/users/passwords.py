"""Passwords that people choose, kept as scrypt hashes (RFC 7914) in the manner of PHC strings.

One hash takes 32 MiB and about a quarter of a second: ln=15, r=8, p=3, one of the settings OWASP's Password Storage
Cheat Sheet recommends. What a password must be follows NIST SP 800-63B: long, and no rules about signs.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
import threading
import unicodedata
from base64 import b64decode, b64encode

from api.errors import InvalidBody, Mistake

SHORTEST, LONGEST = 12, 200  #: characters
_LN, _R, _P = 15, 8, 3
_SALT_BYTES = 16
_ROOM = 2 * 128 * _R * 2**_LN  #: bytes OpenSSL may take for one hash
_ALPHABET = "abcdefghijkmnpqrstuvwxyz23456789"  #: 32 signs nobody takes for another one
_GROUPS, _EACH = 4, 5
_TURNS = threading.BoundedSemaphore(2)  #: so that whoever floods the sign-in takes two cores and 64 MiB, not all


def handed() -> str:
    """Draw a password of 100 random bits, to be handed to somebody who then chooses their own."""
    return "-".join("".join(secrets.choice(_ALPHABET) for _ in range(_EACH)) for _ in range(_GROUPS))


def checked(password: str, login: str) -> str:
    """Give a password that may be chosen; raise InvalidBody saying why it may not."""
    if not SHORTEST <= len(password) <= LONGEST:
        problem = f"has {len(password)} characters, and {SHORTEST} to {LONGEST} are taken"
    elif login.casefold() in password.casefold():
        problem = "holds the name you sign in with"
    elif len(set(password)) < 5:
        problem = "is the same few characters over and over"
    else:
        return password
    raise InvalidBody(mistakes=[Mistake("password", problem, "a few words that nobody says together are good")])


def stored(password: str) -> str:
    """Give what is kept of a password: salt and hash, with the settings they were made with."""
    salt = secrets.token_bytes(_SALT_BYTES)
    return f"$scrypt$ln={_LN},r={_R},p={_P}${_text(salt)}${_text(_hashed(password, salt, (_LN, _R, _P)))}"


def fits(password: str, kept: str) -> bool:
    """Whether a password is the one of which `kept` was stored; takes as long for a wrong one."""
    _, _, settings, salt, found = kept.split("$")
    ln, r, p = (int(each.partition("=")[2]) for each in settings.split(","))
    return hmac.compare_digest(_hashed(password, b64decode(salt), (ln, r, p)), b64decode(found))


def _hashed(password: str, salt: bytes, settings: tuple[int, int, int]) -> bytes:
    ln, r, p = settings
    text = unicodedata.normalize("NFKC", password).encode("utf-8", "surrogatepass")
    with _TURNS:
        return hashlib.scrypt(text, salt=salt, n=2**ln, r=r, p=p, maxmem=_ROOM, dklen=32)


def _text(raw: bytes) -> str:
    return b64encode(raw).decode()
