"""Refunds are made at Stripe once, whatever Stripe, the network and the queue do."""

import json
from types import SimpleNamespace
from typing import Any

import pytest

from functions.record_stripe_event import handler as record_function
from shared import environment
from shared.adapters.booking_store import BookingStore
from shared.adapters.stripe_api import StripeApi
from shared.domain.activity.needed_actions import booking_actions
from shared.domain.bookings.booking import Booking
from shared.domain.bookings.refund_order import STAFF, RefundOrder
from shared.domain.errors import AwsUnreachable
from shared.domain.refunds.approval import UNLIMITED
from shared.domain.refunds.refund_rules import RefundRequest, request_refund
from shared.entrypoints import queue_orders
from shared.workflows.stripe_accounts import StripeAccounts
from tests.builders import event, from_queue
from tests.fake_aws import FakeAws, are_about
from tests.surroundings.fixtures import TableInMoto
from tests.surroundings.salon import SECRET_KEY, Salon, StripeBeside

pytestmark = pytest.mark.enable_socket
REFUNDS = "/v1/refunds"
NOW_S, HOUR_S = 1_795_372_392, 3600


@pytest.fixture
def made(salon: Salon, at_stripe: StripeBeside, store: BookingStore) -> dict[str, Any]:
    """A booking that is paid, and 10.00 of it asked back."""
    booking = salon.booked()
    at_stripe.pay(booking)
    salon.hear(booking, at_stripe)
    refund_id = f"rf_{booking['booking_id']}"
    request = RefundRequest(refund_id, 1000, "clerk@x.de", NOW_S, STAFF, "duplicate", "note")
    store.change(
        "demo",
        booking["booking_id"],
        lambda known: request_refund(known, request, UNLIMITED),
    )
    at_stripe.sent.clear()
    return {**booking, "refund_id": refund_id}


def refunds(at_stripe: StripeBeside, booking: Booking) -> list[dict[str, Any]]:
    [charge] = booking.facts.charges
    params = {"charge": charge}
    answer = at_stripe.control.get(REFUNDS, auth=(SECRET_KEY, ""), params=params)
    return list(answer.json()["data"])


def order(booking: Booking) -> RefundOrder:
    [found] = booking.refund_orders
    return found


def run(salon: Salon, made: dict[str, Any], **when: Any) -> bool:
    return salon.process_batch(made, refund_id=made["refund_id"], **when)


def test_a_refund_is_made_with_our_ids_and_nothing_of_the_client(
    salon: Salon, made: dict[str, Any], at_stripe: StripeBeside
) -> None:
    assert run(salon, made)
    [refund] = refunds(at_stripe, salon.stored(made))
    assert (refund["amount"], refund["reason"]) == (1000, "duplicate")
    assert refund["metadata"] == {
        "location_id": "demo", "booking_id": made["booking_id"], "refund_id": made["refund_id"],
    }  # fmt: skip
    assert order(salon.stored(made)).stripe_refund_id == refund["id"]
    at_stripe.sent.clear()
    assert run(salon, made)
    assert at_stripe.sent == [], "done is done"


def test_what_stripe_answered_counts_before_any_webhook_came(
    salon: Salon, made: dict[str, Any]
) -> None:
    assert run(salon, made)
    summary = salon.stored(made).payments()
    assert (summary.amount_refunded, summary.amount_refund_pending) == (1000, 0)
    [shown] = summary.refunds
    assert (shown["refund_id"], shown["status"]) == (made["refund_id"], "succeeded")


def test_the_try_is_written_down_before_stripe_is_asked(
    salon: Salon, made: dict[str, Any], at_stripe: StripeBeside, monkeypatch: pytest.MonkeyPatch
) -> None:
    put = BookingStore.write

    def fails(*_: Any, **__: Any) -> None:
        raise AwsUnreachable("the table gave no answer")

    monkeypatch.setattr(BookingStore, "write", fails)
    assert not run(salon, made)
    assert at_stripe.sent == []
    monkeypatch.setattr(BookingStore, "write", put)
    assert run(salon, made)


def test_a_crash_after_the_post_repeats_it_under_the_same_key(
    salon: Salon, made: dict[str, Any], at_stripe: StripeBeside, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A6."""
    change, calls = BookingStore.write, []

    def dies_at_second(self: BookingStore, *arguments: Any, **more: Any) -> None:
        calls.append(1)
        if len(calls) == 2:
            raise AwsUnreachable("the function ended here")
        change(self, *arguments, **more)

    monkeypatch.setattr(BookingStore, "write", dies_at_second)
    assert not run(salon, made)
    assert order(salon.stored(made)).stripe_refund_id is None
    assert run(salon, made, attempt=2)
    assert len(refunds(at_stripe, salon.stored(made))) == 1


def be_impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let Stripe have one second for an answer."""
    defaults = StripeApi.__init__.__kwdefaults__
    assert defaults
    monkeypatch.setitem(defaults, "timeout_s", 1)


@pytest.mark.parametrize("status", [429, "timeout", "reset"])
def test_no_answer_puts_the_message_off_and_the_key_stays(
    salon: Salon, made: dict[str, Any], at_stripe: StripeBeside, aws: FakeAws, status: int | str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    """E8."""
    be_impatient(monkeypatch)
    at_stripe.fault(status, times=3, path=REFUNDS)
    assert [run(salon, made, attempt=attempt) for attempt in (1, 2, 3)] == [False] * 3
    assert are_about(aws.put_off, [5, 10, 20])
    assert run(salon, made, attempt=4)
    assert order(salon.stored(made)).generation == 1
    assert len(refunds(at_stripe, salon.stored(made))) == 1


@pytest.mark.parametrize("status", [500, "reset"])
def test_stripe_is_down_for_two_minutes_and_makes_one_refund_after(
    salon: Salon, made: dict[str, Any], at_stripe: StripeBeside, aws: FakeAws, status: int | str
) -> None:
    """The waits of the queue, added up."""
    at_stripe.fault(status, times=99, path=REFUNDS)
    attempt = 1
    while sum(aws.put_off) < 120:
        assert not run(salon, made, attempt=attempt)
        attempt += 1
    at_stripe.control.delete("/_sim/faults").raise_for_status()
    assert run(salon, made, attempt=attempt)
    assert len(refunds(at_stripe, salon.stored(made))) == 1
    summary = salon.stored(made).payments()
    assert (summary.amount_refunded, summary.amount_refund_pending) == (1000, 0)


@pytest.mark.parametrize("status", ["reset", "timeout"])
def test_a_connection_that_breaks_after_the_work_makes_no_second_refund(
    salon: Salon, made: dict[str, Any], at_stripe: StripeBeside, status: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    be_impatient(monkeypatch)
    at_stripe.fault(status, times=1, path=REFUNDS, after_effect=True)
    assert not run(salon, made)
    assert run(salon, made, attempt=2)
    assert len(refunds(at_stripe, salon.stored(made))) == 1


def test_a_saved_failure_after_the_work_is_looked_up(
    salon: Salon, made: dict[str, Any], at_stripe: StripeBeside
) -> None:
    at_stripe.fault(500, times=1, path=REFUNDS, after_effect=True)
    assert not run(salon, made)
    assert run(salon, made, attempt=2), "the replayed 500 leads to the list"
    [refund] = refunds(at_stripe, salon.stored(made))
    assert order(salon.stored(made)).stripe_refund_id == refund["id"]
    assert order(salon.stored(made)).generation == 1


def test_a_saved_failure_without_the_work_takes_the_next_key(
    salon: Salon, made: dict[str, Any], at_stripe: StripeBeside, monkeypatch: pytest.MonkeyPatch
) -> None:
    at_stripe.fault(500, times=1, path=REFUNDS, after_effect=True)
    assert not run(salon, made)
    listed = StripeApi.list_refunds
    monkeypatch.setattr(StripeApi, "list_refunds", lambda *_: [])
    assert not run(salon, made, attempt=2)
    assert order(salon.stored(made)).generation == 2
    monkeypatch.setattr(StripeApi, "list_refunds", listed)
    assert order(salon.stored(made)).idempotency_key == f"{made['refund_id']}-2"


@pytest.mark.parametrize(("hours", "listed"), [(19.7, 0), (20.1, 1)])
def test_past_twenty_hours_it_is_looked_for_before_it_is_asked_for(
    salon: Salon, made: dict[str, Any], at_stripe: StripeBeside, hours: float, listed: int
) -> None:
    """E10."""
    at_stripe.fault("reset", times=1, path=REFUNDS, after_effect=True)
    assert not run(salon, made)
    at_stripe.sent.clear()
    assert run(salon, made, later_s=hours * HOUR_S, attempt=30)
    asked = [method for method, path, _ in at_stripe.sent if path == REFUNDS]
    assert asked == (["get"] if listed else ["post"])
    assert len(refunds(at_stripe, salon.stored(made))) == 1


def test_past_twenty_hours_what_is_not_there_is_made_under_the_next_key(
    salon: Salon, made: dict[str, Any], at_stripe: StripeBeside
) -> None:
    at_stripe.fault("reset", times=1, path=REFUNDS)
    assert not run(salon, made)
    assert run(salon, made, later_s=21 * HOUR_S, attempt=30)
    assert order(salon.stored(made)).generation == 2
    assert len(refunds(at_stripe, salon.stored(made))) == 1


def test_a_refusal_is_final_frees_the_amount_and_is_told(
    salon: Salon, made: dict[str, Any], at_stripe: StripeBeside, table: TableInMoto
) -> None:
    """F3."""
    [charge] = salon.stored(made).facts.charges
    form = {"charge": charge, "amount": "4000"}
    at_stripe.control.post(REFUNDS, auth=(SECRET_KEY, ""), data=form).raise_for_status()
    assert run(salon, made)
    booking = salon.stored(made)
    assert (order(booking).status, booking.payments().amount_refund_pending) == ("refused", 0)
    [action] = booking_actions(booking)
    assert action.kind == "refund_refused"
    assert action.details["reason"].startswith("The refund exceeds")
    told = [
        each["what"]
        for body in table.bodies("outbox").values()
        for each in body["detail"].get("happened", [])
    ]
    assert "refund.refused" in told
    assert table.bodies("action")


def test_a_refusal_that_shows_that_stripe_knows_more_brings_it_in(
    salon: Salon, made: dict[str, Any], at_stripe: StripeBeside
) -> None:
    """Bug: the same sum was offered, and refused, again and again until a sync."""
    [charge] = salon.stored(made).facts.charges
    captured = salon.stored(made).payments().amount_captured
    form = {"charge": charge, "amount": str(captured - 400)}
    at_stripe.control.post(REFUNDS, auth=(SECRET_KEY, ""), data=form).raise_for_status()
    assert run(salon, made)
    summary = salon.stored(made).payments()
    assert (summary.amount_refunded, summary.refundable) == (captured - 400, 400)
    assert order(salon.stored(made)).status == "refused"


def test_so_does_one_that_shows_a_dispute(
    salon: Salon, made: dict[str, Any], at_stripe: StripeBeside
) -> None:
    [charge] = salon.stored(made).facts.charges
    at_stripe.control.post(f"/_sim/charges/{charge}/dispute", json={}).raise_for_status()
    assert run(salon, made)
    summary = salon.stored(made).payments()
    assert (summary.payment_status, summary.refundable) == ("disputed", 0)
    assert order(salon.stored(made)).refusal == "charge_disputed"


def test_what_cannot_be_read_then_leaves_the_refusal_as_it_is(
    salon: Salon, made: dict[str, Any], at_stripe: StripeBeside
) -> None:
    [charge] = salon.stored(made).facts.charges
    form = {"charge": charge, "amount": "4000"}
    at_stripe.control.post(REFUNDS, auth=(SECRET_KEY, ""), data=form).raise_for_status()
    at_stripe.fault(402, times=1, path="/v1/charges")
    assert run(salon, made)
    assert order(salon.stored(made)).status == "refused"


def test_a_key_that_stripe_does_not_take_is_shown_and_tried_again(
    salon: Salon, made: dict[str, Any], at_stripe: StripeBeside, aws: FakeAws
) -> None:
    """A rolled API key is no refusal of the refund."""
    good = aws.sealed.pop("api#demo")
    refunding_keys(salon)
    assert run(salon, made)
    booking = salon.stored(made)
    assert (order(booking).status, order(booking).is_stuck) == ("requested", True)
    assert [each.kind for each in booking_actions(booking)] == ["refund_stuck"]
    aws.sealed["api#demo"] = good
    refunding_keys(salon)
    assert run(salon, made, attempt=2)
    assert booking_actions(salon.stored(made)) == ()
    assert len(refunds(at_stripe, salon.stored(made))) == 1


def test_a_key_that_was_rolled_is_read_afresh_and_the_call_made_again(
    salon: Salon, made: dict[str, Any], at_stripe: StripeBeside, aws: FakeAws
) -> None:
    """Bug: a kept key that Stripe did not take any more was used for up to two minutes."""
    new = aws.sealed["api#demo"]
    aws.sealed["api#demo"] = json.dumps({"secret_key": "sk_test_revoked"})
    refunding_keys(salon)
    assert environment.get(StripeAccounts).api_keys.secret_key("demo") == "sk_test_revoked"
    aws.sealed["api#demo"] = new
    assert run(salon, made)
    assert len(refunds(at_stripe, salon.stored(made))) == 1


def test_a_key_that_stays_refused_is_asked_for_once_and_told_to_the_location(
    salon: Salon, made: dict[str, Any], aws: FakeAws, table: TableInMoto
) -> None:
    aws.sealed["api#demo"] = json.dumps({"secret_key": "sk_test_revoked"})
    refunding_keys(salon)
    assert run(salon, made)
    [told] = [body for body in table.bodies("action").values() if body["about"] == "stripe"]
    assert [action["kind"] for action in told["actions"]] == ["stripe_key_refused"]


def test_an_order_that_meets_a_refused_key_waits_for_the_key_and_not_for_the_dead_letters(
    salon: Salon, made: dict[str, Any], at_stripe: StripeBeside, aws: FakeAws, table: TableInMoto,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    """Bug: after a hundred tries, four days, a refund was among the dead letters for good."""
    good = aws.sealed["api#demo"]
    aws.sealed["api#demo"] = json.dumps({"secret_key": "sk_test_revoked"})
    refunding_keys(salon)
    monkeypatch.setattr(queue_orders, "time", SimpleNamespace(time=lambda: NOW_S))
    assert run(salon, made, attempt=99)
    assert run(salon, made, attempt=1)
    [waiting] = [
        body
        for (_, sk), body in table.bodies().items()
        if sk.startswith("delayed#") and body["detail_type"] == "refund_payment"
    ]
    assert 0 < waiting["due_s"] - NOW_S <= HOUR_S
    assert waiting["detail"]["refund_id"] == made["refund_id"]
    assert [each.kind for each in booking_actions(salon.stored(made))] == ["refund_stuck"]
    aws.sealed["api#demo"] = good
    refunding_keys(salon)
    assert run(salon, made)
    assert len(refunds(at_stripe, salon.stored(made))) == 1


def refunding_keys(_salon: Salon) -> None:
    environment.forget()


def test_after_ten_minutes_without_an_answer_staff_see_it(
    salon: Salon, made: dict[str, Any], at_stripe: StripeBeside
) -> None:
    at_stripe.fault(429, times=2, path=REFUNDS)
    assert not run(salon, made, attempt=7)
    assert not order(salon.stored(made)).is_stuck
    assert not run(salon, made, attempt=8)
    assert order(salon.stored(made)).is_stuck


def test_its_webhook_may_come_before_the_answer_is_written(
    salon: Salon, made: dict[str, Any], at_stripe: StripeBeside, context: Any
) -> None:
    at_stripe.fault("reset", times=1, path=REFUNDS, after_effect=True)
    assert not run(salon, made)
    [refund] = refunds(at_stripe, salon.stored(made))
    path = f"/v1/charges/{refund['charge']}"
    charge = at_stripe.control.get(path, auth=(SECRET_KEY, "")).raise_for_status().json()
    told = from_queue(event("charge.updated", charge), event("refund.created", refund))
    assert record_function.handler(told, context) == {"batchItemFailures": []}
    at_stripe.sent.clear()
    assert run(salon, made, attempt=2)
    assert at_stripe.sent == []
    summary = salon.stored(made).payments()
    assert (summary.amount_refunded, summary.amount_refund_pending) == (1000, 0)


def test_a_message_that_cannot_be_put_off_still_comes_again(
    salon: Salon, made: dict[str, Any], at_stripe: StripeBeside, aws: FakeAws
) -> None:
    at_stripe.fault(429, times=1, path=REFUNDS)
    aws.down.add("sqs")
    assert not run(salon, made)
    aws.down.clear()
    assert run(salon, made, attempt=2)


def test_an_order_that_is_not_there_is_let_go(
    salon: Salon, made: dict[str, Any], at_stripe: StripeBeside
) -> None:
    assert salon.process_batch(made, refund_id="rf_other")
    assert salon.process_batch({"booking_id": "bk_none"}, refund_id="rf_1")
    assert at_stripe.sent == []
