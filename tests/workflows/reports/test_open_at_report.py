"""What is open at bookings when a report is made, and what if all that takes too long."""

import json
from copy import replace
from typing import Any

import pytest

from functions.serve_report import routes
from shared.adapters import bookings_table, month_lists
from shared.domain.dates.instants import rfc3339
from shared.workflows.reports import open_bookings
from tests.builders import booking, charge, event
from tests.disputed import OPENED_S, dispute
from tests.domain.builders import folded
from tests.surroundings.kept import keep
from tests.surroundings.morning import DAY, MORNING_S, Morning, text_of
from tests.surroundings.places import locations
from tests.workflows.reports.test_late_entries import payment
from tests.workflows.stripe_events.test_needed_actions import tell

pytestmark = pytest.mark.enable_socket
DAY_S = 86_400


def hold(morning: Morning, number: int, age_days: int, **changed: Any) -> None:
    """Keep a booking made so long ago, on whose card 49.00 EUR are held."""
    made_s = MORNING_S - age_days * DAY_S - number
    held = charge(number, captured=False, amount_captured=0, created=made_s, **changed)
    held["payment_method_details"]["card"]["capture_before"] = MORNING_S + DAY_S
    facts = folded([event("charge.succeeded", held, livemode=held["livemode"])])
    made = booking(f"bk_{number}", created_at_s=made_s, facts=facts)
    keep(morning.store, made)


def holds(morning: Morning) -> tuple[list[str], Any]:
    shown = morning.get_json(f"/{DAY.day}")
    listed = [each["booking_id"] for each in shown["authorized_open"]]
    return listed, shown["left_out"]["authorized_open"]


def test_holds_are_found_on_every_page_and_in_the_months_before(
    morning: Morning, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(month_lists, "PAGE_ITEMS", 2)
    for number, age_days in enumerate((1, 1, 1, 40, 100)):
        hold(morning, number, age_days)
    assert holds(morning) == (["bk_4", "bk_3", "bk_2", "bk_1", "bk_0"], 0)


def test_a_report_says_that_not_all_bookings_were_looked_at(
    morning: Morning, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(open_bookings, "MAX_BOOKINGS", 2)
    for number in range(2):
        hold(morning, number, 1)
    assert holds(morning) == (["bk_1", "bk_0"], 0)
    hold(morning, 2, 30)
    assert holds(morning) == (["bk_1", "bk_0"], None)
    morning.order()
    # The older of the two that were read tells where it stopped.
    oldest = rfc3339(MORNING_S - DAY_S - 1)
    left = morning.get_json(f"/{DAY.day}")["left_out"]
    assert left["authorized_open_before"] == oldest
    text = text_of(morning.mails()[0], "plain")
    assert f"only bookings made since {oldest} were looked at." in text
    assert "Stripe's Dashboard lists what is held for older ones among the payments" in text


def test_open_disputes_are_counted_page_by_page(
    morning: Morning, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bookings_table, "PAGE_ITEMS", 2)
    monkeypatch.setattr(open_bookings, "MAX_LISTED", 3)
    told = [event("charge.succeeded", charge(metadata={}))]
    told += [
        event("charge.dispute.created", dispute(number, created=OPENED_S + number))
        for number in range(5)
    ]
    tell(*told)
    shown = morning.get_json(f"/{DAY.day}")
    assert [each["stripe_dispute_id"] for each in shown["disputes"]] == ["dp_0", "dp_1", "dp_2"]
    assert shown["left_out"]["disputes"] == 2


def test_what_was_held_or_disputed_in_test_mode_is_in_no_live_report(morning: Morning) -> None:
    """Bug: whoever went live had play money among the morning's holds and disputes, for ever."""
    hold(morning, 2, 1)
    hold(morning, 3, 1, livemode=True)
    disputed = dispute(1, created=OPENED_S)
    tell(event("charge.succeeded", charge(metadata={})), event("charge.dispute.created", disputed))
    shown = morning.get_json(f"/{DAY.day}")
    assert [each["booking_id"] for each in shown["authorized_open"]] == ["bk_2"]
    assert [each["stripe_dispute_id"] for each in shown["disputes"]] == ["dp_1"]
    locations().save_location(replace(morning.location, mode="live"))
    shown = morning.get_json(f"/{DAY.day}")
    assert [each["booking_id"] for each in shown["authorized_open"]] == ["bk_3"]
    assert shown["disputes"] == []


def test_a_day_that_takes_too_long_to_read_is_offered_by_mail(
    morning: Morning, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(routes, "READ_S", -1)
    morning.enter(payment("1", DAY.start_s + 60))
    answer = morning.get(f"/{DAY.day}")
    assert answer["statusCode"] == 503
    problem = json.loads(answer["body"])
    assert problem["code"] == "report_too_large"
    assert "sent by mail" in problem["detail"]
