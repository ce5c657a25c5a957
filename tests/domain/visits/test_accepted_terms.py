"""A client accepts the terms under which staff made the booking: price, terms, and the evidence."""

from copy import replace

import pytest

from shared.domain.activity.staff_view import staff_view
from shared.domain.bookings.booking import Booking
from shared.domain.catalogue.consent import Consent
from shared.domain.dates.instants import rfc3339
from shared.domain.errors import InvalidInput, NotAgreed
from shared.domain.visits.accepted_terms import accept_terms, asks_consent
from tests.domain.builders import NOW_S
from tests.domain.money_world import PRICE_MINOR, booked

OFFERED = "1" * 64


def offered(**changed: object) -> Booking:
    made = booked()
    assert made.terms
    terms = replace(made.terms, terms_hash="", offered_hash=OFFERED, cancellation={})
    return replace(made, terms=replace(terms, **changed))  # type: ignore[arg-type]


def accepted(booking: Booking, price: int | None, terms_hash: str) -> Booking:
    consent = Consent(price, terms_hash)
    return accept_terms(booking, consent, language="de", address="203.0.113.9", now_s=NOW_S)


def test_what_is_accepted_is_kept_with_when_in_which_language_and_from_where() -> None:
    booking = offered()
    assert asks_consent(booking)
    after = accepted(booking, PRICE_MINOR, OFFERED)
    assert booking.terms
    assert after.terms == replace(
        booking.terms,
        terms_hash=OFFERED,
        accepted_at_s=NOW_S,
        accepted_language="de",
        accepted_from="203.0.113.9",
    )
    assert not asks_consent(after)
    assert accepted(after, 1, "2" * 64) == after, "what was accepted stays"


def test_terms_of_staff_are_never_accepted_by_silence_even_without_a_fee() -> None:
    with pytest.raises(InvalidInput) as refused:
        accepted(offered(), PRICE_MINOR, "")
    assert refused.value.code == "terms_not_accepted"


def test_another_price_or_other_terms_are_not_agreed_and_the_answer_has_what_is_due() -> None:
    with pytest.raises(NotAgreed) as dearer:
        accepted(offered(due_minor=3000), PRICE_MINOR - 1, OFFERED)
    figures = {"price": PRICE_MINOR, "amount_due": 3000, "terms_hash": OFFERED}
    assert (dearer.value.code, dearer.value.figures) == ("price_changed", figures)
    with pytest.raises(NotAgreed) as others:
        accepted(offered(), PRICE_MINOR, "2" * 64)
    assert others.value.code == "terms_changed"


def test_staff_see_what_was_offered_and_when_it_was_accepted() -> None:
    booking = offered(due_minor=3000, due_reason="deposit_fixed")
    shown = staff_view(booking)["terms"]
    assert (shown["due_mode"], shown["due_reason"]) == ("pay", "deposit_fixed")
    assert (shown["amount_due_first"], shown["accepted_at"]) == (3000, None)
    assert shown["text"] == "Half of it."
    accepted_at = staff_view(accepted(booking, PRICE_MINOR, OFFERED))["terms"]["accepted_at"]
    assert accepted_at == rfc3339(NOW_S)
    assert staff_view(booked(terms=None))["terms"] is None
