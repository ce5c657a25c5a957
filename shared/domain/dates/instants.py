"""Instants as they are written outside, in UTC, and as people see them; spans in seconds. Pure."""

from datetime import UTC, datetime

from msgspec import Struct

MINUTE_S, HOUR_S, DAY_S = 60, 3600, 86_400


class Moment(Struct, frozen=True):
    """An instant in seconds since 1970, to be shown as local time of the location."""

    at_s: int


def rfc3339(instant_s: int) -> str:
    """Return seconds since 1970 as `2026-11-22T09:30:00Z`."""
    return datetime.fromtimestamp(instant_s, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def read_rfc3339(text: str) -> int:
    """Return the seconds since 1970 of what `rfc3339` wrote; raises `ValueError`."""
    return int(datetime.fromisoformat(text).timestamp())
