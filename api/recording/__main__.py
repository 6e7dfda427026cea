"""``python -m api.recording FD``: the process that records, begun by `Apart` and by nobody else.

Its settings come on standard input, drafts on the socket FD.
"""

from __future__ import annotations

import pickle
import signal
import socket
import sys

from api.recording.process import serve

if __name__ == "__main__":
    # Who stops the service stops it in order: what waits here is recorded first, and then the socket is closed.
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    with socket.socket(fileno=int(sys.argv[1])) as pair:
        serve(pair, pickle.load(sys.stdin.buffer))  # noqa: S301  # the service wrote it
