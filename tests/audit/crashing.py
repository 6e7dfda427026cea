"""A process to be killed: appends to the log of a folder from eight threads and prints what was acknowledged.

Started by test_crash.py as `python -m tests.audit.crashing FOLDER ROUND`.
"""

from __future__ import annotations

import os
import sys
import threading
from pathlib import Path

from audit import Writer
from tests.audit.cases import clock, event, opened, sealing

THREADS = 8
PER_ROUND = 1_000_000


def main(folder: Path, turn: int) -> None:
    """Append until killed; a line `EVENT INDEX` is written only after the future has resolved."""
    with opened(folder) as log, Writer(log, clock) as writer:

        def caller(thread: int) -> None:
            number = turn * PER_ROUND * THREADS + thread
            while True:
                index = writer.submit(sealing(log, number, f"person-{number % 50}")).result()
                os.write(1, f"{event(number)} {index}\n".encode())
                number += THREADS

        os.write(1, b"started\n")
        threads = [threading.Thread(target=caller, args=(each,)) for each in range(THREADS)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
