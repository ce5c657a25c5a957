"""A booking: what was agreed, and the facts about its money. Pure.

What the money amounts to is never stored: it is computed from the facts each time
(`payment_summary.summarise`), so the order in which they arrive cannot matter.

It is over 300 lines because this one class is what every rule asks.
"""

from collections.abc import Mapping
from copy import replace
from functools import cached_property

from msgspec import field

from shared.domain.bookings.booking_terms import BookingTerms
from shared.domain.bookings.charge_order import ChargeOrder
from shared.domain.bookings.checkout_attempt import CheckoutAttempt
from shared.domain.bookings.client_addresses import FormerEmail, UndeliveredMail
from shared.domain.bookings.fee import (
    WAIVED,
    Fee,
    FeeState,
    Paid,
    coming_minor,
    fee_states,
    fees_for_moves,
    orders_of,
)
from shared.domain.bookings.journal import JournalEntry
from shared.domain.bookings.lifecycle import (
    AWAITING_PAYMENT,
    CANCELLED,
    CONFIRMED,
    ENDED_STATUSES,
    EXPIRED,
    PAYABLE_STATUSES,
    WAITING_STATUSES,
    Step,
    status_after,
)
from shared.domain.bookings.move import Move
from shared.domain.bookings.outside_payment import OutsidePayment, counted_minor
from shared.domain.bookings.payment_summary import PaymentSummary, has_saved_card, summarise
from shared.domain.bookings.refund_order import RefundOrder, undone_minor
from shared.domain.bookings.settled_actions import SettledAction
from shared.domain.calendar.intervals import Interval, TakenTime
from shared.domain.locations.location import Location
from shared.domain.money.money import Money
from shared.domain.stored_record import StoredRecord
from shared.domain.stripe_facts.payment_facts import EMPTY, Facts


class Client(StoredRecord, frozen=True):
    """The person the visit is for: never logged; Stripe is sent the e-mail address alone."""

    name: str
    email: str
    phone: str | None = None


class Booking(StoredRecord, frozen=True, dict=True):
    """One appointment or sale of a location, with every fact about its money that is known.

    `refund_orders` and `charge_orders` are what we ask of Stripe, oldest first; `fees` are what its
    ends and its late moves cost, of which the last for an end counts, and all for moves;
    `lapsing_holds` are charges whose hold expires within two days. `timezone` is the location's at
    the time of booking: all of the booking's times are shown in it, as in the accepted terms; "" in
    older items. `settled` are needed actions that a person has settled. `sequence` is the number of
    its newest `booking.changed`, 0 before the first (`activity.sequence`). `failed_attempts` counts
    the payments that failed, of which the facts keep the last ten (`kept_facts`).
    `outside_payments` are what was paid without Stripe.

    The visit is from `starts_at_s` to `ends_at_s`, in seconds since 1970, and its buffers are the
    employee's time too; with `may_overlap`, others may have it as well. `moves` are its changes of
    time, and `kept_step_hours` names the step of the cancellation policy (by its hours, 0 for none)
    below which cancelling costs no less any more, since the client moved the visit late. `note` and
    `metadata` are staff's: clients and Stripe never see them. `client_access` goes up when the
    booking is given to another reader: only the token of the present number opens the client's
    page.
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
    outside_payments: tuple[OutsidePayment, ...] = ()
    moves: tuple[Move, ...] = ()
    kept_step_hours: int = 0

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
        return self._payments

    @cached_property
    def _payments(self) -> PaymentSummary:
        # A change asks for it some ten times, of the same two bookings.
        open_orders = [order for order in self.refund_orders if order.is_open]
        elsewhere_minor = self.paid_elsewhere_minor() if self.status in PAYABLE_STATUSES else 0
        fees_minor = self.move_fees_minor()
        return summarise(self.price, self.facts, open_orders, elsewhere_minor, fees_minor)

    def paid_elsewhere_minor(self) -> int:
        """Return what was paid outside Stripe, in minor units of the price's currency."""
        return counted_minor(self.outside_payments)

    def fee(self) -> Fee | None:
        """Return the fee for its end that counts: the last one, unless it was waived."""
        of_ends = [each for each in self.fees if not each.is_for_move]
        return of_ends[-1] if of_ends and of_ends[-1].status != WAIVED else None

    def fee_to_pay(self) -> Fee | None:
        """Return the fee that a payment is asked for by: that for its end, or else for a move."""
        return self.fee() or next((each for each in reversed(self.fees) if each.counts), None)

    def move_fees_minor(self) -> int:
        """Return what its moves cost besides its price, in minor units of the price's currency."""
        return sum(each.amount_minor for each in fees_for_moves(self.fees))

    def coming_for_moves_minor(self) -> int:
        """Return what is being charged to a saved card for its moves, and is not here yet."""
        own = orders_of(fees_for_moves(self.fees), self.charge_orders)
        return coming_minor(self.facts, own)

    def fee_states(self) -> dict[str, FeeState]:
        """Return what became of its fees, by id."""
        summary, elsewhere_minor = self.payments(), self.paid_elsewhere_minor()
        is_over = self.status in ENDED_STATUSES
        money = (self.facts, self.charge_orders, summary, elsewhere_minor, self.refund_orders)
        paid = Paid(*money, is_over=is_over)
        return fee_states(self.fees, paid)

    def fee_state(self, fee: Fee) -> FeeState:
        """Return what became of one of its fees."""
        return self.fee_states()[fee.fee_id]

    def fee_owed_minor(self) -> int:
        """Return what is owed of the fees of a visit that has ended, in the price's minor units.

        While a visit stands, its moves' fees are due with its price.
        """
        if not self.fees or self.status not in ENDED_STATUSES:
            return 0
        return sum(each.owed_minor for each in self.fee_states().values())

    def amount_due_minor(self) -> int:
        """Return what the client can still be asked to pay, in the price's minor units.

        It is the price, with the fees for moves, less what was captured, is held, or was paid
        outside Stripe. Money that staff refunded does not become due again; what went back by a
        rule no longer counts as paid. After a cancellation or no-show it is the part of the fees
        that is owed.
        """
        if self.status in ENDED_STATUSES:
            return self.fee_owed_minor()
        if self.status not in PAYABLE_STATUSES:
            return 0
        return max(0, self._asked_minor() - self._paid_minor(with_holds=True))

    def to_capture_minor(self) -> int:
        """Return what of its holds completing the visit captures, in the price's minor units."""
        return max(0, self._asked_minor() - self._paid_minor(with_holds=False))

    def _asked_minor(self) -> int:
        if self.terms and self.status == AWAITING_PAYMENT:
            return self.terms.due_minor
        return self.price.amount_minor + self.move_fees_minor() - self.coming_for_moves_minor()

    def _paid_minor(self, *, with_holds: bool) -> int:
        summary = self.payments()
        taken_minor = summary.amount_captured + (summary.amount_authorized if with_holds else 0)
        here_minor = max(0, taken_minor - undone_minor(self.refund_orders, self.facts))
        return here_minor + self.paid_elsewhere_minor()

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
        """Whether what was agreed is there: money captured, held or paid elsewhere, or a card."""
        if self.terms is None or self.terms.mode == "at_visit":
            return True
        summary = self.payments()
        if self.terms.mode == "save_card":
            is_paid = self.paid_elsewhere_minor() >= self.price.amount_minor
            return has_saved_card(self.facts) or summary.amount_captured > 0 or is_paid
        taken_minor = summary.amount_captured
        if self.terms.mode == "hold":
            taken_minor += summary.amount_authorized
        done = self._completed()
        # Moved to what is dearer while it was being paid: the rest is due by the link.
        if done and taken_minor >= done.amount_minor:
            return True
        return taken_minor + self.paid_elsewhere_minor() >= self.terms.due_minor

    def lacks_card(self) -> bool:
        """Whether it stands without the card that is to secure it: its hold would not last."""
        is_for_card = self.terms is not None and self.terms.mode == "save_card"
        return is_for_card and self.status == CONFIRMED and not self.is_secured()

    def is_being_paid(self) -> bool:
        """Whether Stripe took money whose charge has not reached us: nobody must pay twice."""
        return bool(self.payments().awaiting_charge)

    def wants_checkout(self) -> bool:
        """Whether a client has something to do at Stripe now: to pay, or to save a card."""
        if self.is_being_paid():
            return False
        if self.amount_due_minor() > 0:
            return True
        return self.lacks_card() or (self.status == AWAITING_PAYMENT and not self.is_secured())

    def is_checkout_complete(self) -> bool:
        """Whether the client has completed the newest session, and its payment has arrived."""
        return self._completed() is not None and self.status != AWAITING_PAYMENT

    def _completed(self) -> CheckoutAttempt | None:
        session = self.facts.sessions.get(self.checkout.session_id) if self.checkout else None
        return self.checkout if session and session.status == "complete" else None

    def checkout_mode(self) -> str:
        """Return what is done at Stripe: `pay`, `hold` or `save_card`."""
        if self.terms and (self.status == AWAITING_PAYMENT or self.lacks_card()):
            return self.terms.mode
        return "pay"

    def checkout_purpose(self) -> str:
        """Return what a payment made now is for, in the report's words."""
        if self.terms and (self.status == AWAITING_PAYMENT or self.lacks_card()):
            return self.terms.purpose
        is_over, fee = self.status in ENDED_STATUSES, self.fee_to_pay()
        return fee.purpose if fee and is_over else "visit_link"

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
