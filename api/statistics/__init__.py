"""Statistics: what the read models add up to. Counts with their whole beside them, and nothing personal.

A rate is told only where enough cases stand behind it; the counts always are (docs/statistics.md).
"""

from __future__ import annotations

from api.statistics.backlog import backlog
from api.statistics.conclusions import conclusions
from api.statistics.mix import mix
from api.statistics.overturns import overturns
from api.statistics.shares import LEAST, Share
from api.statistics.windows import Window

__all__ = ["LEAST", "Share", "Window", "backlog", "conclusions", "mix", "overturns"]
