"""Disputes: payments that clients' banks question or took back, newest first."""

from typing import Annotated, Any

from aws_lambda_powertools.event_handler.api_gateway import Router
from pydantic import Field

from shared import environment
from shared.adapters.dispute_store import DisputeStore
from shared.domain.bookings.dispute_record import DisputeRecord
from shared.domain.bookings.payment_views import dispute_view
from shared.entrypoints.caller import authorize, read_caller
from shared.entrypoints.cursors import PageQuery, page_of
from shared.entrypoints.field_types import TrueOrFalse
from shared.entrypoints.validation import read_query

router = Router()  # type: ignore[no-untyped-call]
OPEN = {"true": True, "false": False, None: None}


class DisputesQuery(PageQuery):
    """Which disputes are listed."""

    is_open: Annotated[TrueOrFalse | None, Field(alias="open")] = None


@router.get("/v1/locations/<location_id>/disputes")
def get_disputes(location_id: str) -> dict[str, Any]:
    """List disputes, newest first; `open=true`: only those that are not decided yet."""
    caller = read_caller(router)
    authorize(caller, location_id, "read_disputes", takes=DisputesQuery)
    asked = read_query(DisputesQuery, caller.query)
    # One more than is shown, to know of a next page, and one for the cursor's own entry.
    wanted = asked.limit + 2
    listed = environment.get(DisputeStore).list_disputes(
        location_id, wanted, asked.cursor or "", is_open=OPEN[asked.is_open]
    )
    return page_of([(at, _view(each)) for at, each in listed], asked, newest_first=True)


def _view(record: DisputeRecord) -> dict[str, Any]:
    return {**dispute_view(record), "booking_id": record.booking_id}
