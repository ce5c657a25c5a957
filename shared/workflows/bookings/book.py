"""A client books: the slot is taken and the payment opened, or neither."""

from msgspec import Struct

from shared.adapters.catalogue_store import OfferItems
from shared.domain.bookings.booking import Booking
from shared.domain.bookings.online_booking import Offer, SlotRequest, is_allowed_return
from shared.domain.bookings.visit_host import VisitHost
from shared.domain.errors import InvalidInput, NotFound
from shared.domain.locations.location import Location
from shared.domain.mistakes import mistake
from shared.workflows.bookings.booking_stores import BookingStores
from shared.workflows.bookings.open_payment import open_payment
from shared.workflows.bookings.repeated import asker_of, find_earlier
from shared.workflows.bookings.take_slot import take_slot
from shared.workflows.repeated_requests import RequestKey


class Made(Struct, frozen=True):
    """A booking that a request has made, now or before.

    `is_same_asker` is false for a repetition from another address, which may be anybody who
    guesses the key.
    """

    host: VisitHost
    booking: Booking
    is_same_asker: bool


def book(
    location_id: str, request: SlotRequest, key: RequestKey, stores: BookingStores, now_s: int
) -> Made:
    """Take the slot and open the payment, or find what the same request has made before.

    Raises `Problem`: 404 for what is not there, 409 `slot_taken`, `price_changed`,
    `terms_changed` and others, 422, 429 for too much at once, and 502 where Stripe cannot be
    reached, with the slot free again.
    """
    found = stores.catalogue.get_offer(location_id, request.service_id, request.employee_id)
    if found is None:
        raise NotFound("There is no such location.", code="location_not_found")
    location = found.location
    asker = asker_of(location_id, request.address, stores.link_key.get())
    earlier = find_earlier(location_id, key, asker, stores.bookings, now_s)
    if earlier.stored is None:
        offer = _offer_of(found)
        _check_return(request, location, stores)
        earlier = take_slot(offer, request, earlier, stores, now_s)
    if earlier.stored is None:
        raise NotFound("The booking is gone.", code="booking_not_found")
    booking = open_payment(
        location, earlier.stored, key.digest, request.address, stores=stores, now_s=now_s
    )
    host = VisitHost(location, found.employee.name if found.employee else "")
    return Made(host, booking, earlier.is_same_asker)


def _offer_of(found: OfferItems) -> Offer:
    if found.service is None:
        raise NotFound("There is no such service.", code="service_not_found")
    if found.employee is None:
        raise NotFound("There is no such employee.", code="employee_not_found")
    return Offer(found.location, found.terms, found.service, found.employee, found.off)


def _check_return(request: SlotRequest, location: Location, stores: BookingStores) -> None:
    url = request.return_url
    if url and not is_allowed_return(url, location, stores.config.public_url):
        errors = [mistake("/return_url", "must be at an origin that the location allows")]
        raise InvalidInput(
            "The location does not allow this address.",
            code="return_url_not_allowed",
            errors=errors,
        )
