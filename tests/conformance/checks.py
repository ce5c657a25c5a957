"""Whatever a Stripe answers in a test is looked at here.

Whoever speaks to the simulator in a test does so through `CheckingClient` or `check_answer`, so
that no object stays unlooked at. A running system is looked through with `check_account`. Each
object is held against the `stripe` library's classes, and where `BOOKPAY_STRIPE_DATA` names the
folder of Stripe's description, against that as well. The counts are told at the end of the run
(tally.py).
"""

import json
from typing import Any

import httpx
import pytest
import stripe

from tests.conformance.library_classes import LibraryClasses
from tests.conformance.spec import stripe_schemas
from tests.stripe_data import HAS_STRIPE_DATA

LIBRARY = LibraryClasses()
LISTS = (
    "balance_transactions",
    "charges",
    "checkout/sessions",
    "customers",
    "disputes",
    "events",
    "payment_intents",
    "payouts",
    "refunds",
    "setup_intents",
    "webhook_endpoints",
)
MAX_PAGES = 200


def check(answered: dict[str, Any]) -> None:
    """Check one object, a list's items each, an event with its object."""
    LIBRARY.check(answered)
    if HAS_STRIPE_DATA:
        stripe_schemas().check(answered)


def check_body(body: bytes | str) -> None:
    """Check all objects in the body of an answer of the API."""
    read = json.loads(body)
    if "error" not in read:
        check(read)
        return
    assert read["error"]["type"], read
    for name in ("payment_intent", "payment_method", "setup_intent"):
        if name in read["error"]:
            check(read["error"][name])


def check_answer(answer: httpx.Response) -> None:
    """Check what was fetched without the library; for `event_hooks={"response": [...]}`."""
    answer.read()
    if not answer.headers.get("content-type", "").startswith("application/json"):
        return
    if answer.url.path.startswith("/v1/"):
        check_body(answer.content)
    elif "object" in answer.json():
        # Some control calls answer the object that they changed.
        check(answer.json())


def check_account(api: httpx.Client) -> None:
    """Check everything an account has now: all its lists to their ends, and its balance.

    `api` has the address and the account's key (`auth=(key, "")`).
    """
    check_body(_fetched(api, "balance"))
    for path in LISTS:
        cursor = ""
        for _ in range(MAX_PAGES):
            page = _fetched(api, f"{path}?limit=100{cursor}")
            check_body(page)
            read = json.loads(page)
            if not read["has_more"]:
                break
            cursor = f"&starting_after={read['data'][-1]['id']}"
        else:
            pytest.fail(f"{path} has more than {MAX_PAGES} pages")


def _fetched(api: httpx.Client, path: str) -> bytes:
    answer = api.get(f"/v1/{path}")
    assert answer.status_code == httpx.codes.OK, answer.text
    return answer.content


class CheckingClient(stripe.RequestsClient):
    """The library's own HTTP client, which also checks each object that is answered."""

    def __init__(self) -> None:
        super().__init__(timeout=10)
        self.last_headers: dict[str, str] = {}

    def request(self, method: str, url: str, headers: Any, post_data: Any = None) -> Any:  # type: ignore[override]
        """Answer as the library's client does, after a look at the body."""
        body, status, answered = super().request(method, url, headers, post_data)
        self.last_headers = {name.lower(): value for name, value in answered.items()}
        check_body(body)
        return body, status, answered
