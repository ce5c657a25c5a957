"""Why Stripe refused something, in words for staff: a table by Stripe's codes. Pure.

https://docs.stripe.com/error-codes
"""

REFUSALS = {
    "charge_already_refunded": "This payment had already been refunded in Stripe's Dashboard.",
    "charge_disputed": "The client has disputed this payment: their bank decides now.",
    "refund_disputed_payment": ("The client has disputed this payment: their bank decides now."),
    "charge_not_refundable": "This payment was never captured, so there is nothing to refund.",
    "invalid_amount": "The refund exceeds the remaining refundable amount.",
    "amount_too_large": "The refund exceeds the remaining refundable amount.",
    "parameter_invalid_integer": "The refund exceeds the remaining refundable amount.",
    "balance_insufficient": "The Stripe balance is too low. Try again after more payments.",
    "insufficient_funds": "The card had insufficient funds.",
    "resource_missing": "Stripe does not know this payment. Are the keys of another account saved?",
    "not_connected": "Stripe is not connected to this location.",
    "api_key_expired": "Stripe no longer accepts the key: save a new one.",
    "authentication_required": "The bank requires the client to confirm the payment.",
    "card_declined": "The bank declined the card.",
    "expired_card": "The card has expired.",
    "incorrect_cvc": "The bank declined the card.",
    "processing_error": "The bank could not process the card.",
    "amount_too_small": "The amount is too small for a card payment.",
    "charge_expired_for_capture": "The hold had expired, and the money was released.",
    "payment_intent_unexpected_state": "The payment had changed at Stripe in the meantime.",
    "payment_method_unactivated": "The saved card can no longer be used.",
    "payment_method_unexpected_state": "The saved card can no longer be used.",
}
# When a saved card was to be charged, the missing resource is the card or its customer.
SAVED_CARD_REFUSALS = {
    "resource_missing": (
        "The saved card is no longer at Stripe: the card or its customer was deleted there."
    ),
}
UNKNOWN = "Stripe refused it. See the payment in Stripe's Dashboard."


def refusal_text(code: str, *, of_saved_card: bool = False) -> str:
    """Return what one of Stripe's codes means, in a sentence or two."""
    special = SAVED_CARD_REFUSALS.get(code) if of_saved_card else None
    return special or REFUSALS.get(code, UNKNOWN)
