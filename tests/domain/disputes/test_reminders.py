"""Mails about disputes: one for each piece of news, reminders for the deadline that holds."""

import itertools
from copy import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.bookings.dispute_record import DisputeRecord, dispute_records
from shared.domain.dates.instants import DAY_S, rfc3339
from shared.domain.disputes.reminders import Cause, dispute_orders, is_reminder_due
from shared.domain.stripe_facts.payment_facts import EMPTY, Facts, merge
from shared.domain.stripe_facts.read_events import read_event
from shared.domain.typed_json import to_json
from tests.builders import charge, event
from tests.disputed import DUE_S, OPENED_S, dispute, inquiry

NOW_S = OPENED_S
CAUSE = Cause("demo", "evt_1", OPENED_S, NOW_S)


def facts(*shown: dict[str, Any]) -> Facts:
    known = EMPTY
    for each in shown:
        known = merge(known, read_event(event("charge.dispute.updated", each)).facts)
    return known


def due(at_s: int) -> dict[str, Any]:
    return {"evidence_details": {"due_by": at_s}}


def moved(status: str, *movements: str) -> dict[str, Any]:
    """A dispute over 49.00 EUR whose money moved once more for each name: back, or away again."""
    first = dispute()["balance_transactions"]
    more = [
        {
            **first[0],
            "id": f"txn_1_{name}",
            "amount": 4900 if name == "back" else -4900,
            "reporting_category": "dispute_reversal" if name == "back" else "dispute",
        }
        for name in movements
    ]
    return dispute(status=status, balance_transactions=[*first, *more])


# When `tests.builders.event` says that its events were.
AT_S = 1_795_372_400
WON_AT_LAST = {**moved("won", "back"), **due(DUE_S + 2 * DAY_S)}


class Outbox:
    """What would be in the table: orders applied one after the other."""

    def __init__(self) -> None:
        self.told: list[str] = []
        self.waiting: set[tuple[str, int]] = set()
        self.known = EMPTY

    def hear(self, shown: Facts, now_s: int = NOW_S) -> None:
        after = merge(self.known, shown)
        orders = dispute_orders(self.known, after, "bk_1", replace(CAUSE, now_s=now_s))
        self.waiting -= set(orders.called_off)
        for message in orders.messages:
            if message.due_s:
                self.waiting.add((message.message_id, message.due_s))
            else:
                self.told.append(message.message_id)
        self.known = after

    def hear_all(self, *shown: dict[str, Any]) -> None:
        for each in shown:
            self.hear(facts(each))


def test_a_chargeback_is_told_and_reminded_of_four_days_and_one_day_before() -> None:
    orders = dispute_orders(EMPTY, facts(dispute()), "bk_1", CAUSE)
    assert [(each.kind, each.due_s) for each in orders.messages] == [
        ("dispute_opened", None),
        ("dispute_deadline", DUE_S - 4 * DAY_S),
        ("dispute_deadline", DUE_S - DAY_S),
    ]
    assert orders.called_off == ()
    assert {each.detail_type for each in orders.messages} == {"send_mail"}
    assert to_json(orders.messages[1]) == {
        "schema": 1,
        "message_id": f"dp_1-deadline-{DUE_S}-4",
        "occurred_at": rfc3339(OPENED_S),
        "location_id": "demo",
        "booking_id": "bk_1",
        "caused_by": "evt_1",
        "kind": "dispute_deadline",
        "stripe_dispute_id": "dp_1",
        "dispute_kind": "chargeback",
        "status": "needs_response",
        "amount": 4900,
        "currency": "eur",
        "evidence_due_by": rfc3339(DUE_S),
        "days_left": 4,
        "due_s": DUE_S - 4 * DAY_S,
    }


def test_a_dispute_without_a_booking_is_told_as_well() -> None:
    orders = dispute_orders(EMPTY, facts(dispute()), None, CAUSE)
    assert len(orders.messages) == 3
    assert {each.booking_id for each in orders.messages} == {None}


def test_a_reminder_whose_time_is_past_is_not_asked_for() -> None:
    late = replace(CAUSE, now_s=DUE_S - 4 * DAY_S)
    orders = dispute_orders(EMPTY, facts(dispute()), "bk_1", late)
    assert [each.due_s for each in orders.messages] == [None, DUE_S - DAY_S]


def test_no_deadline_no_reminder() -> None:
    orders = dispute_orders(EMPTY, facts(dispute(evidence_details={})), "bk_1", CAUSE)
    assert [each.kind for each in orders.messages] == ["dispute_opened"]
    assert "evidence_due_by" not in to_json(orders.messages[0])


def test_an_inquiry_that_becomes_a_chargeback_is_told_again_with_its_new_deadline() -> None:
    outbox = Outbox()
    later_s = DUE_S + 9 * DAY_S
    outbox.hear_all(inquiry(), dispute(**due(later_s)))
    assert outbox.told == ["dp_1-opened-inquiry", "dp_1-opened-chargeback"]
    assert {due_s for _, due_s in outbox.waiting} == {later_s - 4 * DAY_S, later_s - DAY_S}


@pytest.mark.parametrize("status", ["under_review", "lost", "won", "prevented"])
def test_nothing_is_reminded_of_when_the_bank_waits_no_more(status: str) -> None:
    outbox = Outbox()
    outbox.hear_all(dispute())
    assert len(outbox.waiting) == 2
    outbox.hear_all(dispute(status=status))
    assert outbox.waiting == set()


def test_evidence_that_was_handed_in_is_no_news() -> None:
    outbox = Outbox()
    outbox.hear_all(dispute(), dispute(status="under_review"))
    assert outbox.told == ["dp_1-opened-chargeback"]


def test_closed_before_created_is_told_once_as_closed() -> None:
    outbox = Outbox()
    outbox.hear_all(dispute(status="lost"), dispute())
    assert outbox.told == ["dp_1-closed-lost"]
    assert outbox.waiting == set()


def test_lost_and_won_after_all_are_two_mails() -> None:
    outbox = Outbox()
    outbox.hear_all(dispute(), dispute(status="lost"), WON_AT_LAST)
    assert outbox.told == ["dp_1-opened-chargeback", "dp_1-closed-lost", f"dp_1-closed-won-{AT_S}"]


def test_won_and_lost_after_all_are_two_mails() -> None:
    """Bug: nobody was told of the loss, as "won" was taken for the end of a dispute."""
    outbox = Outbox()
    outbox.hear_all(dispute(), moved("won", "back"), moved("lost", "back", "again"))
    assert outbox.told == [
        "dp_1-opened-chargeback",
        "dp_1-closed-won",
        f"dp_1-closed-lost-{AT_S}",
    ]


def test_a_dispute_that_is_opened_again_is_told_with_its_new_deadline() -> None:
    outbox = Outbox()
    outbox.hear(facts(dispute(status="won")))
    again = event("charge.dispute.updated", dispute(**due(DUE_S + 9 * DAY_S)), created=AT_S + 1)
    outbox.hear(read_event(again).facts)
    assert outbox.told == ["dp_1-closed-won", f"dp_1-opened-chargeback-{AT_S + 1}"]
    assert {due_s for _, due_s in outbox.waiting} == {DUE_S + 5 * DAY_S, DUE_S + 8 * DAY_S}


def test_a_deadline_that_was_brought_forward_is_reminded_of() -> None:
    outbox = Outbox()
    outbox.hear(facts(dispute()))
    sooner = event("charge.dispute.updated", dispute(**due(DUE_S - DAY_S)), created=AT_S + 1)
    outbox.hear(read_event(sooner).facts)
    assert {due_s for _, due_s in outbox.waiting} == {DUE_S - 5 * DAY_S, DUE_S - 2 * DAY_S}


def test_an_inquiry_that_ends_is_told_as_closed() -> None:
    outbox = Outbox()
    outbox.hear_all(inquiry(), inquiry(status="warning_closed"))
    assert outbox.told == ["dp_1-opened-inquiry", "dp_1-closed-warning_closed"]
    assert outbox.waiting == set()


def test_each_dispute_of_a_charge_is_told_for_itself() -> None:
    outbox = Outbox()
    outbox.hear_all(dispute(1, amount=2000), dispute(2, amount=2900))
    assert outbox.told == ["dp_1-opened-chargeback", "dp_2-opened-chargeback"]
    outbox.hear_all(dispute(1, amount=2000, status="lost"))
    assert {name.partition("-")[0] for name, _ in outbox.waiting} == {"dp_2"}


def test_a_charge_that_comes_after_its_dispute_is_no_news() -> None:
    outbox = Outbox()
    outbox.hear_all(dispute())
    told = list(outbox.told)
    outbox.hear(read_event(event("charge.succeeded", charge())).facts)
    assert outbox.told == told
    assert len(outbox.waiting) == 2


def record(shown: dict[str, Any]) -> DisputeRecord:
    return dispute_records(facts(shown), "bk_1")[0]


def test_a_reminder_that_comes_holds_for_its_own_deadline_and_an_open_question_only() -> None:
    assert is_reminder_due(record(dispute()), rfc3339(DUE_S))
    assert not is_reminder_due(record(dispute(**due(DUE_S + DAY_S))), rfc3339(DUE_S))
    assert not is_reminder_due(record(dispute(status="under_review")), rfc3339(DUE_S))
    assert not is_reminder_due(record(dispute(status="lost")), rfc3339(DUE_S))


STORY = (
    inquiry(),
    inquiry(status="warning_under_review"),
    dispute(**due(DUE_S + 2 * DAY_S)),
    dispute(status="under_review", **due(DUE_S + 2 * DAY_S)),
    dispute(status="lost", **due(DUE_S + 2 * DAY_S)),
    WON_AT_LAST,
)


def test_in_every_order_the_end_is_told_once_and_nothing_waits() -> None:
    for order in itertools.permutations(STORY):
        outbox = Outbox()
        outbox.hear_all(*order, *reversed(order))
        assert outbox.waiting == set()
        won = [name for name in outbox.told if name.startswith("dp_1-closed-won")]
        assert len(won) == 1
        assert len(outbox.told) == len(set(outbox.told))


@given(st.lists(st.tuples(st.sampled_from(STORY), st.integers(0, 20)), max_size=12))
def test_what_waits_is_what_the_facts_say_whatever_came_before(
    heard: list[tuple[dict[str, Any], int]],
) -> None:
    outbox = Outbox()
    for shown, days in heard:
        moved = {**shown, **due(DUE_S + days * DAY_S)}
        outbox.hear(facts(moved))
    expected = set()
    for each in dispute_records(outbox.known, "bk_1"):
        if each.facts.wants_response:
            due_by_s = each.facts.evidence_due_by_s
            expected = {
                (f"dp_1-deadline-{due_by_s}-{days}", due_by_s - days * DAY_S) for days in (4, 1)
            }
    assert outbox.waiting == expected
    assert len(outbox.told) == len(set(outbox.told))
