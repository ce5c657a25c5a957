"""Over random histories nobody is promised, and nobody loses, more than there is.

Payments, refunds, fees, disputes and faults in any order, with webhooks that come late: what goes
back, what a fee keeps and what banks withdrew never pass what was taken, as far as Bookpay can know
when it decides; and no client pays more than the terms that were accepted.
"""

import contextlib
from dataclasses import dataclass, field

from hypothesis import given, settings
from hypothesis import strategies as st

from shared.domain.activity.needed_actions import booking_actions
from shared.domain.bookings.authorship import Person
from shared.domain.bookings.booking import (
    Booking,
)
from shared.domain.bookings.booking_document import booking_from_dict, booking_to_dict
from shared.domain.bookings.fee import FEE_PURPOSES
from shared.domain.bookings.lifecycle import (
    ENDED_STATUSES,
)
from shared.domain.bookings.refund_order import STAFF
from shared.domain.errors import Conflict, Forbidden, NotFound
from shared.domain.refunds.approval import UNLIMITED
from shared.domain.refunds.refund_rules import (
    RefundRequest,
    approve_refund,
    deny_refund,
    request_refund,
)
from shared.domain.visits.end_visit import cancel, complete, mark_no_show
from shared.domain.visits.fee_decisions import confirm_fee, remind_of_fee, waive_fee
from shared.domain.visits.outside_payments import PaidOutside, record_payment, void_payment
from tests.domain.builders import NOW_S
from tests.domain.money_world import NEARLY_NOTHING, PRICE_MINOR, STARTS_S, World, booked

ACCEPTED = {"cancelled": PRICE_MINOR // 2, "no_show": PRICE_MINOR * 8 // 10}
SHOWN = {"refund_failed", "refund_refused", "money_left"}
STEPS = st.tuples(
    st.sampled_from([
        "pays", "pays_fee", "holds", "saves", "listen", "listen", "listen_to_one", "listen_to_one",
        "carry_out", "carry_out_declined", "ask_for_refunds", "ask_for_refunds", "write_answers",
        "refund", "refund", "refund_four_eyes", "approve", "deny",
        "dashboard_refund", "refund_fails", "dispute", "inquiry", "win", "lose",
        "client_cancels", "business_cancels", "business_takes_fee", "no_show", "complete",
        "confirm", "waive", "remind", "hold_lapses", "cash", "cash", "void_cash",
    ]),
    st.integers(1, 12_000),
)  # fmt: skip

REFUND_STEPS = st.tuples(
    st.sampled_from([
        "refund", "dashboard_refund", "ask_for_refunds", "ask_for_refunds", "write_answers",
        "listen_to_one", "listen_to_one", "client_cancels", "business_cancels", "confirm", "waive",
    ]),
    st.integers(1, PRICE_MINOR // 2),
)  # fmt: skip


@dataclass
class History:
    """A world, and what nobody but the bank or the dashboard may have brought about."""

    world: World
    steps: list[str] = field(default_factory=list)

    def take(self, step: str, number: int) -> None:
        booking = self.world.booking
        self.steps.append(step)
        with contextlib.suppress(Conflict, NotFound, Forbidden):
            if step in {"refund_four_eyes", "refund"}:
                asked = RefundRequest(f"rf_{len(self.steps)}", number, "a@x.de", NOW_S, STAFF)
                allowance = NEARLY_NOTHING if step == "refund_four_eyes" else UNLIMITED
                self._decide(request_refund(booking, asked, allowance))
            elif step in ("approve", "deny") and booking.refund_orders:
                decide = approve_refund if step == "approve" else deny_refund
                name = booking.refund_orders[number % len(booking.refund_orders)].request_id
                self._decide(decide(booking, name, Person("b", "b@x.de"), NOW_S))
            elif step == "client_cancels":
                self._decide(cancel(booking, "client", NOW_S, takes_fee=True))
            elif step in ("business_cancels", "business_takes_fee"):
                takes_fee = step == "business_takes_fee"
                # Of two clerks one may give back what they like, and one next to nothing.
                allowance = NEARLY_NOTHING if number % 2 else UNLIMITED
                self._decide(
                    cancel(booking, "a@x.de", NOW_S, takes_fee=takes_fee, allowance=allowance)
                )
            elif step == "no_show":
                self._decide(mark_no_show(booking, "a@x.de", STARTS_S, takes_fee=True))
            elif step == "complete":
                self._decide(complete(booking, "a@x.de", STARTS_S))
            elif step == "cash" and (due_minor := booking.amount_due_minor()):
                paid = PaidOutside(min(number, due_minor), "cash")
                self._decide(record_payment(booking, paid, "a@x.de", NOW_S))
            elif step == "void_cash" and booking.outside_payments:
                place = number % len(booking.outside_payments)
                name = booking.outside_payments[place].payment_id
                self._decide(void_payment(booking, name, "given back", "a@x.de", NOW_S))
            elif step in ("confirm", "waive", "remind") and booking.fees:
                self._decide_fee(step)
            else:
                self._happens(step, number)

    def _decide_fee(self, step: str) -> None:
        booking, fee = self.world.booking, self.world.booking.fees[-1]
        if step == "confirm":
            self._decide(confirm_fee(booking, fee.fee_id, "a@x.de", NOW_S))
        elif step == "waive":
            allowance = NEARLY_NOTHING if len(self.steps) % 2 else UNLIMITED
            self._decide(
                waive_fee(booking, fee.fee_id, "a@x.de", "ill", NOW_S, allowance=allowance)
            )
        else:
            self._decide(remind_of_fee(booking, fee.fee_id, fee.reminders, NOW_S))

    def _decide(self, changed: Booking) -> None:
        """Write a decision of Bookpay's, and hold it against what was known when it was made."""
        before, ordered = self.world.booking.payments(), self.world.booking.charge_orders
        known = {each.fee_id: self.world.booking.fee_state(each).taken_minor
                 for each in self.world.booking.fees}  # fmt: skip
        self.world.change(changed)
        after = changed.payments()
        promised = after.amount_refunded + after.amount_refund_pending
        if promised > before.amount_refunded + before.amount_refund_pending:
            assert promised + after.amount_disputed <= after.amount_captured, self.steps
        fee = changed.fee()
        taken = changed.fee_state(fee).taken_minor if fee else 0
        if fee and taken > known.get(fee.fee_id, 0):
            total = promised + taken + after.amount_disputed
            assert total <= after.amount_captured, self.steps
        # Neither card nor hold pays what was paid outside Stripe.
        asked = [each for each in changed.charge_orders if each.fee_id and each not in ordered]
        if fee and (asked_minor := sum(each.amount_minor for each in asked)):
            here = fee.kept_minor + changed.paid_elsewhere_minor()
            assert asked_minor + here <= fee.amount_minor, self.steps

    def _happens(self, step: str, number: int) -> None:
        world, payments = self.world, self.world.payments
        if step == "listen":
            world.listen()
        elif step == "listen_to_one" and payments:
            world.listen_to_one(number)
        elif step == "ask_for_refunds":
            world.ask_for_refunds()
        elif step == "write_answers":
            world.write_answers()
        elif step.startswith("carry_out"):
            card = "authentication_required" if step.endswith("declined") else "good"
            world.carry_out(card=card)
        else:
            self._client_does(step, number)

    def _client_does(self, step: str, number: int) -> None:
        world, payments = self.world, self.world.payments
        if step == "pays" and len(payments) < 4:
            world.pays(min(number, PRICE_MINOR))
        elif step == "pays_fee" and len(payments) < 4 and world.booking.fee_owed_minor():
            world.pays(world.booking.fee_owed_minor(), world.booking.checkout_purpose())
        elif step == "holds" and len(payments) < 4:
            world.holds(min(number, PRICE_MINOR))
        elif step == "saves":
            world.saves_card()
        elif payments:
            self._bank_does(step, number)

    def _bank_does(self, step: str, number: int) -> None:
        payments = self.world.payments
        payment = payments[number % len(payments)]
        left = payment.captured - payment.refunded
        is_disputed = any(
            not each["status"].startswith("warning") for each in payment.disputes.values()
        )
        if step == "dashboard_refund" and left and not is_disputed:
            payment.refund(min(number, left))
        elif step == "refund_fails" and payment.refunds:
            key = sorted(payment.refunds)[number % len(payment.refunds)]
            if payment.refunds[key]["status"] == "succeeded":
                payment.refunds[key] = dict(payment.refunds[key])
                payment.update_refund(key, "failed", "refund.failed")
        elif step in ("dispute", "inquiry") and payment.captured and not payment.disputes:
            payment.dispute(inquiry=step == "inquiry", amount=min(number, payment.captured))
        elif step in ("win", "lose") and payment.disputes:
            [key] = payment.disputes
            if payment.disputes[key]["status"] == "needs_response":
                payment.close(key, "won" if step == "win" else "lost")
                if step == "win":
                    payment.reinstate(key)
        elif (
            step == "hold_lapses"
            and payment.charge["status"] == "succeeded"
            and not payment.captured
        ):
            payment.lapse()


def check_terms(history: History) -> None:
    """No client is charged above the accepted terms, by anything that Bookpay ordered."""
    world, booking = history.world, history.world.booking
    for fee in booking.fees:
        assert fee.amount_minor <= ACCEPTED[booking.status], history.steps
        state = booking.fee_state(fee)
        paid_minor = state.taken_minor + state.elsewhere_minor
        assert paid_minor + state.pending_minor + state.owed_minor <= fee.amount_minor
        assert fee.kept_minor <= fee.amount_minor
    if booking.status not in ENDED_STATUSES:
        return
    fee_orders = [each for each in booking.charge_orders if each.fee_id]
    asked = sum(each.amount_minor for each in fee_orders if each.status != "refused")
    kept = sum(each.kept_minor for each in booking.fees[-1:])
    limit = booking.fees[-1].amount_minor if booking.fees else 0
    assert asked + kept <= limit, history.steps
    assert booking.amount_due_minor() <= limit - kept
    purposes = {each.charge["metadata"]["purpose"] for each in world.payments}
    assert not (purposes & FEE_PURPOSES) or booking.fees


@given(
    st.lists(STEPS, max_size=25),
    st.sampled_from(["automatic", "propose"]),
    st.sampled_from(["pay", "hold", "save_card"]),
)
@settings(max_examples=250)
def test_refunds_fees_and_disputes_never_pass_what_was_taken(
    steps: list[tuple[str, int]], charge: str, mode: str
) -> None:
    live(History(World(booked(charge=charge, mode=mode))), steps)


@given(st.lists(REFUND_STEPS, max_size=8), st.sampled_from(["automatic", "propose"]))
@settings(max_examples=250)
def test_what_was_paid_goes_back_in_whichever_order_stripe_tells_and_answers(
    steps: list[tuple[str, int]], charge: str
) -> None:
    history = History(World(booked(charge=charge)))
    history.take("pays", PRICE_MINOR)
    history.take("listen", 0)
    live(history, steps)


def live(history: History, steps: list[tuple[str, int]]) -> None:
    """Take every step, and let everything come to its end."""
    for step, number in steps:
        history.take(step, number)
        check_terms(history)
    world = history.world
    for _ in range(4):
        world.carry_out()
        world.listen()
    check_terms(history)
    check_ends(history)


def check_ends(history: History) -> None:
    """At the end the booking knows what Stripe has, and keeps no more than its fee."""
    world, booking = history.world, history.world.booking
    summary = booking.payments()
    captured = sum(each.captured for each in world.payments)
    refunded = sum(each.refunded for each in world.payments)
    disputed = sum(each.disputed for each in world.payments)
    assert (summary.amount_captured, summary.amount_refunded, summary.amount_disputed) == (
        captured, refunded, disputed,
    )  # fmt: skip
    for payment in world.payments:
        assert payment.refunded <= payment.captured
    # What a second person never agreed to is the only thing that waits.
    waiting = [
        each.amount_minor for each in booking.refund_orders if each.status == "awaiting_approval"
    ]
    assert summary.amount_refund_pending == sum(waiting), history.steps
    assert booking_from_dict(booking_to_dict(booking)) == booking
    if booking.status in ENDED_STATUSES:
        check_nothing_stays(history, captured - refunded - disputed)


def check_nothing_stays(history: History, kept: int) -> None:
    """Of what was taken for an ended visit its fee stays, or staff see what is left to do."""
    booking = history.world.booking
    fee = booking.fee()
    state = booking.fee_state(fee) if fee else None
    most = fee.amount_minor if fee else 0
    if state and state.status == "taken":
        most = state.taken_minor
    kept -= booking.payments().amount_refund_pending
    actions = booking_actions(booking)
    kinds = {action.kind for action in actions}
    # What was paid outside Stripe, less what staff are asked to give back, is kept too.
    kept += booking.paid_elsewhere_minor()
    kept -= sum(each.details["amount"] for each in actions if each.kind == "money_left_elsewhere")
    decides = any(each.has_open_chargeback for each in booking.facts.charges.values())
    assert kept <= most or kinds & SHOWN or decides, history.steps
    if not {"dispute", "lose", "refund_fails", "inquiry", "dashboard_refund"} & {*history.steps}:
        assert kept <= most, history.steps
