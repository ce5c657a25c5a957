"""Locations: those that a caller may see, what they have set, and new ones."""

import time
from copy import replace
from typing import Any

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.api_gateway import Router

from functions.serve_staff_api.setting_requests import LocationInput, LocationPatch
from functions.serve_staff_api.touching import DryRunQuery, touches
from shared import environment
from shared.adapters.booking_lists import BookingLists
from shared.adapters.connection_store import ConnectionStore
from shared.adapters.location_store import EVERYWHERE, LocationStore, location_place
from shared.adapters.mail_stops import MailStops
from shared.adapters.retry_write import retry_write
from shared.config import load_config
from shared.domain.errors import Conflict, Forbidden, NotFound
from shared.domain.locations.location import CONTACT_FIELDS, WINDOW_FIELDS, Location
from shared.domain.locations.location_views import location_view
from shared.domain.locations.permissions import ADMIN
from shared.domain.refunds.approval import loosened
from shared.entrypoints.caller import Caller, authorize, read_caller
from shared.entrypoints.cursors import PageQuery, page_of
from shared.entrypoints.request_bodies import parse
from shared.entrypoints.staff_api import body_of, json_response
from shared.entrypoints.validation import read_query
from shared.observability import count
from shared.workflows.staff import Staff, audit_of

router = Router()  # type: ignore[no-untyped-call]
PLAIN_FIELDS = ("holds_per_address", "holds_per_client", *WINDOW_FIELDS, *CONTACT_FIELDS)
SIMPLE_FIELDS = (
    *("name", "timezone", "locale", "online_booking_enabled", "visit_link_enabled"),
    *("require_second_factor", *PLAIN_FIELDS),
)


@router.get("/v1/locations")
def get_locations() -> dict[str, Any]:
    """List the locations that the caller may see, newest first; an admin sees all."""
    caller = read_caller(router)
    asked = read_query(PageQuery, caller.query)
    roles = environment.get(LocationStore).list_memberships(caller.user_id)
    if ADMIN in roles.get(EVERYWHERE, ()):
        # One more than is shown, to know of a next page, and one for the cursor's own place.
        listed = environment.get(LocationStore).list_locations(asked.limit + 2, asked.cursor or "")
        items = [(where, location_view(each, {ADMIN})) for where, each in listed]
    else:
        found = environment.get(LocationStore).get_locations(
            [each for each, held in roles.items() if held]
        )
        items = [
            (location_place(each), location_view(each, roles[each.location_id])) for each in found
        ]
    return page_of(items, asked, newest_first=True)


@router.post("/v1/locations")
def create_location() -> Response[dict[str, Any]]:
    """Make a location; both switches are off until its payment settings are saved."""
    caller = read_caller(router)
    email = _expect_admin(caller)
    caller.query.expect_only()
    asked = parse(LocationInput, body_of(router))
    location = Location(
        location_id=asked.location_id,
        name=asked.name,
        timezone=asked.timezone,
        currency=asked.currency,
        country=asked.country,
        mode="test",
        created_at_s=int(time.time()),
        locale=asked.locale,
        online_booking_enabled=False,
        visit_link_enabled=False,
        report_recipients=tuple(dict.fromkeys(asked.report.recipients)),
        report_hour=asked.report.hour,
        allowed_origins=tuple(dict.fromkeys(asked.allowed_origins)),
        reminder_hours_before=asked.reminder_hours_before,
        **{name: getattr(asked, name) for name in PLAIN_FIELDS},
    )
    staff = Staff(caller.user_id, email, frozenset({ADMIN}), location)
    environment.get(LocationStore).create_location(location, audit_of(staff, "location.created"))
    count("LocationCreated")
    return json_response(201, location_view(location, {ADMIN}))


@router.get("/v1/locations/<location_id>")
def get_location(location_id: str) -> dict[str, Any]:
    """Show what a location has set."""
    staff = authorize(read_caller(router), location_id, "read_location")
    return location_view(staff.location, staff.roles)


@router.patch("/v1/locations/<location_id>")
def patch_location(location_id: str) -> dict[str, Any]:
    """Change what a location has set; what the body leaves out stays."""
    caller = read_caller(router)
    staff = authorize(caller, location_id, "change_location", takes=DryRunQuery)
    asked = parse(LocationPatch, body_of(router))
    if read_query(DryRunQuery, caller.query).is_dry:
        # What is booked keeps its zone and what comes has another; nothing else here touches any.
        moves = asked.timezone not in (None, staff.location.timezone)
        return touches(environment.get(BookingLists), location_id, lambda _: moves)
    if asked.online_booking_enabled or asked.visit_link_enabled:
        _expect_connected(location_id)

    def write() -> tuple[Location, Location]:
        stored = environment.get(LocationStore).get_location(location_id)
        if stored is None:
            raise NotFound("There is no such location.", code="location_not_found")
        changed = _patched(stored.location, asked, staff.user_id)
        fields = ",".join(sorted(asked.model_fields_set))
        audit = audit_of(staff, "location.changed", fields=fields)
        environment.get(LocationStore).put_location(changed, stored.version, audit)
        return stored.location, changed

    former, changed = retry_write(write)
    if asked.report and "recipients" in asked.report.model_fields_set:
        environment.get(MailStops).go_on(
            location_id, changed.report_recipients, former.report_recipients
        )
    return location_view(changed, staff.roles)


def _patched(location: Location, asked: LocationPatch, user_id: str) -> Location:
    """Return the location with what was asked for; of a report, only the fields that were sent."""
    report = asked.report
    sent = report.model_fields_set if report else frozenset[str]()
    changes: dict[str, Any] = {
        name: value for name in SIMPLE_FIELDS if (value := getattr(asked, name)) is not None
    }
    if "reminder_hours_before" in asked.model_fields_set:
        changes["reminder_hours_before"] = asked.reminder_hours_before
    if report and "recipients" in sent:
        changes["report_recipients"] = tuple(dict.fromkeys(report.recipients))
    if report and "hour" in sent:
        changes["report_hour"] = report.hour
    if asked.allowed_origins is not None:
        changes["allowed_origins"] = tuple(dict.fromkeys(asked.allowed_origins))
    if asked.payment_method_types is not None:
        changes["payment_method_types"] = tuple(dict.fromkeys(asked.payment_method_types))
    if asked.refund_approval_above is not None:
        limits = asked.refund_approval_above.model_dump()
        changes["refund_approval_above"] = limits
        changes["former_limits"] = loosened(
            location.former_limits,
            location.refund_approval_above,
            limits,
            user_id,
            int(time.time()),
        )
    return replace(location, **changes)


def _expect_connected(location_id: str) -> None:
    if ConnectionStore(load_config()).get(location_id).connection.account is None:
        detail = "Nothing can be paid yet: save the payment settings first."
        raise Conflict(detail, code="not_connected")


def _expect_admin(caller: Caller) -> str:
    """Return the admin's address."""
    email = environment.get(LocationStore).find_admin(caller.user_id)
    if email is None:
        raise Forbidden("Only the platform's admin makes locations.")
    return email
