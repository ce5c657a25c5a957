"""A salon's calendar while everybody writes to it: clients, the desk, other calendars, the clock.

Tasks are the product's own workflows on the table in memory; Stripe is a till that keeps sessions.
Visits lie around UTC's midnight, where each takes two items.
"""

from collections.abc import Callable
from copy import replace
from dataclasses import dataclass, field
from datetime import date
from itertools import combinations
from random import Random
from typing import TYPE_CHECKING, Any, cast

from shared.adapters.agenda_store import AgendaStore
from shared.adapters.booking_lists import list_writes
from shared.adapters.booking_store import BookingStore
from shared.adapters.bookings_table import Key, Put
from shared.adapters.catalogue_store import CatalogueStore
from shared.adapters.event_store import EventStore
from shared.adapters.hold_store import Hold, HoldStore
from shared.adapters.location_store import location_put
from shared.adapters.refund_days import RefundDays
from shared.domain.bookings.booking import Booking, Client
from shared.domain.bookings.booking_document import booking_from_dict
from shared.domain.bookings.desk_booking import DeskRequest
from shared.domain.bookings.lifecycle import CANCELLED, EXPIRED, WAITING_STATUSES
from shared.domain.bookings.online_booking import Offer, SlotRequest
from shared.domain.calendar.agenda import Agenda
from shared.domain.calendar.intervals import Interval
from shared.domain.catalogue.consent import Consent
from shared.domain.catalogue.public_view import location_terms_hash
from shared.domain.catalogue.services import (
    Employee,
    OpeningHours,
    Service,
    employee_to_dict,
    service_to_dict,
)
from shared.domain.catalogue.terms_document import terms_from_dict, terms_to_dict
from shared.domain.dates.instants import DAY_S, MINUTE_S
from shared.domain.errors import Conflict, Problem, StripeKeyRefused, StripeRefused
from shared.domain.money.money import Money
from shared.domain.visits.end_visit import cancel_for_client
from shared.domain.visits.new_time import NewTime
from shared.workflows.bookings.book_at_desk import desk_booking, write_desk_booking
from shared.workflows.bookings.open_session import open_session
from shared.workflows.bookings.release_unpaid_slot import release
from shared.workflows.bookings.repeated import find_earlier
from shared.workflows.bookings.settle_late_payment import settle
from shared.workflows.bookings.take_slot import take_slot
from shared.workflows.calendar.push_busy import BusyDays, push_busy
from shared.workflows.repeated_requests import RequestKey, read_answered
from shared.workflows.staff import Staff
from shared.workflows.stripe_events.record_event import record
from shared.workflows.visits.move_visit import MoveStores, move_own_visit, move_visit
from tests.domain.builders import NOW_S, Payment
from tests.interleaving.memory_table import Item, MemoryTable
from tests.interleaving.schedule import Task
from tests.interleaving.worlds import LOCATION, store_on
from tests.surroundings.demo_location import DEMO

if TYPE_CHECKING:
    from shared.config import Config
    from shared.workflows.bookings.admission import SessionBudget
    from shared.workflows.bookings.booking_stores import BookingStores
    from shared.workflows.stripe_accounts import StripeAccounts

# 22:30 to 01:30 in UTC, nine days ahead.
FIRST_S = (NOW_S // DAY_S + 9) * DAY_S - 90 * MINUTE_S
STARTS = tuple(FIRST_S + number * 30 * MINUTE_S for number in range(5))
EMPLOYEES = ("anna", "ben")
ALWAYS = tuple(OpeningHours(day, 0, 24 * 60) for day in range(7))
CUT = Service("cut", "Haircut", Money(4500, "eur"), 60, buffer_after_minutes=10)
TERMS = terms_from_dict(
    {
        "prepayment": {"type": "full"},
        "services": ["cut"],
        "hold_minutes": 20,
        "reschedule": {"client_until_hours": 1, "fee": "none"},
    },
    "eur",
)
HERE = replace(DEMO, online_booking_enabled=True, visit_link_enabled=True)
STAFF = Staff("u_1", "desk@x.de", frozenset({"owner"}), HERE)
# Long after any session has ended by itself, and days before the visits.
LATER_S = NOW_S + 3 * DAY_S
# So often the clock and a mover look for something to do.
TURNS = 10


class Till:
    """Stripe's sessions. `is_lost` is an account whose key was revoked: it cannot be asked."""

    def __init__(self, table: MemoryTable) -> None:
        self.table, self.is_lost = table, False
        self.status: dict[str, str] = {}
        self.booking_of: dict[str, str] = {}
        self.payments: dict[str, Payment] = {}

    def create_payment_session(self, **asked: Any) -> tuple[str, str]:
        self._step()
        session_id = f"cs_{asked['idempotency_key']}"
        self.status.setdefault(session_id, "open")
        self.booking_of[session_id] = asked["metadata"]["booking_id"]
        return session_id, f"https://stripe.example/{session_id}"

    def expire_session(self, session_id: str) -> None:
        self._step()
        if self.is_lost:
            raise StripeKeyRefused("the key was revoked", code="api_key_expired")
        if self.status[session_id] != "open":
            raise StripeRefused("it is not open", code="resource_not_open")
        self.status[session_id] = "expired"

    def get_session(self, session_id: str) -> dict[str, Any]:
        self._step()
        payment = self.payments.get(session_id)
        intent = payment and {
            "id": payment.intent,
            "object": "payment_intent",
            "status": "succeeded",
            "latest_charge": payment.charge,
        }
        return {
            "id": session_id,
            "object": "checkout.session",
            "status": self.status[session_id],
            "payment_status": "paid" if payment else "unpaid",
            "mode": "payment",
            "currency": "eur",
            "metadata": {"booking_id": self.booking_of[session_id], "location_id": LOCATION},
            "payment_intent": intent,
        }

    def pay(self, session_id: str) -> Payment | None:
        """Pay a session if it is open; return the payment, `None` where it is not."""
        self._step()
        if self.status[session_id] != "open":
            return None
        number = len(self.payments) + 1
        payment = Payment(4500, number=number)
        payment.charge["metadata"] = {
            "booking_id": self.booking_of[session_id],
            "location_id": LOCATION,
        }
        payment.pay()
        self.status[session_id], self.payments[session_id] = "complete", payment
        return payment

    def open(self, *_args: Any, **_options: Any) -> "Till":
        return self

    def spend(self, *_args: Any) -> None:
        """Nothing is limited here."""

    def _step(self) -> None:
        self.table._enter("stripe")


class Admitting:
    """Everybody is admitted: what is limited is proved elsewhere."""

    def admit(self, booking: Booking) -> Booking:
        return booking

    def written(self, _booking: Booking) -> None:
        """Nothing is counted."""

    def take_back(self, _booking: Booking) -> None:
        """Nothing was counted."""


@dataclass
class Calendar:
    """The stores of one run, as the workflows take them."""

    table: MemoryTable
    till: Till = field(init=False)
    refused: list[str] = field(default_factory=list)
    given: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.till = Till(self.table)
        self.bookings = store_on(self.table)
        self.agendas, self.catalogue = self._on(AgendaStore), self._on(CatalogueStore)
        self.holds, self.days = self._on(HoldStore), self._on(RefundDays)
        self.events = self._on(EventStore)
        self.link_key, self.budget = self, cast("SessionBudget", self.till)
        self.accounts = cast("StripeAccounts", self.till)

    def _on[Kind](self, kind: Callable[["Config"], Kind]) -> Kind:
        made = kind(cast("Config", None))
        made._table = self.table  # type: ignore[attr-defined]
        return made

    def get(self) -> str:
        """Return the key of the links."""
        return "the key of the links"

    def admission(self, *_args: Any) -> Admitting:
        return Admitting()

    # -------------------------------------------------------------- who writes

    def client(self, name: str, employee_id: str, at_s: int, then: str) -> Task:
        """Somebody who books in the widget, and then leaves, pays, or pays and cancels or moves."""

        def task(_store: BookingStore) -> str:
            key = RequestKey(f"key-{name}", "the body")
            earlier = find_earlier(LOCATION, key, "asker", self.bookings, NOW_S)
            if earlier.stored is None:
                offer = Offer(HERE, TERMS, CUT, Employee(employee_id, employee_id, ALWAYS))
                consent = Consent(4500, location_terms_hash(HERE, TERMS))
                request = SlotRequest(
                    "cut", employee_id, at_s, Client(name, f"{name}@x.de"), consent=consent
                )
                stores = cast("BookingStores", self)
                earlier = take_slot(offer, request, earlier, stores, NOW_S)
            assert earlier.stored
            return self._goes_on(earlier.stored.booking.booking_id, then)

        return self._refusable(name, task)

    def _goes_on(self, booking_id: str, then: str) -> str:
        stored = self.bookings.get_booking(LOCATION, booking_id)
        assert stored
        url = open_session(
            HERE,
            stored,
            "https://pay.example/pay/x",
            store=self.bookings,
            accounts=self.accounts,
            budget=self.budget,
            now_s=NOW_S,
        )
        if url is None:
            return "left"
        session_id = url.rpartition("/")[2]
        self.given.add(session_id)
        if then == "leave":
            return "left"
        payment = self.till.pay(session_id)
        if payment is None:
            return "too late"
        self.hear(payment, booking_id)
        if then == "cancel":
            self.bookings.change(
                LOCATION, booking_id, lambda known: _cancelled(known, accepted_fee_minor=0)
            )
        if then == "move":
            move_own_visit(
                LOCATION, booking_id, NewTime(STARTS[-1]), 0, stores=self._moving(), now_s=NOW_S
            )
        return then

    def hear(self, payment: Payment, booking_id: str) -> None:
        """Record a payment's event, and settle it if it came too late, as the queues have it."""
        record(LOCATION, payment.events[0], self.events)
        settle(LOCATION, booking_id, self.bookings, self.catalogue, LATER_S)

    def desk(
        self,
        name: str,
        employee_id: str,
        at_s: int,
        *,
        allow_overlap: bool = False,
        under_terms: bool = False,
    ) -> Task:
        """A clerk who enters a visit; under terms it waits for a payment that never comes."""

        def task(_store: BookingStore) -> str:
            key = RequestKey(f"key-{name}", "the body")
            repeatable = read_answered(self.bookings, LOCATION, key, NOW_S)
            if repeatable.kept():
                return "made"
            asked = DeskRequest(
                starts_at_s=at_s,
                service_id="cut",
                employee_id=employee_id,
                allow_overlap=allow_overlap,
                apply_terms=under_terms,
            )
            booking = desk_booking(STAFF, asked, self.catalogue, NOW_S)
            write_desk_booking(
                booking,
                self.bookings,
                client_digest=f"client-{booking.booking_id}",
                link_digest=f"link-{booking.booking_id}",
                answer=repeatable.first_answer({"booking_id": booking.booking_id}),
                is_told=False,
            )
            return "made"

        return self._refusable(name, task)

    def mover(self, name: str, employee_id: str, at_s: int, *, allow_overlap: bool) -> Task:
        """A clerk who moves the visit that was entered first."""

        def task(_store: BookingStore) -> str:
            found = self._wait_for(self.all_bookings)
            if not found:
                return "nothing to move"
            first = min(found, key=lambda each: each.booking_id)
            move_visit(
                STAFF,
                first.booking_id,
                NewTime(at_s, employee_id, allow_overlap=allow_overlap),
                RequestKey(f"key-{name}", "the body"),
                is_told=False,
                stores=self._moving(),
                days=self.days,
                now_s=NOW_S,
            )
            return "moved"

        return self._refusable(name, task)

    def pusher(self, employee_id: str, busy: list[Interval]) -> Task:
        """Another calendar that says what it has taken."""

        def task(_store: BookingStore) -> str:
            days = Interval(FIRST_S, FIRST_S + DAY_S).utc_days()
            first, last = (date.fromisoformat(day) for day in (days[0], days[-1]))
            push_busy(LOCATION, employee_id, BusyDays(first, last, busy), self.agendas)
            return "pushed"

        return task

    def clock(self) -> Task:
        """The minute's function, when the time of all that waits is up."""

        def task(_store: BookingStore) -> str:
            waiting = self._wait_for(
                lambda: [item.body for key, item in self.table.items.items() if key.sk == "hold"]
            )
            for body in sorted(waiting, key=lambda each: str(each["booking_id"])):
                release(Hold(**body), self.bookings, self.holds, self.accounts, LATER_S)
            return "looked"

        return task

    def finish(self) -> None:
        """Let all be heard that was paid, and the clock look once more."""
        for session_id, payment in self.till.payments.items():
            self.hear(payment, self.till.booking_of[session_id])
        self.clock()(self.bookings)
        for booking in self.all_bookings():
            settle(LOCATION, booking.booking_id, self.bookings, self.catalogue, LATER_S)

    def _refusable(self, name: str, task: Task) -> Task:
        def refusable(store: BookingStore) -> str:
            try:
                return task(store)
            except Problem as problem:
                if not isinstance(problem, (Conflict, StripeRefused)):
                    raise
                self.refused.append(name)
                return f"refused: {problem.code}"

        return refusable

    def _wait_for[Kind](self, look: Callable[[], list[Kind]]) -> list[Kind]:
        """Return what there is once there is something, after some turns of the others'."""
        for _ in range(TURNS):
            self.table.get()
            if found := look():
                return found
        return []

    def _moving(self) -> MoveStores:
        return MoveStores(self.bookings, self.catalogue)

    # -------------------------------------------------------------- what is there

    def all_bookings(self) -> list[Booking]:
        return [
            booking_from_dict(item.body)
            for key, item in self.table.items.items()
            if key.sk == "booking"
        ]


def a_new_table() -> dict[Key, Item]:
    """The location with its catalogue and terms, and an empty calendar."""
    table = MemoryTable()
    catalogue = f"{LOCATION}#catalogue"
    people = {f"employee#{name}": Employee(name, name, ALWAYS) for name in EMPLOYEES}
    table.put(
        [
            location_put(HERE, 0),
            Put(Key(f"{LOCATION}#terms", "terms"), terms_to_dict(TERMS)),
            Put(Key(catalogue, "service#cut"), service_to_dict(CUT)),
            *(Put(Key(catalogue, name), employee_to_dict(each)) for name, each in people.items()),
        ]
    )
    return table.items


def some_tasks(calendar: Calendar, random: Random) -> dict[str, Task]:
    """Return a few who write at once, mostly about the same hours."""
    made: dict[str, Task] = {}
    calendar.till.is_lost = random.random() < 0.3
    for number in range(random.randint(2, 4)):
        name, employee_id = f"client{number}", random.choice(EMPLOYEES)
        then = random.choice(["leave", "pay", "pay", "cancel", "move"])
        made[name] = calendar.client(name, employee_id, random.choice(STARTS), then)
    for number in range(random.randint(0, 2)):
        made[f"desk{number}"] = calendar.desk(
            f"desk{number}",
            random.choice(EMPLOYEES),
            random.choice(STARTS),
            allow_overlap=random.random() < 0.25,
            under_terms=random.random() < 0.3,
        )
    if random.random() < 0.5:
        made["mover"] = calendar.mover(
            "mover",
            random.choice(EMPLOYEES),
            random.choice(STARTS),
            allow_overlap=random.random() < 0.25,
        )
    if random.random() < 0.5:
        start_s = random.choice(STARTS) + random.choice([-900, 0, 1800])
        made["push"] = calendar.pusher(
            random.choice(EMPLOYEES), [Interval(start_s, start_s + random.choice([900, 5400]))]
        )
    if random.random() < 0.7:
        made["clock"] = calendar.clock()
    return made


# ------------------------------------------------------------------ what must hold


def check_every_write(table: MemoryTable, before: dict[Key, Item]) -> None:
    """Nobody is given time that somebody else has, unless a person has allowed it."""
    known = {key: Agenda.from_dict(item.body) for key, item in before.items() if _is_day(key)}
    for commit in table.commits:
        bookings = {
            item.body["booking_id"]: booking_from_dict(item.body)
            for key, item in commit.written.items()
            if key.sk == "booking"
        }
        for key, item in commit.written.items():
            if not _is_day(key):
                continue
            day, old = Agenda.from_dict(item.body), known.get(key, Agenda())
            for booking_id, time in day.visits.items():
                if old.visits.get(booking_id) == time:
                    continue
                others = [each.blocked for name, each in day.visits.items() if name != booking_id]
                is_free = not any(time.blocked.overlaps(each) for each in (*others, *day.busy))
                assert is_free or bookings[booking_id].may_overlap, booking_id
            known[key] = day


def check_the_end(calendar: Calendar) -> None:
    """When all has been heard and the clock has looked: see each sentence."""
    bookings = {each.booking_id: each for each in calendar.all_bookings()}
    items = calendar.table.items
    waiting = [each for each in bookings.values() if each.status in WAITING_STATUSES]
    assert not waiting, "nothing waits for ever"
    assert not [key for key in items if key.sk == "hold"], "and nothing is held for it"
    _check_agendas(bookings, items)
    entries = {write.key for each in bookings.values() for write in list_writes(None, each)}
    listed = {key for key in items if key.pk in (f"{LOCATION}#made", f"{LOCATION}#visits")}
    assert listed == entries, "lists have each booking where it is now"
    _check_money(calendar, bookings)


def _check_agendas(bookings: dict[str, Booking], items: dict[Key, Item]) -> None:
    taken = {
        (key.pk, key.sk, booking_id): time
        for key, item in items.items()
        if _is_day(key)
        for booking_id, time in Agenda.from_dict(item.body).visits.items()
    }
    held = {
        (f"{LOCATION}#agenda#{each.employee_id}", day, each.booking_id): time
        for each in bookings.values()
        if (time := each.held_time())
        for day in time.blocked.utc_days()
    }
    assert taken == held, "no time is lost, and none is left"
    for one, other in combinations(bookings.values(), 2):
        times = one.held_time(), other.held_time()
        if one.employee_id == other.employee_id and times[0] and times[1]:
            is_apart = not times[0].blocked.overlaps(times[1].blocked)
            assert is_apart or one.may_overlap or other.may_overlap


def _check_money(calendar: Calendar, bookings: dict[str, Booking]) -> None:
    till = calendar.till
    assert set(till.booking_of.values()) <= set(bookings), "who is refused is never charged"
    still_open = {key for key in calendar.given if till.status[key] == "open"}
    assert till.is_lost or not still_open, "no page that a client was led to can be paid any more"
    for booking_id, booking in bookings.items():
        paid = [
            payment for key, payment in till.payments.items() if till.booking_of[key] == booking_id
        ]
        assert len(paid) <= 1, "nobody pays twice"
        summary = booking.payments()
        captured = sum(each.captured for each in paid)
        assert summary.amount_captured == captured
        given_back = sum(each.amount_minor for each in booking.refund_orders if each.is_open)
        if booking.status in (CANCELLED, EXPIRED):
            assert given_back == captured, "whoever has no visit gets all back"
        else:
            assert given_back == 0
            if booking.terms:
                assert captured == booking.price.amount_minor, "and who has one, has paid"


def _cancelled(booking: Booking, *, accepted_fee_minor: int) -> Booking:
    return cancel_for_client(booking, NOW_S, accepted_fee_minor=accepted_fee_minor)


def _is_day(key: Key) -> bool:
    return key.pk.startswith(f"{LOCATION}#agenda#")
