"""Staff move a visit to another time, employee or service."""

import time
from typing import Any

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.api_gateway import Router

from shared import environment
from shared.adapters.booking_store import BookingStore
from shared.adapters.catalogue_store import CatalogueStore
from shared.adapters.refund_days import RefundDays
from shared.domain.visits.new_time import NewTime
from shared.entrypoints.caller import authorize, read_caller
from shared.entrypoints.field_types import Id, Instant
from shared.entrypoints.idempotency import REPLAYED, key_of
from shared.entrypoints.request_bodies import instant_s, parse
from shared.entrypoints.staff_api import body_of, json_response
from shared.entrypoints.validation import Body
from shared.workflows.visits.move_visit import MoveStores, move_visit

router = Router()  # type: ignore[no-untyped-call]


class MoveInput(Body):
    """Where to move a visit; what is left out stays."""

    starts_at: Instant
    employee_id: Id | None = None
    service_id: Id | None = None
    allow_overlap: bool = False
    notify: bool = False


@router.post("/v1/locations/<location_id>/bookings/<booking_id>/reschedule")
def reschedule(location_id: str, booking_id: str) -> Response[dict[str, Any]]:
    """Move a visit: the same booking and payment, at another time."""
    caller = read_caller(router)
    staff = authorize(caller, location_id, "reschedule_booking")
    body = body_of(router)
    asked = parse(MoveInput, body)
    starts_at_s = instant_s(asked.starts_at) or 0
    reply = move_visit(
        staff,
        booking_id,
        NewTime(starts_at_s, asked.employee_id, asked.service_id, asked.allow_overlap),
        key_of(router, caller, body),
        is_told=asked.notify,
        stores=MoveStores(environment.get(BookingStore), environment.get(CatalogueStore)),
        days=environment.get(RefundDays),
        now_s=int(time.time()),
    )
    return json_response(200, reply.body, REPLAYED if reply.is_repeated else {})
