"""The ledger: one append-only entry for each of Stripe's balance transactions. Pure.

https://docs.stripe.com/api/balance_transactions/object
https://docs.stripe.com/reports/reporting-categories
"""

from dataclasses import dataclass

from shared.domain.errors import InvalidFacts


@dataclass(frozen=True, slots=True)
class FeeDetail:
    """A part of a fee: `type` is Stripe's, such as `stripe_fee`; positive is what Stripe took."""

    type: str
    amount_minor: int
    currency: str


@dataclass(frozen=True, slots=True)
class LedgerEntry:
    """One movement of the Stripe balance, keyed by `balance_transaction` (`txn_...`).

    `amount_minor` (gross), `fee_minor` and `net_minor` are signed ints in the minor unit of
    `currency`, the currency of settlement: money out of the balance is negative, a fee that Stripe
    took is positive, and `net == gross - fee` always. `exchange_rate` is Stripe's number as text.
    Instants are in seconds since 1970; the entry belongs to the local day of `created_s`.
    `customer_amount_minor` and `customer_currency` are what the client saw, where that differs.
    `booking_id`, `service_id`, `employee_id` and `purpose` (`prepayment`, `deposit`, `balance`,
    `visit_link`, `cancellation_fee`, `no_show_fee`, "" where it is not ours) say what it was for.
    `payout` is the payout of a payout's own entry; `paid_out_by` the automatic payout that carried
    this entry to the bank, stamped later. Raises `InvalidFacts`.
    """

    balance_transaction: str
    type: str
    reporting_category: str
    amount_minor: int
    fee_minor: int
    net_minor: int
    currency: str
    created_s: int
    available_on_s: int
    livemode: bool
    fee_details: tuple[FeeDetail, ...] = ()
    exchange_rate: str | None = None
    source: str | None = None
    charge: str | None = None
    payment_intent: str | None = None
    refund: str | None = None
    dispute: str | None = None
    payout: str | None = None
    paid_out_by: str | None = None
    booking_id: str | None = None
    service_id: str | None = None
    employee_id: str | None = None
    purpose: str = ""
    customer_amount_minor: int | None = None
    customer_currency: str | None = None
    reason: str = ""

    def __post_init__(self) -> None:
        if self.net_minor != self.amount_minor - self.fee_minor:
            raise InvalidFacts(f"{self.balance_transaction}: net is not gross less fee")
