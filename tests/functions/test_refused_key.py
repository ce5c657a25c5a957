"""A key that Stripe refuses, where a payment is opened: read afresh once, and told to staff."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from functions.create_checkout import handler as checkout_function
from shared import environment
from shared.adapters.location_troubles import LocationTroubles
from shared.domain.errors import AwsUnreachable
from shared.domain.link_tokens import derive_token
from shared.workflows.stripe_accounts import StripeAccounts
from tests.fake_aws import FakeAws
from tests.functions.test_confirm_booking import KEY
from tests.surroundings.fixtures import TableInMoto
from tests.surroundings.salon import Salon, StripeBeside, moment

pytestmark = pytest.mark.enable_socket
SECRET = "api#demo"
REVOKED = json.dumps({"secret_key": "sk_test_revoked"})

type Open = Callable[[], int]


@pytest.fixture(params=["link", "booking"])
def opened(
    request: pytest.FixtureRequest, salon: Salon, at_stripe: StripeBeside, context: Any
) -> Open:
    """Open a payment by a client's request and return the answer's status."""
    del at_stripe
    if request.param == "booking":
        return lambda: salon.book("cut", moment(9))[0]
    made = salon.booked("blow", moment(9), pay_now=False)
    link = {"pathParameters": {"token": derive_token(KEY, "demo", made["booking_id"], 1)}}
    return lambda: int(checkout_function.handler(link, context)["statusCode"])


def kinds(table: TableInMoto) -> list[str]:
    told = [body for body in table.bodies("action").values() if body["about"] == "stripe"]
    return [action["kind"] for body in told for action in body["actions"]]


def test_a_key_that_was_rolled_is_read_afresh_and_the_payment_opened(
    opened: Open, at_stripe: StripeBeside, aws: FakeAws, table: TableInMoto
) -> None:
    new, aws.sealed[SECRET] = aws.sealed[SECRET], REVOKED
    environment.forget()
    assert environment.get(StripeAccounts).api_keys.secret_key("demo") == "sk_test_revoked"
    aws.sealed[SECRET] = new
    assert opened() in (201, 303)
    assert at_stripe.opened()
    assert kinds(table) == []


def test_a_key_that_stays_refused_is_told_to_the_location(
    opened: Open, aws: FakeAws, table: TableInMoto
) -> None:
    """Bug: only the next hour's sync told it, and until then no client could pay."""
    aws.sealed[SECRET] = REVOKED
    environment.forget()
    assert opened() in (502, 503)
    assert kinds(table) == ["stripe_key_refused"]


def test_that_it_cannot_be_told_changes_nothing_for_the_client(
    opened: Open, aws: FakeAws, table: TableInMoto, monkeypatch: pytest.MonkeyPatch
) -> None:
    def silent(*_: object) -> None:
        raise AwsUnreachable("DynamoDB gave no answer")

    monkeypatch.setattr(LocationTroubles, "note_refused_key", silent)
    aws.sealed[SECRET] = REVOKED
    environment.forget()
    assert opened() in (502, 503)
    assert kinds(table) == []
