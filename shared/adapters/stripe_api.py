"""Stripe, through its own library: the only module that imports it.

It is over 300 lines because every call to Stripe stands here, most of them one line long, and which
of Stripe's errors is worth retrying is decided once for all of them (`_asked`).
"""

import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import stripe

from shared.domain.errors import (
    PermissionMissing,
    StripeBusy,
    StripeKeyRefused,
    StripeRefused,
    StripeTooSlow,
    StripeUnavailable,
)
from shared.domain.locales import LOCALES

# Under API Gateway's 30 s, with one repetition: the library's own 80 s would outlive the function.
TIMEOUT_S = 8
NETWORK_RETRIES = 1
CONFLICT = 409
# The most that Stripe's lists give at once. https://docs.stripe.com/api/pagination
PAGE = 100
# A page of refunds that one charge may have; more are asked for up to the bound.
LIST_PAGE, MAX_PAGES = 100, 20
# Stripe's code where an object is not there, or not this account's.
NO_SUCH_OBJECT = "resource_missing"
# Errors of the keys, not of the request: it succeeds once the keys are corrected.
REFUSED_KEYS: dict[type[stripe.StripeError], type[StripeRefused]] = {
    stripe.AuthenticationError: StripeKeyRefused,
    stripe.PermissionError: PermissionMissing,
}
# Our code for Stripe's `idempotency_error`: the key stands for a request with other parameters.
KEY_REUSED = "idempotency_error"


class StripeApi:
    """One location's Stripe account; every POST carries an idempotency key made before it."""

    def __init__(
        self,
        secret_key: str,
        api_base: str = "",
        *,
        timeout_s: int = TIMEOUT_S,
        network_retries: int = NETWORK_RETRIES,
        renew: Callable[[], str | None] | None = None,
        ask_until_s: float | None = None,
    ) -> None:
        """`renew` reads the account's key afresh: it is asked once, when Stripe refuses the key.

        After `ask_until_s`, of the monotonic clock, no call is begun: it raises
        `StripeTooSlow`.
        """

        def open_client(key: str) -> stripe.StripeClient:
            return stripe.StripeClient(
                key,
                base_addresses={"api": api_base} if api_base else {},
                http_client=stripe.RequestsClient(timeout=timeout_s),
                max_network_retries=network_retries,
            )

        self._open, self._renew, self._ask_until_s = open_client, renew, ask_until_s
        self._secret_key, self._client = secret_key, open_client(secret_key)

    def ask[Answer](self, call: Callable[[stripe.StripeClient], Answer]) -> Answer:
        """Make a call to the library with this account's key; errors are ours."""
        return self._asked(lambda: call(self._client))

    def create_payment_session(
        self,
        *,
        amount_minor: int,
        currency: str,
        description: str,
        metadata: dict[str, str],
        success_url: str,
        cancel_url: str,
        expires_at_s: int,
        locale: str,
        idempotency_key: str,
        customer_email: str = "",
        is_hold: bool = False,
        payment_method_types: Sequence[str] = ("card",),
    ) -> tuple[str, str]:
        """Open a Checkout Session for one amount and return its `(id, url)`.

        Our ids are all the metadata, on the payment intent too; no application fee. With `is_hold`
        the amount is authorised now and captured later, which only cards support. Stripe's page
        shows `customer_email` and asks for none then; "" for an address that is not known.
        Raises `StripeRefused` or `StripeUnavailable`.
        https://docs.stripe.com/api/checkout/sessions/create
        """
        session = self._asked(
            lambda: self._client.v1.checkout.sessions.create(
                params={  # type: ignore[arg-type]  # the library lists locales, as LOCALES does
                    "mode": "payment",
                    "payment_method_types": ["card"] if is_hold else list(payment_method_types),
                    "submit_type": "book",
                    # Amount and currency are the terms'; the account's own setting may differ.
                    # https://docs.stripe.com/changelog/acacia/2024-11-20/adaptive-pricing-param
                    "adaptive_pricing": {"enabled": False},
                    "line_items": [
                        {
                            "quantity": 1,
                            "price_data": {
                                "currency": currency,
                                "unit_amount": amount_minor,
                                "product_data": {"name": description},
                            },
                        }
                    ],
                    "metadata": metadata,
                    "payment_intent_data": {
                        "metadata": metadata,
                        **({"capture_method": "manual"} if is_hold else {}),
                    },
                    "success_url": success_url,
                    "cancel_url": cancel_url,
                    "expires_at": expires_at_s,
                    "locale": checkout_locale(locale),
                    **_known_email(customer_email),
                },
                options={"idempotency_key": idempotency_key},
            )
        )
        return session.id, session.url or ""

    def create_setup_session(
        self,
        *,
        currency: str,
        metadata: dict[str, str],
        success_url: str,
        cancel_url: str,
        expires_at_s: int,
        locale: str,
        idempotency_key: str,
        customer_email: str = "",
    ) -> tuple[str, str]:
        """Open a Checkout Session that saves a card for later, and return its `(id, url)`.

        Raises as `create_payment_session` does.
        https://docs.stripe.com/payments/save-and-reuse?platform=checkout
        """
        session = self._asked(
            lambda: self._client.v1.checkout.sessions.create(
                params={  # type: ignore[arg-type]  # as above
                    "mode": "setup",
                    "payment_method_types": ["card"],
                    "currency": currency,
                    "customer_creation": "always",
                    "metadata": metadata,
                    "setup_intent_data": {"metadata": metadata},
                    "success_url": success_url,
                    "cancel_url": cancel_url,
                    "expires_at": expires_at_s,
                    "locale": checkout_locale(locale),
                    **_known_email(customer_email),
                },
                options={"idempotency_key": idempotency_key},
            )
        )
        return session.id, session.url or ""

    def expire_session(self, session_id: str) -> dict[str, Any]:
        """Close a Checkout Session that is still open, and return it.

        Raises `StripeRefused` if it is not open any more (it was paid, or has expired), and
        `StripeUnavailable`. https://docs.stripe.com/api/checkout/sessions/expire
        """
        session = self._asked(lambda: self._client.v1.checkout.sessions.expire(session_id))
        return session.to_dict()

    def get_session(self, session_id: str) -> dict[str, Any]:
        """Return a Checkout Session with its payment intent, the latest charge and setup intent.

        Raises as `create_payment_session` does.
        """
        expand = ["payment_intent.latest_charge", "setup_intent"]
        session = self._asked(
            lambda: self._client.v1.checkout.sessions.retrieve(
                session_id, params={"expand": expand}
            )
        )
        return session.to_dict()

    def list_open_sessions(self, created_from_s: int) -> Iterator[dict[str, Any]]:
        """Yield the account's open Checkout Sessions created since an instant, newest first.

        Raises as `create_payment_session` does, and `StripeUnavailable` where more than two
        thousand are open: those come first.
        https://docs.stripe.com/api/checkout/sessions/list
        """
        params: Any = {"status": "open", "created": {"gte": created_from_s}, "limit": PAGE}
        for _ in range(MAX_PAGES):
            page = self._asked(lambda sent=params: self._client.v1.checkout.sessions.list(sent))  # type: ignore[misc]
            found = [session.to_dict() for session in page.data]
            yield from found
            if not page.has_more or not found:
                return
            params = {**params, "starting_after": found[-1]["id"]}
        raise StripeUnavailable("more sessions are open than are listed")

    def create_refund(
        self,
        *,
        charge_id: str,
        amount_minor: int,
        reason: str,
        metadata: dict[str, str],
        idempotency_key: str,
    ) -> dict[str, Any]:
        """Refund a part of a charge and return the refund; `reason` may be empty.

        Raises `StripeRefused` (`charge_already_refunded`, `charge_disputed`, ...),
        `StripeKeyRefused` or `StripeUnavailable`. https://docs.stripe.com/api/refunds/create
        """
        params: Any = {"charge": charge_id, "amount": amount_minor, "metadata": metadata}
        if reason:
            params["reason"] = reason
        options: Any = {"idempotency_key": idempotency_key}
        refund = self._asked(lambda: self._client.v1.refunds.create(params=params, options=options))
        return refund.to_dict()

    def list_refunds(self, charge_id: str) -> list[dict[str, Any]]:
        """Return all refunds of a charge, newest first.

        Raises as `create_refund` does. https://docs.stripe.com/api/refunds/list
        """
        found: list[dict[str, Any]] = []
        for _ in range(MAX_PAGES):
            params: Any = {"charge": charge_id, "limit": LIST_PAGE}
            if found:
                params["starting_after"] = found[-1]["id"]
            page = self._asked(lambda sent=params: self._client.v1.refunds.list(params=sent))  # type: ignore[misc]
            found += [refund.to_dict() for refund in page.data]
            if not page.has_more:
                break
        return found

    def list_disputes(self, charge_id: str) -> list[dict[str, Any]]:
        """Return the newest hundred disputes of a charge, of which there are hardly ever two.

        Raises as `create_refund` does. https://docs.stripe.com/api/disputes/list
        """
        params: Any = {"charge": charge_id, "limit": LIST_PAGE}
        page = self._asked(lambda: self._client.v1.disputes.list(params=params))
        return [dispute.to_dict() for dispute in page.data]

    def capture_intent(self, intent_id: str, amount_minor: int, idempotency_key: str) -> None:
        """Capture a part of what an intent holds; the rest is released.

        Raises as `create_refund` does. https://docs.stripe.com/api/payment_intents/capture
        """
        params: Any = {"amount_to_capture": amount_minor}
        options: Any = {"idempotency_key": idempotency_key}
        self._asked(
            lambda: self._client.v1.payment_intents.capture(
                intent_id, params=params, options=options
            )
        )

    def cancel_intent(self, intent_id: str, idempotency_key: str) -> None:
        """Cancel an intent, and release what it holds.

        Raises as `create_refund` does. https://docs.stripe.com/api/payment_intents/cancel
        """
        options: Any = {"idempotency_key": idempotency_key}
        self._asked(lambda: self._client.v1.payment_intents.cancel(intent_id, options=options))

    def charge_saved_card(
        self,
        *,
        customer: str,
        payment_method: str,
        amount_minor: int,
        currency: str,
        metadata: dict[str, str],
        idempotency_key: str,
    ) -> str:
        """Charge a saved card off session; return the intent's id.

        Raises `StripeRefused` `authentication_required` where the bank wants the client, and the
        decline's code; otherwise as `create_refund` does.
        https://docs.stripe.com/payments/save-and-reuse#charge-saved-payment-method
        """
        params: Any = {
            "amount": amount_minor,
            "currency": currency,
            "customer": customer,
            "payment_method": payment_method,
            "payment_method_types": ["card"],
            "off_session": True,
            "confirm": True,
            "metadata": metadata,
        }
        options: Any = {"idempotency_key": idempotency_key}
        intent = self._asked(
            lambda: self._client.v1.payment_intents.create(params=params, options=options)
        )
        return intent.id

    def list_intents(self, customer: str) -> list[dict[str, Any]]:
        """Return the newest hundred payment intents of a customer with their charges, newest first.

        Raises as `create_refund` does. https://docs.stripe.com/api/payment_intents/list
        """
        params: Any = {
            "customer": customer,
            "limit": LIST_PAGE,
            "expand": ["data.latest_charge"],
        }
        page = self._asked(lambda: self._client.v1.payment_intents.list(params=params))
        return [intent.to_dict() for intent in page.data]

    def get_intent(self, intent_id: str) -> dict[str, Any]:
        """Return a payment intent with its latest charge.

        Raises as `create_refund` does. https://docs.stripe.com/api/payment_intents/retrieve
        """
        params: Any = {"expand": ["latest_charge"]}
        intent = self._asked(
            lambda: self._client.v1.payment_intents.retrieve(intent_id, params=params)
        )
        return intent.to_dict()

    # ------------------------------------------------------------------ what the ledger reads

    def list_balance_transactions(
        self,
        *,
        created_from_s: int | None = None,
        created_until_s: int | None = None,
        payout: str = "",
        source: str = "",
        starting_after: str = "",
    ) -> tuple[list[dict[str, Any]], bool]:
        """Return up to 100 balance transactions, newest first, and whether there are more.

        Both bounds of `created` are included; each has its source expanded. `payout` gives what an
        automatic payout carried, itself included. Raises `StripeRefused` or `StripeUnavailable`.
        https://docs.stripe.com/api/balance_transactions/list
        """
        bounds = {"gte": created_from_s, "lte": created_until_s}
        created = {name: value for name, value in bounds.items() if value is not None}
        wanted = {"payout": payout, "source": source, "starting_after": starting_after}
        params: dict[str, Any] = {name: value for name, value in wanted.items() if value}
        if created:
            params["created"] = created
        params |= {"limit": PAGE, "expand": ["data.source"]}
        sent: Any = params
        page = self._asked(lambda: self._client.v1.balance_transactions.list(params=sent))
        return [each.to_dict() for each in page.data], page.has_more

    def iterate_payouts(self, created_from_s: int) -> Iterator[dict[str, Any]]:
        """Yield the newest two thousand payouts created since an instant; raises as above.

        https://docs.stripe.com/api/payouts/list
        """
        return self._iterate_since(created_from_s, lambda client: client.v1.payouts)

    def iterate_disputes(self, created_from_s: int) -> Iterator[dict[str, Any]]:
        """Yield the newest two thousand disputes opened since an instant; raises as above.

        https://docs.stripe.com/api/disputes/list
        """
        return self._iterate_since(created_from_s, lambda client: client.v1.disputes)

    def iterate_refunds(self, created_from_s: int) -> Iterator[dict[str, Any]]:
        """Yield the newest two thousand refunds made since an instant; raises as above.

        https://docs.stripe.com/api/refunds/list
        """
        return self._iterate_since(created_from_s, lambda client: client.v1.refunds)

    def _iterate_since(
        self, created_from_s: int, of: Callable[[stripe.StripeClient], Any]
    ) -> Iterator[dict[str, Any]]:
        params: Any = {"created": {"gte": created_from_s}, "limit": PAGE}
        for _ in range(MAX_PAGES):
            page = self._asked(lambda sent=params: of(self._client).list(sent))  # type: ignore[misc]
            found = [each.to_dict() for each in page.data]
            yield from found
            if not page.has_more or not found:
                return
            params = {**params, "starting_after": found[-1]["id"]}

    def get_charge(self, charge_id: str) -> dict[str, Any]:
        """Return a charge; raises as above."""
        return self._asked(lambda: self._client.v1.charges.retrieve(charge_id)).to_dict()

    def get_refund(self, refund_id: str) -> dict[str, Any]:
        """Return a refund; raises as above."""
        return self._asked(lambda: self._client.v1.refunds.retrieve(refund_id)).to_dict()

    def get_dispute(self, dispute_id: str) -> dict[str, Any]:
        """Return a dispute with its balance transactions; raises as above."""
        return self._asked(lambda: self._client.v1.disputes.retrieve(dispute_id)).to_dict()

    def get_payout(self, payout_id: str) -> dict[str, Any]:
        """Return a payout; raises as above."""
        return self._asked(lambda: self._client.v1.payouts.retrieve(payout_id)).to_dict()

    def get_balance(self) -> dict[str, Any]:
        """Return what is available and what is pending, by currency; raises as above."""
        return self.ask(lambda client: client.v1.balance.retrieve()).to_dict()

    def _asked[Answer](self, call: Callable[[], Answer]) -> Answer:
        """Make a call, and once more with a key read again if Stripe refuses this one.

        Stripe saves nothing for a refused key: the retry is the idempotency key's first attempt.
        """
        if self._ask_until_s is not None and time.monotonic() > self._ask_until_s:
            raise StripeTooSlow("no time is left to ask Stripe")
        try:
            return _asked(call)
        except PermissionMissing:
            raise
        except StripeKeyRefused:
            if not self._takes_newer_key():
                raise
        return _asked(call)

    def _takes_newer_key(self) -> bool:
        renew, self._renew = self._renew, None
        key = renew() if renew else None
        if key is None or key == self._secret_key:
            return False
        self._secret_key, self._client = key, self._open(key)
        return True


def _known_email(address: str) -> dict[str, str]:
    return {"customer_email": address} if address else {}


def checkout_locale(locale: str) -> str:
    """Return what Checkout speaks of a location's locale: `de` for `de-AT`, else the browser's."""
    language = locale.partition("-")[0]
    return next((each for each in (locale, language) if each in LOCALES), "auto")


def _asked[Answer](call: Callable[[], Answer]) -> Answer:
    """Make a call, and raise our error for Stripe's: which of them are worth retrying.

    https://docs.stripe.com/error-low-level
    """
    try:
        return call()
    except stripe.StripeError as error:
        # The library's messages may quote what was sent; its codes do not, so only these are kept.
        if error.http_status == CONFLICT:
            raise StripeBusy("the same request is under way") from error
        if isinstance(error, stripe.IdempotencyError):
            raise StripeRefused("the key was used otherwise", code=KEY_REUSED) from error
        if isinstance(error, stripe.APIConnectionError | stripe.RateLimitError):
            raise StripeUnavailable("Stripe gave no answer") from error
        if isinstance(error, stripe.APIError):
            replayed = (error.headers or {}).get("idempotent-replayed") == "true"
            raise StripeUnavailable("Stripe failed", replayed=replayed) from error
        kind = REFUSED_KEYS.get(type(error), StripeRefused)
        # An amount over what is left of a charge has no code at Stripe, only the parameter's name.
        param = getattr(error, "param", None)
        code = error.code or (f"invalid_{param}" if param else type(error).__name__)
        raise kind("Stripe refused", code=code) from error
