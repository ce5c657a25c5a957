"""A client books a slot online: what may be booked, and what is due for it. Pure."""

from copy import replace

from msgspec import Struct

from shared.domain.bookings.booking import (
    Booking,
    Client,
)
from shared.domain.bookings.booking_terms import PURPOSE_OF_REASON, BookingTerms
from shared.domain.bookings.journal import UNASKED, JournalEntry, JournalWord
from shared.domain.bookings.lifecycle import (
    AWAITING_PAYMENT,
    CONFIRMED,
    Step,
    status_after,
)
from shared.domain.calendar.intervals import Interval
from shared.domain.calendar.slots import BookingWindow, Unavailable, is_offered, time_of
from shared.domain.catalogue.authorization_window import outlives_visit
from shared.domain.catalogue.consent import NO_CONSENT, Agreement, Consent, check_consent
from shared.domain.catalogue.policy_text import accepted_terms, policy_text, terms_hash
from shared.domain.catalogue.services import Employee, Service
from shared.domain.catalogue.terms import Due, Terms, amounts_due, rule_for
from shared.domain.catalogue.terms_document import cancellation_to_dict, reschedule_to_dict
from shared.domain.dates.instants import MINUTE_S
from shared.domain.errors import Conflict, InvalidInput, NotFound
from shared.domain.locales import spoken_language
from shared.domain.locations.location import Location
from shared.domain.mistakes import mistake


class SlotRequest(Struct, frozen=True):
    """What a client wants to book, and from which IP address; times in seconds since 1970."""

    service_id: str
    employee_id: str
    starts_at_s: int
    client: Client
    pay_now: bool = True
    consent: Consent = NO_CONSENT
    return_url: str = ""
    address: str = ""


class Offer(Struct, frozen=True):
    """Everything about the location that an online booking depends on.

    In `off` the employee is away, or the location closed.
    """

    location: Location
    terms: Terms
    service: Service
    employee: Employee
    off: tuple[Interval, ...] = ()

    def due(self, *, pay_now: bool, can_hold: bool) -> Due:
        """Return what is due online for this service by this employee."""
        rule = rule_for(self.terms, self.service.service_id, self.employee.employee_id)
        settled = self.location.settlement_currency()
        return amounts_due(rule, self.service.price, settled, pay_now=pay_now, can_hold=can_hold)

    def terms_hash(self) -> str:
        """Return the hash that the location's public view shows with its terms."""
        return terms_hash(accepted_terms(self.terms, self.location))

    def policy(self, starts_at_s: int) -> str:
        """Return the cancellation policy in a sentence, for a visit."""
        return policy_text(self.terms, self.location, starts_at_s)


def make_booking(booking_id: str, offer: Offer, request: SlotRequest, now_s: int) -> Booking:
    """Return a new booking with its time; the price is the catalogue's.

    If a payment is due the booking waits for it, else it is confirmed at once. Raises `Conflict`
    `online_booking_disabled`, `InvalidInput` for a time that is not offered, `NotFound` for an
    employee who does not provide the service, and as `check_consent` does.
    """
    location, service, employee = offer.location, offer.service, offer.employee
    if not location.online_booking_enabled:
        raise Conflict("Online booking is switched off.", code="online_booking_disabled")
    if not service.is_done_by(employee.employee_id):
        raise NotFound("This employee does not do this service.", code="employee_not_found")
    window = BookingWindow.of(location)
    if not is_offered(employee, request.starts_at_s, window, service, now_s) or not Unavailable(
        off=offer.off
    ).allows(time_of(service, request.starts_at_s)):
        detail = "Nobody can be booked at this time."
        errors = [mistake("/starts_at", "must be one of the times that are offered")]
        raise InvalidInput(detail, code="slot_not_offered", errors=errors)
    time = time_of(service, request.starts_at_s)
    can_hold = outlives_visit(time.visit.end_s, now_s)
    due = offer.due(pay_now=request.pay_now, can_hold=can_hold)
    shown = Agreement(
        service.price, due.mode, due.now, offer.terms.cancellation, offer.terms_hash()
    )
    check_consent(request.consent, shown)
    accepted_hash = request.consent.terms_hash
    waits = due.mode != "at_visit"
    terms = BookingTerms(
        mode=due.mode,
        due_minor=due.now.amount_minor,
        # Never past the start of the visit.
        hold_until_s=min(now_s + offer.terms.hold_minutes * MINUTE_S, request.starts_at_s)
        if waits
        else 0,
        purpose=PURPOSE_OF_REASON.get(due.reason, "prepayment"),
        terms_text=offer.policy(request.starts_at_s),
        terms_hash=accepted_hash,
        cancellation=cancellation_to_dict(offer.terms.cancellation),
        return_url=request.return_url,
        due_reason=due.reason,
        accepted_at_s=now_s if accepted_hash else 0,
        accepted_language=spoken_language(location.locale) if accepted_hash else "",
        accepted_from=request.address if accepted_hash else "",
        reschedule=reschedule_to_dict(offer.terms.reschedule),
    )
    return Booking(
        booking_id=booking_id,
        location_id=location.location_id,
        status=AWAITING_PAYMENT if waits else CONFIRMED,
        price=service.price,
        description=service.name,
        created_at_s=now_s,
        starts_at_s=time.visit.start_s,
        ends_at_s=time.visit.end_s,
        buffer_before_s=time.before_s,
        buffer_after_s=time.after_s,
        service_id=service.service_id,
        employee_id=employee.employee_id,
        client=request.client,
        journal=(JournalEntry(f"{booking_id}-created", now_s, "booking.created", "client"),),
        links=1,
        terms=terms,
        timezone=location.timezone,
    )


def pay_at_visit(booking: Booking) -> Booking:
    """Return a booking whose amount Stripe does not take: confirmed, to be paid at the visit."""
    if booking.terms is None:
        return booking
    terms = replace(booking.terms, mode="at_visit", due_minor=0, hold_until_s=0)
    status = status_after(booking.status, Step.PAY_AT_VISIT)
    return replace(booking, status=status, terms=terms)


def expire(booking: Booking, now_s: int, *, unasked: bool = False) -> Booking:
    """Return a booking expired that was not paid or confirmed in time.

    With `unasked`, Stripe could not be asked whether it was paid.
    """
    what: JournalWord = UNASKED if unasked else "booking.expired"
    entry = JournalEntry(f"{booking.booking_id}-expired", now_s, what, "bookpay")
    status = status_after(booking.status, Step.EXPIRE)
    return replace(booking, status=status).with_entry(entry)


def may_release(booking: Booking) -> bool:
    """Whether a slot may be released at once, because its payment could not be opened.

    Not if the booking is confirmed or over by now, nor if an earlier answer to the same request has
    given the client a session.
    """
    has_session = bool(booking.checkout and booking.checkout.session_id)
    return booking.status == AWAITING_PAYMENT and not has_session and not booking.facts.sessions


def is_allowed_return(url: str, location: Location, own_origin: str) -> bool:
    """Whether a client may be sent back to a URL: on our origin, or one of the location's."""
    return any(
        url == origin or url.startswith((f"{origin}/", f"{origin}?"))
        for origin in (*location.allowed_origins, own_origin)
    )
