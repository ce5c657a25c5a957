"""Events of the last 30 days: docs.stripe.com/api/events."""

from infra.local.stripe_simulator import listing
from infra.local.stripe_simulator.api import Call, Operation
from infra.local.stripe_simulator.declarations import takes
from infra.local.stripe_simulator.errors import StripeObject, invalid_param, no_such

KEPT_S = 30 * 86_400


def retrieve(call: Call) -> StripeObject:
    """Give one event."""
    event = call.account.get("event", call.path["event"])
    if event["created"] < call.account.clock.now() - KEPT_S:
        raise no_such("event", event["id"])
    return event


def list_all(call: Call) -> StripeObject:
    """List events; `type` may end in `.*`, and `types` names several."""
    sent = call.params
    if "type" in sent and "types" in sent:
        raise invalid_param("Only one of type and types can be sent.", param="types")
    wanted = sent.get("types", [sent["type"]] if "type" in sent else [])
    oldest = call.account.clock.now() - KEPT_S
    events = [
        event
        for event in call.account.all("event")
        if event["created"] >= oldest and (not wanted or _is_one_of(event["type"], wanted))
    ]
    return listing.page(events, sent, call.url)


def _is_one_of(event_type: str, wanted: list[str]) -> bool:
    return any(
        event_type.startswith(one[:-1]) if one.endswith("*") else event_type == one
        for one in wanted
    )


_LISTED = takes("EventListParams", f"{listing.CURSORS_AND_CREATED} type types")

OPERATIONS = (
    Operation("GET", "/v1/events", list_all, _LISTED),
    Operation("GET", "/v1/events/{event}", retrieve),
)
