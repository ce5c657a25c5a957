"""After any chain of moves the money is the last price's, with the fees for late moves.

    standing    captured - refunded + held + still due  ==  price + fees      (a hold may be more)
    paid, done  captured - refunded                     ==  price + fees
    cancelled   captured - refunded + still owed        ==  fees + the fee for cancelling

Staff and client move, to other services, early and late, while the client pays or does not, cards
are declined, and webhooks come late. Nothing is captured twice, and nothing asks staff to give back
what is the business's own.
"""

import contextlib
from dataclasses import dataclass

from hypothesis import given, settings
from hypothesis import strategies as st

from shared.domain.activity.needed_actions import booking_actions
from shared.domain.bookings.booking_document import booking_from_dict, booking_to_dict
from shared.domain.bookings.charge_order import CAPTURE
from shared.domain.dates.instants import DAY_S, HOUR_S
from shared.domain.errors import Conflict, NotAgreed
from shared.domain.visits.accepted_terms import cancellation_fee_for
from shared.domain.visits.end_visit import cancel, complete
from shared.domain.visits.move_rules import reschedule_fee_for
from tests.domain.builders import NOW_S
from tests.domain.money_world import PRICE_MINOR, STARTS_S, World
from tests.domain.visits.moved_visits import (
    AT_A_COST,
    FREELY,
    LATER_S,
    SERVICES,
    by_client,
    by_staff,
    kept_minor,
    settle,
    visit,
)

MODES = {"full": "pay", "deposit": "pay", "hold": "hold", "card": "save_card"}
GIVES_BACK = {"overpaid", "money_left", "refund_refused", "other_currency"}
STEPS = st.tuples(
    st.sampled_from([
        "staff", "staff", "service", "service", "client", "client", "client",
        "pays", "carry_out", "declined", "listen", "ask_for_refunds", "write_answers", "settle",
    ]),
    st.integers(0, 200),
)  # fmt: skip
# Of the visit of the tests, the hours that are left when its client moves it.
HOURS_LEFT = (2, 30, 60)


@dataclass
class Chain:
    """A visit that is moved again and again; `fees_minor` is what its client agreed to."""

    world: World
    fees_minor: int = 0

    def take(self, step: str, number: int) -> None:
        booking, world = self.world.booking, self.world
        to_s = LATER_S + number * DAY_S // 2
        with contextlib.suppress(Conflict, NotAgreed):
            if step == "staff":
                world.change(by_staff(booking, to_s))
            elif step == "service":
                service_id = list(SERVICES)[number % len(SERVICES)]
                at_s = to_s if number % 2 else booking.starts_at_s or 0
                world.change(by_staff(booking, at_s, service_id=service_id))
            elif step == "client":
                self._client_moves(to_s, number)
            elif step == "pays" and booking.wants_checkout():
                self._client_pays()
            elif step == "settle":
                settle(world)
            elif step == "declined":
                world.carry_out(card="card_declined")
            elif step in ("carry_out", "listen", "ask_for_refunds", "write_answers"):
                getattr(world, step)()

    def _client_moves(self, to_s: int, number: int) -> None:
        booking = self.world.booking
        assert booking.starts_at_s
        at_s = booking.starts_at_s - HOURS_LEFT[number % 3] * HOUR_S
        fee_minor = reschedule_fee_for(booking, at_s)
        # A window of ninety days, whenever it is asked.
        if not at_s + DAY_S < to_s < at_s + 80 * DAY_S:
            return
        moved = by_client(booking, to_s, at_s=at_s, accepts=fee_minor)
        self.fees_minor += fee_minor if moved != booking else 0
        self.world.change(moved)

    def _client_pays(self) -> None:
        if self.world.booking.checkout_mode() == "save_card":
            self.world.saves_card()
            return
        self.world.pays(self.world.booking.amount_due_minor(), "visit_link")
        # Nobody pays twice: a page that is open shows what is due now.
        self.world.listen()


def begun(name: str, fee: str) -> Chain:
    """Return a visit that is paid for as its mode says."""
    rule = AT_A_COST if fee == "as_cancelling" else FREELY
    due_minor = 5_000 if name == "deposit" else None
    world = World(visit(mode=MODES[name], rule=rule, due_minor=due_minor))
    if name == "card":
        world.saves_card()
    elif name == "hold":
        world.holds()
    else:
        world.pays(due_minor or PRICE_MINOR, "deposit" if due_minor else "prepayment")
    world.listen()
    return Chain(world)


def asked_minor(chain: Chain) -> int:
    return chain.world.booking.price.amount_minor + chain.fees_minor


def expect_the_last_price(chain: Chain) -> None:
    """Expect what is here, is held and is due to be the last price and the fees."""
    booking = chain.world.booking
    summary, here_minor = booking.payments(), kept_minor(booking)
    assert here_minor <= asked_minor(chain), "nothing is kept beyond them"
    rest_minor = asked_minor(chain) - here_minor - summary.amount_authorized
    assert booking.amount_due_minor() == max(0, rest_minor)
    assert not {each.kind for each in booking_actions(booking)} & GIVES_BACK
    assert booking_from_dict(booking_to_dict(booking)) == booking


@settings(max_examples=200)
@given(
    st.sampled_from(sorted(MODES)),
    st.sampled_from(["none", "as_cancelling"]),
    st.lists(STEPS, min_size=1, max_size=14),
    st.sampled_from(["complete", "client", "business"]),
)
def test_any_chain_ends_with_the_last_price_and_the_fees(
    name: str, fee: str, steps: list[tuple[str, int]], end: str
) -> None:
    chain = begun(name, fee)
    for step in steps:
        chain.take(*step)
    world = chain.world
    settle(world)
    expect_the_last_price(chain)
    assert len(world.booking.moves) == sum(
        each.what == "booking.moved" for each in world.booking.journal
    )
    if end == "complete":
        expect_all_paid(chain)
    else:
        expect_cancelled(chain, end)
    captures = [each.payment_intent for each in world.booking.charge_orders if each.kind == CAPTURE]
    assert len(captures) == len(set(captures)), "no hold is captured twice"


def expect_all_paid(chain: Chain) -> None:
    """The visit takes place, and its client pays what is due."""
    world = chain.world
    if world.booking.lacks_card():
        world.saves_card()
        settle(world)
    starts_at_s = world.booking.starts_at_s or 0
    world.change(complete(world.booking, "desk@x.de", starts_at_s))
    settle(world)
    if due_minor := world.booking.amount_due_minor():
        world.pays(due_minor, "visit_link")
    settle(world)
    assert kept_minor(world.booking) == asked_minor(chain)
    assert world.booking.payments().amount_authorized == 0


def expect_cancelled(chain: Chain, by: str) -> None:
    """Who cancels pays what the terms say; what was paid beyond that goes back."""
    world = chain.world
    at_s = (world.booking.starts_at_s or 0) - 30 * HOUR_S
    by_client = by == "client"
    fee_minor = cancellation_fee_for(world.booking, at_s) if by_client else 0
    changed = cancel(world.booking, "client" if by_client else "a@x.de", at_s, takes_fee=by_client)
    world.change(changed)
    settle(world)
    booking = world.booking
    wanted_minor = chain.fees_minor + fee_minor
    owed_minor = booking.amount_due_minor()
    missing_minor = wanted_minor - kept_minor(booking) - owed_minor
    # What is too little for Stripe is written off.
    assert 0 <= missing_minor < 50
    assert not missing_minor or not owed_minor
    if owed_minor:
        world.pays(owed_minor, booking.checkout_purpose())
        settle(world)
    assert kept_minor(world.booking) == wanted_minor - missing_minor
    assert world.booking.payments().amount_authorized == 0


def test_the_visit_of_these_tests_is_ahead() -> None:
    assert NOW_S < STARTS_S < LATER_S
