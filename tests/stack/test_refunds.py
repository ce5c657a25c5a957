"""Refunds on the running system: two clerks, a Stripe that fails, and a bank that changes its mind.

Every test ends with what Stripe itself has.
"""

from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from tests.stack.money_calls import Desk, Shown, Stripe, pause, stripe_of
from tests.stack.running_stack import Stack
from tests.stack.stripe_sender import fresh_id

pytestmark = pytest.mark.stack
REFUNDS = "/v1/refunds"


@pytest.fixture(scope="module")
def manager(stack: Stack) -> Desk:
    return Desk(stack.client("demo:manager"))


@pytest.fixture(scope="module")
def owner(stack: Stack) -> Desk:
    return Desk(stack.client("demo:owner"))


@pytest.fixture
def stripe(stack: Stack) -> Iterator[Stripe]:
    beside = stripe_of(stack)
    yield beside
    beside.forget_faults()


def is_refunded(amount: int) -> Any:
    """Whether so much went back and no more is asked for.

    Between charge.refunded and refund.created the same refund counts as both, never in the favour
    of what can be refunded.
    """
    return lambda booking: (
        (booking["amount_refunded"], booking["amount_refund_pending"]) == (amount, 0)
    )


def test_a_refund_of_a_part_reaches_stripe_and_comes_back_as_a_fact(
    manager: Desk, stripe: Stripe
) -> None:
    booking_id, charge = manager.paid(stripe)
    key = fresh_id("key")
    asked = manager.refund(booking_id, amount=1500, note="too short", key=key)
    again = manager.refund(booking_id, amount=1500, note="too short", key=key)
    other = manager.refund(booking_id, amount=1600, key=key)
    assert (asked.status_code, again.status_code) == (202, 202)
    assert asked.json() == again.json()
    assert asked.json()["status"] == "requested"
    assert (other.status_code, other.json()["code"]) == (409, "idempotency_key_reused")
    found = manager.wait(booking_id, is_refunded(1500), "refunded")
    [shown] = found["refunds"]
    assert shown["refund_id"] == asked.json()["refund_id"]
    assert shown["requested_by"] == "manager@demo.test"
    [made] = stripe.refunds(charge)
    assert made["metadata"]["refund_id"] == shown["refund_id"]
    assert set(made["metadata"]) == {"location_id", "booking_id", "refund_id"}


def test_of_ten_refunds_of_sixty_percent_one_is_promised(
    stack: Stack, manager: Desk, stripe: Stripe
) -> None:
    booking_id, charge = manager.paid(stripe)
    desks = [Desk(stack.client("demo:manager")) for _ in range(10)]
    with ThreadPoolExecutor(10) as at_once:
        answers = list(at_once.map(lambda desk: desk.refund(booking_id, amount=2700), desks))
    codes = Counter((each.status_code, each.json().get("code", "promised")) for each in answers)
    assert codes == {(202, "promised"): 1, (409, "amount_exceeds_refundable"): 9}
    manager.wait(booking_id, is_refunded(2700), "refunded")
    assert [each["amount"] for each in stripe.refunds(charge)] == [2700]


def test_two_clerks_who_refund_all_make_one_refund(
    manager: Desk, owner: Desk, stripe: Stripe
) -> None:
    """F1."""
    booking_id, charge = manager.paid(stripe)
    with ThreadPoolExecutor(2) as at_once:
        answers = list(at_once.map(lambda desk: desk.refund(booking_id), (manager, owner)))
    assert sorted(each.status_code for each in answers) == [202, 409]
    manager.wait(booking_id, is_refunded(4500), "refunded")
    pause(2)
    assert [each["amount"] for each in stripe.refunds(charge)] == [4500]


@pytest.mark.parametrize(
    ("status", "times", "after_effect"),
    [
        (500, 2, False),
        (429, 2, False),
        ("timeout", 1, False),
        ("reset", 2, False),
        (500, 1, True),
        ("reset", 1, True),
        ("timeout", 1, True),
    ],
)
def test_whatever_stripe_does_one_refund_comes_of_it(
    manager: Desk, stripe: Stripe, status: int | str, times: int, after_effect: bool
) -> None:
    """Before the work is done, and after."""
    booking_id, charge = manager.paid(stripe)
    stripe.fault(REFUNDS, status, times, after_effect=after_effect, method="POST")
    assert manager.refund(booking_id, amount=1000).status_code == 202
    found = manager.wait(booking_id, is_refunded(1000), "refunded")
    pause(1)
    assert [each["amount"] for each in stripe.refunds(charge)] == [1000]
    assert (found["amount_refund_pending"], found["refundable"]) == (0, 3500)


def test_refunded_in_the_dashboard_meanwhile_frees_what_was_reserved(
    manager: Desk, stripe: Stripe
) -> None:
    """Stripe refuses ours, staff are told in words, and the rest is known at once."""
    booking_id, charge = manager.paid(stripe)
    stripe.told("deliveries", mode="hold")
    stripe.refund(charge, 4000)
    assert manager.refund(booking_id, amount=1000).status_code == 202

    def is_refused(shown: Shown) -> bool:
        return any(each["status"] == "failed" for each in shown["refunds"])

    found = manager.wait(booking_id, is_refused, "refused")
    [refused] = [each for each in found["refunds"] if each["status"] == "failed"]
    assert "The refund exceeds" in refused["failure_reason"]
    assert found["amount_refund_pending"] == 0
    assert [each["kind"] for each in found["needs_action"]] == ["refund_refused"]
    # No webhook has told of it yet.
    assert (found["refundable"], found["payment_status"]) == (500, "partially_refunded")
    stripe.told("deliveries", release=True)
    found = manager.wait(booking_id, is_refunded(4000), "the dashboard's refund is known")
    assert [each["amount"] for each in stripe.refunds(charge)] == [4000]


def test_one_that_succeeded_and_then_failed_is_owed_to_the_client(
    manager: Desk, stripe: Stripe
) -> None:
    booking_id, _ = manager.paid(stripe)
    assert manager.refund(booking_id, amount=1000).status_code == 202
    found = manager.wait(booking_id, is_refunded(1000), "refunded")
    made = found["refunds"][0]["stripe_refund_id"]
    stripe.told(f"refunds/{made}/fail", failure_reason="lost_or_stolen_card")
    found = manager.wait(booking_id, is_refunded(0), "failed")
    assert found["refunds"][0]["status"] == "failed"
    [action] = found["needs_action"]
    assert action["kind"] == "refund_failed"
    assert "still owe it to the client" in action["advice"]
    assert found["refundable"] == 4500


def test_a_dispute_that_opens_while_a_refund_waits_ends_it(manager: Desk, stripe: Stripe) -> None:
    """Stripe says charge_disputed, and the reservation is gone."""
    booking_id, charge = manager.paid(stripe)
    stripe.fault(REFUNDS, 500, 2, method="POST")
    assert manager.refund(booking_id, amount=1000).status_code == 202
    stripe.told(f"charges/{charge}/dispute", reason="fraudulent", amount=None)
    found = manager.wait(
        booking_id,
        lambda b: b["refunds"] and b["refunds"][0]["status"] == "failed" and b["disputes"],
        "refused",
    )
    assert "disputed" in found["refunds"][0]["failure_reason"]
    assert (found["amount_refund_pending"], stripe.refunds(charge)) == (0, [])
    refused = manager.refund(booking_id, amount=1000)
    assert (refused.status_code, refused.json()["code"]) == (409, "charge_disputed")


def test_above_the_limit_a_second_person_approves(
    manager: Desk, owner: Desk, stripe: Stripe
) -> None:
    limits = {"refund_approval_above": {"manager": 2000}}
    changed = owner.api.patch("/v1/locations/demo", json=limits)
    assert changed.json()["refund_approval_above"] == {"owner": 0, "manager": 2000}
    try:
        booking_id, charge = manager.paid(stripe)
        asked = manager.refund(booking_id, amount=2001)
        assert (asked.status_code, asked.json()["approval"]) == (202, "awaiting_approval")
        path = manager.path(booking_id, f"/refunds/{asked.json()['refund_id']}/approve")
        own = manager.api.post(path)
        assert (own.status_code, own.json()["code"]) == (403, "own_refund")
        assert stripe.refunds(charge) == []
        assert owner.api.post(path).status_code == 200
        found = manager.wait(booking_id, is_refunded(2001), "refunded")
        said = {each["what"]: each.get("by") for each in found["timeline"]}
        assert said["refund.approval_requested"] == "manager@demo.test"
        assert said["refund.approved"] == "owner@demo.test"
    finally:
        nobody: dict[str, Any] = {"refund_approval_above": {}}
        assert owner.api.patch("/v1/locations/demo", json=nobody).status_code == 200


def test_finance_may_look_and_not_refund(stack: Stack, manager: Desk, stripe: Stripe) -> None:
    booking_id, _ = manager.paid(stripe)
    finance = Desk(stack.client("demo:finance"))
    assert finance.refund(booking_id).status_code == 403
    assert finance.read(booking_id)["refundable"] == 4500


def test_nothing_is_left_in_the_dead_letters(stack: Stack) -> None:
    outputs = stack.described["outputs"]
    for queue in ("RefundOrdersDeadQueueUrl", "ChargeOrdersDeadQueueUrl", "MailsDeadQueueUrl"):
        assert stack.messages_in(outputs[queue]) == 0, queue
