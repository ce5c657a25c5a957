"""Which flow of money a ledger entry belongs to, and sums of flows. Pure.

The table is Stripe's reporting categories (https://docs.stripe.com/reports/reporting-categories).
A category that is not in it is an adjustment, on its own line and flagged: never dropped.
"""

from typing import Self

from msgspec import Struct

from shared.domain.ledger.entry import LEFT_ON_BALANCE, LedgerEntry

PAYMENTS, REFUNDS, REFUND_REVERSALS = "payments", "refunds", "refund_reversals"
DISPUTES, DISPUTE_REVERSALS = "disputes", "dispute_reversals"
STRIPE_FEES, ADJUSTMENTS, PAYOUTS = "stripe_fees", "adjustments", "payouts"
# What makes the net, in the order in which it is shown; payouts stand apart.
NET_FLOWS = (
    *(PAYMENTS, REFUNDS, REFUND_REVERSALS, DISPUTES, DISPUTE_REVERSALS),
    *(STRIPE_FEES, ADJUSTMENTS),
)
FLOW_OF_CATEGORY = {
    "charge": PAYMENTS,
    "charge_failure": PAYMENTS,
    "refund": REFUNDS,
    "partial_capture_reversal": REFUNDS,
    "refund_failure": REFUND_REVERSALS,
    "dispute": DISPUTES,
    "dispute_reversal": DISPUTE_REVERSALS,
    "fee": STRIPE_FEES,
    "network_cost": STRIPE_FEES,
}


ALL_FLOWS = (*NET_FLOWS, PAYOUTS)


def flow_of(entry: LedgerEntry) -> str:
    """Return the flow of an entry's gross; its fee is among `stripe_fees`, whatever it is of."""
    return flow_of_kind(entry.type, entry.reporting_category)


def flow_of_kind(type_: str, category: str) -> str:
    """Return the flow of what has Stripe's `type` and reporting category.

    Every type of Stripe's that begins with `payout` moves money between the balance and the bank,
    except what it leaves on the balance.
    """
    if type_.startswith("payout") and type_ not in LEFT_ON_BALANCE:
        return PAYOUTS
    return FLOW_OF_CATEGORY.get(category, ADJUSTMENTS)


class Sums(Struct):
    """How many entries, and what they amount to together, all signed as in the ledger."""

    count: int = 0
    gross_minor: int = 0
    fee_minor: int = 0
    net_minor: int = 0

    def add(self, entry: LedgerEntry) -> None:
        """Add one entry."""
        self.count += 1
        self.gross_minor += entry.amount_minor
        self.fee_minor += entry.fee_minor
        self.net_minor += entry.net_minor

    def merge(self, other: Self) -> None:
        """Add what another one counted."""
        _add_fields(self, other)


class KindSums(Struct):
    """What entries of one type and one reporting category amount to, signed as in the ledger.

    `with_fee` counts those that have a fee.
    """

    count: int = 0
    gross_minor: int = 0
    fee_minor: int = 0
    with_fee: int = 0

    def add(self, entry: LedgerEntry) -> None:
        """Add one entry."""
        self.count += 1
        self.gross_minor += entry.amount_minor
        self.fee_minor += entry.fee_minor
        self.with_fee += bool(entry.fee_minor)


class Flow(Struct):
    """How many movements, and their signed sum: money out of the Stripe balance is negative."""

    count: int = 0
    amount_minor: int = 0

    def add(self, count: int, amount_minor: int) -> None:
        """Add so many movements and what they amount to."""
        self.count += count
        self.amount_minor += amount_minor

    def merge(self, other: Self) -> None:
        """Add what another one counted."""
        _add_fields(self, other)


class Share(Struct):
    """The part of a day's net that one service, employee or purpose has; payouts are in none.

    All signed: `refunds_minor` and `disputes_minor` hold their reversals too, `fees_minor` is
    negative where Stripe took money. `net_minor` is the sum of the five. `entries` counts all that
    was added, `count` payments.
    """

    count: int = 0
    payments_minor: int = 0
    refunds_minor: int = 0
    disputes_minor: int = 0
    adjustments_minor: int = 0
    fees_minor: int = 0
    entries: int = 0

    @property
    def net_minor(self) -> int:
        """What it added to the Stripe balance."""
        return (
            self.payments_minor
            + self.refunds_minor
            + self.disputes_minor
            + self.adjustments_minor
            + self.fees_minor
        )

    def add(self, entry: LedgerEntry, flow: str) -> None:
        """Add an entry with its own fee."""
        self.entries += 1
        self.count += flow == PAYMENTS
        self.fees_minor -= entry.fee_minor
        if flow == PAYMENTS:
            self.payments_minor += entry.amount_minor
        elif flow in {REFUNDS, REFUND_REVERSALS}:
            self.refunds_minor += entry.amount_minor
        elif flow in {DISPUTES, DISPUTE_REVERSALS}:
            self.disputes_minor += entry.amount_minor
        else:
            self.adjustments_minor += entry.amount_minor

    def merge(self, other: Self) -> None:
        """Add what another one counted."""
        _add_fields(self, other)


def split_fee(fee_minor: int, weights: list[int]) -> list[int]:
    """Return a fee of the whole account split pro rata, of the same sum.

    Each part is rounded towards zero and the last one takes what rounding left. Weights below
    zero count as none; with no weight at all the last part is the whole.
    """
    positive = [max(0, weight) for weight in weights]
    total, sign = sum(positive), -1 if fee_minor < 0 else 1
    if not positive:
        return []
    parts = [sign * (abs(fee_minor) * weight // total) if total else 0 for weight in positive]
    parts[-1] += fee_minor - sum(parts)
    return parts


def _add_fields(one: Sums | Flow | Share, other: Sums | Flow | Share) -> None:
    for name in one.__struct_fields__:
        setattr(one, name, getattr(one, name) + getattr(other, name))
