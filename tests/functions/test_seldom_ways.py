"""Ways that a function goes seldom: what its role allows for them is needed there.

Where its time was up, with a key that no `make move-secrets` has moved yet, at a report that has to
sync for itself, and where SES is asked for more than the sender.
"""

import json
from collections.abc import Callable, Iterator
from copy import replace
from datetime import date, timedelta
from typing import Any

import boto3
import pytest
from botocore.stub import Stubber

from functions.order_reminders import handler as reminders_function
from functions.request_morning_reports import handler as reports_function
from functions.start_syncs import handler as syncs_function
from functions.sync_ledger import handler as sync_function
from shared import environment
from shared.adapters import location_store
from shared.adapters.booking_store import BookingStore
from shared.adapters.location_store import LocationStore
from shared.adapters.tick_positions import TickPositions
from shared.config import Config, load_config
from shared.domain.dates.local_day import local_day
from shared.domain.dates.report_day import report_day
from shared.workflows.connection.stores import make_stores
from shared.workflows.ledger.sync_ledger import LedgerSync
from shared.workflows.locations import in_parts
from shared.workflows.locations.in_parts import LocationsInParts
from tests.aws_rights import USED
from tests.builders import messages
from tests.fake_aws import FakeAws
from tests.functions import test_charge_fee as fees
from tests.functions import test_refund_payment as refunds
from tests.functions.test_charge_fee import ended
from tests.functions.test_refund_payment import made as made  # noqa: PLC0414
from tests.functions.test_start_syncs import Short
from tests.messages import order_envelope
from tests.surroundings.morning import MORNING_H, Morning
from tests.surroundings.salon import Salon, StripeBeside, connected, stripe_beside
from tests.surroundings.stripe_accounts import SETTINGS, Owners
from tests.surroundings.till import LOCATION, Till

pytestmark = pytest.mark.enable_socket


def has_used(function: str, action: str) -> bool:
    return any((function, action) == each[:2] for each in USED)


# ------------------------------------------------------------------ a tick whose time is up

TICKS = [syncs_function, reports_function, reminders_function]


@pytest.mark.parametrize("tick", TICKS, ids=lambda each: each.TICK)
def test_a_tick_notes_where_its_time_was_up_and_forgets_it_once_it_has_come_around(
    tick: Any, places: LocationStore, aws: FakeAws, context: Any, config: Config,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    del places, aws
    for module in (location_store, in_parts):
        monkeypatch.setattr(module, "PAGE", 1)
    positions = TickPositions(config)
    monkeypatch.setitem(environment._made, LocationsInParts, Short(1))
    tick.handler({"part": 0, "parts": 1}, context)
    assert positions.get(tick.TICK, "0 of 1").endswith("#demo")
    monkeypatch.setitem(environment._made, LocationsInParts, LocationsInParts(config))
    tick.handler({"part": 0, "parts": 1}, context)
    assert positions.get(tick.TICK, "0 of 1") == ""


# ------------------------------------------------------------------ a key that nobody moved yet


@pytest.fixture
def unmoved(aws: FakeAws) -> Callable[[], None]:
    """Let the key be where 1.0 wrote it, for a new execution environment."""

    def put_back() -> None:
        aws.parameters[f"/bookpay/api-keys/{LOCATION}"] = aws.sealed.pop(f"api#{LOCATION}")
        environment.forget()
        aws.calls.clear()

    return put_back


def test_a_refund_is_made_with_a_key_that_nobody_moved_yet(
    salon: Salon, made: dict[str, Any], at_stripe: StripeBeside, unmoved: Any, aws: FakeAws
) -> None:
    unmoved()
    assert refunds.run(salon, made)
    [refund] = refunds.refunds(at_stripe, salon.stored(made))
    assert refund["amount"] == 1000
    assert aws.calls["GetParameter"] == 1


def test_a_hold_is_taken_with_a_key_that_nobody_moved_yet(
    salon: Salon, at_stripe: StripeBeside, unmoved: Any, aws: FakeAws
) -> None:
    made = ended(salon, at_stripe, "perm")
    unmoved()
    assert fees.run(salon, made)
    assert fees.order(salon.stored(made)).status == "done"
    assert aws.calls["GetParameter"] == 1


@pytest.fixture
def till(aws: FakeAws, store: BookingStore, monkeypatch: pytest.MonkeyPatch) -> Iterator[Till]:
    with stripe_beside(seed=31) as beside, connected(beside, aws, monkeypatch):
        opened = Till(beside, store)
        yield opened
        opened.close()


def test_a_ledger_is_synced_with_a_key_that_nobody_moved_yet(
    till: Till, unmoved: Any, aws: FakeAws, context: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    till.pay(None, 4321)
    unmoved()
    monkeypatch.setitem(environment._made, LedgerSync, till.syncs())
    order = order_envelope("sync_ledger", continuation=None)
    answer = sync_function.handler(messages(json.dumps(order)), context)
    assert answer == {"batchItemFailures": []}
    assert [each.amount_minor for each in till.entries()] == [4321]
    assert aws.calls["GetParameter"] == 1


# ------------------------------------------------------------------ a report that syncs for itself


def test_a_mornings_report_fetches_what_no_sync_has_and_reads_the_one_before(
    morning: Morning, till: Till, now: Any
) -> None:
    """An idle location's day is left to its report."""
    till.pay(None, 4321)
    zone = morning.location.timezone
    paid_on = date.fromisoformat(local_day(till.now_s(), zone))
    for at in range(2):
        closing = report_day(paid_on + timedelta(days=at), zone)
        now.now_s = closing.end_s + MORNING_H * 3600
        assert morning.order(closing) == {"batchItemFailures": []}
    assert [each.amount_minor for each in till.entries()] == [4321]
    told = [
        json.loads(body) for name, body in morning.files().items() if name.endswith("TEST.json")
    ]
    assert [[each["amount"] for each in report["entries"]] for report in told] == [[4321], []]
    for action in ("dynamodb:BatchWriteItem", "kms:Decrypt", "s3:GetObject"):
        assert has_used("BuildMoneyFlowReport", action), action


# ------------------------------------------------------------------ what SES tells, and to whom


def test_whether_ses_tells_of_what_comes_back_is_asked_by_the_right_for_it(
    owners: Owners, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert owners.put()[0] == 200
    known = replace(environment.get(make_stores).config, mail_events="bookpay-mails")
    monkeypatch.setattr(environment, "load_config", lambda: known)
    environment.forget()
    newer = boto3.client("sesv2", region_name=load_config().aws.region)
    make: Any = boto3.client
    monkeypatch.setattr(
        boto3, "client", lambda name, **more: newer if name == "sesv2" else make(name, **more)
    )
    with Stubber(newer) as stubber:
        stubber.add_client_error(
            "get_configuration_set_event_destinations", "NotFoundException", http_status_code=404
        )
        status, found = owners("GET", f"{SETTINGS}/check")
    assert status == 200
    lines = {each["name"]: each["status"] for each in found["lines"]}
    assert lines["mails that come back"] != "ok"
    assert has_used("ConnectStripe", "ses:GetConfigurationSetEventDestinations")
