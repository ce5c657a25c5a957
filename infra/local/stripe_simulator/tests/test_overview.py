"""The page at `/` as somebody with the demo uses it: read it, press its buttons."""

from collections.abc import Callable
from typing import Any

import pytest

pytestmark = pytest.mark.enable_socket


def _account(simulator: Any) -> tuple[str, Any]:
    """Open an account of the test's own, so that the page shows only what the test made."""
    opened = simulator.control("accounts", business_name="Salon <i>Ada</i> & Co")
    return opened["id"], simulator.client(opened["secret_key"])


def _press(simulator: Any, account: str, button: str, object_id: str = "") -> Any:
    sent = {"account": account, "do": button, "id": object_id}
    return simulator.http.post("/", data=sent)


def _paid(simulator: Any, client: Any, card: str = "4000000000000077") -> str:
    session = client.checkout.sessions.create(simulator.session_params())
    return str(simulator.pay(session, card)["charge"])


def test_the_page_shows_an_account_and_loads_nothing(
    simulator: Any, receiver: Any, eventually: Callable[..., None]
) -> None:
    account, client = _account(simulator)
    client.webhook_endpoints.create({"url": receiver.url, "enabled_events": ["*"]})
    charge = _paid(simulator, client)
    _paid(simulator, client, "4000000000000002")
    eventually(lambda: "charge.updated" in receiver.types())
    session = client.checkout.sessions.create(simulator.session_params())
    answer = simulator.http.get("/", params={"account": account})
    page = answer.text
    assert answer.status_code == 200
    assert "Salon &lt;i&gt;Ada&lt;/i&gt; &amp; Co" in page
    assert "<i>Ada" not in page
    for shown in ("Balance", "47.16 EUR", charge, "failed", "delivered"):
        assert shown in page
    assert f'href="/c/pay/{session.id}"' in page
    assert "charge.updated" in page
    assert "width=device-width" in page
    assert "src=" not in page
    assert "<script" not in page
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    assert account in simulator.http.get("/").text, "the first account's page links to the others"
    assert simulator.http.get("/", params={"account": "<b>"}).status_code == 404


def test_the_buttons_do_what_they_say(simulator: Any) -> None:
    account, client = _account(simulator)
    disputed, asked, refunded = (_paid(simulator, client) for _ in range(3))
    simulator.control(f"clock/advance?account={account}", seconds=2)
    refund = client.refunds.create({"charge": refunded})
    session = client.checkout.sessions.create(simulator.session_params())
    for button, named in (
        ("dispute", disputed),
        ("inquiry", asked),
        ("fail_refund", refund.id),
        ("expire", session.id),
        ("payout", ""),
    ):
        answer = _press(simulator, account, button, named)
        assert answer.status_code == 303, answer.text
        assert answer.headers["location"] == f"/?account={account}"
    statuses = {one.charge: one.status for one in client.disputes.list().data}
    assert statuses == {disputed: "needs_response", asked: "warning_needs_response"}
    assert client.refunds.retrieve(refund.id).status == "failed"
    assert client.checkout.sessions.retrieve(session.id).status == "expired"
    assert len(client.payouts.list().data) == 1
    won = client.disputes.list({"charge": disputed}).data[0].id
    assert _press(simulator, account, "won", won).status_code == 303
    assert client.disputes.retrieve(won).status == "won"


def test_a_day_passes_at_the_press_of_a_button(simulator: Any) -> None:
    account, _ = _account(simulator)
    before = simulator.http.get("/_sim/clock", params={"account": account}).json()["now"]
    assert _press(simulator, account, "advance").status_code == 303
    after = simulator.http.get("/_sim/clock", params={"account": account}).json()["now"]
    assert 86_400 <= after - before < 86_410


def test_a_button_that_cannot_work_says_why(simulator: Any) -> None:
    account, client = _account(simulator)
    nothing = _press(simulator, account, "payout")
    assert nothing.status_code == 400
    assert 'role="alert"' in nothing.text
    for button, named in (("dispute", "ch_none"), ("dispute", "../x"), ("nonsense", "")):
        assert _press(simulator, account, button, named).status_code == 400
    assert _press(simulator, "acct_none", "payout").status_code == 404
    charge = _paid(simulator, client)
    foreign = simulator.http.post(
        "/",
        data={"account": account, "do": "dispute", "id": charge},
        headers={"Sec-Fetch-Site": "cross-site"},
    )
    assert foreign.status_code == 403
    assert client.disputes.list().data == []
