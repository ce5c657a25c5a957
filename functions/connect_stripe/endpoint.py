"""The webhook endpoint at Stripe: registered, found again, and left behind, safely repeated.

Stripe tells an endpoint's secret once, when it is made. One whose secret was lost on the way, in a
crash or a broken connection, is of no use to anybody: the next try makes another one and takes away
all others with our address, so that two never deliver for long. What both delivered counts once.
"""

import secrets
import time
from dataclasses import dataclass

from functions.connect_stripe.stores import Stores
from shared.adapters.signing_secrets import KEEP_S
from shared.adapters.stripe_account_api import StripeAccountApi
from shared.domain.errors import StripeRefused, StripeUnavailable
from shared.observability import count, logger

# As long as Stripe's Dashboard lets an old secret live on at the most.
# https://docs.stripe.com/webhooks#roll-endpoint-secrets
OVERLAP_S = 24 * 3600


@dataclass(frozen=True, slots=True)
class Registered:
    """The endpoint at hand and its secrets; `endpoint_id` is empty where the owner made it."""

    endpoint_id: str
    secrets: tuple[str, ...]


def find(
    stripe: StripeAccountApi, location_id: str, mode: str, stores: Stores
) -> Registered | None:
    """Return the location's own endpoint if it is there, as it was made, with a known secret.

    The parameter with the secret says which endpoint's it is: what the table says may be older.
    """
    kept = stores.signing_secrets.get_lasting(location_id)
    if not kept.endpoint_id or not kept.secrets or kept.mode != mode:
        return None
    for endpoint in stripe.list_endpoints():
        is_ours = endpoint.endpoint_id == kept.endpoint_id
        if is_ours and endpoint.url == stores.webhook_url(location_id) and endpoint.is_as_made():
            return Registered(endpoint.endpoint_id, kept.secrets)
    return None


def make(stripe: StripeAccountApi, location_id: str, stores: Stores) -> Registered:
    """Register a new endpoint; the key is for the library's repetition of this one call.

    Errors as of `StripeAccountApi`.
    """
    endpoint_id, secret = stripe.create_endpoint(
        stores.webhook_url(location_id),
        {"location_id": location_id, "managed_by": "bookpay"},
        f"endpoint-{location_id}-{secrets.token_hex(12)}",
    )
    count("WebhookEndpointRegistered")
    return Registered(endpoint_id, (secret,))


def replace_endpoint(
    stripe: StripeAccountApi, location_id: str, mode: str, stores: Stores, *, keep_former: bool
) -> tuple[Registered, int]:
    """Register a new endpoint; return it and until when, in seconds, the old secret is taken.

    Stripe has no call that rolls a secret, so the endpoint is replaced. Its secret is kept valid
    for a day, so that what it has under way is still taken; without `keep_former` it ends, and so
    do those that are retiring, as soon as nobody has them in memory any more.
    """
    old = stores.signing_secrets.get_lasting(location_id)
    made = make(stripe, location_id, stores)
    until_s = int(time.time()) + (OVERLAP_S if keep_former else KEEP_S)
    retiring = {secret: until_s for secret in old.secrets if keep_former and old.mode == mode}
    stores.signing_secrets.put(location_id, mode, made.secrets, made.endpoint_id, retiring)
    return made, until_s


def leave_others(
    stripe: StripeAccountApi, location_id: str, endpoint_id: str, stores: Stores
) -> None:
    """Take away every endpoint with our address but the one at hand."""
    url = stores.webhook_url(location_id)
    for endpoint in stripe.list_endpoints():
        if endpoint.url == url and endpoint.endpoint_id != endpoint_id:
            stripe.delete_endpoint(endpoint.endpoint_id)


def leave_former(old_key: str | None, endpoint_id: str, stores: Stores) -> None:
    """Take away the endpoint in the account or mode that a location leaves.

    Its key may be revoked by now: then the endpoint stays at Stripe, and what it sends is refused,
    for its secret is not ours any more.
    """
    if not endpoint_id or old_key is None:
        return
    try:
        stores.account_api(old_key).delete_endpoint(endpoint_id)
    except (StripeRefused, StripeUnavailable) as error:
        code = error.code if isinstance(error, StripeRefused) else ""
        logger.warning("a former endpoint stays at Stripe", code=code)
        count("FormerEndpointStays")
