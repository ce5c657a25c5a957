"""Everything that the functions log in typical and in bad traffic, looked through for secrets."""

import io
import json
import time
from collections.abc import Iterator
from typing import Any

import pytest

from functions.receive_stripe_webhook import handler as webhook_function
from functions.record_stripe_event import handler as record_function
from functions.serve_staff_api import handler as staff_function
from shared.adapters.booking_store import BookingStore
from shared.adapters.bookings_table import BookingsTable
from shared.config import Config
from shared.domain.errors import AwsUnreachable
from tests.builders import WEBHOOK_SECRET, charge, event, from_queue, signature
from tests.fake_aws import FakeAws
from tests.leaks import leaks_in
from tests.surroundings.salon import CLIENT, SECRET_KEY, Salon, StripeBeside, moment
from tests.surroundings.staff_calls import StaffCalls, forget_stores
from tests.surroundings.stripe_accounts import SETTINGS, Owners, owners_of

pytestmark = pytest.mark.enable_socket
HERE = "/v1/locations/demo"
# What nobody may read in a log, beside what `leaks_in` knows by its form.
WORDS = ("Mira", "Lindqvist", "+49 30 1", "Eva", "Salon Demo", "the key of the links")
GUEST = {"name": "Eva Holm", "email": "eva.holm@example.com", "phone": "+46 70"}


@pytest.fixture
def owners(
    simulator_beside: StripeBeside,
    aws: FakeAws,
    store: BookingStore,
    context: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Owners]:
    forget_stores()
    with owners_of(simulator_beside, aws, store, context, monkeypatch) as found:
        yield found
    forget_stores()


def webhook(body: bytes, header: str, context: Any) -> int:
    request = {
        "pathParameters": {"location_id": "demo"},
        "headers": {"stripe-signature": header, "content-type": "application/json"},
        "body": body.decode(),
        "isBase64Encoded": False,
    }
    return int(webhook_function.handler(request, context)["statusCode"])


def named_charge(booking_id: str) -> dict[str, Any]:
    """A charge as Stripe sends it, with what it knows of the client."""
    made = charge()
    made["metadata"] = {"booking_id": booking_id, "location_id": "demo", "purpose": "visit_link"}
    made["billing_details"] = {"name": "Eva Holm", "email": "eva.holm@example.com"}
    made["receipt_email"] = "eva.holm@example.com"
    return made


def test_nothing_that_is_logged_is_secret_or_personal(
    owners: Owners,
    store: BookingStore,
    config: Config,
    context: Any,
    log: io.StringIO,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # Keys: good, unknown, masked, revoked, and while Stripe is down.
    assert owners.put()[0] == 200
    owners.put(secret_key="sk_test_000000000000000unknown")
    owners.put(secret_key="sk_test_***")
    owners.put(webhook_signing_secrets=["whsec_0123 456789abcdef"])
    owners.beside.fault(500, path="/v1/account", times=2)
    owners.put()
    owners("POST", f"{SETTINGS}/roll-webhook-secret")
    owners("GET", f"{SETTINGS}/check")
    # Clients book, pay, and mistype.
    salon = Salon(store, config, context, monkeypatch)
    made = salon.booked("cut")
    owners.beside.pay(made)
    salon.book(client={**CLIENT, "email": "mira@@example.com"})
    owners.beside.fault(402, times=1)
    salon.book()
    # Staff.
    staff = StaffCalls(context, store, staff_function.handler)
    sale = {"amount": 4500, "currency": "eur", "description": "Cut", "client": GUEST}
    booking_id = staff("POST", f"{HERE}/bookings", sale)[1]["booking_id"]
    staff("POST", f"{HERE}/bookings", {**sale, "client": {"name": "Eva Holm", "email": "eva"}})
    invited = {"email": "eva.holm@example.com", "role": "owner"}
    assert staff("POST", f"{HERE}/members", invited)[0] == 201
    assert staff("PUT", f"{HERE}/employees/eva", {"name": "Eva Holm"})[0] == 200
    # Stripe tells: signed, signed by somebody else, and what cannot be read.
    owners.aws.sealed["signing#demo"] = json.dumps({"mode": "test", "secrets": [WEBHOOK_SECRET]})
    now_s = int(time.time())
    paid = event("charge.succeeded", named_charge(booking_id))
    body = json.dumps(paid).encode()
    webhook(body, signature(body, WEBHOOK_SECRET, at_s=now_s), context)
    webhook(body, signature(body, "whsec_of_somebody_else", at_s=now_s), context)
    webhook(b'{"id": "eva.holm@example.com"}', "t=1,v1=é", context)
    record_function.handler(from_queue(paid), context)
    broken = event("charge.succeeded", {**named_charge(booking_id), "amount": "4242424242424242"})
    record_function.handler(from_queue({**broken, "id": "evt_broken"}), context)
    # Everything fails.
    staff("DELETE", f"{HERE}/clients/eva.holm@example.com")

    def silent(*_: Any) -> None:
        raise AwsUnreachable("the table gave no answer")

    def mistaken(*_: Any) -> None:
        raise KeyError("a mistake of ours")

    for failing in (silent, mistaken):
        with monkeypatch.context() as down:
            down.setattr(BookingsTable, "put", failing)
            assert staff("POST", f"{HERE}/bookings", sale)[0] >= 500
            if failing is silent:
                assert salon.book(starts_at=moment(15))[0] >= 500
                record_function.handler(from_queue({**paid, "id": "evt_again"}), context)
    written = log.getvalue() + "".join(capsys.readouterr())
    assert written.count("\n") > 20
    for said in ("location connected", "request refused", "request failed for now"):
        assert said in written
    assert leaks_in(written, (*WORDS, SECRET_KEY, "Holm", made.get("token", "~"))) == []


@pytest.mark.parametrize(
    "leak",
    [
        "key sk_live_51Hxyz0123",
        "rk_test_51Hxyz0123",
        "whsec_0123456789",
        "t=1,v1=0123456789abcdef0123",
        "pi_1_secret_AbCdEf",
        "paid with 4242 4242 4242 4242 today",
        "card 4242424242424242",
        "mira@example.com",
        "Bearer eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJ4In0.x",
    ],
)
def test_a_leak_would_be_found(leak: str) -> None:
    assert leaks_in(f'{{"message": "{leak}"}}\n')


@pytest.mark.parametrize("written", ["to Mira", "Mira's", '"Mira"', r"two\nMira"])
def test_a_name_would_be_found(written: str) -> None:
    assert leaks_in(written, ["Mira"])


def test_what_is_harmless_is_no_leak() -> None:
    assert leaks_in("evt_1ESPeDPMiraZGaVVaQAw30vL", ["Mira"]) == []
    harmless = '{"Timestamp":1795387769374,"event_id":"evt_1","booking_id":"bk_4242424242424242"}'
    assert leaks_in(harmless) == []
    assert leaks_in("order 4242424242424243") == []
