"""Staff settle needed actions that no fact ends, and give a reason."""

import time
from typing import Annotated, Any

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.api_gateway import Router
from pydantic import Field

from shared import environment
from shared.adapters.booking_items import booking_asked_about
from shared.adapters.booking_store import BookingStore
from shared.adapters.needed_action_store import NeededActionStore
from shared.adapters.retry_write import retry_write
from shared.domain.activity.settle_action import settle
from shared.domain.bookings.authorship import signed
from shared.domain.bookings.settled_actions import SETTLED
from shared.domain.errors import NotFound
from shared.entrypoints.caller import authorize, read_caller
from shared.entrypoints.field_types import Text
from shared.entrypoints.request_bodies import parse
from shared.entrypoints.staff_api import body_of
from shared.entrypoints.validation import Body
from shared.observability import count
from shared.workflows.staff import Staff, audit_of

router = Router()  # type: ignore[no-untyped-call]


class SettleInput(Body):
    """Which action, its subject, and why it is settled."""

    about: Annotated[str, Field(min_length=1, max_length=300)]
    action_id: Annotated[str, Field(min_length=1, max_length=64)]
    reason: Annotated[Text, Field(max_length=500)]


@router.post("/v1/locations/<location_id>/needs-action/settle")
def settle_action(location_id: str) -> Response[Any]:
    """Take an action off the list, and record who settled it, and why."""
    staff = authorize(read_caller(router), location_id, "settle_action")
    asked = parse(SettleInput, body_of(router))
    booking_id = booking_asked_about(asked.about)
    if booking_id is None:
        ids = {"about": asked.about, "action": asked.action_id}
        audit = audit_of(staff, SETTLED, **ids)
        if not environment.get(NeededActionStore).settle_listed(
            location_id, asked.about, asked.action_id, audit
        ):
            raise _unknown()
    else:
        _settle(staff, booking_id, asked)
    count("ActionSettled")
    return Response(204, body="")


def _settle(staff: Staff, booking_id: str, asked: SettleInput) -> None:
    location_id = staff.location.location_id

    def write() -> None:
        stored = environment.get(BookingStore).get_booking(location_id, booking_id)
        if stored is None:
            raise _unknown()
        changed = settle(
            stored.booking, asked.action_id, asked.reason, by=staff.email, now_s=int(time.time())
        )
        if changed is None:
            raise _unknown()
        settled = signed(stored.booking, changed, staff.person)
        ids = {"booking": booking_id, "kind": settled.settled[-1].kind, "action": asked.action_id}
        audit = audit_of(staff, SETTLED, **ids)
        environment.get(BookingStore).write(stored, settled, also=[audit])

    retry_write(write)


def _unknown() -> NotFound:
    return NotFound(
        "There is no such action that can be settled: it may be over.", code="action_not_found"
    )
