"""A visit that staff enter takes its time and may be under terms, as one of the widget's."""

import html
import re
import time
from collections.abc import Iterator
from typing import Any

import pytest

from functions.create_checkout import handler as checkout_function
from functions.record_stripe_event import handler as record_function
from functions.serve_staff_api import handler as staff_function
from shared.adapters.booking_store import BookingStore
from shared.domain.dates.instants import DAY_S
from tests.builders import event, from_queue
from tests.surroundings.fixtures import TableInMoto
from tests.surroundings.mailbox import Mailbox
from tests.surroundings.salon import CLIENT, TERMS, Salon, StripeBeside, moment
from tests.surroundings.staff_calls import StaffCalls, forget_stores, pointers

pytestmark = pytest.mark.enable_socket
HERE = "/v1/locations/demo"
SALE = {"amount": 4500, "currency": "eur", "description": "Haircut"}
WITH_ANNA = {"service_id": "cut", "employee_id": "anna", "client": CLIENT}
HALF_BEFORE = {"steps": [{"hours_before": 48, "fee": {"type": "percent", "percent": 50}}]}
DEPOSIT = {"prepayment": {"type": "deposit", "percent": 30}, "cancellation": HALF_BEFORE}
ACCEPT_ROUTE = "POST /pay/{token}"


class Desk:
    """Staff who book, and the client who opens the link."""

    def __init__(self, staff: StaffCalls, context: Any) -> None:
        self.staff, self.context = staff, context

    def book(self, at: str, **fields: Any) -> tuple[int, Any]:
        body = {**WITH_ANNA, "starts_at": at, **fields}
        asked = {name: value for name, value in body.items() if value is not None}
        return self.staff("POST", f"{HERE}/bookings", asked)

    def booked(self, at: str, **fields: Any) -> dict[str, Any]:
        status, made = self.book(at, **fields)
        assert status == 201, made
        return dict(made)

    def shown(self, made: dict[str, Any]) -> dict[str, Any]:
        return dict(self.staff("GET", f"{HERE}/bookings/{made['booking_id']}")[1])

    def open(self, made: dict[str, Any], form: str | None = None, **query: str) -> tuple[int, str]:
        """Open the link, or send its page's form; answers the status, and a page or an address."""
        event: dict[str, Any] = {
            "routeKey": "GET /pay/{token}" if form is None else ACCEPT_ROUTE,
            "pathParameters": {"token": made["pay_url"].rpartition("/")[2]},
            "headers": {"content-type": "application/x-www-form-urlencoded"},
            "requestContext": {"http": {"sourceIp": "203.0.113.9"}},
        }
        if query:
            event["queryStringParameters"] = query
        if form is not None:
            event |= {"body": form, "isBase64Encoded": False}
        answer = checkout_function.handler(event, self.context)
        return answer["statusCode"], answer["headers"].get("location") or answer["body"]

    def accept(self, made: dict[str, Any]) -> str:
        """Accept what the page shows, and return the address of Checkout."""
        status, page = self.open(made)
        assert status == 200
        status, address = self.open(made, form_of(page))
        assert status == 303, address
        return address


def form_of(page: str) -> str:
    fields = re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)">', page)
    assert [name for name, _ in fields] == ["accepted_price", "accepted_terms"]
    return "&".join(f"{name}={value}" for name, value in fields)


def text_of(page: str) -> str:
    body = page.partition("<body>")[2]
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", body)).split())


@pytest.fixture
def desk(
    salon: Salon, store: BookingStore, context: Any, at_stripe: StripeBeside
) -> Iterator[Desk]:
    del at_stripe
    forget_stores()
    salon.set_location(locale="en")
    yield Desk(StaffCalls(context, store, staff_function.handler), context)
    forget_stores()


# ------------------------------------------------------------------ its time


def test_a_visit_made_at_the_desk_takes_its_time(salon: Salon, desk: Desk) -> None:
    """Bug: a client booked and paid the hour that the desk had given away."""
    made = desk.booked(moment(10))
    assert (made["starts_at"], made["ends_at"]) == (moment(10), moment(11))
    assert not salon.is_free(moment(10))
    assert not salon.is_free(moment(10, 45))
    status, problem = salon.book("cut", moment(10, 30))
    assert (status, problem["code"]) == (409, "slot_taken")
    status, problem = desk.book(moment(10, 30))
    assert (status, problem["code"]) == (409, "slot_taken")
    assert desk.book(moment(11))[0] == 201
    assert desk.book(moment(10), employee_id="ben")[0] == 201


def test_the_desk_books_over_no_visit_of_the_widget(salon: Salon, desk: Desk) -> None:
    salon.booked("cut", moment(10))
    status, problem = desk.book(moment(10))
    assert (status, problem["code"]) == (409, "slot_taken")


def test_who_means_it_books_over_another_visit_and_it_is_shown(salon: Salon, desk: Desk) -> None:
    first = salon.booked("cut", moment(10))
    made = desk.booked(moment(10), allow_overlap=True)
    assert made["allow_overlap"] is True
    assert desk.shown(first)["allow_overlap"] is False
    assert not salon.is_free(moment(10))
    # Both have to go before the time is free.
    assert desk.staff("POST", f"{HERE}/bookings/{made['booking_id']}/cancel", {})[0] == 200
    assert not salon.is_free(moment(10))


def test_a_visit_that_is_cancelled_gives_its_time_back(salon: Salon, desk: Desk) -> None:
    made = desk.booked(moment(10))
    assert desk.staff("POST", f"{HERE}/bookings/{made['booking_id']}/cancel", {})[0] == 200
    assert salon.is_free(moment(10))


def test_time_off_is_booked_over_on_purpose_alone(desk: Desk) -> None:
    off = {"from": moment(9), "to": moment(12)}
    assert desk.staff("PUT", f"{HERE}/employees/anna/absences/ill", off)[0] == 200
    status, problem = desk.book(moment(10))
    assert (status, problem["code"]) == (409, "slot_taken")
    assert desk.book(moment(10), allow_overlap=True)[0] == 201
    assert desk.book(moment(12))[0] == 201


def test_a_visit_without_an_employee_or_a_start_takes_nobodys_time(
    salon: Salon, desk: Desk
) -> None:
    for fields in ({"employee_id": None}, {"starts_at": None}):
        assert desk.book(moment(10), **fields)[0] == 201
    assert salon.is_free(moment(10))


def test_a_duration_is_given_or_the_services(desk: Desk) -> None:
    assert desk.booked(moment(8), duration_minutes=30)["ends_at"] == moment(8, 30)
    assert desk.booked(moment(9))["ends_at"] == moment(10)
    own = desk.booked(moment(12), **SALE, service_id=None, duration_minutes=45)
    assert own["ends_at"] == moment(12, 45)
    status, problem = desk.book(moment(13), **SALE, service_id=None)
    assert (status, problem["code"]) == (422, "duration_required")
    assert pointers(problem) == ["/duration_minutes"]
    nobodys = desk.booked(moment(13), **SALE, service_id=None, employee_id=None)
    assert nobodys["ends_at"] is None


def test_what_is_left_out_is_the_catalogues_and_what_is_given_wins(desk: Desk) -> None:
    made = desk.booked(moment(10))
    shown = (made["price"], made["currency"], made["description"])
    assert shown == (4500, "eur", "Haircut")
    own = desk.booked(moment(12), amount=3900, description="Haircut for a friend")
    assert (own["price"], own["description"]) == (3900, "Haircut for a friend")
    status, problem = desk.book(moment(14), service_id=None, duration_minutes=30)
    assert (status, pointers(problem)) == (422, ["/amount", "/description"])
    status, problem = desk.book(moment(14), service_id=None, amount=100, duration_minutes=30)
    assert (status, pointers(problem)) == (422, ["/description"])


@pytest.mark.parametrize(
    ("fields", "status", "code"),
    [
        ({"service_id": "massage"}, 404, "service_not_found"),
        ({"employee_id": "zoe"}, 404, "employee_not_found"),
        ({"starts_at": "2020-01-01T10:00:00Z"}, 422, "starts_in_the_past"),
        ({"currency": "usd"}, 422, "currency_not_supported"),
        ({"notify": True, "client": None}, 409, "client_has_no_email"),
        ({"duration_minutes": 4}, 422, "invalid_input"),
        ({"terms": "none", "pay_by": "tomorrow"}, 422, "invalid_input"),
        ({"terms": "all"}, 422, "invalid_input"),
        ({"terms": {}}, 422, "invalid_input"),
        ({"terms": {"prepayment": {"type": "deposit"}}}, 422, "invalid_input"),
        ({"terms": "apply", "pay_by": "2020-01-01T10:00:00Z"}, 422, "invalid_input"),
    ],
)
def test_what_cannot_be_booked_is_refused_and_leaves_nothing(
    desk: Desk, table: TableInMoto, fields: dict[str, Any], status: int, code: str
) -> None:
    before = table.items()
    answered, problem = desk.book(moment(10), **fields)
    assert (answered, problem["code"]) == (status, code)
    assert table.items() == before


def test_a_visit_of_this_morning_can_still_be_entered(desk: Desk) -> None:
    begun = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() - DAY_S + 60))
    assert desk.book(begun)[0] == 201
    status, problem = desk.book(begun, employee_id="ben", terms="apply")
    assert (status, pointers(problem)) == (422, ["/terms"])


# ------------------------------------------------------------------ its terms


def test_without_terms_it_is_confirmed_at_once(desk: Desk) -> None:
    for terms in (None, "none"):
        made = desk.booked(moment(10), terms=terms, employee_id=None)
        assert (made["status"], made["terms"], made["amount_due"]) == ("confirmed", None, 4500)
        assert desk.open(made)[0] == 303


@pytest.mark.parametrize(
    ("service_id", "mode", "due", "payment_status"),
    [
        ("cut", "pay", 4500, "paid"),
        ("colour", "pay", 3600, "paid"),
        ("perm", "hold", 9000, "authorized"),
        ("trim", "save_card", 0, "card_saved"),
    ],
)
def test_the_locations_terms_apply_as_to_the_widgets(
    salon: Salon,
    desk: Desk,
    at_stripe: StripeBeside,
    service_id: str,
    mode: str,
    due: int,
    payment_status: str,
) -> None:
    made = desk.booked(moment(10), service_id=service_id, terms="apply")
    assert (made["status"], made["amount_due"]) == ("awaiting_payment", due)
    assert (made["terms"]["due_mode"], made["terms"]["accepted_at"]) == (mode, None)
    assert not salon.is_free(moment(10))
    address = desk.accept(made)
    assert desk.shown(made)["terms"]["accepted_at"]
    opened = {**made, "checkout_url": address}
    at_stripe.pay(opened)
    salon.hear(opened, at_stripe)
    shown = desk.shown(made)
    assert (shown["status"], shown["payment_status"]) == ("confirmed", payment_status)
    evidence = salon.stored(made).terms
    assert evidence
    assert (evidence.accepted_language, evidence.accepted_from) == ("en", "203.0.113.9")


def test_a_service_that_asks_for_nothing_is_confirmed_and_charges_once_accepted(
    salon: Salon, desk: Desk
) -> None:
    made = desk.booked(moment(10, days=1), service_id="talk", terms="apply")
    assert (made["status"], made["terms"]["due_mode"]) == ("confirmed", "at_visit")
    assert desk.shown(made)["cancellation_fee_now"] == 0
    assert desk.accept(made).startswith("http")
    # A half or all of it, by the time of day.
    assert desk.shown(made)["cancellation_fee_now"] in (1000, 2000)
    assert salon.stored(made).status == "confirmed"


def test_who_accepts_terms_that_ask_for_nothing_now_is_not_made_to_pay(
    desk: Desk, at_stripe: StripeBeside
) -> None:
    """Bug: the only button led to paying all of it online, though it is due at the visit."""
    made = desk.booked(moment(10), service_id="talk", terms="apply")
    _, page = desk.open(made)
    assert '<button class="button" name="at_visit" value="yes">Accept</button>' in page
    status, answered = desk.open(made, f"{form_of(page)}&at_visit=yes")
    assert status == 200
    assert "You pay €20.00 at your visit." in text_of(answered)
    assert desk.shown(made)["terms"]["accepted_at"]
    assert at_stripe.opened() == []


def test_a_booking_has_terms_of_its_own(desk: Desk) -> None:
    made = desk.booked(moment(10), terms=DEPOSIT)
    assert (made["status"], made["amount_due"]) == ("awaiting_payment", 1350)
    assert made["terms"]["text"].startswith("Free until ")
    assert made["terms"]["cancellation"]["steps"] == HALF_BEFORE["steps"]
    status, page = desk.open(made)
    assert status == 200
    shown = text_of(page)
    for part in ("Haircut", "Price €45.00", "Due now €13.50", "Due at your visit €31.50"):
        assert part in shown
    assert "Accept and pay €13.50" in shown
    assert made["terms"]["text"] in shown


def test_looking_at_the_page_opens_nothing(desk: Desk, at_stripe: StripeBeside) -> None:
    made = desk.booked(moment(10), terms="apply")
    for _ in range(2):
        assert desk.open(made)[0] == 200
    assert at_stripe.opened() == []
    desk.accept(made)
    assert len(at_stripe.opened()) == 1
    # Once accepted, the link leads on at once.
    status, address = desk.open(made)
    assert (status, len(at_stripe.opened())) == (303, 1)
    assert address.startswith("http")


@pytest.mark.parametrize(
    "form",
    ["", "accepted_price=4400&accepted_terms={terms}", "accepted_price=4500&accepted_terms=0"],
)
def test_who_was_shown_something_else_is_shown_it_anew(
    salon: Salon, desk: Desk, at_stripe: StripeBeside, form: str
) -> None:
    made = desk.booked(moment(10), terms="apply")
    terms = salon.stored(made).terms
    assert terms
    status, page = desk.open(made, form.format(terms=terms.offered_hash))
    assert status == 409
    assert "The price or the terms have changed" in text_of(page)
    assert at_stripe.opened() == []
    assert desk.shown(made)["terms"]["accepted_at"] is None


@pytest.mark.parametrize("returned", ["", "other", "PAID", "paid,left"])
def test_nothing_in_the_address_leads_past_the_consent(
    desk: Desk, at_stripe: StripeBeside, returned: str
) -> None:
    made = desk.booked(moment(10), terms="apply")
    status, page = desk.open(made, returned=returned, utm_source="mail")
    assert status == 200
    assert "Accept and pay" in text_of(page)
    assert at_stripe.opened() == []


def test_a_visit_that_costs_nothing_is_accepted_without_a_word_of_paying(desk: Desk) -> None:
    made = desk.booked(moment(10), service_id="gift", terms="apply")
    status, page = desk.open(made)
    assert (status, text_of(page).endswith("Accept")) == (200, True)
    status, page = desk.open(made, form_of(page))
    assert status == 200
    assert "Nothing is due" in text_of(page)
    assert desk.shown(made)["terms"]["accepted_at"]


def test_a_booking_under_terms_has_its_link_though_links_for_visits_are_off(
    salon: Salon, desk: Desk
) -> None:
    """Bug: it waited for a payment that nobody was given a way to make."""
    salon.set_location(locale="en", visit_link_enabled=False)
    made = desk.booked(moment(10), terms="apply")
    assert desk.accept(made).startswith("http")
    assert desk.booked(moment(12))["pay_url"] is None


def test_a_card_that_is_to_be_saved_has_links_and_a_code_like_a_payment(desk: Desk) -> None:
    """Bug: no second link could be made, as nothing was due."""
    made = desk.booked(moment(10), service_id="trim", terms="apply")
    here = f"{HERE}/bookings/{made['booking_id']}"
    status, link = desk.staff("POST", f"{here}/payment-link", {})
    assert (status, link["amount_due"]) == (201, 0)
    assert "Accept and save a card" in text_of(desk.open(link)[1])


def test_until_pay_by_the_time_waits_and_then_it_is_free(salon: Salon, desk: Desk) -> None:
    made = desk.booked(moment(10), terms="apply")
    assert made["terms"]["pay_by"] is not None
    assert salon.release(23 * 60) == {}
    assert not salon.is_free(moment(10))
    salon.release(24 * 60 + 1)
    assert desk.shown(made)["status"] == "expired"
    assert salon.is_free(moment(10))
    status, page = desk.open(made)
    assert status == 200
    assert "This booking has expired" in text_of(page)


def test_a_payment_page_that_was_closed_does_not_end_the_time_to_pay(
    salon: Salon, desk: Desk, at_stripe: StripeBeside, context: Any
) -> None:
    """Bug: its time was freed with the first session, which lasts a day, whatever `pay_by` said."""
    made = desk.booked(moment(10), terms="apply", pay_by=moment(9, days=4))
    opened = {**made, "checkout_url": desk.accept(made)}
    at_stripe.expire(opened)
    ended = event("checkout.session.expired", at_stripe.session(opened))
    record_function.handler(from_queue(ended), context)
    salon.release(24 * 60)
    assert desk.shown(made)["status"] == "awaiting_payment"
    assert not salon.is_free(moment(10))
    status, address = desk.open(made)
    assert (status, address != opened["checkout_url"]) == (303, True)
    # Past nine o'clock on the fourth day, whatever the time is now.
    salon.release(5 * 24 * 60)
    assert desk.shown(made)["status"] == "expired"


def test_nobody_waits_past_the_start(desk: Desk) -> None:
    made = desk.booked(moment(10), terms="apply", pay_by=moment(10, days=9))
    assert made["terms"]["pay_by"] == moment(10)


def test_a_visit_under_terms_costs_what_one_of_the_widgets_costs(
    salon: Salon, desk: Desk, at_stripe: StripeBeside
) -> None:
    """The same price, policy and time left: the same fee, whoever made it."""
    online = salon.booked("cut", moment(10, days=1))
    made = desk.booked(moment(10, days=1), terms="apply", employee_id="ben")
    opened = {**made, "checkout_url": desk.accept(made)}
    for each in (online, opened):
        at_stripe.pay(each)
        salon.hear(each, at_stripe)
    fees = [desk.shown(each)["cancellation_fee_now"] for each in (online, made)]
    assert fees in ([2250, 2250], [4500, 4500])
    assert TERMS["cancellation"]["steps"][1]["fee"] == {"type": "full"}


# ------------------------------------------------------------------ its mail


@pytest.mark.parametrize(("terms", "kind"), [("none", "confirmation"), ("apply", "payment_link")])
def test_a_client_is_told_if_staff_say_so(
    desk: Desk, table: TableInMoto, terms: str, kind: str
) -> None:
    def ordered() -> list[str]:
        return [
            each["detail"]["kind"] for key, each in table.bodies().items() if "#outbox" in key[0]
        ]

    desk.booked(moment(10), terms=terms)
    assert ordered() == []
    desk.booked(moment(12), terms=terms, notify=True)
    assert ordered() == [kind]


def test_who_says_nothing_of_a_mail_sends_none(desk: Desk, table: TableInMoto) -> None:
    """Bug: under terms that asked for nothing, the client was mailed all the same."""
    desk.booked(moment(10), service_id="talk", terms="apply")
    assert [key for key in table.bodies() if "#outbox" in key[0]] == []


@pytest.mark.parametrize(
    ("service_id", "terms", "subject"),
    [
        ("cut", "none", "Your booking at Salon Demo is confirmed"),
        ("talk", "apply", "Your booking at Salon Demo is confirmed"),
        ("cut", "apply", "Your payment link from Salon Demo"),
        ("perm", "apply", "Your payment link from Salon Demo"),
        ("trim", "apply", "Please confirm your booking at Salon Demo"),
    ],
)
def test_what_a_client_is_told_is_sent(
    desk: Desk, mailbox: Mailbox, service_id: str, terms: str, subject: str
) -> None:
    """Bug: no confirmation of the desk's was ever sent, nor a link under which to save a card."""
    desk.booked(moment(10), service_id=service_id, terms=terms, notify=True)
    mailbox.deliver()
    [mail] = mailbox.sent()
    assert mail["Subject"] == f"[TEST] {subject}"
