"""What a client pays is what they said yes to: the price, the terms, and the fee for cancelling."""

from typing import Any

import pytest

from tests.surroundings.salon import TERMS, Salon, StripeBeside, in_hours

pytestmark = pytest.mark.enable_socket


def test_where_no_fee_can_follow_nobody_has_to_accept_terms(salon: Salon) -> None:
    """Who names none leaves no address: nothing is claimed then."""
    salon.set_terms(cancellation={"steps": []})
    online = salon.stored(salon.booked(accepted_terms=None)).terms
    assert online
    assert (online.terms_hash, online.accepted_at_s, online.accepted_from) == ("", 0, "")
    assert online.terms_text


def test_nobody_books_under_terms_that_were_not_accepted(salon: Salon) -> None:
    """Bug: who sent no `accepted_terms` was charged the fee all the same."""
    for fee in ({"steps": TERMS["cancellation"]["steps"]}, {"no_show_fee": {"type": "full"}}):
        salon.set_terms(cancellation=fee)
        status, refused = salon.book(accepted_terms=None)
        assert (status, refused["code"]) == (422, "terms_not_accepted")
        assert refused["errors"][0]["pointer"] == "/accepted_terms"
    assert salon.is_free()


# ------------------------------------------------------------------ the price that was shown


def test_nobody_pays_another_price_than_the_one_that_was_shown(
    salon: Salon, at_stripe: StripeBeside
) -> None:
    """Bug BB-02: the button said 45.00, Stripe asked for 55.00, and nobody was warned."""
    shown = salon.shown("cut")
    salon.set_price("cut", 5500)
    salon.set_terms(cancellation={"steps": []})

    status, refused = salon.book(**shown)

    assert (status, refused["code"]) == (409, "price_changed")
    assert (refused["price"], refused["amount_due"]) == (5500, 5500)
    assert refused["terms_hash"] == salon.shown("cut")["accepted_terms"]
    assert (salon.is_free(), at_stripe.opened()) == (True, [])
    agreed = {"accepted_price": refused["price"], "accepted_terms": refused["terms_hash"]}
    assert salon.booked(**agreed)["price"] == 5500


@pytest.mark.parametrize("service_id", ["cut", "colour", "perm", "trim"])
def test_what_is_paid_held_or_saved_needs_the_price_that_was_shown(
    salon: Salon, service_id: str
) -> None:
    status, refused = salon.book(service_id, accepted_price=None)
    assert (status, refused["code"]) == (422, "price_not_accepted")
    assert refused["errors"][0]["pointer"] == "/accepted_price"


def test_a_saved_card_is_for_the_price_that_was_shown(salon: Salon) -> None:
    """Bug BB-02: the no-show fee would have been of a price that nobody had seen."""
    shown = salon.shown("trim")
    salon.set_price("trim", 9900)
    assert salon.book("trim", **shown)[1]["code"] == "price_changed"


@pytest.mark.parametrize(("service_id", "more"), [("gift", {}), ("blow", {"pay_now": False})])
def test_where_nothing_is_paid_now_a_price_may_be_left_out_and_not_be_wrong(
    salon: Salon, service_id: str, more: dict[str, Any]
) -> None:
    assert salon.book(service_id, accepted_price=1, **more)[1]["code"] == "price_changed"
    assert salon.booked(service_id, accepted_price=None, **more)["status"] == "confirmed"


@pytest.mark.parametrize("price", [-1, 1.5, "4500", True, 10**12])
def test_a_price_is_a_whole_number(salon: Salon, price: object) -> None:
    status, refused = salon.book(accepted_price=price)
    assert (status, refused["errors"][0]["pointer"]) == (422, "/accepted_price")


# ------------------------------------------------------------------ the fee that was shown


def test_a_client_pays_no_higher_fee_for_cancelling_than_was_shown(
    salon: Salon, at_stripe: StripeBeside
) -> None:
    """Bugs A1, S7: free when it was looked at, and half the price when it was sent."""
    made = salon.booked("colour", in_hours(30, 120), employee_id="nora")
    at_stripe.pay(made)
    salon.hear(made, at_stripe)
    for body in ({}, {"accepted_fee": 0}, {"accepted_fee": 5999}, ""):
        status, refused = salon.cancel(made, body)
        assert (status, refused["code"]) == (409, "fee_changed")
        assert refused["cancellation_fee_now"] == 6000
    assert salon.looked(made)["status"] == "confirmed"
    status, shown = salon.cancel(made, {"accepted_fee": 6000})
    assert (status, shown["fees"][0]["amount"]) == (200, 6000)
    # Once more is the same, whatever is accepted.
    assert salon.cancel(made, {})[0] == 200


def test_what_is_free_needs_no_fee_in_the_request(salon: Salon, at_stripe: StripeBeside) -> None:
    made = salon.booked("colour", in_hours(60, 120), employee_id="nora")
    at_stripe.pay(made)
    salon.hear(made, at_stripe)
    assert salon.cancel(made, "")[1]["status"] == "cancelled"


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"accepted_fee": -1}, "/accepted_fee"),
        ({"accepted_fee": "0"}, "/accepted_fee"),
        ({"accepted_fee": None}, "/accepted_fee"),
        ({"accepted_fee": True}, "/accepted_fee"),
        ({"accepted_fees": 1}, "/accepted_fees"),
    ],
)
def test_a_fee_that_is_none_cancels_nothing(salon: Salon, body: object, pointer: str) -> None:
    made = salon.booked()
    status, refused = salon.cancel(made, body)
    assert (status, refused["errors"][0]["pointer"]) == (422, pointer)
    assert salon.cancel(made, "no json")[0] == 422
    assert salon.looked(made)["status"] == "awaiting_payment"
