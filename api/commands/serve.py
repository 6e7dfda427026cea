"""``grounds serve``: the HTTP service, with the process that records for it, until it is told to stop."""

from __future__ import annotations

import signal
import socket
from types import FrameType
from typing import TYPE_CHECKING, Annotated

import typer

from api.commands.failures import CommandFailed
from api.commands.options import Data, Database, Policies, settings
from api.settings import Settings

if TYPE_CHECKING:
    import uvicorn
    from litestar import Litestar

_BACKLOG = 2_048  #: connections that may wait to be taken


def serve(
    host: Annotated[str | None, typer.Option(help="address to listen on [127.0.0.1]", show_default=False)] = None,
    port: Annotated[int | None, typer.Option(min=0, max=65_535, help="[8000]", show_default=False)] = None,
    data: Data = None,
    database: Database = None,
    policies: Policies = None,
) -> None:
    """Serve decisions over HTTP; one JSON log line per request on standard error."""
    run(settings(host=host, port=port, data=data, url=database, policies=policies))


def run(chosen: Settings) -> None:
    """Serve until SIGTERM or SIGINT; requests under way are answered and the writer is drained before it returns."""
    import uvicorn

    from api.app import create_app
    from api.collecting import settle
    from api.logs import configure, log

    configure()
    with _listening(chosen) as listener:
        app = create_app(chosen, apart=chosen.recorder == "process")
        config = _config(app, chosen)
        signal.signal(signal.SIGHUP, lambda *_: app.state.reloading.in_background("service"))
        # uvicorn raises the signal again once it has shut down; by then all is done, so it may come to nothing.
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, _already_done)
        settle()
        host, port = listener.getsockname()[:2]
        log.info("serving", host=host, port=port, data=str(chosen.data), page=f"http://{host}:{port}/schema")
        uvicorn.Server(config).run(sockets=[listener])
        log.info("stopped")


def _listening(chosen: Settings) -> socket.socket:
    """Take the address before anything else is begun; raise CommandFailed if it is not to be had."""
    family = socket.AF_INET6 if ":" in chosen.host else socket.AF_INET
    try:
        return socket.create_server((chosen.host, chosen.port), family=family, backlog=_BACKLOG)
    except OSError as error:
        reason = (error.strerror or str(error)).split(" (while")[0].lower()
        raise CommandFailed(f"cannot listen on {chosen.host}:{chosen.port}: {reason} (try --port or --host)") from None


def _config(app: Litestar, chosen: Settings) -> uvicorn.Config:
    import uvicorn

    from api.wire import WholeAnswers

    return uvicorn.Config(
        app,
        loop="uvloop",
        http=WholeAnswers,
        lifespan="on",
        access_log=False,  # it would write query strings; our own line does not
        log_config=None,
        server_header=False,
        proxy_headers=False,  # it would believe anybody on this machine; settings name whom we believe
        timeout_graceful_shutdown=chosen.shutdown_seconds,
    )


def _already_done(_: int, __: FrameType | None) -> None:
    """Take no notice."""
