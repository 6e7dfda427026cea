"""How a long-running service keeps its memory."""

from __future__ import annotations

import subprocess
import sys

PROGRAM = """
import gc
from api.collecting import settle
before = gc.get_threshold()
settle()
assert gc.get_threshold() > before, gc.get_threshold()
assert gc.get_freeze_count() > 0
import ctypes, threading
libc = ctypes.CDLL(None)
if hasattr(libc, "malloc_info"):
    def work():
        kept = [ctypes.create_string_buffer(100_000) for _ in range(10)]
        waiting.wait()
    waiting = threading.Barrier(9)
    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    libc.fopen.restype = ctypes.c_void_p
    stream = ctypes.c_void_p(libc.fopen(b"/dev/stdout", b"w"))
    libc.malloc_info(0, stream)
    libc.fclose(stream)
    waiting.wait()
"""


def test_threads_share_two_heaps() -> None:
    """Once a service has settled, eight threads that hold memory at the same time have it from two heaps at most."""
    told = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=True).stdout

    assert told.count("<heap nr=") <= 2
