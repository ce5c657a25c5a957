"""The oracle's figures in the shape in which the product's are read back."""

from collections.abc import Container, Iterable
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from tests.truth import oracle
from tests.truth.oracle import Movement, within
from tests.truth.world import EMPLOYEES, SERVICES, World

_LISTS = ("refunds", "disputes", "payouts", "needs_action", "corrections", "reattributions")
_FOUND = ("missing_here", "missing_at_stripe", "differing", "healed")
# Of each flow. Of other lists the days of these histories have less than the bound.
MAX_LISTED = 500
_NOTHING_LEFT_OUT = {
    **dict.fromkeys((*_LISTS, "authorized_open"), 0),
    "authorized_open_before": None,
    "reconciliation": dict.fromkeys(_FOUND, 0),
}
# What is of other days than a document's own.
CORRECTIONS = ("corrections", "corrected_days", "reattributions", "reattributed_days")


def left_out_of(moved: Iterable[Movement]) -> dict[str, Any]:
    """Return how many the lists of a document leave out."""
    refunds = list(refunds_of(moved))
    return {**_NOTHING_LEFT_OUT, "refunds": len(refunds) - len(listed(refunds))}


def refunds_of(moved: Iterable[Movement]) -> list[Movement]:
    """Return refunds, and those that came back, the first first."""
    flows = {oracle.REFUNDS, oracle.REFUND_REVERSALS}
    return [each for each in oracle.counted(moved) if each.flow in flows]


def listed(refunds: Iterable[Movement]) -> list[Movement]:
    """Return those that there is room for: the first of each flow."""
    room = {oracle.REFUNDS: MAX_LISTED, oracle.REFUND_REVERSALS: MAX_LISTED}
    found = []
    for each in refunds:
        if room[each.flow]:
            room[each.flow] -= 1
            found.append(each)
    return found


def attributed_movements(
    world: World, all_of: Iterable[Movement], attributed: Container[str]
) -> list[Movement]:
    """Return movements, each as the visit's that it was known to be of, if it was."""
    register = world.register
    return [
        oracle.claimed(each, register)
        if each.charge in register.claimed and each.name in attributed
        else each
        for each in all_of
    ]


def figures_of(known: list[Movement], start_s: int, end_s: int) -> dict[str, Any]:
    """Return the figures of a stretch, as a document has them."""
    moved = within(known, start_s, end_s)
    opening = oracle.sums_by_currency(each for each in known if each.at_s < start_s)
    closing = oracle.sums_by_currency(each for each in known if each.at_s < end_s)
    return {
        "currencies": {
            code: currency_of(each, opening.get(code, 0), closing.get(code, 0))
            for code, each in oracle.figures(moved).items()
        },
        "lines": {each.name: entry_of(each) for each in moved},
        "entries_total": len(moved),
        "refunds": [
            (each.source, -each.gross, each.currency, each.booking)
            for each in listed(refunds_of(moved))
        ],
        "left_out": left_out_of(moved),
    }


_SUMS = ("count", "gross", "fee", "net")


def count_in(
    sums: dict[tuple[str, str], dict[str, int]], day: tuple[str, str], each: Movement
) -> None:
    """Count a movement into the sums of its day."""
    of_day = sums.setdefault(day, dict.fromkeys(_SUMS, 0))
    for name, part in zip(_SUMS, (1, each.gross, each.fee, each.net), strict=True):
        of_day[name] += part


def currency_of(each: oracle.CurrencyFigures, opening: int, closing: int) -> dict[str, Any]:
    """Return one currency's figures."""
    return {
        **each.flows,
        "payouts": each.payouts,
        "net": each.net,
        "opening": opening,
        "closing": closing,
        "by_category": each.categories,
        "by_purpose": each.purposes,
        "by_service": each.services,
        "by_employee": each.employees,
    }


def entry_of(each: Movement) -> dict[str, Any]:
    """Return what every format has of a line."""
    return {
        name: getattr(each, name)
        for name in (
            *("gross", "fee", "net", "currency", "balance", "category"),
            "booking",
            "purpose",
        )
    }


def line_of(each: Movement, zone: str) -> dict[str, Any]:
    """Return a line of the CSV file."""
    utc = datetime.fromtimestamp(each.at_s, UTC)
    return {
        **entry_of(each),
        "service": SERVICES.get(each.service, ""),
        "employee": EMPLOYEES.get(each.employee, ""),
        "at": utc.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "local": utc.astimezone(ZoneInfo(zone)).isoformat(),
    }
