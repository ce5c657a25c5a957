"""From the queue to the table: each event once, in any order, whole or not at all."""

import copy
import io
import itertools
import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import pytest
from botocore.exceptions import ReadTimeoutError

from functions.record_stripe_event import handler as record_function
from shared.adapters import retry_write
from shared.adapters.booking_lists import BookingLists, Wanted
from shared.adapters.booking_store import BookingStore
from shared.adapters.bookings_table import Delete, Put
from shared.adapters.event_store import EventContext, EventStore
from shared.adapters.needed_action_store import NeededActionStore
from shared.config import Config
from shared.domain.activity.staff_view import staff_view
from shared.domain.errors import AwsUnreachable, UnreadableEvent, WriteConflict
from shared.domain.stripe_facts.payment_facts import Facts, events_of
from shared.domain.stripe_facts.read_events import StripeEvent
from shared.workflows.stripe_events import record_event as recording
from tests.builders import booking, charge, event, from_queue, messages, refund
from tests.fake_aws import FakeAws, are_about
from tests.surroundings.kept import keep

NONE_FAILED: dict[str, Any] = {"batchItemFailures": []}


class Killed(BaseException):
    """The function ends here, as at a time-out of Lambda's."""


class Wire:
    """Every call to DynamoDB, counted; and the places where something may go wrong.

    `before` and `after` are called with the call's number and name, around the call itself: what
    `after` raises happens when the call has had its effect.
    """

    def __init__(self) -> None:
        self.calls: list[str] = []
        self.transactions: list[list[dict[str, Any]]] = []
        self.before: Callable[[int, str], None] = lambda _number, _name: None
        self.after: Callable[[int, str], None] = lambda _number, _name: None

    def on_call(self, model: Any, params: dict[str, Any], **_: Any) -> None:
        self.calls.append(model.name)
        if model.name == "TransactWriteItems":
            body = params["body"]
            self.transactions.append(json.loads(body)["TransactItems"])
        self.before(len(self.calls), model.name)

    def on_answer(self, model: Any, **_: Any) -> None:
        self.after(len(self.calls), model.name)


@pytest.fixture
def at_rest(clients: dict[Any, Any], store: BookingStore) -> Iterator[Wire]:
    """The wire to DynamoDB through botocore's own hooks, when the location has been stored."""
    del store
    wire = Wire()
    hooks = [("before-call.dynamodb", wire.on_call), ("after-call.dynamodb", wire.on_answer)]
    wired = [client for (service, *_), client in clients.items() if service == "dynamodb"]
    for client, (name, hook) in itertools.product(wired, hooks):
        client.meta.events.register(name, hook)
    yield wire
    for client, (name, hook) in itertools.product(wired, hooks):
        client.meta.events.unregister(name, hook)


type Record = Callable[[dict[str, Any]], dict[str, Any]]


@pytest.fixture
def deliver(store: BookingStore, context: Any) -> Record:
    del store

    def send(batch: dict[str, Any]) -> dict[str, Any]:
        answer: dict[str, Any] = record_function.handler(batch, context)
        return answer

    return send


def make_booking(store: BookingStore, booking_id: str = "bk_1", **changed: Any) -> None:
    keep(store, booking(booking_id, **changed))


def view(store: BookingStore, booking_id: str = "bk_1", location_id: str = "demo") -> Any:
    found = store.get_whole(location_id, booking_id)
    assert found
    return staff_view(found.booking)


def outcomes(table: Any) -> dict[str, str]:
    """What became of each event: it has an item of its own, or is among the facts it brought."""
    facts = [body["facts"] for body in table.bodies("booking", "subject").values()]
    kept = {key: "applied" for each in facts for key in events_of(Facts.from_dict(each))}
    apart = table.bodies("event").items()
    return kept | {pk.rpartition("#")[2]: body["outcome"] for (pk, _), body in apart}


# ------------------------------------------------------------------ what becomes of events


def test_a_charge_that_succeeded_makes_its_booking_paid(
    store: BookingStore, deliver: Record, table: Any
) -> None:
    make_booking(store)
    paid = event("charge.succeeded", charge())
    assert deliver(from_queue(paid)) == NONE_FAILED
    seen = view(store)
    assert (seen["payment_status"], seen["amount_captured"], seen["amount_due"]) == (
        "paid",
        4900,
        0,
    )
    assert [entry["event_id"] for entry in seen["timeline"]] == [paid["id"]]
    assert outcomes(table) == {paid["id"]: "applied"}


def test_the_same_event_three_times_counts_once(
    store: BookingStore, deliver: Record, table: Any
) -> None:
    make_booking(store)
    paid = from_queue(event("charge.succeeded", charge()))
    deliver(paid)
    after_once = table.items()
    assert deliver(paid) == deliver(paid) == NONE_FAILED
    assert table.items() == after_once
    assert view(store)["amount_captured"] == 4900


def test_the_dashboard_counts_money_once_and_our_own_alone(
    store: BookingStore, deliver: Record, capsys: pytest.CaptureFixture[str]
) -> None:
    make_booking(store)
    paid = from_queue(event("charge.succeeded", charge()))
    again = copy.deepcopy(paid)
    for record in again["Records"]:
        record["body"] = json.dumps({**json.loads(record["body"]), "replay-name": "mended"})
    back = from_queue(event("refund.created", refund()))
    others = from_queue(
        event("charge.succeeded", charge(id="ch_theirs", payment_intent="pi_theirs", metadata={}))
    )
    capsys.readouterr()
    for each in (paid, paid, again, back, others):
        assert deliver(each) == NONE_FAILED
    lines = map(json.loads, capsys.readouterr().out.splitlines())
    counted = [name for line in lines for name in record_function.MONEY.values() if name in line]
    assert counted == ["PaymentRecorded", "RefundRecorded"]


def test_the_same_event_three_times_in_one_batch(
    store: BookingStore, deliver: Record, table: Any
) -> None:
    make_booking(store)
    paid = event("charge.succeeded", charge())
    assert deliver(from_queue(paid, paid, paid)) == NONE_FAILED
    assert view(store)["amount_captured"] == 4900
    assert len(outcomes(table)) == 1


def test_the_same_id_in_live_and_test_mode_is_two_events(
    store: BookingStore, deliver: Record, table: Any
) -> None:
    make_booking(store)
    test = event("charge.succeeded", charge())
    live = copy.deepcopy(test) | {"livemode": True}
    live["data"]["object"] |= {"livemode": True, "id": "ch_live"}
    assert deliver(from_queue(test, live)) == NONE_FAILED
    assert {pk for pk, _ in table.bodies("subject")} == {"demo#charge#ch_1", "demo#charge#ch_live"}
    assert view(store)["amount_captured"] == 2 * 4900


def test_a_refund_before_its_charge_is_not_lost(store: BookingStore, deliver: Record) -> None:
    make_booking(store)
    deliver(from_queue(event("refund.created", refund())))
    assert view(store)["payment_status"] == "unpaid", "a refund names no booking"
    deliver(from_queue(event("charge.succeeded", charge())))
    seen = view(store)
    assert (seen["payment_status"], seen["amount_refunded"]) == ("partially_refunded", 1900)
    assert seen["refundable"] == 3000


STORY = [
    event("charge.succeeded", charge()),
    event("refund.created", refund()),
    event("refund.failed", refund(status="failed")),
    event("charge.updated", charge(balance_transaction="txn_1", amount_refunded=1900)),
]


def test_every_order_of_a_story_ends_with_the_same_table(
    store: BookingStore, deliver: Record, table: Any
) -> None:
    make_booking(store)
    saved = table.save()
    ends = []
    for order in itertools.permutations(STORY):
        table.restore(saved)
        assert deliver(from_queue(*order)) == NONE_FAILED
        bodies = table.bodies("booking", "subject")
        # How many changes were reported follows from the order.
        ends.append({key: body | {"sequence": 0} for key, body in bodies.items()})
    assert len(ends) == 24
    assert all(end == ends[0] for end in ends)


def test_an_unknown_booking_is_kept_and_taken_up_when_it_appears(
    store: BookingStore, deliver: Record, table: Any, log: io.StringIO
) -> None:
    paid = event("charge.succeeded", charge())
    assert deliver(from_queue(paid)) == NONE_FAILED
    assert outcomes(table) == {paid["id"]: "booking_unknown"}
    [line] = [json.loads(line) for line in log.getvalue().splitlines()]
    assert (line["level"], line["outcome"]) == ("WARNING", "booking_unknown")
    make_booking(store)
    deliver(from_queue(event("charge.updated", charge(balance_transaction="txn_1"))))
    assert view(store)["payment_status"] == "paid"
    assert len(view(store)["timeline"]) == 2


def test_a_charge_that_names_another_locations_booking_does_not_reach_it(
    store: BookingStore, deliver: Record, table: Any
) -> None:
    make_booking(store)
    paid = event("charge.succeeded", charge())
    assert deliver(from_queue(paid, location_id="other")) == NONE_FAILED
    assert outcomes(table) == {paid["id"]: "other"}
    assert view(store)["payment_status"] == "unpaid"
    assert ("other#charge#ch_1", "subject") in table.items()


def test_a_charge_without_our_metadata_is_kept_as_other(deliver: Record, table: Any) -> None:
    paid = event("charge.succeeded", charge(metadata={}))
    assert deliver(from_queue(paid)) == NONE_FAILED
    assert outcomes(table) == {paid["id"]: "other"}


def test_another_currency_is_flagged_and_pays_nothing(
    store: BookingStore, deliver: Record, table: Any
) -> None:
    make_booking(store)
    paid = event("charge.succeeded", charge(currency="usd"))
    assert deliver(from_queue(paid)) == NONE_FAILED
    assert outcomes(table) == {paid["id"]: "currency_differs"}
    seen = view(store)
    assert (seen["payment_status"], seen["amount_captured"]) == ("unpaid", 0)
    assert len(seen["timeline"]) == 1, "staff see that it happened"


UNREADABLE: dict[str, dict[str, Any]] = {
    "d19 an amount that is text": charge(amount="4900"),
    "d19 a negative amount": charge(amount=-1),
    "d19 an amount that is a float": charge(amount=49.0),
    "d19 an amount that is a bool": charge(amount=True),
    "d19 an amount of 10^18": charge(amount=10**18),
    "d19 an amount over int64": charge(amount=10**30),
    "no amount": {key: value for key, value in charge().items() if key != "amount"},
    "no currency": charge(currency=None),
    "a currency that is none": charge(currency="e\u20ac"),
    "a charge without an id": charge(id=None),
    "an id that is a list": charge(id=["ch_1"]),
    "the wrong kind of object": refund(),
    "an object of the other mode": charge(livemode=True),
    "d22 a NUL and half an emoji": charge(amount=-1, description="\x00\ud83d"),
    "300 KB of it": charge(amount=-1, description="x" * 300_000),
    "900 KB of it": charge(amount=-1, description="x" * 900_000),
}


@pytest.mark.parametrize("about", UNREADABLE.values(), ids=UNREADABLE)
def test_an_unreadable_event_is_kept_for_staff_once(
    store: BookingStore, deliver: Record, table: Any, log: io.StringIO, about: dict[str, Any]
) -> None:
    make_booking(store)
    wrong = from_queue(event("charge.succeeded", about))
    assert deliver(wrong) == NONE_FAILED
    assert list(outcomes(table).values()) == ["unreadable"]
    assert '"outcome":"unreadable"' in log.getvalue()
    kept = table.items()
    assert deliver(wrong) == NONE_FAILED
    assert table.items() == kept
    assert view(store)["payment_status"] == "unpaid"


def test_what_is_kept_of_an_unreadable_event_says_why_and_is_the_event(
    deliver: Record, table: Any
) -> None:
    wrong = event("charge.succeeded", charge(amount="seventy"))
    deliver(from_queue(wrong))
    [kept] = table.bodies("event").values()
    assert kept["event"] == wrong
    assert kept["reason"].startswith("/data/object/amount")
    assert "seventy" not in kept["reason"]


def replayed(*events: dict[str, Any]) -> dict[str, Any]:
    """The same batch as EventBridge sends it again out of its archive."""
    batch = from_queue(*events)
    for record in batch["Records"]:
        record["body"] = json.dumps({**json.loads(record["body"]), "replay-name": "mended"})
    return batch


def test_a_replay_applies_what_was_read_wrongly_before(
    store: BookingStore,
    needed_actions: NeededActionStore,
    deliver: Record,
    table: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    make_booking(store)
    paid = event("charge.succeeded", charge())

    def misread(_body: object) -> StripeEvent:
        raise UnreadableEvent("/data/object: a mistake of ours")

    with monkeypatch.context() as mistaken:
        mistaken.setattr(recording, "read_event", misread)
        deliver(from_queue(paid))
    assert outcomes(table) == {paid["id"]: "unreadable"}
    assert len(needed_actions.list_needed_actions("demo", 10)) == 1

    deliver(from_queue(paid))
    assert view(store)["payment_status"] == "unpaid", "Stripe's own repetition counts once"
    deliver(replayed(paid))

    assert view(store)["payment_status"] == "paid"
    assert outcomes(table) == {paid["id"]: "applied"}
    assert needed_actions.list_needed_actions("demo", 10) == []


def test_a_replay_of_what_was_read_rightly_changes_no_figure(
    store: BookingStore, deliver: Record, table: Any
) -> None:
    make_booking(store)
    events = [event("charge.succeeded", charge()), event("refund.created", refund())]
    deliver(from_queue(*events))
    seen, told = view(store), table.bodies("outbox")

    assert deliver(replayed(*events)) == NONE_FAILED

    assert view(store) == seen
    assert table.bodies("outbox") == told


POISON: dict[str, str] = {
    "no JSON": "{",
    "a list": "[]",
    "null": "null",
    "no detail": "{}",
    "a detail that is text": '{"detail": "charge.succeeded"}',
    "no location": '{"detail": {"event": {}}}',
    "an event that is a list": '{"detail": {"location_id": "demo", "event": []}}',
    "an event that is a number": '{"detail": {"location_id": "demo", "event": 5}}',
    "an event without an id": '{"detail": {"location_id": "demo", "event": {"type": "x"}}}',
    "an event of no location": '{"detail": {"location_id": null, "event": {}}}',
    "nested too deeply": '{"detail": ' + "[" * 100_000 + "]" * 100_000 + "}",
}


@pytest.mark.enable_socket
@pytest.mark.parametrize("poison", POISON.values(), ids=POISON)
def test_one_poisonous_message_of_ten_goes_back_alone(
    store: BookingStore, deliver: Record, table: Any, aws: FakeAws, poison: str
) -> None:
    for number in range(10):
        make_booking(store, f"bk_{number}")
    paid = [
        event(
            "charge.succeeded", charge(n, metadata={"location_id": "demo", "booking_id": f"bk_{n}"})
        )
        for n in range(10)
    ]
    batch = from_queue(*paid)
    batch["Records"][4]["body"] = poison
    assert deliver(batch) == {"batchItemFailures": [{"itemIdentifier": "message-4"}]}
    statuses = [view(store, f"bk_{number}")["payment_status"] for number in range(10)]
    assert statuses == ["paid"] * 4 + ["unpaid"] + ["paid"] * 5
    assert len(outcomes(table)) == 9
    assert are_about(aws.put_off, [5])


@pytest.mark.enable_socket
def test_what_fails_again_waits_longer_each_time(aws: FakeAws, deliver: Record) -> None:
    for attempt in range(1, 10):
        assert deliver(messages("{", attempt=attempt))["batchItemFailures"]
    assert are_about(aws.put_off, [5, 10, 20, 40, 80, 160, 320, 640, 1280])


@pytest.mark.enable_socket
def test_a_message_that_cannot_be_put_off_keeps_no_other_back(
    aws: FakeAws, store: BookingStore, deliver: Record
) -> None:
    make_booking(store)
    aws.down.add("sqs")
    batch = messages(
        "{", *(each["body"] for each in from_queue(event("charge.succeeded", charge()))["Records"])
    )
    assert deliver(batch) == {"batchItemFailures": [{"itemIdentifier": "message-0"}]}
    assert view(store)["payment_status"] == "paid"


@pytest.mark.enable_socket
def test_an_event_by_reference_is_fetched_and_recorded(
    aws: FakeAws, store: BookingStore, deliver: Record
) -> None:
    make_booking(store)
    aws.objects["/large-events/demo/abc.json"] = json.dumps(
        event("charge.succeeded", charge(), padding="x" * 300_000)
    ).encode()
    by_reference = {"detail": {"location_id": "demo", "event_ref": "demo/abc.json"}}
    aws.fail("GetObject", *[(500, b"")] * 3)
    batch = messages(json.dumps(by_reference))
    assert deliver(batch) == {"batchItemFailures": [{"itemIdentifier": "message-0"}]}
    assert deliver(batch) == NONE_FAILED
    assert view(store)["payment_status"] == "paid"


@pytest.mark.enable_socket
def test_an_event_whose_body_is_not_there_comes_again(aws: FakeAws, deliver: Record) -> None:
    del aws
    by_reference = {"detail": {"location_id": "demo", "event_ref": "demo/abc.json"}}
    assert deliver(messages(json.dumps(by_reference)))["batchItemFailures"]


# ------------------------------------------------------------------ what it costs


def test_a_charge_costs_one_read_and_one_write(
    at_rest: Wire, store: BookingStore, deliver: Record
) -> None:
    make_booking(store)
    at_rest.calls.clear()
    deliver(from_queue(event("charge.succeeded", charge())))
    assert Counter(at_rest.calls) == {"BatchGetItem": 1, "TransactWriteItems": 1}


def test_a_refund_costs_one_read_more_as_it_names_no_booking(
    at_rest: Wire, store: BookingStore, deliver: Record
) -> None:
    make_booking(store)
    deliver(from_queue(event("charge.succeeded", charge())))
    at_rest.calls.clear()
    deliver(from_queue(event("refund.created", refund())))
    assert Counter(at_rest.calls) == {"BatchGetItem": 2, "TransactWriteItems": 1}


def test_a_payment_is_written_for_about_thirty_units(
    at_rest: Wire, store: BookingStore, deliver: Record
) -> None:
    """Computed from what was sent, as DynamoDB charges it: moto counts nothing.

    An item in a transaction costs two units a KiB that is begun, its copy in the index one.
    https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/read-write-operations.html
    """
    make_booking(store)
    at_rest.transactions.clear()
    for told in payment_at_stripe():
        deliver(from_queue(told))
    units = [sum(map(write_units, transaction)) for transaction in at_rest.transactions]
    assert sum(units) <= 34, units


def payment_at_stripe() -> list[dict[str, Any]]:
    ours = {"location_id": "demo", "booking_id": "bk_1"}
    intent = {"id": "pi_1", "object": "payment_intent", "amount": 4900, "currency": "eur",
              "status": "succeeded", "livemode": False, "metadata": ours}  # fmt: skip
    session = {"id": "cs_1", "object": "checkout.session", "amount_total": 4900, "currency": "eur",
               "mode": "payment", "status": "complete", "payment_status": "paid",
               "payment_intent": "pi_1", "livemode": False, "metadata": ours}  # fmt: skip
    return [
        event("charge.succeeded", charge()),
        event("charge.updated", charge(balance_transaction="txn_1")),
        event("payment_intent.succeeded", intent),
        event("checkout.session.completed", session),
    ]


def write_units(item: dict[str, Any]) -> int:
    written = item["Put"]["Item"]
    size = sum(len(name) + len(next(iter(value.values()))) for name, value in written.items())
    kib = -(-size // 1024)
    return kib * 3 if "list_pk" in written else kib * 2


# ------------------------------------------------------------------ what may go wrong meanwhile


@pytest.mark.parametrize("moment", ["before", "after"])
@pytest.mark.parametrize("told", STORY, ids=lambda told: told["type"])
def test_killed_at_any_call_and_delivered_again_it_converges(
    at_rest: Wire, store: BookingStore, deliver: Record, table: Any, moment: str, told: Any
) -> None:
    """The n-th call is not made, or is made and its answer never seen; then all comes again."""
    make_booking(store)
    deliver(
        from_queue(event("charge.pending", charge(status="pending", captured=False, paid=False)))
    )
    saved, untouched = table.save(), table.bodies()
    deliver(from_queue(told))
    expected = table.bodies()
    for number in range(1, 10):
        table.restore(saved)
        at_rest.calls.clear()
        setattr(at_rest, moment, kill_at(number))
        try:
            deliver(from_queue(told))
        except Killed:
            assert table.bodies() in (untouched, expected), "all or nothing"
        else:
            assert number > 2, "it ran to its end only when no call was left to be killed at"
            return
        finally:
            setattr(at_rest, moment, lambda _number, _name: None)
        assert deliver(from_queue(told)) == NONE_FAILED
        assert table.bodies() == expected
    pytest.fail("an event takes less than nine calls")


def kill_at(wanted: int) -> Callable[[int, str], None]:
    def kill(number: int, _name: str) -> None:
        if number == wanted:
            raise Killed

    return kill


@pytest.mark.enable_socket
def test_a_write_that_was_applied_and_never_answered_is_done(
    aws: FakeAws, at_rest: Wire, store: BookingStore, deliver: Record
) -> None:
    del aws
    make_booking(store)

    def lose(_number: int, name: str) -> None:
        if name == "TransactWriteItems":
            raise ReadTimeoutError(endpoint_url="https://dynamodb")

    at_rest.after = lose
    paid = from_queue(event("charge.succeeded", charge()))
    assert deliver(paid) == {"batchItemFailures": [{"itemIdentifier": "message-0"}]}
    at_rest.after = lambda _number, _name: None
    assert view(store)["payment_status"] == "paid"
    assert deliver(paid) == NONE_FAILED
    assert view(store)["amount_captured"] == 4900


@pytest.mark.enable_socket
def test_a_table_that_does_not_answer_leaves_nothing_half_written(
    aws: FakeAws, at_rest: Wire, store: BookingStore, deliver: Record, table: Any
) -> None:
    del aws
    make_booking(store)
    kept = table.items()

    def refuse(_number: int, _name: str) -> None:
        raise ReadTimeoutError(endpoint_url="https://dynamodb")

    at_rest.before = refuse
    assert deliver(from_queue(event("charge.succeeded", charge())))["batchItemFailures"]
    assert table.items() == kept


def test_a_write_that_always_loses_is_given_back_after_ten_tries(config: Config) -> None:
    class Contended(EventStore):
        """Somebody else always writes first."""

        tries = 0

        def load_event_context(self, location_id: str, event: StripeEvent) -> EventContext:
            del location_id, event
            return EventContext(Facts(), 0, None, None)

        def put_event(
            self, location_id: str, event: StripeEvent, writes: Iterable[Put | Delete]
        ) -> None:
            del location_id, event, writes
            self.tries += 1
            raise WriteConflict("somebody else wrote")

    store = Contended(config)
    with pytest.raises(WriteConflict):
        recording.record("demo", event("charge.succeeded", charge()), store)
    assert store.tries == retry_write.ATTEMPTS


def test_two_writers_at_once_lose_nothing(
    at_rest: Wire, store: BookingStore, deliver: Record, context: Any
) -> None:
    """Between one's read and its write the other does everything; the first looks again."""
    make_booking(store)
    refunded = from_queue(event("refund.created", refund()))
    meanwhile: list[dict[str, Any]] = [refunded]

    def interrupt(_number: int, name: str) -> None:
        if name == "TransactWriteItems" and meanwhile:
            record_function.handler(meanwhile.pop(), context)

    at_rest.before = interrupt
    assert deliver(from_queue(event("charge.succeeded", charge()))) == NONE_FAILED
    seen = view(store)
    assert (seen["amount_captured"], seen["amount_refunded"]) == (4900, 1900)
    assert len(seen["timeline"]) == 2


def test_the_same_event_by_two_consumers_at_once_counts_once(
    at_rest: Wire, store: BookingStore, deliver: Record, context: Any, table: Any
) -> None:
    make_booking(store)
    paid = from_queue(event("charge.succeeded", charge()))
    meanwhile: list[dict[str, Any]] = [paid]

    def interrupt(_number: int, name: str) -> None:
        if name == "TransactWriteItems" and meanwhile:
            record_function.handler(meanwhile.pop(), context)

    at_rest.before = interrupt
    assert deliver(paid) == NONE_FAILED
    assert view(store)["amount_captured"] == 4900
    found = store.get_booking("demo", "bk_1")
    assert found
    assert found.version == 2, "written once after it was made"
    assert len(outcomes(table)) == 1


EVERY = Wanted(is_by_visit=False, bounds=(0, 1_800_000_000))


def test_an_unreachable_table_is_told_as_such(
    at_rest: Wire, store: BookingStore, config: Config
) -> None:
    def refuse(_number: int, _name: str) -> None:
        raise ReadTimeoutError(endpoint_url="https://dynamodb")

    at_rest.before = refuse
    with pytest.raises(AwsUnreachable):
        store.get_booking("demo", "bk_1")
    with pytest.raises(AwsUnreachable):
        BookingLists(config).read_page("demo", EVERY, 10)
    with pytest.raises(AwsUnreachable):
        keep(store, booking(), version=1)
