"""The stores and clients of connecting, made once for each execution environment."""

from msgspec import Struct

from shared.adapters.api_keys import ApiKeyStore
from shared.adapters.booking_store import BookingStore
from shared.adapters.connection_store import ConnectionStore
from shared.adapters.location_store import LocationStore
from shared.adapters.location_troubles import LocationTroubles
from shared.adapters.signing_secrets import SigningSecretStore
from shared.adapters.stripe_account_api import StripeAccountApi
from shared.adapters.stripe_api import StripeApi
from shared.config import Config

HURRIED_S = 2


class ConnectionStores(Struct, frozen=True):
    """Everything that connecting a location reads, writes or calls."""

    config: Config
    bookings: BookingStore
    locations: LocationStore
    connections: ConnectionStore
    api_keys: ApiKeyStore
    signing_secrets: SigningSecretStore
    troubles: LocationTroubles

    def account_api(self, secret_key: str) -> StripeAccountApi:
        """Return the account of a key."""
        return StripeAccountApi(secret_key, self.config.stripe_api_base)

    def hurried_account_api(self, secret_key: str) -> StripeAccountApi:
        """Return the account of a key for a caller that cannot wait: one short attempt a call."""
        return StripeAccountApi(
            secret_key, self.config.stripe_api_base, timeout_s=HURRIED_S, network_retries=0
        )

    def hurried_api(self, secret_key: str) -> StripeApi:
        """Return the payments API of a key's account, with the same limits."""
        return StripeApi(
            secret_key, self.config.stripe_api_base, timeout_s=HURRIED_S, network_retries=0
        )

    def webhook_url(self, location_id: str) -> str:
        """Return the address that Stripe sends a location's events to."""
        return f"{self.config.public_url}/webhooks/stripe/{location_id}"


def make_stores(config: Config) -> ConnectionStores:
    """Return the stores of a deployment."""
    return ConnectionStores(
        config=config,
        bookings=BookingStore(config),
        locations=LocationStore(config),
        connections=ConnectionStore(config),
        api_keys=ApiKeyStore(config),
        signing_secrets=SigningSecretStore(config),
        troubles=LocationTroubles(config),
    )
