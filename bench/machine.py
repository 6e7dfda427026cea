"""Says on what machine a figure was taken: without that it is not a figure."""

from __future__ import annotations

import os
import platform
import statistics
from collections.abc import Sequence
from pathlib import Path


def describe() -> str:
    """Name the processor, the cores we may use, the system and the Python."""
    return (
        f"{_processor()}, {len(os.sched_getaffinity(0))} cores, load {os.getloadavg()[0]:.1f}, "
        f"{platform.system()} {platform.release()}, {platform.python_implementation()} {platform.python_version()}"
    )


def _processor() -> str:
    for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.machine()


def spread(seconds: Sequence[float], unit: float) -> str:
    """Print a sample as median, 99th percentile and best, in `unit` seconds (1e-6 for microseconds)."""
    ranked = sorted(second / unit for second in seconds)
    return (
        f"median {statistics.median(ranked):8.1f}   p99 {ranked[int(len(ranked) * 0.99)]:8.1f}   best {ranked[0]:8.1f}"
    )
