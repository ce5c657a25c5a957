"""Locations' Stripe accounts, opened with the keys that are stored for them."""

from shared.adapters.api_keys import ApiKeyStore
from shared.adapters.location_troubles import LocationTroubles
from shared.adapters.stripe_api import NETWORK_RETRIES, TIMEOUT_S, StripeApi
from shared.config import Config


class StripeAccounts:
    """Opens accounts; `troubles` is where a key that Stripe refuses is shown to staff."""

    def __init__(self, config: Config) -> None:
        self.api_keys = ApiKeyStore(config)
        self.troubles = LocationTroubles(config)
        self._api_base = config.stripe_api_base

    def open(
        self,
        location_id: str,
        *,
        mode: str = "",
        account_id: str = "",
        timeout_s: int = TIMEOUT_S,
        network_retries: int = NETWORK_RETRIES,
        ask_until_s: float | None = None,
    ) -> StripeApi | None:
        """Return a location's account, or `None` where it has no key.

        A key of another `mode` or account than was named is none. One that Stripe refuses is read
        afresh once, for it may have been replaced. Raises `AwsRefused` and `AwsUnreachable`.
        """

        def read_key(*, fresh: bool = False) -> str | None:
            return self.api_keys.secret_key(
                location_id, mode=mode, account_id=account_id, fresh=fresh
            )

        secret_key = read_key()
        if secret_key is None:
            return None
        return StripeApi(
            secret_key,
            self._api_base,
            timeout_s=timeout_s,
            network_retries=network_retries,
            renew=lambda: read_key(fresh=True),
            ask_until_s=ask_until_s,
        )
