"""The payment of a new booking is opened at Stripe, or its slot is given back at once."""

from shared.adapters.booking_items import StoredBooking
from shared.adapters.first_answers import answer_delete
from shared.adapters.retry_write import retry_write
from shared.domain.bookings.booking import (
    Booking,
)
from shared.domain.bookings.lifecycle import (
    AWAITING_PAYMENT,
)
from shared.domain.bookings.online_booking import expire, may_release, pay_at_visit
from shared.domain.errors import (
    AwsRefused,
    AwsUnreachable,
    StripeRefused,
    StripeUnavailable,
    TooManyRequests,
    Unavailable,
    WriteConflict,
)
from shared.domain.link_tokens import derive_return_token
from shared.domain.locations.location import Location
from shared.domain.money.charge_limits import AMOUNT_REFUSED
from shared.observability import logger
from shared.workflows.bookings.admission import Admission
from shared.workflows.bookings.booking_stores import BookingStores
from shared.workflows.bookings.open_session import open_session

# Against webhooks and other tabs, which write the booking too.


def open_payment(
    location: Location,
    stored: StoredBooking,
    digest: str,
    address: str,
    *,
    stores: BookingStores,
    now_s: int,
) -> Booking:
    """Return the booking, with its Checkout Session where a payment is due.

    `digest` is the request's Idempotency-Key's, which may be used again if the slot is given back.
    Raises `TooManyRequests` and `Unavailable` (502): nothing is booked then.
    """
    booking = stored.booking
    # A confirmed booking may have something left to pay; that is not opened here.
    if booking.status != AWAITING_PAYMENT or not booking.wants_checkout():
        return booking
    admission = stores.admission(location, address)
    try:
        _open(location, stored, address, stores, now_s)
    except TooManyRequests:
        # It stays counted: an address that asks so often has to wait.
        if _release(booking, digest, stores, now_s):
            raise
    except StripeRefused as refused:
        # Not all of Stripe's limits are known before: the client pays at the visit instead.
        if refused.code in AMOUNT_REFUSED:
            _confirm_without_payment(booking, admission, stores)
        else:
            logger.error("Stripe refused a session", code=refused.code)
            if _release(booking, digest, stores, now_s):
                admission.take_back(booking)
                raise _no_payment() from refused
    except (StripeUnavailable, AwsRefused, AwsUnreachable, WriteConflict) as unavailable:
        if _release(booking, digest, stores, now_s):
            admission.take_back(booking)
            if isinstance(unavailable, AwsRefused):
                raise
            raise _no_payment() from unavailable
    found = stores.bookings.get_booking(booking.location_id, booking.booking_id)
    return found.booking if found else booking


def _open(
    location: Location, stored: StoredBooking, address: str, stores: BookingStores, now_s: int
) -> None:
    booking, key = stored.booking, stores.link_key.get()
    token = derive_return_token(key, booking.booking_id, booking.client_access)
    open_session(
        location,
        stored,
        f"{stores.config.public_url}/pay/{token}",
        store=stores.bookings,
        accounts=stores.accounts,
        budget=stores.session_budget(location, address),
        now_s=now_s,
    )


def _no_payment() -> Unavailable:
    problem = Unavailable(
        "The payment cannot be opened at the moment, and nothing was booked. Try again.",
        code="payment_unavailable",
    )
    problem.status = 502
    return problem


def _release(booking: Booking, digest: str, stores: BookingStores, now_s: int) -> bool:
    """Give the slot back and return whether nothing is booked; its key may be used again.

    It is kept where `may_release` says so: the booking stands then, and is the answer.
    """

    def release_once() -> bool:
        stored = stores.bookings.get_booking(booking.location_id, booking.booking_id)
        if stored is None:
            return True
        if not may_release(stored.booking):
            return False
        forgotten = answer_delete(booking.location_id, digest)
        stores.bookings.write(stored, expire(stored.booking, now_s), also=[forgotten])
        return True

    try:
        return retry_write(release_once)
    except WriteConflict:
        # The hold's own end frees the slot all the same.
        logger.warning("slot not given back at once", booking_id=booking.booking_id)
        return True


def _confirm_without_payment(booking: Booking, admission: Admission, stores: BookingStores) -> None:
    def confirm_once() -> None:
        stored = stores.bookings.get_booking(booking.location_id, booking.booking_id)
        if stored is None or stored.booking.status != AWAITING_PAYMENT:
            return
        confirmed = admission.with_free_time(pay_at_visit(stored.booking))
        stores.bookings.write(stored, confirmed)
        admission.written(confirmed)

    retry_write(confirm_once)
