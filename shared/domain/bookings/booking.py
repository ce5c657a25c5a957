"""A booking: what was agreed, and the facts about its money. Pure.

What the money amounts to is never stored: it is computed from the facts each time
(`payment_summary.summarise`), so the order in which they arrive cannot matter.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from shared.domain.bookings.booking_terms import BookingTerms
from shared.domain.bookings.charge_order import ChargeOrder
from shared.domain.bookings.fee import WAIVED, Fee, FeeState, fee_state
from shared.domain.bookings.journal import JournalEntry
from shared.domain.bookings.lifecycle import (
    AWAITING_PAYMENT,
    CANCELLED,
    ENDED_STATUSES,
    EXPIRED,
    PAYABLE_STATUSES,
    WAITING_STATUSES,
    Step,
    status_after,
)
from shared.domain.bookings.payment_summary import PaymentSummary, summarise
from shared.domain.bookings.refund_order import DUE_AGAIN_CAUSES, RefundOrder
from shared.domain.bookings.settled_actions import SettledAction
from shared.domain.calendar.intervals import Interval, TakenTime
from shared.domain.locations.location import Location
from shared.domain.money.money import Money
from shared.domain.stored_record import StoredRecord
from shared.domain.stripe_facts.payment_facts import EMPTY, Facts


@dataclass(frozen=True, slots=True)
class Client(StoredRecord):
    """The person the visit is for: shown to staff, never logged and never sent to Stripe by us."""

    name: str
    email: str
    phone: str | None = None


@dataclass(frozen=True, slots=True)
class FormerEmail(StoredRecord):
    """An address that a booking's client had until `until_s` (seconds since 1970).

    Evidence of where mails went, erased with the client; the audit log has it at `audit_place`.
    """

    email: str
    until_s: int
    by: str
    audit_place: str


@dataclass(frozen=True, slots=True)
class UndeliveredMail(StoredRecord):
    """A mail that did not reach its client; `fact` and `kind` are the mail's (`client_mails`).

    `status` is `refused`, `bounced` or `complained`; `at_s` is when that was known, in seconds
    since 1970.
    """

    fact: str
    kind: str
    status: str
    at_s: int


@dataclass(frozen=True, slots=True)
class CheckoutAttempt(StoredRecord):
    """One Checkout Session of ours, stored before Stripe is asked for it.

    `generation` counts a booking's attempts and makes the idempotency key; `session_id` and `url`
    are empty until Stripe has answered. Everything sent to Stripe follows from these fields, so a
    repetition sends the same. `account_id` and `mode` are where it was opened: at another account,
    or in the other mode, it does not exist.
    """

    generation: int
    amount_minor: int
    created_at_s: int
    expires_at_s: int
    session_id: str = ""
    url: str = ""
    account_id: str = ""
    mode: str = ""

    def idempotency_key(self, booking_id: str) -> str:
        """Return the key under which Stripe makes this session once."""
        return f"{booking_id}-checkout-{self.generation}"


@dataclass(frozen=True, slots=True)
class Booking(StoredRecord):
    """One appointment or sale of a location, with every fact about its money that is known.

    `refund_orders` and `charge_orders` are what we ask of Stripe, oldest first; `fees` are what its
    ends cost, of which the last counts; `lapsing_holds` are charges whose hold expires within two
    days. `timezone` is the location's at the time of booking: all of the booking's times are shown
    in it, as in the accepted terms; "" in older items. `settled` are needed actions that a person
    has settled. `sequence` is the number of its newest `booking.changed`, 0 before the first
    (`activity.sequence`). `failed_attempts` counts the payments that failed, of which the facts
    keep the last ten (`kept_facts`).

    The visit is from `starts_at_s` to `ends_at_s`, in seconds since 1970, and its buffers are the
    employee's time too; with `may_overlap`, others may have it as well. `note` and `metadata` are
    staff's: clients and Stripe never see them. `client_access` goes up when the booking is given to
    another reader: only the token of the present number opens the client's page.
    """

    booking_id: str
    location_id: str
    status: str
    price: Money
    description: str
    created_at_s: int
    external_id: str | None = None
    starts_at_s: int | None = None
    ends_at_s: int | None = None
    buffer_before_s: int = 0
    buffer_after_s: int = 0
    may_overlap: bool = False
    service_id: str | None = None
    employee_id: str | None = None
    client: Client | None = None
    facts: Facts = EMPTY
    journal: tuple[JournalEntry, ...] = ()
    checkout: CheckoutAttempt | None = None
    links: int = 0
    terms: BookingTerms | None = None
    refund_orders: tuple[RefundOrder, ...] = ()
    charge_orders: tuple[ChargeOrder, ...] = ()
    fees: tuple[Fee, ...] = ()
    lapsing_holds: tuple[str, ...] = ()
    note: str = ""
    metadata: Mapping[str, str] = field(default_factory=dict)
    client_access: int = 1
    former_emails: tuple[FormerEmail, ...] = ()
    undelivered: tuple[UndeliveredMail, ...] = ()
    timezone: str = ""
    settled: tuple[SettledAction, ...] = ()
    sequence: int = 0
    failed_attempts: int = 0

    def taken_time(self) -> TakenTime | None:
        """Return the time that it takes of its employee's, or `None` if it takes nobody's."""
        if self.starts_at_s is None or self.ends_at_s is None or not self.employee_id:
            return None
        visit = Interval(self.starts_at_s, self.ends_at_s)
        return TakenTime(visit, self.buffer_before_s, self.buffer_after_s)

    def held_time(self) -> TakenTime | None:
        """Return the time that it keeps from others: none once it is cancelled or has expired."""
        return None if self.status in (CANCELLED, EXPIRED) else self.taken_time()

    def waits_until_s(self) -> int:
        """Return until when its slot waits for a payment or a confirmation; 0 if it does not."""
        if self.terms is None or self.status not in WAITING_STATUSES:
            return 0
        return self.terms.hold_until_s

    def payments(self) -> PaymentSummary:
        """Return what all facts amount to, with the refunds that we have ordered."""
        open_orders = [order for order in self.refund_orders if order.is_open]
        return summarise(self.price, self.facts, open_orders)

    def fee(self) -> Fee | None:
        """Return the fee that counts: the last one, unless it was waived."""
        last = self.fees[-1] if self.fees else None
        return last if last and last.status != WAIVED else None

    def fee_state(self, fee: Fee) -> FeeState:
        """Return what became of one of its fees."""
        return fee_state(fee, self.facts, self.charge_orders, self.payments())

    def fee_owed_minor(self) -> int:
        """Return what is still owed of its fee, in minor units of the price's currency."""
        fee = self.fee()
        return self.fee_state(fee).owed_minor if fee else 0

    def amount_due_minor(self) -> int:
        """Return what the client can still be asked to pay, in the price's minor units.

        It is the price less what was captured or is held. Money that staff refunded does not become
        due again; what went back with an end that was undone does. After a cancellation or no-show
        it is the part of the fee that is owed.
        """
        if self.status in ENDED_STATUSES:
            return self.fee_owed_minor()
        if self.status not in PAYABLE_STATUSES:
            return 0
        summary = self.payments()
        taken_minor = summary.amount_captured + summary.amount_authorized
        asked_minor = self.price.amount_minor
        if self.terms and self.status == AWAITING_PAYMENT:
            asked_minor = self.terms.due_minor
        return max(0, asked_minor - max(0, taken_minor - self._undone_minor()))

    def _undone_minor(self) -> int:
        """Return what was refunded, or is being refunded, with an end that was undone."""
        not_refunded = {
            refund.refund_id
            for charge in self.facts.charges.values()
            for refund in charge.refunds.values()
            if refund.status in ("failed", "canceled")
        }
        return sum(
            order.amount_minor
            for order in self.refund_orders
            if order.cause in DUE_AGAIN_CAUSES
            and order.is_open
            and order.refund_id not in not_refunded
        )

    def is_ahead(self, now_s: int) -> bool:
        """Whether the booking stands, and its visit is still to come."""
        starts_at_s = self.starts_at_s
        return self.status in PAYABLE_STATUSES and starts_at_s is not None and starts_at_s > now_s

    def is_payable_by_link(self, location: Location) -> bool:
        """Whether a client may pay the booking by its link, if there is anything to pay.

        A location may have switched links for visits off. A slot that waits for its payment is no
        such visit, and neither is a fee: without a link the slot would be lost, the fee unpaid.
        """
        is_visit = self.status != AWAITING_PAYMENT and not self.fee_owed_minor()
        return location.visit_link_enabled or not is_visit

    def is_secured(self) -> bool:
        """Whether what was agreed online is there: money captured or held, or a card saved."""
        if self.terms is None or self.terms.mode == "at_visit":
            return True
        summary = self.payments()
        if self.terms.mode == "save_card":
            return summary.payment_status == "card_saved" or summary.amount_captured > 0
        taken_minor = summary.amount_captured
        if self.terms.mode == "hold":
            taken_minor += summary.amount_authorized
        return taken_minor >= self.terms.due_minor

    def is_being_paid(self) -> bool:
        """Whether Stripe took money whose charge has not reached us: nobody must pay twice."""
        return bool(self.payments().awaiting_charge)

    def wants_checkout(self) -> bool:
        """Whether a client has something to do at Stripe now: to pay, or to save a card."""
        if self.is_being_paid():
            return False
        if self.amount_due_minor() > 0:
            return True
        return self.status == AWAITING_PAYMENT and not self.is_secured()

    def is_checkout_complete(self) -> bool:
        """Whether the client has completed the newest session, and its payment has arrived."""
        session = self.facts.sessions.get(self.checkout.session_id) if self.checkout else None
        is_complete = session is not None and session.status == "complete"
        return is_complete and self.status != AWAITING_PAYMENT

    def checkout_mode(self) -> str:
        """Return what is done at Stripe: `pay`, `hold` or `save_card`."""
        if self.terms and self.status == AWAITING_PAYMENT:
            return self.terms.mode
        return "pay"

    def checkout_purpose(self) -> str:
        """Return what a payment made now is for, in the report's words."""
        if self.terms and self.status == AWAITING_PAYMENT:
            return self.terms.purpose
        fee = self.fee()
        return fee.purpose if fee and self.status in ENDED_STATUSES else "visit_link"

    def advanced(self) -> "Booking":
        """Return the booking confirmed if the payment that it waited for has come."""
        if self.status == AWAITING_PAYMENT and self.is_secured():
            return replace(self, status=status_after(self.status, Step.SECURE))
        return self

    def caused_since(self, before: "Booking", event_id: str) -> "Booking":
        """Return the booking with an event as the cause of the journal entries since `before`."""
        known = len(before.journal)
        noted = (replace(entry, caused_by=event_id) for entry in self.journal[known:])
        return replace(self, journal=(*self.journal[:known], *noted))

    def with_entry(self, entry: JournalEntry) -> "Booking":
        """Return the booking with one more entry in its journal."""
        return replace(self, journal=(*self.journal, entry))

    def with_fee(self, fee: Fee) -> "Booking":
        """Return the booking with one of its fees changed, found by its id."""
        fees = tuple(fee if each.fee_id == fee.fee_id else each for each in self.fees)
        return replace(self, fees=fees)

    def with_checkout(self, attempt: CheckoutAttempt) -> "Booking":
        """Return the booking with a new attempt at a Checkout Session."""
        return replace(self, checkout=attempt)
