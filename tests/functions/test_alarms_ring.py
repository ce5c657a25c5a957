"""Each alarm on a metric of our own is made to ring, and none rings when all is well."""

import importlib
import json
import time
from collections.abc import Callable, Iterator
from copy import replace
from dataclasses import dataclass
from typing import Any

import pytest

from functions.build_money_flow_report import handler as build_function
from functions.receive_stripe_webhook import handler as webhook_function
from functions.record_stripe_event import handler as record_function
from functions.serve_staff_api import handler as staff_function
from functions.start_syncs import handler as tick_function
from functions.sweep_outbox import handler as sweep_function
from functions.sync_ledger import handler as sync_function
from shared import environment
from shared.adapters.booking_store import BookingStore
from shared.adapters.bookings_table import BookingsTable
from shared.adapters.location_store import location_put
from shared.adapters.outbox import Outbox, message_puts
from shared.config import load_config
from shared.domain.errors import AwsDenied, AwsUnreachable
from shared.domain.messages.envelopes import envelope_of
from shared.domain.reports.schedule import morning_report
from shared.workflows.ledger.sync_ledger import LedgerSync
from tests.builders import WEBHOOK_SECRET, charge, event, from_queue, messages, signature
from tests.fake_aws import FakeAws
from tests.messages import changed, order_envelope
from tests.surroundings.demo_location import DEMO
from tests.surroundings.morning import Morning
from tests.surroundings.salon import Salon, connected, moment, stripe_beside
from tests.surroundings.staff_calls import StaffCalls, forget_stores
from tests.surroundings.till import LOCATION, Till
from tests.template.conftest import Template
from tests.template.test_alarms import alarms, watched

pytestmark = pytest.mark.enable_socket
SYNC = order_envelope("sync_ledger", continuation=None)


@dataclass
class Place:
    """What goes wrong somewhere, and how it looks from outside."""

    salon: Salon
    aws: FakeAws
    context: Any
    patch: pytest.MonkeyPatch

    def table_fails(self, error: Exception) -> None:
        def fail(*_: object, **__: object) -> None:
            raise error

        self.patch.setattr(BookingsTable, "get", fail)

    def staff_look(self) -> int:
        staff = StaffCalls(self.context, environment.get(BookingStore), staff_function.handler)
        return staff("GET", "/v1/locations/demo/bookings/bk_1")[0]

    def webhook(self, secret: str = WEBHOOK_SECRET) -> int:
        value = json.dumps({"mode": "test", "secrets": [WEBHOOK_SECRET]})
        self.aws.sealed["signing#demo"] = value
        body = json.dumps(event("charge.succeeded", charge()))
        header = signature(body.encode(), secret)
        request = {
            "pathParameters": {"location_id": "demo"},
            "headers": {"stripe-signature": header},
            "body": body,
        }
        return int(webhook_function.handler(request, self.context)["statusCode"])

    def sweep(self) -> Any:
        waits = message_puts([changed(message_id="m-1")], int(time.time()) - 300)
        BookingsTable(load_config()).put(waits)
        self.patch.setitem(environment._made, Outbox, Outbox(load_config()))
        return sweep_function.handler({}, self.context)


def aws_refuses_a_request(place: Place) -> None:
    place.table_fails(AwsDenied("dynamodb: AccessDeniedException", code="AccessDeniedException"))
    assert place.staff_look() == 500


def the_table_gives_no_answer(place: Place) -> None:
    place.table_fails(AwsUnreachable("the table gave no answer"))
    assert place.staff_look() == 503


def the_bus_takes_no_event(place: Place) -> None:
    place.aws.fail("PutEvents", *[(500, b'{"__type": "InternalFailure"}')] * 3)
    assert place.webhook() == 503


def somebody_signs_with_another_secret(place: Place) -> None:
    assert place.webhook("whsec_of_somebody_else") == 400


def an_event_arrives(place: Place) -> None:
    assert place.webhook() == 200


def an_event_names_a_booking_that_is_not_there(place: Place) -> None:
    stray = charge(metadata={"location_id": "demo", "booking_id": "bk_gone"})
    record_function.handler(from_queue(event("charge.succeeded", stray)), place.context)


def an_event_meets_a_table_that_refuses(place: Place) -> None:
    place.table_fails(AwsDenied("dynamodb: AccessDeniedException", code="AccessDeniedException"))
    record_function.handler(from_queue(event("charge.succeeded", charge())), place.context)


def the_bus_refuses_what_waits(place: Place) -> None:
    place.aws.fail("PutEvents", (400, b'{"__type": "AccessDeniedException"}'))
    assert place.sweep() == {"published": 0, "refused": 1}


def a_hold_cannot_be_read(place: Place) -> None:
    def broken(*_: object) -> None:
        raise KeyError("price")

    place.salon.booked()
    place.patch.setattr(BookingStore, "get_booking", broken)
    assert place.salon.release() == {"failed": 1}


def a_location_cannot_be_read(place: Place) -> None:
    put = location_put(replace(DEMO, location_id="broken"), 0)
    BookingsTable(load_config()).put([replace(put, body={"location_id": "broken"})])
    tick_function.handler({}, place.context)
    assert {order["detail"]["location_id"] for _, order in place.aws.messages} == {"demo", "other"}


CAUSES: dict[str, Callable[[Place], None]] = {
    "RequestFailed": aws_refuses_a_request,
    "RequestUnavailable": the_table_gives_no_answer,
    "WebhookNotAccepted": the_bus_takes_no_event,
    "WebhookRefused": somebody_signs_with_another_secret,
    "WebhookAccepted": an_event_arrives,
    "EventNotRecorded": an_event_meets_a_table_that_refuses,
    "EventNeedsAction": an_event_names_a_booking_that_is_not_there,
    "MessageNotPublished": the_bus_refuses_what_waits,
    "HoldFailed": a_hold_cannot_be_read,
    "TickUnfinished": a_location_cannot_be_read,
}
# These need a ledger, or a morning: their tests are below, and in test_reports_looked_for.py.
OF_THEIR_OWN = {"LedgerBalanceDiffers", "ReportNotBuilt", "ReportMissing"}
# It is what refusals are compared with.
HEALTHY = {"WebhookAccepted"}


def signals(template: Template) -> set[tuple[str, str]]:
    """Return the namespace and name of each metric of ours that an alarm is on."""
    found = {
        (namespace, metric)
        for alarm in alarms(template).values()
        for namespace, metric, dimensions in watched(alarm)
        if set(dimensions) == {"service"}
    }
    assert {namespace for namespace, _ in found} == {"Bookpay"}
    return found


def counted(printed: str) -> set[tuple[str, str]]:
    """Return what was printed for CloudWatch: the namespace and name of each metric above zero.

    https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
    """
    found = set()
    for line in printed.splitlines():
        if not line.startswith('{"_aws"'):
            continue
        document = json.loads(line)
        for group in document["_aws"]["CloudWatchMetrics"]:
            assert group["Dimensions"] == [["service"]]
            assert document["service"]
            for metric in group["Metrics"]:
                if sum(document[metric["Name"]]) > 0:
                    found.add((group["Namespace"], metric["Name"]))
    return found


@pytest.fixture
def template() -> Template:
    return Template()


@pytest.fixture
def place(
    salon: Salon, aws: FakeAws, context: Any, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Place]:
    forget_stores()
    yield Place(salon, aws, context, monkeypatch)
    forget_stores()


def test_every_metric_of_an_alarm_has_its_cause_here(template: Template) -> None:
    assert {metric for _, metric in signals(template)} == CAUSES.keys() | OF_THEIR_OWN


@pytest.mark.parametrize("metric", CAUSES)
def test_what_an_alarm_is_for_moves_its_metric(
    place: Place, template: Template, metric: str, capsys: pytest.CaptureFixture[str]
) -> None:
    capsys.readouterr()
    CAUSES[metric](place)
    rung = counted(capsys.readouterr().out) & signals(template)
    assert rung == {("Bookpay", metric)}


def test_a_ledger_that_does_not_add_up_moves_its_metric(
    store: BookingStore, aws: FakeAws, context: Any, template: Template,
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    with stripe_beside(seed=7) as beside, connected(beside, aws, monkeypatch):
        till = Till(beside, store)
        till.pay(None)
        monkeypatch.setitem(environment._made, LedgerSync, till.syncs())
        sync_function.handler(messages(json.dumps(SYNC)), context)
        assert not counted(capsys.readouterr().out) & signals(template)
        stolen = replace(till.entries()[0], balance_transaction="txn_of_nobody")
        till.ledger.put_entries(LOCATION, [stolen])
        sync_function.handler(messages(json.dumps(SYNC)), context)
        till.close()
    rung = counted(capsys.readouterr().out) & signals(template)
    assert rung == {("Bookpay", "LedgerBalanceDiffers")}


def test_a_report_that_cannot_be_built_moves_its_metric(
    morning: Morning, template: Template, monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    def fail(*_: object) -> None:
        raise AwsUnreachable("the table gave no answer")

    order = envelope_of(morning_report(morning.location, morning.day.day, 0))
    monkeypatch.setattr(BookingsTable, "get", fail)
    build_function.handler(messages(json.dumps(order)), morning.context)
    assert counted(capsys.readouterr().out) & signals(template) == {("Bookpay", "ReportNotBuilt")}


def test_a_healthy_hour_moves_none(
    place: Place, template: Template, capsys: pytest.CaptureFixture[str]
) -> None:
    """A booking that is made, looked at and lapses; an event that is told and recorded."""
    made = place.salon.booked()
    of_ours = {"location_id": "demo", "booking_id": made["booking_id"]}
    paid = charge(amount=4500, amount_captured=4500, metadata=of_ours)
    assert place.webhook() == 200
    record_function.handler(from_queue(event("charge.succeeded", paid)), place.context)
    assert place.staff_look() == 404
    assert place.sweep()["refused"] == 0
    place.salon.booked("talk", moment(12))
    place.salon.release()
    assert tick_function.handler({}, place.context)["ordered"] > 0
    metrics = {metric for _, metric in counted(capsys.readouterr().out) & signals(template)}
    assert metrics <= HEALTHY


TICKED = ["start_syncs", "request_morning_reports", "order_reminders", "sweep_outbox",
          "release_unpaid_slots"]  # fmt: skip


def test_those_are_what_a_schedule_calls(template: Template) -> None:
    ticked = {
        "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in name)[1:]
        for name, function in template.functions().items()
        if any(each["Type"] == "ScheduleV2" for each in function.get("Events", {}).values())
    }
    assert ticked == set(TICKED)


@pytest.mark.parametrize("name", TICKED)
def test_what_a_schedule_calls_fails_where_nothing_answers_so_that_lambda_counts_an_error(
    place: Place, template: Template, name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Bug: handlers caught everything, and `Crashes` could not ring for what it is for."""

    def fail(*_: object, **__: object) -> None:
        raise AwsUnreachable("the table gave no answer")

    for method in ("get", "put", "_listed", "_query", "put_each", "count_listed"):
        place.patch.setattr(BookingsTable, method, fail)
    handler = importlib.import_module(f"functions.{name}.handler").handler
    with pytest.raises(AwsUnreachable):
        handler({}, place.context)
    assert not counted(capsys.readouterr().out) & signals(template)
