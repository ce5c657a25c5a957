"""Lists: newest first, with Stripe's envelope, cursors, `limit` and filters on `created`."""

import operator
from collections.abc import Iterable

from infra.local.stripe_simulator.errors import StripeObject, invalid_param, no_such

DEFAULT_LIMIT = 10

# What lists take, as an operation names it.
CURSORS = "limit starting_after ending_before"
CURSORS_AND_CREATED = f"{CURSORS} created"

_COMPARE = {"gt": operator.gt, "gte": operator.ge, "lt": operator.lt, "lte": operator.le}


def page(
    objects: Iterable[StripeObject], sent: StripeObject, url: str, equal: tuple[str, ...] = ()
) -> StripeObject:
    """Give one page of a list.

    `equal` names the parameters that must equal the attribute of the same name; `created` is
    always honoured. The cursor must name an object of the whole list, filtered or not.
    """
    everything = list(objects)
    matching = [one for one in everything if _matches(one, sent, equal)]
    limit = sent.get("limit", DEFAULT_LIMIT)
    if "starting_after" in sent and "ending_before" in sent:
        raise invalid_param("Only one of the two cursors can be sent.", param="ending_before")
    if "starting_after" in sent:
        place = _place(everything, sent["starting_after"], "starting_after")
        behind = {id(one) for one in everything[place + 1 :]}
        rest = [one for one in matching if id(one) in behind]
        chosen, has_more = rest[:limit], len(rest) > limit
    elif "ending_before" in sent:
        place = _place(everything, sent["ending_before"], "ending_before")
        before = {id(one) for one in everything[:place]}
        rest = [one for one in matching if id(one) in before]
        chosen, has_more = rest[-limit:], len(rest) > limit
    else:
        chosen, has_more = matching[:limit], len(matching) > limit
    return {"object": "list", "data": chosen, "has_more": has_more, "url": url}


def within(moment: int, bounds: dict[str, int]) -> bool:
    """Tell whether a time lies within `gt`, `gte`, `lt` and `lte`."""
    return all(_COMPARE[name](moment, bound) for name, bound in bounds.items())


def _matches(one: StripeObject, sent: StripeObject, equal: tuple[str, ...]) -> bool:
    return within(one.get("created", 0), sent.get("created", {})) and all(
        one.get(name) == sent[name] for name in equal if name in sent
    )


def _place(objects: list[StripeObject], cursor: str, param: str) -> int:
    for place, one in enumerate(objects):
        if one["id"] == cursor:
            return place
    kind = objects[0]["object"].replace(".", " ") if objects else "object"
    raise no_such(kind, cursor, param=param, status=400)
