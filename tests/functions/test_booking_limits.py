"""Nobody keeps a salon's slots waiting, and nobody books on terms that are no more."""

from typing import Any

import pytest

from shared.adapters.booking_store import BookingStore
from shared.adapters.mark_store import MarkStore
from shared.domain.catalogue.public_view import location_terms_hash
from shared.domain.errors import Conflict
from tests.surroundings.fixtures import TableInMoto
from tests.surroundings.salon import Salon, StripeBeside, moment

pytestmark = pytest.mark.enable_socket

NOOR = {"name": "Noor", "email": "noor@example.com"}


@pytest.fixture
def salon(salon: Salon) -> Salon:
    salon.set_location(holds_per_client=2, holds_per_address=3)
    return salon


def marks(table: TableInMoto) -> int:
    return sum(
        len(item.get("marks", ())) for key, item in table.items().items() if key[1] == "waiting"
    )


# ------------------------------------------------------------------ too many at once


def test_a_client_with_too_many_unpaid_slots_is_told_to_wait_and_another_is_not(
    salon: Salon, table: TableInMoto
) -> None:
    for hour in (9, 10):
        salon.booked(starts_at=moment(hour))

    status, refused = salon.book(starts_at=moment(11))

    assert (status, refused["code"]) == (429, "too_many_requests")
    assert 0 < int(salon.headers["retry-after"]) <= 20 * 60
    assert salon.is_free(moment(11))
    assert len(table.bodies("booking")) == 2
    salon.booked(starts_at=moment(11), client=NOOR)


def test_an_address_with_too_many_is_told_too_whatever_the_email(salon: Salon) -> None:
    for hour in (9, 10, 11):
        client = {"name": "Bot", "email": f"bot{hour}@example.com"}
        salon.booked(starts_at=moment(hour), client=client)

    assert salon.book(starts_at=moment(12), client=NOOR)[0] == 429
    salon.address = "198.51.100.7"
    salon.booked(starts_at=moment(12), client=NOOR)


@pytest.mark.parametrize("becomes", ["cancelled", "paid", "expired at Stripe"])
def test_a_slot_counts_until_its_time_whatever_became_of_it(
    salon: Salon, at_stripe: StripeBeside, becomes: str
) -> None:
    """Bug: book, cancel, book... opened any number of pages at Stripe."""
    for hour in (9, 10):
        made = salon.booked(starts_at=moment(hour))
        if becomes == "cancelled":
            assert salon.cancel(made)[0] == 200
        elif becomes == "paid":
            at_stripe.pay(made)
            salon.hear(made, at_stripe)
        else:
            at_stripe.expire(made)
            salon.hear(made, at_stripe)
            assert salon.release()["freed"] == 1
    opened = len(at_stripe.opened())

    assert salon.book(starts_at=moment(11))[0] == 429
    assert len(at_stripe.opened()) == opened


def test_after_its_time_a_slot_counts_no_more(
    salon: Salon, table: TableInMoto, monkeypatch: pytest.MonkeyPatch
) -> None:
    for hour in (9, 10):
        salon.booked(starts_at=moment(hour))
    assert salon.book(starts_at=moment(11))[0] == 429

    salon.later(21, monkeypatch)

    salon.booked(starts_at=moment(12))
    assert marks(table) == 1


def test_a_slot_that_stripe_gave_no_page_for_does_not_count(
    salon: Salon, at_stripe: StripeBeside, table: TableInMoto
) -> None:
    """Else a client who tries again while Stripe is down would be told to wait."""
    salon.set_location(holds_per_client=1, holds_per_address=5)
    for _ in range(3):
        at_stripe.fault(500)
        assert salon.book()[1]["code"] == "payment_unavailable"
    assert marks(table) == 0
    salon.booked()


def test_what_is_paid_at_the_visit_counts_too(salon: Salon) -> None:
    """Else a script would take every slot of a salon that asks for nothing now."""
    for hour in (9, 10):
        assert salon.booked("talk", moment(hour))["status"] == "confirmed"
    assert salon.book("talk", moment(11))[0] == 429


def test_who_comes_too_late_for_a_slot_has_nothing_waiting(
    salon: Salon, table: TableInMoto
) -> None:
    salon.booked(client=NOOR)
    for _ in range(4):
        assert salon.book()[1]["code"] == "slot_taken"
    assert marks(table) == 1


def test_who_loses_the_last_moment_has_nothing_waiting(
    salon: Salon, table: TableInMoto, monkeypatch: pytest.MonkeyPatch
) -> None:
    def lose(*_: object, **__: object) -> None:
        raise Conflict("Somebody else has this time.", code="slot_taken")

    monkeypatch.setattr(BookingStore, "create", lose)
    assert salon.book()[1]["code"] == "slot_taken"
    assert marks(table) == 0


def test_of_many_at_once_no_more_get_through_than_may(
    salon: Salon, table: TableInMoto, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All of them have read before any of them wrote: the write's condition decides."""
    salon.set_location(holds_per_client=9, holds_per_address=3)
    monkeypatch.setattr(MarkStore, "get_marks", lambda *_: frozenset())

    codes = [salon.book(starts_at=moment(hour))[0] for hour in range(9, 14)]

    assert codes == [201] * 3 + [429] * 2
    assert marks(table) == 3


def test_the_same_request_again_counts_once(salon: Salon, table: TableInMoto) -> None:
    for _ in range(4):
        status, _made = salon.book(headers={"idempotency_key": "one"})
        assert status == 201
    assert marks(table) == 1


def test_the_table_learns_neither_the_address_nor_the_email(
    salon: Salon, table: TableInMoto
) -> None:
    salon.booked()
    kept = {key: item for key, item in table.items().items() if key[1] in ("waiting", "budget")}
    # What waits, the pages that the address has opened, and those of the booking.
    assert len(kept) == 3
    assert salon.address not in str(kept)
    assert "mira" not in str(kept).lower()
    assert all(int(item["expires_at_s"]) > 0 for item in kept.values())


# ------------------------------------------------------------------ the terms that were shown


def shown_hash(salon: Salon) -> str:
    found = salon.catalogue.get_location_and_terms("demo")
    assert found
    return location_terms_hash(*found)


def test_terms_that_changed_meanwhile_are_to_be_shown_again(salon: Salon) -> None:
    old = shown_hash(salon)
    salon.set_terms(cancellation={"steps": []})
    new = shown_hash(salon)

    status, refused = salon.book(accepted_terms=old)

    assert (status, refused["code"], refused["terms_hash"]) == (409, "terms_changed", new)
    assert salon.is_free()
    assert salon.booked(accepted_terms=new)["status"] == "awaiting_payment"


def test_a_changed_hold_time_is_no_change_of_terms(salon: Salon) -> None:
    old = shown_hash(salon)
    salon.set_terms(hold_minutes=45)
    assert salon.booked(accepted_terms=old)["status"] == "awaiting_payment"


def test_a_repeated_request_is_answered_although_the_terms_have_changed(salon: Salon) -> None:
    fields: dict[str, Any] = {
        "accepted_terms": shown_hash(salon),
        "headers": {"idempotency_key": "one"},
    }
    first = salon.booked(**fields)
    salon.set_terms(cancellation={"steps": []})
    assert salon.booked(**fields) == first


def test_what_was_accepted_is_kept_as_evidence(salon: Salon) -> None:
    accepted = shown_hash(salon)
    made = salon.booked(accepted_terms=accepted)
    stored = salon.stored(made)
    assert stored.terms
    assert stored.terms.terms_hash == accepted
    assert stored.terms.accepted_at_s == stored.created_at_s
    assert stored.terms.accepted_language == "de"
    assert stored.terms.accepted_from == salon.address
    assert salon.address not in str(salon.looked(made))
