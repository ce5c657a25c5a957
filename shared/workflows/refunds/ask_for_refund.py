"""Staff ask for a refund: its amount is reserved, and above their limit somebody else approves."""

import secrets

from msgspec import Struct

from shared.adapters.booking_store import BookingStore
from shared.adapters.refund_days import RefundDays
from shared.adapters.retry_write import retry_write
from shared.domain.activity.staff_view import request_view
from shared.domain.bookings.authorship import signed
from shared.domain.bookings.refund_order import STAFF
from shared.domain.refunds.refund_rules import RefundRequest, request_refund
from shared.observability import count
from shared.workflows.bookings.find_booking import find_booking
from shared.workflows.refunds.allowance import Giver
from shared.workflows.repeated_requests import Reply, RequestKey, read_answered
from shared.workflows.staff import Staff, audit_of

ID_BYTES = 12


class Wish(Struct, frozen=True):
    """What is to be refunded: an amount in minor units, `None` for all that is left, and why."""

    amount_minor: int | None
    reason: str
    note: str


def ask_for_refund(
    staff: Staff,
    booking_id: str,
    wish: Wish,
    key: RequestKey,
    *,
    bookings: BookingStore,
    days: RefundDays,
    now_s: int,
) -> Reply:
    """Write a refund request and return it as the contract's `Refund`.

    Raises `NotFound`, `InvalidInput` and `Conflict` as `request_refund` does, and `Conflict`
    `idempotency_key_reused` or `request_in_progress`, and `WriteConflict`.
    """
    giver = Giver(staff, days, now_s)
    location_id = staff.location.location_id
    request = RefundRequest(
        request_id=f"rf_{secrets.token_hex(ID_BYTES)}",
        amount_minor=wish.amount_minor,
        requested_by=staff.email,
        requested_at_s=now_s,
        cause=STAFF,
        reason=wish.reason,
        note=wish.note,
        requester_id=staff.user_id,
    )
    ids = {"booking": booking_id, "refund": request.request_id}

    def write() -> Reply:
        repeatable = read_answered(bookings, location_id, key, now_s)
        if kept := repeatable.kept():
            return Reply(kept, is_repeated=True)
        stored = find_booking(bookings, location_id, booking_id)
        requested = request_refund(stored.booking, request, giver.allowance(stored.booking))
        changed = signed(stored.booking, requested, staff.person)
        view = request_view(changed, request.request_id)
        also = [audit_of(staff, "refund.requested", **ids), *giver.count(stored.booking, changed)]
        bookings.write(stored, changed, answer=repeatable.first_answer(view), also=also)
        count("RefundRequested")
        return Reply(view)

    return retry_write(write)
