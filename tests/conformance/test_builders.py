"""What the tests' builders make has the form of Stripe's events, as far as it goes.

A builder gives what its readers read, and Stripe far more: what is there has to be right.
"""

from collections.abc import Iterator
from typing import Any

import pytest

from tests import builders
from tests.conformance.library_classes import LibraryClasses
from tests.domain.builders import Payment, intent_event, payout_event, session_event, setup_event
from tests.stack.stripe_sender import charge_succeeded

type Body = dict[str, Any]


def payment_events() -> Iterator[Body]:
    """Everything that the domain's model of a payment can tell."""
    for embeds in (False, True):
        paid = Payment(embeds_refunds=embeds)
        paid.pay()
        paid.settle()
        paid.update_refund(paid.refund(100, ours="re_ours"), "failed", "refund.failed")
        paid.refund(200, types="refund.created,charge.refund.updated")
        dispute = paid.dispute()
        paid.withdraw(dispute)
        paid.rule(dispute, "under_review")
        paid.reinstate(dispute)
        paid.close(dispute, "won")
        paid.close(paid.dispute(inquiry=True), "warning_closed")
        held = Payment(embeds_refunds=embeds, reports_release=True)
        held.wait()
        held.authorise()
        held.capture(6000)
        held.touch()
        lapsed, declined = Payment(), Payment()
        lapsed.lapse()
        declined.decline()
        for payment in (paid, held, lapsed, declined):
            yield from payment.events


def single_events() -> Iterator[Body]:
    """One event of each of the other builders."""
    yield builders.event("charge.succeeded", builders.charge())
    yield builders.event("refund.created", builders.refund())
    yield charge_succeeded("bk_1", 4900)
    for mode in ("payment", "setup"):
        yield session_event("checkout.session.completed", status="complete", mode=mode)
    yield intent_event("payment_intent.succeeded", status="succeeded")
    yield intent_event(
        "payment_intent.payment_failed", status="requires_action", error="expired_card"
    )
    yield setup_event("setup_intent.succeeded", status="succeeded")
    yield payout_event("payout.paid", status="paid")


@pytest.mark.parametrize("made", [payment_events, single_events])
def test_what_a_builder_makes_is_right_as_far_as_it_goes(made: Any) -> None:
    checker = LibraryClasses(whole=False)
    for event in made():
        checker.check(event)
    assert checker.checked["event"] > 5
