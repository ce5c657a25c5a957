"""A booking that staff or another system makes: any price, any time, and terms if they ask. Pure.

    terms      what it asks of the client           then
    none       nothing                              confirmed, paid by link or at the visit
    apply      what the location's terms say        as below
    own        these terms, for this booking        as below
      due      a payment, a hold or a saved card    waits until `pay_by`, then the time is free
      nothing  the policy alone                     confirmed; a fee only once it is accepted

The client was not there: they accept price and terms on the page that the link leads to, and until
then no fee is taken.
"""

from collections.abc import Mapping

from msgspec import Struct, field

from shared.domain.bookings.booking import (
    Booking,
    Client,
)
from shared.domain.bookings.booking_terms import PURPOSE_OF_REASON, BookingTerms
from shared.domain.bookings.journal import JournalEntry
from shared.domain.bookings.lifecycle import (
    AWAITING_PAYMENT,
    CONFIRMED,
)
from shared.domain.calendar.intervals import Interval, TakenTime
from shared.domain.calendar.slots import time_of
from shared.domain.catalogue.authorization_window import outlives_visit
from shared.domain.catalogue.policy_text import accepted_terms, policy_text, terms_hash
from shared.domain.catalogue.services import Employee, Service
from shared.domain.catalogue.terms import NO_PREPAYMENT, Due, Rule, Terms, amounts_due, rule_for
from shared.domain.catalogue.terms_document import cancellation_to_dict, reschedule_to_dict
from shared.domain.dates.instants import DAY_S, MINUTE_S
from shared.domain.errors import Conflict, InvalidInput, NotFound
from shared.domain.locations.location import Location
from shared.domain.mistakes import mistake
from shared.domain.money.money import Money, granularity_minor

# How long a booking under terms waits for its payment where nobody says.
PAY_WITHIN_S = DAY_S
# What is entered later than that is a slip of the year, not of the pen.
OLDEST_START_S = DAY_S


class DeskRequest(Struct, frozen=True):
    """What staff ask for; `None` is what they leave to the catalogue. Times are seconds since 1970.

    `terms` are those for this booking alone; with `apply_terms` the location's count.
    """

    amount_minor: int | None = None
    currency: str | None = None
    description: str | None = None
    starts_at_s: int | None = None
    duration_minutes: int | None = None
    service_id: str | None = None
    employee_id: str | None = None
    external_id: str | None = None
    client: Client | None = None
    metadata: Mapping[str, str] = field(default_factory=dict)
    allow_overlap: bool = False
    apply_terms: bool = False
    terms: Terms | None = None
    pay_by_s: int | None = None


class Desk(Struct, frozen=True):
    """What the location has for such a booking; in `off` nobody can be booked."""

    location: Location
    terms: Terms
    service: Service | None = None
    employee: Employee | None = None
    off: tuple[Interval, ...] = ()


class MadeBy(Struct, frozen=True):
    """Who makes it: an e-mail address, and the user pool's id."""

    email: str
    user_id: str


def make_desk_booking(
    booking_id: str, desk: Desk, asked: DeskRequest, by: MadeBy, now_s: int
) -> Booking:
    """Return a new booking, under terms if they are asked for.

    Raises `NotFound` `service_not_found` or `employee_not_found`, `Conflict` `slot_taken` where the
    employee is away or the location closed, and `InvalidInput` `currency_not_supported`,
    `amount_too_fine`, `duration_required`, `starts_in_the_past`, or with pointers alone.
    """
    _check_names(desk, asked)
    _check_complete(desk, asked)
    price = _price(desk, asked)
    time = _time(desk, asked, now_s)
    terms = _terms(desk, asked, price, time, now_s)
    made = JournalEntry(
        f"{booking_id}-created", now_s, "booking.created", by.email, by_user_id=by.user_id
    )
    return Booking(
        booking_id=booking_id,
        location_id=desk.location.location_id,
        status=AWAITING_PAYMENT if terms and terms.hold_until_s else CONFIRMED,
        price=price,
        description=asked.description or (desk.service.name if desk.service else ""),
        created_at_s=now_s,
        external_id=asked.external_id,
        starts_at_s=asked.starts_at_s,
        ends_at_s=time.visit.end_s if time else None,
        buffer_before_s=time.before_s if time else 0,
        buffer_after_s=time.after_s if time else 0,
        may_overlap=asked.allow_overlap,
        service_id=asked.service_id,
        employee_id=asked.employee_id,
        client=asked.client,
        metadata=asked.metadata,
        journal=(made,),
        links=1,
        terms=terms,
        timezone=desk.location.timezone,
    )


def _check_names(desk: Desk, asked: DeskRequest) -> None:
    if asked.service_id is not None and desk.service is None:
        raise NotFound("There is no such service.", code="service_not_found")
    if asked.employee_id is not None and desk.employee is None:
        raise NotFound("There is no such employee.", code="employee_not_found")


def _check_complete(desk: Desk, asked: DeskRequest) -> None:
    needed = {"/amount": asked.amount_minor, "/description": asked.description}
    missing = [pointer for pointer, value in needed.items() if value is None]
    if missing and desk.service is None:
        errors = [mistake(pointer, "is required without a service") for pointer in missing]
        raise InvalidInput("Some fields are missing.", errors=errors)


def _price(desk: Desk, asked: DeskRequest) -> Money:
    currency = asked.currency or desk.location.currency
    if currency != desk.location.currency:
        raise InvalidInput(
            f"The location takes {desk.location.currency}.",
            code="currency_not_supported",
            errors=[mistake("/currency", f"must be {desk.location.currency}, the location's")],
        )
    if asked.amount_minor is None and desk.service:
        return desk.service.price
    price = Money(asked.amount_minor or 0, currency)
    if not price.is_chargeable():
        step = granularity_minor(currency)
        raise InvalidInput(
            "Stripe does not take amounts so fine in this currency.",
            code="amount_too_fine",
            errors=[mistake("/amount", f"must be a multiple of {step} in {currency.upper()}")],
        )
    return price


def _time(desk: Desk, asked: DeskRequest, now_s: int) -> TakenTime | None:
    """Return the time of the visit; `None` without one, or where its end is not known."""
    start_s = asked.starts_at_s
    if start_s is None:
        return None
    if start_s < now_s - OLDEST_START_S:
        raise InvalidInput(
            "This visit was over a day ago.",
            code="starts_in_the_past",
            errors=[mistake("/starts_at", "must not be over a day ago")],
        )
    if asked.duration_minutes is not None:
        visit = Interval(start_s, start_s + asked.duration_minutes * MINUTE_S)
        buffers = time_of(desk.service, start_s) if desk.service else TakenTime(visit)
        time = TakenTime(visit, buffers.before_s, buffers.after_s)
    elif desk.service is not None:
        time = time_of(desk.service, start_s)
    elif asked.employee_id is not None:
        raise InvalidInput(
            "A visit that takes an employee's time needs a duration.",
            code="duration_required",
            errors=[mistake("/duration_minutes", "is required without a service")],
        )
    else:
        return None
    is_off = asked.employee_id is not None and any(time.visit.overlaps(each) for each in desk.off)
    if is_off and not asked.allow_overlap:
        raise Conflict("The employee is away then, or the location closed.", code="slot_taken")
    return time


def _terms(
    desk: Desk, asked: DeskRequest, price: Money, time: TakenTime | None, now_s: int
) -> BookingTerms | None:
    if asked.terms is None and not asked.apply_terms:
        return None
    terms = asked.terms or desk.terms
    due = _due(terms, desk, asked, price, time, now_s)
    waits = due.mode != "at_visit"
    own = _for_this_booking(terms, desk, due)
    return BookingTerms(
        mode=due.mode,
        due_minor=due.now.amount_minor,
        hold_until_s=_pay_by_s(asked, now_s) if waits else 0,
        purpose=PURPOSE_OF_REASON.get(due.reason, "prepayment"),
        terms_text=policy_text(terms, desk.location, asked.starts_at_s),
        terms_hash="",
        offered_hash=terms_hash(accepted_terms(own, desk.location)),
        cancellation=cancellation_to_dict(terms.cancellation),
        reschedule=reschedule_to_dict(terms.reschedule),
        due_reason=due.reason,
    )


def _due(
    terms: Terms,
    desk: Desk,
    asked: DeskRequest,
    price: Money,
    time: TakenTime | None,
    now_s: int,
) -> Due:
    if asked.terms is None:
        rule = rule_for(terms, asked.service_id, asked.employee_id)
    else:
        rule = Rule(terms.prepayment, "default")
    # The client is not asked: what they may pay at the visit, they do.
    return amounts_due(
        rule,
        price,
        desk.location.settlement_currency(),
        pay_now=rule.required,
        can_hold=time is not None and outlives_visit(time.visit.end_s, now_s),
    )


def _for_this_booking(terms: Terms, desk: Desk, due: Due) -> Terms:
    """Return the terms as this client meets them: one prepayment, and no lists of others."""
    service = desk.service.service_id if desk.service else None
    employee = desk.employee.employee_id if desk.employee else None
    asked = rule_for(terms, service, employee).prepayment
    prepayment = NO_PREPAYMENT if due.mode == "at_visit" else asked
    return Terms(prepayment, cancellation=terms.cancellation, reschedule=terms.reschedule)


def _pay_by_s(asked: DeskRequest, now_s: int) -> int:
    """Return until when the time waits for its payment: never past the start of the visit."""
    pay_by_s = asked.pay_by_s if asked.pay_by_s is not None else now_s + PAY_WITHIN_S
    if pay_by_s <= now_s:
        raise InvalidInput(
            "Nobody can pay by then.", errors=[mistake("/pay_by", "must be ahead of us")]
        )
    if asked.starts_at_s is None:
        return pay_by_s
    if asked.starts_at_s <= now_s:
        raise InvalidInput(
            "The visit has begun: nothing can be paid ahead of it.",
            errors=[mistake("/terms", "must ask for nothing ahead of a visit that has begun")],
        )
    return min(pay_by_s, asked.starts_at_s)
