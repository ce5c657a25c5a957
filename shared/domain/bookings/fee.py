"""A fee for a late cancellation or a no-show: what was decided, and what became of it.

    proposed ──► waived
        └──► applied ──► taken | requested | owed ──► written_off

`taken`, `requested` and `owed` are not stored: they follow from what is with the business, from the
orders to Stripe, and from the charges. Money that comes back (a dispute won, a failed refund)
counts for the fee at once, and money that a bank withdrew no longer does. While a bank decides, the
client is not asked to pay. What the bank gave the client for good is not asked for again
automatically, nor is a remainder too small for Stripe: both are written off. Pure.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from shared.domain.bookings.charge_order import CAPTURE, CHARGE_CARD, DONE, REQUESTED, ChargeOrder
from shared.domain.bookings.payment_summary import PaymentSummary
from shared.domain.money.charge_limits import check_chargeable
from shared.domain.money.money import Money
from shared.domain.stored_record import StoredRecord
from shared.domain.stripe_facts.payment_facts import Facts

CANCELLATION_FEE, NO_SHOW_FEE = "cancellation", "no_show"
PROPOSED, APPLIED, WAIVED, WRITTEN_OFF = "proposed", "applied", "waived", "written_off"
TAKEN, UNDER_WAY, OWED = "taken", "requested", "owed"
FEE_STATUSES = frozenset({PROPOSED, WAIVED, TAKEN, UNDER_WAY, OWED, WRITTEN_OFF})

# The report's words for what a fee's own payment is for.
PURPOSES = {CANCELLATION_FEE: "cancellation_fee", NO_SHOW_FEE: "no_show_fee"}
FEE_PURPOSES = frozenset(PURPOSES.values())


@dataclass(frozen=True, slots=True)
class Fee(StoredRecord):
    """What a booking's end costs its client, in minor units of the booking's currency.

    `amount_minor` is above zero and never more than the accepted terms allow; `kept_minor` is what
    was set aside for it of earlier payments, including what a bank disputes of them: staff may
    refund it later without its being owed again. The rest comes from a hold, a saved card or a
    link: by orders and charges. `paid_before_minor` is what earlier fees of the same booking, which
    was reopened since, had been paid with. `status` is what people decided, `by` who caused the fee
    (an e-mail or `client`), `decided_by` who confirmed or waived it, `reason` why. `reminders`
    counts the mails that reminded of it.
    """

    fee_id: str
    kind: str
    amount_minor: int
    created_at_s: int
    by: str
    status: str
    kept_minor: int = 0
    decided_by: str = ""
    decided_at_s: int = 0
    reason: str = ""
    reminders: int = 0
    paid_before_minor: int = 0

    @property
    def purpose(self) -> str:
        """What its own payment is for, in the report's words."""
        return PURPOSES[self.kind]


@dataclass(frozen=True, slots=True)
class FeeState:
    """What became of a fee, in minor units: taken, pending, and still to be paid by link.

    Pending is what Stripe was asked for, what a bank is deciding on, and what may have been
    refunded.
    """

    status: str
    taken_minor: int
    pending_minor: int
    owed_minor: int


def fee_state(
    fee: Fee, facts: Facts, orders: Iterable[ChargeOrder], summary: PaymentSummary
) -> FeeState:
    """Return what became of a fee, of which a booking has at most one that counts.

    `summary` is what the booking's payments amount to: all money that is with the business counts
    for the fee first.
    """
    if fee.status in (PROPOSED, WAIVED):
        return FeeState(fee.status, 0, 0, 0)
    own = [each for each in orders if each.fee_id == fee.fee_id]
    had_minor = fee.kept_minor + _captured_minor(facts, own) - fee.paid_before_minor
    here_minor = summary.amount_captured - summary.amount_refunded - summary.amount_refund_pending
    left_minor = max(had_minor, here_minor) - summary.amount_disputed
    taken_minor = max(0, min(fee.amount_minor, left_minor))
    rest_minor = fee.amount_minor - taken_minor
    pending_minor = min(rest_minor, _pending_minor(facts, own) + _unexplained_minor(facts))
    if any(charge.has_open_chargeback for charge in facts.charges.values()):
        pending_minor = rest_minor
    rest_minor -= pending_minor
    # What was taken before and is gone now, a bank has given to the client.
    owed_minor = max(0, rest_minor - max(0, had_minor - taken_minor))
    if fee.status == WRITTEN_OFF or is_too_little(owed_minor, summary.currency):
        owed_minor = 0
    if taken_minor == fee.amount_minor:
        status = TAKEN
    elif fee.status == WRITTEN_OFF:
        status = WRITTEN_OFF
    elif owed_minor:
        status = OWED
    else:
        status = UNDER_WAY if pending_minor else WRITTEN_OFF
    return FeeState(status, taken_minor, pending_minor, owed_minor)


def is_too_little(amount_minor: int, currency: str) -> bool:
    """Whether Stripe would not take this amount from a card: then no client is asked for it."""
    return check_chargeable(Money(amount_minor, currency), currency) is not None


def paid_for_fees_minor(facts: Facts) -> int:
    """Return what was captured by payments made for fees alone."""
    return _captured_minor(facts, [])


def _unexplained_minor(facts: Facts) -> int:
    """Return what Stripe says was refunded without naming the refund."""
    return sum(charge.unexplained_minor for charge in facts.charges.values())


def _captured_minor(facts: Facts, orders: list[ChargeOrder]) -> int:
    """Return what was captured of holds for the fee, and by payments made for fees alone."""
    holds = {each.payment_intent: each.amount_minor for each in orders if each.kind == CAPTURE}
    total_minor = 0
    for charge in facts.charges.values():
        if charge.payment_intent in holds:
            total_minor += min(holds[charge.payment_intent], charge.amount_captured_minor)
        elif charge.purpose in FEE_PURPOSES:
            total_minor += charge.amount_captured_minor
    return total_minor


def _pending_minor(facts: Facts, orders: list[ChargeOrder]) -> int:
    """Return what Stripe is being asked for, or has taken while its charge has not reached us."""
    arrived = {
        each.payment_intent for each in facts.charges.values() if each.amount_captured_minor > 0
    } - {""}
    return sum(
        order.amount_minor
        for order in orders
        if order.kind in (CAPTURE, CHARGE_CARD)
        and order.status in (REQUESTED, DONE)
        and order.payment_intent not in arrived
        and not _has_failed(facts, order)
    )


def _has_failed(facts: Facts, order: ChargeOrder) -> bool:
    """Whether the payment by a saved card failed after Stripe had accepted it.

    It is tried once. https://docs.stripe.com/payments/paymentintents/lifecycle
    """
    intent = facts.intents.get(order.payment_intent) if order.kind == CHARGE_CARD else None
    return intent is not None and not intent.has_charge and (intent.failed or intent.is_canceled)
