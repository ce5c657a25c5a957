"""The hosted page as a browser without scripts uses it: read, fill in, send, follow."""

from typing import Any

import pytest

pytestmark = pytest.mark.enable_socket


def _form(number: str = "4242 4242 4242 4242", **changed: str) -> dict[str, str]:
    return {
        "number": number,
        "expiry": "12 / 34",
        "cvc": "123",
        "email": "ada@example.com",
    } | changed


def _path(session: Any) -> str:
    return f"/c/pay/{session.id}"


def test_the_page_shows_what_is_paid_and_a_way_to_leave(simulator: Any) -> None:
    lines = simulator.session_params()["line_items"]
    lines[0]["price_data"]["product_data"]["name"] = "<b>Cut</b> & dry"
    page = simulator.http.get(_path(simulator.open_session(line_items=lines)))
    assert page.status_code == 200
    assert "&lt;b&gt;Cut&lt;/b&gt; &amp; dry" in page.text
    for shown in ("Bookpay Demo Salon", "49.00 EUR", "Book and pay", "http://127.0.0.1:9/left"):
        assert shown in page.text
    assert "4000000000009995" in page.text
    assert "src=" not in page.text.replace("data:,", "")


@pytest.mark.parametrize(
    ("currency", "amount", "shown"),
    [
        ("jpy", 4900, "4,900 JPY"),
        ("kwd", 5120, "5.120 KWD"),
        ("isk", 50000, "500 ISK"),
        ("ugx", 500000, "5,000 UGX"),
        ("usd", 123450, "1,234.50 USD"),
    ],
)
def test_amounts_are_written_with_stripes_exponents(
    simulator: Any, currency: str, amount: int, shown: str
) -> None:
    lines = simulator.session_params()["line_items"]
    lines[0]["price_data"] |= {"currency": currency, "unit_amount": amount}
    assert shown in simulator.http.get(_path(simulator.open_session(line_items=lines))).text


def test_paying_leads_to_the_success_url(simulator: Any) -> None:
    session = simulator.open_session()
    answer = simulator.http.post(_path(session), data=_form())
    assert answer.status_code == 303
    assert answer.headers["location"] == f"http://127.0.0.1:9/done?session={session.id}"
    session = simulator.stripe.checkout.sessions.retrieve(session.id)
    assert session.status == "complete"
    assert session.customer_details.email == "ada@example.com"
    intent = simulator.stripe.payment_intents.retrieve(session.payment_intent)
    charge = simulator.stripe.charges.retrieve(intent.latest_charge)
    assert "49.00 EUR" in simulator.http.get(charge.receipt_url).text
    assert "complete" in simulator.http.get(_path(session)).text
    again = simulator.http.post(_path(session), data=_form())
    assert (again.status_code, "complete" in again.text) == (200, True)
    assert len(simulator.stripe.charges.list({"payment_intent": intent.id}).data) == 1


@pytest.mark.parametrize(
    ("form", "said"),
    [
        (_form("4000000000009995"), "insufficient funds"),
        (_form("4242424242424241"), "number is incorrect"),
        (_form(expiry="13/34"), "expiration month"),
        (_form(expiry="12/20"), "expiration year"),
        (_form(cvc="12"), "security code"),
        ({}, "number is incorrect"),
    ],
)
def test_a_refused_card_is_told_on_the_page_and_another_pays(
    simulator: Any, form: dict[str, str], said: str
) -> None:
    session = simulator.open_session()
    refused = simulator.http.post(_path(session), data=form)
    assert refused.status_code == 402
    assert said in refused.text
    assert "4242424242424241" not in refused.text
    assert simulator.http.post(_path(session), data=_form()).status_code == 303


@pytest.mark.parametrize(("answer", "status"), [("complete", 303), ("fail", 402)])
def test_3d_secure_is_a_page_with_two_buttons(simulator: Any, answer: str, status: int) -> None:
    session = simulator.open_session()
    asked = simulator.http.post(_path(session), data=_form("4000000000003220"))
    assert asked.headers["location"] == f"{_path(session)}/authenticate"
    page = simulator.http.get(asked.headers["location"])
    assert "Complete authentication" in page.text
    assert "Fail authentication" in page.text
    answered = simulator.http.post(asked.headers["location"], data={"outcome": answer})
    assert answered.status_code == status


def test_a_card_number_is_nowhere_but_on_the_page_that_offers_it(simulator: Any) -> None:
    session = simulator.open_session()
    simulator.http.post(_path(session), data=_form("4000000000009995"))
    simulator.http.post(_path(session), data=_form())
    kept = str(simulator.stripe.events.list({"limit": 100}).data)
    kept += str(simulator.stripe.charges.list({"limit": 100}).data)
    kept += simulator.http.get("/_sim/deliveries").text
    assert "4242" in kept
    assert "4242424242424242" not in kept
    assert "4000000000009995" not in kept


def test_an_expired_or_unknown_session_says_so(simulator: Any) -> None:
    session = simulator.open_session()
    assert simulator.control(f"checkout/{session.id}/expire")["status"] == "expired"
    assert "has expired" in simulator.http.get(_path(session)).text
    assert "has expired" in simulator.http.post(_path(session), data=_form()).text
    assert simulator.http.get("/c/pay/cs_test_none").status_code == 404
    assert simulator.http.post("/_sim/checkout/cs_test_none/pay", json={}).status_code == 404
