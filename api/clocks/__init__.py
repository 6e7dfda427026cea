"""Deadlines: which period a decision, an appeal or a request begins, and on which day it ends (docs/clocks.md)."""

from api.clocks.counting import Due, soonest
from api.clocks.lengths import Length
from api.clocks.packs import Clock, ClockKind, Event, Extension, Pack, PackRefused
from api.clocks.running import Clocks

__all__ = ["Clock", "ClockKind", "Clocks", "Due", "Event", "Extension", "Length", "Pack", "PackRefused", "soonest"]
