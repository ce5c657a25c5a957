"""Whether a text can be a booking's id at all: checked before it is looked up. Pure."""

from shared.domain.errors import NotFound

# Longer than any of ours; DynamoDB refuses keys of kilobytes, which would look like an outage.
MAX_ID_CHARS = 64


def is_booking_id(text: str) -> bool:
    """Whether a booking can have this id."""
    return 0 < len(text) <= MAX_ID_CHARS


def require_booking_id(text: str) -> str:
    """Return the id; raises `NotFound` `booking_not_found` if no booking can have it."""
    if not is_booking_id(text):
        raise NotFound("There is no such booking here.", code="booking_not_found")
    return text
