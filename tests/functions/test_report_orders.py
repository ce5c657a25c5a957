"""Which day an order of a report means, wherever the location has moved since it was made."""

import json
from copy import replace
from datetime import date
from typing import Any

import pytest

from functions.build_money_flow_report import handler as build_function
from shared.domain.dates.report_day import report_day
from shared.domain.messages.envelopes import envelope_of, read_envelope
from shared.domain.messages.ledger_orders import BuildReport
from shared.domain.reports.schedule import morning_report, report_on_request
from tests.builders import messages
from tests.domain.ledger_entries import entry
from tests.surroundings.morning import MORNING_H, SALON, Morning
from tests.surroundings.places import locations

pytestmark = pytest.mark.enable_socket
TOKYO, NEW_YORK = "Asia/Tokyo", "America/New_York"
DAY = date(2026, 11, 21)
IN_TOKYO, IN_NEW_YORK = report_day(DAY, TOKYO), report_day(DAY, NEW_YORK)


def move(morning: Morning, timezone: str) -> None:
    morning.location = replace(morning.location, timezone=timezone)
    locations().save_location(morning.location)


def ordered(morning: Morning) -> dict[str, Any]:
    """The order of the day's report, as the tick sends it now."""
    return envelope_of(morning_report(morning.location, DAY, 0))


def build(morning: Morning, order: dict[str, Any]) -> list[Any]:
    answer = build_function.handler(messages(json.dumps(order)), morning.context)
    return list(answer["batchItemFailures"])


def report_of(morning: Morning, run: str = "morning") -> Any:
    return json.loads(morning.files()[f"demo/test/{DAY}/{run}/money-flow-demo-{DAY}-TEST.json"])


def test_an_order_says_which_zone_its_day_is_of() -> None:
    for order in (morning_report(SALON, DAY, 0), report_on_request(SALON, DAY, "r1", 0)):
        assert read_envelope(envelope_of(order), BuildReport) == order
        assert order.timezone == SALON.timezone


def test_an_order_that_waits_while_the_location_moves_means_the_day_that_it_was_made_for(
    morning: Morning, now: Any
) -> None:
    """Bug: it closed a day that was not over, and no morning's report came for a month."""
    move(morning, TOKYO)
    order = ordered(morning)
    morning.enter(
        entry("charge", 900, balance_transaction="txn_tokyo", created_s=IN_TOKYO.start_s + 60),
        entry("charge", 700, balance_transaction="txn_after", created_s=IN_TOKYO.end_s + 60),
    )
    move(morning, NEW_YORK)
    now.now_s = IN_TOKYO.end_s + MORNING_H * 3600
    assert now.now_s < IN_NEW_YORK.end_s
    assert build(morning, order) == []
    told = report_of(morning)
    assert (told["timezone"], told["final"]) == (TOKYO, True)
    assert [each["entry_id"] for each in told["entries"]] == ["txn_tokyo"]


def test_mornings_after_a_move_have_their_reports(morning: Morning, now: Any) -> None:
    move(morning, TOKYO)
    order = ordered(morning)
    move(morning, NEW_YORK)
    now.now_s = IN_TOKYO.end_s + MORNING_H * 3600
    assert build(morning, order) == []
    for day in morning.next_days(1, 3):
        now.now_s = day.end_s + MORNING_H * 3600
        assert morning.order(day) == {"batchItemFailures": []}
    assert len(morning.mails()) == 4


def test_a_day_that_is_not_over_is_never_closed(morning: Morning, now: Any) -> None:
    move(morning, NEW_YORK)
    now.now_s = IN_NEW_YORK.end_s - 1
    assert build(morning, ordered(morning)) == [{"itemIdentifier": "message-0"}]
    assert morning.mails() == []
    now.now_s = IN_NEW_YORK.end_s
    assert build(morning, ordered(morning)) == []
    assert len(morning.mails()) == 1
