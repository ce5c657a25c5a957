"""The ledger: one append-only entry for each of Stripe's balance transactions. Pure.

https://docs.stripe.com/api/balance_transactions/object
https://docs.stripe.com/reports/reporting-categories
"""

from collections.abc import Mapping
from typing import Any

from msgspec.structs import fields

from shared.domain.errors import InvalidFacts
from shared.domain.stored_record import StoredRecord, read_record, record_to_dict

# The reporting categories that are documented today; one that Stripe adds is kept under its own
# name, and flagged. https://docs.stripe.com/reports/reporting-categories
KNOWN_CATEGORIES = frozenset({
    "advance", "advance_funding", "anticipation_repayment", "charge", "charge_failure",
    "climate_order_purchase", "climate_order_refund", "connect_collection_transfer",
    "connect_reserved_funds", "contribution", "currency_conversion", "dispute", "dispute_reversal",
    "fee", "financing_paydown", "financing_paydown_reversal", "financing_payout",
    "financing_payout_reversal", "issuing_authorization_hold", "issuing_authorization_release",
    "issuing_dispute", "issuing_transaction", "network_cost", "other_adjustment",
    "partial_capture_reversal", "payout", "payout_reversal", "platform_earning",
    "platform_earning_refund", "refund", "refund_failure", "risk_reserved_funds", "tax", "topup",
    "topup_reversal", "transfer", "transfer_reversal", "unreconciled_customer_funds",
})  # fmt: skip
# What a payout leaves on the balance is taken off it and given back beside the payout: it never
# goes to the bank. https://docs.stripe.com/changelog/acacia/2024-12-18/payout-minimum-balance
LEFT_ON_BALANCE = frozenset({"payout_minimum_balance_hold", "payout_minimum_balance_release"})
# The balance that payments, refunds and payouts move; what Stripe shows as available and pending.
PAYMENTS_BALANCE = "payments"


class FeeDetail(StoredRecord, frozen=True):
    """A part of a fee: `type` is Stripe's, such as `stripe_fee`; positive is what Stripe took."""

    type: str
    amount_minor: int
    currency: str


class LedgerEntry(StoredRecord, frozen=True):
    """One movement of the Stripe balance, keyed by `balance_transaction` (`txn_...`).

    `amount_minor` (gross), `fee_minor` and `net_minor` are signed ints in the minor unit of
    `currency`, the currency of settlement: money out of the balance is negative, a fee that Stripe
    took is positive, and `net == gross - fee` always. `exchange_rate` is Stripe's number as text.
    Instants are in seconds since 1970; the entry belongs to the local day of `created_s`.
    `customer_amount_minor` and `customer_currency` are what the client saw, where that differs.
    `booking_id`, `service_id`, `employee_id` and `purpose` (`prepayment`, `deposit`, `balance`,
    `visit_link`, `cancellation_fee`, `no_show_fee`, `reschedule_fee`, "" where it is not ours) say
    what it was for.
    `payout` is the payout of a payout's own entry; `paid_out_by` the automatic payout that carried
    this entry to the bank, stamped later; `attributions` how often it was learned after it was
    written what it was for (`domain.ledger.attribution`). `balance_type` is which of Stripe's
    balances moved: only `payments` is in the balance that a report shows. Raises `InvalidFacts`.
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
    balance_type: str = PAYMENTS_BALANCE
    attributions: int = 0

    def __post_init__(self) -> None:
        if self.net_minor != self.amount_minor - self.fee_minor:
            raise InvalidFacts(f"{self.balance_transaction}: net is not gross less fee")

    @property
    def has_known_category(self) -> bool:
        """Whether Stripe's reporting category is one that we knew when this was written."""
        return self.reporting_category in KNOWN_CATEGORIES


def entry_to_dict(entry: LedgerEntry) -> dict[str, Any]:
    """Return an entry in plain JSON types, without what is not known."""
    document: dict[str, Any] = {
        name: value
        for name, default in _DEFAULTS.items()
        if (value := getattr(entry, name)) != default
    }
    if entry.fee_details:
        document["fee_details"] = [record_to_dict(each) for each in entry.fee_details]
    return {**document, **entry.newer}


def entry_from_dict(document: Mapping[str, Any]) -> LedgerEntry:
    """Return the entry that `entry_to_dict` wrote; raises `InvalidFacts` as an entry does."""
    details = [read_record(FeeDetail, each) for each in document.get("fee_details", ())]
    return read_record(LedgerEntry, document, fee_details=tuple(details))


_DEFAULTS: dict[str, object] = {
    each.name: each.default for each in fields(LedgerEntry) if each.name != "newer"
}
