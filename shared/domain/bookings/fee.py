"""A fee for a late cancellation, a late move or a no-show: what was decided, and what came of it.

    proposed ──► waived
        └──► applied ──► taken | paid_elsewhere | requested | owed ──► written_off

`taken`, `paid_elsewhere`, `requested` and `owed` are not stored: they follow from what is with the
business, from the orders to Stripe, and from the charges. Money that comes back (a dispute won, a
failed refund) counts for the fee at once, and money that a bank withdrew no longer does. While a
bank decides, the client is not asked to pay. What the bank gave the client for good is not asked
for again automatically, nor is a remainder too small for Stripe: both are written off.

Fees of one booking count together, the oldest first. While the visit stands, what is owed of a
move's fee is due with the price. Pure.
"""

from collections.abc import Iterable, Iterator, Sequence
from copy import replace

from msgspec import Struct

from shared.domain.bookings.charge_order import CAPTURE, CHARGE_CARD, DONE, REQUESTED, ChargeOrder
from shared.domain.bookings.payment_summary import PaymentSummary
from shared.domain.bookings.refund_order import PAID_LATE, RefundOrder, undone_minor
from shared.domain.money.charge_limits import check_chargeable
from shared.domain.money.money import Money
from shared.domain.stored_record import StoredRecord
from shared.domain.stripe_facts.payment_facts import Facts

CANCELLATION_FEE, NO_SHOW_FEE, RESCHEDULE_FEE = "cancellation", "no_show", "reschedule"
PROPOSED, APPLIED, WAIVED, WRITTEN_OFF = "proposed", "applied", "waived", "written_off"
TAKEN, UNDER_WAY, OWED = "taken", "requested", "owed"
# Its rest was paid outside Stripe.
PAID_ELSEWHERE = "paid_elsewhere"
FEE_STATUSES = frozenset({PROPOSED, WAIVED, TAKEN, PAID_ELSEWHERE, UNDER_WAY, OWED, WRITTEN_OFF})

# The report's words for what a fee's own payment is for.
PURPOSES = {
    CANCELLATION_FEE: "cancellation_fee",
    NO_SHOW_FEE: "no_show_fee",
    RESCHEDULE_FEE: "reschedule_fee",
}
FEE_PURPOSES = frozenset(PURPOSES.values())


class Fee(StoredRecord, frozen=True):
    """What an end, or a late move, costs the client, in minor units of the booking's currency.

    `amount_minor` is above zero and never more than the accepted terms allow; `kept_minor` is what
    was set aside for it of earlier payments, including what a bank disputes of them: staff may
    refund it later without its being owed again. The rest comes from a hold, a saved card or a
    link: by orders and charges. `paid_before_minor` is what had been paid before for fees of the
    same booking that do not count any more, since it was reopened. `status` is what people decided,
    `by` who caused the fee (an e-mail or `client`), `decided_by` who confirmed or waived it,
    `reason` why. `reminders` counts the mails that reminded of it.
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
    def counts(self) -> bool:
        """Whether it is taken, or was to be: neither only proposed nor waived."""
        return self.status in (APPLIED, WRITTEN_OFF)

    @property
    def is_for_move(self) -> bool:
        """Whether it is for a move, and not for the visit's end."""
        return self.kind == RESCHEDULE_FEE

    @property
    def purpose(self) -> str:
        """What its own payment is for, in the report's words."""
        return PURPOSES[self.kind]


class FeeState(Struct, frozen=True):
    """What became of a fee, in minor units: taken, pending, and still to be paid by link.

    Pending is what Stripe was asked for, what a bank is deciding on, and what may have been
    refunded. What was taken is Stripe's money; `elsewhere_minor` is what was paid of the fee
    outside Stripe.
    """

    status: str
    taken_minor: int
    pending_minor: int
    owed_minor: int
    elsewhere_minor: int = 0

    @property
    def paid_minor(self) -> int:
        """What was paid of it, through Stripe or outside."""
        return self.taken_minor + self.elsewhere_minor


class _Sums(Struct, frozen=True):
    """What all fees that count amount to, as `FeeState` has it for each."""

    taken_minor: int
    elsewhere_minor: int
    pending_minor: int
    owed_minor: int


class Paid(Struct, frozen=True):
    """What a booking's fees are paid from.

    `summary` is what its payments amount to: all money that is with the business counts for the
    fees first. `elsewhere_minor` was paid outside Stripe; it counts after what was kept for a fee,
    and before what Stripe took since. `refund_orders` say what of it went back by itself, as it had
    been paid already. `is_over`: the visit has ended, and only its fees are due.
    """

    facts: Facts
    orders: Sequence[ChargeOrder]
    summary: PaymentSummary
    elsewhere_minor: int
    refund_orders: Sequence[RefundOrder]
    is_over: bool


def fee_states(fees: Sequence[Fee], paid: Paid) -> dict[str, FeeState]:
    """Return what became of a booking's fees, by id."""
    counting = [each for each in fees if each.counts]
    states = {each.fee_id: FeeState(each.status, 0, 0, 0) for each in fees if not each.counts}
    if counting:
        sums = _sums(counting, paid)
        states |= dict(_shared_out(counting, sums))
    return states


def _sums(fees: Sequence[Fee], paid: Paid) -> _Sums:
    facts, summary = paid.facts, paid.summary
    amount_minor = sum(each.amount_minor for each in fees)
    kept_minor = sum(each.kept_minor for each in fees)
    own = orders_of(fees, paid.orders)
    had_minor = kept_minor + _captured_minor(facts, own)
    paid_minor = paid_for_fees_minor(facts, own) - _paid_again_minor(facts, paid.refund_orders)
    had_minor += max(0, paid_minor - fees[-1].paid_before_minor)
    here_minor = summary.amount_captured - summary.amount_refunded - summary.amount_refund_pending
    left_minor = max(had_minor, here_minor) - summary.amount_disputed
    elsewhere_minor = max(0, min(amount_minor - kept_minor, paid.elsewhere_minor))
    taken_minor = max(0, min(amount_minor - elsewhere_minor, left_minor))
    rest_minor = amount_minor - elsewhere_minor - taken_minor
    pending_minor = min(rest_minor, coming_minor(facts, own) + _unexplained_minor(facts))
    if any(charge.has_open_chargeback for charge in facts.charges.values()):
        pending_minor = rest_minor
    rest_minor -= pending_minor
    # What was taken before and is gone now, a bank has given to the client.
    owed_minor = max(0, rest_minor - max(0, had_minor - taken_minor))
    if paid.is_over and is_too_little(owed_minor, summary.currency):
        owed_minor = 0
    return _Sums(taken_minor, elsewhere_minor, pending_minor, owed_minor)


def _shared_out(fees: Sequence[Fee], sums: _Sums) -> Iterator[tuple[str, FeeState]]:
    """Give each fee its part, the oldest first."""
    left = [sums.taken_minor, sums.elsewhere_minor, sums.pending_minor, sums.owed_minor]
    for fee in fees:
        rest_minor, parts = fee.amount_minor, list[int]()
        for place, left_minor in enumerate(left):
            parts.append(min(rest_minor, left_minor))
            rest_minor -= parts[-1]
            left[place] -= parts[-1]
        taken_minor, elsewhere_minor, pending_minor, owed_minor = parts
        if fee.status == WRITTEN_OFF:
            owed_minor = 0
        state = FeeState("", taken_minor, pending_minor, owed_minor, elsewhere_minor)
        yield fee.fee_id, replace(state, status=_status(fee, state))


def _status(fee: Fee, state: FeeState) -> str:
    for applies, status in (
        (state.taken_minor == fee.amount_minor, TAKEN),
        (fee.status == WRITTEN_OFF, WRITTEN_OFF),
        (state.owed_minor, OWED),
        (state.pending_minor, UNDER_WAY),
        (state.paid_minor == fee.amount_minor, PAID_ELSEWHERE),
    ):
        if applies:
            return status
    return WRITTEN_OFF


def fees_for_moves(fees: Iterable[Fee]) -> list[Fee]:
    """Return the fees that are asked besides the price."""
    return [each for each in fees if each.is_for_move and each.status == APPLIED]


def orders_of(fees: Iterable[Fee], orders: Iterable[ChargeOrder]) -> list[ChargeOrder]:
    """Return the orders that are for one of the fees."""
    names = {each.fee_id for each in fees}
    return [each for each in orders if each.fee_id in names]


def is_too_little(amount_minor: int, currency: str) -> bool:
    """Whether Stripe would not take this amount from a card: then no client is asked for it."""
    return check_chargeable(Money(amount_minor, currency), currency) is not None


def _paid_again_minor(facts: Facts, orders: Iterable[RefundOrder]) -> int:
    """Return what was paid for fees, and goes back by itself since nothing was owed any more."""
    late = [
        each
        for each in orders
        if each.cause == PAID_LATE
        and (charge := facts.charges.get(each.charge_id))
        and charge.purpose in FEE_PURPOSES
    ]
    return undone_minor(late, facts)


def paid_for_fees_minor(facts: Facts, known: Iterable[ChargeOrder]) -> int:
    """Return what was captured by payments made for fees alone, but not by the `known` orders."""
    intents = {each.payment_intent for each in known} - {""}
    return sum(
        charge.amount_captured_minor
        for charge in facts.charges.values()
        if charge.purpose in FEE_PURPOSES and charge.payment_intent not in intents
    )


def _unexplained_minor(facts: Facts) -> int:
    """Return what Stripe says was refunded without naming the refund."""
    return sum(charge.unexplained_minor for charge in facts.charges.values())


def _captured_minor(facts: Facts, orders: Iterable[ChargeOrder]) -> int:
    """Return what orders have captured of holds, and charged to saved cards."""
    asked = {
        each.payment_intent: each.amount_minor
        for each in orders
        if each.kind in (CAPTURE, CHARGE_CARD) and each.payment_intent
    }
    return sum(
        min(asked[charge.payment_intent], charge.amount_captured_minor)
        for charge in facts.charges.values()
        if charge.payment_intent in asked
    )


def coming_minor(facts: Facts, orders: Iterable[ChargeOrder]) -> int:
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
