"""Stripe's test cards and what each of them does (docs.stripe.com/testing).

A number is read once, turned into a `Card` and forgotten: objects and logs carry only the brand,
the last four digits and a fingerprint.
"""

import re
from dataclasses import dataclass
from typing import Literal

from infra.local.stripe_simulator.clock import Clock
from infra.local.stripe_simulator.errors import StripeError
from infra.local.stripe_simulator.ids import Ids

_MONTHS = 12
_SECONDS_PER_YEAR = 31_556_952
_FIRST_YEAR = 1970
_CENTURY = 100


@dataclass(frozen=True)
class Decline:
    """Why a card is refused: the error's code, the bank's decline code and the text shown.

    `blocked` is a refusal by Stripe's Radar, which never asks the bank.
    """

    code: str
    decline_code: str
    message: str
    param: str | None = None
    blocked: bool = False


GENERIC = Decline("card_declined", "generic_decline", "Your card was declined.")
NO_FUNDS = Decline("card_declined", "insufficient_funds", "Your card has insufficient funds.")
LOST = Decline("card_declined", "lost_card", "Your card was declined.")
STOLEN = Decline("card_declined", "stolen_card", "Your card was declined.")
VELOCITY = Decline(
    "card_declined",
    "card_velocity_exceeded",
    "Your card was declined for making repeated attempts too frequently "
    "or exceeding its amount limit.",
)
EXPIRED = Decline("expired_card", "expired_card", "Your card has expired.", "exp_month")
WRONG_CVC = Decline(
    "incorrect_cvc", "incorrect_cvc", "Your card's security code is incorrect.", "cvc"
)
PROCESSING = Decline(
    "processing_error",
    "processing_error",
    "An error occurred while processing your card. Try again in a little bit.",
)
BLOCKED = Decline("card_declined", "fraudulent", "Your card was declined.", blocked=True)


@dataclass(frozen=True)
class Behaviour:
    """What a test card is and does; `authentication` is 3D Secure before each payment."""

    label: str
    brand: str = "visa"
    country: str = "US"
    funding: str = "credit"
    decline: Decline | None = None
    authentication: bool = False
    bypass_pending: bool = False
    disputes: int = 0
    dispute_reason: str = "fraudulent"
    inquiry: bool = False
    refund_outcome: Literal["succeeded", "pending", "failed"] = "succeeded"
    # Without the client there is no 3D Secure: which payments then go through all the same.
    off_session: Literal["refused", "once_set_up", "passes"] = "refused"
    # Whether a card that declines every charge can nevertheless be saved.
    can_be_saved: bool = False
    fraud_warning: bool = False


BEHAVIOURS: dict[str, Behaviour] = {
    "visa": Behaviour("Pays"),
    "visa_debit": Behaviour("Pays, debit card", funding="debit"),
    "mastercard": Behaviour("Pays, Mastercard", brand="mastercard"),
    "amex": Behaviour("Pays, American Express", brand="amex"),
    "de": Behaviour("Pays, German card", country="DE"),
    "fr": Behaviour("Pays, French card", country="FR"),
    "gb": Behaviour("Pays, British card", country="GB"),
    "visa_chargeDeclined": Behaviour("Declined", decline=GENERIC),
    "visa_chargeDeclinedInsufficientFunds": Behaviour("Insufficient funds", decline=NO_FUNDS),
    "visa_chargeDeclinedLostCard": Behaviour("Lost card", decline=LOST),
    "visa_chargeDeclinedStolenCard": Behaviour("Stolen card", decline=STOLEN),
    "chargeDeclinedExpiredCard": Behaviour("Expired card", decline=EXPIRED),
    "chargeDeclinedIncorrectCvc": Behaviour("Wrong CVC", decline=WRONG_CVC),
    "chargeDeclinedProcessingError": Behaviour("Processing error", decline=PROCESSING),
    "visa_chargeDeclinedVelocityLimitExceeded": Behaviour("Too many tries", decline=VELOCITY),
    "chargeCustomerFail": Behaviour(
        "Can be saved, then declined", decline=GENERIC, can_be_saved=True
    ),
    "radarBlock": Behaviour("Blocked by Radar", decline=BLOCKED, can_be_saved=True),
    "createIssuerFraudRecord": Behaviour("Pays, then a fraud warning", fraud_warning=True),
    "threeDSecure2Required": Behaviour("Asks for 3D Secure", authentication=True),
    "authenticationRequired": Behaviour(
        "3D Secure always, refused off-session", country="DE", authentication=True
    ),
    "authenticationRequiredOnSetup": Behaviour(
        "3D Secure, off-session once set up",
        country="FR",
        authentication=True,
        off_session="once_set_up",
    ),
    "authenticationRequiredSetupForOffSession": Behaviour(
        "3D Secure, already set up off-session",
        country="IT",
        authentication=True,
        off_session="passes",
    ),
    "authenticationRequiredChargeDeclinedInsufficientFunds": Behaviour(
        "3D Secure, then insufficient funds",
        country="GB",
        decline=NO_FUNDS,
        authentication=True,
        off_session="once_set_up",
        can_be_saved=True,
    ),
    "bypassPending": Behaviour("Pays, available at once", bypass_pending=True),
    "createDispute": Behaviour("Disputed as fraudulent", disputes=1),
    "createDisputeProductNotReceived": Behaviour(
        "Disputed as not received", disputes=1, dispute_reason="product_not_received"
    ),
    "createDisputeInquiry": Behaviour("The bank inquires", disputes=1, inquiry=True),
    "createMultipleDisputes": Behaviour("Disputed twice, half each time", disputes=2),
    "pendingRefund": Behaviour("Its refunds are pending first", refund_outcome="pending"),
    "refundFail": Behaviour("Its refunds fail later", refund_outcome="failed"),
    "bypassPendingInternational": Behaviour(
        "Pays, available at once, Irish card", country="IE", bypass_pending=True
    ),
}

# Number to behaviour; `pm_card_<behaviour>` is the payment method that Stripe has for it.
NUMBERS: dict[str, str] = {
    "4242424242424242": "visa",
    "4000056655665556": "visa_debit",
    "5555555555554444": "mastercard",
    "378282246310005": "amex",
    "4000002760000016": "de",
    "4000002500000003": "fr",
    "4000008260000000": "gb",
    "4000000000000002": "visa_chargeDeclined",
    "4000000000009995": "visa_chargeDeclinedInsufficientFunds",
    "4000000000009987": "visa_chargeDeclinedLostCard",
    "4000000000009979": "visa_chargeDeclinedStolenCard",
    "4000000000000069": "chargeDeclinedExpiredCard",
    "4000000000000127": "chargeDeclinedIncorrectCvc",
    "4000000000000119": "chargeDeclinedProcessingError",
    "4000000000006975": "visa_chargeDeclinedVelocityLimitExceeded",
    "4000000000000341": "chargeCustomerFail",
    "4100000000000019": "radarBlock",
    "4000000000005423": "createIssuerFraudRecord",
    "4000000000003220": "threeDSecure2Required",
    "4000002760003184": "authenticationRequired",
    "4000002500003155": "authenticationRequiredOnSetup",
    "4000003800000446": "authenticationRequiredSetupForOffSession",
    "4000008260003178": "authenticationRequiredChargeDeclinedInsufficientFunds",
    "4000000000000077": "bypassPending",
    "4000000000000259": "createDispute",
    "4000000000002685": "createDisputeProductNotReceived",
    "4000000000001976": "createDisputeInquiry",
    "4000000404000079": "createMultipleDisputes",
    "4000000000007726": "pendingRefund",
    "4000000000005126": "refundFail",
    "4000003720000278": "bypassPendingInternational",
}
TOKEN_PREFIX = "pm_card_"  # noqa: S105 - names test payment methods, guards nothing
OLD_TOKEN_PREFIX = "tok_"  # noqa: S105 - the same cards for `card[token]`


@dataclass(frozen=True)
class Card:
    """What may be known of a card once its number is forgotten."""

    behaviour: str
    brand: str
    country: str
    funding: str
    last4: str
    fingerprint: str
    exp_month: int
    exp_year: int


def invalid_card(code: str, message: str, param: str) -> StripeError:
    """Refuse card data that is not even sent to a bank, so there is neither charge nor event."""
    return StripeError(402, "card_error", message, code=code, param=param)


def read_card(number: str, expiry: str, cvc: str, *, clock: Clock, ids: Ids) -> Card:
    """Read what a client typed: digits with blanks, `MM / YY` or `MM/YYYY`, a security code."""
    digits = re.sub(r"[\s-]", "", number)
    if digits not in NUMBERS or not _luhn_holds(digits):
        raise invalid_card("incorrect_number", "Your card number is incorrect.", "number")
    month, year = _read_expiry(expiry, clock)
    behaviour = BEHAVIOURS[NUMBERS[digits]]
    if not re.fullmatch(r"[0-9]{4}" if behaviour.brand == "amex" else r"[0-9]{3}", cvc.strip()):
        raise invalid_card("invalid_cvc", "Your card's security code is invalid.", "cvc")
    return _card(NUMBERS[digits], digits, month, year, ids)


def card_of_number(number: str, *, clock: Clock, ids: Ids) -> Card:
    """Read a bare number, as the control call sends it, with an expiry and CVC that fit."""
    cvc = "1234" if number.startswith("37") else "123"
    return read_card(number, f"12/{_this_year(clock) + 3}", cvc, clock=clock, ids=ids)


def card_of_token(token: str, *, clock: Clock, ids: Ids) -> Card | None:
    """Find the card behind `pm_card_...` or `tok_...`, or None."""
    prefix = TOKEN_PREFIX if token.startswith(TOKEN_PREFIX) else OLD_TOKEN_PREFIX
    name = token.removeprefix(prefix)
    for digits, behaviour in NUMBERS.items():
        # Stripe knows its declining cards with and without the brand in the name.
        short = behaviour.replace("visa_charge", "charge")
        if token.startswith(prefix) and name in {behaviour, short}:
            return _card(behaviour, digits, _MONTHS, _this_year(clock) + 3, ids)
    return None


def _card(behaviour: str, digits: str, month: int, year: int, ids: Ids) -> Card:
    kind = BEHAVIOURS[behaviour]
    return Card(
        behaviour=behaviour,
        brand=kind.brand,
        country=kind.country,
        funding=kind.funding,
        last4=digits[-4:],
        fingerprint=ids.fingerprint(digits),
        exp_month=month,
        exp_year=year,
    )


def _read_expiry(expiry: str, clock: Clock) -> tuple[int, int]:
    match = re.fullmatch(r"\s*([0-9]{1,2})\s*/?\s*([0-9]{4}|[0-9]{2})\s*", expiry)
    if match is None or not 1 <= int(match[1]) <= _MONTHS:
        raise invalid_card(
            "invalid_expiry_month", "Your card's expiration month is invalid.", "exp_month"
        )
    year = int(match[2])
    year += 2000 if year < _CENTURY else 0
    if not _this_year(clock) <= year <= _this_year(clock) + 50:
        raise invalid_card(
            "invalid_expiry_year", "Your card's expiration year is invalid.", "exp_year"
        )
    return int(match[1]), year


def _this_year(clock: Clock) -> int:
    return _FIRST_YEAR + clock.now() // _SECONDS_PER_YEAR


def _luhn_holds(digits: str) -> bool:
    total = 0
    for place, digit in enumerate(reversed(digits)):
        doubled = int(digit) * (1 + place % 2)
        total += doubled - 9 if doubled > 9 else doubled  # noqa: PLR2004 - cast out nines
    return total % 10 == 0
