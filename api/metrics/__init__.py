"""Figures for whoever operates this: what was served and decided, and how log, writer and engine stand."""

from __future__ import annotations

from api.metrics.meters import CONTENT_TYPE, Meters
from api.metrics.standing import Standing

__all__ = ["CONTENT_TYPE", "Meters", "Standing"]
