"""A slot and its new booking are written in one transaction, against everybody else's requests."""

import secrets
from copy import replace

from shared.adapters.agenda_store import Days
from shared.adapters.retry_write import retry_write
from shared.domain.bookings.booking import Booking
from shared.domain.bookings.online_booking import Offer, SlotRequest, make_booking
from shared.domain.errors import Conflict, WriteConflict
from shared.domain.link_tokens import derive_client_token, token_digest
from shared.observability import count
from shared.workflows.bookings.booking_stores import BookingStores
from shared.workflows.bookings.payment_links import link_digest
from shared.workflows.bookings.repeated import Earlier, find_earlier


def take_slot(
    offer: Offer, request: SlotRequest, earlier: Earlier, stores: BookingStores, now_s: int
) -> Earlier:
    """Return the new booking, or the one that the same request has just made elsewhere.

    `earlier` is that nothing was made before. Raises `Problem`: `make_booking`'s and
    `Admission.admit`'s, and `Conflict` `slot_taken`; `WriteConflict` where many are booking right
    now. Nothing is counted or written then.
    """
    booking = make_booking(f"bk_{secrets.token_hex(12)}", offer, request, now_s)
    key = stores.link_key.get()
    own = token_digest(derive_client_token(key, booking.booking_id))
    link = link_digest(key, booking, 1)
    admission = stores.admission(offer.location, request.address)
    admitted: Booking | None = None

    def take_once() -> Earlier:
        nonlocal admitted, earlier
        days = stores.agendas.days_of(booking)
        answer = earlier.first_answer(booking)
        try:
            # A request for a slot that is gone counts against nobody, and costs no write.
            _expect_free(booking, days)
            admitted = admitted or admission.admit(booking)
            stored = stores.bookings.create(
                admitted, client_digest=own, link_digest=link, answer=answer, days=days
            )
        except (Conflict, WriteConflict):
            # A client who presses twice must not be told that somebody else has the time.
            earlier = find_earlier(
                booking.location_id, earlier.repeatable.key, earlier.asker, stores.bookings, now_s
            )
            if earlier.stored is None:
                raise
            return earlier
        count("OnlineBookingMade")
        admission.written(admitted)
        return replace(earlier, stored=stored)

    try:
        made = retry_write(take_once)
    except (Conflict, WriteConflict):
        if admitted:
            admission.take_back(booking)
        raise
    if admitted and made is earlier:
        admission.take_back(booking)
    return made


def _expect_free(booking: Booking, days: Days) -> None:
    if time := booking.taken_time():
        for day in days.values():
            day.agenda.take(booking.booking_id, time)
