"""The webhook endpoint at Stripe: registered, found again, and deleted, safe to repeat.

Stripe shows an endpoint's secret once, when it is created. An endpoint whose secret was lost, in a
crash or a broken connection, is useless: the next attempt creates another one and deletes all
others with our URL, so that two never deliver for long. What both delivered counts once.

Nothing is deleted on an assumption: Stripe's list is read first, and an endpoint is deleted only
when another one delivers to our URL and its secret is stored.
"""

import secrets
import time

from msgspec import Struct

from shared.adapters.signing_secrets import KEEP_S, SigningSecrets
from shared.adapters.stripe_account_api import Endpoint, StripeAccountApi
from shared.domain.errors import PermissionMissing, StripeRefused, StripeUnavailable
from shared.observability import count, logger
from shared.workflows.connection.stores import ConnectionStores

# The longest time for which Stripe's Dashboard keeps an old secret valid.
# https://docs.stripe.com/webhooks#roll-endpoint-secrets
OVERLAP_S = 24 * 3600


class Registered(Struct, frozen=True):
    """An endpoint and its secrets; `endpoint_id` is empty where the owner created it."""

    endpoint_id: str
    secrets: tuple[str, ...]


def find(
    stripe: StripeAccountApi,
    location_id: str,
    mode: str,
    kept: SigningSecrets,
    stores: ConnectionStores,
) -> Registered | None:
    """Return the location's own endpoint if it is there, as it was made, with a known secret.

    `kept` are its secrets, and name their endpoint: what the connection says may be older.
    """
    if not kept.endpoint_id or not kept.secrets or kept.mode != mode:
        return None
    for endpoint in stripe.list_endpoints():
        is_ours = endpoint.endpoint_id == kept.endpoint_id
        if is_ours and endpoint.url == stores.webhook_url(location_id) and endpoint.is_as_made():
            return Registered(endpoint.endpoint_id, kept.secrets)
    return None


def keep_given(
    stripe: StripeAccountApi,
    location_id: str,
    mode: str,
    given: tuple[str, ...],
    stores: ConnectionStores,
) -> Registered:
    """Store the secrets that an owner sent, with our own endpoint's where that one stays.

    Secrets that the owner sent before are none any more. Our endpoint is deleted when one of the
    owner's delivers everything to our URL, and its secret is then accepted for a day longer. It
    stays when its secret is among those sent, when it is the only one that delivers, and when the
    key may not list endpoints. Errors as of `StripeAccountApi`.
    """
    kept = stores.signing_secrets.get_lasting(location_id)
    own_id = kept.endpoint_id if kept.mode == mode else ""
    at_our_address = _look(stripe, stores.webhook_url(location_id)) if own_id else []
    if at_our_address is not None and own_id not in {each.endpoint_id for each in at_our_address}:
        stores.signing_secrets.put(location_id, mode, given, version=kept.version)
        return Registered("", given)
    others = [each for each in at_our_address or () if each.endpoint_id != own_id]
    if set(given).isdisjoint(kept.own) and any(each.delivers_all() for each in others):
        until_s = int(time.time()) + OVERLAP_S
        retiring = dict.fromkeys(kept.secrets, until_s)
        stores.signing_secrets.put(
            location_id, mode, given, retiring=retiring, version=kept.version
        )
        stripe.delete_endpoint(own_id)
        return Registered("", given)
    is_own_given = not set(given).isdisjoint(kept.own)
    both = given if is_own_given else (*given, *kept.own)
    stores.signing_secrets.put(location_id, mode, both, own_id, own=kept.own, version=kept.version)
    return Registered(own_id, both)


def _look(stripe: StripeAccountApi, url: str) -> list[Endpoint] | None:
    """Return the endpoints with our URL, `None` where the key may not list them."""
    try:
        return [each for each in stripe.list_endpoints() if each.url == url]
    except PermissionMissing:
        return None


def make(stripe: StripeAccountApi, location_id: str, stores: ConnectionStores) -> Registered:
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
    stripe: StripeAccountApi,
    location_id: str,
    mode: str,
    stores: ConnectionStores,
    *,
    keep_former: bool,
) -> tuple[Registered, int]:
    """Register a new endpoint; return it and until when, in seconds, the old secret is accepted.

    Stripe has no call that rolls a secret, so the endpoint is replaced. Its secret stays valid for
    a day, so that deliveries under way are still accepted; without `keep_former` it ends, and so do
    those that are retiring, as soon as no function has them in memory any more.
    """
    old = stores.signing_secrets.get_lasting(location_id)
    made = make(stripe, location_id, stores)
    until_s = int(time.time()) + (OVERLAP_S if keep_former else KEEP_S)
    retiring = {secret: until_s for secret in old.secrets if keep_former and old.mode == mode}
    stores.signing_secrets.put(
        location_id,
        mode,
        made.secrets,
        made.endpoint_id,
        retiring,
        own=made.secrets,
        version=old.version,
    )
    return made, until_s


def leave_others(
    stripe: StripeAccountApi, location_id: str, endpoint_id: str, stores: ConnectionStores
) -> None:
    """Delete every endpoint with our URL but this one, if this one delivers."""
    url = stores.webhook_url(location_id)
    found = {each.endpoint_id: each for each in stripe.list_endpoints() if each.url == url}
    at_hand = found.pop(endpoint_id, None)
    if at_hand is None or not at_hand.delivers_all():
        logger.warning("the endpoint at hand does not deliver: others stay")
        return
    for other_id in found:
        stripe.delete_endpoint(other_id)


def delete_former_endpoint(
    old_key: str, location_id: str, endpoint_id: str, stores: ConnectionStores
) -> None:
    """Delete our endpoint in the account or mode that a location leaves.

    Its key may have been revoked: then the endpoint stays at Stripe, and what it sends is refused,
    because its secret is no longer accepted.
    """
    if not endpoint_id:
        return
    stripe, url = stores.account_api(old_key), stores.webhook_url(location_id)
    try:
        for endpoint in stripe.list_endpoints():
            if endpoint.endpoint_id == endpoint_id and endpoint.url == url:
                stripe.delete_endpoint(endpoint_id)
    except (StripeRefused, StripeUnavailable) as error:
        code = error.code if isinstance(error, StripeRefused) else ""
        logger.warning("a former endpoint stays at Stripe", code=code)
        count("FormerEndpointStays")
