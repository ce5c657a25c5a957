"""What Stripe is given for the way back shows how a payment stands, and opens nothing else."""

from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from functions.create_checkout import handler as checkout_function
from functions.serve_visit import handler as visit_function
from shared.adapters.booking_store import BookingStore
from shared.domain.link_tokens import derive_return_token, derive_token
from tests.fake_aws import FakeAws
from tests.surroundings.salon import CLIENT, Salon, StripeBeside

pytestmark = pytest.mark.enable_socket
LINK_KEY = "the key of the links"


class Browser:
    """Opens the payment pages' addresses."""

    def __init__(self, context: Any) -> None:
        self._context = context

    def open(self, address: str, **changed: str) -> tuple[int, str]:
        """Answer the status, and where it leads or what it shows."""
        parts = urlsplit(address)
        query = {name: values[0] for name, values in parse_qs(parts.query).items()} | changed
        event = {
            "routeKey": "GET /pay/{token}",
            "pathParameters": {"token": parts.path.rpartition("/")[2]},
            "queryStringParameters": query,
        }
        answer = checkout_function.handler(event, self._context)
        return answer["statusCode"], answer["headers"].get("location") or answer["body"]


@pytest.fixture
def browser(context: Any) -> Browser:
    return Browser(context)


@pytest.fixture
def made(salon: Salon) -> dict[str, Any]:
    salon.set_location(visit_link_enabled=False, locale="en")
    return salon.booked()


def test_no_address_at_stripe_holds_a_token_that_pays_or_cancels(
    made: dict[str, Any], at_stripe: StripeBeside, context: Any
) -> None:
    """Bug: whoever read the Dashboard had the payment link."""
    [sent] = at_stripe.opened()
    link = derive_token(LINK_KEY, "demo", made["booking_id"], 1)
    for value in (each for values in sent.values() for each in values):
        assert link not in value
        assert made["token"] not in value
    shown = urlsplit(at_stripe.session(made)["cancel_url"])
    token = shown.path.rpartition("/")[2]
    event = {
        "routeKey": "GET /visit/{booking_id}/{token}",
        "pathParameters": {"booking_id": made["booking_id"], "token": token},
    }
    assert visit_function.handler(event, context)["statusCode"] == 404
    alone = {"pathParameters": {"token": token}}
    assert checkout_function.handler(alone, context)["statusCode"] == 404


def test_who_left_goes_back_to_the_same_session_in_whatever_browser(
    made: dict[str, Any], at_stripe: StripeBeside, browser: Browser
) -> None:
    status, page = browser.open(at_stripe.session(made)["cancel_url"])
    assert status == 200
    assert "Not paid yet" in page
    assert f'href="{made["checkout_url"]}"' in page
    assert len(at_stripe.opened()) == 1


def test_the_way_back_opens_no_new_session_when_the_old_one_is_over(
    made: dict[str, Any], at_stripe: StripeBeside, browser: Browser, salon: Salon
) -> None:
    back = at_stripe.session(made)["cancel_url"]
    session = at_stripe.session(made)["id"]
    expired = at_stripe.control.post(
        f"/v1/checkout/sessions/{session}/expire", auth=("sk_test_online0000000000001", "")
    )
    assert expired.status_code == 200
    salon.hear(made, at_stripe)
    for changed in ({}, {"returned": ""}, {"returned": "other"}):
        status, page = browser.open(back, **changed)
        assert status == 200
        assert "href=" not in page
        assert "open your payment link again" in page
    assert len(at_stripe.opened()) == 1


def test_who_paid_sees_it_under_way_and_then_paid(
    made: dict[str, Any], at_stripe: StripeBeside, browser: Browser, salon: Salon
) -> None:
    back = at_stripe.session(made)["success_url"]
    at_stripe.pay(made)
    assert "Confirming your payment" in browser.open(back)[1]
    salon.hear(made, at_stripe)
    status, page = browser.open(back)
    assert status == 200
    assert not [word for word in CLIENT.values() if word in page]
    assert "Confirming your payment" in page or "nothing more to pay" in page


@pytest.mark.parametrize("booking_id", ["", "bk_unknown", "é", "b" * 9000])
def test_a_way_back_that_is_nobodys_is_an_unknown_link(
    made: dict[str, Any], at_stripe: StripeBeside, browser: Browser, booking_id: str
) -> None:
    back = at_stripe.session(made)["cancel_url"]
    assert browser.open(back, booking=booking_id)[0] == 404
    own = f"https://pay.example.com/pay/{'a' * 32}?booking={made['booking_id']}"
    assert browser.open(own)[0] == 404
    other = derive_return_token(LINK_KEY, "bk_unknown")
    assert browser.open(f"https://pay.example.com/pay/{other}?booking=bk_unknown")[0] == 404


def test_without_aws_the_way_back_can_be_tried_again_as_it_was(
    made: dict[str, Any],
    at_stripe: StripeBeside,
    browser: Browser,
    aws: FakeAws,
    cold_start: Any,
    store: BookingStore,
) -> None:
    del store
    back = at_stripe.session(made)["cancel_url"]
    cold_start()
    aws.down.add("secretsmanager")
    status, page = browser.open(back)
    assert status == 503
    assert 'href=""' in page, "the same address, with its query"
