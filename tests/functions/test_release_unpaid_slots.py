"""Slots whose payment did not come are freed, and never one whose payment did."""

import io
import json
from copy import replace
from types import SimpleNamespace
from typing import Any

import pytest

from functions.record_stripe_event import handler as record_function
from functions.release_unpaid_slots import handler as release_function
from shared import environment
from shared.adapters.booking_store import BookingStore
from shared.adapters.bookings_table import BookingsTable
from shared.adapters.hold_store import Hold, HoldStore
from shared.adapters.needed_action_store import NeededActionStore
from shared.adapters.stripe_api import StripeApi
from shared.config import Config
from shared.domain.errors import AwsUnreachable, StripeRefused, StripeUnavailable, WriteConflict
from tests.builders import charge, event, from_queue, refund
from tests.fake_aws import FakeAws
from tests.surroundings.fixtures import TableInMoto
from tests.surroundings.kept import before_write, keep
from tests.surroundings.salon import (
    SECRET_KEY,
    SESSIONS,
    Salon,
    StripeBeside,
    moment,
    session_id,
)

pytestmark = pytest.mark.enable_socket


# ------------------------------------------------------------------ lapsed and unpaid


@pytest.mark.parametrize("service_id", ["cut", "colour", "perm", "trim"])
def test_a_lapsed_slot_is_free_and_its_session_is_closed(
    salon: Salon, at_stripe: StripeBeside, table: TableInMoto, service_id: str
) -> None:
    made = salon.booked(service_id)
    assert not salon.is_free(service_id=service_id)
    assert salon.release() == {"freed": 1}
    assert at_stripe.session(made)["status"] == "expired"
    stored = salon.stored(made)
    assert stored.status == "expired"
    assert stored.journal[-1].what == "booking.expired"
    assert salon.is_free(service_id=service_id)
    assert table.bodies("hold") == {}
    assert [told(each) for each in outbox(table)] == [["booking.expired"]]
    assert salon.release() == {}
    salon.booked(service_id)


@pytest.mark.parametrize(("after_minutes", "ends"), [(19, {}), (21, {"freed": 1})])
def test_a_slot_waits_until_its_time_is_up(
    salon: Salon, at_stripe: StripeBeside, after_minutes: int, ends: dict[str, int]
) -> None:
    salon.booked()
    at_stripe.sent.clear()
    assert salon.release(after_minutes) == ends
    assert bool(at_stripe.sent) == bool(ends)


def test_a_session_that_lapsed_by_itself_frees_its_slot(
    salon: Salon, at_stripe: StripeBeside
) -> None:
    made = salon.booked()
    at_stripe.control.post(f"/_sim/checkout/{session_id(made)}/expire").raise_for_status()
    assert salon.release() == {"freed": 1}
    assert salon.is_free()


def test_a_session_that_ended_early_frees_its_slot_with_the_next_minute(
    salon: Salon, at_stripe: StripeBeside, context: Any
) -> None:
    """Bug: nobody could pay any more, and the slot was kept to the end of its time."""
    made = salon.booked()
    other = salon.booked("colour", moment(14))
    at_stripe.control.post(f"/_sim/checkout/{session_id(made)}/expire").raise_for_status()
    ended = event("checkout.session.expired", at_stripe.session(made))
    record_function.handler(from_queue(ended), context)
    assert salon.release(1) == {"freed": 1}
    assert salon.is_free()
    assert (salon.looked(made)["status"], salon.looked(other)["status"]) == (
        "expired",
        "awaiting_payment",
    )


def test_who_opened_another_session_since_keeps_the_slot_to_the_end_of_its_time(
    salon: Salon, at_stripe: StripeBeside, context: Any
) -> None:
    made = salon.booked(headers={"idempotency_key": "one"})
    at_stripe.control.post(f"/_sim/checkout/{session_id(made)}/expire").raise_for_status()
    ended = event("checkout.session.expired", at_stripe.session(made))
    record_function.handler(from_queue(ended), context)
    again = salon.booked(headers={"idempotency_key": "one"})
    assert again["checkout_url"] != made["checkout_url"]
    assert salon.release(1) == {"waiting": 1}
    assert salon.release(2) == {}
    assert salon.looked(made)["status"] == "awaiting_payment"
    assert salon.release() == {"freed": 1}


def test_a_slot_whose_session_was_never_opened_is_freed_without_asking_stripe(
    salon: Salon, at_stripe: StripeBeside, store: BookingStore
) -> None:
    """The function that opened it ended before Stripe had answered."""
    made = salon.booked()
    found = store.get_booking("demo", made["booking_id"])
    assert found
    assert found.booking.checkout
    unanswered = replace(found.booking.checkout, session_id="", url="")
    keep(store, found.booking.with_checkout(unanswered), version=found.version)
    at_stripe.sent.clear()
    assert salon.release() == {"freed": 1}
    assert at_stripe.sent == []
    assert salon.is_free()


def test_other_slots_of_the_day_stay_taken(salon: Salon) -> None:
    salon.booked()
    salon.booked("talk", moment(12))
    assert salon.release() == {"freed": 1}
    assert salon.is_free()
    assert not salon.is_free(moment(12), "talk")


# ------------------------------------------------------------------ paid, and the webhook lost


@pytest.mark.parametrize(
    ("service_id", "payment_status", "paid", "told"),
    [
        ("cut", "paid", 4500, "paid"),
        ("colour", "paid", 3600, "paid"),
        ("perm", "authorized", 0, "authorized"),
        ("trim", "card_saved", 0, "card_saved"),
    ],
)
def test_what_was_paid_is_confirmed_though_its_webhook_was_lost(
    salon: Salon,
    at_stripe: StripeBeside,
    table: TableInMoto,
    service_id: str,
    payment_status: str,
    paid: int,
    told: str,
) -> None:
    made = salon.booked(service_id)
    at_stripe.pay(made)
    assert salon.looked(made)["status"] == "awaiting_payment"
    assert salon.release() == {"paid": 1}
    shown = salon.looked(made)
    assert (shown["status"], shown["payment_status"]) == ("confirmed", payment_status)
    assert (shown["amount_paid"], shown["amount_due"]) == (paid, 0)
    assert not salon.is_free(service_id=service_id)
    assert table.bodies("hold") == {}
    [message] = outbox(table)
    assert message["detail_type"] == "booking.changed"
    detail = message["detail"]
    assert (detail["booking_id"], detail["payment_status"]) == (made["booking_id"], told)
    assert detail["previous_payment_status"] == "unpaid"
    assert detail["caused_by"] == f"{session_id(made)}-asked"
    facts = salon.stored(made).facts
    assert facts.sessions[session_id(made)].status == "complete"
    assert bool(facts.charges) == (service_id != "trim")


def test_the_webhook_that_comes_after_all_changes_nothing(
    salon: Salon, at_stripe: StripeBeside, table: TableInMoto, context: Any
) -> None:
    made = salon.booked()
    at_stripe.pay(made)
    salon.release()
    before = salon.looked(made)
    record_function.handler(from_queue(*events_of(at_stripe, made)), context)
    assert salon.looked(made) == before
    assert len(outbox(table)) == 1


def test_a_refund_after_a_lost_payment_webhook_reaches_the_booking(
    salon: Salon, at_stripe: StripeBeside, context: Any
) -> None:
    """Bug: the charge was known to the booking alone, and a refund names only its charge."""
    made = salon.booked()
    at_stripe.pay(made)
    salon.release()
    [charge_id] = salon.stored(made).facts.charges
    refunded = event("refund.created", refund(charge=charge_id, amount=1900))

    record_function.handler(from_queue(refunded), context)

    shown = salon.looked(made)
    assert (shown["payment_status"], shown["amount_refunded"]) == ("partially_refunded", 1900)


def test_a_declined_card_is_not_paid(salon: Salon, at_stripe: StripeBeside) -> None:
    made = salon.booked()
    path = f"/_sim/checkout/{session_id(made)}/pay"
    answer = at_stripe.control.post(path, json={"card": "4000000000000002"})
    assert answer.json()["status"] == "declined"
    assert salon.release() == {"freed": 1}
    assert salon.is_free()


def test_a_finished_session_that_is_not_paid_waits(
    salon: Salon, at_stripe: StripeBeside, monkeypatch: pytest.MonkeyPatch, table: TableInMoto
) -> None:
    """A method that settles days later ends its session with `unpaid`: neither paid nor over."""
    made = salon.booked()
    at_stripe.pay(made)
    get = StripeApi.get_session

    def unpaid(api: Any, session: str) -> dict[str, Any]:
        found: dict[str, Any] = get(api, session)
        intent = {**found["payment_intent"], "status": "processing", "latest_charge": None}
        return {**found, "payment_status": "unpaid", "payment_intent": intent}

    monkeypatch.setattr(StripeApi, "get_session", unpaid)
    assert salon.release() == {"waiting": 1}
    assert salon.stored(made).status == "awaiting_payment"
    assert len(table.bodies("hold")) == 1
    monkeypatch.setattr(StripeApi, "get_session", get)
    assert salon.release() == {"paid": 1}


@pytest.mark.parametrize("status", ["requires_payment_method", "canceled"])
def test_a_finished_session_whose_payment_failed_days_later_frees_its_slot(
    salon: Salon, at_stripe: StripeBeside, monkeypatch: pytest.MonkeyPatch, table: TableInMoto,
    status: str,
) -> None:  # fmt: skip
    """Bug: such a session never opens again and is never paid, and the slot stayed taken."""
    made = salon.booked()
    at_stripe.pay(made)
    get = StripeApi.get_session

    def failed(api: Any, session: str) -> dict[str, Any]:
        found: dict[str, Any] = get(api, session)
        intent = {**found["payment_intent"], "status": status, "latest_charge": None}
        return {**found, "payment_status": "unpaid", "payment_intent": intent}

    monkeypatch.setattr(StripeApi, "get_session", failed)

    assert salon.release() == {"freed": 1}

    assert salon.stored(made).status == "expired"
    assert salon.is_free()
    assert table.bodies("hold") == {}


def test_a_session_that_stripe_would_not_close_and_that_is_open_keeps_its_slot(
    salon: Salon, at_stripe: StripeBeside, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A card was tried as we closed it and declined as we looked: another may be tried now."""
    made = salon.booked()
    path = f"/_sim/checkout/{session_id(made)}/pay"
    at_stripe.control.post(path, json={"card": "4000000000000002"}).raise_for_status()
    expire = StripeApi.expire_session

    def refuse(_api: Any, _session: str) -> None:
        raise StripeRefused("a payment is under way", code="payment_in_progress")

    monkeypatch.setattr(StripeApi, "expire_session", refuse)
    assert salon.release() == {"waiting": 1}
    assert salon.stored(made).status == "awaiting_payment"

    monkeypatch.setattr(StripeApi, "expire_session", expire)
    at_stripe.pay(made)
    assert salon.release() == {"paid": 1}


# ------------------------------------------------------------------ confirmed already


def test_a_confirmed_bookings_hold_is_forgotten(
    salon: Salon, at_stripe: StripeBeside, context: Any, table: TableInMoto
) -> None:
    made = salon.booked()
    at_stripe.pay(made)
    record_function.handler(from_queue(*events_of(at_stripe, made)), context)
    assert salon.looked(made)["status"] == "confirmed"
    assert len(table.bodies("hold")) == 1
    at_stripe.sent.clear()
    assert salon.release() == {"forgotten": 1}
    assert at_stripe.sent == []
    assert table.bodies("hold") == {}
    assert salon.looked(made)["status"] == "confirmed"
    assert not salon.is_free()


def test_a_hold_whose_booking_is_gone_is_forgotten(
    salon: Salon, monkeypatch: pytest.MonkeyPatch, table: TableInMoto
) -> None:
    salon.booked()
    monkeypatch.setattr(BookingStore, "get_booking", lambda *_: None)
    assert salon.release() == {"forgotten": 1}
    assert table.bodies("hold") == {}


# ------------------------------------------------------------------ when something fails


@pytest.mark.parametrize("status", [500, 429, "reset"])
def test_while_stripe_is_down_nothing_changes_and_the_others_go_on(
    salon: Salon, at_stripe: StripeBeside, table: TableInMoto, status: int | str
) -> None:
    down = salon.booked()
    salon.booked(starts_at=moment(12))
    before = salon.stored(down)
    path = f"{SESSIONS}/{session_id(down)}/expire"
    at_stripe.fault(status, times=1, path=path)
    ends = salon.release()
    # Which of the two comes first is chance: after no answer the other of this location waits too.
    assert ends in ({"silent": 1, "freed": 1}, {"silent": 1, "put_off": 1})
    assert salon.stored(down) == before
    assert not salon.is_free()
    assert len(table.bodies("hold")) == (1 if "freed" in ends else 2)
    assert salon.release() == {}
    assert salon.release(25) == ({"freed": 1} if "freed" in ends else {"freed": 2})
    assert salon.is_free(moment(12))


def test_a_paid_booking_is_safe_while_stripe_does_not_tell_of_its_session(
    salon: Salon, at_stripe: StripeBeside
) -> None:
    made = salon.booked()
    at_stripe.pay(made)
    at_stripe.fault(500, times=1, path=f"{SESSIONS}/{session_id(made)}", method="GET")
    assert salon.release() == {"silent": 1}
    assert salon.looked(made)["status"] == "awaiting_payment"
    assert salon.release(25) == {"paid": 1}


WITHOUT_KEY = pytest.mark.parametrize(
    "value", [None, '{"secret_key": "sk_test_of_yesterday"}'], ids=["no key", "a wrong key"]
)


def disconnect(aws: FakeAws, value: str | None) -> None:
    """Take the key away, or write another, before the function's environment has read one."""
    environment.forget()
    aws.sealed.clear()
    if value:
        aws.sealed["api#demo"] = value


@WITHOUT_KEY
@pytest.mark.parametrize("after_minutes", [21, 35 + 29])
def test_a_location_that_is_not_connected_any_more_keeps_its_slots_while_they_may_be_paid(
    salon: Salon,
    aws: FakeAws,
    log: io.StringIO,
    table: TableInMoto,
    value: str | None,
    after_minutes: int,
) -> None:
    """Nobody can say that they were not paid. It is that location's trouble, and no alarm."""
    made = salon.booked()
    disconnect(aws, value)
    assert salon.release(after_minutes) == {"key_refused": 1}
    [told] = table.bodies("action").values()
    assert [action["kind"] for action in told["actions"]] == ["stripe_key_refused"]
    assert salon.stored(made).status == "awaiting_payment"
    failed = next(line for line in map(json.loads, log.getvalue().splitlines()) if "error" in line)
    assert (failed["level"], failed["error"]) == ("WARNING", "StripeKeyRefused")
    assert failed["booking_id"] == made["booking_id"]
    assert "yesterday" not in log.getvalue()


@WITHOUT_KEY
def test_it_frees_them_once_nobody_can_pay_any_more_and_staff_are_told(
    salon: Salon,
    aws: FakeAws,
    needed_actions: NeededActionStore,
    table: TableInMoto,
    value: str | None,
) -> None:
    """Bug: the slots of a salon whose key was revoked stayed taken for ever."""
    made = salon.booked()
    disconnect(aws, value)

    assert salon.release(35 + 31) == {"freed_unasked": 1}

    assert salon.stored(made).status == "expired"
    assert salon.is_free()
    assert table.bodies("hold") == {}
    [listed] = needed_actions.list_needed_actions("demo", 10)
    [action] = listed["actions"]
    assert (action["kind"], action["session"]) == ("slot_freed_without_stripe", session_id(made))


def test_what_stripe_tells_of_it_after_all_takes_it_off_the_list(
    salon: Salon,
    aws: FakeAws,
    at_stripe: StripeBeside,
    needed_actions: NeededActionStore,
    context: Any,
) -> None:
    made = salon.booked()
    session = at_stripe.session(made)
    disconnect(aws, None)
    salon.release(35 + 31)
    over = event("checkout.session.expired", session | {"status": "expired"})

    record_function.handler(from_queue(over), context)

    assert needed_actions.list_needed_actions("demo", 10) == []


def test_a_session_of_another_account_is_no_answer_for_ever(salon: Salon) -> None:
    """The key was replaced by one of another account, which knows nothing of the session."""
    made = salon.booked()
    found = salon.stored(made)
    assert found.checkout
    stored = salon._store.get_booking("demo", made["booking_id"])
    assert stored
    strange = replace(found.checkout, session_id="cs_test_of_another_account")
    keep(salon._store, found.with_checkout(strange), version=stored.version)
    assert salon.release(35 + 29) == {"failed": 1}
    assert salon.release(35 + 33) == {"freed_unasked": 1}


# ------------------------------------------------------------------ one location's trouble


def holds_of(*names: str) -> list[Hold]:
    return [Hold(name, f"bk_{name}_{place}") for place, name in enumerate(names)]


class Turns:
    def __init__(self) -> None:
        self.holds: list[Hold] = []
        self.takes_s: dict[str, float] = {}
        self.silent: set[str] = set()
        self.now_s = 0.0
        self.tried: list[str] = []
        self.later: list[tuple[str, int]] = []

    def release(self, hold: Hold, *_: object) -> str:
        self.tried.append(hold.location_id)
        self.now_s += self.takes_s.get(hold.location_id, 0.1)
        if hold.location_id in self.silent:
            raise StripeUnavailable("Stripe gave no answer")
        return "freed"

    def put_off(self, hold: Hold, until_s: int) -> None:
        self.later.append((hold.location_id, until_s))


@pytest.fixture
def turns(monkeypatch: pytest.MonkeyPatch, config: Config) -> Turns:
    """The function with holds, ends and a clock of the test's own."""
    del config
    made = Turns()
    monkeypatch.setattr(HoldStore, "find_expired", lambda *_: iter([made.holds]))
    monkeypatch.setattr(HoldStore, "postpone", lambda _, hold, until_s: made.put_off(hold, until_s))
    monkeypatch.setattr(release_function, "release", made.release)
    clock = SimpleNamespace(time=lambda: 1000.0, monotonic=lambda: made.now_s)
    monkeypatch.setattr(release_function, "time", clock)
    return made


def test_locations_take_turns(turns: Turns, context: Any) -> None:
    turns.holds = holds_of("a", "a", "a", "b", "c", "c")
    assert release_function.handler({}, context) == {"freed": 6}
    assert turns.tried == ["a", "b", "c", "a", "c", "a"]


def test_a_location_whose_stripe_is_silent_costs_the_others_one_call(
    turns: Turns, context: Any
) -> None:
    """Bug: each of its holds waited half a minute, and the others' slots stayed taken."""
    turns.holds = holds_of(*"aaaaaaaaaa", "b", "b")
    turns.takes_s, turns.silent = {"a": 12.0}, {"a"}

    assert release_function.handler({}, context) == {"silent": 1, "freed": 2, "put_off": 9}

    assert turns.tried == ["a", "b", "b"]
    assert turns.later == [("a", 1000 + 180)] * 10


def test_a_slow_location_has_its_share_of_the_minute_and_no_more(
    turns: Turns, context: Any
) -> None:
    turns.holds = holds_of(*"aaaaaaaaaa", *"bbbbbbbbbb")
    turns.takes_s = {"a": 6.0}
    assert release_function.handler({}, context) == {"freed": 13, "put_off": 7}
    assert turns.tried.count("a") == 3


def test_one_broken_booking_does_not_hold_up_the_others(salon: Salon, table: TableInMoto) -> None:
    """Bug: what is no error of ours ended the whole run, every minute anew."""
    broken = salon.booked()
    salon.booked(starts_at=moment(12))
    [key] = [key for key in table.bodies("booking") if broken["booking_id"] in key[0]]
    saved = table.items()[key]["body"]
    find = BookingStore.get_booking

    def get(slots: BookingStore, location_id: str, booking_id: str) -> Any:
        if booking_id == broken["booking_id"]:
            raise KeyError("price")
        return find(slots, location_id, booking_id)

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(BookingStore, "get_booking", get)
        assert salon.release() == {"failed": 1, "freed": 1}
    assert table.items()[key]["body"] == saved
    assert not salon.is_free()


def test_without_the_table_the_run_fails_and_is_made_again(salon: Salon) -> None:
    def unreachable(*_: object) -> None:
        raise AwsUnreachable("the table gave no answer")

    salon.booked()
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(BookingsTable, "list_oldest", unreachable)
        with pytest.raises(AwsUnreachable):
            salon.release()
    assert salon.release() == {"freed": 1}


def test_more_holds_than_a_page_are_checked_oldest_first(
    turns: Turns, context: Any, config: Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Bug: the newest of each shard were checked every minute, and the oldest never."""
    monkeypatch.undo()
    store = HoldStore(config)
    for number in range(60):
        store.postpone(Hold(f"loc{number:02}", f"bk_{number:02}"), 900 - number)
    monkeypatch.setattr(release_function, "release", turns.release)
    monkeypatch.setattr(release_function, "MAX_A_SHARD", 2)
    assert release_function.handler({}, context) == {"freed": 60}
    assert turns.tried[:8] == [f"loc{number}" for number in range(59, 51, -1)]


def test_what_there_is_no_time_for_waits_for_the_next_minute(
    salon: Salon, monkeypatch: pytest.MonkeyPatch
) -> None:
    salon.booked()
    longest_s = release_function.MAX_S
    monkeypatch.setattr(release_function, "MAX_S", -1)
    assert salon.release() == {}
    monkeypatch.setattr(release_function, "MAX_S", longest_s)
    assert salon.release() == {"freed": 1}


# ------------------------------------------------------------------ something happens meanwhile


def test_a_webhook_between_read_and_write_wins(
    salon: Salon, at_stripe: StripeBeside, context: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = salon.booked()
    of_ours = {"location_id": "demo", "booking_id": made["booking_id"]}
    late = charge(951, amount=4500, amount_captured=4500, metadata=of_ours)

    def pay(_: str) -> None:
        record_function.handler(from_queue(event("charge.succeeded", late)), context)

    before_write(monkeypatch, "expired", pay)
    assert salon.release() == {"forgotten": 1}
    assert salon.looked(made)["status"] == "confirmed"
    assert not salon.is_free()
    assert at_stripe.session(made)["status"] == "expired"


def test_another_booking_of_the_day_between_read_and_write_is_kept(
    salon: Salon, monkeypatch: pytest.MonkeyPatch
) -> None:
    salon.booked()
    before_write(monkeypatch, "expired", lambda _: salon.booked("talk", moment(12)))
    assert salon.release() == {"freed": 1}
    assert salon.is_free()
    assert not salon.is_free(moment(12), "talk")


def test_a_payment_in_the_last_moment_is_confirmed(
    salon: Salon, at_stripe: StripeBeside, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The client pays after the booking was read and before its session is closed."""
    made = salon.booked()
    expire = StripeApi.expire_session

    def paid_first(stripe: Any, session: str) -> None:
        at_stripe.pay(made)
        expire(stripe, session)

    monkeypatch.setattr(StripeApi, "expire_session", paid_first)
    assert salon.release() == {"paid": 1}
    assert salon.looked(made)["payment_status"] == "paid"


def test_a_webhook_while_it_is_confirmed_is_not_lost(
    salon: Salon,
    at_stripe: StripeBeside,
    context: Any,
    monkeypatch: pytest.MonkeyPatch,
    table: TableInMoto,
) -> None:
    made = salon.booked()
    at_stripe.pay(made)
    before_write(
        monkeypatch,
        "confirmed",
        lambda _: record_function.handler(from_queue(*events_of(at_stripe, made)), context),
    )
    assert salon.release() == {"forgotten": 1}
    assert salon.looked(made)["amount_paid"] == 4500
    assert len(outbox(table)) == 1
    assert table.bodies("hold") == {}


def test_a_booking_that_always_changes_is_looked_at_again_in_a_minute(
    salon: Salon, monkeypatch: pytest.MonkeyPatch
) -> None:
    def lose(*_: object, **__: object) -> None:
        raise WriteConflict("somebody wrote")

    made = salon.booked()
    with monkeypatch.context() as patched:
        patched.setattr(BookingStore, "write", lose)
        assert salon.release() == {"failed": 1}
    assert salon.stored(made).status == "awaiting_payment"
    assert salon.release(25) == {"freed": 1}


# ------------------------------------------------------------------ paid too late


def test_a_payment_for_a_slot_that_was_given_away_is_kept_and_shown_to_staff(
    salon: Salon, context: Any, needed_actions: NeededActionStore, table: TableInMoto
) -> None:
    made = salon.booked()
    salon.release()
    other = salon.booked()
    of_ours = {"location_id": "demo", "booking_id": made["booking_id"]}
    late = charge(961, amount=4500, amount_captured=4500, metadata=of_ours)
    answer = record_function.handler(from_queue(event("charge.succeeded", late)), context)
    assert answer == {"batchItemFailures": []}
    shown = salon.looked(made)
    assert (shown["status"], shown["payment_status"]) == ("expired", "paid")
    assert (shown["amount_paid"], shown["amount_due"]) == (4500, 0)
    [listed] = needed_actions.list_needed_actions("demo", 10)
    assert listed["about"] == f"booking#{made['booking_id']}"
    [action] = listed["actions"]
    assert (action["kind"], action["amount"], action["proposed_refund"]) == (
        "paid_after_expiry",
        4500,
        4500,
    )
    assert {each["detail"]["booking_id"] for each in outbox(table)} == {made["booking_id"]}
    types = [each["detail_type"] for each in outbox(table)]
    assert sorted(types) == ["booking.changed", "booking.changed", "settle_late_payment"]
    # The slot is the other's, whose own payment is still waited for.
    assert salon.looked(other)["status"] == "awaiting_payment"
    back = {**late, "amount_refunded": 4500, "refunded": True}
    record_function.handler(from_queue(event("charge.refunded", back)), context)
    assert needed_actions.list_needed_actions("demo", 10) == []


def events_of(at_stripe: StripeBeside, made: dict[str, Any]) -> list[dict[str, Any]]:
    """Return what Stripe's webhook would tell of a paid session."""
    session = at_stripe.session(made)
    path = f"/v1/payment_intents/{session['payment_intent']}?expand[]=latest_charge"
    answer = at_stripe.control.get(path, auth=(SECRET_KEY, ""))
    answer.raise_for_status()
    paid = answer.json()["latest_charge"]
    return [event("charge.succeeded", paid), event("checkout.session.completed", session)]


def outbox(table: TableInMoto) -> list[dict[str, Any]]:
    return [body for (pk, _), body in table.bodies("outbox").items() if "#outbox#" in pk]


def told(message: dict[str, Any]) -> list[str]:
    return [each["what"] for each in message["detail"]["happened"]]
