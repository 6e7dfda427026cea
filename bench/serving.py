"""The servers that `bench.serve` compares: `python -m bench.serving WHICH PORT DATA POLICIES` runs one of them.

All but the bare one are the application as `grounds serve` runs it; what differs is done to it here and nowhere else.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

from litestar import Litestar, post
from litestar.params import JSONBody

from api import answers
from api.accounts.account import Account
from api.commands import serve
from api.recording import Recorded
from api.schemas import DecisionRequest
from api.settings import Settings
from api.workflow import Workflow


def grouped(settings: Settings) -> None:
    """Serve as a user does: all who wait share a commit."""
    serve.run(settings)


def alone(settings: Settings) -> None:
    """Give every request a commit of its own."""
    serve.run(settings.model_copy(update={"batch_limit": 1}))


def unrecorded(settings: Settings) -> None:
    """Decide and answer the same, and record nothing."""

    def ask(
        self: Workflow, request: DecisionRequest, actor: str, key: str, line: Account | None = None
    ) -> asyncio.Future[Recorded]:
        made = self._decided(request, actor, key, line)
        assert not isinstance(made, Recorded)
        future: asyncio.Future[Recorded] = asyncio.get_running_loop().create_future()
        future.set_result(Recorded(0, made.request, made.answer))
        return future

    def answer(_: Workflow, recorded: Recorded, _actor: str) -> bytes:
        assert recorded.answer is not None
        return answers.finished(recorded.answer, 0, 1)  # there is no log to ask where it stands

    Workflow.ask = ask  # type: ignore[method-assign]  # that is the point
    Workflow.answer = answer  # type: ignore[method-assign,assignment]  # as above
    serve.run(settings)


def bare(settings: Settings) -> None:
    """Serve a plain handler of the framework that holds the same body against the same struct and does nothing else."""
    import uvicorn

    @post("/decisions")
    async def validated(data: JSONBody[DecisionRequest]) -> dict[str, str]:
        return {"subject": data.subject}

    app = Litestar([validated], logging_config=None, openapi_config=None)
    uvicorn.run(
        app, host=settings.host, port=settings.port, loop="uvloop", http="httptools", access_log=False, log_config=None
    )


SERVERS: Mapping[str, Callable[[Settings], None]] = {each.__name__: each for each in (grouped, alone, unrecorded, bare)}


def main(which: str, port: str, data: str, policies: str) -> None:
    """Serve until told to stop."""
    SERVERS[which](Settings(data=Path(data), port=int(port), policies=Path(policies)))


if __name__ == "__main__":
    main(*sys.argv[1:])
