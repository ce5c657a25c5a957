"""Staff record what was paid outside Stripe: nobody is asked for it again, here or at Stripe."""

import json
import time
from collections.abc import Iterator
from typing import Any

import pytest

from functions.serve_staff_api import handler as staff_function
from shared.adapters.booking_store import BookingStore
from shared.domain.bookings.charge_order import EXPIRE_SESSION
from shared.domain.dates.instants import DAY_S, rfc3339
from tests.functions.test_desk_bookings import HERE, Desk, text_of
from tests.surroundings.fixtures import TableInMoto
from tests.surroundings.salon import Salon, StripeBeside, moment, session_id
from tests.surroundings.staff_calls import StaffCalls, forget_stores, pointers

pytestmark = pytest.mark.enable_socket


class CashDesk(Desk):
    """The desk with a till."""

    def take(
        self, made: dict[str, Any], amount: int, key: str = "", **fields: Any
    ) -> tuple[int, Any]:
        body = {"amount": amount, "method": "cash", **fields}
        headers = {"idempotency-key": key} if key else {}
        path = f"{HERE}/bookings/{made['booking_id']}/payments"
        return self.staff("POST", path, body, headers=headers)

    def taken(self, made: dict[str, Any], amount: int, **fields: Any) -> dict[str, Any]:
        status, shown = self.take(made, amount, **fields)
        assert status == 201, shown
        return dict(shown)

    def void(self, made: dict[str, Any], payment_id: str, **body: Any) -> tuple[int, Any]:
        path = f"{HERE}/bookings/{made['booking_id']}/payments/{payment_id}/void"
        return self.staff("POST", path, body or {"note": "wrong booking"})

    def end(self, made: dict[str, Any], end: str, **body: Any) -> dict[str, Any]:
        status, shown = self.staff("POST", f"{HERE}/bookings/{made['booking_id']}/{end}", body)
        assert status == 200, shown
        return dict(shown)


@pytest.fixture
def till(
    salon: Salon, store: BookingStore, context: Any, at_stripe: StripeBeside
) -> Iterator[CashDesk]:
    del at_stripe
    forget_stores()
    salon.set_location(locale="en")
    yield CashDesk(StaffCalls(context, store, staff_function.handler), context)
    forget_stores()


def this_morning() -> str:
    return rfc3339(int(time.time()) - DAY_S + 600)


def carry_out(salon: Salon, made: dict[str, Any]) -> None:
    """Let Stripe be asked for everything that the booking has ordered."""
    for order in salon.stored(made).charge_orders:
        assert salon.process_batch(made, order_id=order.order_id)


def opened(till: CashDesk, made: dict[str, Any]) -> dict[str, Any]:
    status, address = till.open(made)
    assert status == 303, address
    return {**made, "checkout_url": address}


# ------------------------------------------------------------------ recorded


def test_what_was_paid_at_the_desk_is_shown_and_is_due_no_more(till: CashDesk) -> None:
    made = till.booked(moment(10))
    shown = till.taken(made, 3000, note="till 2")
    assert (shown["amount_due"], shown["amount_paid_elsewhere"]) == (1500, 3000)
    assert (shown["payment_status"], shown["refundable"]) == ("unpaid", 0)
    [payment] = shown["payments_elsewhere"]
    assert shown["payment_id"] == payment["payment_id"], "what a caller voids it by"
    assert {name: payment[name] for name in ("amount", "method", "note", "by", "voided")} == {
        "amount": 3000,
        "method": "cash",
        "note": "till 2",
        "by": "owner@demo.test",
        "voided": None,
    }
    assert till.shown(made)["payments_elsewhere"] == [payment]
    [entry] = [each for each in till.shown(made)["timeline"] if each["what"] == "payment.recorded"]
    assert entry["by_user_id"] == "owner"


def test_more_than_is_due_is_refused_and_leaves_nothing(till: CashDesk, table: TableInMoto) -> None:
    made = till.booked(moment(10))
    before = table.items()
    status, problem = till.take(made, 4501)
    assert (status, problem["code"], pointers(problem)) == (422, "amount_exceeds_due", ["/amount"])
    assert table.items() == before


@pytest.mark.parametrize(
    "body",
    [{"method": "cheque"}, {"amount": 0}, {"amount": "10"}, {"note": ""}, {"currency": "eur"}],
)
def test_what_is_no_payment_is_refused(till: CashDesk, body: dict[str, Any]) -> None:
    made = till.booked(moment(10))
    fields = {"amount": 100, "method": "cash", **body}
    path = f"{HERE}/bookings/{made['booking_id']}/payments"
    status, problem = till.staff("POST", path, fields)
    assert (status, problem["code"]) == (422, "invalid_input")


def test_the_same_request_twice_is_one_payment(till: CashDesk) -> None:
    made = till.booked(moment(10))
    first = till.take(made, 2000, key="k1")
    assert till.take(made, 2000, key="k1") == first
    assert till.staff.headers["idempotent-replayed"] == "true"
    assert till.shown(made)["amount_paid_elsewhere"] == 2000
    status, problem = till.take(made, 1000, key="k1")
    assert (status, problem["code"]) == (409, "idempotency_key_reused")
    assert till.take(made, 2000, key="k2")[0] == 201
    assert till.shown(made)["amount_paid_elsewhere"] == 4000


def test_it_is_audited_and_a_void_too(till: CashDesk) -> None:
    made = till.booked(moment(10))
    payment_id = till.taken(made, 100)["payments_elsewhere"][0]["payment_id"]
    assert till.void(made, payment_id)[0] == 200
    # A repetition says nothing twice.
    assert till.void(made, payment_id)[0] == 200
    entries = till.staff("GET", f"{HERE}/audit")[1]["items"]
    found = [(each["what"], each["ids"]) for each in entries if "payment" in each["ids"]]
    ids = {"booking": made["booking_id"], "payment": payment_id}
    assert sorted(found) == [("payment.recorded", ids), ("payment.voided", ids)]


def test_a_void_needs_a_note_and_the_payment_stays_in_the_list(till: CashDesk) -> None:
    made = till.booked(moment(10))
    payment_id = till.taken(made, 100)["payments_elsewhere"][0]["payment_id"]
    for note in ({"note": ""}, {"note": None}, {"why": "x"}):
        assert till.void(made, payment_id, **note)[0] == 422
    status, shown = till.void(made, payment_id, note="given back in cash")
    assert (status, shown["amount_due"], shown["amount_paid_elsewhere"]) == (200, 4500, 0)
    [payment] = shown["payments_elsewhere"]
    assert payment["voided"]["note"] == "given back in cash"
    status, problem = till.void(made, "pay_unknown")
    assert (status, problem["code"]) == (404, "payment_not_found")


# ------------------------------------------------------------------ nobody is asked twice


def test_an_open_session_for_it_is_closed_at_stripe(
    salon: Salon, till: CashDesk, at_stripe: StripeBeside
) -> None:
    made = opened(till, till.booked(moment(10)))
    till.taken(made, 4500)
    [order] = salon.stored(made).charge_orders
    assert (order.kind, order.session_id) == (EXPIRE_SESSION, session_id(made))
    carry_out(salon, made)
    assert at_stripe.session(made)["status"] == "expired"
    status, page = till.open(made)
    assert (status, "There is nothing more to pay" in text_of(page)) == (200, True)


def test_the_link_asks_for_the_rest_alone(
    salon: Salon, till: CashDesk, at_stripe: StripeBeside
) -> None:
    made = opened(till, till.booked(moment(10)))
    till.taken(made, 3000)
    carry_out(salon, made)
    again = opened(till, made)
    asked = at_stripe.opened()[-1]
    assert asked["line_items[0][price_data][unit_amount]"] == ["1500"]
    at_stripe.pay(again)
    salon.hear(again, at_stripe)
    shown = till.shown(made)
    assert (shown["amount_due"], shown["amount_captured"]) == (0, 1500)
    assert (shown["payment_status"], shown["refundable"]) == ("paid", 1500)
    assert shown["needs_action"] == []


def test_who_paid_at_stripe_just_before_has_paid_too_much_and_staff_see_it(
    salon: Salon, till: CashDesk, at_stripe: StripeBeside
) -> None:
    """Stripe decides: the session is complete, so it cannot be closed, and its money counts."""
    made = opened(till, till.booked(moment(10)))
    at_stripe.pay(made)
    till.taken(made, 4500)
    carry_out(salon, made)
    salon.hear(made, at_stripe)
    [order] = salon.stored(made).charge_orders
    assert order.status == "done"
    shown = till.shown(made)
    assert (shown["amount_captured"], shown["amount_overpaid"]) == (4500, 4500)
    [action] = shown["needs_action"]
    assert (action["kind"], action["proposed_refund"]) == ("overpaid", 4500)


def test_the_consent_page_asks_for_the_rest_alone(till: CashDesk) -> None:
    made = till.booked(moment(10), service_id="colour", terms="apply")
    till.taken(made, 600)
    shown = text_of(till.open(made)[1])
    for part in (
        "Price €120.00",
        "Paid to the business directly €6.00",
        "Due now €30.00",
        "Due at your visit €84.00",
        "Accept and pay €30.00",
    ):
        assert part in shown, shown


def test_a_booking_whose_terms_are_met_in_cash_is_confirmed_and_keeps_its_time(
    salon: Salon, till: CashDesk
) -> None:
    made = till.booked(moment(10), service_id="colour", terms="apply")
    shown = till.taken(made, 3600)
    assert (shown["status"], shown["amount_due"]) == ("confirmed", 8400)
    salon.release(24 * 60 + 1)
    assert till.shown(made)["status"] == "confirmed"
    assert not salon.is_free(moment(10))
    # Consent is still to be given, and until then nothing costs a fee.
    assert shown["terms"]["accepted_at"] is None
    assert till.shown(made)["cancellation_fee_now"] == 0
    assert "Accept and pay €84.00" in text_of(till.open(made)[1])


def test_the_widgets_client_sees_what_they_paid_at_the_desk(salon: Salon, till: CashDesk) -> None:
    made = salon.booked("cut", moment(10))
    till.taken(made, 4500)
    seen = salon.looked(made)
    assert (seen["status"], seen["amount_due"], seen["amount_paid"]) == ("confirmed", 0, 0)
    assert seen["amount_paid_elsewhere"] == 4500
    assert seen["checkout_url"] is None


# ------------------------------------------------------------------ the end of a visit


def test_a_visit_that_is_done_says_what_is_due_and_where_it_is_paid(till: CashDesk) -> None:
    made = till.booked(this_morning(), terms="none")
    done = till.end(made, "complete")
    assert (done["status"], done["amount_due"]) == ("completed", 4500)
    assert till.open(done)[0] == 303
    assert till.taken(made, 4500)["amount_due"] == 0
    again = till.end(made, "complete")
    assert (again["amount_due"], again["pay_url"]) == (0, None)


def test_a_fee_that_is_owed_is_paid_at_the_desk_and_its_link_asks_for_nothing(
    salon: Salon, till: CashDesk
) -> None:
    made = till.booked(moment(10, days=1), service_id="talk", terms="apply")
    till.accept(made)
    fee = till.shown(made)["cancellation_fee_now"]
    ended = till.end(made, "cancel", apply_fee=True)
    assert (ended["amount_due"], ended["fees"][0]["status"]) == (fee, "owed")
    shown = till.taken(made, fee)
    assert (shown["amount_due"], shown["fees"][0]["status"]) == (0, "paid_elsewhere")
    assert shown["needs_action"] == []
    assert till.open(made)[0] == 200
    [fee_id] = [each.fee_id for each in salon.stored(made).fees]
    before = salon.stored(made)
    assert salon.process_batch(made, fee_id=fee_id, reminders=0)
    assert salon.stored(made) == before


# ------------------------------------------------------------------ what is told


def test_the_bus_is_told_and_hears_no_note(till: CashDesk, table: TableInMoto) -> None:
    made = till.booked(moment(10))
    till.taken(made, 4500, method="voucher", note="from her sister")
    told = [body["detail"] for key, body in table.bodies().items() if "#outbox" in key[0]]
    [change] = [each for each in told if each.get("happened")]
    [happened] = change["happened"]
    assert {name: happened[name] for name in ("what", "amount", "method")} == {
        "what": "payment.recorded",
        "amount": 4500,
        "method": "voucher",
    }
    assert change["amount_paid_elsewhere"] == 4500
    assert change["payment_status"] == "unpaid"
    assert "sister" not in json.dumps(told)
