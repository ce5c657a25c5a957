"""What a client may book, what is due for it, and what the client sees of it after."""

from copy import replace
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from shared.domain.activity.client_view import client_view
from shared.domain.activity.needed_actions import booking_actions
from shared.domain.bookings.booking import (
    Booking,
    Client,
)
from shared.domain.bookings.booking_document import booking_from_dict, booking_to_dict
from shared.domain.bookings.checkout_attempts import (
    current_attempt,
    is_surely_over,
    next_attempt,
    replaced_session,
)
from shared.domain.bookings.lifecycle import (
    AWAITING_PAYMENT,
    CONFIRMED,
    EXPIRED,
)
from shared.domain.bookings.online_booking import (
    Offer,
    SlotRequest,
    expire,
    is_allowed_return,
    make_booking,
    may_release,
    pay_at_visit,
)
from shared.domain.catalogue.consent import Consent
from shared.domain.catalogue.services import Employee, OpeningHours, Service
from shared.domain.catalogue.terms_document import terms_from_dict
from shared.domain.errors import Conflict, InvalidInput, NotFound, UnreadableEvent
from shared.domain.locations.location import Location
from shared.domain.money.money import Money
from shared.domain.stripe_facts.fetched_objects import session_facts
from shared.domain.stripe_facts.payment_facts import merge
from shared.domain.visits.accepted_terms import cancellation_fee_for
from tests.builders import charge
from tests.surroundings.demo_location import HOST

BERLIN = ZoneInfo("Europe/Berlin")
NOW_S = int(datetime(2026, 11, 22, 12, tzinfo=BERLIN).timestamp())
START_S = int(datetime(2026, 11, 26, 14, tzinfo=BERLIN).timestamp())
HOUR_S = 3600
OWN = "https://pay.example.com"
ORIGIN = "https://salon.example"
LOCATION = Location(
    location_id="demo",
    name="Salon Demo",
    timezone="Europe/Berlin",
    currency="eur",
    country="DE",
    mode="test",
    created_at_s=0,
    allowed_origins=(ORIGIN,),
)
CUT = Service("cut", "Haircut", Money(4550, "eur"), 60, ("anna",))
ANNA = Employee("anna", "Anna", tuple(OpeningHours(day, 9 * 60, 18 * 60) for day in range(7)))
POLICY = {
    "steps": [
        {"hours_before": 48, "fee": {"type": "percent", "percent": 50}},
        {"hours_before": 24, "fee": {"type": "full"}},
    ]
}
CLIENT = Client("Mira Lindqvist", "mira@example.com")


def offer(
    prepayment: dict[str, Any] | None = None,
    *,
    service: Service = CUT,
    location: Location = LOCATION,
    **terms: Any,
) -> Offer:
    document = {"prepayment": prepayment or {"type": "full"}, "cancellation": POLICY, **terms}
    return Offer(location, terms_from_dict(document, "eur"), service, ANNA)


def request(offered: Offer, **changed: Any) -> SlotRequest:
    """Ask for a visit, and agree to what is offered."""
    agreed = Consent(offered.service.price.amount_minor, offered.terms_hash())
    asked = SlotRequest(
        service_id="cut",
        employee_id="anna",
        starts_at_s=START_S,
        client=CLIENT,
        consent=agreed,
    )
    return replace(asked, **changed)


def make(offered: Offer | None = None, **asked: Any) -> Booking:
    found = offered or offer()
    return make_booking("bk_1", found, request(found, **asked), NOW_S)


def complete(
    kind: str = "payment", *, payment_status: str = "paid", **charged: Any
) -> dict[str, Any]:
    """A finished Checkout Session as it is fetched, with what is expanded in it."""
    session: dict[str, Any] = {
        "id": "cs_1",
        "object": "checkout.session",
        "mode": kind,
        "status": "complete",
        "payment_status": payment_status if kind == "payment" else "no_payment_required",
        "amount_total": 4550 if kind == "payment" else None,
        "currency": "eur",
        "livemode": False,
        "metadata": {"booking_id": "bk_1", "location_id": "demo"},
        "payment_intent": None,
        "setup_intent": None,
    }
    if kind == "setup":
        session["setup_intent"] = {
            "id": "seti_1",
            "object": "setup_intent",
            "livemode": False,
            "metadata": {"booking_id": "bk_1", "location_id": "demo"},
            "payment_method": "pm_1",
            "customer": "cus_1",
            "status": "succeeded",
        }
        return session
    session["payment_intent"] = {
        "id": "pi_1",
        "object": "payment_intent",
        "amount": 4550,
        "currency": "eur",
        "livemode": False,
        "metadata": {"booking_id": "bk_1", "location_id": "demo"},
        "status": "succeeded",
        "latest_charge": charge(1, amount=4550, amount_captured=4550) | charged,
    }
    return session


def with_session(booking: Booking, session: dict[str, Any]) -> Booking:
    return replace(booking, facts=merge(booking.facts, session_facts(session))).advanced()


# ------------------------------------------------------------------ what is due


@pytest.mark.parametrize(
    ("prepayment", "pay_now", "status", "mode", "due_minor", "purpose"),
    [
        ({"type": "full"}, True, AWAITING_PAYMENT, "pay", 4550, "prepayment"),
        ({"type": "full"}, False, AWAITING_PAYMENT, "pay", 4550, "prepayment"),
        ({"type": "full", "required": False}, True, AWAITING_PAYMENT, "pay", 4550, "prepayment"),
        ({"type": "full", "required": False}, False, CONFIRMED, "at_visit", 0, "prepayment"),
        ({"type": "deposit", "percent": 30}, True, AWAITING_PAYMENT, "pay", 1365, "deposit"),
        ({"type": "deposit", "percent": 1}, True, CONFIRMED, "at_visit", 0, "prepayment"),
        ({"type": "deposit", "amount": 1000}, True, AWAITING_PAYMENT, "pay", 1000, "deposit"),
        ({"type": "deposit", "amount": 9000}, True, AWAITING_PAYMENT, "pay", 4550, "prepayment"),
        ({"type": "hold"}, True, AWAITING_PAYMENT, "hold", 4550, "prepayment"),
        ({"type": "card_on_file"}, True, AWAITING_PAYMENT, "save_card", 0, "prepayment"),
        ({"type": "none"}, True, CONFIRMED, "at_visit", 0, "prepayment"),
    ],
)
def test_a_booking_waits_for_what_the_terms_ask_and_is_confirmed_where_they_ask_nothing(
    prepayment: dict[str, Any],
    pay_now: bool,
    status: str,
    mode: str,
    due_minor: int,
    purpose: str,
) -> None:
    booking = make(offer(prepayment), pay_now=pay_now)
    online = booking.terms
    assert online
    assert (booking.status, online.mode, online.due_minor) == (status, mode, due_minor)
    assert online.purpose == purpose
    waits = status == AWAITING_PAYMENT
    assert online.hold_until_s == (NOW_S + 30 * 60 if waits else 0)
    assert booking.is_secured() is not waits
    view = client_view(booking, NOW_S, HOST)
    assert (view["status"], view["amount_due"], view["price"]) == (status, due_minor, 4550)
    assert (view["expires_at"] is None) is not waits


def test_a_slot_a_few_minutes_ahead_waits_for_its_payment_until_it_begins_and_no_longer() -> None:
    """Bug: it waited for half an hour, and a visit that was over was paid and confirmed."""
    found = offer()
    booking = make_booking("bk_1", found, request(found), START_S - 300)
    assert booking.terms
    assert booking.terms.hold_until_s == START_S
    shown = client_view(booking, START_S - 300, HOST)
    assert shown["expires_at"] == shown["starts_at"]


def test_what_is_not_listed_is_paid_at_the_visit() -> None:
    assert make(offer(services=["colour"])).status == CONFIRMED
    assert make(offer(employees=["ben"])).status == CONFIRMED
    assert make(offer(services=["cut"], employees=["anna"])).status == AWAITING_PAYMENT


def test_the_price_the_name_and_the_time_are_the_catalogues() -> None:
    booking = make_booking("bk_1", offer(), request(offer()), NOW_S)
    assert (booking.price, booking.description) == (CUT.price, "Haircut")
    assert (booking.starts_at_s, booking.ends_at_s) == (START_S, START_S + HOUR_S)
    assert (booking.service_id, booking.employee_id, booking.client) == ("cut", "anna", CLIENT)
    assert [entry.what for entry in booking.journal] == ["booking.created"]


def test_a_booking_is_read_back_as_it_was_written() -> None:
    booking = make(offer({"type": "hold"}), return_url=f"{ORIGIN}/x")
    booking = booking.with_checkout(next_attempt(booking, NOW_S, LOCATION))
    assert booking_from_dict(booking_to_dict(booking)) == booking


def test_the_client_of_a_sale_without_a_time_is_shown_none() -> None:
    """Bug: it was null, and the contract's `starts_at` is an instant."""
    sold = replace(make(offer()), starts_at_s=None, terms=None)
    assert "starts_at" not in client_view(sold, NOW_S, HOST)


# ------------------------------------------------------------------ what cannot be booked


def test_while_online_booking_is_off_nothing_is_booked() -> None:
    closed = replace(LOCATION, online_booking_enabled=False)
    with pytest.raises(Conflict) as refused:
        make(offer(location=closed))
    assert refused.value.code == "online_booking_disabled"


def test_who_does_not_do_a_service_cannot_be_booked_for_it() -> None:
    with pytest.raises(NotFound) as refused:
        make(offer(service=replace(CUT, employee_ids=("ben",))))
    assert refused.value.code == "employee_not_found"
    assert make(offer(service=replace(CUT, employee_ids=None))).employee_id == "anna"


@pytest.mark.parametrize(
    "starts_at_s",
    [
        NOW_S,
        NOW_S - HOUR_S,
        START_S + 60,
        START_S + 1,
        START_S + 4 * HOUR_S,
        START_S - 6 * HOUR_S,
        START_S + 367 * 86_400,
        0,
        2**62,
    ],
)
def test_a_time_that_is_not_offered_is_refused_with_a_pointer(starts_at_s: int) -> None:
    with pytest.raises(InvalidInput) as refused:
        make(starts_at_s=starts_at_s)
    assert refused.value.code == "slot_not_offered"
    assert [each["pointer"] for each in refused.value.errors] == ["/starts_at"]


# ------------------------------------------------------------------ where a client may go back to


@pytest.mark.parametrize(
    ("url", "allowed"),
    [
        (ORIGIN, True),
        (f"{ORIGIN}/", True),
        (f"{ORIGIN}/a/b?c=d", True),
        (f"{ORIGIN}?c=d", True),
        (f"{OWN}/book/demo", True),
        (f"{ORIGIN}.evil.example/", False),
        (f"{ORIGIN}@evil.example/", False),
        (f"{ORIGIN}:444/", False),
        (f"{ORIGIN}\\@evil.example", False),
        ("http://salon.example/", False),
        ("https://evil.example/?https://salon.example/", False),
        ("//salon.example/", False),
        ("javascript:alert(1)//https://salon.example/", False),
        ("", False),
    ],
)
def test_a_client_is_sent_back_to_allowed_origins_only(url: str, allowed: bool) -> None:
    assert is_allowed_return(url, LOCATION, OWN) is allowed


def test_without_allowed_origins_there_is_our_own_page_only() -> None:
    closed = replace(LOCATION, allowed_origins=())
    assert not is_allowed_return(f"{ORIGIN}/", closed, OWN)
    assert is_allowed_return(f"{OWN}/", closed, OWN)


# ------------------------------------------------------------------ what cancelling would cost


@pytest.mark.parametrize(
    ("hours_left", "fee"),
    [(100, 0), (48, 0), (47.999, 2275), (24, 2275), (23.999, 4550), (0, 4550), (-5, 4550)],
)
def test_the_fee_follows_the_accepted_policy(hours_left: float, fee: int) -> None:
    booking = make(offer({"type": "none"}))
    now_s = int(START_S - hours_left * HOUR_S)
    assert cancellation_fee_for(booking, now_s) == fee
    assert client_view(booking, now_s, HOST)["cancellation_fee_now"] == fee


@pytest.mark.parametrize(("amount", "fee"), [(9000, 4550), (700, 700)])
def test_a_fixed_fee_is_at_most_the_price(amount: int, fee: int) -> None:
    policy = {"steps": [{"hours_before": 720, "fee": {"type": "fixed", "amount": amount}}]}
    booking = make(offer({"type": "none"}, cancellation=policy))
    assert cancellation_fee_for(booking, NOW_S) == fee


def test_there_is_no_fee_for_what_is_not_confirmed_or_was_not_booked_online() -> None:
    booking = make(offer({"type": "none"}))
    assert cancellation_fee_for(booking, START_S) == 4550
    for status in (AWAITING_PAYMENT, EXPIRED, "cancelled", "completed"):
        assert cancellation_fee_for(replace(booking, status=status), START_S) == 0
    assert cancellation_fee_for(replace(booking, terms=None), START_S) == 0
    assert cancellation_fee_for(replace(booking, starts_at_s=None), START_S) == 0


def test_the_policy_is_kept_in_the_words_of_the_visits_own_days() -> None:
    online = make().terms
    assert online
    assert online.terms_text.startswith("Free until Tue 14:00, then 50% of the price")


# ---------------------------------------------------------------- paid, expired, paid at the visit


@pytest.mark.parametrize(
    ("prepayment", "session"),
    [
        ({"type": "full"}, complete()),
        ({"type": "deposit", "percent": 30}, complete(amount=1365, amount_captured=1365)),
        ({"type": "hold"}, complete(captured=False, amount_captured=0)),
        ({"type": "card_on_file"}, complete("setup")),
    ],
)
def test_a_fetched_session_confirms_what_was_agreed(
    prepayment: dict[str, Any], session: dict[str, Any]
) -> None:
    booking = make(offer(prepayment))
    confirmed = with_session(booking, session)
    assert confirmed.status == CONFIRMED
    assert with_session(confirmed, session) == confirmed, "fetched twice it is the same"


@pytest.mark.parametrize(
    ("prepayment", "session"),
    [
        pytest.param({"type": "full"}, complete(amount=4549, amount_captured=4549), id="a cent"),
        pytest.param(
            {"type": "full"}, complete(captured=False, amount_captured=0), id="a hold only"
        ),
        pytest.param({"type": "full"}, complete(status="failed", paid=False), id="declined"),
        pytest.param({"type": "full"}, complete(currency="usd"), id="other money"),
        pytest.param({"type": "full"}, complete("setup"), id="a card only"),
        pytest.param(
            {"type": "full"},
            complete(payment_status="unpaid") | {"payment_intent": "pi_1"},
            id="a delayed method",
        ),
        pytest.param(
            {"type": "card_on_file"},
            complete("setup") | {"status": "open", "setup_intent": None},
            id="nothing yet",
        ),
    ],
)
def test_less_than_what_was_agreed_confirms_nothing(
    prepayment: dict[str, Any], session: dict[str, Any]
) -> None:
    assert with_session(make(offer(prepayment)), session).status == AWAITING_PAYMENT


def test_a_session_that_cannot_be_read_is_no_fact() -> None:
    for broken in ({}, {"id": 7}, {**complete(), "payment_intent": {"id": None}}):
        with pytest.raises(UnreadableEvent):
            session_facts(broken)


def test_what_expired_is_not_to_be_paid_and_stays_so_when_money_comes_late() -> None:
    booking = make()
    expired = expire(booking, NOW_S + 1800)
    assert (expired.status, expired.amount_due_minor()) == (EXPIRED, 0)
    assert not expired.wants_checkout()
    entry = expired.journal[-1]
    assert (entry.what, entry.at_s, entry.by) == ("booking.expired", NOW_S + 1800, "bookpay")
    assert expired.journal[:-1] == booking.journal
    assert booking_actions(expired) == ()
    late = with_session(expired, complete())
    assert (late.status, late.payments().amount_captured) == (EXPIRED, 4550)
    [action] = booking_actions(late)
    assert (action.kind, action.details["proposed_refund"]) == ("paid_after_expiry", 4550)
    back = complete(amount_refunded=4550, refunded=True)
    assert booking_actions(with_session(late, back)) == ()


def test_a_slot_is_given_back_at_once_only_while_nobody_can_pay_for_it() -> None:
    booking = make()
    attempt = next_attempt(booking, NOW_S, LOCATION)
    assert may_release(booking)
    assert may_release(booking.with_checkout(attempt)), "Stripe has not answered"
    answered = booking.with_checkout(replace(attempt, session_id="cs_1"))
    for kept in (answered, with_session(booking, complete()), pay_at_visit(booking)):
        assert not may_release(kept)
    assert not may_release(expire(booking, NOW_S))


def test_a_sum_that_stripe_does_not_take_is_paid_at_the_visit() -> None:
    booking = pay_at_visit(make())
    assert booking.status == CONFIRMED
    assert booking.terms
    assert (booking.terms.mode, booking.terms.due_minor) == ("at_visit", 0)
    assert booking.terms.hold_until_s == 0
    assert client_view(booking, NOW_S, HOST)["amount_due"] == 0
    assert booking.terms.terms_text == getattr(make().terms, "terms_text", None)
    desk = replace(booking, terms=None)
    assert pay_at_visit(desk) == desk


# ------------------------------------------------------------------ a hold that would expire


@pytest.mark.parametrize(
    ("days", "mode", "due", "reason"),
    [(5, "hold", 4550, "hold"), (6, "save_card", 0, "hold_would_lapse")],
)
def test_what_is_done_at_stripe_is_what_the_view_says(
    days: int, mode: str, due: int, reason: str
) -> None:
    """The visit ends at 15:00; six days from now is noon."""
    starts_at_s = int(datetime(2026, 11, 22 + days, 14, tzinfo=BERLIN).timestamp())
    booking = make(offer({"type": "hold"}), starts_at_s=starts_at_s)
    view = client_view(booking, NOW_S, HOST)
    assert booking.terms
    assert (booking.terms.mode, booking.checkout_mode(), view["due_mode"]) == (mode,) * 3
    assert (booking.terms.due_minor, view["amount_due"]) == (due, due)
    assert (booking.terms.due_reason, view["due_reason"]) == (reason, reason)


# ------------------------------------------------------------------ the session's time


@pytest.mark.parametrize(
    ("hold_minutes", "lasts_minutes"), [(5, 35), (29, 35), (30, 35), (31, 36), (1430, 1435)]
)
def test_a_session_outlives_its_slot_a_little_within_stripes_bounds(
    hold_minutes: int, lasts_minutes: int
) -> None:
    booking = make(offer(hold_minutes=hold_minutes))
    attempt = next_attempt(booking, NOW_S, LOCATION)
    assert attempt.expires_at_s - NOW_S == lasts_minutes * 60
    assert (attempt.generation, attempt.amount_minor) == (1, 4550)
    assert booking.terms
    assert attempt.expires_at_s > booking.terms.hold_until_s


def test_a_session_can_be_paid_until_stripe_says_that_it_is_over() -> None:
    booking = make()
    assert replaced_session(booking, NOW_S, LOCATION) is None
    attempt = replace(
        next_attempt(booking, NOW_S, LOCATION), session_id="cs_1", url="https://a.example"
    )
    booking = booking.with_checkout(attempt)
    assert replaced_session(booking, NOW_S, LOCATION) == "cs_1"
    assert replaced_session(booking, attempt.expires_at_s, LOCATION) is None
    assert replaced_session(with_session(booking, complete()), NOW_S, LOCATION) is None
    unanswered = booking.with_checkout(replace(attempt, session_id=""))
    assert replaced_session(unanswered, NOW_S, LOCATION) is None


def test_a_session_is_surely_over_half_an_hour_after_its_end() -> None:
    booking = make()
    assert is_surely_over(booking, NOW_S), "there is none"
    attempt = next_attempt(booking, NOW_S, LOCATION)
    booking = booking.with_checkout(attempt)
    assert not is_surely_over(booking, attempt.expires_at_s + 1799)
    assert is_surely_over(booking, attempt.expires_at_s + 1800)


def test_an_attempt_is_used_until_its_end_is_near() -> None:
    booking = make()
    attempt = replace(
        next_attempt(booking, NOW_S, LOCATION), session_id="cs_1", url="https://a.example"
    )
    booking = booking.with_checkout(attempt)
    assert current_attempt(booking, NOW_S, LOCATION) == attempt
    assert current_attempt(booking, attempt.expires_at_s - 121, LOCATION) == attempt
    assert current_attempt(booking, attempt.expires_at_s - 120, LOCATION) is None
    assert next_attempt(booking, NOW_S, LOCATION).generation == 2


def test_the_view_shows_the_way_to_pay_only_while_it_waits() -> None:
    booking = make()
    attempt = replace(
        next_attempt(booking, NOW_S, LOCATION), session_id="cs_1", url="https://a.example"
    )
    waiting = booking.with_checkout(attempt)
    assert client_view(booking, NOW_S, HOST)["checkout_url"] is None
    assert (
        client_view(booking.with_checkout(replace(attempt, url="")), 0, HOST)["checkout_url"]
        is None
    )
    assert client_view(waiting, NOW_S, HOST)["checkout_url"] == "https://a.example"
    for over in (expire(waiting, NOW_S), with_session(waiting, complete())):
        view = client_view(over, NOW_S, HOST)
        assert (view["checkout_url"], view["expires_at"], view["amount_due"]) == (None, None, 0)
    assert "mira" not in str(client_view(waiting, NOW_S, HOST)).lower()
