"""Stripe: a location's account and its webhook endpoints, as connecting and checking need them."""

import contextlib
from collections.abc import Callable, Mapping
from email.utils import parsedate_to_datetime
from typing import Any

from msgspec import Struct

from shared.adapters.stripe_api import NETWORK_RETRIES, TIMEOUT_S, StripeApi
from shared.domain.errors import PermissionMissing, StripeKeyRefused, StripeRefused
from shared.domain.locations.connection_check import READ, WRITE
from shared.domain.locations.stripe_account import AccountFacts, account_from_stripe
from shared.domain.stripe_facts.event_types import API_VERSION, CONSUMED_EVENT_TYPES
from shared.domain.stripe_facts.regions import CURRENCIES
from shared.observability import logger

# An account has 16 endpoints a mode at the most (https://docs.stripe.com/webhooks), so one page.
MAX_ENDPOINTS = 100
NOT_THERE = "resource_missing"
EVERY_TYPE = "*"


class Endpoint(Struct, frozen=True):
    """A webhook endpoint at Stripe; its secret is shown only when it is created."""

    endpoint_id: str
    url: str
    is_enabled: bool
    event_types: frozenset[str]
    api_version: str

    def missing_event_types(self) -> frozenset[str]:
        """Return the event types that Bookpay needs and this endpoint does not send."""
        if EVERY_TYPE in self.event_types:
            return frozenset()
        return CONSUMED_EVENT_TYPES - self.event_types

    def delivers_all(self) -> bool:
        """Whether it delivers every event that Bookpay needs."""
        return self.is_enabled and not self.missing_event_types()

    def is_as_made(self) -> bool:
        """Whether it still delivers everything, as it was registered."""
        return self.delivers_all() and self.api_version == API_VERSION


class StripeAccountApi:
    """One account through its secret or restricted key.

    Every method raises `StripeKeyRefused`, `PermissionMissing`, `StripeRefused` or
    `StripeUnavailable`.
    """

    def __init__(
        self,
        secret_key: str,
        api_base: str = "",
        *,
        timeout_s: int = TIMEOUT_S,
        network_retries: int = NETWORK_RETRIES,
    ) -> None:
        self._stripe = StripeApi(
            secret_key, api_base, timeout_s=timeout_s, network_retries=network_retries
        )

    def get_account(self) -> tuple[AccountFacts, int | None]:
        """Return the key's account, and Stripe's clock in seconds since 1970 if Stripe gives it.

        https://docs.stripe.com/api/accounts/retrieve
        """
        found = self._stripe.ask(lambda client: client.v1.accounts.retrieve_current())
        response = found.last_response
        date = response.headers.get("date") if response is not None else None
        clock_s = None
        if date:
            with contextlib.suppress(ValueError):
                # A header that is not a date says nothing about the clock.
                clock_s = int(parsedate_to_datetime(date).timestamp())
        return account_from_stripe(found.to_dict()), clock_s

    def get_payment_currencies(self, country: str) -> frozenset[str]:
        """Return the currencies that an account of this country can charge, in lower case.

        A restricted key that may not ask gets our own copy of Stripe's list.
        https://docs.stripe.com/api/country_specs/retrieve
        """
        try:
            spec = self._stripe.ask(lambda client: client.v1.country_specs.retrieve(country))
        except PermissionMissing:
            return CURRENCIES
        return frozenset(spec.supported_payment_currencies)

    def get_balance_currencies(self) -> frozenset[str]:
        """Return the currencies that the account has a balance in, in lower case.

        None for a restricted key that may not ask.
        https://docs.stripe.com/api/balance/balance_retrieve
        """
        try:
            balance = self._stripe.ask(lambda client: client.v1.balance.retrieve())
        except PermissionMissing:
            return frozenset()
        parts: dict[str, Any] = balance.to_dict()
        return frozenset(
            each["currency"] for name in ("available", "pending") for each in parts[name]
        )

    def list_endpoints(self) -> list[Endpoint]:
        """Return the account's webhook endpoints, those of others too.

        https://docs.stripe.com/api/webhook_endpoints/list
        """
        listed = self._stripe.ask(
            lambda client: client.v1.webhook_endpoints.list(params={"limit": MAX_ENDPOINTS})
        )
        return [_endpoint(each.to_dict()) for each in listed.data]

    def create_endpoint(
        self, url: str, metadata: dict[str, str], idempotency_key: str
    ) -> tuple[str, str]:
        """Register an endpoint for all events that Bookpay consumes; return its `(id, secret)`.

        Its events come in the version of the API that our code was written for.
        https://docs.stripe.com/api/webhook_endpoints/create
        """
        made = self._stripe.ask(
            lambda client: client.v1.webhook_endpoints.create(
                params={
                    "url": url,
                    "enabled_events": sorted(CONSUMED_EVENT_TYPES),  # type: ignore[arg-type]
                    "api_version": API_VERSION,
                    "description": "Bookpay",
                    "metadata": metadata,
                },
                options={"idempotency_key": idempotency_key},
            )
        )
        if not made.secret:
            raise StripeRefused("the endpoint came without a secret", code="secret_missing")
        return made.id, made.secret

    def delete_endpoint(self, endpoint_id: str) -> None:
        """Delete an endpoint; one that is gone already is not an error."""
        try:
            self._stripe.ask(lambda client: client.v1.webhook_endpoints.delete(endpoint_id))
        except StripeRefused as refused:
            if refused.code != NOT_THERE:
                raise

    def is_allowed(self, resource: str, access: str) -> bool:
        """Try a permission of `NEEDED_PERMISSIONS` without an effect, by the calls that need it.

        Reading asks for one object. Writing sends a request without what it needs: Stripe looks at
        the key first (403), and then refuses what is missing (400).
        """
        for probe in _PROBES[resource, access]:
            try:
                self._stripe.ask(probe)
            except PermissionMissing:
                return False
            except StripeKeyRefused:
                raise
            except StripeRefused as refused:
                logger.info("a permission was tried", resource=resource, code=refused.code)
        return True

    def list_undelivered(self, since_s: int, limit: int) -> list[tuple[str, str, int]]:
        """Return `(id, type, created)` of events that some endpoint has not taken yet.

        Of the newest `limit` (100 at the most) since an instant, of the types that we consume.
        https://docs.stripe.com/api/events/list
        """
        listed = self._stripe.ask(
            lambda client: client.v1.events.list(
                params={"limit": limit, "created": {"gte": since_s}}
            )
        )
        return [
            (each.id, each.type, each.created)
            for each in listed.data
            if each.pending_webhooks and each.type in CONSUMED_EVENT_TYPES
        ]


# The calls that need each permission; no request here is whole enough to do anything.
_ONE: dict[str, Any] = {"limit": 1}
_ONE_WITH_SOURCE: dict[str, Any] = {"limit": 1, "expand": ["data.source"]}
_NOTHING: dict[str, Any] = {}
_PROBES: dict[tuple[str, str], tuple[Callable[[Any], object], ...]] = {
    ("Accounts", READ): (lambda client: client.v1.accounts.retrieve_current(),),
    ("Checkout Sessions", WRITE): (lambda client: client.v1.checkout.sessions.create(_NOTHING),),
    ("Payment Intents", WRITE): (lambda client: client.v1.payment_intents.create(_NOTHING),),
    ("Setup Intents", READ): (lambda client: client.v1.setup_intents.list(_ONE),),
    ("Charges and Refunds", WRITE): (
        lambda client: client.v1.charges.list(_ONE),
        lambda client: client.v1.refunds.create(_NOTHING),
    ),
    ("Disputes", READ): (lambda client: client.v1.disputes.list(_ONE),),
    ("Balance", READ): (lambda client: client.v1.balance.retrieve(),),
    ("Balance transaction sources", READ): (
        lambda client: client.v1.balance_transactions.list(_ONE_WITH_SOURCE),
    ),
    ("Payouts", READ): (lambda client: client.v1.payouts.list(_ONE),),
    ("Events", READ): (lambda client: client.v1.events.list(_ONE),),
    ("Webhook Endpoints", WRITE): (lambda client: client.v1.webhook_endpoints.create(_NOTHING),),
}


def _endpoint(found: Mapping[str, Any]) -> Endpoint:
    return Endpoint(
        endpoint_id=str(found["id"]),
        url=str(found["url"]),
        is_enabled=found["status"] == "enabled",
        event_types=frozenset(found["enabled_events"]),
        api_version=str(found.get("api_version") or ""),
    )
