"""A salon on paper: real objects of the domain, of which the real functions make what pages see.

No answer is written by hand here, so that a field, a status or a word that the API gives up is
missed by the pages' tests too.
"""

from collections.abc import Mapping, Sequence
from copy import replace
from datetime import date, timedelta
from typing import Any

from functions.serve_staff_api.terms import explanation
from shared.domain.activity.apply_event import apply_event
from shared.domain.activity.needed_action import ADVICE
from shared.domain.bookings.booking import Booking, Client
from shared.domain.bookings.checkout_attempt import CheckoutAttempt
from shared.domain.bookings.online_booking import Offer, SlotRequest, make_booking
from shared.domain.catalogue.consent import Consent
from shared.domain.catalogue.policy_text import policy_text
from shared.domain.catalogue.public_view import public_location
from shared.domain.catalogue.services import Employee, OpeningHours, Service
from shared.domain.catalogue.terms import Terms
from shared.domain.catalogue.terms_document import terms_from_dict
from shared.domain.dates.report_day import LocalDay, report_day
from shared.domain.ledger.client_money import ClientMoney
from shared.domain.ledger.entry import LedgerEntry
from shared.domain.ledger.money_flow import MoneyFlow
from shared.domain.money.money import Money
from shared.domain.refunds.approval import Allowance
from shared.domain.refunds.refund_rules import RefundRequest, request_refund
from shared.domain.reports.balances import Balance
from shared.domain.reports.report import (
    ActionLine,
    DisputeLine,
    HoldLine,
    LeftOut,
    PayoutLine,
    RefundLine,
    Report,
)
from shared.domain.stripe_facts.payment_facts import EMPTY
from shared.domain.stripe_facts.read_events import read_event
from tests.browser.clock import NOW, NOW_S
from tests.browser.pages_site import LOCATION
from tests.builders import charge, event

HOUR_S = 3600
BOOKING_ID = "bk_1a2b3c4d5e6f708192a3b4c5"
# So long that no test sees the time to pay run out.
HOLD_MINUTES = 1430
TERMS_DOCUMENT: dict[str, Any] = {
    "prepayment": {"type": "full"},
    "services": ["haircut", "colour", "perm", "trim", "blow"],
    "overrides": [
        {"service_id": "colour", "prepayment": {"type": "deposit", "percent": 30}},
        {"service_id": "perm", "prepayment": {"type": "hold"}},
        {"service_id": "trim", "prepayment": {"type": "card_on_file"}},
        {"service_id": "blow", "prepayment": {"type": "full", "required": False}},
    ],
    "hold_minutes": HOLD_MINUTES,
    "cancellation": {
        "steps": [
            {"hours_before": 48, "fee": {"type": "percent", "percent": 50}},
            {"hours_before": 24, "fee": {"type": "full"}},
        ],
        "no_show_fee": {"type": "full"},
    },
}
TERMS = terms_from_dict(TERMS_DOCUMENT, "eur")


def fee_terms(amount_minor: int) -> Terms:
    """Return terms under which cancelling costs a sum, whenever it is."""
    fee = {"type": "fixed", "amount": amount_minor}
    steps = [{"hours_before": 720, "fee": fee}]
    return terms_from_dict({**TERMS_DOCUMENT, "cancellation": {"steps": steps}}, "eur")


EVERYTHING_PAID = terms_from_dict({"prepayment": {"type": "full"}}, "eur")
ALL_DAY = tuple(OpeningHours(day, 0, 24 * 60) for day in range(7))


def service(
    service_id: str, name: str, price: int, minutes: int = 60, currency: str = "eur"
) -> Service:
    return Service(service_id, name, Money(price, currency), minutes)


SERVICES = (
    service("haircut", "Haircut", 4500),
    service("colour", "Colour", 12_000, 120),
    service("perm", "Perm", 9000, 90),
    service("trim", "Beard trim", 2500, 15),
    service("blow", "Blow-dry", 3000, 30),
    service("talk", "Advice", 2000, 15),
)
PEOPLE = (Employee("anna", "Anna", ALL_DAY), Employee("ben", "Ben", ALL_DAY))
MIRA = Client("Mira Lindqvist", "mira@example.com", "+49 30 1234567")


def shown_location(
    services: Sequence[Service] = SERVICES,
    employees: Sequence[Employee] = PEOPLE,
    terms: Terms = TERMS,
    **changed: Any,
) -> dict[str, Any]:
    """Return a `PublicLocation`; `changed` are fields of the location."""
    return public_location(replace(LOCATION, **changed), terms, services, employees)


# ------------------------------------------------------------------ bookings


def booked(
    booking_id: str, *, days: int, service_id: str = "colour", terms: Terms = TERMS
) -> Booking:
    """Return a booking of the widget's, at two o'clock on a day to come, that is to be paid."""
    [chosen] = [each for each in SERVICES if each.service_id == service_id]
    starts_at = NOW.replace(hour=14, minute=0, second=0) + timedelta(days=days)
    offer = Offer(LOCATION, terms, chosen, PEOPLE[0])
    agreed = Consent(chosen.price.amount_minor, offer.terms_hash())
    asked = SlotRequest(service_id, "anna", int(starts_at.timestamp()), MIRA, consent=agreed)
    made_s = NOW_S - 60
    booking = make_booking(booking_id, offer, asked, made_s)
    url = "https://checkout.example/c/pay/cs_test_1"
    attempt = CheckoutAttempt(1, booking.amount_due_minor(), made_s, made_s + 1800, "cs_1", url)
    return booking.with_checkout(attempt)


def told(booking: Booking, *events: Mapping[str, Any]) -> Booking:
    """Return a booking with what Stripe tells of its charge, as the function records it."""
    facts = EMPTY
    for each in events:
        change = apply_event(
            read_event(each), facts, booking, booking.booking_id, location_id="demo"
        )
        assert change.booking
        facts, booking = change.subject, change.booking
    return booking


def charged(booking: Booking, **changed: Any) -> dict[str, Any]:
    """Return the charge that pays what a booking asks for online."""
    assert booking.terms
    due = booking.terms.due_minor
    return charge(
        amount=due,
        amount_captured=due,
        created=NOW_S - 30,
        metadata={"location_id": "demo", "booking_id": booking.booking_id},
        receipt_url="https://pay.stripe.com/receipts/1",
        **changed,
    )


def paid(booking: Booking, *more: Mapping[str, Any]) -> Booking:
    charge_of_it = charged(booking)
    events = [event("charge.succeeded", charge_of_it, created=NOW_S - 30)]
    if booking.checkout:
        session = {
            "id": booking.checkout.session_id,
            "object": "checkout.session",
            "mode": "payment",
            "status": "complete",
            "payment_status": "paid",
            "payment_intent": charge_of_it["payment_intent"],
            "amount_total": charge_of_it["amount"],
            "currency": "eur",
            "created": NOW_S - 60,
            "livemode": False,
            "metadata": charge_of_it["metadata"],
        }
        events.append(event("checkout.session.completed", session, created=NOW_S - 29))
    return told(booking, *events, *more)


def refunded(booking: Booking, refund_id: str, amount: int, *, waits: bool) -> Booking:
    """Return a booking of which a manager wants a sum to go back."""
    request = RefundRequest(
        refund_id,
        amount,
        "manager@demo.test",
        NOW_S - 2 * HOUR_S,
        "staff",
        "requested_by_customer",
        "Colour came out too dark",
    )
    return request_refund(booking, request, Allowance("manager", limit_minor=1 if waits else 0))


# ------------------------------------------------------------------ staff's pages


def preview() -> dict[str, Any]:
    """Return what unsaved terms would ask of clients."""
    items = [
        {**explanation(LOCATION, TERMS, each, None), "name": each.name} for each in SERVICES[:2]
    ]
    text = policy_text(TERMS, LOCATION)
    return {"items": items, "terms_text": text, "warnings": []}


def on_day(day: date) -> LocalDay:
    return report_day(day, LOCATION.timezone)


def dates_before(days: int) -> list[date]:
    """Return the last days, yesterday last."""
    return [NOW.date() - timedelta(days=each) for each in range(days, 0, -1)]


def entries_of(day: LocalDay, currency: str = "eur") -> list[LedgerEntry]:
    """Return what moved on a day: payments, a refund, a chargeback and a payout."""
    lines = [
        ("charge", 60_000, 1500, "haircut", "anna", "prepayment"),
        ("charge", 38_400, 812, "colour", "ben", "deposit"),
        ("refund", -8100, 0, "haircut", "anna", "prepayment"),
        ("dispute", -3600, 2000, "colour", "ben", "deposit"),
        ("payout", -61_200, 0, None, None, ""),
    ]
    return [
        LedgerEntry(
            f"txn_{number}",
            category,
            category,
            amount,
            fee,
            amount - fee,
            currency,
            day.start_s + HOUR_S * (9 + number),
            day.end_s,
            livemode=False,
            booking_id=BOOKING_ID if category in {"charge", "refund"} else None,
            service_id=service_id,
            employee_id=employee_id,
            purpose=purpose,
        )
        for number, (category, amount, fee, service_id, employee_id, purpose) in enumerate(lines)
    ]


def moved(day: LocalDay, *currencies: str) -> MoneyFlow:
    """Return the money of a day, of its entries: euros, where no currencies are named."""
    flow = MoneyFlow(day.start_s, day.end_s, livemode=False)
    for currency in currencies or ("eur",):
        for entry in entries_of(day, currency):
            flow.add(entry)
    return flow


NAMES = {each.service_id: each.name for each in SERVICES} | {
    each.employee_id: each.name for each in PEOPLE
}


def day_report(**changed: Any) -> Report:
    """Return yesterday's report."""
    day = on_day(dates_before(1)[0])
    made: dict[str, Any] = {
        "location": LOCATION,
        "day": day,
        "flow": moved(day),
        "generated_at_s": NOW_S - 60,
        "final": True,
        "names": NAMES,
        "balances": (Balance("eur", 120_000, 141_188, 0, NOW_S - HOUR_S),),
        "holds": (HoldLine("bk_1", "ch_1", Money(9000, "eur"), NOW_S + 96 * HOUR_S),),
        "refunds": (
            RefundLine(
                *("re_1", BOOKING_ID, day.start_s + 11 * HOUR_S, Money(8100, "eur")),
                *("requested_by_customer", "manager@demo.test", "succeeded"),
            ),
        ),
        "disputes": (
            DisputeLine(
                *("du_1", BOOKING_ID, "ch_1", Money(3600, "eur"), "fraudulent"),
                *("needs_response", False, NOW_S + 90 * HOUR_S),
            ),
        ),
        "payouts": (
            PayoutLine(
                *("po_1", Money(61_200, "eur"), day.end_s, "in_transit"),
                automatic=True,
                trace_id="",
                items=4,
                sum_matches=True,
            ),
        ),
        "actions": (
            ActionLine(
                f"booking#{BOOKING_ID}", "refund_failed", ADVICE["refund_failed"], NOW_S - HOUR_S
            ),
        ),
        "client_money": {"eur": ClientMoney("eur", 45_000, 98_400, 60_000, 8100, 1200)},
        "left_out": LeftOut(refunds=2),
    }
    return Report(**made | changed)
