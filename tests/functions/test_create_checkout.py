"""A client opens a link: one session however often, and a page whatever happens."""

import base64
import hashlib
import inspect
import io
import itertools
import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from copy import replace
from types import SimpleNamespace
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
import stripe
import uvicorn

from functions.create_checkout import handler as checkout_function
from functions.create_checkout import pages, pay_link
from functions.record_stripe_event import handler as record_function
from infra.local.stripe_simulator import library
from infra.local.stripe_simulator.app import build_app
from infra.local.stripe_simulator.connections import BreakableProtocol
from infra.local.stripe_simulator.settings import Settings
from shared import environment
from shared.adapters.booking_items import StoredBooking
from shared.adapters.booking_store import BookingStore
from shared.adapters.catalogue_store import CatalogueStore
from shared.adapters.location_store import LocationStore
from shared.adapters.stripe_api import StripeApi, checkout_locale
from shared.config import load_config
from shared.domain.bookings.booking import Booking, Client
from shared.domain.bookings.booking_terms import BookingTerms
from shared.domain.bookings.visit_host import VisitHost
from shared.domain.catalogue.services import Employee
from shared.domain.errors import StripeRefused
from shared.domain.link_tokens import derive_return_token, token_digest
from shared.domain.locales import LOCALES
from shared.domain.money.money import Money
from shared.domain.visits.end_visit import cancel
from shared.entrypoints.html_page import STYLE, page_headers
from shared.workflows.bookings import open_session as opening
from tests.builders import booking, charge, event, from_queue
from tests.fake_aws import FakeAws
from tests.surroundings.demo_location import REACHABLE
from tests.surroundings.fixtures import DEMO
from tests.surroundings.kept import before_write, keep

pytestmark = pytest.mark.enable_socket
SECRET_KEY = "sk_test_checkout00000000001"
TOKEN, SECOND_TOKEN = "a" * 32, "b" * 32
LINK_KEY = "the key of the links"
PATH = "/v1/checkout/sessions"
ENGLISH = replace(DEMO, locale="en")
_numbers = itertools.count(1)


class Stripe:
    """The simulator on loopback, spoken to by the unmodified library; and what was sent to it."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.sent: list[dict[str, list[str]]] = []
        # Without the booking, and the digest of the client's address.
        self.keys: list[str] = []
        self.whole_keys: list[str] = []
        self.asked: list[tuple[str, str]] = []
        self.booking_id = ""
        self._control = httpx.Client(base_url=url, trust_env=False, timeout=10)

    def fault(
        self, status: int | str, times: int = 1, *, after_effect: bool = False, path: str = PATH
    ) -> None:
        order = {"path": path, "status": status, "times": times, "after_effect": after_effect}
        self._control.post("/_sim/faults", json=order).raise_for_status()

    def reset(self) -> None:
        self._control.delete("/_sim/faults").raise_for_status()
        self.sent.clear()
        self.keys.clear()
        self.whole_keys.clear()
        self.asked.clear()

    def pay(self, url: str) -> None:
        path = f"/_sim/checkout/{url.rpartition('/')[2]}/pay"
        answer = self._control.post(path, json={"card": "4242424242424242"})
        assert answer.json()["status"] == "succeeded", answer.text

    def close(self) -> None:
        self._control.close()

    def session(self, url: str) -> dict[str, Any]:
        answer = self._control.get(f"{PATH}/{url.rpartition('/')[2]}", auth=(SECRET_KEY, ""))
        answer.raise_for_status()
        found: dict[str, Any] = answer.json()
        return found


@pytest.fixture(scope="module")
def _stripe() -> Iterator[Stripe]:
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen()
        url = f"http://127.0.0.1:{listening.getsockname()[1]}"
        settings = Settings(SECRET_KEY, "pk_test_checkout00000000001", url, seed=7)
        config = uvicorn.Config(build_app(settings), http=BreakableProtocol, log_level="error")
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
        thread.start()
        one = Stripe(url)
        yield one
        one.close()
        server.should_exit = True
        thread.join()


@pytest.fixture
def at_stripe(_stripe: Stripe, aws: FakeAws, monkeypatch: pytest.MonkeyPatch) -> Iterator[Stripe]:
    """Stripe, connected to the location `demo`."""
    aws.sealed["api#demo"] = json.dumps({"secret_key": SECRET_KEY})
    aws.secrets["bookpay/link-key"] = LINK_KEY
    transports: list[Any] = []

    class Watched(stripe.RequestsClient):
        def __init__(self, **options: Any) -> None:
            super().__init__(**options)
            transports.append(self)

        def request(
            self, method: str, url: str, headers: Any, post_data: Any = None, **more: Any
        ) -> Any:
            if (method, urlsplit(url).path) == ("post", PATH):
                _stripe.sent.append(parse_qs(post_data))
                key = headers["Idempotency-Key"]
                assert key.startswith(f"{_stripe.booking_id}-")
                _stripe.whole_keys.append(key)
                _stripe.keys.append("-".join(key.split("-")[1:3]))
            else:
                _stripe.asked.append((method, urlsplit(url).path.removeprefix(f"{PATH}/")))
            return super().request(method, url, headers, post_data, **more)

    monkeypatch.setattr(stripe, "RequestsClient", Watched)
    monkeypatch.setattr(Watched, "INITIAL_DELAY", 0.01)
    monkeypatch.setattr(Watched, "MAX_DELAY", 0.01)
    config = replace(load_config(), stripe_api_base=_stripe.url)
    monkeypatch.setattr(environment, "load_config", lambda: config)
    environment.forget()
    monkeypatch.setattr(opening, "BUSY_S", 0.01)
    _stripe.reset()
    # Stripe keeps what it answered under a key: each test has a booking of its own.
    _stripe.booking_id = f"bk_{next(_numbers)}"
    yield _stripe
    for transport in transports:
        transport.close()


type Open = Callable[..., tuple[int, str]]


@pytest.fixture
def store(store: BookingStore, places: LocationStore) -> BookingStore:
    """The table of a location whose clients are spoken to in English."""
    places.save_location(ENGLISH)
    return store


@pytest.fixture
def open_link(store: BookingStore, context: Any, at_stripe: Stripe) -> Open:
    """Open the booking's link; answers the status, and where it leads or what it shows."""
    made = booking(at_stripe.booking_id, description="Haircut & colour")
    keep(store, made, token_digest(TOKEN), token_digest(SECOND_TOKEN))

    def send(token: str = TOKEN, **query: str) -> tuple[int, str]:
        request: dict[str, Any] = {"pathParameters": {"token": token}}
        if query:
            request["queryStringParameters"] = query
        answer = checkout_function.handler(request, context)
        headers = answer["headers"]
        assert headers["cache-control"] == "no-store"
        if answer["statusCode"] == 303:
            return 303, headers["location"]
        assert headers == page_headers()
        assert "default-src 'none'" in headers["content-security-policy"]
        return answer["statusCode"], answer["body"]

    return send


def stored(store: BookingStore, at_stripe: Stripe) -> StoredBooking:
    found = store.get_booking("demo", at_stripe.booking_id)
    assert found
    return found


def paid(at_stripe: Stripe, **changed: Any) -> dict[str, Any]:
    metadata = {"location_id": "demo", "booking_id": at_stripe.booking_id}
    return from_queue(event("charge.succeeded", charge(metadata=metadata, **changed)))


# ------------------------------------------------------------------ one session


def test_a_link_leads_to_checkout_for_what_is_due(at_stripe: Stripe, open_link: Open) -> None:
    status, url = open_link()
    assert status == 303
    session = at_stripe.session(url)
    assert (session["amount_total"], session["currency"]) == (4900, "eur")
    assert session["status"] == "open"
    [sent] = at_stripe.sent
    assert sent["line_items[0][price_data][product_data][name]"] == ["Haircut & colour"]
    assert sent["payment_method_types[0]"] == ["card"]
    assert sent["adaptive_pricing[enabled]"] == ["false"]
    token = derive_return_token(LINK_KEY, at_stripe.booking_id)
    back = f"https://pay.example.com/pay/{token}?booking={at_stripe.booking_id}"
    assert sent["success_url"] == [f"{back}&returned=paid"]
    assert sent["cancel_url"] == [f"{back}&returned=left"]
    assert sent["locale"] == ["en"]
    assert at_stripe.keys == ["checkout-1"]


def test_our_ids_are_all_the_metadata_and_there_is_no_application_fee(
    at_stripe: Stripe, open_link: Open
) -> None:
    open_link()
    [sent] = at_stripe.sent
    ours = {"location_id": "demo", "booking_id": at_stripe.booking_id, "purpose": "visit_link"}
    for place in ("metadata", "payment_intent_data[metadata]"):
        written = {name: value for name, value in sent.items() if name.startswith(f"{place}[")}
        assert written == {f"{place}[{name}]": [value] for name, value in ours.items()}
    assert not [name for name in sent if "application" in name or "transfer" in name]
    assert "Lovelace" not in str(sent), "of the client nothing but the address is sent by us"
    assert [name for name, [value] in sent.items() if "ada@" in value] == ["customer_email"]


def test_the_client_is_not_asked_again_for_the_address(at_stripe: Stripe, open_link: Open) -> None:
    _, url = open_link()
    assert at_stripe.session(url)["customer_email"] == "ada@example.com"


def test_an_address_that_stripe_refuses_is_left_out(
    at_stripe: Stripe, open_link: Open, store: BookingStore
) -> None:
    """Our rule for addresses and Stripe's differ; a booking is not lost by that."""
    known = stored(store, at_stripe)
    odd = Client("Ada Lovelace", "ada@example.x")
    store.write(known, replace(known.booking, client=odd))
    status, url = open_link()
    assert status == 303
    assert at_stripe.session(url)["customer_email"] is None
    with_address, without = at_stripe.whole_keys
    assert with_address.startswith(f"{without}-")
    assert open_link() == (303, url)


def test_an_address_that_was_corrected_between_two_tries_is_no_other_attempt(
    at_stripe: Stripe, open_link: Open, store: BookingStore
) -> None:
    """Stripe answers a key with other parameters by an error; the address is part of the key."""
    at_stripe.fault(429)
    assert open_link()[0] == 503
    known = stored(store, at_stripe)
    corrected = Client("Ada Lovelace", "ada@example.org")
    store.write(known, replace(known.booking, client=corrected))
    _, url = open_link()
    assert at_stripe.session(url)["customer_email"] == "ada@example.org"
    assert set(at_stripe.keys) == {"checkout-1"}
    assert len(set(at_stripe.whole_keys)) == 2


def test_a_session_ends_within_stripes_bounds(at_stripe: Stripe, open_link: Open) -> None:
    open_link()
    [sent] = at_stripe.sent
    lasts_s = int(sent["expires_at"][0]) - time.time()
    assert 1800 + 60 <= lasts_s <= 86_400 - 60


def test_however_often_a_link_is_opened_there_is_one_session(
    at_stripe: Stripe, open_link: Open
) -> None:
    answers = {open_link(token) for token in (TOKEN, TOKEN, SECOND_TOKEN, TOKEN)}
    assert len(answers) == 1
    assert len(at_stripe.sent) == 1


def test_two_tabs_at_once_end_with_one_session(
    at_stripe: Stripe, open_link: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The second opens when the first has written its attempt and Stripe has not answered yet."""
    ask, second = StripeApi.create_payment_session, []

    def interrupted(api: StripeApi, **wanted: Any) -> tuple[str, str]:
        monkeypatch.setattr(StripeApi, "create_payment_session", ask)
        second.append(open_link())
        return ask(api, **wanted)

    assert inspect.signature(ask).parameters.keys() >= {"self", "idempotency_key", "metadata"}
    monkeypatch.setattr(StripeApi, "create_payment_session", interrupted)
    first = open_link()
    assert first[0] == 303
    assert second == [first]
    assert set(at_stripe.keys) == {"checkout-1"}


def test_two_tabs_at_once_the_other_way_round(
    at_stripe: Stripe, open_link: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The second opens when Stripe has answered the first and the answer is not written yet."""
    ask, second = StripeApi.create_payment_session, []

    def interrupted(api: StripeApi, **wanted: Any) -> tuple[str, str]:
        answer = ask(api, **wanted)
        monkeypatch.setattr(StripeApi, "create_payment_session", ask)
        second.append(open_link())
        return answer

    monkeypatch.setattr(StripeApi, "create_payment_session", interrupted)
    assert [open_link()] == second
    assert set(at_stripe.keys) == {"checkout-1"}


def test_two_tabs_before_anything_is_written(
    at_stripe: Stripe, open_link: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    second = before_write(monkeypatch, "confirmed", lambda _: open_link())
    assert [open_link()] == second
    assert at_stripe.keys == ["checkout-1"]


def test_two_different_links_at_once_end_with_one_session(
    at_stripe: Stripe, open_link: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is asked does not depend on the link, so that one key does for both."""
    ask, second = StripeApi.create_payment_session, []

    def interrupted(api: StripeApi, **wanted: Any) -> tuple[str, str]:
        answer = ask(api, **wanted)
        monkeypatch.setattr(StripeApi, "create_payment_session", ask)
        second.append(open_link(SECOND_TOKEN))
        return answer

    monkeypatch.setattr(StripeApi, "create_payment_session", interrupted)
    first = open_link()
    assert first[0] == 303
    assert second == [first]
    assert set(at_stripe.keys) == {"checkout-1"}


def test_a_key_that_was_used_before_the_settings_changed_is_given_up(
    at_stripe: Stripe, open_link: Open, places: LocationStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Stripe refuses the key with other parameters, here another language."""
    ask, second = StripeApi.create_payment_session, []

    def interrupted(api: StripeApi, **wanted: Any) -> tuple[str, str]:
        answer = ask(api, **wanted)
        monkeypatch.setattr(StripeApi, "create_payment_session", ask)
        places.save_location(replace(ENGLISH, locale="de"))
        second.append(open_link())
        return answer

    monkeypatch.setattr(StripeApi, "create_payment_session", interrupted)
    first = open_link()
    assert first[0] == 303
    assert second == [first]
    assert at_stripe.keys[0] == "checkout-1"
    assert at_stripe.keys[-1] != "checkout-1"


def test_a_crash_after_stripe_answered_ends_with_the_same_session(
    at_stripe: Stripe, open_link: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Killed(BaseException):
        pass

    ask, lost = StripeApi.create_payment_session, []

    def killed(api: StripeApi, **wanted: Any) -> tuple[str, str]:
        lost.append(ask(api, **wanted)[1])
        raise Killed

    monkeypatch.setattr(StripeApi, "create_payment_session", killed)
    with pytest.raises(Killed):
        open_link()
    monkeypatch.setattr(StripeApi, "create_payment_session", ask)
    assert open_link() == (303, lost[0])
    assert at_stripe.keys == ["checkout-1"] * 2
    assert at_stripe.sent[0] == at_stripe.sent[1], "the same parameters to the letter"


@pytest.mark.parametrize("later_s", [86_000, 90_000], ids=["at its end", "lapsed"])
def test_a_session_at_its_end_is_replaced(
    at_stripe: Stripe, open_link: Open, monkeypatch: pytest.MonkeyPatch, later_s: int
) -> None:
    del at_stripe
    now_s = time.time()
    _, first = open_link()
    at(monkeypatch, now_s + 80_000)
    assert open_link() == (303, first)
    at(monkeypatch, now_s + later_s)
    # Stripe's clock has not moved: what is asked for now must be within its bounds from there.
    monkeypatch.setattr("shared.domain.bookings.checkout_attempts.SESSION_S", 3600 - later_s)
    _, second = open_link()
    assert second != first


def at(monkeypatch: pytest.MonkeyPatch, now_s: float) -> None:
    monkeypatch.setattr(pay_link, "time", SimpleNamespace(time=lambda: now_s))


def test_an_attempt_that_was_never_answered_is_not_asked_for_when_its_end_is_too_near(
    at_stripe: Stripe, open_link: Open, store: BookingStore
) -> None:
    """Stripe takes no session that ends within half an hour."""
    at_stripe.fault("reset", 2)
    assert open_link()[0] == 503
    found = stored(store, at_stripe)
    assert found.booking.checkout
    old = replace(found.booking.checkout, expires_at_s=int(time.time()) + 1700)
    keep(store, found.booking.with_checkout(old), version=found.version)
    status, _ = open_link()
    assert status == 303
    assert at_stripe.keys[-1] == "checkout-2"


def test_a_session_that_expired_at_stripe_is_replaced(
    at_stripe: Stripe, open_link: Open, context: Any
) -> None:
    _, first = open_link()
    session = at_stripe.session(first)
    expired = event("checkout.session.expired", session | {"status": "expired"})
    record_function.handler(from_queue(expired), context)
    _, second = open_link()
    assert second != first
    assert at_stripe.keys == ["checkout-1", "checkout-2"]


def test_after_a_part_was_paid_the_rest_is_asked_for(
    at_stripe: Stripe, open_link: Open, context: Any
) -> None:
    _, first = open_link()
    record_function.handler(paid(at_stripe, amount=900, amount_captured=900), context)
    _, url = open_link()
    assert at_stripe.session(url)["amount_total"] == 4000
    assert at_stripe.session(first)["status"] == "expired", "never two that can be paid"


def test_the_old_session_is_closed_before_the_new_one_is_opened(
    at_stripe: Stripe, open_link: Open, context: Any
) -> None:
    open_link()
    record_function.handler(paid(at_stripe, amount=900, amount_captured=900), context)
    at_stripe.fault(500, 2)
    assert open_link()[0] == 503
    assert [method for method, _ in at_stripe.asked] == ["post"]
    assert open_link()[0] == 303


def test_while_the_old_session_cannot_be_closed_no_new_one_is_opened(
    at_stripe: Stripe, open_link: Open, context: Any
) -> None:
    _, first = open_link()
    record_function.handler(paid(at_stripe, amount=900, amount_captured=900), context)
    at_stripe.fault("reset", 2, path=f"{PATH}/{first.rpartition('/')[2]}/expire")
    assert open_link()[0] == 503
    assert at_stripe.keys == ["checkout-1"]
    assert at_stripe.session(first)["status"] == "open"


def test_an_old_session_that_somebody_paid_is_taken_up_and_not_asked_for_again(
    at_stripe: Stripe, open_link: Open, store: BookingStore, context: Any
) -> None:
    """The other tab paid all of it, and its webhook is not there yet."""
    _, first = open_link()
    record_function.handler(paid(at_stripe, amount=900, amount_captured=900), context)
    at_stripe.pay(first)

    status, page = open_link()

    assert (status, "There is nothing more to pay" in page) == (200, True)
    summary = stored(store, at_stripe).booking.payments()
    assert (summary.amount_captured, summary.amount_overpaid) == (900 + 4900, 900)
    assert at_stripe.keys == ["checkout-1"]


def test_a_visit_that_was_paid_while_it_was_cancelled_pays_its_fee_and_the_rest_goes_back(
    at_stripe: Stripe, open_link: Open, store: BookingStore
) -> None:
    """Bug: the money was taken up as if the visit were to be; the fee was asked for once more."""
    now_s = int(time.time())
    half = {"steps": [{"hours_before": 48, "fee": {"type": "percent", "percent": 50}}]}
    agreed = BookingTerms("at_visit", 0, 0, "prepayment", "", "0f" * 32, half)
    booked: dict[str, Any] = {"terms": agreed, "starts_at_s": now_s + 86_400}
    name = ("demo", at_stripe.booking_id)
    store.change(*name, lambda known: replace(known, **booked))
    _, first = open_link()
    store.change(*name, lambda known: cancel(known, "client", now_s, takes_fee=True))
    at_stripe.pay(first)

    status, page = open_link()

    assert (status, "There is nothing more to pay" in page) == (200, True)
    assert at_stripe.keys == ["checkout-1"], "nobody is asked twice"
    found = stored(store, at_stripe).booking
    [fee], [order] = found.fees, found.refund_orders
    assert found.fee_state(fee).status == "taken"
    assert (fee.kept_minor, order.amount_minor) == (2450, 2450)


def test_a_webhook_while_it_is_taken_up_is_not_lost(
    at_stripe: Stripe, open_link: Open, store: BookingStore, context: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    _, first = open_link()
    record_function.handler(paid(at_stripe, amount=900, amount_captured=900), context)
    at_stripe.pay(first)

    def pay_more(_: str) -> None:
        other = {"id": "ch_2", "payment_intent": "pi_2", "amount": 100, "amount_captured": 100}
        record_function.handler(paid(at_stripe, **other), context)

    assert before_write(monkeypatch, "confirmed", pay_more) == []
    assert open_link()[0] == 200
    assert stored(store, at_stripe).booking.payments().amount_captured == 900 + 100 + 4900


def test_while_a_charge_is_awaited_nobody_is_asked_a_second_time(
    at_stripe: Stripe, open_link: Open, context: Any
) -> None:
    """Bug: between the session's end and its charge, a link opened a second payable session."""
    _, url = open_link()
    session = at_stripe.session(url)
    ended = {"status": "complete", "payment_status": "paid", "payment_intent": "pi_1"}
    completed = event("checkout.session.completed", session | ended)
    record_function.handler(from_queue(completed), context)
    for query in ({}, {"returned": "left"}, {"returned": "paid"}):
        status, page = open_link(**query)
        assert status == 200
        assert "Confirming your payment" in page
    assert len(at_stripe.sent) == 1
    record_function.handler(paid(at_stripe, payment_intent="pi_1"), context)
    assert "Paid" in open_link()[1]


def test_a_booking_that_was_paid_while_its_link_opened_is_not_asked_for_nothing(
    at_stripe: Stripe, open_link: Open, context: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Bug: after the lost race a session over 0 was asked for."""
    before_write(
        monkeypatch, "confirmed", lambda _: record_function.handler(paid(at_stripe), context)
    )
    status, page = open_link()
    assert status == 200
    assert "There is nothing more to pay" in page
    assert at_stripe.sent == []


@pytest.mark.parametrize("amount_minor", [10, 10**8])
def test_a_sum_that_stripe_does_not_take_is_paid_at_the_visit(
    at_stripe: Stripe, open_link: Open, store: BookingStore, amount_minor: int
) -> None:
    """Bug: the client was told to try again in a minute, for ever."""
    found = stored(store, at_stripe)
    price = replace(found.booking.price, amount_minor=amount_minor)
    keep(store, replace(found.booking, price=price), version=found.version)
    status, page = open_link()
    assert status == 200
    assert "Please pay at your visit" in page


def test_a_fee_that_stripe_does_not_take_is_not_said_to_be_payable(
    at_stripe: Stripe, open_link: Open, store: BookingStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Bug: "Please pay at your visit", of a visit that was cancelled."""

    def refuse(*_: object, **__: object) -> tuple[str, str]:
        # What an account settles in has a minimum of its own, which is not known before.
        raise StripeRefused("too small", code="amount_too_small")

    now_s = int(time.time())
    full = {"steps": [{"hours_before": 48, "fee": {"type": "full"}}]}
    agreed = BookingTerms("at_visit", 0, 0, "prepayment", "", "0f" * 32, full)
    booked: dict[str, Any] = {"terms": agreed, "starts_at_s": now_s + 86_400}
    name = ("demo", at_stripe.booking_id)
    store.change(*name, lambda known: replace(known, **booked))
    store.change(*name, lambda known: cancel(known, "client", now_s, takes_fee=True))
    monkeypatch.setattr(StripeApi, "create_payment_session", refuse)
    status, page = open_link()
    assert status == 200
    assert "This fee cannot be paid by card online" in page
    assert "at your visit" not in page


def test_a_locale_that_checkout_does_not_speak_costs_no_payment(
    at_stripe: Stripe, open_link: Open, places: LocationStore
) -> None:
    """Bug: Stripe refuses a session in `de-AT`, and nobody could pay."""
    places.save_location(replace(DEMO, locale="de-AT"))
    assert open_link()[0] == 303
    assert at_stripe.sent[0]["locale"] == ["de"]


def test_what_checkout_speaks_is_what_the_library_says() -> None:
    assert library.values_of("checkout.SessionCreateParams", "locale") == LOCALES | {"auto"}
    for locale, spoken in (("en-GB", "en-GB"), ("zh-Hant", "zh"), ("uk", "auto"), ("eng", "auto")):
        assert checkout_locale(locale) == spoken


# ------------------------------------------------------------------ online bookings' own link


def online(**changed: Any) -> BookingTerms:
    facts: dict[str, Any] = {
        "mode": "pay",
        "due_minor": 1500,
        "hold_until_s": 1_800_000_000,
        "purpose": "deposit",
        "terms_text": "",
        "terms_hash": "0f" * 32,
        "cancellation": {},
    }
    return BookingTerms(**(facts | changed))


def test_who_left_checkout_can_go_back_although_visit_links_are_off(
    open_link: Open, store: BookingStore, places: LocationStore, at_stripe: Stripe
) -> None:
    """Bug: the page said "pay at your visit", and the slot was given away."""
    places.save_location(replace(ENGLISH, visit_link_enabled=False))
    found = stored(store, at_stripe)
    waiting = replace(found.booking, status="awaiting_payment", terms=online())
    keep(store, waiting, version=found.version)
    assert "Pay now" in open_link(returned="left")[1]
    status, url = open_link()
    assert status == 303
    assert at_stripe.session(url)["amount_total"] == 1500


def test_after_a_deposit_the_page_says_so_and_what_is_left(
    open_link: Open, store: BookingStore, at_stripe: Stripe, context: Any
) -> None:
    """Bug: it waited for the rest of the price, which is paid at the visit, and never ended."""
    found = stored(store, at_stripe)
    waiting = replace(found.booking, status="awaiting_payment", terms=online())
    keep(store, waiting, version=found.version)
    session = at_stripe.session(open_link()[1])
    record_function.handler(
        paid(at_stripe, amount=1500, amount_captured=1500, payment_intent="pi_1"), context
    )
    assert "Confirming your payment" in open_link(returned="paid")[1]
    ended = {"status": "complete", "payment_status": "paid", "payment_intent": "pi_1"}
    completed = event("checkout.session.completed", session | ended)
    record_function.handler(from_queue(completed), context)
    status, page = open_link(returned="paid")
    assert status == 200
    assert "The remaining €34.00 is due at your visit" in page
    assert "refresh" not in page
    assert len(at_stripe.sent) == 1


# ------------------------------------------------------------------ when Stripe fails


def test_a_saved_500_is_given_up_and_the_next_opening_takes_a_new_key(
    at_stripe: Stripe, open_link: Open, store: BookingStore, log: io.StringIO
) -> None:
    at_stripe.fault(500, after_effect=True)
    status, page = open_link()
    assert status == 503
    assert "Try again" in page
    assert "checkout attempt given up" in log.getvalue()
    status, url = open_link()
    assert status == 303
    assert at_stripe.keys == ["checkout-1", "checkout-1", "checkout-2"]
    attempt = stored(store, at_stripe).booking.checkout
    assert attempt
    assert attempt.url == url


def test_a_500_that_passes_is_not_noticed(at_stripe: Stripe, open_link: Open) -> None:
    at_stripe.fault(500)
    assert open_link()[0] == 303
    assert set(at_stripe.keys) == {"checkout-1"}


@pytest.mark.parametrize("status", ["reset", 500])
def test_while_stripe_is_down_there_is_a_page_and_afterwards_the_same_attempt(
    at_stripe: Stripe, open_link: Open, store: BookingStore, status: int | str
) -> None:
    at_stripe.fault(status, 2)
    answered, page = open_link()
    assert answered == 503
    assert "Your card was not charged" in page
    attempt = stored(store, at_stripe).booking.checkout
    assert attempt
    assert attempt.generation == 1
    assert open_link()[0] == 303
    assert set(at_stripe.keys) == {"checkout-1"}


def test_an_answer_that_was_lost_is_answered_again(at_stripe: Stripe, open_link: Open) -> None:
    at_stripe.fault("reset", after_effect=True)
    assert open_link()[0] == 303
    assert at_stripe.keys == ["checkout-1"] * 2


def test_throttled_by_stripe_there_is_a_page(at_stripe: Stripe, open_link: Open) -> None:
    at_stripe.fault(429)
    assert open_link()[0] == 503
    assert open_link()[0] == 303


def test_what_stripe_refuses_is_a_page_and_its_code_is_logged_without_its_words(
    at_stripe: Stripe,
    open_link: Open,
    store: BookingStore,
    log: io.StringIO,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    found = stored(store, at_stripe)
    words = "klingon-ada@example.com " * 60
    keep(store, replace(found.booking, description=words), version=found.version)
    public_url = "klingon-ada@example.com"
    config = replace(load_config(), public_url=public_url)
    monkeypatch.setattr(pay_link, "load_config", lambda: config)
    status, page = open_link()
    assert status == 503
    refused = json.loads(log.getvalue().splitlines()[-1])
    assert (refused["level"], refused["error"]) == ("ERROR", "StripeRefused")
    assert refused["code"]
    assert "klingon" not in log.getvalue(), "the library quotes what was sent"
    assert "klingon" not in page


def test_a_key_that_stripe_does_not_know(
    aws: FakeAws, at_stripe: Stripe, open_link: Open, log: io.StringIO
) -> None:
    del at_stripe
    aws.sealed["api#demo"] = '{"secret_key": "sk_test_of_yesterday"}'
    assert open_link()[0] == 503
    assert json.loads(log.getvalue().splitlines()[-1])["code"] == "AuthenticationError"
    assert "yesterday" not in log.getvalue()


def test_a_key_is_taken_without_the_blanks_around_it(
    aws: FakeAws, at_stripe: Stripe, open_link: Open
) -> None:
    del at_stripe
    aws.sealed["api#demo"] = json.dumps({"secret_key": f" {SECRET_KEY}\n"})
    assert open_link()[0] == 303


@pytest.mark.parametrize(
    ("value", "status"),
    [(None, 503), ("{}", 503), ("[]", 503), ("no JSON", 500), ('{"secret_key": null}', 503)],
)
def test_without_a_key_there_is_a_page(
    aws: FakeAws, at_stripe: Stripe, open_link: Open, value: str | None, status: int
) -> None:
    aws.sealed.clear()
    if value is not None:
        aws.sealed["api#demo"] = value
    assert open_link()[0] == status
    assert at_stripe.sent == []


def test_while_kms_does_not_answer_there_is_a_page(
    aws: FakeAws, at_stripe: Stripe, open_link: Open
) -> None:
    aws.down.add("kms")
    assert open_link()[0] == 503
    assert at_stripe.sent == []


def test_nothing_secret_is_logged(
    at_stripe: Stripe, open_link: Open, log: io.StringIO, capsys: pytest.CaptureFixture[str]
) -> None:
    open_link()
    at_stripe.fault(500, 2)
    open_link(SECOND_TOKEN)
    open_link("c" * 32)
    written = log.getvalue() + capsys.readouterr().out
    for private in (SECRET_KEY, TOKEN, SECOND_TOKEN, "Haircut", "Ada", "ada@"):
        assert private not in written


# ------------------------------------------------------------------ pages


@pytest.mark.parametrize(
    "token", ["c" * 32, "", "a" * 31, "a" * 33, "../" * 11, "é" * 32, "a" * 31 + "\n", "a" * 9000]
)
def test_an_unknown_link_is_a_page(at_stripe: Stripe, open_link: Open, token: str) -> None:
    status, page = open_link(token)
    assert status == 404
    assert "This link does not work" in page
    assert "Salon" not in page
    assert at_stripe.sent == []


def test_no_path_parameters_are_a_page_too(context: Any, store: BookingStore) -> None:
    del store
    assert checkout_function.handler({"pathParameters": None}, context)["statusCode"] == 404
    assert checkout_function.handler({}, context)["statusCode"] == 404


def test_what_is_paid_is_a_page_that_says_so(
    at_stripe: Stripe, open_link: Open, context: Any
) -> None:
    record_function.handler(paid(at_stripe), context)
    for query in ({}, {"returned": "paid"}, {"returned": "left"}):
        status, page = open_link(**query)
        assert status == 200
        assert "€49.00" in page
        assert "nothing more to pay" in page
        assert 'http-equiv="refresh"' not in page
    assert at_stripe.sent == []


def test_what_is_over_is_a_page(at_stripe: Stripe, open_link: Open, store: BookingStore) -> None:
    found = stored(store, at_stripe)
    keep(store, replace(found.booking, status="cancelled"), version=found.version)
    status, page = open_link()
    assert (status, at_stripe.sent) == (200, [])
    assert "Nothing is due" in page


def test_who_comes_back_from_paying_sees_that_it_is_under_way(
    at_stripe: Stripe, open_link: Open
) -> None:
    status, page = open_link(returned="paid")
    assert (status, at_stripe.sent) == (200, [])
    assert 'http-equiv="refresh"' in page
    assert "do not need to pay again" in page


def test_who_comes_back_without_paying_may_try_again(at_stripe: Stripe, open_link: Open) -> None:
    status, page = open_link(returned="left")
    assert (status, at_stripe.sent) == (200, [])
    assert 'href="?"' in page
    assert open_link(returned="whatever")[0] == 303


def test_links_that_are_switched_off_say_to_pay_at_the_visit(
    at_stripe: Stripe, open_link: Open, places: LocationStore
) -> None:
    places.save_location(replace(ENGLISH, visit_link_enabled=False))
    status, page = open_link()
    assert (status, at_stripe.sent) == (200, [])
    assert "Pay at your visit" in page


@pytest.mark.parametrize(
    ("returned", "status", "words"),
    [
        ("paid", "confirmed", ("Ihre Zahlung wird bestätigt", "nicht noch einmal zahlen")),
        ("left", "confirmed", ("Noch nicht bezahlt", "€\u00a049,00", "Jetzt zahlen")),
        ("", "cancelled", ("Nichts zu zahlen",)),
    ],
)
def test_german_clients_read_the_pages_in_german(
    open_link: Open,
    store: BookingStore,
    places: LocationStore,
    at_stripe: Stripe,
    returned: str,
    status: str,
    words: tuple[str, ...],
) -> None:
    found = stored(store, at_stripe)
    keep(store, replace(found.booking, status=status), version=found.version)
    places.save_location(replace(DEMO, locale="de-AT"))
    _, page = open_link(returned=returned)
    assert 'lang="de"' in page
    assert "TESTBETRIEB" in page
    assert all(each in page for each in words)


def test_a_sum_on_a_page_has_the_decimals_of_its_currency_and_language() -> None:
    for locale, shown in (("de", "45,00\u00a0€"), ("en", "€45.00"), ("fr", "€45.00")):
        page = pages.not_paid(
            VisitHost(replace(DEMO, locale=locale)), booking(price=Money(4500, "eur")), ""
        )
        assert f'<p class="sum">{shown}</p>' in page


HOSTILE = "<script>alert(1)</script>\"'><img src=x onerror=alert(1)>\u202egnp.exe"


@pytest.mark.parametrize("returned", ["paid", "left"])
def test_pages_escape_what_people_typed(
    at_stripe: Stripe, open_link: Open, store: BookingStore, places: LocationStore, returned: str
) -> None:
    found = stored(store, at_stripe)
    keep(store, replace(found.booking, description=HOSTILE), version=found.version)
    places.save_location(replace(ENGLISH, name=HOSTILE))
    _, page = open_link(returned=returned)
    assert page.count("&lt;script&gt;") == 2
    assert "<script" not in page
    assert "<img" not in page
    # The bidirectional override ends with the element: `dir=auto` isolates each.
    assert page.count('dir="auto"') == 2
    assert "TEST MODE" in page


def test_the_style_is_the_one_that_the_policy_allows() -> None:
    policy = page_headers()["content-security-policy"]
    digest = base64.b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()
    assert f"<style>{STYLE}</style>" in pages.unknown_link()
    assert f"style-src 'sha256-{digest}'" in policy
    assert "script-src" not in policy
    assert "form-action 'none'" in policy


def test_a_live_location_has_no_test_mark() -> None:
    live = replace(ENGLISH, mode="live")
    assert "TEST MODE" not in pages.nothing_due(VisitHost(live), booking(status="cancelled"))


def test_a_page_of_a_link_says_where_to_go_and_who_it_is_with(
    store: BookingStore, places: LocationStore, at_stripe: Stripe, open_link: Open
) -> None:
    """Finding F7: a link's pages said "contact the business", and gave no way to."""
    places.save_location(replace(REACHABLE.location, locale="en"))
    CatalogueStore(load_config()).put_employee("demo", Employee("anna", "Anna Berg"))

    def end(found: Booking) -> Booking:
        ended = replace(found, status="cancelled", employee_id="anna", timezone="Europe/Berlin")
        return replace(ended, starts_at_s=1_780_000_020, ends_at_s=1_780_003_620)

    store.change("demo", at_stripe.booking_id, end)
    _, page = open_link()
    about = ("With Anna Berg", "Thu 28 May 2026 22:27")
    for fact in (*about, "Torstraße 1, 10119 Berlin", "tel:+4930123456", "imprint"):
        assert fact in page, fact
