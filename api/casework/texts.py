"""What lies sealed beside the entries of casework: ``{"body":...}``, the request as it was taken, and what we added."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec


class Told(msgspec.Struct, frozen=True, omit_defaults=True):
    """What is sealed beside one entry."""

    body: msgspec.Raw
    added: Mapping[str, Any] = {}  #: what the service adds, e.g. the verdict of deciding again


class _Corrections(msgspec.Struct, frozen=True):
    facts: dict[str, Any] = {}


def sealed_text(body: bytes, added: Mapping[str, Any]) -> bytes:
    """Write what is sealed."""
    return msgspec.json.encode(Told(msgspec.Raw(body), added))


def body_bytes(body: object) -> bytes:
    """Write a body so that two are equal exactly if they ask the same."""
    return msgspec.json.encode(body, order="sorted")


def read(plaintext: bytes) -> Told:
    """Take a sealed text apart."""
    return msgspec.json.decode(plaintext, type=Told)


def corrections(plaintext: bytes) -> dict[str, Any]:
    """Give the facts that a sealed appeal or answer puts right."""
    return msgspec.json.decode(read(plaintext).body, type=_Corrections).facts
