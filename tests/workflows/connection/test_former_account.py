"""What was opened at a Stripe account is that account's: a switch closes it, and hands none out."""

from copy import replace
from typing import Any

import pytest

from shared.adapters import stripe_api
from shared.adapters.booking_store import BookingStore
from shared.adapters.needed_action_store import NeededActionStore
from shared.adapters.stripe_api import StripeApi
from shared.config import Config
from shared.domain.bookings.checkout_attempt import CheckoutAttempt
from shared.domain.bookings.checkout_attempts import current_attempt, is_opened_at, replaced_session
from shared.domain.errors import StripeRefused
from shared.workflows.connection import former_sessions
from tests.surroundings.demo_location import DEMO
from tests.surroundings.salon import (
    SECRET_KEY,
    SESSIONS,
    Salon,
    StripeBeside,
    moment,
)
from tests.surroundings.stripe_accounts import Owners

pytestmark = pytest.mark.enable_socket


@pytest.fixture
def shop(
    owners: Owners,
    store: BookingStore,
    config: Config,
    context: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> Salon:
    """The salon, connected by its owner."""
    salon = Salon(store, config, context, monkeypatch)
    assert owners.put()[0] == 200
    return salon


def switch(owners: Owners, **wanted: Any) -> str:
    """The owner saves the keys of another account; its secret key is returned."""
    account = owners.another_account(**wanted)
    keys = {name: account[name] for name in ("publishable_key", "secret_key")}
    status, saved = owners.put(**keys)
    assert status == 200, saved
    return account["secret_key"]


def session_at(beside: StripeBeside, made: dict[str, Any], key: str) -> dict[str, Any]:
    session_id = made["checkout_url"].rpartition("/")[2]
    answer = beside.control.get(f"{SESSIONS}/{session_id}", auth=(key, ""))
    return dict(answer.raise_for_status().json())


def asked(needed_actions: NeededActionStore) -> dict[str, Any]:
    listed = needed_actions.list_needed_actions("demo", 10)
    found = [each for item in listed for each in item["actions"]]
    return next((each for each in found if each["kind"] == "former_account_sessions"), {})


def test_a_switch_to_another_account_closes_what_is_open_with_the_former_key(
    shop: Salon, owners: Owners, needed_actions: NeededActionStore
) -> None:
    made = shop.booked()
    switch(owners)
    assert session_at(owners.beside, made, SECRET_KEY)["status"] == "expired"
    [session] = shop.stored(made).facts.sessions.values()
    assert session.status == "expired"
    assert asked(needed_actions) == {}


def test_a_client_who_comes_again_pays_the_new_account(shop: Salon, owners: Owners) -> None:
    """The link led to the former account's page, whose payments nobody hears of."""
    made = shop.booked(headers={"idempotency_key": "once"})
    key = switch(owners)
    assert shop.looked(made)["checkout_url"] is None
    status, again = shop.book(headers={"idempotency_key": "once"})
    assert (status, again["booking_id"]) == (201, made["booking_id"])
    assert again["checkout_url"] != made["checkout_url"]
    assert session_at(owners.beside, again, key)["status"] == "open"
    assert shop.looked(made)["checkout_url"] == again["checkout_url"]


def test_a_slot_whose_session_was_closed_by_the_switch_is_freed_in_time(
    shop: Salon, owners: Owners
) -> None:
    """The new key does not know the session: its slot had waited for a day."""
    shop.booked()
    switch(owners)
    assert shop.release() == {"freed": 1}
    assert shop.is_free()


def test_a_rolled_key_of_the_same_account_closes_nothing(shop: Salon, owners: Owners) -> None:
    made = shop.booked(headers={"idempotency_key": "once"})
    assert owners.put(secret_key=owners.restricted(**EVERYTHING))[0] == 200
    assert session_at(owners.beside, made, SECRET_KEY)["status"] == "open"
    _, again = shop.book(headers={"idempotency_key": "once"})
    assert again["checkout_url"] == made["checkout_url"]


def test_sessions_of_others_at_the_former_account_stay_open(owners: Owners, shop: Salon) -> None:
    """Another program of the owner's, on the same account."""
    del shop
    other = owners.beside.control.post(
        SESSIONS,
        data={
            "mode": "payment", "success_url": "https://x.example/", "metadata[order]": "7",
            "line_items[0][quantity]": "1", "line_items[0][price_data][currency]": "eur",
            "line_items[0][price_data][unit_amount]": "500",
            "line_items[0][price_data][product_data][name]": "Shampoo",
        },
        auth=(SECRET_KEY, ""),
    ).raise_for_status().json()  # fmt: skip
    switch(owners)
    path = f"{SESSIONS}/{other['id']}"
    assert owners.beside.control.get(path, auth=(SECRET_KEY, "")).json()["status"] == "open"


@pytest.mark.parametrize("why", ["no time", "refused"])
def test_what_cannot_be_closed_is_shown_to_staff_with_its_end(
    shop: Salon,
    owners: Owners,
    needed_actions: NeededActionStore,
    monkeypatch: pytest.MonkeyPatch,
    why: str,
) -> None:
    made = shop.booked()
    if why == "no time":
        monkeypatch.setattr(former_sessions, "CLOSE_S", -1)
    else:
        monkeypatch.setattr(StripeApi, "expire_session", refuse)
    switch(owners)
    found = asked(needed_actions)
    assert made["checkout_url"].rpartition("/")[2] in found["sessions"]
    assert found["account"].startswith("acct_")
    assert found["ends_at"].endswith("Z")
    assert (found["count"], found["complete"]) == (len(found["sessions"]), True)


def test_of_more_sessions_than_are_listed_the_number_is_told_and_that_there_are_more(
    shop: Salon, owners: Owners, needed_actions: NeededActionStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Bug: behind two thousand, what stayed open was left out without a word."""
    for hour in (10, 12, 14):
        shop.booked(starts_at=moment(hour))
    monkeypatch.setattr(former_sessions, "CLOSE_S", -1)
    monkeypatch.setattr(stripe_api, "PAGE", 1)
    monkeypatch.setattr(stripe_api, "MAX_PAGES", 2)
    switch(owners)
    found = asked(needed_actions)
    assert (found["count"], found["complete"]) == (2, False)


def test_what_was_paid_as_the_keys_were_saved_stays_on_the_list(
    shop: Salon, owners: Owners, needed_actions: NeededActionStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is not open any more when the former account is asked again."""
    made, expire = shop.booked(), StripeApi.expire_session

    def pay_first(api: StripeApi, session_id: str) -> dict[str, Any]:
        if session_id == made["checkout_url"].rpartition("/")[2]:
            owners.beside.pay(made)
        return expire(api, session_id)

    monkeypatch.setattr(StripeApi, "expire_session", pay_first)
    switch(owners)
    assert asked(needed_actions)["sessions"] == [made["checkout_url"].rpartition("/")[2]]


def refuse(_api: StripeApi, _session_id: str) -> None:
    raise StripeRefused("Stripe refused", code="checkout_session_not_open")


def test_a_former_account_whose_key_is_revoked_is_shown_as_not_looked_at(
    shop: Salon, owners: Owners, needed_actions: NeededActionStore
) -> None:
    account = owners.another_account()
    keys = {name: account[name] for name in ("publishable_key", "secret_key")}
    assert owners.put(**keys)[0] == 200
    shop.booked()
    owners.beside.control.post("/_sim/keys/revoke", json={"key": account["secret_key"]})
    assert owners.put()[0] == 200
    assert (asked(needed_actions)["sessions"], asked(needed_actions)["account"]) == (
        [],
        account["id"],
    )


ATTEMPT = CheckoutAttempt(
    1, 4500, 1000, 90_000, "cs_1", "https://x.example", account_id="acct_1", mode="test"
)
HERE = replace(DEMO, stripe_account_id="acct_1")


@pytest.mark.parametrize(
    ("location", "is_here"),
    [
        (HERE, True),
        (replace(HERE, stripe_account_id="acct_2"), False),
        (replace(HERE, mode="live"), False),
    ],
)
def test_an_attempt_of_another_account_or_mode_is_none(
    shop: Salon, location: Any, is_here: bool
) -> None:
    booking = shop.stored(shop.booked()).with_checkout(ATTEMPT)
    assert is_opened_at(ATTEMPT, location) is is_here
    assert (current_attempt(booking, 2000, location) is not None) is is_here
    assert (replaced_session(booking, 2000, location) is not None) is is_here
    before = replace(ATTEMPT, account_id="", mode="")
    assert is_opened_at(before, location), "what was opened before this was written down"


EVERYTHING = {
    "accounts": "read", "webhook_endpoints": "write", "checkout_sessions": "write",
}  # fmt: skip
