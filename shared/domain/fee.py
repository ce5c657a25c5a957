"""A fee for cancelling late or not coming: what was decided, and what the facts say came of it.

    proposed ──► waived
        └──► applied ──► taken | requested | owed ──► written_off

`taken`, `requested` and `owed` are not kept: they follow from what was kept of the prepayment, from
the orders to Stripe, and from the charges. Pure.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from shared.domain.charge_order import (
    CAPTURE,
    CHARGE_CARD,
    DONE,
    REQUESTED,
    ChargeOrder,
)
from shared.domain.payment import Facts

CANCELLATION_FEE, NO_SHOW_FEE = "cancellation", "no_show"
PROPOSED, APPLIED, WAIVED, WRITTEN_OFF = "proposed", "applied", "waived", "written_off"
TAKEN, UNDER_WAY, OWED = "taken", "requested", "owed"
STATUSES = frozenset({PROPOSED, WAIVED, TAKEN, UNDER_WAY, OWED, WRITTEN_OFF})

# The report's words for what a fee's own payment is for.
PURPOSES = {CANCELLATION_FEE: "cancellation_fee", NO_SHOW_FEE: "no_show_fee"}
FEE_PURPOSES = frozenset(PURPOSES.values())


@dataclass(frozen=True, slots=True)
class Fee:
    """What a booking's end costs its client, in minor units of the booking's currency.

    `amount_minor` is above zero and never more than the terms that the client accepted;
    `kept_minor` is the part that is kept of what was paid before. The rest comes from a hold, a
    saved card or a link: by orders and charges. `status` is what people decided, `by` who brought
    the fee about (an e-mail or `client`), `decided_by` who confirmed or waived it, `reason` why.
    `reminders` counts the mails that reminded of it.
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

    @property
    def purpose(self) -> str:
        """What its own payment is for, in the report's words."""
        return PURPOSES[self.kind]


@dataclass(frozen=True, slots=True)
class FeeState:
    """What came of a fee; sums in minor units: had, asked of Stripe, still to be paid by link."""

    status: str
    taken_minor: int
    pending_minor: int
    owed_minor: int


def fee_state(fee: Fee, facts: Facts, orders: Iterable[ChargeOrder]) -> FeeState:
    """Return what became of a fee, of which a booking has at most one that counts."""
    if fee.status in (PROPOSED, WAIVED):
        return FeeState(fee.status, 0, 0, 0)
    own = [each for each in orders if each.fee_id == fee.fee_id]
    had_minor = fee.kept_minor + _captured_minor(facts, own)
    taken_minor = min(fee.amount_minor, had_minor)
    pending_minor = min(fee.amount_minor - taken_minor, _pending_minor(facts, own))
    owed_minor = fee.amount_minor - taken_minor - pending_minor
    if taken_minor == fee.amount_minor:
        status = TAKEN
    elif fee.status == WRITTEN_OFF:
        return FeeState(WRITTEN_OFF, taken_minor, pending_minor, 0)
    else:
        status = OWED if owed_minor else UNDER_WAY
    return FeeState(status, taken_minor, pending_minor, owed_minor)


def _captured_minor(facts: Facts, orders: list[ChargeOrder]) -> int:
    """Return what was taken of holds for the fee, and by payments that are for nothing else."""
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
    told = {
        each.payment_intent for each in facts.charges.values() if each.amount_captured_minor > 0
    } - {""}
    return sum(
        order.amount_minor
        for order in orders
        if order.kind in (CAPTURE, CHARGE_CARD)
        and order.status in (REQUESTED, DONE)
        and order.payment_intent not in told
        and not _has_failed(facts, order)
    )


def _has_failed(facts: Facts, order: ChargeOrder) -> bool:
    """Whether a saved card's payment, taken on by Stripe, did not come after all.

    It is tried once. https://docs.stripe.com/payments/paymentintents/lifecycle
    """
    intent = facts.intents.get(order.payment_intent) if order.kind == CHARGE_CARD else None
    return intent is not None and not intent.has_charge and (intent.failed or intent.is_canceled)
