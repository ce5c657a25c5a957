"""A location together with its Stripe account, as a sync needs both."""

import time

from msgspec import Struct

from shared.adapters.ledger_keys import LedgerAccount, mode_of
from shared.adapters.location_store import LocationStore
from shared.adapters.stripe_api import NETWORK_RETRIES, TIMEOUT_S, StripeApi
from shared.domain.locations.location import Location
from shared.workflows.stripe_accounts import StripeAccounts

# A key says its mode: `sk_live_...`, `rk_live_...`. https://docs.stripe.com/keys
_LIVE_KEYS = ("sk_live_", "rk_live_")
NO_LOCATION, NOT_CONNECTED = "no_location", "not_connected"
# Somebody waits: one call may take half as long, and is not repeated.
IMPATIENT_S = 4
# A live key at a location in test mode, or the reverse: it is not used.
MODE_DIFFERS = "mode_differs"
# Of the 300 s that a sync's function has; one call may take what is left. A slow account is its
# location's own matter: a function that is ended would wake somebody up.
GIVES_UP_AFTER_S = 280


class StripeAccount(Struct, frozen=True):
    """One location's account; `livemode` is its key's mode and the location's."""

    location: Location
    livemode: bool
    stripe: StripeApi

    @property
    def location_id(self) -> str:
        """The location's id."""
        return self.location.location_id

    @property
    def ledger(self) -> LedgerAccount:
        """The account as the ledger's items are found by it."""
        location = self.location
        return LedgerAccount(
            location.location_id, mode_of(self.livemode), location.stripe_account_id
        )

    @property
    def since_s(self) -> int:
        """When the account's webhooks began to come here, in seconds since 1970."""
        return max(self.location.created_at_s, self.location.stripe_account_since_s)


def open_account(
    location_id: str,
    locations: LocationStore,
    accounts: StripeAccounts,
    ask_until_s: float | None = None,
) -> StripeAccount | str:
    """Return a location's account, or why there is none: `no_location` and so on.

    With `ask_until_s`, of the monotonic clock, it is asked no longer than four seconds after that;
    without it, for as long as a sync's function has.
    Raises `AwsRefused` and `AwsUnreachable`.
    """
    stored = locations.get_location(location_id)
    if stored is None:
        return NO_LOCATION
    account_id = stored.location.stripe_account_id
    secret_key = accounts.api_keys.secret_key(location_id, account_id=account_id)
    if secret_key is None:
        return NOT_CONNECTED
    livemode = secret_key.startswith(_LIVE_KEYS)
    if stored.location.mode != mode_of(livemode):
        return MODE_DIFFERS
    stripe = accounts.open(
        location_id,
        mode=mode_of(livemode),
        account_id=account_id,
        timeout_s=TIMEOUT_S if ask_until_s is None else IMPATIENT_S,
        network_retries=NETWORK_RETRIES if ask_until_s is None else 0,
        ask_until_s=ask_until_s or time.monotonic() + GIVES_UP_AFTER_S,
    )
    return StripeAccount(stored.location, livemode, stripe) if stripe else NOT_CONNECTED
