"""Ids that are derived, not drawn: a repetition makes the same ones. Pure."""

import hashlib

_CHARS = 24


def derived_id(prefix: str, *parts: str) -> str:
    """Return an id such as `rf_0f3a...`, which depends on the parts alone."""
    return f"{prefix}_{hashlib.sha256('/'.join(parts).encode()).hexdigest()[:_CHARS]}"
