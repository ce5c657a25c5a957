"""Ids of what follows from a booking by itself: a repetition makes the same ones. Pure."""

import hashlib

_CHARS = 24


def derived_id(prefix: str, *parts: str) -> str:
    """Return an id such as `rf_0f3a...` that the parts alone decide."""
    return f"{prefix}_{hashlib.sha256('/'.join(parts).encode()).hexdigest()[:_CHARS]}"
