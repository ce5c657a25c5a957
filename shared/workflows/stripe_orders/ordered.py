"""An order as it comes off the bus."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Ordered:
    """An order off the bus: whose booking, its other ids, and how often it has been handed over."""

    location_id: str
    booking_id: str
    detail: Mapping[str, Any]
    attempt: int
