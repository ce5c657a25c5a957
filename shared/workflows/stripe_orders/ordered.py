"""An order as it is received from the bus."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Ordered:
    """An order from the bus: its booking, its other ids, and how often it was delivered."""

    location_id: str
    booking_id: str
    detail: Mapping[str, Any]
    attempt: int
