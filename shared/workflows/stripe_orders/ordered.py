"""A delivery of an order about a booking's money."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Ordered:
    """The booking that an order is about, and how often the order was delivered."""

    location_id: str
    booking_id: str
    attempt: int
