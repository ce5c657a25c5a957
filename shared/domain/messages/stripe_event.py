"""A verified event of Stripe's, as it goes over the bus. Pure."""

from collections.abc import Mapping
from typing import Annotated, Literal

from msgspec import Struct

from shared.domain.typed_json import Described


class StripeEventReceived(Struct, frozen=True, kw_only=True):
    """A webhook of Stripe's whose signature was verified; the detail type is the event's own type.

    An event of more than 240 KiB is in S3, and `event_ref` says where.
    """

    schema: Annotated[Literal[1], Described("The schema's version.", 1)] = 1
    location_id: Annotated[str, Described("The location that it came to.", "demo")]
    event: Annotated[
        Mapping[str, object] | None,
        Described("The whole event: https://docs.stripe.com/api/events/object", {"id": "evt_1Pn9"}),
    ] = None
    event_ref: Annotated[
        str | None, Described("Where a large event is in its bucket.", "demo/5f3a.json")
    ] = None
