"""Whose a movement is does not depend on its page, nor on which of its webhooks came, nor when."""

from collections.abc import Iterator
from typing import Any

import pytest

from shared.adapters.booking_store import BookingStore
from shared.adapters.stripe_api import StripeApi
from shared.adapters.sync_notes import BoundLate, SyncNotes
from shared.config import load_config
from shared.domain.ledger.entry import LedgerEntry
from tests.fake_aws import FakeAws
from tests.surroundings.salon import connected, stripe_beside
from tests.surroundings.till import AVAILABLE_AT_ONCE, LOCATION, Till

pytestmark = pytest.mark.enable_socket


# Longer than a sync looks back, and before a payout lists everything once more.
LATER_S = 3 * 3600
OURS = {"location_id": LOCATION, "booking_id": "bk_1", "purpose": "prepayment"}


@pytest.fixture
def till(store: BookingStore, aws: FakeAws, monkeypatch: pytest.MonkeyPatch) -> Iterator[Till]:
    """A location with a Stripe account of its own, whose pages have one entry each."""
    monkeypatch.setattr("shared.adapters.stripe_api.PAGE", 1)
    with stripe_beside(seed=7) as beside, connected(beside, aws, monkeypatch):
        till = Till(beside, store)
        yield till
        till.close()


def test_a_refund_that_a_webhook_told_has_the_booking_of_its_charge_on_another_page(
    till: Till,
) -> None:
    """Bug: "known" was taken for "known whose it is", and the refund had no booking for ever."""
    till.book("bk_1")
    charge = till.pay("bk_1", card=AVAILABLE_AT_ONCE)
    till.lose()
    refund = till.refund(charge, 900)
    till.deliver(lambda event: event["type"] == "refund.created")
    till.sync()
    found = till.entry_of(refund)
    assert (found.booking_id, found.purpose) == ("bk_1", "prepayment")
    assert (found.service_id, found.employee_id) == ("cut", "anna")
    assert till.entry_of(charge).booking_id == "bk_1"


def test_a_dispute_that_a_webhook_told_has_the_booking_of_its_charge_on_another_page(
    till: Till,
) -> None:
    till.book("bk_1")
    charge = till.pay("bk_1", card=AVAILABLE_AT_ONCE)
    till.lose()
    dispute = till.dispute(charge)
    till.deliver(lambda event: event["type"].startswith("charge.dispute."))
    till.sync()
    assert till.entry_of(dispute).booking_id == "bk_1"


# ------------------------------------------------------------------ learned after it was written


def pass_time(till: Till, *, grace_s: int = 0) -> None:
    """Let hours go by, and a sync: the next one does not look so far back by itself."""
    till.advance(LATER_S)
    till.sync(grace_s=grace_s)


def whose(entry: LedgerEntry) -> tuple[str | None, str | None, str | None, str, int]:
    return (
        *(entry.booking_id, entry.service_id, entry.employee_id),
        *(entry.purpose, entry.attributions),
    )


@pytest.mark.parametrize("are_webhooks_lost", [True, False], ids=["untold", "told"])
@pytest.mark.parametrize("takes_back", ["refund", "dispute"])
def test_a_charge_that_turns_out_to_be_ours_takes_its_refund_and_its_dispute_along(
    till: Till, takes_back: str, are_webhooks_lost: bool
) -> None:
    """Bug: an entry is written once, and kept no booking where that was learned a day later."""
    till.book("bk_1")
    charge = till.pay(None, card=AVAILABLE_AT_ONCE)
    back = till.refund(charge, 900) if takes_back == "refund" else till.dispute(charge)
    till.deliver(lambda _event: not are_webhooks_lost)
    till.sync()
    before = {each.balance_transaction: each for each in till.entries()}
    assert {whose(each) for each in before.values()} == {(None, None, None, "", 0)}
    pass_time(till)
    till.api.charges.update(charge, {"metadata": OURS})
    till.deliver()

    till.sync()

    learned = ("bk_1", "cut", "anna", "prepayment", 1)
    assert [whose(till.entry_of(each)) for each in (charge, back)] == [learned, learned]
    after = {each.balance_transaction: each for each in till.entries()}
    for name, known in before.items():
        assert (after[name].amount_minor, after[name].net_minor) == (
            *(known.amount_minor, known.net_minor),
        )
    assert till.ledger.get_balances(LOCATION) == till.balance()
    assert till.money_of(["bk_1"])[0]["captured"] == 4900
    # Once and for all, however often a sync looks.
    till.advance(LATER_S)
    till.sync()
    assert [whose(till.entry_of(each)) for each in (charge, back)] == [learned, learned]
    assert late_notes() == 0


def test_a_booking_that_is_made_after_its_payment_gives_the_entry_its_service(till: Till) -> None:
    charge = till.pay("bk_1", card=AVAILABLE_AT_ONCE)
    till.deliver()
    till.sync()
    assert whose(till.entry_of(charge)) == ("bk_1", None, None, "prepayment", 0)
    pass_time(till)
    till.book("bk_1")
    till.api.charges.update(charge, {"description": "Haircut"})
    till.deliver()
    till.sync()
    assert whose(till.entry_of(charge)) == ("bk_1", "cut", "anna", "prepayment", 1)


@pytest.mark.parametrize("is_late", [False, True], ids=["within the hour", "hours later"])
def test_our_own_record_of_a_payment_wins_over_what_metadata_claimed_when_it_was_written(
    till: Till, is_late: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    till.book("bk_1")
    till.book("bk_2")
    charge = till.pay("bk_1", card=AVAILABLE_AT_ONCE)
    completed = [each for each in till.events() if each["type"] == "checkout.session.completed"]
    till.api.charges.update(charge, {"metadata": {**OURS, "booking_id": "bk_2"}})
    till.sync(grace_s=86_400)
    assert till.entry_of(charge).booking_id == "bk_2"
    if is_late:
        pass_time(till, grace_s=86_400)
    late_s = float(till.now_s())
    monkeypatch.setattr("time.time", lambda: late_s)
    till.deliver(lambda event: event["id"] == completed[0]["id"])
    till.sync(grace_s=10 * 86_400)
    assert till.entry_of(charge).booking_id == "bk_1"
    assert late_notes() == 0


def test_metadata_that_is_edited_after_its_entry_was_written_moves_nothing(till: Till) -> None:
    till.book("bk_1")
    till.book("bk_2")
    charge = till.pay("bk_1", card=AVAILABLE_AT_ONCE)
    till.sync(grace_s=86_400)
    till.api.charges.update(charge, {"metadata": {**OURS, "booking_id": "bk_2"}})
    till.lose()
    till.sync(grace_s=86_400)
    assert whose(till.entry_of(charge)) == ("bk_1", "cut", "anna", "prepayment", 0)


def test_what_is_bound_as_usual_costs_no_note(till: Till) -> None:
    till.book("bk_1")
    charge = till.pay("bk_1", card=AVAILABLE_AT_ONCE)
    till.refund(charge, 900)
    till.deliver()
    assert late_notes() == 0
    till.sync()
    assert late_notes() == 0
    assert {entry.attributions for entry in till.entries()} == {0}


def test_what_is_learned_while_a_sync_looks_at_a_payment_waits_for_the_next_one(
    till: Till, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Bug: the note was deleted by its payment's name, a newer one that nobody had read too."""
    till.book("bk_1")
    charge = till.pay(None, card=AVAILABLE_AT_ONCE)
    till.deliver()
    pass_time(till)
    till.api.charges.update(charge, {"metadata": OURS})
    till.deliver()
    assert late_notes() == 1
    listing = StripeApi.list_disputes

    def meanwhile(api: StripeApi, charge_id: str) -> list[dict[str, Any]]:
        notes = SyncNotes(load_config())
        newer = BoundLate(charge_id, "", till.now_s(), "evt_meanwhile")
        notes.note_bound_late(LOCATION, False, [newer])
        return listing(api, charge_id)

    with monkeypatch.context() as patched:
        patched.setattr(StripeApi, "list_disputes", meanwhile)
        till.sync()
    assert late_notes() == 1

    till.sync()

    assert late_notes() == 0


def late_notes() -> int:
    return len(SyncNotes(load_config()).list_bound_late(LOCATION, livemode=False))
