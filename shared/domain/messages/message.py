"""What every message of ours has. Pure.

A fact tells what has happened, by a name in the past tense; an order asks for something, by a name
in the imperative. Each is written in the transaction of the change that it follows from (the
outbox) and published afterwards, at least once and in no particular order.

A field may be added within a version of the schema: whoever reads ignores what they do not know.
What is taken away, or changes its meaning, makes a new version.
"""

from typing import Annotated, ClassVar

from msgspec import Struct

from shared.domain.typed_json import Described

type Instant = Annotated[
    str, Described("An instant of UTC.", "2026-11-28T09:30:00Z", format="date-time")
]
type LocationId = Annotated[str, Described("The location that it is of.", "demo")]
type BookingId = Annotated[str, Described("The booking that it is about.", "bk_5d2f1c")]
type ChargeId = Annotated[str, Described("Stripe's id of the charge.", "ch_3Pn9")]
type FeeId = Annotated[str, Described("Our id of the fee.", "fee_7c20")]
type AmountMinor = Annotated[int, Described("In minor units of `currency`.", 4900, minimum=0)]
type Currency = Annotated[
    str, Described("An ISO 4217 code in lower case.", "eur", pattern="^[a-z]{3}$")
]
type CausedBy = Annotated[
    str,
    Described("The Stripe event that it follows from, or `v7` for the seventh change.", "evt_1Pn9"),
]


class Message(Struct, frozen=True, kw_only=True):
    """What every message of ours has; `detail_type` is the name that EventBridge knows it by."""

    detail_type: ClassVar[str]

    message_id: Annotated[
        str, Described("The same for each repetition of the same message.", "bk_5d2f1c-evt_1Pn9")
    ]
    occurred_at: Annotated[
        Instant, Described("When what it tells happened, or when it was asked for.")
    ]
    location_id: LocationId
    correlation_id: Annotated[
        str | None,
        Described(
            "What it follows from, however far back: the id of a request to the API, of a Stripe "
            "event, or of a schedule's run. Every line of the log about it has the same.",
            "evt_1Pn9",
        ),
    ] = None


class Order(Message, frozen=True, kw_only=True):
    """Something that is to be done; whoever receives it looks first whether it still is."""

    due_s: Annotated[
        int | None,
        Described("Not published before this, in seconds since 1970; without it, at once."),
    ] = None


class BookingOrder(Order, frozen=True, kw_only=True):
    """Something that is to be done about one booking."""

    booking_id: BookingId
