"""A Python session that a page goes through, block by block, as its reader would."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_DONE, _FAILED = "\x00done\n", "\x00failed\n"
_LOOP = """
import json, sys, traceback
names = {"__name__": "__main__"}
for line in sys.stdin:
    try:
        exec(compile(json.loads(line), "<page>", "exec"), names)
    except BaseException:
        traceback.print_exc(file=sys.stdout)
        print("\\x00failed", flush=True)
    else:
        print("\\x00done", flush=True)
"""


class Session:
    """A running interpreter that remembers what earlier blocks made."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process

    def run(self, source: str) -> tuple[str, bool]:
        """Run a block; give what it printed, and whether it went through."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(source) + "\n")
        self._process.stdin.flush()
        printed = ""
        for line in self._process.stdout:
            if line.endswith((_DONE, _FAILED)):
                return printed + line.removesuffix(_DONE).removesuffix(_FAILED), line.endswith(_DONE)
            printed += line
        return printed, False


@contextmanager
def session(workspace: Path, environment: dict[str, str]) -> Iterator[Session]:
    """Keep an interpreter for the length of a page."""
    command = [sys.executable, "-u", "-c", _LOOP]
    with subprocess.Popen(
        command, cwd=workspace, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        try:
            yield Session(process)
        finally:
            process.terminate()
