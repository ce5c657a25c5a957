"""One id leads from a request, or from an event of Stripe's, to all that follows from it."""

import ast
import io
import json
import time
from typing import Any

import pytest

from functions.publish_outbox import handler as publish_function
from functions.receive_stripe_webhook import handler as webhook_function
from functions.record_stripe_event import handler as record_function
from functions.refund_payment import handler as refund_function
from functions.serve_staff_api import handler as staff_function
from functions.start_syncs import handler as start_function
from shared.adapters.booking_store import BookingStore
from shared.adapters.sync_queue import ledger_syncs
from shared.config import load_config
from shared.domain.messages.ledger_orders import Continuation, SyncLedger
from tests.builders import WEBHOOK_SECRET, booking, charge, event, messages, signature
from tests.fake_aws import FakeAws
from tests.messages import order_envelope
from tests.surroundings.fixtures import ROOT, LambdaContext, TableInMoto
from tests.surroundings.mailbox import Mailbox
from tests.surroundings.salon import Salon, StripeBeside
from tests.surroundings.staff_calls import REQUEST_ID, StaffCalls

pytestmark = pytest.mark.enable_socket
TRACED = "Self=1-67891234-12456789abcdef012345678;Root=1-67891233-abcdef012345678912345678"


class Bus:
    """What waits in the outbox goes to the bus, and from there to whoever takes it."""

    def __init__(self, table: TableInMoto, aws: FakeAws, context: Any) -> None:
        self._table, self._aws, self._context = table, aws, context

    def publish(self) -> list[dict[str, Any]]:
        """Publish all that waits, and return the envelopes that are on the bus now."""
        waiting = [body for (_, sk), body in self._table.bodies("outbox").items() if sk == "outbox"]
        images = [{"NewImage": {"body": {"S": json.dumps(body)}}} for body in waiting]
        records = [{"dynamodb": {"SequenceNumber": "1", **image}} for image in images]
        before = len(self._aws.events)
        publish_function.handler({"Records": records}, self._context)
        return [
            {"detail-type": entry["DetailType"], "detail": json.loads(entry["Detail"])}
            for entry in self._aws.events[before:]
        ]


@pytest.fixture
def bus(table: TableInMoto, aws: FakeAws, context: Any) -> Bus:
    return Bus(table, aws, context)


def lines(log: io.StringIO) -> list[dict[str, Any]]:
    """Return what was logged since the last look."""
    found = [json.loads(line) for line in log.getvalue().splitlines() if line.startswith("{")]
    log.seek(0)
    log.truncate()
    # What was counted is no line of the log's.
    return [line for line in found if "_aws" not in line]


def ids(found: list[dict[str, Any]]) -> set[str | None]:
    assert found
    return {each.get("correlation_id") for each in found}


def test_a_request_is_followed_as_far_as_stripe_and_the_clients_mail(
    salon: Salon,
    at_stripe: StripeBeside,
    store: BookingStore,
    bus: Bus,
    mailbox: Mailbox,
    log: io.StringIO,
    context: Any,
) -> None:
    made = salon.booked()
    at_stripe.pay(made)
    salon.hear(made, at_stripe)
    bus.publish()
    lines(log)
    staff = StaffCalls(context, store, staff_function.handler)
    path = f"/v1/locations/demo/bookings/{made['booking_id']}/refunds"
    own = {"x-correlation-id": "my-own", "x-amzn-trace-id": TRACED}
    assert staff("POST", path, {"amount": 0}, headers=own)[0] == 422
    assert ids(lines(log)) == {REQUEST_ID}, "what a client sends is not taken for it"
    assert staff("POST", path, {"amount": 1000}, headers=own)[0] == 202
    [ordered] = [each for each in bus.publish() if each["detail-type"] == "refund_payment"]
    assert ordered["detail"]["correlation_id"] == REQUEST_ID
    lines(log)
    refund_function.handler(messages(json.dumps(ordered)), context)
    assert ids(lines(log)) == {REQUEST_ID}
    [told] = [each for each in bus.publish() if each["detail-type"] == "booking.changed"]
    assert told["detail"]["correlation_id"] == REQUEST_ID
    mailbox.hand(told)
    [sent] = [line for line in lines(log) if line["message"] == "mail sent"]
    assert sent["correlation_id"] == REQUEST_ID


def test_an_event_of_stripes_is_followed_by_its_own_id(
    store: BookingStore,
    aws: FakeAws,
    bus: Bus,
    log: io.StringIO,
    context: Any,
) -> None:
    store.create(booking(), client_digest="c", link_digest="l", answer=None)
    aws.sealed["signing#demo"] = json.dumps({"mode": "test", "secrets": [WEBHOOK_SECRET]})
    paid = event("charge.succeeded", charge())
    body = json.dumps(paid).encode()
    request = {
        "headers": {
            "stripe-signature": signature(body, WEBHOOK_SECRET, at_s=time.time()),
            "x-amzn-trace-id": TRACED,
        },
        "pathParameters": {"location_id": "demo"},
        "requestContext": {"requestId": REQUEST_ID},
        "body": body.decode(),
    }
    assert webhook_function.handler(request, context)["statusCode"] == 200
    assert ids(lines(log)) == {paid["id"]}
    [entry] = aws.events
    envelope = {"detail-type": entry["DetailType"], "detail": json.loads(entry["Detail"])}
    record_function.handler(messages(json.dumps(envelope)), context)
    assert ids(lines(log)) == {paid["id"]}
    [told] = bus.publish()
    assert (told["detail-type"], told["detail"]["correlation_id"]) == (
        "booking.changed",
        paid["id"],
    )


def test_each_message_of_a_batch_has_its_own(
    store: BookingStore, log: io.StringIO, context: Any, aws: FakeAws
) -> None:
    del store, aws
    sent = [event("payout.paid", {"id": "po_1"}) for _ in range(2)]
    bodies = [
        json.dumps({"detail-type": each["type"], "detail": {"location_id": "x", "event": each}})
        for each in sent
    ]
    record_function.handler(messages(*bodies, "no JSON"), context)
    found = [each["correlation_id"] for each in lines(log)]
    assert found == [sent[0]["id"], sent[1]["id"], "message-2"]


def test_a_message_of_an_earlier_release_is_read_and_known_by_its_queues_id(
    store: BookingStore, log: io.StringIO, aws: FakeAws, context: Any
) -> None:
    del store, aws
    order = order_envelope("refund_payment", booking_id="bk_none", refund_id="rf_1")
    del order["detail"]["correlation_id"]
    refund_function.handler(messages(json.dumps(order)), context)
    assert ids(lines(log)) == {"message-0"}


def test_a_schedules_run_is_followed_into_what_it_orders(
    salon: Salon, aws: FakeAws, context: LambdaContext
) -> None:
    del salon
    start_function.handler({}, context)
    assert {envelope["detail"]["correlation_id"] for _, envelope in aws.messages} == {
        context.aws_request_id
    }


def test_what_goes_on_keeps_the_id_that_it_began_with(aws: FakeAws) -> None:
    order = SyncLedger(
        message_id="m",
        occurred_at="2026-11-29T09:00:00Z",
        location_id="demo",
        correlation_id="where it began",
        continuation=Continuation(from_s=1, until_s=2),
    )
    ledger_syncs(load_config()).send([order])
    [(_, envelope)] = aws.messages
    assert envelope["detail"]["correlation_id"] == "where it began"


# What puts messages on the bus logs for many at once, and names each.
FOR_MANY = {"publish_outbox"}
GIVE_ONE = {"process_batch", "process_orders", "correlation_id_path", "set_correlation_id"}


def test_every_function_gives_its_log_an_id() -> None:
    without = set()
    for path in sorted((ROOT / "functions").glob("*/handler.py")):
        tree = ast.parse(path.read_text())
        names = {each.id for each in ast.walk(tree) if isinstance(each, ast.Name)}
        names |= {each.attr for each in ast.walk(tree) if isinstance(each, ast.Attribute)}
        names |= {each.arg for each in ast.walk(tree) if isinstance(each, ast.keyword) and each.arg}
        if not names & GIVE_ONE:
            without.add(path.parent.name)
    assert without == FOR_MANY


def test_what_could_not_be_published_is_named(
    store: BookingStore, bus: Bus, aws: FakeAws, log: io.StringIO, context: Any
) -> None:
    store.create(booking(), client_digest="c", link_digest="l", answer=None)
    paid = event("charge.succeeded", charge())
    envelope = {"detail-type": paid["type"], "detail": {"location_id": "demo", "event": paid}}
    record_function.handler(messages(json.dumps(envelope)), context)
    lines(log)
    aws.down.add("events")
    assert bus.publish() == []
    [*_, line] = lines(log)
    assert set(line["of"]) == {paid["id"]}
