"""Stripe's objects to facts, for API versions 2017 to 2026: a function for each kind of object.

Only what an object says by itself is read here; `read_events` has what an event's name adds.
https://docs.stripe.com/api and https://docs.stripe.com/changelog
"""

from shared.domain.stripe_facts.charge_facts import ChargeFacts
from shared.domain.stripe_facts.dispute_facts import DisputeFacts, DisputeMovement, sighting
from shared.domain.stripe_facts.fraud_warning_facts import FraudWarning
from shared.domain.stripe_facts.intent_facts import IntentFacts, SetupFacts
from shared.domain.stripe_facts.json_reader import StripeJson
from shared.domain.stripe_facts.payout_facts import PayoutFacts
from shared.domain.stripe_facts.refund_facts import RefundFacts
from shared.domain.stripe_facts.session_facts import SessionFacts

# The categories of a dispute's own money, as its balance transactions all have type `adjustment`.
# https://docs.stripe.com/reports/reporting-categories
DISPUTED_MONEY = frozenset({"dispute", "dispute_reversal"})
_SUCCEEDED = frozenset({"succeeded", "paid"})


def named_bookings(source: StripeJson) -> frozenset[str]:
    """Return the booking that an object's metadata names beside a location, as ours does."""
    is_named = source.metadata("location_id") and source.metadata("booking_id")
    return frozenset({source.metadata("booking_id")} if is_named else ())


def read_charge(charge: StripeJson) -> ChargeFacts:
    """Return a charge's facts with the refunds that old API versions embed.

    Raises `UnreadableEvent` where an amount, the currency, a flag or an id is missing or malformed.
    """
    amount_minor = charge.required_amount("amount")
    captured_minor = charge.amount("amount_captured")
    refunded_minor = charge.amount("amount_refunded")
    captured = charge.flag("captured")
    status = charge.status()
    succeeded = status in _SUCCEEDED or (not status and charge.flag("paid") is True)
    holds = succeeded and captured is False
    card = charge.child("payment_method_details").child("card")
    source = charge.child("source")
    return ChargeFacts(
        amount_minor=amount_minor,
        currency=charge.required_currency(),
        reported_captured_minor=captured_minor,
        reported_refunded_minor=refunded_minor,
        pending=status == "pending",
        authorized=holds,
        succeeded=succeeded,
        captured=succeeded and captured is True,
        # A hold that is released in full shows as an uncaptured charge that is fully refunded.
        expired=holds and refunded_minor >= amount_minor > 0,
        failed=status == "failed",
        refunds={
            refund.required_id("id"): read_refund(refund) for refund in charge.objects("refunds")
        },
        balance_transaction=charge.id("balance_transaction"),
        payment_intent=charge.id("payment_intent"),
        card_brand=(card.text("brand") or source.text("brand")).lower(),
        card_last4=card.text("last4") or source.text("last4"),
        receipt_url=charge.address("receipt_url"),
        failure_code=charge.text("failure_code"),
        created_s=charge.instant("created"),
        capture_before_s=card.instant("capture_before"),
        livemode=charge.flag("livemode"),
        named_bookings=named_bookings(charge),
        location_id=charge.metadata("location_id"),
        purpose=charge.metadata("purpose"),
    )


def read_released_part(charge: StripeJson) -> ChargeFacts:
    """Return what a partial capture released of a hold, from a `charge.captured`, to be merged in.

    Nothing can be refunded before the capture, so what `amount_refunded` shows by then is the part
    of the hold that was not captured; some API versions report it so and embed a refund for it,
    some do not. It is never more than what was not captured: a charge that was read late may show
    real refunds.
    """
    amount_minor = charge.required_amount("amount")
    uncaptured_minor = max(0, amount_minor - charge.amount("amount_captured"))
    released_minor = min(charge.amount("amount_refunded"), uncaptured_minor)
    embedded = {
        refund.required_id("id"): refund.required_amount("amount")
        for refund in charge.objects("refunds")
    }
    is_release = 0 < sum(embedded.values()) <= released_minor
    return ChargeFacts(
        released_minor=released_minor,
        released_refund_ids=frozenset(embedded) if is_release else frozenset(),
    )


def read_refund(refund: StripeJson) -> RefundFacts:
    """Return a refund's facts; raises `UnreadableEvent` without an amount and a currency."""
    return RefundFacts(
        amount_minor=refund.required_amount("amount"),
        currency=refund.required_currency(),
        status=refund.status(),
        reason=refund.text("reason"),
        pending_reasons=frozenset(filter(None, [refund.text("pending_reason")])),
        failure_reason=refund.text("failure_reason"),
        refund_id=refund.metadata("refund_id"),
        reference=refund.child("destination_details").child("card").text("reference"),
        created_s=refund.instant("created"),
        balance_transaction=refund.id("balance_transaction"),
        failure_balance_transaction=refund.id("failure_balance_transaction"),
    )


def read_dispute(dispute: StripeJson, *, told_at_s: int = 0, asked_at_s: int = 0) -> DisputeFacts:
    """Return a dispute's facts with the balance transactions that it names.

    `told_at_s` is the time of the event that shows it, `asked_at_s` when it was asked for.

    Raises `UnreadableEvent` without an amount and a currency, or with a balance transaction whose
    sums are no ints.
    """
    due_by_s = dispute.child("evidence_details").instant("due_by")
    moved = [each for each in dispute.objects("balance_transactions") if _moves_money(each)]
    return DisputeFacts(
        amount_minor=dispute.required_amount("amount"),
        currency=dispute.required_currency(),
        sightings=sighting(
            dispute.status(),
            due_by_s=due_by_s or dispute.instant("evidence_due_by"),
            moved=len(moved),
            told_at_s=told_at_s,
            asked_at_s=asked_at_s,
        ),
        reason=dispute.text("reason"),
        created_s=dispute.instant("created"),
        movements={
            entry.required_id("id"): DisputeMovement(
                amount_minor=entry.required_signed_amount("amount"),
                fee_minor=entry.signed_amount("fee"),
                currency=entry.required_currency(),
            )
            for entry in moved
        },
    )


def _moves_money(entry: StripeJson) -> bool:
    # The category separates the disputed amount from fees; the sign gives the direction.
    category = entry.text("reporting_category")
    if category:
        return category in DISPUTED_MONEY
    return entry.text("type") in ("adjustment", "")


def read_fraud_warning(warning: StripeJson) -> FraudWarning:
    """Return an early fraud warning's facts."""
    return FraudWarning(
        fraud_type=warning.text("fraud_type"),
        created_s=warning.instant("created"),
        is_settled=warning.flag("actionable") is False,
    )


def read_session(session: StripeJson) -> SessionFacts:
    """Return a Checkout Session's facts; raises `UnreadableEvent` where an amount is malformed."""
    return SessionFacts(
        status=session.status(),
        payment_status=session.text("payment_status"),
        mode=session.text("mode"),
        payment_intent=session.id("payment_intent"),
        setup_intent=session.id("setup_intent"),
        amount_total_minor=session.amount("amount_total"),
        currency=session.currency(),
        customer=session.id("customer"),
        created_s=session.instant("created"),
        livemode=session.flag("livemode"),
        named_bookings=named_bookings(session),
        location_id=session.metadata("location_id"),
        purpose=session.metadata("purpose"),
    )


def read_intent(intent: StripeJson) -> IntentFacts:
    """Return a payment intent's facts; raises `UnreadableEvent` where an amount is malformed.

    Its charges are ids only: `latest_charge`, before 2022-11-15 the embedded list, and the charge
    of the last error.
    """
    error = intent.child("last_payment_error")
    named = [intent.id("latest_charge"), error.id("charge")]
    named += [charge.id("id") for charge in intent.objects("charges")]
    return IntentFacts(
        status=intent.status(),
        amount_minor=intent.amount("amount"),
        amount_capturable_minor=intent.amount("amount_capturable"),
        currency=intent.currency(),
        last_error_code=error.text("code"),
        charges=frozenset(filter(None, named)),
        customer=intent.id("customer"),
        payment_method=intent.id("payment_method"),
        created_s=intent.instant("created"),
        livemode=intent.flag("livemode"),
        named_bookings=named_bookings(intent),
        location_id=intent.metadata("location_id"),
        purpose=intent.metadata("purpose"),
    )


def read_setup(setup: StripeJson) -> SetupFacts:
    """Return a setup intent's facts."""
    return SetupFacts(
        status=setup.status(),
        last_error_code=setup.child("last_setup_error").text("code"),
        payment_method=setup.id("payment_method"),
        customer=setup.id("customer"),
        created_s=setup.instant("created"),
        livemode=setup.flag("livemode"),
        named_bookings=named_bookings(setup),
        location_id=setup.metadata("location_id"),
        purpose=setup.metadata("purpose"),
    )


def read_payout(payout: StripeJson) -> PayoutFacts:
    """Return a payout's facts; raises `UnreadableEvent` without an amount and a currency."""
    return PayoutFacts(
        status=payout.status(),
        amount_minor=payout.required_signed_amount("amount"),
        currency=payout.required_currency(),
        arrival_date_s=payout.instant("arrival_date"),
        created_s=payout.instant("created"),
        reconciliation_status=payout.text("reconciliation_status"),
        trace_id=payout.child("trace_id").text("value"),
        method=payout.text("method"),
        balance_transaction=payout.id("balance_transaction"),
        failure_balance_transaction=payout.id("failure_balance_transaction"),
        failure_code=payout.text("failure_code"),
        livemode=payout.flag("livemode"),
    )
