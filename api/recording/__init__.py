"""From a decision that was made to one that is recorded: in the writer's thread, or in a process of its own.

The second way leaves the event loop its interpreter's lock (docs/adr/0020). Both do the same work with the same code.
"""

from __future__ import annotations

from api.recording.apart import Apart
from api.recording.draft import Draft, Made, Recorded
from api.recording.recorder import Recorder

__all__ = ["Apart", "Draft", "Made", "Recorded", "Recorder"]
