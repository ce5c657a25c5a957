"""The cancellation policy in a sentence, and the hash of what a client accepts. Pure.

`Free until Tue 14:00, then 50% of the price; no-show: the full price.`
"""

import hashlib
import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from msgspec import Struct

from shared.domain.catalogue.cancellation_policy import NO_FEE, Cancellation, FeeRule
from shared.domain.catalogue.terms import Terms
from shared.domain.catalogue.terms_document import terms_to_dict
from shared.domain.dates.instants import HOUR_S
from shared.domain.locales import spoken_language
from shared.domain.locations.location import Location
from shared.domain.locations.sum_form import sum_form
from shared.domain.money.money import MAX_PERCENT, Money
from shared.domain.money.written import written

# A week or more before the visit, a weekday alone would name the wrong day.
_DATED_FROM_DAYS = 6
_HASH_VERSION = 1


class _Words(Struct, frozen=True):
    """The parts of the sentence in one language, independent of the machine's locale."""

    language: str
    free: str
    all_of_it: str
    percent: str
    fixed: str
    always: str
    until: str
    then: str
    no_show: str
    moving: str
    moving_at_a_fee: str
    at_least: str
    start: str
    hour: str
    hours: str
    date: str
    weekdays: tuple[str, ...]
    months: tuple[str, ...]


_ENGLISH = _Words(
    language="en",
    free="free",
    all_of_it="the full price",
    percent="{percent}% of the price",
    fixed="{amount} (at most the price)",
    always="Free to cancel at any time",
    until="Free until {at}, then {cost}",
    then=", from {at} {cost}",
    no_show="; no-show: {cost}.",
    moving=" You can move the visit until {at}.",
    moving_at_a_fee=" You can move the visit until {at}, for the same fee as cancelling.",
    at_least=" Since you moved the visit late, cancelling costs at least {cost}.",
    start="the start of the visit",
    hour="1 hour before the visit",
    hours="{hours} hours before the visit",
    date="{weekday} {day} {month}",
    weekdays=("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"),
    months=(
        *("Jan", "Feb", "Mar", "Apr", "May", "Jun"),
        *("Jul", "Aug", "Sep", "Oct", "Nov", "Dec"),
    ),
)
_GERMAN = _Words(
    language="de",
    free="kostenlos",
    all_of_it="der volle Preis",
    percent="{percent} % des Preises",
    fixed="{amount} (höchstens der Preis)",
    always="Jederzeit kostenlos absagbar",
    until="Kostenlos absagbar bis {at}, danach {cost}",
    then=", ab {at} {cost}",
    no_show="; bei Nichterscheinen: {cost}.",
    moving=" Verlegen ist bis {at} möglich.",
    moving_at_a_fee=" Verlegen ist bis {at} möglich und kostet so viel wie eine Absage.",
    at_least=" Nach dem späten Verlegen kostet eine Absage mindestens: {cost}.",
    start="Beginn des Termins",
    hour="1 Stunde vor dem Termin",
    hours="{hours} Stunden vor dem Termin",
    date="{weekday} {day}. {month}",
    weekdays=("Mo", "Di", "Mi", "Do", "Fr", "Sa", "So"),
    months=(
        *("Jan", "Feb", "März", "April", "Mai", "Juni"),
        *("Juli", "Aug", "Sept", "Okt", "Nov", "Dez"),
    ),
)
_WORDS = {each.language: each for each in (_ENGLISH, _GERMAN)}


def policy_text(
    terms: Terms, location: Location, starts_at_s: int | None = None, *, least: FeeRule = NO_FEE
) -> str:
    """Return what cancelling and a no-show cost, and until when a client may move the visit.

    `least` is what cancelling costs at least, after a late move.

    It is in the language of the location's clients.

    With a start (seconds since 1970) it names local days and times of the location, with the offset
    where a clock change makes one ambiguous. Without a start it counts hours
    before the visit. An instant that it names is still free of what comes after it.
    """
    words = _WORDS[spoken_language(location.locale)]
    parts = _parts(terms.cancellation, location, words)
    text = words.always
    for at, (hours_before, cost) in enumerate(parts[1:]):
        boundary = _boundary(hours_before, location.timezone, starts_at_s, words)
        if at == 0:
            text = words.until.format(at=boundary, cost=cost)
        else:
            text += words.then.format(at=boundary, cost=cost)
    no_show = _cost(terms.cancellation.no_show_fee, location, words)
    text += words.no_show.format(cost=no_show)
    if least != NO_FEE:
        text += words.at_least.format(cost=_cost(least, location, words))
    until_hours = terms.reschedule.client_until_hours
    if until_hours is None:
        return text
    moving = words.moving if terms.reschedule.fee == "none" else words.moving_at_a_fee
    return text + moving.format(at=_boundary(until_hours, location.timezone, starts_at_s, words))


def visit_moment(at_s: int, timezone: str, language: str) -> str:
    """Return an instant (seconds since 1970) in words: `Mon 30 Nov 2026 11:20`, on a zone's clock.

    Where a clock change makes it ambiguous, the offset is added.
    """
    words = _WORDS[language]
    local = datetime.fromtimestamp(at_s, UTC).astimezone(ZoneInfo(timezone))
    day = words.date.format(
        weekday=words.weekdays[local.weekday()], day=local.day, month=words.months[local.month - 1]
    )
    text = f"{day} {local:%Y %H:%M}"
    other_offset = local.replace(fold=1 - local.fold).utcoffset()
    return f"{text} ({_offset(local)})" if other_offset != local.utcoffset() else text


def accepted_terms(terms: Terms, location: Location) -> dict[str, Any]:
    """Return everything that a client accepts with a booking, as it is kept for evidence.

    `hold_minutes` is not part of it: how long a slot waits is not a promise about money.
    """
    document = terms_to_dict(terms)
    del document["hold_minutes"]
    return {
        "version": _HASH_VERSION,
        "terms": document,
        "currency": location.currency,
        "timezone": location.timezone,
        "language": spoken_language(location.locale),
        "text": policy_text(terms, location),
    }


def terms_hash(accepted: Mapping[str, Any]) -> str:
    """Return the SHA-256, in hex, of what `accepted_terms` gave, as canonical JSON.

    Canonical: sorted names, no white space, UTF-8.
    """
    document = json.dumps(accepted, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(document.encode()).hexdigest()


def _parts(cancellation: Cancellation, location: Location, words: _Words) -> list[tuple[int, str]]:
    """Return what is due from how many hours before the visit, the earliest first.

    Neighbouring steps that cost the same are merged.
    """
    parts = [(0, _cost(NO_FEE, location, words))]
    for step in sorted(cancellation.steps, key=lambda step: -step.hours_before):
        cost = _cost(step.fee, location, words)
        if cost != parts[-1][1]:
            parts.append((step.hours_before, cost))
    return parts


def _cost(fee: FeeRule, location: Location, words: _Words) -> str:
    if fee.type == "full" or fee.percent == MAX_PERCENT:
        return words.all_of_it
    if fee.type == "percent":
        return words.percent.format(percent=fee.percent)
    if fee.type == "fixed":
        amount = written(Money(fee.amount_minor or 0, location.currency), sum_form(location))
        return words.fixed.format(amount=amount)
    return words.free


def _boundary(hours_before: int, timezone: str, starts_at_s: int | None, words: _Words) -> str:
    if starts_at_s is None:
        if hours_before == 0:
            return words.start
        return words.hour if hours_before == 1 else words.hours.format(hours=hours_before)
    zone = ZoneInfo(timezone)
    instant_s = starts_at_s - hours_before * HOUR_S
    local = datetime.fromtimestamp(instant_s, UTC).astimezone(zone)
    start = datetime.fromtimestamp(starts_at_s, UTC).astimezone(zone)
    text = words.weekdays[local.weekday()]
    if (start.date() - local.date()).days > _DATED_FROM_DAYS:
        text = words.date.format(weekday=text, day=local.day, month=words.months[local.month - 1])
    text += f" {local:%H:%M}"
    other_offset = local.replace(fold=1 - local.fold).utcoffset()
    # Two instants have this local time: only the offset tells them apart.
    return f"{text} ({_offset(local)})" if other_offset != local.utcoffset() else text


def _offset(local: datetime) -> str:
    offset = local.utcoffset() or timedelta()
    sign = "-" if offset < timedelta() else "+"
    minutes = abs(offset) // timedelta(minutes=1)
    return f"UTC{sign}{minutes // 60:02d}:{minutes % 60:02d}"
