"""A salon's money at a Stripe that keeps state: clients pay, webhooks come or do not, syncs run."""

import random
from collections.abc import Callable, Iterable
from copy import replace
from dataclasses import dataclass, field
from typing import Any

import stripe

from shared.adapters.booking_store import BookingStore
from shared.adapters.event_store import EventStore
from shared.adapters.ledger_store import LedgerStore
from shared.adapters.location_store import LocationStore
from shared.adapters.payout_store import PayoutStore
from shared.adapters.sync_state import SyncState
from shared.config import load_config
from shared.domain.ledger.entry import LedgerEntry
from shared.domain.money.money import Money
from shared.domain.stripe_facts.event_types import is_consumed
from shared.workflows.ledger.open_account import open_account
from shared.workflows.ledger.sync_ledger import CONTINUES, LedgerSync, SyncOutcome
from shared.workflows.ledger.take_page import LedgerPages
from shared.workflows.stripe_accounts import StripeAccounts
from shared.workflows.stripe_events.record_event import record
from tests.builders import booking
from tests.surroundings.kept import keep
from tests.surroundings.salon import GOOD_CARD, SECRET_KEY, StripeBeside

AVAILABLE_AT_ONCE = "4000000000000077"
LOCATION = "demo"
FAR_S = 4_000_000_000


@dataclass
class Till:
    """The location `demo`, its Stripe account, and which of its webhooks have come."""

    beside: StripeBeside
    store: BookingStore
    api: Any = field(init=False)
    ledger: LedgerStore = field(init=False)
    event_store: EventStore = field(init=False)
    payouts: PayoutStore = field(init=False)
    sync_state: SyncState = field(init=False)
    delivered: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.transport = stripe.RequestsClient()
        self.api = stripe.StripeClient(
            SECRET_KEY, base_addresses={"api": self.beside.url}, http_client=self.transport
        ).v1
        self.ledger = LedgerStore(load_config())
        self.event_store = EventStore(load_config())
        self.payouts = PayoutStore(load_config())
        self.sync_state = SyncState(load_config())

    # ------------------------------------------------------------------ what happens at Stripe

    def now_s(self) -> int:
        return int(self.beside.control.get("/_sim/clock").json()["now"])

    def advance(self, seconds: float) -> None:
        self._control("clock/advance", seconds=seconds)

    def book(self, booking_id: str, amount: int = 4900, currency: str = "eur") -> None:
        made = booking(
            booking_id,
            price=Money(amount, currency),
            service_id="cut",
            employee_id="anna",
        )
        keep(self.store, made)

    def pay(
        self,
        booking_id: str | None,
        amount: int = 4900,
        currency: str = "eur",
        card: str = GOOD_CARD,
        purpose: str = "prepayment",
    ) -> str:
        """Let a client pay; `None` is a payment that has nothing to do with Bookpay."""
        ours = {"location_id": LOCATION, "booking_id": booking_id, "purpose": purpose}
        metadata = ours if booking_id else {}
        session = self.api.checkout.sessions.create(
            {
                "mode": "payment",
                "payment_method_types": ["card"],
                "line_items": [
                    {
                        "quantity": 1,
                        "price_data": {
                            "currency": currency,
                            "unit_amount": amount,
                            "product_data": {"name": "Haircut"},
                        },
                    }
                ],
                "metadata": metadata,
                "payment_intent_data": {"metadata": metadata},
                "success_url": "http://127.0.0.1:9/done",
                "cancel_url": "http://127.0.0.1:9/left",
            }
        )
        paid = self._control(f"checkout/{session.id}/pay", card=card)
        self.advance(5)
        return str(paid["charge"])

    def refund(self, charge: str, amount: int | None = None) -> str:
        params: dict[str, Any] = {"charge": charge}
        if amount:
            params["amount"] = amount
        return str(self.api.refunds.create(params).id)

    def fail_refund(self, refund: str) -> None:
        self._control(f"refunds/{refund}/fail")

    def refund_if_possible(self, charge: str, amount: int) -> None:
        """Refund what is left of a charge, up to a sum; nothing where nothing is left."""
        found = self.api.charges.retrieve(charge)
        left = found.amount_captured - found.amount_refunded
        if left:
            self.refund(charge, min(amount, left))

    def dispute(self, charge: str, amount: int | None = None) -> str:
        return str(self._control(f"charges/{charge}/dispute", amount=amount)["id"])

    def close_dispute(self, dispute: str, status: str) -> None:
        self._control(f"disputes/{dispute}/close", status=status)

    def turn_dispute(self, dispute: str) -> None:
        """Let the bank take back what it had decided for us."""
        self._control(f"disputes/{dispute}/turn")

    def pay_out(self) -> str:
        """Pay everything out, pending money too, and let Stripe reconcile it."""
        payout = str(self._control("payouts", instant=True)["id"])
        self.advance(5)
        return payout

    def transactions(self) -> list[Any]:
        """Return all of Stripe's balance transactions, as Stripe has them."""
        listed = self.api.balance_transactions.list({"limit": 100})
        return list(listed.auto_paging_iter())

    def balance(self) -> dict[str, int]:
        now = self.api.balance.retrieve()
        sums: dict[str, int] = {}
        for fund in (*now.available, *now.pending):
            sums[fund.currency] = sums.get(fund.currency, 0) + fund.amount
        return sums

    def _control(self, call: str, **sent: Any) -> dict[str, Any]:
        answer = self.beside.control.post(f"/_sim/{call}", json=sent)
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    # ------------------------------------------------------------------ what comes of it here

    def events(self) -> list[dict[str, Any]]:
        """Return every event that is consumed, oldest first."""
        listed = self.api.events.list({"limit": 100})
        found = [each.to_dict() for each in listed.auto_paging_iter()]
        return [event for event in reversed(found) if is_consumed(event["type"])]

    def deliver(self, wanted: Callable[[dict[str, Any]], bool] = lambda _event: True) -> int:
        """Let those webhooks come that are wanted and did not come yet; the others are lost."""
        come = [event for event in self.events() if event["id"] not in self.delivered]
        self.delivered |= {event["id"] for event in come}
        for event in come:
            if wanted(event):
                record(LOCATION, event, self.event_store)
        return len(come)

    def lose(self) -> None:
        """Let nothing come that did not come yet."""
        self.deliver(lambda _event: False)

    def deliver_two_thirds(self, seed: int) -> None:
        chance = random.Random(seed)
        self.deliver(lambda _event: chance.random() < 2 / 3)

    def syncs(self, sleep: Callable[[float], None] = lambda _s: None) -> LedgerSync:
        config = replace(load_config(), stripe_api_base=self.beside.url)
        return LedgerSync(config, clock=self.now_s, sleep=sleep)

    def sync(self, *, grace_s: int = 0, max_pages: int = 100) -> SyncOutcome:
        """Sync until there is nothing to go on with."""
        syncs, going_on = self.syncs(), None
        until_s = self.now_s() + 1
        while True:
            outcome = syncs.sync(LOCATION, until_s, going_on, grace_s=grace_s, max_pages=max_pages)
            if outcome.status != CONTINUES:
                return outcome
            going_on = outcome.continuation

    def take_newest(self) -> None:
        """Take Stripe's newest transactions, and do nothing else that a sync does."""
        config = replace(load_config(), stripe_api_base=self.beside.url)
        account = open_account(LOCATION, LocationStore(config), StripeAccounts(config))
        assert not isinstance(account, str), account
        now_s = self.now_s()
        listed, _ = account.stripe.list_balance_transactions(
            created_from_s=0, created_until_s=now_s + 1, starting_after=""
        )
        LedgerPages(config).take(account, listed, now_s=now_s, grace_s=0)

    def entries(self) -> list[LedgerEntry]:
        return list(self.ledger.iterate_entries(LOCATION, 0, FAR_S))

    def entry_of(self, source: str) -> LedgerEntry:
        [found] = [entry for entry in self.entries() if entry.source == source]
        return found

    def money_of(self, booking_ids: Iterable[str]) -> list[dict[str, Any]]:
        """Return what bookings say of their money, without what tells how it became known."""
        return [self._money(booking_id) for booking_id in booking_ids]

    def _money(self, booking_id: str) -> dict[str, Any]:
        stored = self.store.get_booking(LOCATION, booking_id)
        assert stored
        summary = stored.booking.payments()
        return {
            "status": summary.payment_status,
            "captured": summary.amount_captured,
            "refunded": summary.amount_refunded,
            "disputed": summary.amount_disputed,
            "refundable": summary.refundable,
            "refunds": sorted(
                (each["stripe_refund_id"], each["status"]) for each in summary.refunds
            ),
            "disputes": sorted(
                (each["stripe_dispute_id"], each["status"], each["funds"])
                for each in summary.disputes
            ),
        }

    def close(self) -> None:
        self.transport.close()  # type: ignore[no-untyped-call]
