"""What a client has agreed to: an amount, and terms. Pure.

A client who books, cancels or pays was shown a figure, and the request carries it. No fee is higher
than the one shown, none is taken under terms that were not accepted, and the price is the one that
was agreed to. These rules hold for every entry point.
"""

from msgspec import Struct

from shared.domain.catalogue.cancellation_policy import Cancellation
from shared.domain.errors import InvalidInput, NotAgreed
from shared.domain.money.money import Money

AT_VISIT = "at_visit"


class Consent(Struct, frozen=True):
    """What a request says was shown and agreed to.

    `price_minor` is in the price's currency, `None` where none was named; `terms_hash` is the one
    that was shown beside the policy, "" for none.
    """

    price_minor: int | None = None
    terms_hash: str = ""


NO_CONSENT = Consent()


class Agreement(Struct, frozen=True):
    """What there is to agree to with a booking: its price, what is due now and how, and the terms.

    `mode` is that of `catalogue.terms.Due`. Terms that are `always_accepted` need consent without a
    fee too: staff made the booking, and its client has seen nothing of it.
    """

    price: Money
    mode: str
    due_now: Money
    cancellation: Cancellation
    terms_hash: str
    always_accepted: bool = False


def check_consent(consent: Consent, agreement: Agreement) -> None:
    """Raise if a client agreed to something else, or did not say; the price is checked first.

    `InvalidInput` `price_not_accepted`, `NotAgreed` `price_changed`, `InvalidInput`
    `terms_not_accepted`, `NotAgreed` `terms_changed`. A price needs no consent where nothing is
    paid, held or saved, nor do most terms without a fee; but what the request names must be right.
    """
    price = agreement.price
    if consent.price_minor is None:
        if agreement.mode != AT_VISIT:
            detail = "Send the price that the client was shown."
            raise _missing("/accepted_price", detail, "price_not_accepted")
    elif consent.price_minor != price.amount_minor:
        figures: dict[str, int | str] = {
            "price": price.amount_minor,
            "amount_due": agreement.due_now.amount_minor,
            "terms_hash": agreement.terms_hash,
        }
        detail = "The price has changed. Show the new one, then book."
        raise NotAgreed(detail, code="price_changed", figures=figures)
    if not consent.terms_hash:
        if agreement.always_accepted or can_take_a_fee(agreement.cancellation):
            detail = "Send the terms that the client accepted."
            raise _missing("/accepted_terms", detail, "terms_not_accepted")
    elif consent.terms_hash != agreement.terms_hash:
        detail = "The terms have changed. Show them again, then book."
        raise NotAgreed(detail, code="terms_changed", figures={"terms_hash": agreement.terms_hash})


def check_fee(fee_minor: int, accepted_minor: int | None) -> None:
    """Raise `NotAgreed` `fee_changed` if cancelling costs more than the client agreed to.

    Both are in minor units of the price's currency; `None` means that the client named no amount.
    """
    if fee_minor > (accepted_minor or 0):
        raise NotAgreed(
            "Cancelling costs more than was accepted. Show the fee, then cancel.",
            code="fee_changed",
            figures={"cancellation_fee_now": fee_minor},
        )


def check_moving_fee(fee_minor: int, accepted_minor: int | None) -> None:
    """Raise `NotAgreed` `fee_changed` if moving costs more than the client agreed to.

    Both are as with `check_fee`.
    """
    if fee_minor > (accepted_minor or 0):
        raise NotAgreed(
            "Moving costs more than was accepted. Show the fee, then move.",
            code="fee_changed",
            figures={"reschedule_fee_now": fee_minor},
        )


def can_take_a_fee(cancellation: Cancellation) -> bool:
    """Whether a policy can charge a fee at all: for a late cancellation, or for a no-show."""
    fees = [step.fee for step in cancellation.steps] + [cancellation.no_show_fee]
    return any(fee.type != "none" for fee in fees)


def _missing(pointer: str, detail: str, code: str) -> InvalidInput:
    return InvalidInput(detail, code=code, errors=[{"pointer": pointer, "detail": detail}])
