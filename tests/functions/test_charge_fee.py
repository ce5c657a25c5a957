"""Holds, saved cards and sessions are dealt with at Stripe once; what is refused becomes owed."""

from typing import Any

import pytest

from shared.adapters.needed_action_store import NeededActionStore
from shared.adapters.stripe_api import StripeApi
from shared.domain.activity.needed_actions import booking_actions
from shared.domain.bookings.booking import Booking
from shared.domain.bookings.charge_order import ChargeOrder
from tests.surroundings.fixtures import TableInMoto
from tests.surroundings.salon import (
    SECRET_KEY,
    Salon,
    StripeBeside,
    in_hours,
    session_id,
)

pytestmark = pytest.mark.enable_socket
INTENTS, HOUR_S = "/v1/payment_intents", 3600
FREE_ON_FILE, ALWAYS_3DS, DECLINED_LATER = (
    "4242424242424242",
    "4000002760003184",
    "4000000000000341",
)

PERM_MINUTES = 90


def ended(
    salon: Salon, at_stripe: StripeBeside, service: str, card: str = FREE_ON_FILE, hours: int = 30
) -> dict[str, Any]:
    """Book, pay or save a card, and let the client cancel; return the booking and its one order."""
    made = salon.booked(service, in_hours(hours, PERM_MINUTES), employee_id="nora")
    path = f"/_sim/checkout/{session_id(made)}/pay"
    answer = at_stripe.control.post(path, json={"card": card}).json()
    if answer["status"] == "requires_action":
        path = f"/_sim/checkout/{session_id(made)}/authenticate"
        at_stripe.control.post(path, json={"outcome": "complete"}).raise_for_status()
    salon.hear(made, at_stripe)
    status, shown = salon.cancel(made)
    assert (status, shown["status"]) == (200, "cancelled")
    [order] = salon.stored(made).charge_orders
    at_stripe.sent.clear()
    return {**made, "order_id": order.order_id}


def run(salon: Salon, made: dict[str, Any], **when: Any) -> bool:
    return salon.process_batch(made, order_id=made["order_id"], **when)


def order(booking: Booking) -> ChargeOrder:
    [found] = booking.charge_orders
    return found


def intent(at_stripe: StripeBeside, intent_id: str) -> dict[str, Any]:
    answer = at_stripe.control.get(f"{INTENTS}/{intent_id}", auth=(SECRET_KEY, ""))
    return dict(answer.raise_for_status().json())


def charges_of(at_stripe: StripeBeside, customer: str) -> list[int]:
    params = {"customer": customer}
    answer = at_stripe.control.get(INTENTS, auth=(SECRET_KEY, ""), params=params)
    return [each["amount_received"] for each in answer.json()["data"] if each["amount_received"]]


def test_a_part_of_a_hold_is_captured_and_the_rest_let_go(
    salon: Salon, at_stripe: StripeBeside
) -> None:
    made = ended(salon, at_stripe, "perm")
    assert run(salon, made)
    held = intent(at_stripe, order(salon.stored(made)).payment_intent)
    assert (held["status"], held["amount_received"]) == ("succeeded", 4500)
    assert order(salon.stored(made)).status == "done"
    at_stripe.sent.clear()
    assert run(salon, made)
    assert at_stripe.sent == []


def test_a_hold_without_a_fee_is_let_go(salon: Salon, at_stripe: StripeBeside) -> None:
    made = ended(salon, at_stripe, "perm", hours=60)
    assert order(salon.stored(made)).kind == "release"
    assert run(salon, made)
    assert intent(at_stripe, order(salon.stored(made)).payment_intent)["status"] == "canceled"


def test_a_hold_that_somebody_let_go_in_the_dashboard_is_owed(
    salon: Salon, at_stripe: StripeBeside
) -> None:
    made = ended(salon, at_stripe, "perm")
    path = f"{INTENTS}/{order(salon.stored(made)).payment_intent}/cancel"
    at_stripe.control.post(path, auth=(SECRET_KEY, "")).raise_for_status()
    assert run(salon, made)
    booking = salon.stored(made)
    assert (order(booking).status, booking.fee_owed_minor()) == ("refused", 4500)


def test_a_hold_that_was_captured_in_the_dashboard_is_done(
    salon: Salon, at_stripe: StripeBeside
) -> None:
    made = ended(salon, at_stripe, "perm")
    path = f"{INTENTS}/{order(salon.stored(made)).payment_intent}/capture"
    at_stripe.control.post(path, auth=(SECRET_KEY, "")).raise_for_status()
    assert run(salon, made)
    assert order(salon.stored(made)).status == "done"


def test_a_saved_card_is_charged_with_what_it_is_for(salon: Salon, at_stripe: StripeBeside) -> None:
    made = ended(salon, at_stripe, "trim")
    assert run(salon, made)
    done = order(salon.stored(made))
    paid = intent(at_stripe, done.payment_intent)
    assert (paid["status"], paid["amount_received"]) == ("succeeded", 1250)
    assert paid["metadata"] == {
        "location_id": "demo",
        "booking_id": made["booking_id"],
        "purpose": "cancellation_fee",
        "fee_id": salon.stored(made).fees[0].fee_id,
        "order_id": made["order_id"],
    }


@pytest.mark.parametrize(
    ("status", "after_effect"),
    [(429, False), ("reset", False), (500, False), ("reset", True), (500, True)],
)
def test_whatever_stripe_does_a_card_is_charged_once(
    salon: Salon, at_stripe: StripeBeside, status: int | str, after_effect: bool
) -> None:
    """F13."""
    made = ended(salon, at_stripe, "trim")
    at_stripe.fault(status, times=1, path=INTENTS, after_effect=after_effect, method="POST")
    for attempt in range(1, 4):
        run(salon, made, attempt=attempt)
    booking = salon.stored(made)
    assert (order(booking).status, charges_of(at_stripe, order(booking).customer)) == (
        "done", [1250],
    )  # fmt: skip


@pytest.mark.parametrize("is_there", [True, False])
def test_past_twenty_hours_a_charge_is_looked_for_first(
    salon: Salon, at_stripe: StripeBeside, is_there: bool
) -> None:
    """E10."""
    made = ended(salon, at_stripe, "trim")
    at_stripe.fault("reset", times=1, path=INTENTS, after_effect=is_there, method="POST")
    assert not run(salon, made)
    at_stripe.sent.clear()
    assert run(salon, made, later_s=21 * HOUR_S, attempt=30)
    booking = salon.stored(made)
    assert charges_of(at_stripe, order(booking).customer) == [1250]
    assert [method for method, _, _ in at_stripe.sent] == (["get"] if is_there else ["get", "post"])
    assert order(booking).generation == (1 if is_there else 2)


def test_a_charge_that_the_bank_still_thinks_about_is_neither_refused_nor_made_again(
    salon: Salon, at_stripe: StripeBeside
) -> None:
    """Bug: the client was sent a link for what was being taken from the card."""
    made = ended(salon, at_stripe, "trim")
    at_stripe.fault("reset", times=1, path=INTENTS, after_effect=True, method="POST")
    assert not run(salon, made)
    list_intents = StripeApi.list_intents

    def processing(api: StripeApi, customer: str) -> list[dict[str, Any]]:
        return [{**each, "status": "processing"} for each in list_intents(api, customer)]

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(StripeApi, "list_intents", processing)
        assert not run(salon, made, later_s=21 * HOUR_S, attempt=30)
    waiting = salon.stored(made)
    assert (order(waiting).status, waiting.amount_due_minor()) == ("requested", 0)

    assert run(salon, made, later_s=22 * HOUR_S, attempt=31)
    booking = salon.stored(made)
    assert order(booking).status == "done"
    assert charges_of(at_stripe, order(booking).customer) == [1250]


def test_a_customer_who_was_deleted_at_stripe_is_told_as_that(
    salon: Salon, at_stripe: StripeBeside
) -> None:
    """Bug: staff were asked whether the keys of another account were set."""
    made = ended(salon, at_stripe, "trim")
    path = f"/v1/customers/{order(salon.stored(made)).customer}"
    at_stripe.control.delete(path, auth=(SECRET_KEY, "")).raise_for_status()
    assert run(salon, made)
    [asked] = booking_actions(salon.stored(made))
    assert asked.kind == "fee_owed"
    assert asked.details["reason"].startswith("The saved card is no longer at Stripe")


@pytest.mark.parametrize(
    ("card", "code"),
    [(ALWAYS_3DS, "authentication_required"), (DECLINED_LATER, "card_declined")],
)
def test_a_card_that_is_refused_is_owed_and_the_client_gets_a_link(
    salon: Salon, at_stripe: StripeBeside, table: TableInMoto, card: str, code: str
) -> None:
    made = ended(salon, at_stripe, "trim", card)
    assert run(salon, made)
    booking = salon.stored(made)
    assert (order(booking).status, order(booking).refusal) == ("refused", code)
    assert booking.amount_due_minor() == 1250
    assert [each.kind for each in booking_actions(booking)] == ["fee_owed"]
    mails = [
        body["detail"]["kind"]
        for body in table.bodies("outbox").values()
        if body["detail_type"] == "send_mail"
    ]
    assert mails == ["fee_link"]
    assert any(sk.startswith("delayed#") for _, sk in table.bodies()), "the first reminder waits"


def test_a_look_reminds_twice_and_then_writes_off(salon: Salon, at_stripe: StripeBeside) -> None:
    made = ended(salon, at_stripe, "trim", DECLINED_LATER)
    assert run(salon, made)
    fee_id = salon.stored(made).fees[0].fee_id
    for reminders in (0, 0, 1, 2, 2):
        assert salon.process_batch(made, fee_id=fee_id, reminders=reminders)
    booking = salon.stored(made)
    assert booking.fee_state(booking.fees[0]).status == "written_off"
    said = [entry.what for entry in booking.journal]
    assert said[-3:] == ["fee.reminded", "fee.reminded", "fee.written_off"]


def test_a_look_at_a_hold_shows_it_to_staff(
    salon: Salon, at_stripe: StripeBeside, needed_actions: NeededActionStore
) -> None:
    made = salon.booked("perm", in_hours(60, PERM_MINUTES), employee_id="nora")
    at_stripe.pay(made)
    salon.hear(made, at_stripe)
    [charge] = salon.stored(made).facts.charges
    assert salon.process_batch(made, charge=charge)
    [listed] = needed_actions.list_needed_actions("demo", 10)
    assert [each["kind"] for each in listed["actions"]] == ["hold_lapses"]


def test_a_session_that_is_still_open_is_closed_and_its_slot_is_free(
    salon: Salon, at_stripe: StripeBeside
) -> None:
    made = salon.booked()
    assert not salon.is_free()
    assert salon.cancel(made)[0] == 200
    assert salon.is_free()
    made = {**made, "order_id": order(salon.stored(made)).order_id}
    assert run(salon, made)
    assert at_stripe.session(made)["status"] == "expired"


def test_a_session_that_was_paid_meanwhile_is_no_failure(
    salon: Salon, at_stripe: StripeBeside
) -> None:
    made = salon.booked()
    at_stripe.pay(made)
    assert salon.cancel(made)[0] == 200
    assert run(salon, {**made, "order_id": order(salon.stored(made)).order_id})
    assert order(salon.stored(made)).status == "done"


def test_what_does_not_move_is_shown_after_ten_minutes(
    salon: Salon, at_stripe: StripeBeside
) -> None:
    made = ended(salon, at_stripe, "trim")
    at_stripe.fault(429, times=1, path=INTENTS, method="POST")
    assert not run(salon, made, attempt=8)
    assert [each.kind for each in booking_actions(salon.stored(made))] == ["charge_stuck"]
    assert run(salon, made, attempt=9)
    assert booking_actions(salon.stored(made)) == ()


def test_all_refunds_of_a_charge_are_listed_page_by_page(
    at_stripe: StripeBeside, salon: Salon, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = salon.booked()
    at_stripe.pay(made)
    salon.hear(made, at_stripe)
    [charge] = salon.stored(made).facts.charges
    monkeypatch.setattr("shared.adapters.stripe_api.LIST_PAGE", 2)
    stripe = StripeApi(SECRET_KEY, at_stripe.url)
    ids = {
        stripe.create_refund(
            charge_id=charge,
            amount_minor=10 + number,
            reason="",
            metadata={},
            idempotency_key=f"{made['booking_id']}-{number}",
        )["id"]
        for number in range(5)
    }
    assert {each["id"] for each in stripe.list_refunds(charge)} == ids
