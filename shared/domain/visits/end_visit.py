"""A visit ends: cancelled, not come to, or done; and what then becomes of its money. Pure.

    fee     first what is kept of the prepayment, then a part of the hold, then the saved card;
            what none of them covers is owed, and a link asks for it
    rest    goes back by itself: the prepayment by refunds, the hold by being let go

Nothing is ever taken beyond what the client accepted with the booking (`booking.online`), and a
booking of the staff's own has no such terms: no fee. Ids are derived, so that whoever repeats an
end finds it done. While a refund is half told nobody decides (`require_settled_refunds`): what is
left is known a moment later, and none of it must stay behind or be asked of the client again. A
refund that waits for approval is not waited for: what goes back is settled with the end, or the
fee.

Who did not come, and what was done, is known from the visit's start on, and not before.
"""

from dataclasses import dataclass, replace

from shared.domain.bookings.authorship import CLIENT
from shared.domain.bookings.booking import (
    AWAITING_CONFIRMATION,
    AWAITING_PAYMENT,
    CANCELLED,
    COMPLETED,
    CONFIRMED,
    ENDED_STATUSES,
    EXPIRED,
    NO_SHOW,
    WAITING_STATUSES,
    Booking,
)
from shared.domain.bookings.charge_order import (
    CAPTURE,
    CHARGE_CARD,
    EXPIRE_SESSION,
    RELEASE,
    ChargeOrder,
)
from shared.domain.bookings.derived_ids import derived_id
from shared.domain.bookings.fee import (
    APPLIED,
    CANCELLATION_FEE,
    FEE_PURPOSES,
    NO_SHOW_FEE,
    OWED,
    PROPOSED,
    WAIVED,
    WRITTEN_OFF,
    Fee,
    is_too_little,
    paid_for_fees_minor,
)
from shared.domain.bookings.journal import REOPENED, JournalEntry, JournalWord
from shared.domain.bookings.refund_order import CANCELLATION, PAID_LATE
from shared.domain.catalogue.cancellation_policy import Cancellation, cancellation_fee
from shared.domain.catalogue.cancellation_policy import no_show_fee as no_show_fee_of
from shared.domain.catalogue.consent import check_fee
from shared.domain.catalogue.terms_document import terms_from_dict
from shared.domain.errors import Conflict, NotFound
from shared.domain.refunds.approval import UNLIMITED, Allowance
from shared.domain.refunds.refund_rules import (
    BOOKPAY,
    RefundRequest,
    ask_for_refund,
    possibly_double_counted_minor,
    refundable_by_charge,
    require_settled_refunds,
    with_refund,
    withdraw_waiting,
)

MAX_REMINDERS = 2
_REFUSED = {
    CANCELLED: ("already_cancelled", "The booking was cancelled."),
    NO_SHOW: ("already_no_show", "The client did not come; the booking is over."),
    COMPLETED: ("already_completed", "The visit took place."),
    EXPIRED: ("booking_expired", "The booking was not paid in time, and is gone."),
    AWAITING_PAYMENT: ("not_confirmed", "The booking still waits for its payment."),
    AWAITING_CONFIRMATION: ("not_confirmed", "Its client has not confirmed the booking yet."),
}


def accepted_policy(booking: Booking) -> Cancellation | None:
    """Return the policy that the client accepted with the booking, `None` where they booked none.

    Who booked online and accepted no terms pays no fee, whatever the terms say.
    """
    if booking.online is None:
        return None
    if not booking.online.terms_hash:
        return Cancellation()
    agreed = {"prepayment": {"type": "none"}, "cancellation": booking.online.cancellation}
    return terms_from_dict(agreed, booking.price.currency).cancellation


def cancellation_fee_for(booking: Booking, now_s: int) -> int:
    """Return what cancelling at this moment would cost, by the policy that the client accepted.

    In minor units of the price's currency; 0 for a booking that can no more be cancelled.
    """
    policy = accepted_policy(booking)
    if policy is None or booking.starts_at_s is None or booking.status != CONFIRMED:
        return 0
    return cancellation_fee(policy, booking.price, booking.starts_at_s, now_s).amount_minor


def no_show_fee_for(booking: Booking) -> int:
    """Return what not coming costs, by the policy that the client accepted.

    In minor units of the price's currency; 0 for a booking that is not confirmed any more.
    """
    policy = accepted_policy(booking)
    if policy is None or booking.status != CONFIRMED:
        return 0
    return no_show_fee_of(policy, booking.price).amount_minor


def cancel_for_client(booking: Booking, now_s: int, *, accepted_fee_minor: int | None) -> Booking:
    """Return the booking cancelled by its client, for the fee that they agreed to or a lower one.

    Once more it is the same. Raises as `cancel` does, and `NotAgreed` `fee_changed`.
    """
    if booking.status == CANCELLED:
        return booking
    cancelled = cancel(booking, CLIENT, now_s, takes_fee=True)
    check_fee(cancellation_fee_for(booking, now_s), accepted_fee_minor)
    return cancelled


def cancel(
    booking: Booking, by: str, now_s: int, *, takes_fee: bool, allowance: Allowance = UNLIMITED
) -> Booking:
    """Return the booking cancelled, with every order that its money needs; once more, the same.

    `by` is `client` or an e-mail of the staff's; `takes_fee` is whether the policy's fee is taken.
    What somebody gives back beyond the terms, and beyond their `allowance`, waits for a second
    person; the visit is cancelled all the same. Raises `Conflict` `already_no_show`,
    `already_completed`, `booking_expired`, for a client whose visit has begun `visit_started`, and
    `request_in_progress`.
    """
    if booking.status == CANCELLED:
        return booking
    if booking.status != CONFIRMED and booking.status not in WAITING_STATUSES:
        raise _refusal(booking)
    has_begun = booking.starts_at_s is not None and booking.starts_at_s <= now_s
    if by == CLIENT and has_begun:
        raise Conflict("The visit has begun: ask the business.", code="visit_started")
    terms_minor = cancellation_fee_for(booking, now_s)
    ended = _ended(booking, CANCELLED, "booking.cancelled", by, now_s)
    closed = without_session(ended, now_s)
    keeps_minor = terms_minor if accepted_policy(booking) else None
    given = _Giving(by, now_s, keeps_minor, allowance)
    return _settled(closed, terms_minor if takes_fee else 0, CANCELLATION_FEE, given)


def mark_no_show(
    booking: Booking, by: str, now_s: int, *, takes_fee: bool, allowance: Allowance = UNLIMITED
) -> Booking:
    """Return the booking as one that the client did not come to; once more, the same.

    What was paid for a booking of the staff's own stays: no terms say what becomes of it. A fee
    that is let go gives back under the same `allowance` as `cancel`. Raises `Conflict` as `cancel`
    does, `not_confirmed`, and before the start `visit_not_started`.
    """
    if booking.status == NO_SHOW:
        return booking
    _check_begun(booking, now_s)
    policy = accepted_policy(booking)
    ended = _ended(booking, NO_SHOW, "booking.no_show", by, now_s)
    ended = without_session(ended, now_s)
    if policy is None:
        return ended
    fee_minor = no_show_fee_of(policy, booking.price).amount_minor
    given = _Giving(by, now_s, fee_minor, allowance)
    return _settled(ended, fee_minor if takes_fee else 0, NO_SHOW_FEE, given)


def complete(booking: Booking, by: str, now_s: int) -> Booking:
    """Return the booking done; what is held is taken. Raises `Conflict` as `mark_no_show` does."""
    if booking.status == COMPLETED:
        return booking
    _check_begun(booking, now_s)
    done = _ended(booking, COMPLETED, "booking.completed", by, now_s)
    for intent, held_minor in _holds(done).items():
        done = _ordered(done, _order(done, CAPTURE, now_s, intent, amount_minor=held_minor))
    return done


def confirm_fee(booking: Booking, fee_id: str, by: str, now_s: int) -> Booking:
    """Return the booking with a proposed fee taken.

    Raises `NotFound`, and `Conflict` `fee_decided` or `request_in_progress`.
    """
    fee = _find_fee(booking, fee_id)
    if fee.status == APPLIED:
        return booking
    if fee.status != PROPOSED:
        raise Conflict("The fee was decided on.", code="fee_decided")
    require_settled_refunds(booking)
    decided = replace(fee, status=APPLIED, decided_by=by, decided_at_s=now_s)
    settled = withdraw_waiting(booking, now_s)
    noted = _noted(settled, f"{fee_id}-confirmed", "fee.confirmed", by, now_s)
    return _taken(_with_fee(noted, decided), decided, now_s)


def waive_fee(
    booking: Booking,
    fee_id: str,
    by: str,
    reason: str,
    now_s: int,
    *,
    allowance: Allowance = UNLIMITED,
) -> Booking:
    """Return the booking with a fee waived that was proposed or is owed; all else goes back.

    What was kept for the fee goes back under the same `allowance` as with `cancel`. Raises
    `NotFound`, and `Conflict` `fee_decided` for one that was taken (refund it) or ended, or
    `request_in_progress`.
    """
    fee = _find_fee(booking, fee_id)
    if fee.status == WAIVED:
        return booking
    if booking.fee_state(fee).status not in (PROPOSED, OWED):
        raise Conflict("The fee was decided on; refund it instead.", code="fee_decided")
    require_settled_refunds(booking)
    waived = replace(fee, status=WAIVED, decided_by=by, decided_at_s=now_s, reason=reason)
    settled = withdraw_waiting(booking, now_s)
    noted = _noted(settled, f"{fee_id}-waived", "fee.waived", by, now_s)
    given = _Giving(by, now_s, fee.amount_minor, allowance)
    free = _refunded(_with_fee(noted, waived), 0, f"{fee_id}-waived", given)
    return _released(free, now_s)


def remind_of_fee(booking: Booking, fee_id: str, reminders: int, now_s: int) -> Booking:
    """Return the booking after a look at a fee that may be owed: reminded of, or written off.

    `reminders` is how many mails had gone when the look was ordered; a look that is not the next
    one changes nothing.
    """
    fee = next((each for each in booking.fees if each.fee_id == fee_id), None)
    if fee is None or fee.reminders != reminders or booking.fee_state(fee).status != OWED:
        return booking
    if reminders < MAX_REMINDERS:
        what: JournalWord = "fee.reminded"
        changed = replace(fee, reminders=reminders + 1)
    else:
        what = "fee.written_off"
        changed = replace(fee, status=WRITTEN_OFF)
    name = f"{fee_id}-{what.partition('.')[2]}-{reminders}"
    return _with_fee(_noted(booking, name, what, BOOKPAY, now_s), changed)


def with_lapsing_hold(booking: Booking, charge_id: str) -> Booking:
    """Return the booking after a look at a hold near its end: noted if it still holds."""
    charge = booking.facts.charges.get(charge_id)
    if charge is None or not charge.amount_authorized_minor or charge_id in booking.lapsing_holds:
        return booking
    return replace(booking, lapsing_holds=(*booking.lapsing_holds, charge_id))


def with_late_money(before: Booking, after: Booking, now_s: int) -> Booking:
    """Return a booking that was over when money came: what its fee does not need goes back.

    `before` is the booking without the news. Money that we ordered ourselves is no late money.
    """
    if before.status not in ENDED_STATUSES or keeps_all(before):
        return after
    ordered = {each.payment_intent for each in before.charge_orders} - {""}
    changed = after
    for charge_id, charge in after.facts.charges.items():
        known = before.facts.charges.get(charge_id)
        if charge.payment_intent in ordered or charge.currency != before.price.currency:
            continue
        news_minor = charge.amount_captured_minor - (known.amount_captured_minor if known else 0)
        if news_minor > 0:
            changed = _late_charge(before, changed, charge_id, news_minor, now_s)
        is_held = charge.amount_authorized_minor and not (known and known.amount_authorized_minor)
        if is_held and charge.payment_intent:
            changed = _ordered(changed, _order(changed, RELEASE, now_s, charge.payment_intent))
    return changed


def _late_charge(
    before: Booking, booking: Booking, charge_id: str, news_minor: int, now_s: int
) -> Booking:
    """Give back what came for a charge beyond the fee; what the fee takes of it is kept."""
    fee, wanted_minor = before.fee(), 0
    if fee:
        state = before.fee_state(fee)
        if booking.facts.charges[charge_id].purpose in FEE_PURPOSES:
            # It counts for the fee by its purpose; a second payment of the same fee does not.
            is_wanted = fee.status != PROPOSED
            wanted_minor = fee.amount_minor - state.taken_minor if is_wanted else 0
        elif fee.status == PROPOSED:
            # Webhooks do not wait: what may be counted twice is taken to be there, so that money
            # is rather given back, and the fee asked for, than kept for nothing.
            wanted_minor = (
                fee.amount_minor - _ours_minor(before) - possibly_double_counted_minor(before)
            )
        else:
            wanted_minor = state.owed_minor
            kept_minor = fee.kept_minor + min(wanted_minor, news_minor)
            booking = _with_fee(booking, replace(fee, kept_minor=kept_minor))
    back_minor = news_minor - min(max(0, wanted_minor), news_minor)
    back_minor = min(back_minor, refundable_by_charge(booking).get(charge_id, 0))
    if not back_minor:
        return booking
    request_id = derived_id("rf", booking.booking_id, charge_id, "late", str(now_s))
    request = RefundRequest(request_id, back_minor, BOOKPAY, now_s, PAID_LATE)
    asked = with_refund(booking, request, back_minor, only=charge_id)
    return _noted(asked, f"{request_id}-requested", "refund.requested", BOOKPAY, now_s)


def keeps_all(booking: Booking) -> bool:
    """Whether what was paid stays, whenever it comes: no terms say what not coming costs."""
    return booking.status == NO_SHOW and accepted_policy(booking) is None


def _check_begun(booking: Booking, now_s: int) -> None:
    """Raise `Conflict` unless a confirmed visit has begun; a sale at the desk has no time."""
    if booking.status != CONFIRMED:
        raise _refusal(booking)
    if booking.starts_at_s is not None and now_s < booking.starts_at_s:
        raise Conflict(
            "The visit has not begun; until then it can be cancelled.", code="visit_not_started"
        )


def times_reopened(booking: Booking) -> int:
    """Return how many ends of a booking were undone: each has its own names."""
    return sum(entry.what == REOPENED for entry in booking.journal)


def _numbered(booking: Booking, *parts: str) -> tuple[str, ...]:
    """Return the parts of a name for this end of the booking: the first has no number."""
    number = times_reopened(booking)
    return (*parts, str(number)) if number else parts


def _refusal(booking: Booking) -> Conflict:
    code, detail = _REFUSED[booking.status]
    return Conflict(detail, code=code)


def _ended(booking: Booking, status: str, what: JournalWord, by: str, now_s: int) -> Booking:
    name = "-".join(_numbered(booking, booking.booking_id, what.partition(".")[2]))
    return _noted(replace(booking, status=status), name, what, by, now_s)


def _noted(booking: Booking, name: str, what: JournalWord, by: str, now_s: int) -> Booking:
    entry = JournalEntry(name, now_s, what, by)
    return replace(booking, journal=(*booking.journal, entry))


@dataclass(frozen=True, slots=True)
class _Giving:
    """Who gives back, and when.

    `terms_keep_minor` is what the accepted terms would keep; `None` where there are none, and
    nothing goes back by itself.
    """

    by: str
    now_s: int
    terms_keep_minor: int | None
    allowance: Allowance


def _settled(booking: Booking, fee_minor: int, kind: str, given: _Giving) -> Booking:
    """Return the ended booking with its fee, if there is one, and the rest on its way back."""
    require_settled_refunds(booking)
    rest_name = derived_id("rf", *_numbered(booking, booking.booking_id, kind))
    free = _refunded(withdraw_waiting(booking, given.now_s), fee_minor, rest_name, given)
    if not fee_minor:
        return _released(free, given.now_s)
    policy = accepted_policy(booking)
    is_proposal = policy is not None and policy.charge == "propose"
    fee = Fee(
        fee_id=derived_id("fee", *_numbered(booking, booking.booking_id, kind)),
        kind=kind,
        amount_minor=fee_minor,
        created_at_s=given.now_s,
        by=given.by,
        status=PROPOSED if is_proposal else APPLIED,
        paid_before_minor=paid_for_fees_minor(booking.facts),
    )
    with_fee = replace(free, fees=(*free.fees, fee))
    return with_fee if is_proposal else _taken(with_fee, fee, given.now_s)


def _refunded(booking: Booking, kept_minor: int, name: str, given: _Giving) -> Booking:
    """Return the booking with all that was paid beyond `kept_minor` on its way back.

    Of somebody whose allowance ends somewhere, what the terms do not give back is asked for apart,
    in their name: it may have to wait, and it counts for what they ask for next. A bank that
    disputes it all keeps it meanwhile.
    """
    ours_minor = _ours_minor(booking)
    back_minor = max(0, ours_minor - kept_minor)
    own_minor = 0
    if given.allowance.limit_minor:
        keep_minor = ours_minor if given.terms_keep_minor is None else given.terms_keep_minor
        own_minor = max(0, back_minor - max(0, ours_minor - keep_minor))
    request_id = name if name.startswith("rf_") else derived_id("rf", booking.booking_id, name)
    request = RefundRequest(request_id, back_minor, given.by, given.now_s, CANCELLATION)
    if back_minor - own_minor:
        booking = ask_for_refund(booking, request, back_minor - own_minor, UNLIMITED)
    if own_minor:
        own = replace(
            request,
            request_id=derived_id("rf", booking.booking_id, name, "own"),
            requester_id=given.allowance.user_id,
        )
        booking = ask_for_refund(booking, own, own_minor, given.allowance)
    return booking


def _taken(booking: Booking, fee: Fee, now_s: int) -> Booking:
    """Return the booking with its fee kept, captured and charged, as far as there is what from.

    What a bank disputes at this moment is set aside for it too; a rest that Stripe does not take
    from a card is let go.
    """
    kept_minor = min(fee.amount_minor, _ours_minor(booking) + _before_banks_minor(booking))
    left_minor = fee.amount_minor - kept_minor
    taken = _with_fee(booking, replace(fee, kept_minor=kept_minor))
    for intent, held_minor in _holds(booking).items():
        share_minor = min(left_minor, held_minor)
        left_minor -= share_minor
        kind = CAPTURE if share_minor else RELEASE
        order = _order(booking, kind, now_s, intent, amount_minor=share_minor)
        taken = _ordered(taken, replace(order, fee_id=fee.fee_id))
    card = saved_card(booking)
    if card and not is_too_little(left_minor, booking.price.currency):
        order = _order(booking, CHARGE_CARD, now_s, fee.fee_id, amount_minor=left_minor)
        customer, payment_method = card
        taken = _ordered(
            taken,
            replace(
                order,
                payment_intent="",
                customer=customer,
                payment_method=payment_method,
                fee_id=fee.fee_id,
            ),
        )
    return taken


def excess_over_fee_minor(booking: Booking) -> int:
    """Return what of an ended visit's money is neither its fee nor on its way back.

    In minor units of the price's currency, never negative: the client has a claim to it.
    """
    fee = booking.fee()
    return max(0, _ours_minor(booking) - (fee.amount_minor if fee else 0))


def saved_card(booking: Booking) -> tuple[str, str] | None:
    """Return the `(customer, payment_method)` of the card that was saved for the booking last."""
    saved = [
        each
        for each in booking.facts.setups.values()
        if each.is_saved and each.customer and each.payment_method
    ]
    if not saved:
        return None
    newest = max(saved, key=lambda each: (each.created_s, each.payment_method))
    return newest.customer, newest.payment_method


def _released(booking: Booking, now_s: int) -> Booking:
    for intent in _holds(booking):
        booking = _ordered(booking, _order(booking, RELEASE, now_s, intent))
    return booking


def _holds(booking: Booking) -> dict[str, int]:
    """Return what is held, by payment intent, the oldest first; what is ordered is let out."""
    ordered = {each.payment_intent for each in booking.charge_orders}
    charges = sorted(booking.facts.charges.values(), key=lambda each: each.created_s)
    return {
        charge.payment_intent: charge.amount_authorized_minor
        for charge in charges
        if charge.amount_authorized_minor
        and charge.payment_intent
        and charge.payment_intent not in ordered
        and charge.currency == booking.price.currency
    }


def _ours_minor(booking: Booking) -> int:
    """Return what of all payments is still with the business and promised to nobody."""
    summary = booking.payments()
    away_minor = summary.amount_refunded + summary.amount_refund_pending + summary.amount_disputed
    return max(0, summary.amount_captured - away_minor)


def _before_banks_minor(booking: Booking) -> int:
    """Return what banks hold withdrawn and have not decided on, as far as it is not given back."""
    return sum(
        min(
            charge.amount_disputed_minor,
            max(0, charge.amount_captured_minor - charge.amount_refunded_minor),
        )
        for charge in booking.facts.charges.values()
        if charge.has_open_chargeback and charge.currency == booking.price.currency
    )


def without_session(booking: Booking, now_s: int) -> Booking:
    """Return the booking with its session closed, if a client could still pay there."""
    session_id = booking.checkout.session_id if booking.checkout else ""
    session = booking.facts.sessions.get(session_id)
    if not session_id or (session and session.status != "open"):
        return booking
    order = _order(booking, EXPIRE_SESSION, now_s, session_id)
    return _ordered(booking, replace(order, payment_intent="", session_id=session_id))


def _order(
    booking: Booking, kind: str, now_s: int, about: str, *, amount_minor: int = 0
) -> ChargeOrder:
    order_id = derived_id("co", booking.booking_id, kind, about)
    return ChargeOrder(order_id, kind, now_s, amount_minor, payment_intent=about)


def _ordered(booking: Booking, order: ChargeOrder) -> Booking:
    if any(each.order_id == order.order_id for each in booking.charge_orders):
        return booking
    return replace(booking, charge_orders=(*booking.charge_orders, order))


def _find_fee(booking: Booking, fee_id: str) -> Fee:
    for fee in booking.fees:
        if fee.fee_id == fee_id:
            return fee
    raise NotFound("There is no such fee.", code="fee_not_found")


def _with_fee(booking: Booking, fee: Fee) -> Booking:
    fees = tuple(fee if each.fee_id == fee.fee_id else each for each in booking.fees)
    return replace(booking, fees=fees)
