"""Answers a request line by line: each line is begun as it comes in, and answered in its place as soon as it is done.

Three things go on at once. Reading waits for nothing, so that a caller who sends everything before they read an answer
does not stand still; work stays so many lines ahead of the answers; answering waits for the caller. What was read and
not begun yet is kept in memory, which is why there are bounds.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from typing import Any

import msgspec
from litestar.types import Receive

from api.errors import Mistake, TooLarge
from api.ndjson import Line, Lines

AT_ONCE = 64
"""Lines of one caller that are under way at the same time."""


class Bounds(msgspec.Struct, frozen=True):
    """How much one request may hold."""

    lines: int
    total_bytes: int
    line_bytes: int

    def refusal(self, lines: int, total_bytes: int) -> TooLarge | None:
        """Say that it holds more; None if it does not."""
        if lines <= self.lines and total_bytes <= self.total_bytes:
            return None
        problem = f"more than {self.lines} lines or {self.total_bytes} bytes"
        return TooLarge(mistakes=[Mistake("", problem, "send what follows in another request")])


class Conversation:
    """One request."""

    def __init__(self, receive: Receive, bounds: Bounds) -> None:
        self._receive, self._bounds = receive, bounds
        self._read: asyncio.Queue[Line | TooLarge | None] = asyncio.Queue()
        self._begun: asyncio.Queue[Awaitable[bytes] | None] = asyncio.Queue(AT_ONCE)
        self._left = False  #: whether the caller is gone; what they are not told of is not begun

    async def run(
        self, answer: Callable[[Line | TooLarge], Coroutine[Any, Any, bytes]], tell: Callable[[bytes], Awaitable[None]]
    ) -> None:
        """Have every line answered, and the refusal of what is too much, and tell the answers one after the other."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._reading())
            group.create_task(self._beginning(lambda line: group.create_task(answer(line))))
            while (begun := await self._begun.get()) is not None:
                await tell(await begun)

    async def _reading(self) -> None:
        lines, count, size = Lines(self._bounds.line_bytes), 0, 0
        refusal: TooLarge | None = None
        async for piece, last in self._pieces():
            if refusal is not None:
                continue  # read all the same: whoever is cut off in the middle of sending hears no answer
            within, size = piece[: self._bounds.total_bytes - size], size + len(piece)
            for line in (*lines.feed(within), *(lines.end() if last and size <= self._bounds.total_bytes else ())):
                count += 1
                if count <= self._bounds.lines:
                    self._read.put_nowait(line)
            if (refusal := self._bounds.refusal(count, size)) is not None:
                self._read.put_nowait(refusal)
        self._read.put_nowait(None)

    async def _pieces(self) -> AsyncIterator[tuple[bytes, bool]]:
        """Give the pieces of the body, and whether each is the last."""
        last = False
        while not last:
            message = await self._receive()
            if message["type"] != "http.request":
                self._left = True
                return
            last = not message["more_body"]
            yield message["body"], last

    async def _beginning(self, begin: Callable[[Line | TooLarge], Awaitable[bytes]]) -> None:
        while (line := await self._read.get()) is not None and not self._left:
            await self._begun.put(begin(line))
            await asyncio.sleep(0)  # the engine has one thread: let others be decided between two lines
        await self._begun.put(None)
