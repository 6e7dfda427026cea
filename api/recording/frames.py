"""What goes between the service and the process that records: frames of MessagePack, and errors.

Both ends are this program over a pair of sockets nobody else has. A frame is its length in four bytes, little endian,
and that many bytes.
"""

from __future__ import annotations

import pickle
from collections.abc import Iterator
from typing import Final

import msgspec

from api.recording.draft import Draft, Instead
from audit import AuditError

LENGTH: Final = 4


class Asked(msgspec.Struct, frozen=True, array_like=True):
    """A draft to record, and the number its answer will have."""

    number: int
    draft: Draft


class Answered(msgspec.Struct, frozen=True, array_like=True):
    """What came of a draft."""

    number: int
    index: int = -1
    size: int = 0  #: of the checkpoint that covers it
    replayed: bool = False  #: an earlier request recorded it
    instead: Instead | None = None
    error: bytes = b""  #: why it was not recorded; empty if it was


class Frames:
    """Takes bytes as they come and gives the frames that are whole."""

    def __init__(self) -> None:
        self._came = b""  # of a frame that is not whole

    def feed(self, data: bytes | memoryview) -> Iterator[memoryview]:
        """Give the frames that these bytes complete, each to be read before the next is asked for."""
        # Frames of a batch are long, and each copy pushes other things out of the processor's cache.
        came = memoryview(self._came + data if self._came else data)
        start = 0
        while len(came) - start >= LENGTH:
            end = start + LENGTH + int.from_bytes(came[start : start + LENGTH], "little")
            if end > len(came):
                break
            yield came[start + LENGTH : end]
            start = end
        self._came = bytes(came[start:])


def framed(body: bytes) -> bytes:
    """Write a frame."""
    return len(body).to_bytes(LENGTH, "little") + body


def packed(error: BaseException) -> bytes:
    """Write an error with all it says; of one that cannot be written, its kind."""
    try:
        return pickle.dumps((type(error), error.args, error.__dict__))
    except Exception:  # noqa: BLE001  # whatever stands in its way
        return pickle.dumps((AuditError, (f"recording failed: {type(error).__qualname__}",), {}))


def unpacked(text: bytes) -> BaseException:
    """Read what `packed` wrote."""
    kind, arguments, attributes = pickle.loads(text)  # noqa: S301  # our own process wrote it
    error: BaseException = kind.__new__(kind, *arguments)
    error.__dict__.update(attributes)
    return error
