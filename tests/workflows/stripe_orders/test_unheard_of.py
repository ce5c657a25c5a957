"""What no webhook told is learnt by looking, and what Stripe refused is somebody's to see."""

import json
from functools import partial
from typing import Any

import pytest

from shared import environment
from shared.adapters.booking_store import BookingStore
from shared.domain.activity.client_mails import mails_of
from shared.domain.activity.messages import messages_of
from shared.domain.activity.needed_actions import booking_actions
from shared.domain.bookings.booking import Booking
from shared.domain.messages.stripe_orders import CheckHold
from shared.domain.visits.end_visit import complete
from tests.fake_aws import FakeAws
from tests.messages import changed
from tests.surroundings.salon import SECRET_KEY, Salon, StripeBeside, in_hours

pytestmark = pytest.mark.enable_socket
INTENTS, PERM_MINUTES = "/v1/payment_intents", 90
PRICE = 9000


def held(salon: Salon, at_stripe: StripeBeside) -> dict[str, Any]:
    """A visit in sixty hours whose price is held."""
    made = salon.booked("perm", in_hours(60, PERM_MINUTES), employee_id="nora")
    at_stripe.pay(made)
    salon.hear(made, at_stripe)
    assert salon.stored(made).payments().amount_authorized == PRICE
    at_stripe.sent.clear()
    return made


def charge_of(booking: Booking) -> str:
    [charge_id] = booking.facts.charges
    return charge_id


def let_go_unheard(salon: Salon, at_stripe: StripeBeside, made: dict[str, Any]) -> None:
    """The hold ends at Stripe, and no webhook tells."""
    [charge] = salon.stored(made).facts.charges.values()
    path = f"{INTENTS}/{charge.payment_intent}/cancel"
    at_stripe.control.post(path, auth=(SECRET_KEY, "")).raise_for_status()


def kinds(salon: Salon, made: dict[str, Any]) -> list[str]:
    return [each.kind for each in booking_actions(salon.stored(made))]


def run_orders(salon: Salon, made: dict[str, Any]) -> list[str]:
    """Hand over every order that waits; return what became of each."""
    for order in salon.stored(made).charge_orders:
        if order.status == "requested":
            assert salon.process_batch(made, order_id=order.order_id)
    return [each.status for each in salon.stored(made).charge_orders]


def other_accounts_key(at_stripe: StripeBeside, aws: FakeAws) -> None:
    """The location's keys are another account's from now on."""
    answer = at_stripe.control.post("/_sim/accounts", json={"country": "DE"})
    key = answer.raise_for_status().json()["secret_key"]
    aws.sealed["api#demo"] = json.dumps({"secret_key": key})


@pytest.fixture
def switched(at_stripe: StripeBeside, aws: FakeAws) -> Any:
    return partial(other_accounts_key, at_stripe, aws)


# ------------------------------------------------------------------ looked at, and recorded


def test_completing_a_hold_that_lapsed_unheard_tells_staff_what_is_due(
    salon: Salon, at_stripe: StripeBeside, store: BookingStore
) -> None:
    """It was lost silently: amount due 0, and nothing among what needs action."""
    made = held(salon, at_stripe)
    let_go_unheard(salon, at_stripe, made)
    done = partial(complete, by="b@x.de", now_s=salon.stored(made).starts_at_s or 0)
    store.change("demo", made["booking_id"], done)
    assert run_orders(salon, made) == ["refused"]
    booking = salon.stored(made)
    assert (booking.payments().amount_authorized, booking.amount_due_minor()) == (0, PRICE)
    [asked] = booking_actions(booking)
    assert (asked.kind, asked.details["amount"]) == ("hold_not_taken", PRICE)


@pytest.mark.parametrize("when", [{}, {"is_over": True}])
def test_a_hold_whose_end_was_not_heard_of_is_healed_by_looking(
    salon: Salon, at_stripe: StripeBeside, when: dict[str, Any]
) -> None:
    made = held(salon, at_stripe)
    let_go_unheard(salon, at_stripe, made)
    assert salon.process_batch(made, charge=charge_of(salon.stored(made)), **when)
    booking = salon.stored(made)
    assert booking.payments().amount_authorized == 0
    assert booking.amount_due_minor() == PRICE
    at_stripe.sent.clear()
    assert salon.process_batch(made, charge=charge_of(booking), **when)
    assert at_stripe.sent == [], "what is known to be over is not looked at"


def test_a_hold_is_looked_at_two_days_before_its_end_and_an_hour_after(
    salon: Salon, at_stripe: StripeBeside
) -> None:
    made = held(salon, at_stripe)
    booking = salon.stored(made)
    [charge] = booking.facts.charges.values()
    looks = {
        each.message_id.rpartition("-")[2]: each.due_s
        for each in messages_of(None, booking, "v1", booking.created_at_s)
        if isinstance(each, CheckHold)
    }
    ends_s = charge.capture_before_s
    assert looks == {"look": ends_s - 2 * 86_400, "end": ends_s + 3600}


def test_an_account_that_does_not_know_the_hold_changes_nothing(
    salon: Salon, at_stripe: StripeBeside, switched: Any
) -> None:
    made = held(salon, at_stripe)
    switched()
    forget_keys()
    assert salon.process_batch(made, charge=charge_of(salon.stored(made)))
    assert salon.stored(made).payments().amount_authorized == PRICE
    assert kinds(salon, made) == ["hold_lapses"]


def test_a_session_that_was_paid_unheard_gives_its_hold_back_when_it_is_to_be_closed(
    salon: Salon, at_stripe: StripeBeside
) -> None:
    """The answer was thrown away: the client's 90.00 stayed held, and nobody was told."""
    made = salon.booked("perm", in_hours(60, PERM_MINUTES), employee_id="nora")
    at_stripe.pay(made)
    assert salon.cancel(made)[0] == 200
    assert run_orders(salon, made) == ["done", "requested"]
    assert salon.stored(made).payments().amount_authorized == PRICE
    assert run_orders(salon, made) == ["done", "done"]
    [charge] = salon.stored(made).facts.charges.values()
    path = f"{INTENTS}/{charge.payment_intent}"
    intent = at_stripe.control.get(path, auth=(SECRET_KEY, "")).json()
    assert intent["status"] == "canceled"


def test_a_session_that_was_closed_is_known_to_be(salon: Salon) -> None:
    made = salon.booked()
    assert salon.cancel(made)[0] == 200
    assert run_orders(salon, made) == ["done"]
    [session] = salon.stored(made).facts.sessions.values()
    assert session.status == "expired"


# ------------------------------------------------------------------ refused, and shown


def forget_keys() -> None:
    environment.forget()


def cancelled_mail(booking: Booking) -> Any:
    [mail] = mails_of(changed({"what": "booking.cancelled", "by": "client"}), booking)
    return mail


def test_a_hold_that_stripe_refuses_to_let_go_is_shown_until_it_is_gone(
    salon: Salon, at_stripe: StripeBeside, switched: Any
) -> None:
    made = held(salon, at_stripe)
    assert salon.cancel(made)[0] == 200
    assert "nothing_taken.text" in cancelled_mail(salon.stored(made)).paragraphs
    switched()
    forget_keys()
    assert run_orders(salon, made) == ["refused"]
    [asked] = booking_actions(salon.stored(made))
    assert (asked.kind, asked.details["amount"]) == ("hold_not_released", PRICE)
    assert asked.details["code"] == "resource_missing"
    assert "nothing_taken.text" not in cancelled_mail(salon.stored(made)).paragraphs

    let_go_unheard(salon, at_stripe, made)
    salon.hear(made, at_stripe)
    assert kinds(salon, made) == []


def test_a_session_that_stripe_refuses_to_close_is_shown_until_it_is_over(
    salon: Salon, at_stripe: StripeBeside, switched: Any
) -> None:
    made = salon.booked()
    assert salon.cancel(made)[0] == 200
    switched()
    forget_keys()
    assert run_orders(salon, made) == ["refused"]
    [asked] = booking_actions(salon.stored(made))
    assert asked.kind == "session_not_closed"
    assert asked.details["session"] == made["checkout_url"].rpartition("/")[2]

    path = f"/v1/checkout/sessions/{asked.details['session']}/expire"
    at_stripe.control.post(path, auth=(SECRET_KEY, "")).raise_for_status()
    salon.hear(made, at_stripe)
    assert kinds(salon, made) == []


def test_a_refused_capture_is_shown_while_the_hold_still_stands(
    salon: Salon, at_stripe: StripeBeside, store: BookingStore, switched: Any
) -> None:
    made = held(salon, at_stripe)
    done = partial(complete, by="b@x.de", now_s=salon.stored(made).starts_at_s or 0)
    store.change("demo", made["booking_id"], done)
    switched()
    forget_keys()
    assert run_orders(salon, made) == ["refused"]
    assert salon.stored(made).amount_due_minor() == 0
    [asked] = booking_actions(salon.stored(made))
    assert (asked.kind, asked.details["amount"]) == ("hold_not_taken", PRICE)
