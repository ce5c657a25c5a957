"""Orders to sync a location's ledger and to build its report. Pure."""

import datetime as dt
from typing import Annotated, ClassVar

from msgspec import Struct

from shared.domain.messages.message import Order
from shared.domain.messages.stripe_orders import Version1
from shared.domain.typed_json import Described


class Continuation(Struct, frozen=True, kw_only=True):
    """Where an unfinished sync goes on: in `[from_s, until_s]`, seconds since 1970."""

    from_s: Annotated[int, Described("The first second.", 1795860000)]
    until_s: Annotated[int, Described("The last second.", 1795863600)]
    starting_after: Annotated[
        str, Described("The last balance transaction that was read.", "txn_3Pn9")
    ] = ""
    awaited_s: Annotated[
        tuple[int, ...],
        Described("Movements too young to be healed: the oldest of each part.", [1795863000]),
    ] = ()


class SyncLedger(Order, frozen=True, kw_only=True):
    """Bring a location's ledger up to date with Stripe; sent to the queue directly."""

    detail_type: ClassVar[str] = "sync_ledger"

    schema: Version1 = 1
    grace_s: Annotated[
        int | None,
        Described("How old a movement is before it is healed; without it, the usual.", 600),
    ] = None
    continuation: Annotated[
        Continuation | None, Described("Where the part before this one ended.")
    ] = None


class BuildReport(Order, frozen=True, kw_only=True):
    """Build a day's report and mail it; the morning's is sent to the queue directly."""

    detail_type: ClassVar[str] = "build_report"

    schema: Version1 = 1
    date: Annotated[str, Described("The day that the report is of.", "2026-11-27", format="date")]
    timezone: Annotated[
        str,
        Described("The location's when it was ordered: what the date means.", "Europe/Berlin"),
    ]
    closes: Annotated[
        bool, Described("Whether it closes the day: the morning's does, once.", example=True)
    ]
    run: Annotated[str, Described("Tells one sending from another.", "morning")]

    @property
    def day(self) -> dt.date:
        """The day that the report is of."""
        return dt.date.fromisoformat(self.date)
