"""When a fetched Checkout Session can come to no payment any more."""

from typing import Any

import pytest

from shared.domain.stripe_facts.session_facts import has_failed

FAILED = {
    "status": "complete",
    "payment_status": "unpaid",
    "payment_intent": {"status": "requires_payment_method"},
}


@pytest.mark.parametrize(
    ("changed", "failed"),
    [
        ({}, True),
        ({"payment_intent": {"status": "canceled"}}, True),
        ({"payment_intent": {"status": "processing"}}, False),
        ({"payment_intent": "pi_1"}, False),
        ({"payment_intent": None}, False),
        ({"status": "open"}, False),
        ({"payment_status": "paid"}, False),
        ({"payment_status": "no_payment_required", "payment_intent": None}, False),
    ],
)
def test_a_delayed_payment_has_failed_once_its_bank_has_refused_it(
    changed: dict[str, Any], failed: bool
) -> None:
    assert has_failed({**FAILED, **changed}) == failed
