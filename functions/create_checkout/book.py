"""A client books: the slot is taken and the payment opened, or neither."""

import random
import re
import secrets
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

from functions.create_checkout.repeated import (
    Earlier,
    RequestKey,
    find_earlier,
    first_answer,
    read_asked,
)
from shared.adapters.api_keys import ApiKeyStore
from shared.adapters.booking_items import StoredBooking
from shared.adapters.booking_store import BookingStore
from shared.adapters.budget_store import BudgetStore
from shared.adapters.catalogue_store import CatalogueStore
from shared.adapters.link_key import LinkKey
from shared.adapters.slot_store import SlotStore, StoredAgenda
from shared.config import Config
from shared.domain.activity.client_view import client_view
from shared.domain.bookings.booking import AWAITING_CONFIRMATION, AWAITING_PAYMENT, Booking, Client
from shared.domain.bookings.online_booking import (
    Offer,
    SlotRequest,
    is_allowed_return,
    lapse,
    make_booking,
    pay_at_visit,
)
from shared.domain.catalogue.consent import Consent
from shared.domain.catalogue.slots import Interval
from shared.domain.catalogue.terms import Terms
from shared.domain.errors import (
    AwsRefused,
    AwsUnreachable,
    Conflict,
    InvalidInput,
    NotFound,
    StripeRefused,
    StripeUnavailable,
    TooManyRequests,
    Unavailable,
    WriteConflict,
)
from shared.domain.link_tokens import (
    derive_client_token,
    derive_return_token,
    derive_token,
    token_digest,
)
from shared.domain.locations.location import Location
from shared.domain.mistakes import mistake
from shared.entrypoints.field_types import Id, Instant
from shared.entrypoints.request_bodies import MAX_AMOUNT, ClientInput, instant_s, parse
from shared.entrypoints.validation import rule
from shared.observability import count, logger
from shared.workflows.bookings.admission import Admission, SessionBudget
from shared.workflows.bookings.limit_unpaid_bookings import WaitingSlots
from shared.workflows.bookings.open_session import open_session

# Each client loses at most to all others who want the same employee's day at this moment.
TAKE_ATTEMPTS = 12
BACK_OFF_S = 0.05
TERMS_HASH = re.compile(r"[0-9a-f]{64}")
# The characters of an address alone: Stripe takes no others.
URL_CHARACTERS = re.compile(r"[\x21-\x7e]+")
AMOUNT_REFUSED = frozenset({"amount_too_small", "amount_too_large"})


class OnlineBookingInput(BaseModel):
    """What the widget sends, and nothing else is taken.

    `accepted_price` is the price that the client was shown: it is agreed to, never set by it.
    """

    model_config = ConfigDict(strict=True, extra="forbid")
    service_id: Id
    employee_id: Id
    starts_at: Instant
    client: ClientInput
    pay_now: bool = True
    accepted_price: Annotated[int, Field(ge=0, le=MAX_AMOUNT)] | None = None
    accepted_terms: (
        Annotated[
            str,
            rule(
                lambda text: TERMS_HASH.fullmatch(text) is not None,
                "must be the terms_hash of the location, 64 of 0-9 a-f",
            ),
        ]
        | None
    ) = None
    return_url: (
        Annotated[
            str,
            Field(max_length=1000),
            rule(
                lambda text: URL_CHARACTERS.fullmatch(text) is not None,
                "must be an address such as https://salon.example/booked",
            ),
        ]
        | None
    ) = None


@dataclass(frozen=True, slots=True)
class BookingStores:
    """What a booking is made with."""

    config: Config
    bookings: BookingStore
    catalogue: CatalogueStore
    slots: SlotStore
    waiting: WaitingSlots
    budgets: BudgetStore
    api_keys: ApiKeyStore
    link_key: LinkKey

    def admission(self, location: Location, address: str) -> Admission:
        """Return what lets a booking from an address in."""
        return Admission(
            location,
            address,
            self.link_key.get(),
            waiting=self.waiting,
            budgets=self.budgets,
            catalogue=self.catalogue,
            bookings=self.bookings,
        )


def book(
    location_id: str, body: str | None, key: str | None, address: str, stores: BookingStores
) -> dict[str, Any]:
    """Take the slot, open the payment, and return the contract's `PublicBooking` with its token.

    The token is left out where the client has yet to show that the mail address is theirs, by
    following the link that has it; and in a repetition from another address, which may be anybody
    who guesses the key. `address` is the IP address that asks. Raises `Problem`: 404 for what is
    not there, 409 `slot_taken`, `price_changed`, `terms_changed` and others, 422, 429 for too much
    at once, and 502 where Stripe cannot be reached, with the slot free again.
    """
    now_s = int(time.time())
    new = parse(OnlineBookingInput, body)
    found = stores.catalogue.get_location_and_terms(location_id)
    if found is None:
        raise NotFound("There is no such location.", code="location_not_found")
    asked = read_asked(location_id, key, body, address, stores.link_key.get())
    earlier = find_earlier(asked, stores.bookings, now_s)
    if earlier.stored is None:
        offer = _find_offer(*found, new, stores)
        request = _slot_request(new, offer, address, stores)
        earlier = _take(offer, request, asked, earlier.version, stores, now_s)
    made = _with_payment(found[0], earlier, asked.digest, address, stores, now_s)
    return made if earlier.is_same_asker else {**made, "token": None}


def _find_offer(
    location: Location, terms: Terms, new: OnlineBookingInput, stores: BookingStores
) -> Offer:
    service = stores.catalogue.get_service(location.location_id, new.service_id)
    if service is None:
        raise NotFound("There is no such service.", code="service_not_found")
    employee = stores.catalogue.get_employee(location.location_id, new.employee_id)
    if employee is None:
        raise NotFound("There is no such employee.", code="employee_not_found")
    return Offer(location, terms, service, employee)


def _slot_request(
    new: OnlineBookingInput, offer: Offer, address: str, stores: BookingStores
) -> SlotRequest:
    url = new.return_url or ""
    if url and not is_allowed_return(url, offer.location, stores.config.public_url):
        errors = [mistake("/return_url", "must be at an origin that the location allows")]
        raise InvalidInput(
            "The location does not allow this address.",
            code="return_url_not_allowed",
            errors=errors,
        )
    return SlotRequest(
        service_id=new.service_id,
        employee_id=new.employee_id,
        starts_at_s=instant_s(new.starts_at) or 0,
        client=Client(**new.client.model_dump()),
        pay_now=new.pay_now,
        consent=Consent(new.accepted_price, new.accepted_terms or ""),
        return_url=url,
        address=address,
    )


def _take(
    offer: Offer,
    request: SlotRequest,
    asked: RequestKey,
    version: int,
    stores: BookingStores,
    now_s: int,
) -> Earlier:
    """Return the new booking, or the one that the same request has made at the same moment."""
    booking, slot = make_booking(f"bk_{secrets.token_hex(12)}", offer, request, now_s)
    key = stores.link_key.get()
    tokens = {
        "token_digest": token_digest(derive_client_token(key, booking.booking_id)),
        "link_digest": token_digest(derive_token(key, booking.location_id, booking.booking_id, 1)),
    }
    admission = stores.admission(offer.location, request.address)
    admitted = taken = None
    for attempt in range(TAKE_ATTEMPTS):
        if attempt:
            time.sleep(random.uniform(0, BACK_OFF_S * (attempt + 1)))  # noqa: S311 (jitter)
        days = _days(stores, booking, slot)
        answer = first_answer(asked, booking, version, now_s)
        try:
            # Who wants what is gone keeps nothing waiting, and costs no write.
            _expect_free(booking, slot, days)
            admitted = admitted or admission.admit(booking)
            stores.slots.take_slot(admitted, slot, days, **tokens, answer=answer)
        except WriteConflict:
            pass
        except Conflict as conflict:
            taken = conflict
        else:
            count("OnlineBookingMade")
            return Earlier(StoredBooking(admitted, 1))
        # A client who presses twice must not be told that somebody else has the time.
        earlier = find_earlier(asked, stores.bookings, now_s)
        version = earlier.version
        if earlier.stored or taken:
            break
    if admitted:
        admission.take_back(booking)
    if earlier.stored:
        return earlier
    raise taken or Conflict(
        "Many are booking at this moment; try again.", code="request_in_progress"
    )


def _expect_free(booking: Booking, slot: Interval, days: Mapping[str, StoredAgenda]) -> None:
    for day in days.values():
        day.agenda.take(booking.booking_id, slot)


def _with_payment(
    location: Location, made: Earlier, digest: str, address: str, stores: BookingStores, now_s: int
) -> dict[str, Any]:
    """Return the client's view of a booking that is there, with its session where one is due."""
    stored = made.stored
    if stored is None:
        raise NotFound("The booking is gone.", code="booking_not_found")
    key, booking = stores.link_key.get(), stored.booking
    admission = stores.admission(location, address)
    # What is confirmed may have something left to pay, and not in this answer.
    if booking.status == AWAITING_PAYMENT and booking.wants_checkout():
        try:
            open_session(
                location,
                stored,
                derive_return_token(key, booking.booking_id, booking.client_access),
                store=stores.bookings,
                slots=stores.slots,
                api_keys=stores.api_keys,
                budget=SessionBudget(stores.budgets, stores.link_key, location, address),
                now_s=now_s,
            )
        except TooManyRequests:
            # It stays counted: whoever asks so often is to wait.
            if _release(booking, digest, stores, now_s):
                raise
        except StripeRefused as refused:
            # Stripe's limits are not all known before: the client pays at the visit instead.
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
                raise _no_payment() from unavailable
        found = stores.slots.get_booking(booking.location_id, booking.booking_id)
        booking = found.booking if found else booking
    token = derive_client_token(key, booking.booking_id)
    is_proved = booking.status != AWAITING_CONFIRMATION
    return {**client_view(booking, now_s, location), "token": token if is_proved else None}


def _no_payment() -> Unavailable:
    problem = Unavailable(
        "The payment cannot be opened at the moment, and nothing was booked. Try again.",
        code="payment_unavailable",
    )
    problem.status = 502
    return problem


def _release(booking: Booking, digest: str, stores: BookingStores, now_s: int) -> bool:
    """Give the slot back and say so; its key may be used again.

    It is not given back where somebody was told of the booking: an earlier answer to the same
    request had its session, or it is confirmed by now.
    """
    for _ in range(TAKE_ATTEMPTS):
        stored = stores.slots.get_booking(booking.location_id, booking.booking_id)
        if stored is None or booking.starts_at_s is None or booking.online is None:
            return True
        if not _is_untold(stored.booking):
            return False
        slot = Interval(booking.starts_at_s, booking.online.ends_at_s)
        days = _days(stores, booking, slot)
        changed = lapse(stored.booking, now_s)
        try:
            stores.slots.release_slot(stored, changed, days, forget_answer=digest)
        except WriteConflict:
            continue
        return True
    # The hold's own end frees the slot all the same.
    logger.warning("slot not given back at once", booking_id=booking.booking_id)
    return True


def _is_untold(booking: Booking) -> bool:
    has_session = bool(booking.checkout and booking.checkout.session_id)
    return booking.status == AWAITING_PAYMENT and not has_session and not booking.facts.sessions


def _confirm_without_payment(booking: Booking, admission: Admission, stores: BookingStores) -> None:
    for _ in range(TAKE_ATTEMPTS):
        stored = stores.slots.get_booking(booking.location_id, booking.booking_id)
        if stored is None or stored.booking.status != AWAITING_PAYMENT:
            return
        free = admission.with_free_time(pay_at_visit(stored.booking))
        try:
            stores.slots.keep_or_end_hold(stored, free)
        except WriteConflict:
            continue
        return
    raise WriteConflict("the booking changed each time it was to be confirmed")


def _days(stores: BookingStores, booking: Booking, slot: Interval) -> dict[str, StoredAgenda]:
    employee_id = booking.employee_id or ""
    found = stores.slots.get_days(booking.location_id, [employee_id], slot.utc_days())
    return {day: agenda for (_, day), agenda in found.items()}
