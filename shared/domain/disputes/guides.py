"""What decides a dispute, by the reason that the client's bank gives, for appointments. Pure.

A table by Stripe's reasons, in Stripe's names for evidence: which of our documents to submit as
which file, and what only the business has. Cards know hundreds of codes; Stripe has these.
https://docs.stripe.com/disputes/categories and https://docs.stripe.com/api/disputes/evidence_object
"""

from collections.abc import Mapping

from msgspec import Struct

# Stripe's names of the files of evidence that we can make, each of its own sections.
SERVICE_DOCUMENTATION = "service_documentation"
CUSTOMER_COMMUNICATION = "customer_communication"
CANCELLATION_POLICY = "cancellation_policy"
REFUND_POLICY = "refund_policy"
RECEIPT = "receipt"
EVERYTHING = "uncategorized_file"


class Guide(Struct, frozen=True):
    """How a reason is answered: what the client says, our files for it, and what is to be added.

    `claim` is a clause; `files` are Stripe's names, the weightiest first; `to_add` are sentences
    for staff, about what no booking system knows.
    """

    claim: str
    files: tuple[str, ...]
    to_add: tuple[str, ...]


_SIGNED = "Anything that the client signed at the visit (customer_signature)."
_WROTE = (
    "What the client wrote to you, by email, text message or chat: screenshots with the date"
    " (customer_communication takes one file: join them with ours)."
)
_PURCHASE = (
    "The address of the client's computer and the billing address, if Stripe has not filled them in"
    " (customer_purchase_ip, billing_address)."
)
_TWO_VISITS = (
    "If there were two visits: the other payment's charge and receipt (duplicate_charge_id,"
    " duplicate_charge_documentation)."
)

_NOT_RECEIVED = Guide(
    "the client says that the service was not provided",
    (SERVICE_DOCUMENTATION, CUSTOMER_COMMUNICATION, CANCELLATION_POLICY),
    ("Who of the staff was there, and anything that shows the client at the visit.",
     _SIGNED, _WROTE),
)  # fmt: skip
_UNACCEPTABLE = Guide(
    "the client says that the service was not what was described",
    (SERVICE_DOCUMENTATION, CUSTOMER_COMMUNICATION, REFUND_POLICY),
    ("What was done, and pictures of it if you have any.", _WROTE),
)
_NO_CREDIT = Guide(
    "the client says that a refund was due and was not made",
    (REFUND_POLICY, CUSTOMER_COMMUNICATION, SERVICE_DOCUMENTATION),
    ("If money was refunded in another way, proof of it.", _WROTE),
)
_CANCELED = Guide(
    "the client says that it was cancelled before the payment",
    (CANCELLATION_POLICY, CUSTOMER_COMMUNICATION, SERVICE_DOCUMENTATION),
    ("Any cancellation that the client sent to you directly, or that there was none.", _WROTE),
)
_DUPLICATE = Guide(
    "the client says that the same was paid twice",
    (RECEIPT, SERVICE_DOCUMENTATION),
    (
        "If it really was paid twice: accept the dispute; a refund is not possible any more.",
        _TWO_VISITS,
    ),
)
_FRAUD = Guide(
    "the cardholder says that somebody else used the card",
    (SERVICE_DOCUMENTATION, CUSTOMER_COMMUNICATION, RECEIPT),
    ("Earlier visits of the same client that were paid with the same card and not disputed.",
     _PURCHASE, _SIGNED, _WROTE),
)  # fmt: skip
_GENERAL = Guide(
    "the bank gives no reason of its own",
    (SERVICE_DOCUMENTATION, RECEIPT, CUSTOMER_COMMUNICATION, CANCELLATION_POLICY),
    ("Ask the client what is wrong: who withdraws a dispute has to tell the bank.", _WROTE),
)

GUIDES: Mapping[str, Guide] = {
    "product_not_received": _NOT_RECEIVED,
    "product_unacceptable": _UNACCEPTABLE,
    "credit_not_processed": _NO_CREDIT,
    "subscription_canceled": _CANCELED,
    "duplicate": _DUPLICATE,
    "fraudulent": _FRAUD,
    "debit_not_authorized": _FRAUD,
    "unrecognized": _FRAUD,
}


def guide_for(reason: str) -> Guide:
    """Return how to answer one of Stripe's reasons; the general guide for any other."""
    return GUIDES.get(reason, _GENERAL)
