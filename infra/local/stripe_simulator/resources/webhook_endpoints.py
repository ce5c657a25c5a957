"""Webhook endpoints: docs.stripe.com/api/webhook_endpoints."""

from infra.local.stripe_simulator import listing, params
from infra.local.stripe_simulator.api import Call, Operation
from infra.local.stripe_simulator.declarations import takes
from infra.local.stripe_simulator.errors import StripeObject, invalid_param
from infra.local.stripe_simulator.state import Account, change

MAX_ENDPOINTS = 16


def create(call: Call) -> StripeObject:
    """Make an endpoint; the answer is the only one that has its secret."""
    account, sent = call.account, call.params
    if len(list(account.all("webhook_endpoint"))) >= MAX_ENDPOINTS:
        raise invalid_param(f"An account has at most {MAX_ENDPOINTS} endpoints.", param="url")
    secret = account.ids.new("whsec")
    endpoint = account.add(
        {
            "id": account.ids.new("we"),
            "object": "webhook_endpoint",
            "api_version": sent.get("api_version"),
            "application": None,
            "created": account.clock.now(),
            "description": sent.get("description"),
            "enabled_events": sent["enabled_events"],
            "livemode": False,
            "metadata": params.merged_metadata({}, sent.get("metadata", {})),
            "status": "enabled",
            "url": sent["url"],
        },
        secrets=[{"value": secret, "until": None}],
    )
    return endpoint | {"secret": secret}


def retrieve(call: Call) -> StripeObject:
    """Give one endpoint, without its secret."""
    return call.account.get("webhook_endpoint", call.path["endpoint"])


def list_all(call: Call) -> StripeObject:
    """List endpoints."""
    return listing.page(call.account.all("webhook_endpoint"), call.params, call.url)


def update(call: Call) -> StripeObject:
    """Change where events go, which ones, or whether any do."""
    endpoint, sent = retrieve(call), call.params
    change(
        endpoint,
        **{name: sent[name] for name in ("description", "enabled_events", "url") if name in sent},
    )
    if "disabled" in sent:
        change(endpoint, status="disabled" if sent["disabled"] else "enabled")
    if "metadata" in sent:
        change(endpoint, metadata=params.merged_metadata(endpoint["metadata"], sent["metadata"]))
    return endpoint


def delete(call: Call) -> StripeObject:
    """Delete an endpoint; what is under way to it is given up."""
    endpoint = retrieve(call)
    call.account.remove(endpoint)
    return {"id": endpoint["id"], "object": "webhook_endpoint", "deleted": True}


def roll_secret(account: Account, endpoint: StripeObject, overlap_s: int) -> str:
    """Give an endpoint a new secret; the old ones sign along for `overlap_s` seconds."""
    secrets = account.hidden[endpoint["id"]]["secrets"]
    end = account.clock.exact() + overlap_s
    for secret in secrets:
        secret["until"] = end if secret["until"] is None else min(secret["until"], end)
    secrets.insert(0, {"value": account.ids.new("whsec"), "until": None})
    new: str = secrets[0]["value"]
    return new


_CHANGEABLE = "description enabled_events metadata url"
_CREATED = takes("WebhookEndpointCreateParams", f"{_CHANGEABLE} api_version")
_LISTED = takes("WebhookEndpointListParams", listing.CURSORS)
_CHANGED = takes("WebhookEndpointModifyParams", f"{_CHANGEABLE} disabled")

OPERATIONS = (
    Operation("POST", "/v1/webhook_endpoints", create, _CREATED),
    Operation("GET", "/v1/webhook_endpoints", list_all, _LISTED),
    Operation("GET", "/v1/webhook_endpoints/{endpoint}", retrieve),
    Operation("POST", "/v1/webhook_endpoints/{endpoint}", update, _CHANGED),
    Operation("DELETE", "/v1/webhook_endpoints/{endpoint}", delete),
)
