"""Why Stripe refused something, in words for staff: a table by Stripe's codes. Pure.

https://docs.stripe.com/error-codes
"""

REFUSALS = {
    "charge_already_refunded": "All of this payment had gone back already, at Stripe's own pages.",
    "charge_disputed": "The client disputed this payment with the bank: the bank decides now.",
    "refund_disputed_payment": (
        "The client disputed this payment with the bank: the bank decides now."
    ),
    "charge_not_refundable": "This payment was not taken, so that nothing can go back.",
    "invalid_amount": "Less is left of this payment than was to go back.",
    "amount_too_large": "Less is left of this payment than was to go back.",
    "parameter_invalid_integer": "Less is left of this payment than was to go back.",
    "balance_insufficient": "The Stripe balance does not cover it. Try again after more came in.",
    "insufficient_funds": "There was not enough money on the card.",
    "resource_missing": "Stripe does not know this payment: are the keys of another account set?",
    "not_connected": "Stripe is not connected to this location.",
    "api_key_expired": "Stripe does not take the key any more: save a new one.",
    "authentication_required": "The bank wants the client to confirm the payment themselves.",
    "card_declined": "The bank declined the card.",
    "expired_card": "The card has expired.",
    "incorrect_cvc": "The bank declined the card.",
    "processing_error": "The bank could not be reached for this card.",
    "amount_too_small": "The sum is too small for a card payment.",
    "charge_expired_for_capture": "The hold had lapsed, and the money was free again.",
    "payment_intent_unexpected_state": "The payment had changed at Stripe meanwhile.",
    "payment_method_unactivated": "The saved card cannot be used any more.",
    "payment_method_unexpected_state": "The saved card cannot be used any more.",
}
# When a saved card was to be charged, the missing resource is the card or its customer.
SAVED_CARD_REFUSALS = {
    "resource_missing": (
        "The saved card is not at Stripe any more: its customer was deleted there, or the card was "
        "taken away."
    ),
}
UNKNOWN = "Stripe refused it. Look at the payment in Stripe's dashboard."


def refusal_text(code: str, *, of_saved_card: bool = False) -> str:
    """Return what one of Stripe's codes means, in a sentence or two."""
    special = SAVED_CARD_REFUSALS.get(code) if of_saved_card else None
    return special or REFUSALS.get(code, UNKNOWN)
