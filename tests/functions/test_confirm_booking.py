"""Where nothing is paid, one address has a fifth of a day, and confirms what goes beyond."""

from copy import replace
from datetime import datetime
from typing import Any

import pytest

from functions.create_checkout import handler as checkout_function
from functions.serve_visit import handler as visit_function
from shared.adapters.booking_store import BookingStore
from shared.adapters.bookings_table import BookingsTable
from shared.adapters.mark_store import MarkStore
from shared.domain.bookings.booking import Booking
from shared.domain.catalogue.services import Employee, OpeningHours
from shared.domain.errors import StripeRefused
from shared.domain.link_tokens import derive_client_token, derive_token
from shared.domain.locations.budgets import Budget
from shared.domain.stripe_facts.payment_facts import Facts
from shared.workflows.bookings import admission, open_payment
from tests.domain.activity.test_client_mails import PAID
from tests.surroundings.fixtures import TableInMoto
from tests.surroundings.salon import BERLIN, Salon, StripeBeside, moment

pytestmark = pytest.mark.enable_socket

KEY = "the key of the links"
# Two people of two hours: a fifth of a day is 48 minutes, three times Advice of 15 minutes.
HOURS = tuple(OpeningHours(day, 9 * 60, 11 * 60) for day in range(7))
TIMES = [moment(9, minute) for minute in (0, 15, 30, 45)] + [moment(10), moment(10, 15)]


@pytest.fixture
def salon(salon: Salon) -> Salon:
    salon.catalogue.put_employee("demo", Employee("anna", "Anna", HOURS))
    salon.catalogue.put_employee("demo", Employee("ben", "Ben", HOURS))
    salon.catalogue.put_employee("demo", Employee("nora", "Nora", ()))
    return salon


def take_a_fifth(salon: Salon) -> list[dict[str, Any]]:
    made = [salon.booked("talk", starts_at) for starts_at in TIMES[:3]]
    assert {each["status"] for each in made} == {"confirmed"}
    return made


def token_of(booking: dict[str, Any]) -> str:
    """Return the token that goes to the client by mail alone."""
    return derive_client_token(KEY, booking["booking_id"])


def orders(table: TableInMoto) -> list[str]:
    told = table.bodies("outbox").values()
    asked = [body["detail"] for body in told if body["detail_type"] == "send_mail"]
    return [f"{each['kind']} {each['booking_id']}" for each in asked]


# ------------------------------------------------------------------ what is to be confirmed


def test_beyond_a_fifth_of_the_day_a_booking_waits_for_its_clients_confirmation(
    salon: Salon, table: TableInMoto
) -> None:
    """Bug: sixty bookings with sixty made-up addresses filled three days, and were confirmed."""
    take_a_fifth(salon)
    assert orders(table) == []

    made = salon.booked("talk", TIMES[3])

    stored = salon.stored(made)
    assert (made["status"], stored.status) == ("awaiting_confirmation", "awaiting_confirmation")
    assert stored.terms
    assert stored.terms.hold_until_s == stored.created_at_s + 30 * 60
    assert made["expires_at"]
    assert not salon.is_free(TIMES[3], "talk")
    assert orders(table) == [f"confirm_address {made['booking_id']}"]


def test_the_answer_to_the_form_holds_nothing_with_which_to_confirm(
    salon: Salon, table: TableInMoto
) -> None:
    take_a_fifth(salon)
    made = salon.booked("talk", TIMES[3], headers={"idempotency_key": "one"})
    again = salon.booked("talk", TIMES[3], headers={"idempotency_key": "one"})
    assert made == again
    assert made["token"] is None
    for shown in (str(made), str(table.items())):
        assert token_of(made) not in shown


@pytest.mark.parametrize("email", ["mira@example.com", "other@example.com"])
def test_what_was_cancelled_still_counts(salon: Salon, email: str) -> None:
    for made in take_a_fifth(salon):
        assert salon.cancel(made)[0] == 200
    client = {"name": "Mira", "email": email}
    assert salon.booked("talk", TIMES[0], client=client)["status"] == "awaiting_confirmation"


def test_another_address_and_another_day_have_a_fifth_of_their_own(salon: Salon) -> None:
    take_a_fifth(salon)
    assert salon.booked("talk", moment(9, days=6))["status"] == "confirmed"
    salon.address = "198.51.100.7"
    assert salon.booked("talk", TIMES[3])["status"] == "confirmed"


def test_a_whole_site_of_ipv6_is_one_address(salon: Salon) -> None:
    """Bug: a site has 65,536 of the networks that were counted."""
    for number, starts_at in enumerate(TIMES[:3]):
        salon.address = f"2001:db8:1:{number}::1"
        salon.booked("talk", starts_at)
    salon.address = "2001:db8:1:ffff::1"
    assert salon.booked("talk", TIMES[3])["status"] == "awaiting_confirmation"


def test_what_may_be_paid_now_and_is_not_counts_too(salon: Salon) -> None:
    assert salon.booked("blow", TIMES[0], pay_now=False)["status"] == "confirmed"
    assert salon.booked("blow", TIMES[2], pay_now=False)["status"] == "awaiting_confirmation"
    assert salon.booked("blow", TIMES[4])["status"] == "awaiting_payment"


def test_a_sum_that_stripe_does_not_take_is_no_way_around_it(
    salon: Salon, table: TableInMoto, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> str:
        raise StripeRefused("too small", code="amount_too_small")

    take_a_fifth(salon)
    monkeypatch.setattr(open_payment, "open_session", refuse)
    made = salon.booked("blow", TIMES[4])
    assert (made["status"], made["token"]) == ("awaiting_confirmation", None)
    assert orders(table) == [f"confirm_address {made['booking_id']}"]
    assert salon.release(after_minutes=29) == {}
    assert salon.release(after_minutes=31) == {"freed": 1}


def test_what_is_paid_counts_no_more(salon: Salon, store: BookingStore) -> None:
    [first, *_] = take_a_fifth(salon)
    paid = Facts(charges={"ch_1": PAID})
    store.change("demo", first["booking_id"], lambda found: replace(found, facts=paid))
    assert salon.booked("talk", TIMES[3])["status"] == "confirmed"
    assert salon.booked("talk", TIMES[4])["status"] == "awaiting_confirmation"


def test_who_comes_too_late_for_a_slot_has_used_up_nothing(salon: Salon) -> None:
    salon.booked("talk", TIMES[0])
    for _ in range(4):
        assert salon.book("talk", TIMES[0])[1]["code"] == "slot_taken"
    assert salon.booked("talk", TIMES[1])["status"] == "confirmed"
    assert salon.booked("talk", TIMES[2])["status"] == "confirmed"


def test_of_two_at_once_no_more_get_through_than_may(
    salon: Salon, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The other request is counted between the look and the write of this one."""
    put, between = BookingsTable.put, iter(TIMES[:3])

    def late(table: BookingsTable, puts: Any) -> None:
        listed = list(puts)
        is_budget = any(each.key.pk.startswith("budget#") for each in listed)
        if is_budget and (starts_at := next(between, None)):
            salon.booked("talk", starts_at)
        put(table, listed)

    monkeypatch.setattr(BookingsTable, "put", late)
    assert salon.booked("talk", TIMES[3])["status"] == "awaiting_confirmation"


def test_an_employee_who_works_not_at_all_adds_no_time(salon: Salon) -> None:
    """The share is of hours in which somebody works on that very day."""
    day = TIMES[0]
    monday_to_sunday = [each for each in HOURS if each.weekday != _weekday(day)]
    for who in ("anna", "ben"):
        salon.catalogue.put_employee("demo", Employee(who, who, tuple(monday_to_sunday)))
    salon.catalogue.put_employee("demo", Employee("nora", "Nora", HOURS))
    assert salon.booked("talk", day, employee_id="nora")["status"] == "confirmed"
    assert salon.booked("talk", TIMES[1], employee_id="nora")["status"] == "awaiting_confirmation"


def _weekday(instant: str) -> int:
    return datetime.fromisoformat(instant).astimezone(BERLIN).weekday()


def test_an_address_leaves_only_so_many_to_be_confirmed(salon: Salon, table: TableInMoto) -> None:
    """Each keeps a slot for half an hour and mails somebody, whose address anybody can write."""
    salon.set_location(holds_per_client=2, holds_per_address=60)

    def book(place: int) -> tuple[int, dict[str, Any]]:
        client = {"name": "Bot", "email": f"bot{place}@example.com"}
        return salon.book("talk", TIMES[place], client=client)

    made = [book(place) for place in range(5)]
    assert [shown["status"] for _, shown in made[3:]] == ["awaiting_confirmation"] * 2
    for _, shown in made:
        salon.cancel({**shown, "token": token_of(shown)})
    status, problem = book(5)
    assert (status, problem["code"]) == (429, "too_many_requests")
    assert 0 < int(salon.headers["retry-after"]) <= 3600
    assert len(orders(table)) == 2


# ------------------------------------------------------------------ confirming


@pytest.fixture
def waiting(salon: Salon) -> dict[str, Any]:
    """A booking that waits for its client's confirmation."""
    take_a_fifth(salon)
    return salon.booked("talk", TIMES[3])


def test_who_has_the_mails_token_confirms(
    salon: Salon, waiting: dict[str, Any], table: TableInMoto
) -> None:
    status, shown = salon.confirm(waiting, token_of(waiting))

    assert (status, shown["status"], shown["expires_at"]) == (200, "confirmed", None)
    told = [body["detail"] for body in table.bodies("outbox").values()]
    [confirmed] = [
        each for each in told if each["booking_id"] == waiting["booking_id"] and "happened" in each
    ]
    assert confirmed["happened"] == [{"what": "booking.confirmed"}]
    assert salon.release(after_minutes=31) == {}
    assert not salon.is_free(TIMES[3], "talk")


def test_confirming_once_more_is_the_same(salon: Salon, waiting: dict[str, Any]) -> None:
    first = salon.confirm(waiting, token_of(waiting))
    assert salon.confirm(waiting, token_of(waiting)) == first
    notes = [entry.what for entry in salon.stored(waiting).journal]
    assert notes.count("booking.address_confirmed") == 1


def test_no_other_token_confirms(salon: Salon, waiting: dict[str, Any]) -> None:
    link = derive_token(KEY, "demo", waiting["booking_id"], 1)
    for token in ("", "A" * 32, link, token_of({"booking_id": "bk_other"})):
        status, problem = salon.confirm(waiting, token)
        assert (status, problem["code"]) == (404, "booking_not_found")
    assert salon.stored(waiting).status == "awaiting_confirmation"


def test_what_is_not_confirmed_in_time_is_free_again(salon: Salon, waiting: dict[str, Any]) -> None:
    assert salon.release(after_minutes=29) == {}
    assert salon.release(after_minutes=31) == {"freed": 1}
    assert salon.stored(waiting).status == "expired"
    assert salon.is_free(TIMES[3], "talk")
    status, problem = salon.confirm(waiting, token_of(waiting))
    assert (status, problem["code"]) == (409, "booking_expired")


def test_what_was_cancelled_or_waits_for_money_is_not_confirmed(
    salon: Salon, waiting: dict[str, Any]
) -> None:
    assert salon.cancel({**waiting, "token": token_of(waiting)})[0] == 200
    status, problem = salon.confirm(waiting, token_of(waiting))
    assert (status, problem["code"]) == (409, "already_cancelled")
    unpaid = salon.booked("blow", TIMES[4])
    status, problem = salon.confirm(unpaid, unpaid["token"])
    assert (status, problem["code"]) == (409, "not_awaiting_confirmation")


def test_until_it_is_confirmed_its_link_takes_no_payment(
    waiting: dict[str, Any], at_stripe: StripeBeside, context: Any
) -> None:
    link = derive_token(KEY, "demo", waiting["booking_id"], 1)
    answer = checkout_function.handler({"pathParameters": {"token": link}}, context)
    assert answer["statusCode"] == 200
    assert at_stripe.opened() == []


# ------------------------------------------------------------------ the page of the mail's link


def visit(
    booking: dict[str, Any], context: Any, method: str = "GET", body: str | None = None
) -> tuple[int, str]:
    parameters = {"booking_id": booking["booking_id"], "token": token_of(booking)}
    event = {
        "routeKey": f"{method} /visit/{{booking_id}}/{{token}}",
        "rawPath": "/visit",
        "pathParameters": parameters,
        "body": body,
    }
    answer = visit_function.handler(event, context)
    return answer["statusCode"], answer["body"]


def test_looking_at_the_page_confirms_nothing_and_its_button_does(
    salon: Salon, waiting: dict[str, Any], context: Any
) -> None:
    """Programs that scan mails follow links; they press no buttons."""
    for _ in range(2):
        status, page = visit(waiting, context)
        assert status == 200
        assert "Wartet auf Ihre Bestätigung" in page
        assert '<form method="post"><button class="button" name="confirm" value="yes">' in page
        assert salon.stored(waiting).status == "awaiting_confirmation"

    assert visit(waiting, context, "POST", "confirm=yes")[0] == 303

    status, page = visit(waiting, context)
    assert salon.stored(waiting).status == "confirmed"
    assert 'name="confirm"' not in page


def test_the_page_of_one_that_has_lapsed_says_what_it_lacked(
    salon: Salon, waiting: dict[str, Any], context: Any
) -> None:
    salon.release(after_minutes=31)
    assert visit(waiting, context, "POST", "confirm=yes")[0] == 303
    _, page = visit(waiting, context)
    assert "Verfallen: nicht rechtzeitig bestätigt" in page


# ------------------------------------------------------------------ pages at Stripe


def open_link(booking: dict[str, Any], context: Any, address: str) -> dict[str, Any]:
    link = derive_token(KEY, "demo", booking["booking_id"], 1)
    event = {
        "pathParameters": {"token": link},
        "requestContext": {"http": {"sourceIp": address}},
    }
    return dict(checkout_function.handler(event, context))


def test_an_address_opens_only_so_many_pages_at_stripe_whatever_becomes_of_the_bookings(
    salon: Salon, at_stripe: StripeBeside, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each page is one on which stolen cards can be tried."""
    salon.set_location(holds_per_client=100, holds_per_address=100)
    monkeypatch.setattr(admission, "sessions_an_address", lambda _: Budget(2, 3600))
    made = [salon.booked("blow", starts_at) for starts_at in TIMES[0:4:2]]
    for each in made:
        salon.cancel(each)
    status, problem = salon.book("blow", TIMES[4])
    assert (status, problem["code"]) == (429, "too_many_requests")
    assert 0 < int(salon.headers["retry-after"]) <= 3600
    assert salon.is_free(TIMES[4], "blow")
    assert len(at_stripe.opened()) == 2
    elsewhere, salon.address = salon.address, "198.51.100.7"
    salon.cancel(salon.booked("blow", TIMES[4]))
    salon.address = elsewhere
    salon.later(61, monkeypatch)
    assert salon.booked("blow", TIMES[4])["status"] == "awaiting_payment"


def test_of_many_at_once_no_more_open_a_page_than_may(
    salon: Salon, at_stripe: StripeBeside, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All of them have read before any of them wrote: the write's condition decides."""
    monkeypatch.setattr(admission, "sessions_an_address", lambda _: Budget(2, 3600))
    monkeypatch.setattr(MarkStore, "get_marks", lambda *_: frozenset())
    answers = [salon.book("blow", starts_at)[0] for starts_at in TIMES[0:6:2]]
    assert answers == [201, 201, 429]
    assert len(at_stripe.opened()) == 2


def test_a_link_opens_only_so_many_pages_at_stripe_from_however_many_addresses(
    salon: Salon, at_stripe: StripeBeside, store: BookingStore, context: Any
) -> None:
    made = salon.booked("talk", TIMES[0])

    def sessionless(found: Booking) -> Booking:
        assert found.checkout
        return replace(found, checkout=replace(found.checkout, session_id="", expires_at_s=0))

    for number in range(5):
        assert open_link(made, context, f"203.0.113.{number}")["statusCode"] == 303
        store.change("demo", made["booking_id"], sessionless)

    answer = open_link(made, context, "203.0.113.99")

    assert answer["statusCode"] == 429
    assert 0 < int(answer["headers"]["retry-after"]) <= 3600
    assert "Your card was not charged" in answer["body"]
    assert len(at_stripe.opened()) == 5


def test_a_page_that_is_open_is_given_out_however_often_it_is_asked_for(
    salon: Salon, at_stripe: StripeBeside, context: Any
) -> None:
    made = salon.booked("talk", TIMES[0])
    for _ in range(30):
        assert open_link(made, context, "203.0.113.9")["statusCode"] == 303
    assert len(at_stripe.opened()) == 1


# ------------------------------------------------------------------ repeated requests


def test_from_another_address_a_repeated_request_is_given_no_token(salon: Salon) -> None:
    """Bug: who guessed an Idempotency-Key and a body got a stranger's visit."""
    key = {"idempotency_key": "1"}
    first = salon.booked("blow", TIMES[0], headers=key)
    assert salon.booked("blow", TIMES[0], headers=key) == first
    salon.address = "198.51.100.7"
    again = salon.booked("blow", TIMES[0], headers=key)
    assert again == {**first, "token": None}


def test_in_the_same_network_of_a_household_it_is(salon: Salon) -> None:
    key = {"idempotency_key": "1"}
    salon.address = "2001:db8:1:2::3"
    first = salon.booked("blow", TIMES[0], headers=key)
    salon.address = "2001:db8:1:2::4"
    assert salon.booked("blow", TIMES[0], headers=key) == first
