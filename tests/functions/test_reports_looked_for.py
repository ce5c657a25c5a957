"""A morning's report that was ordered and not sent is told, whatever became of its order."""

from copy import replace
from typing import Any

import pytest

from functions.request_morning_reports import handler as tick_function
from tests.fake_aws import FakeAws
from tests.functions.test_alarms_ring import counted
from tests.surroundings.morning import DAY, Morning
from tests.surroundings.places import locations

pytestmark = pytest.mark.enable_socket
MISSING = ("Bookpay", "ReportMissing")


class Ticks:
    """The hourly tick, and at which hours since the day's end it missed a report."""

    def __init__(self, morning: Morning, aws: FakeAws, now: Any, capsys: Any) -> None:
        self.morning, self._aws, self._now, self._capsys = morning, aws, now, capsys

    def set(self, **changed: Any) -> None:
        self.morning.location = replace(self.morning.location, **changed)
        locations().save_location(self.morning.location)

    def tick(self, hour: int) -> bool:
        """Let the tick of an hour come, and return whether it missed a report."""
        self._now.now_s = DAY.end_s + hour * 3600
        self._aws.messages.clear()
        self._capsys.readouterr()
        tick_function.handler({}, self.morning.context)
        return MISSING in counted(self._capsys.readouterr().out)

    def missed(self, hours: range) -> list[int]:
        return [hour for hour in hours if self.tick(hour)]


@pytest.fixture
def ticks(morning: Morning, aws: FakeAws, now: Any, capsys: Any) -> Ticks:
    return Ticks(morning, aws, now, capsys)


@pytest.mark.parametrize("hour", [6, 21, 23])
def test_an_order_that_is_lost_without_a_failure_is_told_once(ticks: Ticks, hour: int) -> None:
    """Bug: nothing told of it, and no report came. A late hour's is looked for past midnight."""
    ticks.set(report_hour=hour)
    assert ticks.missed(range(4, hour + 8)) == [hour + 3]


def test_a_report_that_was_sent_is_not_missed_and_its_locations_mode_may_change(
    ticks: Ticks,
) -> None:
    assert ticks.missed(range(7)) == []
    assert ticks.morning.order() == {"batchItemFailures": []}
    ticks.set(mode="live")
    assert ticks.missed(range(7, 24)) == []


@pytest.mark.parametrize(
    "changed", [{"report_recipients": ("new@salon.example",)}, {"report_hour": 6}]
)
def test_what_a_setting_makes_due_afterwards_is_not_missed(
    ticks: Ticks, changed: dict[str, Any]
) -> None:
    ticks.set(report_recipients=("old@salon.example",), report_hour=12)
    if "report_recipients" in changed:
        ticks.set(report_recipients=(), report_hour=6)
    assert ticks.missed(range(9)) == []
    ticks.set(**changed)
    assert ticks.missed(range(9, 11)) == []
