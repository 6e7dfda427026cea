"""Tries policies in a throw-away process (`engine.trial`) before this one loads them: a crash or a hang stays there."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import msgspec

from api.errors import TrialFailed
from engine import PolicyError
from engine.trial import Verdict

_LAST_WORDS = 300  #: as much of a failed process's last line is repeated


def try_policies(folder: Path, memory_mib: int, seconds: int) -> Mapping[str, str]:
    """Give the digests of the policies in a folder that load, compile and decide their examples.

    Raise PolicyError with their findings, or TrialFailed if the process crashed, hung or took too much memory.
    """
    command = [sys.executable, "-m", "engine.trial", str(folder), str(memory_mib), str(seconds)]
    try:
        done = subprocess.run(  # noqa: S603  # our own command
            command, capture_output=True, timeout=seconds, check=False, env=_environment()
        )
    except subprocess.TimeoutExpired:
        raise TrialFailed(f"the policies in `{folder}` were still loading after {seconds} s") from None
    if done.returncode:
        raise TrialFailed(f"loading the policies in `{folder}` {_end(done, memory_mib)}")
    verdict = msgspec.json.decode(done.stdout, type=Verdict)
    if verdict.findings:
        raise PolicyError(verdict.findings)
    return verdict.digests


def _environment() -> dict[str, str]:
    """What the process needs of ours; secrets stand among our settings."""
    ours = {name: value for name, value in os.environ.items() if not name.startswith("GROUNDS_")}
    return ours | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))}


def _end(done: subprocess.CompletedProcess[bytes], memory_mib: int) -> str:
    if done.returncode < 0:
        return f"ended a trial process with {signal.Signals(-done.returncode).name}"
    last = done.stderr.decode(errors="replace").strip().splitlines()[-1:] or ["without a word"]
    if last[0].startswith("MemoryError"):
        return f"took more than {memory_mib} MiB"
    return f"failed in a trial process: {last[0][:_LAST_WORDS]}"
