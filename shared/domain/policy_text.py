"""The cancellation policy in a sentence, and the hash of what a client accepts. Pure.

`Free until Tue 14:00, then 50 % of the price, from Wed 14:00 all of it; no-show: all of it.`
"""

import hashlib
import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from shared.domain.cancellation import HOUR_S, NO_FEE, Cancellation, Fee
from shared.domain.money import MAX_PERCENT, Money
from shared.domain.terms import Terms
from shared.domain.terms_document import terms_to_dict

# The language of the sentence, whatever the location's locale: it is written in English so far.
TEXT_LANGUAGE = "en"
# What a day is called in a sentence must not depend on the machine's locale.
_WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
# From a week before the visit on, a weekday alone would name the wrong one.
_DATED_FROM_DAYS = 6
_HASH_VERSION = 1


def policy_text(
    cancellation: Cancellation,
    currency: str,
    timezone: str,
    starts_at_s: int | None = None,
) -> str:
    """Return what cancelling and not coming costs, in English.

    With a start (seconds since 1970) it names days and times on the wall of `timezone`, an IANA
    name; where a clock change makes one ambiguous, with its offset. Without a start it counts
    hours before the visit. An instant that it names is still free of what comes after it.
    """
    parts = _parts(cancellation, currency)
    text = parts[0][1].capitalize()
    for at, (hours_before, wording) in enumerate(parts[1:]):
        boundary = _boundary(hours_before, timezone, starts_at_s)
        text += f" until {boundary}, then {wording}" if at == 0 else f", from {boundary} {wording}"
    if len(parts) == 1:
        text = "Free to cancel at any time"
    no_show = cancellation.no_show_fee
    return f"{text}; no-show: {_wording(no_show, currency)}."


def accepted_terms(terms: Terms, currency: str, timezone: str, text: str) -> dict[str, Any]:
    """Return everything that a client accepts with a booking, as it is kept for evidence.

    `hold_minutes` is not among it: how long a slot waits is no promise about money.
    """
    document = terms_to_dict(terms)
    del document["hold_minutes"]
    return {
        "version": _HASH_VERSION,
        "terms": document,
        "currency": currency,
        "timezone": timezone,
        "language": TEXT_LANGUAGE,
        "text": text,
    }


def terms_hash(accepted: Mapping[str, Any]) -> str:
    """Return the SHA-256, in hex, of what `accepted_terms` gave, as canonical JSON.

    Canonical: sorted names, no white space, UTF-8.
    """
    document = json.dumps(accepted, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(document.encode()).hexdigest()


def _parts(cancellation: Cancellation, currency: str) -> list[tuple[int, str]]:
    """Return from how many hours before the visit on what is to be paid, the earliest first.

    Neighbours that cost the same are one.
    """
    parts = [(0, _wording(NO_FEE, currency))]
    for step in sorted(cancellation.steps, key=lambda step: -step.hours_before):
        wording = _wording(step.fee, currency)
        if wording != parts[-1][1]:
            parts.append((step.hours_before, wording))
    return parts


def _wording(fee: Fee, currency: str) -> str:
    if fee.type == "full" or fee.percent == MAX_PERCENT:
        return "all of it"
    if fee.type == "percent":
        return f"{fee.percent} % of the price"
    if fee.type == "fixed":
        return f"{Money(fee.amount_minor or 0, currency).format_plain()} (at most the price)"
    return "free"


def _boundary(hours_before: int, timezone: str, starts_at_s: int | None) -> str:
    if starts_at_s is None:
        if hours_before == 0:
            return "the start of the visit"
        return f"{hours_before} hour{'' if hours_before == 1 else 's'} before the visit"
    zone = ZoneInfo(timezone)
    instant_s = starts_at_s - hours_before * HOUR_S
    local = datetime.fromtimestamp(instant_s, UTC).astimezone(zone)
    start = datetime.fromtimestamp(starts_at_s, UTC).astimezone(zone)
    text = _WEEKDAYS[local.weekday()]
    if (start.date() - local.date()).days > _DATED_FROM_DAYS:
        text += f" {local.day} {_MONTHS[local.month - 1]}"
    text += f" {local:%H:%M}"
    other_offset = local.replace(fold=1 - local.fold).utcoffset()
    # Two instants have this time of day: only the offset tells which.
    return f"{text} ({_offset(local)})" if other_offset != local.utcoffset() else text


def _offset(local: datetime) -> str:
    offset = local.utcoffset() or timedelta()
    sign = "-" if offset < timedelta() else "+"
    minutes = abs(offset) // timedelta(minutes=1)
    return f"UTC{sign}{minutes // 60:02d}:{minutes % 60:02d}"
