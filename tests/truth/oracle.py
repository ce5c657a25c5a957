"""Every figure of the money-flow report, worked out a second time. Standard library only.

It is given what Stripe says (balance transactions, with their sources expanded) and what the salon
knows (whose visit each charge was for), and shares no line with the product. It is written for
being read: each figure is a sum over all movements that fit its sentence, and speed is nobody's.

Amounts are ints in the minor unit of the currency, signed as in the Stripe balance. Instants are
seconds since 1970, and a stretch of time is `[start_s, end_s)`.
"""

from collections.abc import Callable, Iterable, Mapping
from copy import replace
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

PAYMENTS, PAYOUTS, FEES, ADJUSTMENTS = "payments", "payouts", "stripe_fees", "adjustments"
REFUNDS, REFUND_REVERSALS = "refunds", "refund_reversals"
DISPUTES, DISPUTE_REVERSALS = "disputes", "dispute_reversals"
FLOWS = (PAYMENTS, REFUNDS, REFUND_REVERSALS, DISPUTES, DISPUTE_REVERSALS, FEES, ADJUSTMENTS)
# https://docs.stripe.com/reports/reporting-categories
CATEGORIES = {
    PAYMENTS: {"charge", "charge_failure"},
    REFUNDS: {"refund", "partial_capture_reversal"},
    REFUND_REVERSALS: {"refund_failure"},
    DISPUTES: {"dispute"},
    DISPUTE_REVERSALS: {"dispute_reversal"},
    FEES: {"fee", "network_cost"},
}
# What stays on the balance beside a payout does not go to the bank.
STAYS = {"payout_minimum_balance_hold", "payout_minimum_balance_release"}
NOBODY = ""

type Sums = dict[str, int]


@dataclass(frozen=True)
class Visit:
    """A booking as the salon has it; `begins_s` is `None` where no visit is appointed."""

    service: str
    employee: str
    begins_s: int | None
    price: int = 0
    currency: str = ""


@dataclass
class Register:
    """The salon's own book: its visits, and what each charge was paid for.

    `claimed` are charges of which that was said only after they were made.
    """

    visits: dict[str, Visit] = field(default_factory=dict)
    payments: dict[str, tuple[str, str]] = field(default_factory=dict)
    claimed: dict[str, tuple[str, str]] = field(default_factory=dict)


@dataclass(frozen=True)
class Movement:
    """A balance transaction, and whose it is; `NOBODY` where it is none of ours."""

    name: str
    at_s: int
    type: str
    category: str
    gross: int
    fee: int
    net: int
    currency: str
    balance: str
    source: str
    charge: str
    booking: str
    purpose: str
    service: str
    employee: str

    @property
    def flow(self) -> str:
        """Where its gross belongs; its fee is always one of Stripe's."""
        if self.type.startswith("payout") and self.type not in STAYS:
            return PAYOUTS
        return next(
            (flow for flow, all_of in CATEGORIES.items() if self.category in all_of), ADJUSTMENTS
        )


def movements(transactions: Iterable[Mapping[str, Any]], register: Register) -> list[Movement]:
    """Return what Stripe says, in the order of time."""
    return sorted(
        (_movement(each, register) for each in transactions), key=lambda m: (m.at_s, m.name)
    )


def _movement(told: Mapping[str, Any], register: Register) -> Movement:
    source = told["source"]
    expanded = source if isinstance(source, Mapping) else {}
    source_id = str(expanded.get("id") or source or "")
    charge = source_id if expanded.get("object") == "charge" else str(expanded.get("charge") or "")
    booking, purpose = register.payments.get(charge, (NOBODY, ""))
    visit = register.visits.get(booking, Visit(NOBODY, NOBODY, None))
    return Movement(
        name=told["id"],
        at_s=told["created"],
        type=told["type"],
        category=told["reporting_category"],
        gross=told["amount"],
        fee=told["fee"],
        net=told["net"],
        currency=told["currency"],
        balance=told.get("balance_type") or "payments",
        source=source_id,
        charge=charge,
        booking=booking,
        purpose=purpose,
        service=visit.service,
        employee=visit.employee,
    )


def claimed(movement: Movement, register: Register) -> Movement:
    """Return a movement of a claimed charge as the visit's that it was claimed for."""
    booking, purpose = register.claimed[movement.charge]
    visit = register.visits[booking]
    return replace(
        movement,
        booking=booking,
        purpose=purpose,
        service=visit.service,
        employee=visit.employee,
    )


# ------------------------------------------------------------------ time


def day_begins(day: date, zone: str) -> int:
    """Return the first instant whose date on the wall of the zone is that day, or a later one."""
    wall = ZoneInfo(zone)
    noon = int(datetime(day.year, day.month, day.day, 12, tzinfo=UTC).timestamp())
    before, after = noon - 3 * 86_400, noon + 3 * 86_400
    while after - before > 1:
        middle = (before + after) // 2
        if datetime.fromtimestamp(middle, wall).date() >= day:
            after = middle
        else:
            before = middle
    return after


def bounds(day: date, zone: str) -> tuple[int, int]:
    """Return a local day as a stretch of time."""
    return day_begins(day, zone), day_begins(day + timedelta(days=1), zone)


def within(all_of: Iterable[Movement], start_s: int, end_s: int) -> list[Movement]:
    """Return those of a stretch of time, whichever balance they moved."""
    return [each for each in all_of if start_s <= each.at_s < end_s]


def counted(all_of: Iterable[Movement]) -> list[Movement]:
    """Return those of the balance that payments move: the report's figures are of these."""
    return [each for each in all_of if each.balance == "payments"]


# ------------------------------------------------------------------ one currency of one stretch


@dataclass(frozen=True)
class CurrencyFigures:
    """What moved in one currency: each pair is a number and a signed sum."""

    flows: Mapping[str, tuple[int, int]]
    payouts: tuple[int, int]
    categories: Mapping[str, tuple[int, int, int, int]]
    purposes: Mapping[str, Sums]
    services: Mapping[str, Sums]
    employees: Mapping[str, Sums]

    @property
    def net(self) -> int:
        """What came onto the balance, payouts aside."""
        return sum(amount for _, amount in self.flows.values())


SHARE = ("count", "amount", "refunds", "disputes", "adjustments", "fees", "net")
PARTS = {
    "amount": {PAYMENTS},
    "refunds": {REFUNDS, REFUND_REVERSALS},
    "disputes": {DISPUTES, DISPUTE_REVERSALS},
    "adjustments": {ADJUSTMENTS},
}


def figures(moved: Iterable[Movement]) -> dict[str, CurrencyFigures]:
    """Return the figures of some movements, by currency."""
    payments_balance = counted(moved)
    currencies = sorted({each.currency for each in payments_balance})
    return {
        code: _figures([m for m in payments_balance if m.currency == code]) for code in currencies
    }


def _figures(moved: list[Movement]) -> CurrencyFigures:
    flows = {}
    for name in FLOWS:
        parts = [each.gross for each in moved if each.flow == name and name != FEES]
        if name == FEES:
            parts = [each.net for each in moved if each.flow == FEES]
            parts += [-each.fee for each in moved if each.flow != FEES and each.fee]
        flows[name] = (len(parts), sum(parts))
    paid_out = [each.gross for each in moved if each.flow == PAYOUTS]
    categories = {}
    for category in {each.category for each in moved}:
        of_it = [each for each in moved if each.category == category]
        sums = (sum(m.gross for m in of_it), sum(m.fee for m in of_it), sum(m.net for m in of_it))
        categories[category] = (len(of_it), *sums)
    return CurrencyFigures(
        flows,
        (len(paid_out), sum(paid_out)),
        categories,
        _shares(moved, lambda each: each.purpose),
        _shares(moved, lambda each: each.service),
        _shares(moved, lambda each: each.employee),
    )


def _shares(moved: list[Movement], key: Callable[[Movement], str]) -> dict[str, Sums]:
    """Return each line's part of the net; what Stripe took of the account is split by payments."""
    own = [each for each in moved if each.flow not in {PAYOUTS, FEES}]
    lines: dict[str, Sums] = {}
    for name in sorted({key(each) for each in own}, key=lambda name: (name == NOBODY, name)):
        of_it = [each for each in own if key(each) == name]
        line = {"count": sum(each.flow == PAYMENTS for each in of_it)}
        for part, names in PARTS.items():
            line[part] = sum(each.gross for each in of_it if each.flow in names)
        line["fees"] = -sum(each.fee for each in of_it)
        lines[name] = line
    of_account = sum(each.net for each in moved if each.flow == FEES)
    of_account -= sum(each.fee for each in moved if each.flow == PAYOUTS)
    if of_account and not any(line["amount"] > 0 for line in lines.values()):
        lines.setdefault(NOBODY, dict.fromkeys(SHARE, 0))
        lines = dict(sorted(lines.items(), key=lambda item: (item[0] == NOBODY, item[0])))
    if lines:
        _split(of_account, lines)
    for line in lines.values():
        line["net"] = sum(line[part] for part in (*PARTS, "fees"))
    return lines


def _split(fee: int, lines: Mapping[str, Sums]) -> None:
    """Add to each line's fees its part, rounded towards zero; the last takes what is left."""
    whole = sum(line["amount"] for line in lines.values() if line["amount"] > 0)
    left = fee
    for line in lines.values():
        weight = max(0, line["amount"])
        size = abs(fee) * weight // whole if whole else 0
        part = size if fee >= 0 else -size
        line["fees"] += part
        left -= part
    lines[list(lines)[-1]]["fees"] += left


def sums_by_currency(moved: Iterable[Movement]) -> dict[str, int]:
    """Return what some movements amount to on the payments balance; 0 is left out."""
    found: dict[str, int] = {}
    for each in counted(moved):
        found[each.currency] = found.get(each.currency, 0) + each.net
    return {code: amount for code, amount in found.items() if amount}
