"""Cards saved now and charged later: setup intents, setup sessions, off-session payments."""

from collections.abc import Callable
from typing import Any

import pytest
import stripe

from infra.local.stripe_simulator.tests.running_simulator import error_of

pytestmark = pytest.mark.enable_socket
FEE = {"amount": 2500, "currency": "eur", "confirm": True, "off_session": True}


def _saved(simulator: Any, token: str, **sent: Any) -> tuple[str, str]:
    """Set a card up for off-session use, through the bank where it asks."""
    owner = simulator.stripe.customers.create()
    intent = simulator.stripe.setup_intents.create(
        {"customer": owner.id, "payment_method": token, "confirm": True, **sent}
    )
    if intent.status == "requires_action":
        simulator.control(f"setup_intents/{intent.id}/authenticate", outcome="succeed")
    assert simulator.stripe.setup_intents.retrieve(intent.id).status == "succeeded"
    return owner.id, intent.payment_method


def _charge_off_session(simulator: Any, owner: str, card: str) -> Any:
    return simulator.stripe.payment_intents.create(
        {**FEE, "customer": owner, "payment_method": card}
    )


@pytest.mark.usefixtures("endpoint")
def test_a_setup_intent_saves_a_card_with_its_customer(
    simulator: Any, receiver: Any, eventually: Callable[..., None]
) -> None:
    owner, card = _saved(simulator, "pm_card_visa")
    assert simulator.stripe.payment_methods.retrieve(card).customer == owner
    eventually(lambda: len(receiver.deliveries) == 4)
    assert sorted(receiver.types()) == [
        "customer.created",
        "payment_method.attached",
        "setup_intent.created",
        "setup_intent.succeeded",
    ]
    listed = simulator.stripe.setup_intents.list(
        {"customer": owner, "expand": ["data.latest_attempt", "data.payment_method"]}
    ).data
    assert listed[0].usage == "off_session"
    assert listed[0].latest_attempt.status == "succeeded"
    assert listed[0].payment_method.id == card
    paid = _charge_off_session(simulator, owner, card)
    assert (paid.status, paid.customer) == ("succeeded", owner)


@pytest.mark.usefixtures("endpoint")
def test_a_declined_setup_tells_why_and_can_be_tried_again(
    simulator: Any, receiver: Any, eventually: Callable[..., None]
) -> None:
    intents = simulator.stripe.setup_intents
    intent = intents.create({"payment_method_types": ["card"], "usage": "on_session"})
    assert intent.status == "requires_payment_method"
    with pytest.raises(stripe.CardError) as declined:
        intents.confirm(intent.id, {"payment_method": "pm_card_chargeDeclined"})
    error = error_of(declined)
    assert (error.code, error.decline_code) == ("card_declined", "generic_decline")
    assert error.setup_intent.last_setup_error.code == "card_declined"
    eventually(lambda: "setup_intent.setup_failed" in receiver.types())
    assert intents.confirm(intent.id, {"payment_method": "pm_card_visa"}).status == "succeeded"
    statuses = [
        one.status for one in simulator.stripe.setup_attempts.list({"setup_intent": intent.id}).data
    ]
    assert statuses == ["succeeded", "failed"]
    with pytest.raises(stripe.InvalidRequestError) as over:
        intents.cancel(intent.id)
    assert over.value.code == "setup_intent_unexpected_state"


@pytest.mark.usefixtures("endpoint")
def test_a_setup_intent_is_canceled(
    simulator: Any, receiver: Any, eventually: Callable[..., None]
) -> None:
    intent = simulator.stripe.setup_intents.create({"description": "later"})
    canceled = simulator.stripe.setup_intents.cancel(
        intent.id, {"cancellation_reason": "abandoned"}
    )
    assert (canceled.status, canceled.cancellation_reason) == ("canceled", "abandoned")
    eventually(lambda: "setup_intent.canceled" in receiver.types())


def test_a_bank_that_is_not_convinced_fails_the_setup(simulator: Any) -> None:
    intent = simulator.stripe.setup_intents.create(
        {"payment_method": "pm_card_authenticationRequired", "confirm": True}
    )
    assert intent.next_action.type == "use_stripe_sdk"
    told = simulator.control(f"setup_intents/{intent.id}/authenticate", outcome="fail")
    assert told["status"] == "requires_payment_method"
    assert told["error"]["code"] == "setup_intent_authentication_failure"


@pytest.mark.parametrize(
    ("token", "status"),
    [
        ("pm_card_authenticationRequired", "authentication_required"),
        ("pm_card_authenticationRequiredOnSetup", "succeeded"),
        ("pm_card_authenticationRequiredSetupForOffSession", "succeeded"),
        ("pm_card_authenticationRequiredChargeDeclinedInsufficientFunds", "insufficient_funds"),
        ("pm_card_chargeCustomerFail", "generic_decline"),
        ("pm_card_radarBlock", "fraudulent"),
    ],
)
def test_what_a_card_does_off_session_once_it_was_set_up(
    simulator: Any, token: str, status: str
) -> None:
    owner, card = _saved(simulator, token)
    if status == "succeeded":
        assert _charge_off_session(simulator, owner, card).status == "succeeded"
        return
    with pytest.raises(stripe.CardError) as declined:
        _charge_off_session(simulator, owner, card)
    assert error_of(declined).decline_code == status


@pytest.mark.parametrize(
    ("token", "passes"),
    [
        ("pm_card_authenticationRequiredOnSetup", False),
        ("pm_card_authenticationRequiredSetupForOffSession", True),
    ],
)
def test_attaching_alone_sets_no_card_up_for_off_session_use(
    simulator: Any, token: str, passes: bool
) -> None:
    owner = simulator.stripe.customers.create({"payment_method": token})
    card = simulator.stripe.customers.payment_methods.list(owner.id).data[0].id
    if passes:
        assert _charge_off_session(simulator, owner.id, card).status == "succeeded"
    else:
        with pytest.raises(stripe.CardError) as declined:
            _charge_off_session(simulator, owner.id, card)
        assert declined.value.code == "authentication_required"


@pytest.mark.usefixtures("endpoint")
def test_authentication_required_off_session_is_a_402_that_the_client_can_mend(
    simulator: Any, receiver: Any, eventually: Callable[..., None]
) -> None:
    owner, card = _saved(simulator, "pm_card_authenticationRequired")
    with pytest.raises(stripe.CardError) as declined:
        _charge_off_session(simulator, owner, card)
    error = error_of(declined)
    assert declined.value.http_status == 402
    assert (error.type, error.code) == ("card_error", "authentication_required")
    assert error.payment_method.id == card
    intent = simulator.stripe.payment_intents.retrieve(
        error.payment_intent.id, {"expand": ["latest_charge"]}
    )
    assert intent.status == "requires_payment_method"
    assert intent.latest_charge.id == error.charge == intent.last_payment_error.charge
    assert intent.latest_charge.failure_code == "authentication_required"
    assert intent.latest_charge.payment_method_details.card.three_d_secure is None
    eventually(lambda: "payment_intent.payment_failed" in receiver.types())
    # The client comes back and pays the same intent with the bank's help.
    asked = simulator.stripe.payment_intents.confirm(
        intent.id, {"payment_method": card, "return_url": "http://127.0.0.1:9/back?a=1"}
    )
    assert asked.status == "requires_action"
    page = asked.next_action.redirect_to_url.url
    assert "Complete authentication" in simulator.http.get(page).text
    answer = simulator.http.post(page, data={"outcome": "complete"})
    assert answer.status_code == 303
    back = answer.headers["location"]
    assert back.startswith(f"http://127.0.0.1:9/back?a=1&payment_intent={intent.id}&")
    assert back.endswith("redirect_status=succeeded")
    paid = simulator.stripe.payment_intents.retrieve(intent.id, {"expand": ["latest_charge"]})
    assert paid.status == "succeeded"
    assert paid.latest_charge.payment_method_details.card.three_d_secure.result == "authenticated"
    assert simulator.http.get(page).status_code == 404, "the question was answered"


def test_a_payment_is_authenticated_by_a_control_call(simulator: Any) -> None:
    sent = {
        "amount": 900,
        "currency": "eur",
        "confirm": True,
        "payment_method": "pm_card_threeDSecure2Required",
        "return_url": "http://127.0.0.1:9/back",
    }
    intents = simulator.stripe.payment_intents
    passed, failed = intents.create(sent), intents.create(sent)
    told = simulator.control(f"payment_intents/{passed.id}/authenticate", outcome="succeed")
    assert (told["status"], told["charge"][:3]) == ("succeeded", "ch_")
    told = simulator.control(f"payment_intents/{failed.id}/authenticate", outcome="fail")
    assert told["return_url"].endswith("redirect_status=failed")
    intent = intents.retrieve(failed.id)
    assert intent.status == "requires_payment_method"
    assert intent.last_payment_error.code == "payment_intent_authentication_failure"
    for path, body, status in (
        (f"payment_intents/{failed.id}/authenticate", {"outcome": "succeed"}, 400),
        (f"payment_intents/{failed.id}/authenticate", {"outcome": "maybe"}, 400),
        ("payment_intents/pi_none/authenticate", {"outcome": "fail"}, 404),
    ):
        assert simulator.http.post(f"/_sim/{path}", json=body).status_code == status


def test_off_session_goes_only_with_confirm(simulator: Any) -> None:
    with pytest.raises(stripe.InvalidRequestError) as refused:
        simulator.stripe.payment_intents.create(
            {"amount": 900, "currency": "eur", "off_session": True}
        )
    assert refused.value.param == "off_session"


def test_setup_future_usage_saves_the_card_that_pays(simulator: Any) -> None:
    owner = simulator.stripe.customers.create()
    paid = simulator.stripe.payment_intents.create(
        {
            "amount": 900,
            "currency": "eur",
            "confirm": True,
            "customer": owner.id,
            "payment_method": "pm_card_visa",
            "setup_future_usage": "off_session",
        }
    )
    assert simulator.stripe.payment_methods.retrieve(paid.payment_method).customer == owner.id
    assert _charge_off_session(simulator, owner.id, paid.payment_method).status == "succeeded"


def test_a_session_that_makes_a_customer_keeps_the_card_with_it(simulator: Any) -> None:
    session = simulator.open_session(
        customer_creation="always",
        payment_intent_data={"setup_future_usage": "off_session"},
    )
    simulator.pay(session, email="ada@example.com")
    session = simulator.stripe.checkout.sessions.retrieve(
        session.id, {"expand": ["customer", "payment_intent"]}
    )
    assert session.customer.email == "ada@example.com"
    card = session.payment_intent.payment_method
    assert _charge_off_session(simulator, session.customer.id, card).status == "succeeded"


def test_a_card_saved_without_a_customer_is_attached_later(simulator: Any) -> None:
    session = simulator.open_session(payment_intent_data={"setup_future_usage": "off_session"})
    paid = simulator.pay(session)
    intent = simulator.stripe.payment_intents.retrieve(paid["payment_intent"])
    card = simulator.stripe.payment_methods.retrieve(intent.payment_method)
    assert (intent.customer, card.customer) == (None, None)
    owner = simulator.stripe.customers.create()
    simulator.stripe.payment_methods.attach(card.id, {"customer": owner.id})
    assert _charge_off_session(simulator, owner.id, card.id).status == "succeeded"


def _open_setup(simulator: Any, **changed: Any) -> Any:
    return simulator.stripe.checkout.sessions.create(
        {
            "mode": "setup",
            "currency": "eur",
            "success_url": "http://127.0.0.1:9/done?session={CHECKOUT_SESSION_ID}",
            "metadata": {"booking_id": "bk_1"},
            **changed,
        }
    )


@pytest.mark.usefixtures("endpoint")
def test_a_setup_session_saves_a_card_and_takes_no_money(
    simulator: Any, receiver: Any, eventually: Callable[..., None]
) -> None:
    session = _open_setup(
        simulator,
        customer_creation="always",
        setup_intent_data={"metadata": {"booking_id": "bk_1"}},
    )
    assert (session.payment_status, session.amount_total) == ("no_payment_required", None)
    assert simulator.stripe.setup_intents.retrieve(session.setup_intent).customer is None
    page = simulator.http.get(f"/c/pay/{session.id}").text
    assert "Save card" in page
    assert "Nothing is taken from it now" in page
    done = simulator.pay(session, email="ada@example.com")
    assert (done["status"], done["charge"]) == ("succeeded", None)
    session = simulator.stripe.checkout.sessions.retrieve(
        session.id, {"expand": ["setup_intent.payment_method"]}
    )
    assert (session.status, session.payment_status) == ("complete", "no_payment_required")
    assert session.customer_details.email == "ada@example.com"
    intent = session.setup_intent
    assert (intent.status, intent.metadata["booking_id"]) == ("succeeded", "bk_1")
    assert intent.payment_method.customer == intent.customer == session.customer
    eventually(lambda: "checkout.session.completed" in receiver.types())
    eventually(lambda: len(receiver.deliveries) == 5)
    assert sorted(receiver.types()) == [
        "checkout.session.completed",
        "customer.created",
        "payment_method.attached",
        "setup_intent.created",
        "setup_intent.succeeded",
    ]
    assert "Your card is saved" in simulator.http.get(f"/c/pay/{session.id}").text
    paid = _charge_off_session(simulator, session.customer, intent.payment_method.id)
    assert paid.status == "succeeded"


def test_a_setup_session_asks_the_bank_and_survives_a_decline(simulator: Any) -> None:
    owner = simulator.stripe.customers.create()
    session = _open_setup(simulator, customer=owner.id)
    declined = simulator.pay(session, "4000000000000002")
    assert (declined["status"], declined["error"]["code"]) == ("declined", "card_declined")
    assert simulator.pay(session, "4000002500003155")["status"] == "requires_action"
    assert "card is saved" in simulator.http.get(f"/c/pay/{session.id}/authenticate").text
    answered = simulator.control(f"checkout/{session.id}/authenticate", outcome="complete")
    assert answered["status"] == "succeeded"
    card = simulator.stripe.payment_methods.list({"customer": owner.id}).data[0].id
    assert _charge_off_session(simulator, owner.id, card).status == "succeeded"


def test_an_expired_setup_session_gives_its_intent_up(simulator: Any) -> None:
    session = _open_setup(simulator)
    with pytest.raises(stripe.InvalidRequestError) as own:
        simulator.stripe.setup_intents.cancel(session.setup_intent)
    assert own.value.code == "setup_intent_unexpected_state"
    simulator.stripe.checkout.sessions.expire(session.id)
    assert simulator.stripe.setup_intents.retrieve(session.setup_intent).status == "canceled"


@pytest.mark.parametrize(
    ("changed", "param"),
    [
        ({"currency": None}, "currency"),
        ({"payment_intent_data": {"description": "x"}}, "payment_intent_data"),
        ({"submit_type": "book"}, "submit_type"),
        ({"currency": "xyz"}, "currency"),
        ({"customer": "cus_none"}, "customer"),
    ],
)
def test_a_setup_session_refuses_what_is_not_for_it(
    simulator: Any, changed: dict[str, Any], param: str
) -> None:
    sent = {"mode": "setup", "currency": "eur", "success_url": "http://127.0.0.1:9/", **changed}
    sent = {name: value for name, value in sent.items() if value is not None}
    with pytest.raises(stripe.InvalidRequestError) as refused:
        simulator.stripe.checkout.sessions.create(sent)
    assert refused.value.param == param
