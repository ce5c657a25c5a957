"""One visit from its booking to its end, through the real functions, with a Stripe of its own."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from types import SimpleNamespace
from typing import Any

import pytest

from functions.record_stripe_event import handler as record_function
from functions.serve_staff_api import handler as staff_function
from functions.serve_staff_api import visits as visit_routes
from shared.adapters.booking_store import BookingStore
from shared.adapters.mail_store import MailStore
from shared.config import Config, load_config
from shared.domain.bookings.booking import Booking
from shared.domain.bookings.charge_order import REQUESTED
from shared.domain.catalogue.policy_text import policy_text
from shared.domain.disputes.accepted_policy import accepted_policy_of
from shared.domain.link_tokens import derive_client_token
from shared.domain.refunds.refund_answers import is_at_stripe
from tests.builders import from_queue
from tests.fake_aws import FakeAws
from tests.functions.test_desk_bookings import HERE, Desk
from tests.surroundings.mailbox import Mailbox
from tests.surroundings.salon import Salon, connected, stripe_beside
from tests.surroundings.staff_calls import StaffCalls, forget_stores
from tests.surroundings.till import Till

# The service of two hours whose price is 120.00.
SERVICE, LINK_KEY = "colour", "the key of the links"
MAX_ROUNDS = 10


@dataclass(frozen=True)
class Outcome:
    """What came of a visit, in minor units.

    `fee` is the fee's sum, what was taken of it and its status; `mails` the kinds in the order in
    which they were sent; `lines` the report's: category, purpose and gross of each ledger entry.
    """

    status: str
    payment_status: str
    captured: int
    refunded: int
    due: int
    fee: tuple[int, int, str] | None
    mails: tuple[str, ...]
    lines: tuple[tuple[str, str, int], ...]
    asks: tuple[str, ...] = ()


class Visit:
    """One visit from its booking to its end, with everything that its ends order carried out."""

    def __init__(
        self, salon: Salon, desk: Desk, till: Till, mailbox: Mailbox, patched: pytest.MonkeyPatch
    ) -> None:
        self.salon, self.desk, self.till, self.mailbox = salon, desk, till, mailbox
        self._patched = patched
        self.made: dict[str, Any] = {}
        self.mails: list[str] = []

    # ------------------------------------------------------------------ it is booked

    def book(self, who: str, starts_at: str) -> None:
        if who == "widget":
            self.made = self.salon.booked(SERVICE, starts_at)
        else:
            fields = {"service_id": SERVICE, "terms": "apply", "notify": True}
            self.made = self.desk.booked(starts_at, **fields)
            self._mail()
            self.made["checkout_url"] = self.desk.accept(self.made)
        token = derive_client_token(LINK_KEY, self.made["booking_id"])
        self.made["token"] = token
        if self.made["status"] == "awaiting_payment":
            self.till.beside.pay(self.made)
        self.settle()

    @property
    def booking(self) -> Booking:
        return self.salon.whole(self.made)

    # ------------------------------------------------------------------ it ends

    def move(self, starts_at: str) -> None:
        path = f"{HERE}/bookings/{self.made['booking_id']}/reschedule"
        asked = {"starts_at": starts_at, "notify": True}
        status, shown = self.desk.staff("POST", path, asked)
        assert status == 200, shown

    def by_staff(self, end: str) -> None:
        """Let staff end it, a minute after its start."""
        begun_s = (self.booking.starts_at_s or 0) + 60
        self._patched.setattr(visit_routes, "time", SimpleNamespace(time=lambda: begun_s))
        path = f"{HERE}/bookings/{self.made['booking_id']}/{end}"
        status, shown = self.desk.staff("POST", path, {} if end == "no-show" else None)
        assert status == 200, shown

    # ------------------------------------------------------------------ what follows

    def settle(self) -> None:
        """Let webhooks, orders and mails go through until nothing is left to do."""
        for _ in range(MAX_ROUNDS):
            self._mail()
            self.till.advance(5)
            if not self._hear() + self._carry_out():
                return
        raise AssertionError("there is always more to do")

    def _hear(self) -> int:
        come = [each for each in self.till.events() if each["id"] not in self.till.delivered]
        self.till.delivered |= {each["id"] for each in come}
        for event in come:
            answer = record_function.handler(from_queue(event), self.desk.context)
            assert answer == {"batchItemFailures": []}
            self._mail()
        return len(come)

    def _carry_out(self) -> int:
        found = self.salon.stored(self.made)
        charges = [each.order_id for each in found.charge_orders if each.status == REQUESTED]
        refunds = [
            each.refund_id
            for each in found.refund_orders
            if each.is_open and not is_at_stripe(found, each)
        ]
        for order_id in charges:
            assert self.salon.process_batch(self.made, order_id=order_id)
        for refund_id in refunds:
            assert self.salon.process_batch(self.made, refund_id=refund_id)
        return len(charges) + len(refunds)

    def _mail(self) -> None:
        self.mailbox.deliver()
        known = MailStore(load_config()).list_mails("demo", self.made["booking_id"])
        kinds = [each.kind for each in known]
        for kind in self.mails:
            kinds.remove(kind)
        # What one change leads to comes in no order.
        self.mails += sorted(kinds)

    def evidence(self) -> tuple[str, str, str]:
        """Return the policy that the client accepted, in which language, and from where."""
        accepted, terms = accepted_policy_of(self.booking), self.booking.terms
        assert accepted
        assert terms
        return accepted.text, terms.accepted_language, terms.accepted_from

    def policy(self, starts_at: str) -> tuple[str, str, str]:
        """Return what a client accepts who books a visit at a time."""
        found = self.salon.catalogue.get_location_and_terms("demo")
        assert found
        location, terms = found
        starts_at_s = int(datetime.fromisoformat(starts_at).timestamp())
        text = policy_text(terms, location, starts_at_s)
        return text, "en", self.salon.address

    def outcome(self) -> Outcome:
        shown = self.desk.shown(self.made)
        fees = [(each["amount"], each["amount_taken"], each["status"]) for each in shown["fees"]]
        self.till.take_newest()
        return Outcome(
            status=shown["status"],
            payment_status=shown["payment_status"],
            captured=shown["amount_captured"],
            refunded=shown["amount_refunded"],
            due=shown["amount_due"],
            fee=fees[-1] if fees else None,
            mails=tuple(self.mails),
            lines=tuple(
                (each.reporting_category, each.purpose, each.amount_minor)
                for each in sorted(self.till.entries(), key=lambda each: each.created_s)
                if each.booking_id == self.made["booking_id"]
            ),
            asks=tuple(each["kind"] for each in shown["needs_action"]),
        )


@pytest.fixture
def visit(
    store: BookingStore,
    config: Config,
    context: Any,
    mailbox: Mailbox,
    aws: FakeAws,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Visit]:
    """A salon with a Stripe of its own, which knows of nobody else's visits."""
    with stripe_beside(seed=1) as beside, connected(beside, aws, monkeypatch):
        salon = Salon(store, config, context, monkeypatch)
        salon.set_location(locale="en")
        till = Till(beside, store)
        desk = Desk(StaffCalls(context, store, staff_function.handler), context)
        yield Visit(salon, desk, till, mailbox, monkeypatch)
        till.close()
    forget_stores()
