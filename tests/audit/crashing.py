"""A process to be killed: appends to the log of a folder from eight threads and prints what was acknowledged.

Started by test_crash.py and bench/faults.py as `python -m tests.audit.crashing FOLDER TURN [MOST]`; with MOST it ends
by itself, in good order, after so many entries a thread.
"""

from __future__ import annotations

import os
import sys
import threading
from itertools import count
from pathlib import Path

from audit import Writer
from audit.sqlite import moving
from tests.audit.cases import clock, event, opened, sealing

THREADS = 8
PER_TURN = 1_000_000


def main(folder: Path, turn: int, most: int | None = None) -> None:
    """Append; a line `EVENT INDEX` is written only after the future has resolved."""
    moving.PAGES_AHEAD = 100  # so that the write-ahead log is moved again and again, and killed at that too
    with opened(folder) as log, Writer(log, clock) as writer:

        def caller(thread: int) -> None:
            for number in count() if most is None else range(most):
                event_number = (turn * PER_TURN + number) * THREADS + thread
                work = sealing(log, event_number, f"person-{number % 50}")
                index = writer.submit(work, event(event_number)).result()
                os.write(1, f"{event(event_number)} {index}\n".encode())

        os.write(1, b"started\n")
        threads = [threading.Thread(target=caller, args=(each,)) for each in range(THREADS)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), *map(int, sys.argv[3:]))
