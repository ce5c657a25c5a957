"""What breaks is mended, and nothing is lost or done twice: on the running system, by its parts.

Each test breaks something, looks at what is told meanwhile, and puts it right again.
"""

import json
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from itertools import batched
from pathlib import Path
from typing import Any

import httpx
import pytest

from infra.local.mails import LocalMail, list_new_mails, newest_name
from tests.messages import order_envelope
from tests.stack.broken import (
    QUEUE,
    WorkersKilled,
    bucket_refuses,
    dead_letters,
    impatient,
    items_of,
    queue_with,
    queues_of,
    stopped,
    wait_until_given_up,
    wait_until_quiet,
)
from tests.stack.money_calls import Desk, Shown, Stripe, book, pause, stripe_of
from tests.stack.operating import given_up, make
from tests.stack.running_stack import Stack
from tests.stack.started import ROOT
from tests.stack.stripe_sender import StripeSender, charge_succeeded, fresh_id
from tests.stack.waiting import wait_until

pytestmark = pytest.mark.stack

STOPPED_S = 60
REPORT_TO = "report@demo.test"


@pytest.fixture(scope="module")
def desk(stack: Stack) -> Desk:
    return Desk(stack.client("demo:manager"))


@pytest.fixture(scope="module")
def owner(stack: Stack) -> httpx.Client:
    return stack.client("demo:owner")


@pytest.fixture
def stripe(stack: Stack) -> Iterator[Stripe]:
    beside = stripe_of(stack)
    yield beside
    beside.forget_faults()


def sales(desk: Desk, number: int) -> list[str]:
    """Make sales at the desk, and return their ids."""
    body = {"amount": 4500, "currency": "eur", "description": "Haircut"}
    made = [desk.api.post("/v1/locations/demo/bookings", json=body) for _ in range(number)]
    return [str(each.json()["booking_id"]) for each in made]


def payments_of(desk: Desk, bookings: list[str], number: int) -> list[Shown]:
    """Wait until bookings have so many payments each, and return them."""

    def look() -> list[Shown] | None:
        found = [desk.read(booking_id) for booking_id in bookings]
        return found if all(len(each["payments"]) >= number for each in found) else None

    return wait_until(look, f"{number} payments of each of {len(bookings)} bookings")


def expect_each_once(found: list[Shown], events: list[dict[str, Any]]) -> None:
    """Every charge is a payment of its booking, once, and every event was applied once."""
    charges = [payment["charge"] for each in found for payment in each["payments"]]
    assert sorted(charges) == sorted(event["data"]["object"]["id"] for event in events)
    told = Counter(entry.get("event_id") for each in found for entry in each["timeline"])
    assert all(told[event["id"]] == 1 for event in events)
    taken = sum(event["data"]["object"]["amount"] for event in events)
    assert sum(each["amount_captured"] for each in found) == taken


def mail_folder(stack: Stack) -> Path:
    return Path(ROOT) / str(stack.described["mail_dir"])


def mails_since(stack: Stack, since: str, to: str) -> list[LocalMail]:
    return [mail for mail in list_new_mails(mail_folder(stack), since) if mail.to == to]


@pytest.mark.proof
def test_the_tables_stream_from_its_start_changes_nothing_a_second_time(
    stack: Stack, desk: Desk, owner: httpx.Client, stripe: Stripe
) -> None:
    """B8: every message that was ever told is told again, in the order in which it was."""
    public = stack.client()
    for card in ("4242424242424242", "4000000000005126"):
        booking = book(public, "haircut", (100, 700))
        assert stripe.pay(booking["checkout_url"], card) == "succeeded"
        booking_id = booking["booking_id"]
        found = desk.wait(booking_id, lambda b: b["payment_status"] == "paid", "paid")
        assert desk.refund(booking_id, amount=1500).status_code == 202
        desk.wait(booking_id, lambda b: not b["amount_refund_pending"], "refunded")
    stripe.told(f"charges/{found['payments'][0]['charge']}/dispute", reason="fraudulent")
    desk.wait(booking_id, lambda b: bool(b["disputes"]), "disputed")
    desk.ended(book(public, "haircut", (100, 700))["booking_id"], "cancel")
    today = datetime.now(UTC).date().isoformat()
    assert owner.post(f"/v1/locations/demo/reports/{today}/send").status_code == 202
    wait_until_quiet(stack)
    before, at_stripe = items_of(stack), whole_of(stripe)
    mails = newest_name(mail_folder(stack))

    replayed = replay_stream(stack)

    assert replayed > 10
    wait_until_quiet(stack)
    after = items_of(stack)
    changed = {key for key in before.keys() | after.keys() if before.get(key) != after.get(key)}
    assert changed == set()
    assert [each.subject for each in list_new_mails(mail_folder(stack), mails)] == []
    assert whole_of(stripe) == at_stripe


def whole_of(stripe: Stripe) -> dict[str, list[str]]:
    """Return the ids of all that Stripe was asked to make."""
    kinds = ("refunds", "payment_intents", "checkout/sessions", "charges")
    found: dict[str, list[str]] = {}
    for kind in kinds:
        ids: list[str] = []
        more = True
        while more:
            after = f"&starting_after={ids[-1]}" if ids else ""
            page = stripe.get(f"/v1/{kind}?limit=100{after}")
            ids += [each["id"] for each in page["data"]]
            more = page["has_more"]
        found[kind] = ids
    return found


def replay_stream(stack: Stack) -> int:
    """Hand all that the table's stream still has to the function behind it, as Lambda would."""
    streams, functions = stack.aws("dynamodbstreams"), stack.aws("lambda")
    [source] = [
        each
        for page in functions.get_paginator("list_event_source_mappings").paginate()
        for each in page["EventSourceMappings"]
        if ":dynamodb:" in each["EventSourceArn"]
    ]
    arn = source["EventSourceArn"]
    [shard] = streams.describe_stream(StreamArn=arn)["StreamDescription"]["Shards"]
    place = streams.get_shard_iterator(
        StreamArn=arn, ShardId=shard["ShardId"], ShardIteratorType="TRIM_HORIZON"
    )["ShardIterator"]
    records: list[dict[str, Any]] = []
    while place:
        page = streams.get_records(ShardIterator=place)
        if not page["Records"]:
            break
        records += page["Records"]
        place = page.get("NextShardIterator")
    # What the source's own filter lets through.
    told = [
        each
        for each in records
        if each["eventName"] == "INSERT" and each["dynamodb"]["Keys"]["sk"]["S"] == "outbox"
    ]
    for batch in batched(told, source["BatchSize"], strict=False):
        payload = json.dumps({"Records": batch}, default=str)
        answer = functions.invoke(FunctionName=source["FunctionArn"], Payload=payload)
        assert json.loads(answer["Payload"].read()) == {"batchItemFailures": []}
    return len(told)


@pytest.mark.proof
def test_workers_are_killed_during_500_webhooks_and_each_payment_is_recorded_once(
    stack: Stack, desk: Desk
) -> None:
    """A1, A4, A5: killed wherever they are, before and after what they do."""
    bookings = sales(desk, 20)
    events = [
        charge_succeeded(booking_id, 100 + number)
        for number in range(25)
        for booking_id in bookings
    ]

    functions = ("ReceiveStripeWebhook", "RecordStripeEvent", "PublishOutbox")
    kills = WorkersKilled(*functions, after_each=50, seed=25)

    def post(client: int) -> int:
        """Send a share of them as Stripe does, again until each is taken; return how often."""
        refused = 0
        # Under another name: what the emulator says of a function that was ended is not AWS's
        # answer, and is held to no contract.
        url = stack.api_url.replace("127.0.0.1", "localhost")
        with httpx.Client(base_url=url, timeout=40) as http:
            sender = StripeSender(http, stack.location_id, str(stack.described["webhook_secret"]))
            for event in events[client::8]:
                while (answer := sender.send(event)).status_code != 200:
                    assert answer.status_code >= 500, answer.text
                    refused += 1
                    assert refused < 200
                kills.one_more_is_done()
        return refused

    # What a killed worker had comes again after that, not after three minutes.
    with queue_with(stack, "StripeEvents", VisibilityTimeout=15):
        with ThreadPoolExecutor(8) as clients:
            refused = sum(clients.map(post, range(8)))
        found = payments_of(desk, bookings, 25)
        wait_until_quiet(stack)

    # An idle function has no worker to be killed.
    assert min(kills.killed[name] for name in functions) >= 3, kills.killed
    assert refused > 0, "no webhook was ended before it had answered"
    expect_each_once(found, events)
    assert given_up()["StripeEvents"] == 0


@pytest.mark.proof
def test_a_poison_message_in_every_queue_is_given_up_and_the_others_go_on(
    stack: Stack, desk: Desk, owner: httpx.Client, stripe: Stripe
) -> None:
    """D21: beside each lies one that can be read."""
    sqs, outputs = stack.aws("sqs"), stack.described["outputs"]
    assert set(given_up().values()) == {0}
    booking_id, charge = desk.paid(stripe)
    other, _ = desk.paid(stripe)
    paid_by_event = charge_succeeded(other, 100)
    today = datetime.now(UTC).date().isoformat()
    mails = newest_name(mail_folder(stack))
    bounce = {"bounceType": "Transient", "bounceSubType": "General", "bouncedRecipients": []}
    of_nobody = {"messageId": fresh_id("ses"), "destination": [], "tags": {}}
    good: dict[str, dict[str, Any]] = {
        "StripeEvents": {"detail": {"schema": 1, "location_id": "demo", "event": paid_by_event}},
        "RefundOrders": order_envelope("refund_payment", booking_id=other, refund_id="re_none"),
        "ChargeOrders": order_envelope("check_fee", booking_id=other),
        "LatePayments": order_envelope("settle_late_payment", booking_id=other),
        "LedgerSyncs": order_envelope("sync_ledger", continuation=None),
        "ReportOrders": order_envelope("build_report", location_id="nowhere", date=today),
        "Mails": order_envelope("booking.changed", booking_id=other, happened=[]),
        "MailReturns": {
            "source": "aws.ses",
            "detail-type": "Email Bounced",
            "detail": {"eventType": "Bounce", "bounce": bounce, "mail": of_nobody},
        },
    }
    poison = {
        name: ["no JSON", json.dumps({"detail-type": "unheard_of", "detail": {"in": name}})]
        for name in queues_of(stack)
    }
    assert good.keys() == poison.keys()

    with impatient(stack, *poison):
        for name, (first, second) in poison.items():
            bodies = (first, json.dumps(good[name]), second)
            entries = [{"Id": str(n), "MessageBody": body} for n, body in enumerate(bodies)]
            sent = sqs.send_message_batch(QueueUrl=outputs[f"{name}{QUEUE}"], Entries=entries)
            assert not sent.get("Failed")
        # What people do meanwhile.
        assert desk.refund(booking_id, amount=1500).status_code == 202
        assert owner.post(f"/v1/locations/demo/reports/{today}/send").status_code == 202
        wait_until_given_up(stack, dict.fromkeys(poison, 2))
        wait_until_quiet(stack)

    assert {name: sorted(dead_letters(stack, name)) for name in poison} == {
        name: sorted(bodies) for name, bodies in poison.items()
    }
    desk.wait(booking_id, lambda b: b["amount_refunded"] == 1500, "refunded")
    assert [each["amount"] for each in stripe.refunds(charge)] == [1500]
    assert len(desk.read(other)["payments"]) == 2
    assert len(mails_since(stack, mails, REPORT_TO)) == 1
    assert set(given_up().values()) == {0}


@pytest.mark.proof
def test_a_hundred_dead_letters_are_moved_back_by_two_at_once_and_each_is_done_once(
    stack: Stack, desk: Desk
) -> None:
    """Payments whose bodies a bucket has lost, and has again; a letter that stays bad stays one."""
    sqs, s3, outputs = stack.aws("sqs"), stack.aws("s3"), stack.described["outputs"]
    [bucket] = [
        each["Name"]
        for each in s3.list_buckets()["Buckets"]
        if "largeevents" in each["Name"].replace("-", "")
    ]
    bookings = sales(desk, 10)
    events = [
        charge_succeeded(booking_id, 100 + number)
        for booking_id in bookings
        for number in range(10)
    ]
    keys = {event["id"]: f"demo/{event['id']}.json" for event in events}
    details = [{"schema": 1, "location_id": "demo", "event_ref": key} for key in keys.values()]
    bodies = ["no JSON", *(json.dumps({"detail": detail}) for detail in details)]
    with impatient(stack, "StripeEvents"):
        for part in batched(bodies, 10, strict=False):
            entries = [{"Id": str(n), "MessageBody": body} for n, body in enumerate(part)]
            sqs.send_message_batch(QueueUrl=outputs[f"StripeEvents{QUEUE}"], Entries=entries)
        wait_until_given_up(stack, {"StripeEvents": 101})
        for event in events:
            s3.put_object(Bucket=bucket, Key=keys[event["id"]], Body=json.dumps(event).encode())
        with ThreadPoolExecutor(2) as operators:
            said = operators.map(lambda _: make("redrive", QUEUE="StripeEvents"), range(2))
            moved = sum(int(each.split("messages are")[0].split()[-1]) for each in said)
        assert moved >= 101
        found = payments_of(desk, bookings, 10)
        wait_until_given_up(stack, {"StripeEvents": 1})
    expect_each_once(found, events)
    assert dead_letters(stack, "StripeEvents") == ["no JSON"]


def test_a_report_whose_bucket_refuses_is_told_to_fail_and_made_afterwards_once(
    stack: Stack, owner: httpx.Client
) -> None:
    day = (datetime.now(UTC) - timedelta(days=1)).date().isoformat()
    [bucket] = [
        each["Name"]
        for each in stack.aws("s3").list_buckets()["Buckets"]
        if "reports" in each["Name"]
    ]
    mails, begun = newest_name(mail_folder(stack)), datetime.now(UTC)
    [group] = stack.aws("logs").describe_log_groups(logGroupNamePattern="build-money-flow-report")[
        "logGroups"
    ]

    def told() -> list[dict[str, Any]] | None:
        found = stack.aws("logs").filter_log_events(
            logGroupName=group["logGroupName"],
            filterPattern='"report not built"',
            startTime=int(begun.timestamp() * 1000),
        )["events"]
        return [json.loads(each["message"]) for each in found] or None

    with bucket_refuses(stack, bucket):
        sent = owner.post(
            f"/v1/locations/demo/reports/{day}/send", headers={"idempotency-key": fresh_id("key")}
        )
        assert sent.status_code == 202
        [line, *_] = wait_until(told, "that it failed is told")
        pause(1)
        assert mails_since(stack, mails, REPORT_TO) == []
    assert (line["level"], line["error"], line["code"]) == ("ERROR", "AwsDenied", "AccessDenied")
    wait_until(lambda: mails_since(stack, mails, REPORT_TO) or None, "the report is mailed")
    wait_until_quiet(stack)
    assert len(mails_since(stack, mails, REPORT_TO)) == 1
    assert given_up()["ReportOrders"] == 0


@pytest.mark.proof
def test_stripe_stands_still_for_a_minute_and_each_refund_is_made_once_afterwards(
    stack: Stack, desk: Desk, stripe: Stripe
) -> None:
    """E9: some are on their way when it stops, others are asked for while nobody answers."""
    paid = [desk.paid(stripe) for _ in range(8)]
    with ThreadPoolExecutor(4) as clerks:
        asked = list(clerks.map(lambda each: desk.refund(each[0], amount=1500), paid[:4]))
        with stopped("simulator"):
            asked += clerks.map(lambda each: desk.refund(each[0], amount=1500), paid[4:])
            pause(STOPPED_S)
            waiting = [desk.read(booking_id) for booking_id, _ in paid[4:]]
    assert [each.status_code for each in asked] == [202] * 8
    assert [each["amount_refund_pending"] for each in waiting] == [1500] * 4
    for booking_id, charge in paid:
        found = desk.wait(booking_id, lambda b: b["amount_refunded"] == 1500, "refunded")
        assert (found["amount_refund_pending"], found["refundable"]) == (0, 3000)
        assert [each["amount"] for each in stripe.refunds(charge)] == [1500]
    wait_until_quiet(stack)
    assert [len(stripe.refunds(charge)) for _, charge in paid] == [1] * 8
    assert given_up()["RefundOrders"] == 0
