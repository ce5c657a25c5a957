"""A booking: what is due of it, how it is kept, and when a session is opened for it."""

import json
from copy import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.activity.apply_event import apply_event, subject_key
from shared.domain.activity.staff_view import staff_view
from shared.domain.bookings.booking import Booking
from shared.domain.bookings.booking_document import booking_from_dict, booking_to_dict
from shared.domain.bookings.checkout_attempt import CheckoutAttempt
from shared.domain.bookings.checkout_attempts import (
    MARGIN_S,
    SHORTEST_S,
    current_attempt,
    next_attempt,
)
from shared.domain.bookings.journal import JournalEntry
from shared.domain.link_tokens import TOKEN, derive_token, token_digest
from shared.domain.locations.location import (
    Location,
    location_from_dict,
    location_to_dict,
)
from shared.domain.locations.location_id import LOCATION_ID
from shared.domain.locations.permissions import (
    ADMIN,
    FINANCE,
    MANAGER,
    OWNER,
    PERMISSIONS,
    is_allowed,
)
from shared.domain.stripe_facts.read_events import read_event
from tests.builders import booking, charge, event, refund

NOW_S = 1_795_372_392
PAID = read_event(event("charge.succeeded", charge()))


def paid_with(amount: int, **changed: Any) -> Booking:
    heard = read_event(event("charge.succeeded", charge(amount=amount, amount_captured=amount)))
    return booking(facts=heard.facts, **changed)


# ------------------------------------------------------------------ what is due


@pytest.mark.parametrize(
    ("paid", "due"), [(0, 4900), (1, 4899), (4899, 1), (4900, 0), (4901, 0), (9800, 0)]
)
def test_due_is_what_was_not_taken_and_never_below_nothing(paid: int, due: int) -> None:
    asked = paid_with(paid) if paid else booking()
    assert asked.amount_due_minor() == due


def test_what_is_held_is_not_asked_for_again() -> None:
    held = charge(captured=False, amount_captured=0)
    heard = read_event(event("charge.succeeded", held))
    assert booking(facts=heard.facts).amount_due_minor() == 0


def test_what_was_given_back_does_not_become_due_again() -> None:
    back = read_event(event("refund.created", refund()))
    assert replace(paid_with(4900), facts=PAID.facts.merge(back.facts)).amount_due_minor() == 0


@pytest.mark.parametrize(
    ("status", "due"),
    [("awaiting_payment", 4900), ("confirmed", 4900), ("completed", 4900),
     ("cancelled", 0), ("no_show", 0), ("expired", 0)],
)  # fmt: skip
def test_what_is_over_is_not_due(status: str, due: int) -> None:
    assert booking(status=status).amount_due_minor() == due


# ------------------------------------------------------------------ kept and read back

ATTEMPTS = st.none() | st.builds(
    CheckoutAttempt,
    generation=st.integers(1, 9),
    amount_minor=st.integers(1, 10**6),
    created_at_s=st.integers(0, 2**31),
    expires_at_s=st.integers(0, 2**31),
    session_id=st.sampled_from(["", "cs_1"]),
    url=st.sampled_from(["", "https://checkout.stripe.com/c/pay/cs_1"]),
)
JOURNALS = st.lists(
    st.builds(
        JournalEntry,
        entry_id=st.text(max_size=5),
        at_s=st.integers(0, 2**31),
        what=st.text(max_size=9),
        by=st.none() | st.just("owner@example.com"),
    ),
    max_size=3,
).map(tuple)


@given(
    description=st.text(),
    checkout=ATTEMPTS,
    journal=JOURNALS,
    starts_at_s=st.none() | st.integers(0, 2**33),
    is_paid=st.booleans(),
    is_known=st.booleans(),
)
def test_a_booking_is_read_back_as_it_was_written(
    description: str,
    checkout: CheckoutAttempt | None,
    journal: tuple[JournalEntry, ...],
    starts_at_s: int | None,
    is_paid: bool,
    is_known: bool,
) -> None:
    made = booking(
        description=description, checkout=checkout, journal=journal, starts_at_s=starts_at_s
    )
    made = replace(made, facts=PAID.facts) if is_paid else made
    made = made if is_known else replace(made, client=None, links=0)
    document = booking_to_dict(made)
    assert booking_from_dict(json.loads(json.dumps(document))) == made
    assert None not in document.values()
    assert staff_view(made)["booking_id"] == "bk_1"


def test_a_location_is_read_back_as_it_was_written() -> None:
    made = Location("demo", "Salon", "Europe/Berlin", "eur", "DE", "test", NOW_S, locale="de")
    assert location_from_dict(json.loads(json.dumps(location_to_dict(made)))) == made


@pytest.mark.parametrize("good", ["demo", "a1", "0-9", "a" * 63])
def test_a_location_is_called(good: str) -> None:
    assert LOCATION_ID.fullmatch(good)


@pytest.mark.parametrize(
    "bad", ["", "a", "-a", "A1", "a_b", "a#b", "a*", "\u00e4b", "a" * 64, "ab\n"]
)
def test_a_location_is_not_called(bad: str) -> None:
    assert not LOCATION_ID.fullmatch(bad)


# ------------------------------------------------------------------ when a session is opened

PLACE = Location("demo", "Salon", "Europe/Berlin", "eur", "DE", "test", NOW_S)
ANSWERED = replace(next_attempt(booking(), NOW_S, PLACE), session_id="cs_1", url="https://x/cs_1")


def after(seconds: int) -> int:
    return NOW_S + seconds


LASTS_S = ANSWERED.expires_at_s - NOW_S


@pytest.mark.parametrize(
    ("attempt", "seconds", "is_current"),
    [
        (ANSWERED, 0, True),
        (ANSWERED, LASTS_S - MARGIN_S - 1, True),
        (ANSWERED, LASTS_S - MARGIN_S, False),
        (ANSWERED, LASTS_S + 1, False),
        (replace(ANSWERED, url=""), LASTS_S - SHORTEST_S - 1, True),
        (replace(ANSWERED, url=""), LASTS_S - SHORTEST_S, False),
        (replace(ANSWERED, amount_minor=4800), 0, False),
        (None, 0, False),
    ],
)
def test_an_attempt_is_used_until_it_expires(
    attempt: CheckoutAttempt | None, seconds: int, is_current: bool
) -> None:
    found = current_attempt(booking(checkout=attempt), after(seconds), PLACE)
    assert found == (attempt if is_current else None)


@pytest.mark.parametrize(
    ("status", "is_current"), [("open", True), ("expired", False), ("complete", False)]
)
def test_an_attempt_that_ended_at_stripe_is_not_used(status: str, is_current: bool) -> None:
    session = {
        "id": "cs_1", "object": "checkout.session", "amount_total": 4900, "currency": "eur",
        "livemode": False, "metadata": {"booking_id": "bk_1", "location_id": "demo"},
        "mode": "payment", "payment_status": "unpaid", "status": status,
    }  # fmt: skip
    kinds = {"open": "async_payment_failed", "expired": "expired", "complete": "completed"}
    heard = read_event(event(f"checkout.session.{kinds[status]}", session))
    if status == "open":
        heard = replace(heard, facts=heard.facts.merge(heard.facts))
        assert heard.facts.sessions["cs_1"].status == "complete", "that event says it is complete"
        is_current = False
    asked = booking(checkout=ANSWERED, facts=heard.facts)
    assert (current_attempt(asked, NOW_S, PLACE) is not None) == is_current


def test_each_attempt_has_its_own_key_and_stripes_bounds() -> None:
    first = next_attempt(booking(), NOW_S, PLACE)
    second = next_attempt(booking(checkout=first), NOW_S + 1, PLACE)
    assert first.idempotency_key("bk_1") != second.idempotency_key("bk_1")
    assert 30 * 60 < first.expires_at_s - NOW_S < 24 * 3600
    assert first.amount_minor == 4900


def test_a_session_for_another_address_has_another_key() -> None:
    attempt = next_attempt(booking(), NOW_S, PLACE)
    addresses = ("", "ada@example.com", "ada@example.org")
    assert len({attempt.idempotency_key("bk_1", each) for each in addresses}) == len(addresses)


# ------------------------------------------------------------------ links

KEYS = st.text(min_size=1, max_size=70)


@given(key=KEYS, other=KEYS, number=st.integers(1, 10**6))
def test_a_token_is_the_keys_the_bookings_and_the_numbers_own(
    key: str, other: str, number: int
) -> None:
    token = derive_token(key, "demo", "bk_1", number)
    assert TOKEN.fullmatch(token)
    assert token == derive_token(key, "demo", "bk_1", number)
    assert token != derive_token(key, "demo", "bk_1", number + 1)
    assert token != derive_token(key, "demo", "bk_2", number)
    assert token != derive_token(key, "other", "bk_1", number)
    assert (token == derive_token(other, "demo", "bk_1", number)) == (key == other)
    assert token not in token_digest(token)
    assert len(token_digest(token)) == 64


# ------------------------------------------------------------------ who may


def test_the_contracts_roles() -> None:
    assert all(is_allowed(action, [OWNER]) for action in PERMISSIONS)
    assert all(is_allowed(action, [ADMIN]) for action in PERMISSIONS)
    assert not any(is_allowed(action, []) for action in PERMISSIONS)
    assert not any(is_allowed(action, ["Owner", "owners", ""]) for action in PERMISSIONS)
    assert is_allowed("create_booking", [FINANCE, MANAGER])
    assert not is_allowed("create_booking", [FINANCE])
    assert is_allowed("read_bookings", [FINANCE])


def test_an_action_that_nobody_wrote_down_is_a_mistake_and_no_permission() -> None:
    with pytest.raises(KeyError):
        is_allowed("delete_everything", [OWNER])


# ------------------------------------------------------------------ what follows from an event


def test_an_event_changes_its_booking_and_its_subject() -> None:
    change = apply_event(PAID, PAID.facts.merge(PAID.facts), booking(), "bk_1", location_id="demo")
    assert change.outcome == "applied"
    assert change.booking
    assert change.booking.payments().payment_status == "paid"
    assert change.subject == PAID.facts


def test_an_event_of_no_booking_is_kept_with_its_subject() -> None:
    assert apply_event(PAID, PAID.facts, None, None, location_id="demo").outcome == "other"
    assert (
        apply_event(PAID, PAID.facts, None, "bk_1", location_id="demo").outcome == "booking_unknown"
    )
    assert apply_event(PAID, PAID.facts, None, "bk_1", location_id="demo").booking is None


def test_another_currency_is_flagged() -> None:
    dollars = read_event(event("charge.succeeded", charge(currency="usd")))
    change = apply_event(dollars, dollars.facts, booking(), "bk_1", location_id="demo")
    assert change.outcome == "currency_differs"
    assert change.booking
    assert change.booking.amount_due_minor() == 4900


def test_facts_are_kept_under_their_charge_payout_or_intent() -> None:
    assert subject_key(PAID) == "charge#ch_1"
    assert subject_key(read_event(event("refund.created", refund(7)))) == "charge#ch_7"
    payout = {"id": "po_1", "object": "payout", "amount": 1, "currency": "eur", "livemode": False,
              "arrival_date": NOW_S, "status": "paid"}  # fmt: skip
    assert subject_key(read_event(event("payout.paid", payout))) == "payout#po_1"
    intent = {"id": "pi_1", "object": "payment_intent", "amount": 1, "currency": "eur",
              "livemode": False, "status": "canceled", "metadata": {}}  # fmt: skip
    assert subject_key(read_event(event("payment_intent.canceled", intent))) == "intent#pi_1"
