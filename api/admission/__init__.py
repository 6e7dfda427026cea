"""Admission: who is asking, proved by an API key or a token, and how often they may.

`admission(service, clock)` builds the gate that stands before every route; `Keyring` holds the keys.
"""

from __future__ import annotations

from api.admission.assembly import admission
from api.admission.gate import Admitted, Gate
from api.admission.keyring import Because, Keyring, narrowed
from api.admission.known import KnownKey
from api.admission.uses import Uses

__all__ = ["Admitted", "Because", "Gate", "Keyring", "KnownKey", "Uses", "admission", "narrowed"]
