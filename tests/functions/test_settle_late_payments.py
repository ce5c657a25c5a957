"""A booking that was paid after its slot was given away: what the queue's function makes of it."""

import json
import time
from collections.abc import Callable
from copy import replace
from typing import Any

import pytest

from functions.record_stripe_event import handler as record_function
from functions.settle_late_payments import handler as settle_function
from shared import environment
from shared.adapters.booking_store import BookingStore
from shared.adapters.bookings_table import Key, Put
from shared.adapters.catalogue_store import CatalogueStore
from shared.adapters.needed_action_store import NeededActionStore
from shared.domain.activity.staff_view import staff_view
from shared.domain.bookings.booking import Booking
from shared.domain.bookings.refund_order import REQUESTED, STAFF, RefundOrder
from shared.domain.calendar.absences import Absence
from shared.domain.calendar.intervals import Interval
from shared.domain.errors import AwsUnreachable, WriteConflict
from shared.domain.refunds.refund_answers import made_order
from shared.domain.stripe_facts.charge_facts import ChargeFacts
from shared.domain.stripe_facts.payment_facts import Facts, merge
from shared.domain.visits.order_charges import saved_card
from shared.workflows.bookings import settle_late_payment as settling
from shared.workflows.ledger.heal import Healing
from shared.workflows.stripe_accounts import StripeAccounts
from shared.workflows.stripe_orders.ordered import Ordered
from shared.workflows.stripe_orders.refund_at_stripe import RefundAtStripe
from tests.builders import charge, event, from_queue, messages
from tests.functions.test_release_unpaid_slots import events_of
from tests.messages import order_envelope
from tests.surroundings.fixtures import TableInMoto
from tests.surroundings.kept import before_write, keep
from tests.surroundings.salon import (
    SECRET_KEY,
    Salon,
    StripeBeside,
    moment,
)

pytestmark = pytest.mark.enable_socket


@pytest.fixture
def late(salon: Salon, context: Any) -> Callable[..., dict[str, Any]]:
    """Make a booking whose slot lapsed, and then its charge came."""
    numbers = iter(range(970, 999))

    def make(starts_at: str = "", **changed: Any) -> dict[str, Any]:
        made = salon.booked(starts_at=starts_at)
        salon.release()
        of_ours = {"location_id": "demo", "booking_id": made["booking_id"]}
        fields = {"amount": 4500, "amount_captured": 4500, "metadata": of_ours, **changed}
        paid = charge(next(numbers), **fields)
        record_function.handler(from_queue(event("charge.succeeded", paid)), context)
        return made

    return make


def settle(table: TableInMoto, context: Any) -> Any:
    """Hand over what waits for it in the outbox, as the bus and the queue would."""
    return settle_function.handler(messages(*orders(table)), context)


def orders(table: TableInMoto) -> list[str]:
    waiting = [body for (pk, _), body in table.bodies("outbox").items() if "#outbox#" in pk]
    return [
        json.dumps({"detail-type": each["detail_type"], "detail": each["detail"]})
        for each in waiting
        if each["detail_type"] == "settle_late_payment"
    ]


def causes(booking: Booking) -> list[tuple[str, str]]:
    """Return what of a timeline follows from an event, each with the event's type."""
    timeline = staff_view(booking)["timeline"]
    types = {each["event_id"]: each["what"] for each in timeline if "event_id" in each}
    return [(each["what"], types[each["caused_by"]]) for each in timeline if "caused_by" in each]


def told(table: TableInMoto, made: dict[str, Any]) -> list[str]:
    """Return what happened to a booking, by all of its messages in their order."""
    details = [
        body["detail"]
        for body in table.bodies("outbox").values()
        if body["detail"]["booking_id"] == made["booking_id"]
        and body["detail_type"] == "booking.changed"
    ]
    ordered = sorted(details, key=lambda each: each["sequence"])
    return [each["what"] for detail in ordered for each in detail["happened"]]


def test_a_free_slot_is_taken_again_and_the_booking_is_confirmed(
    salon: Salon, late: Callable[..., dict[str, Any]], table: TableInMoto,
    needed_actions: NeededActionStore, context: Any, capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    made = late()
    assert len(orders(table)) == 1
    assert salon.is_free()

    assert settle(table, context) == {"batchItemFailures": []}
    assert '"LatePaymentTakenAgain":[1.0]' in capsys.readouterr().out

    shown = salon.looked(made)
    assert (shown["status"], shown["payment_status"]) == ("confirmed", "paid")
    assert not salon.is_free()
    assert told(table, made)[-1] == "booking.confirmed"
    assert salon.stored(made).refund_orders == ()
    assert needed_actions.list_needed_actions("demo", 10) == []
    assert causes(salon.whole(made)) == [("booking.slot_taken_again", "charge.succeeded")]


@pytest.mark.parametrize("employee_id", ["anna", None])
def test_time_that_is_off_by_now_is_not_taken_again(
    salon: Salon, late: Callable[..., dict[str, Any]], table: TableInMoto, context: Any,
    employee_id: str | None,
) -> None:  # fmt: skip
    made = late()
    start_s = salon.stored(made).starts_at_s
    assert start_s
    away = Absence("holiday", Interval(start_s - 3600, start_s + 1))
    audit = Put(Key("audit", "one"), {}, 0)
    catalogue = environment.get(CatalogueStore)
    catalogue.change_absences("demo", employee_id, lambda known: known.put(away, start_s), audit)

    settle(table, context)

    stored = salon.stored(made)
    assert [each.cause for each in stored.refund_orders] == ["paid_late"]
    assert told(table, made)[-2:] == ["booking.slot_lost", "refund.requested"]


def test_a_slot_that_somebody_else_has_sends_the_money_back(
    salon: Salon, late: Callable[..., dict[str, Any]], table: TableInMoto,
    needed_actions: NeededActionStore, context: Any,
) -> None:  # fmt: skip
    made = late()
    other = salon.booked()

    settle(table, context)

    stored = salon.stored(made)
    [order] = stored.refund_orders
    assert (stored.status, order.amount_minor, order.cause) == ("expired", 4500, "paid_late")
    assert told(table, made)[-2:] == ["booking.slot_lost", "refund.requested"]
    assert "refund_payment" in {each["detail_type"] for each in table.bodies("outbox").values()}
    assert needed_actions.list_needed_actions("demo", 10) == []
    assert salon.looked(other)["status"] == "awaiting_payment"
    assert not salon.is_free()
    assert causes(salon.whole(made)) == [("booking.slot_lost", "charge.succeeded")]


def test_the_losers_money_is_back_at_stripe_and_the_winners_is_not(
    salon: Salon, at_stripe: StripeBeside, store: BookingStore, table: TableInMoto,
    context: Any,
) -> None:  # fmt: skip
    """From the widget's call to the refund, with Stripe's own objects all the way."""
    loser = salon.booked()
    found = store.get_booking("demo", loser["booking_id"])
    assert found
    assert found.booking.checkout
    # A crash between Stripe's answer and its write: nobody here knows of the session.
    unknown = replace(found.booking.checkout, session_id="", url="")
    keep(store, found.booking.with_checkout(unknown), version=found.version)
    salon.release()
    winner = salon.booked()
    for made in (loser, winner):
        at_stripe.pay(made)
        record_function.handler(from_queue(*events_of(at_stripe, made)), context)

    settle(table, context)
    [order] = salon.stored(loser).refund_orders
    ordered = Ordered("demo", loser["booking_id"], attempt=1)
    accounts, healing = environment.get(StripeAccounts), environment.get(Healing)
    refund = RefundAtStripe(
        ordered, order.refund_id, store, accounts, int(time.time()), healing=healing
    )
    assert refund.run() == "done"

    refunds = at_stripe.control.get("/v1/refunds", auth=(SECRET_KEY, "")).json()["data"]
    of_ours = [each for each in refunds if each["charge"] == order.charge_id]
    assert [(each["amount"], each["metadata"]["refund_id"]) for each in of_ours] == [
        (4500, order.refund_id)
    ]
    assert salon.looked(winner)["status"] == "confirmed"
    assert {each["charge"] for each in refunds}.isdisjoint(salon.stored(winner).facts.charges)


def test_a_slot_of_which_a_part_is_taken_is_lost(
    salon: Salon, late: Callable[..., dict[str, Any]], table: TableInMoto, context: Any
) -> None:
    made = late()
    salon.booked("talk", moment(10, 45))
    settle(table, context)
    assert salon.stored(made).refund_orders


def test_a_hold_that_came_too_late_is_let_go(
    salon: Salon, late: Callable[..., dict[str, Any]], table: TableInMoto, context: Any
) -> None:
    made = late(captured=False, amount_captured=0)
    salon.booked()

    settle(table, context)

    stored = salon.stored(made)
    assert ([each.kind for each in stored.charge_orders], stored.refund_orders) == (["release"], ())
    assert told(table, made)[-1] == "booking.slot_lost"


@pytest.fixture
def card_late(
    salon: Salon, at_stripe: StripeBeside, store: BookingStore, context: Any
) -> dict[str, Any]:
    """A booking whose card was saved after its slot had lapsed, with all of Stripe's own events."""
    made = salon.booked("trim")
    found = store.get_booking("demo", made["booking_id"])
    assert found
    assert found.booking.checkout
    unknown = replace(found.booking.checkout, session_id="", url="")
    keep(store, found.booking.with_checkout(unknown), version=found.version)
    salon.release()
    at_stripe.pay(made)
    session = at_stripe.session(made)
    path = f"/v1/setup_intents/{session['setup_intent']}"
    setup = at_stripe.control.get(path, auth=(SECRET_KEY, "")).raise_for_status().json()
    for what, about in (
        ("setup_intent.succeeded", setup),
        ("checkout.session.completed", session),
    ):
        record_function.handler(from_queue(event(what, about)), context)
    return made


def test_a_card_that_was_saved_too_late_has_its_free_slot_again(
    salon: Salon, card_late: dict[str, Any], table: TableInMoto, context: Any
) -> None:
    assert len(orders(table)) == 1
    assert salon.is_free(service_id="trim")

    for _ in range(2):
        assert settle(table, context) == {"batchItemFailures": []}

    shown = salon.looked(card_late)
    assert (shown["status"], shown["payment_status"]) == ("confirmed", "card_saved")
    assert not salon.is_free(service_id="trim")
    assert told(table, card_late) == ["booking.expired", "booking.confirmed"]
    assert saved_card(salon.stored(card_late)) is not None, "a fee can be taken from it"


def test_who_saved_a_card_too_late_for_a_slot_that_is_gone_is_told_once(
    salon: Salon, card_late: dict[str, Any], table: TableInMoto, context: Any
) -> None:
    other = salon.booked("trim")

    for _ in range(2):
        assert settle(table, context) == {"batchItemFailures": []}

    stored = salon.stored(card_late)
    assert (stored.status, stored.refund_orders, stored.charge_orders) == ("expired", (), ())
    assert told(table, card_late) == ["booking.expired", "booking.slot_lost"]
    assert salon.looked(other)["status"] == "awaiting_payment"


def test_the_same_message_again_changes_nothing(
    salon: Salon, late: Callable[..., dict[str, Any]], table: TableInMoto, context: Any
) -> None:
    free, taken = late(), late(moment(12))
    salon.booked(starts_at=moment(12))
    settle(table, context)
    before = table.bodies()

    for _ in range(3):
        settle(table, context)

    assert table.bodies() == before
    assert salon.looked(free)["status"] == "confirmed"
    assert len(salon.stored(taken).refund_orders) == 1


@pytest.mark.parametrize("written", ["before", "after"], ids=["crashed before", "crashed after"])
def test_a_crash_around_the_write_settles_once(
    salon: Salon,
    late: Callable[..., dict[str, Any]],
    table: TableInMoto,
    context: Any,
    written: str,
) -> None:
    made = late()
    retake = BookingStore.write

    def crash(*wanted: Any, **named: Any) -> None:
        if written == "after":
            retake(*wanted, **named)
        raise AwsUnreachable("the table gave no answer")

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(BookingStore, "write", crash)
        answer = settle(table, context)
    assert answer == {"batchItemFailures": [{"itemIdentifier": "message-0"}]}

    assert settle(table, context) == {"batchItemFailures": []}

    stored = salon.stored(made)
    assert (stored.status, stored.refund_orders) == ("confirmed", ())
    assert [each.what for each in stored.journal].count("booking.slot_taken_again") == 1


def test_a_buyer_in_between_gets_the_slot_and_the_late_one_the_money(
    salon: Salon,
    late: Callable[..., dict[str, Any]],
    table: TableInMoto,
    context: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The day was read while it was free, and is written on the condition that it still is."""
    made = late()
    buyers = before_write(monkeypatch, "confirmed", lambda _: salon.booked())
    settle(table, context)

    assert salon.stored(buyers[0]).status == "awaiting_payment"
    stored = salon.stored(made)
    assert (stored.status, len(stored.refund_orders)) == ("expired", 1)


def test_of_several_who_paid_late_for_one_slot_one_has_it(
    salon: Salon, late: Callable[..., dict[str, Any]], table: TableInMoto, context: Any
) -> None:
    everybody = [late() for _ in range(4)]

    settle(table, context)

    found = [salon.stored(made) for made in everybody]
    assert sorted(each.status for each in found) == ["confirmed"] + ["expired"] * 3
    for each in found:
        assert (each.status == "confirmed") is (each.refund_orders == ())


def test_another_event_between_read_and_write_is_kept(
    salon: Salon,
    late: Callable[..., dict[str, Any]],
    table: TableInMoto,
    context: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    made = late()
    salon.booked()
    [charge_id] = salon.stored(made).facts.charges

    def send_back(_: str) -> None:
        of_ours = {"location_id": "demo", "booking_id": made["booking_id"]}
        back = charge(
            int(charge_id[3:]), amount=4500, amount_captured=4500, amount_refunded=4500,
            refunded=True, metadata=of_ours,
        )  # fmt: skip
        record_function.handler(from_queue(event("charge.refunded", back)), context)

    before_write(monkeypatch, "expired", send_back)
    settle(table, context)

    stored = salon.stored(made)
    assert stored.refund_orders == (), "staff had sent it back meanwhile"
    assert stored.payments().payment_status == "refunded"


def test_nothing_goes_back_until_a_refund_is_told_whole(
    salon: Salon,
    late: Callable[..., dict[str, Any]],
    store: BookingStore,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Stripe tells the sum of the staff's refund first: it would count twice, and too little go."""
    made = late()
    salon.booked()
    booking_id = made["booking_id"]
    [charge_id] = salon.stored(made).facts.charges
    by_staff = RefundOrder("rf_1", charge_id, 1000, 1, "ada@x", STAFF, REQUESTED, tried_at_s=1)

    def half_tell(booking: Booking) -> Booking:
        told = Facts(charges={charge_id: ChargeFacts(reported_refunded_minor=1000)})
        return replace(booking, facts=merge(booking.facts, told), refund_orders=(by_staff,))

    def answer(_wait_s: float) -> None:
        refund = {"id": "re_1", "amount": 1000, "currency": "eur", "status": "pending"}
        told = {**refund, "metadata": {"refund_id": "rf_1"}}
        store.change("demo", booking_id, lambda each: made_order(each, "rf_1", told))

    store.change("demo", booking_id, half_tell)
    monkeypatch.setattr("shared.adapters.retry_write.time.sleep", answer)
    end = settling.settle(
        "demo", booking_id, store, environment.get(CatalogueStore), int(time.time())
    )
    assert end is settling.End.GIVEN_BACK

    orders_of = [each.amount_minor for each in salon.stored(made).refund_orders]
    assert orders_of == [1000, 3500]


def test_who_always_loses_comes_again(
    salon: Salon, late: Callable[..., dict[str, Any]], table: TableInMoto, context: Any
) -> None:
    def lose(*_: object, **__: object) -> None:
        raise WriteConflict("somebody wrote")

    made = late()
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(BookingStore, "write", lose)
        assert len(settle(table, context)["batchItemFailures"]) == 1
    assert salon.stored(made).status == "expired"
    assert settle(table, context) == {"batchItemFailures": []}


def test_one_broken_message_does_not_hold_up_the_others(
    salon: Salon, late: Callable[..., dict[str, Any]], table: TableInMoto, context: Any
) -> None:
    made = late()
    answer = settle_function.handler(messages("no json", *orders(table)), context)
    assert answer == {"batchItemFailures": [{"itemIdentifier": "message-0"}]}
    assert salon.looked(made)["status"] == "confirmed"


def test_a_booking_that_is_not_there_is_nothing_to_settle(table: TableInMoto, context: Any) -> None:
    before = table.bodies()
    body = json.dumps(order_envelope("settle_late_payment", booking_id="bk_nobody"))
    assert settle_function.handler(messages(body), context) == {"batchItemFailures": []}
    assert table.bodies() == before
