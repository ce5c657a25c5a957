"""What staff have to look at: computed from the facts, gone when its reason is gone. Pure."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from shared.domain.bookings.booking import CANCELLED, EXPIRED, NO_SHOW, Booking
from shared.domain.bookings.charge_order import (
    CAPTURE,
    CHARGE_CARD,
    EXPIRE_SESSION,
    RELEASE,
    ChargeOrder,
)
from shared.domain.bookings.charge_order import REFUSED as CHARGE_REFUSED
from shared.domain.bookings.charge_order import REQUESTED as CHARGE_REQUESTED
from shared.domain.bookings.dispute_record import INQUIRY, DisputeRecord, dispute_records
from shared.domain.bookings.fee import OWED, PROPOSED
from shared.domain.bookings.journal import UNASKED
from shared.domain.bookings.payment_binding import is_of_others
from shared.domain.bookings.refund_order import AWAITING_APPROVAL, REFUSED, STAFF
from shared.domain.bookings.refused_orders import held_minor, unsettled_refusals
from shared.domain.bookings.settled_actions import action_id
from shared.domain.bookings.undelivered_mails import masked
from shared.domain.dates.instants import rfc3339
from shared.domain.errors import PermissionMissing, StripeKeyRefused
from shared.domain.refunds.refund_rules import refundable_by_charge
from shared.domain.refunds.refusal_texts import refusal_text
from shared.domain.stripe_facts.charge_facts import ChargeFacts
from shared.domain.stripe_facts.dispute_facts import WON
from shared.domain.stripe_facts.metadata_claims import OWN, named_now, newest
from shared.domain.stripe_facts.payment_facts import Facts
from shared.domain.visits.end_visit import accepted_policy, excess_over_fee_minor
from shared.domain.visits.fee_sums import owed_of_failed_refunds

OVERPAID = "overpaid"
REFUND_FAILED = "refund_failed"
REFUND_CANCELED = "refund_canceled"
REFUND_REFUSED = "refund_refused"
REFUND_STUCK = "refund_stuck"
REFUND_WAITS = "refund_awaits_approval"
REFUND_UNFUNDED = "refund_waits_for_funds"
CHARGE_STUCK = "charge_stuck"
HOLD_NOT_TAKEN = "hold_not_taken"
HOLD_NOT_RELEASED = "hold_not_released"
SESSION_NOT_CLOSED = "session_not_closed"
FORMER_SESSIONS = "former_account_sessions"
FEE_PROPOSED = "fee_proposed"
FEE_OWED = "fee_owed"
HOLD_LAPSES = "hold_lapses"
HOLD_LAPSES_EARLY = "hold_lapses_before_visit"
MONEY_LEFT = "money_left"
PAID_LATE = "paid_after_expiry"
NOT_ASKED = "slot_freed_without_stripe"
OTHER_CURRENCY = "paid_in_other_currency"
BOOKING_UNKNOWN = "booking_unknown"
BOOKING_CONTRADICTED = "booking_contradicted"
EVENT_UNREADABLE = "event_unreadable"
KEY_REFUSED = "stripe_key_refused"
PERMISSION_MISSING = "stripe_permission_missing"
EVENT_OF_ANOTHER_ACCOUNT = "event_of_another_account"
DISPUTE_NEEDS_RESPONSE = "dispute_needs_response"
INQUIRY_NEEDS_RESPONSE = "inquiry_needs_response"
DISPUTE_TURNED = "dispute_lost_after_won"
FRAUD_WARNING = "early_fraud_warning"
MAIL_UNDELIVERED = "mail_undelivered"

# What no fact need ever end: a person settles it.
SETTLED_BY_HAND = frozenset({BOOKING_CONTRADICTED, DISPUTE_TURNED})
# Of a list of Stripe's ids.
MAX_NAMED = 100

ADVICE = {
    OVERPAID: "More was paid than the price. Refund the difference.",
    MONEY_LEFT: (
        "The visit is over, and more of the client's money is with you than its fee. Nothing sends "
        "it back by itself any more: refund it, or pay it another way where Stripe cannot."
    ),
    PAID_LATE: (
        "The payment came after the slot was given away, and could not be settled by itself. Give "
        "it back, or find a new time."
    ),
    NOT_ASKED: (
        "Stripe could not be asked whether this slot was paid, and it was freed when nobody could "
        "pay it any more. Connect Stripe again, and look for the session there."
    ),
    REFUND_FAILED: (
        "The bank sent a refund back: this sum is with you again and still owed to the client. "
        "Ask them for another account, and pay it by transfer or in cash."
    ),
    REFUND_CANCELED: (
        "A refund was cancelled at Stripe before it was paid out: the money is with you, and the "
        "client was promised it. Ask for the refund again, or pay it another way."
    ),
    REFUND_REFUSED: "Stripe refused a refund. Nothing was promised: ask again, or pay another way.",
    REFUND_STUCK: "Stripe gives no answer about a refund. It is tried again by itself.",
    REFUND_UNFUNDED: (
        "A refund waits, as the Stripe balance is too low for it: the client has no money yet. Add "
        "funds to the Stripe balance, or wait until enough payments have come in."
    ),
    REFUND_WAITS: "A refund waits for a second person. Approve or deny it.",
    CHARGE_STUCK: "Stripe gives no answer about a charge. It is tried again by itself.",
    HOLD_NOT_TAKEN: "A held payment could not be taken. Send the client a link for what is due.",
    HOLD_NOT_RELEASED: (
        "Stripe refused to let go of a hold, and the client's money stays held until it lapses. "
        "Cancel the payment in the Dashboard of the Stripe account where it was made."
    ),
    SESSION_NOT_CLOSED: (
        "A payment page of this booking could not be closed and can still be paid. Expire the "
        "session in the Dashboard of the Stripe account where it was opened, or give back what is "
        "paid there."
    ),
    FORMER_SESSIONS: (
        "This location has left a Stripe account, or its test mode, where payment pages may still "
        "be open. Nothing that is paid there is told here. Expire the sessions in that account's "
        "Dashboard; they end by themselves within a day."
    ),
    FEE_PROPOSED: "A fee is due by the terms that the client accepted. Confirm or waive it.",
    FEE_OWED: "A fee could not be taken. The client has a link to pay it.",
    HOLD_LAPSES_EARLY: (
        "A held payment lapses before the visit. Take the money now, or agree on another payment."
    ),
    HOLD_LAPSES: "A held payment lapses within two days. Complete the visit to take the money.",
    OTHER_CURRENCY: "A charge has another currency than the booking. It is not counted: refund it.",
    BOOKING_UNKNOWN: "Money came for a booking that is not here. Find the charge at Stripe.",
    BOOKING_CONTRADICTED: (
        "At Stripe a payment of this booking names another booking in its metadata. It counts "
        "here, as it was opened for this one. If it was meant for the other, refund it and have it "
        "paid there."
    ),
    EVENT_UNREADABLE: "An event is not what Stripe documents. It is kept whole: tell the engineer.",
    KEY_REFUSED: (
        "Stripe does not take this location's key any more: it was rolled, revoked or has expired. "
        "Save the new one in the payment settings. Until then nothing is paid, given back or "
        "compared with Stripe."
    ),
    PERMISSION_MISSING: (
        "This location's restricted key may not do everything that is needed. The check of the "
        "payment settings says which permission is missing."
    ),
    EVENT_OF_ANOTHER_ACCOUNT: (
        "Events of another Stripe account come to this location's address. They are kept, and "
        "change nothing here. At that account, take away the webhook endpoint that sends them; one "
        "for connected accounts does not belong here."
    ),
    DISPUTE_NEEDS_RESPONSE: "The bank took the money back. Download the evidence and hand it in at"
    " Stripe before the deadline: it can be handed in once. Without it the dispute is lost.",
    INQUIRY_NEEDS_RESPONSE: "The bank asks about a payment; no money has moved. A full refund ends"
    " it. Else hand in the evidence at Stripe before the deadline, or it may become a chargeback.",
    FRAUD_WARNING: (
        "The card's bank suspects fraud, and the client may dispute this payment. Nothing has "
        "moved. If you cannot vouch for it, refund it in full now: that averts a dispute and its "
        "fee."
    ),
    MAIL_UNDELIVERED: (
        "A mail did not arrive, or its reader does not want it. Correct the address, then send it "
        "again: a booking's mails at the booking; of reports, save who gets them in the settings."
    ),
    DISPUTE_TURNED: (
        "A dispute that you had won was decided again, for the client: the bank has taken the "
        "money back. Whatever was done since it was won, look whether it still holds."
    ),
}


@dataclass(frozen=True, slots=True)
class NeededAction:
    """One thing to look at: its kind, what it is about, and what it proposes.

    `details` has Stripe's ids, and amounts as ints in the minor unit beside their currency.
    """

    kind: str
    details: dict[str, Any]

    @property
    def action_id(self) -> str:
        """By which a person settles it; "" where it ends with its reason alone."""
        return action_id(self.kind, self.details) if self.kind in SETTLED_BY_HAND else ""

    def to_dict(self) -> dict[str, Any]:
        """Return it as staff see it."""
        by_hand = {"action_id": self.action_id} if self.action_id else {}
        return {"kind": self.kind, "advice": ADVICE[self.kind], **self.details, **by_hand}


def key_refused(refused: StripeKeyRefused) -> NeededAction:
    """Return that Stripe refuses a location's key; the check of its settings says the rest."""
    kind = PERMISSION_MISSING if isinstance(refused, PermissionMissing) else KEY_REFUSED
    return NeededAction(kind, {"code": refused.code})


def mail_undelivered(kind: str, to: str, status: str) -> NeededAction:
    """Return that a mail of a kind did not reach an address, which is masked (`m…@example.com`)."""
    return NeededAction(MAIL_UNDELIVERED, {"mail": kind, "to": to, "status": status})


def former_sessions(
    account_id: str, left: Sequence[str], ends_at_s: int, *, is_listed: bool
) -> tuple[NeededAction, ...]:
    """Return what stays open at the account that a location left, or may; mostly nothing.

    `left` are the ids of Stripe's sessions: all are counted, the first hundred named. Where not all
    are listed there may be more, and `complete` is false.
    """
    if not left and is_listed:
        return ()
    details = {
        "account": account_id,
        "sessions": list(left[:MAX_NAMED]),
        "count": len(left),
        "complete": is_listed,
        "ends_at": rfc3339(ends_at_s),
    }
    return (NeededAction(FORMER_SESSIONS, details),)


def dispute_actions(
    facts: Facts, location_id: str, booking: Booking | None = None
) -> tuple[NeededAction, ...]:
    """Return what banks ask of staff about these charges, by deadline; evidence sent ends it.

    A dispute that was won and is lost after all comes after those, a mere warning of fraud last.

    `deadline` is RFC 3339, null where Stripe names none; `evidence` is a path of the API's, null
    where no booking is known to gather it from. Of another program's charges nothing is asked.
    """
    if booking is None and is_of_others(facts, location_id):
        return ()
    booking_id = booking.booking_id if booking else None
    records = dispute_records(facts, booking_id)
    waiting = [each for each in records if each.facts.wants_response]
    waiting.sort(key=lambda each: (each.facts.evidence_due_by_s, each.dispute_id))
    turned = [each for each in records if each.facts.is_lost and WON in each.facts.rulings]
    asked = [_dispute_action(each, booking, _question(each)) for each in waiting]
    lost = [_dispute_action(each, booking, DISPUTE_TURNED) for each in turned]
    return (*asked, *lost, *_fraud_actions(facts))


def _fraud_actions(facts: Facts) -> Iterator[NeededAction]:
    for charge_id, charge in sorted(facts.charges.items()):
        for warning_id, warning in sorted(charge.open_fraud_warnings.items()):
            yield NeededAction(
                FRAUD_WARNING,
                {
                    "early_fraud_warning": warning_id,
                    "charge": charge_id,
                    "fraud_type": warning.fraud_type,
                    "amount": charge.amount_captured_minor,
                    "currency": charge.currency or None,
                },
            )


def _question(record: DisputeRecord) -> str:
    return INQUIRY_NEEDS_RESPONSE if record.kind == INQUIRY else DISPUTE_NEEDS_RESPONSE


def _dispute_action(record: DisputeRecord, booking: Booking | None, kind: str) -> NeededAction:
    due_by_s = record.facts.evidence_due_by_s
    evidence = None
    if booking:
        evidence = f"/v1/locations/{booking.location_id}/disputes/{record.dispute_id}/evidence"
    return NeededAction(
        kind,
        {
            "stripe_dispute_id": record.dispute_id,
            "charge": record.charge_id,
            "amount": record.facts.amount_minor,
            "currency": record.facts.currency,
            "reason": record.facts.reason,
            "deadline": rfc3339(due_by_s) if due_by_s else None,
            "evidence": evidence,
        },
    )


def booking_actions(booking: Booking) -> tuple[NeededAction, ...]:
    """Return what a booking's money asks of staff, most urgent first; mostly nothing."""
    summary = booking.payments()
    currency = summary.currency
    found = [*dispute_actions(booking.facts, booking.location_id, booking)]
    found += _of_bindings(booking)
    found += [
        NeededAction(
            REFUND_FAILED,
            {
                "stripe_refund_id": refund_id,
                "amount": owed.amount_minor,
                "currency": owed.currency,
            },
        )
        for refund_id, owed in owed_of_failed_refunds(booking).items()
        if owed.amount_minor
    ]
    found += [*_of_canceled_refunds(booking), *_of_unfunded_refunds(booking)]
    found += [*_of_refund_orders(booking), *_of_fees(booking), *_of_holds(booking)]
    is_refused = any(each.kind == REFUND_REFUSED for each in found)
    if not is_refused and (left_minor := _left_minor(booking)):
        proposal = min(left_minor, sum(refundable_by_charge(booking).values()))
        left = {"amount": left_minor, "currency": currency, "proposed_refund": proposal}
        found.append(NeededAction(MONEY_LEFT, left))
    # What is only held is the client's money too, out of their reach for days. What was ordered to
    # go back is settled; a lapsed booking lets go of nothing else.
    kept_minor = summary.amount_captured - summary.amount_refunded
    late_minor = kept_minor - summary.amount_refund_pending + _held_minor(booking)
    if booking.status == EXPIRED and late_minor > 0:
        late = {"amount": late_minor, "currency": currency, "proposed_refund": summary.refundable}
        found.append(NeededAction(PAID_LATE, late))
    if session_id := _unasked_session(booking):
        found.append(NeededAction(NOT_ASKED, {"session": session_id}))
    if summary.amount_overpaid:
        proposal = min(summary.amount_overpaid, summary.refundable)
        found.append(
            NeededAction(
                OVERPAID,
                {
                    "amount": summary.amount_overpaid,
                    "currency": currency,
                    "proposed_refund": proposal,
                },
            )
        )
    found += [
        NeededAction(
            OTHER_CURRENCY,
            {
                "charge": charge["charge"],
                "amount": charge["amount_captured"],
                "currency": charge["currency"],
            },
        )
        for charge in summary.foreign_charges
        if charge["amount_captured"]
    ]
    if booking.client:
        to = masked(booking.client.email)
        found += [mail_undelivered(each.kind, to, each.status) for each in booking.undelivered]
    settled = {each.action_id for each in booking.settled}
    return tuple(each for each in found if each.action_id not in settled)


def _of_bindings(booking: Booking) -> Iterator[NeededAction]:
    """Yield each other booking that metadata names for what is bound to this one."""
    facts = booking.facts
    claims: dict[str, list[str]] = {}
    for charge_id, charge in facts.charges.items():
        for named in named_now(charge.named_bookings, charge.claims):
            naming = [key for key, last in newest(charge.claims).items() if named in last]
            objects = [charge_id if key == OWN else key for key in naming] or [charge_id]
            claims.setdefault(named, []).extend(objects)
    for known in (facts.sessions, facts.intents, facts.setups):
        for stripe_id, each in known.items():
            for named in each.named_bookings:
                claims.setdefault(named, []).append(stripe_id)
    claims.pop(booking.booking_id, None)
    for named, stripe_ids in sorted(claims.items()):
        yield NeededAction(
            BOOKING_CONTRADICTED,
            {
                "booking_id": booking.booking_id,
                "named_booking_id": named,
                "objects": sorted(stripe_ids),
            },
        )


def _left_minor(booking: Booking) -> int:
    """Return what of an ended visit's money should go back, and was not ordered to.

    What a bank sent back is the client's too, and asked about apart: it goes another way. As long
    as a bank decides about a charge, nothing can be done.
    """
    is_agreed = booking.status == NO_SHOW and accepted_policy(booking) is not None
    charges = booking.facts.charges.values()
    is_over = booking.status == CANCELLED or is_agreed
    if not is_over or any(charge.has_open_chargeback for charge in charges):
        return 0
    failed_minor = sum(
        refund.amount_minor
        for charge in charges
        for refund in charge.client_refunds.values()
        if refund.status == "failed" and charge.currency == booking.price.currency
    )
    return max(0, excess_over_fee_minor(booking) - failed_minor)


def _unasked_session(booking: Booking) -> str:
    """Return the session of a slot that was freed unasked, as long as nothing tells of its end."""
    if booking.checkout is None or not any(entry.what == UNASKED for entry in booking.journal):
        return ""
    session = booking.facts.sessions.get(booking.checkout.session_id)
    return booking.checkout.session_id if session is None or session.status == "open" else ""


def _held_minor(booking: Booking) -> int:
    """Return what is held and not being let go, in the price's currency."""
    let_go = {
        each.payment_intent
        for each in booking.charge_orders
        if each.kind == RELEASE and each.status != CHARGE_REFUSED
    }
    ordered_minor = sum(
        charge.amount_authorized_minor
        for charge in booking.facts.charges.values()
        if charge.payment_intent in let_go and charge.currency == booking.price.currency
    )
    return max(0, booking.payments().amount_authorized - ordered_minor)


def _of_canceled_refunds(booking: Booking) -> Iterator[NeededAction]:
    left = refundable_by_charge(booking)
    for charge_id, charge in sorted(booking.facts.charges.items()):
        for refund_id, refund in sorted(charge.client_refunds.items()):
            is_settled = charge_id not in left or _is_asked_again(booking, charge_id, refund_id)
            if refund.status == "canceled" and not is_settled:
                yield NeededAction(
                    REFUND_CANCELED,
                    {
                        "stripe_refund_id": refund_id,
                        "charge": charge_id,
                        "amount": refund.amount_minor,
                        "currency": refund.currency,
                    },
                )


def _is_asked_again(booking: Booking, charge_id: str, refund_id: str) -> bool:
    """Whether another refund of the charge was asked for, or made, since this one."""
    refunds = booking.facts.charges[charge_id].client_refunds
    since_s = refunds[refund_id].created_s
    return any(
        each.is_given_back and each.created_s >= since_s for each in refunds.values()
    ) or any(
        each.charge_id == charge_id and each.is_open and each.requested_at_s >= since_s
        for each in booking.refund_orders
        if each.stripe_refund_id != refund_id and each.refund_id != refunds[refund_id].refund_id
    )


def _of_unfunded_refunds(booking: Booking) -> Iterator[NeededAction]:
    for charge_id, charge in sorted(booking.facts.charges.items()):
        for refund_id, refund in sorted(charge.client_refunds.items()):
            if refund.waits_for_funds:
                yield NeededAction(
                    REFUND_UNFUNDED,
                    {
                        "stripe_refund_id": refund_id,
                        "charge": charge_id,
                        "amount": refund.amount_minor,
                        "currency": refund.currency,
                        "pending_reason": refund.pending_reason,
                    },
                )


def _of_refund_orders(booking: Booking) -> Iterator[NeededAction]:
    currency = booking.price.currency
    known = {
        refund.refund_id
        for charge in booking.facts.charges.values()
        for refund in charge.refunds.values()
    }
    for place, order in enumerate(booking.refund_orders):
        details: dict[str, Any] = {
            "refund_id": order.refund_id,
            "amount": order.amount_minor,
            "currency": currency,
        }
        if order.status == REFUSED and _is_still_refused(booking, place):
            why = {"reason": refusal_text(order.refusal), "code": order.refusal}
            yield NeededAction(REFUND_REFUSED, details | why)
        elif order.status == AWAITING_APPROVAL:
            asked = {"requested_by": order.requested_by}
            yield NeededAction(REFUND_WAITS, details | asked)
        elif order.is_open and order.is_stuck and order.refund_id not in known:
            yield NeededAction(REFUND_STUCK, details)


def _is_still_refused(booking: Booking, place: int) -> bool:
    """Whether a refused refund still asks for something.

    What staff asked for is seen when they ask again; what follows from the terms is settled when
    nothing of the client's is left.
    """
    order = booking.refund_orders[place]
    if order.charge_id not in refundable_by_charge(booking):
        return False
    if order.cause == STAFF:
        return all(each.charge_id != order.charge_id for each in booking.refund_orders[place + 1 :])
    return excess_over_fee_minor(booking) > 0


def _of_fees(booking: Booking) -> Iterator[NeededAction]:
    currency = booking.price.currency
    if fee := booking.fee():
        state = booking.fee_state(fee)
        details: dict[str, Any] = {"fee_id": fee.fee_id, "kind_of_fee": fee.kind}
        if state.status == PROPOSED:
            sum_of = {"amount": fee.amount_minor, "currency": currency}
            yield NeededAction(FEE_PROPOSED, details | sum_of)
        elif state.status == OWED:
            sum_of = {"amount": state.owed_minor, "currency": currency}
            refused = [
                refusal_text(each.refusal, of_saved_card=each.kind == CHARGE_CARD)
                for each in booking.charge_orders
                if each.fee_id == fee.fee_id and each.refusal
            ]
            why = {"reason": refused[-1]} if refused else {}
            yield NeededAction(FEE_OWED, details | sum_of | why)


def _of_holds(booking: Booking) -> Iterator[NeededAction]:
    for order in booking.charge_orders:
        if order.status == CHARGE_REQUESTED and order.is_stuck:
            yield NeededAction(CHARGE_STUCK, {"order_id": order.order_id, "of": order.kind})
    for order in unsettled_refusals(booking):
        yield _of_refusal(booking, order)
    for charge_id in booking.lapsing_holds:
        charge = booking.facts.charges.get(charge_id)
        if charge and charge.amount_authorized_minor and not _is_ordered(booking, charge):
            is_early = charge.capture_before_s < _end_s(booking)
            yield NeededAction(
                HOLD_LAPSES_EARLY if is_early else HOLD_LAPSES,
                {
                    "charge": charge_id,
                    "amount": charge.amount_authorized_minor,
                    "currency": charge.currency,
                    "lapses_at": rfc3339(charge.capture_before_s),
                },
            )


def _of_refusal(booking: Booking, order: ChargeOrder) -> NeededAction:
    why = {"order_id": order.order_id, "reason": refusal_text(order.refusal), "code": order.refusal}
    if order.kind == EXPIRE_SESSION:
        return NeededAction(SESSION_NOT_CLOSED, why | {"session": order.session_id})
    kind = HOLD_NOT_TAKEN if order.kind == CAPTURE else HOLD_NOT_RELEASED
    amount_minor = held_minor(booking, order.payment_intent)
    if order.kind == CAPTURE:
        amount_minor = booking.amount_due_minor() or order.amount_minor
    return NeededAction(kind, why | {"amount": amount_minor, "currency": booking.price.currency})


def _end_s(booking: Booking) -> int:
    """Return when the visit is over, as far as it is known; 0 for none."""
    return booking.online.ends_at_s if booking.online else booking.starts_at_s or 0


def _is_ordered(booking: Booking, charge: ChargeFacts) -> bool:
    """Whether Stripe is being asked already to take or to release what a charge holds."""
    return any(each.payment_intent == charge.payment_intent for each in booking.charge_orders)
