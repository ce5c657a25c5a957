"""A delivery of an order about a booking's money."""

from msgspec import Struct


class Ordered(Struct, frozen=True):
    """The booking that an order is about, and how often the order was delivered."""

    location_id: str
    booking_id: str
    attempt: int
