"""What Stripe is asked for a moved visit: refunds, links, and a card in the place of a hold."""

from collections.abc import Iterator
from typing import Any

import pytest

from functions.create_checkout import handler as checkout_function
from functions.serve_staff_api import handler as staff_function
from shared.adapters.booking_store import BookingStore
from shared.domain.bookings.booking import Booking
from shared.domain.bookings.charge_order import EXPIRE_SESSION, RELEASE
from shared.domain.stripe_facts.fetched_objects import session_facts
from tests.functions.test_reschedule import AT_NOON, AT_TEN, FREELY, Desk, paid
from tests.surroundings.fixtures import TableInMoto
from tests.surroundings.salon import SECRET_KEY, SESSIONS, Salon, StripeBeside, moment
from tests.surroundings.staff_calls import StaffCalls, forget_stores

pytestmark = pytest.mark.enable_socket
NEXT_MONTH = moment(10, days=30)


@pytest.fixture
def desk(store: BookingStore, salon: Salon, context: Any) -> Iterator[Desk]:
    del salon
    forget_stores()
    yield Desk(StaffCalls(context, store, staff_function.handler))
    forget_stores()


@pytest.fixture
def link(desk: Desk, context: Any, at_stripe: StripeBeside, store: BookingStore) -> Any:
    """Follow a booking's newest link to Checkout, pay there, and let Stripe tell of it."""

    def follow(made: dict[str, Any]) -> Booking:
        path = f"/v1/locations/demo/bookings/{made['booking_id']}/payment-link"
        status, answer = desk.calls("POST", path, {})
        assert status == 201, answer
        event = {
            "routeKey": "GET /pay/{token}",
            "pathParameters": {"token": answer["pay_url"].rpartition("/")[2]},
            "headers": {},
            "requestContext": {"http": {"sourceIp": "203.0.113.9"}},
        }
        opened = checkout_function.handler(event, context)
        assert opened["statusCode"] == 303, opened
        page = {"checkout_url": opened["headers"]["location"]}
        at_stripe.pay(page)
        return told(store, at_stripe, made, page)

    return follow


def told(
    store: BookingStore, at_stripe: StripeBeside, made: dict[str, Any], page: dict[str, Any]
) -> Booking:
    """Record what Stripe says of a session, as a webhook would."""
    session_id = page["checkout_url"].rpartition("/")[2]
    expand = {"expand[]": ["payment_intent.latest_charge", "setup_intent"]}
    path = f"{SESSIONS}/{session_id}"
    answer = at_stripe.control.get(path, auth=(SECRET_KEY, ""), params=expand)
    facts = session_facts(answer.raise_for_status().json())
    return store.take_up("demo", made["booking_id"], facts, now_s=1)


def held(salon: Salon, at_stripe: StripeBeside, store: BookingStore) -> dict[str, Any]:
    made = salon.booked("perm", AT_TEN)
    at_stripe.pay(made)
    assert told(store, at_stripe, made, made).status == "confirmed"
    return made


def test_a_cheaper_service_is_refunded_at_stripe_once(
    desk: Desk, salon: Salon, at_stripe: StripeBeside
) -> None:
    made = paid(salon, at_stripe)
    shown = desk.moved(made, service_id="trim", employee_id="anna")
    assert (shown["price"], shown["description"]) == (2500, "Trim")
    [refund] = shown["refunds"]
    assert (refund["cause"], refund["amount"], refund["status"]) == ("moved", 2000, "requested")
    assert refund["requested_by"] == "owner@demo.test"
    for _ in range(2):
        assert salon.process_batch(made, refund_id=refund["refund_id"])
    asked = [params for _, path, params in at_stripe.sent if path == "/v1/refunds"]
    assert [each["amount"] for each in asked] == [["2000"]]
    booking = salon.stored(made)
    assert (booking.payments().amount_refunded, booking.amount_due_minor()) == (2000, 0)


def test_above_the_limit_the_refund_waits_and_the_visit_does_not(
    desk: Desk, salon: Salon, at_stripe: StripeBeside
) -> None:
    made = paid(salon, at_stripe)
    limits = {"refund_approval_above": {"manager": 1000}}
    assert desk.calls("PATCH", "/v1/locations/demo", limits)[0] == 200
    status, shown = desk.move(made, by="manager", service_id="trim")
    assert (status, shown["starts_at"]) == (200, AT_NOON)
    assert [each["approval"] for each in shown["refunds"]] == ["awaiting_approval"]


def test_a_dearer_service_is_paid_by_the_link(
    desk: Desk, salon: Salon, at_stripe: StripeBeside, link: Any
) -> None:
    made = paid(salon, at_stripe)
    shown = desk.moved(made, service_id="perm")
    assert (shown["price"], shown["amount_due"], shown["ends_at"]) == (9000, 4500, moment(13, 30))
    booking = link(made)
    assert booking.amount_due_minor() == 0
    assert booking.payments().amount_captured == 9000


def test_a_hold_that_would_lapse_is_replaced_by_a_card_and_released_at_stripe(
    desk: Desk, salon: Salon, at_stripe: StripeBeside, store: BookingStore, link: Any
) -> None:
    made = held(salon, at_stripe, store)
    shown = desk.moved(made, NEXT_MONTH)
    assert (shown["status"], shown["terms"]["due_mode"]) == ("confirmed", "save_card")
    assert (shown["amount_authorized"], shown["amount_due"]) == (9000, 0)
    assert shown["terms"]["card_missing"] is True
    booking = link(made)
    assert not booking.lacks_card()
    [order] = booking.charge_orders
    assert order.kind == RELEASE
    assert salon.process_batch(made, order_id=order.order_id)
    intent = at_stripe.control.get(
        f"/v1/payment_intents/{order.payment_intent}", auth=(SECRET_KEY, "")
    ).json()
    assert intent["status"] == "canceled"


def test_the_link_to_the_card_is_mailed_even_if_nobody_asked_for_a_mail(
    desk: Desk, salon: Salon, at_stripe: StripeBeside, store: BookingStore, table: TableInMoto
) -> None:
    made = held(salon, at_stripe, store)
    desk.moved(made, NEXT_MONTH)
    assert mails(table) == ["payment_link"]


def test_a_mail_is_ordered_only_where_it_is_asked_for(desk: Desk, table: TableInMoto) -> None:
    made = desk.book()
    desk.moved(made)
    assert mails(table) == []
    desk.moved(made, moment(15), notify=True)
    assert mails(table) == ["moved"]
    nobodys = desk.book(moment(17), client=None)
    status, problem = desk.move(nobodys, moment(18), notify=True)
    assert (status, problem["code"]) == (409, "client_has_no_email")


def test_staff_move_what_still_waits_for_its_payment(
    desk: Desk, salon: Salon, at_stripe: StripeBeside
) -> None:
    made = salon.booked("cut", AT_TEN)
    same = desk.moved(made)
    assert (same["status"], salon.stored(made).charge_orders) == ("awaiting_payment", ())
    assert salon.looked(made)["checkout_url"] == made["checkout_url"], "it shows no time"
    dearer = desk.moved(made, service_id="colour")
    assert dearer["amount_due"] == 12000
    [order] = salon.stored(made).charge_orders
    assert order.kind == EXPIRE_SESSION
    assert salon.looked(made)["checkout_url"] is None, "it shows another price"
    assert salon.process_batch(made, order_id=order.order_id)
    assert at_stripe.session(made)["status"] == "expired"
    assert salon.release(1) == {}, "its time still waits"
    assert salon.release(21) == {"freed": 1}


def test_a_client_who_has_to_pay_first_cannot_move(salon: Salon) -> None:
    salon.set_terms(reschedule=FREELY)
    made = salon.booked("cut", AT_TEN)
    status, problem = salon.move(made, {"starts_at": AT_NOON})
    assert (status, problem["code"]) == (409, "not_reschedulable")


def test_a_moved_visit_ends_and_is_reopened_at_its_new_time(
    desk: Desk, salon: Salon, at_stripe: StripeBeside
) -> None:
    made = paid(salon, at_stripe)
    desk.moved(made)
    desk.end(made, "cancel")
    assert salon.is_free(AT_NOON)
    shown = desk.end(made, "reopen")
    assert (shown["status"], shown["starts_at"]) == ("confirmed", AT_NOON)
    assert not salon.is_free(AT_NOON)
    assert salon.is_free(AT_TEN)


def test_what_happened_is_on_the_bus_and_in_the_audit(
    desk: Desk, salon: Salon, at_stripe: StripeBeside, table: TableInMoto
) -> None:
    made = paid(salon, at_stripe)
    desk.moved(made, employee_id="ben", key="once")
    [told] = [
        each
        for body in table.bodies("outbox").values()
        for each in body.get("detail", body).get("happened", [])
        if each["what"] == "booking.moved"
    ]
    assert told == {
        "what": "booking.moved",
        "by": "business",
        "from": AT_TEN,
        "to": AT_NOON,
        "from_employee_id": "anna",
        "to_employee_id": "ben",
    }
    items = desk.calls("GET", "/v1/locations/demo/audit")[1]["items"]
    assert [each["what"] for each in items] == ["booking.moved"]


def mails(table: TableInMoto) -> list[str]:
    """Return the kinds of the mails that are ordered."""
    bodies = [body.get("detail", body) for body in table.bodies("outbox").values()]
    return [each["kind"] for each in bodies if "kind" in each]
