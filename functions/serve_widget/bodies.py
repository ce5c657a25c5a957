"""The bodies of a client's requests about their own booking; read without pydantic's slow start."""

from collections.abc import Collection
from datetime import UTC, datetime
from typing import Any

from shared.domain.catalogue.services import NO_ID, is_catalogue_id
from shared.domain.errors import InvalidInput
from shared.domain.mistakes import mistake, pointer_to
from shared.domain.money.money import MAX_AMOUNT_MINOR
from shared.domain.visits.new_time import NewTime
from shared.entrypoints.json_bodies import read_object

FEE, STARTS_AT, EMPLOYEE = "accepted_fee", "starts_at", "employee_id"
AN_INSTANT = "must be an instant such as 2026-12-01T10:00:00Z"
FIRST_YEAR, LAST_YEAR = 1971, 9998


def read_accepted_fee(body: str | None) -> int | None:
    """Return the fee that a body accepts, `None` where it names none; raises `InvalidInput`."""
    document = _read(body, {FEE})
    fee: int | None = document.get(FEE)
    return fee


def read_move(body: str | None) -> tuple[NewTime, int | None]:
    """Return where a client wants to move their visit, and the fee that they accept.

    Raises `InvalidInput`.
    """
    document = _read(body, {FEE, STARTS_AT, EMPLOYEE})
    starts_at_s = _instant_s(document.get(STARTS_AT))
    if starts_at_s is None:
        raise _invalid([mistake(pointer_to(STARTS_AT), AN_INSTANT)])
    return NewTime(starts_at_s, document.get(EMPLOYEE)), document.get(FEE)


def _read(body: str | None, known: Collection[str]) -> dict[str, Any]:
    document = read_object(body)
    errors = [
        mistake(pointer_to(name), "is not known here") for name in sorted(document.keys() - known)
    ]
    fee, employee_id = document.get(FEE), document.get(EMPLOYEE)
    if FEE in document and (type(fee) is not int or not 0 <= fee <= MAX_AMOUNT_MINOR):
        errors.append(mistake(pointer_to(FEE), "must be a whole number, in minor units"))
    is_named = EMPLOYEE in known and employee_id is not None
    if is_named and not (isinstance(employee_id, str) and is_catalogue_id(employee_id)):
        errors.append(mistake(pointer_to(EMPLOYEE), NO_ID))
    if errors:
        raise _invalid(errors)
    return document


def _instant_s(text: object) -> int | None:
    """Return an instant with its offset in seconds since 1970, `None` for anything else."""
    # Without a T it would be a day.
    if not isinstance(text, str) or "T" not in text.upper():
        return None
    try:
        instant = datetime.fromisoformat(text)
    except ValueError:
        return None
    is_usable = instant.tzinfo is not None and FIRST_YEAR <= instant.year <= LAST_YEAR
    return int(instant.astimezone(UTC).timestamp()) if is_usable else None


def _invalid(errors: list[dict[str, str]]) -> InvalidInput:
    return InvalidInput("Some fields are not valid.", errors=errors)
