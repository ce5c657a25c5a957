"""Bookings that staff make, and what they see of them."""

import time
from collections.abc import Mapping
from typing import Annotated, Any

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.api_gateway import Router
from pydantic import Field

from functions.serve_staff_api.links import client_token, link_token, live_pay_url, pay_url
from functions.serve_staff_api.lists import BookingsQuery, answer_list
from functions.serve_staff_api.terms_request import read_own_terms
from shared import environment
from shared.adapters.booking_store import BookingStore
from shared.adapters.catalogue_store import CatalogueStore
from shared.adapters.needed_action_store import NeededActionStore
from shared.adapters.retry_write import retry_write
from shared.domain.activity.staff_view import staff_view
from shared.domain.bookings.booking import Client
from shared.domain.bookings.desk_booking import DeskRequest
from shared.domain.bookings.erasure import is_erased
from shared.domain.dates.instants import rfc3339
from shared.domain.link_tokens import token_digest
from shared.domain.locations.location import Location
from shared.domain.visits.accepted_terms import cancellation_fee_for, no_show_fee_for
from shared.entrypoints.caller import authorize, read_caller
from shared.entrypoints.cursors import MAX_LIMIT, PageQuery, page_of
from shared.entrypoints.field_types import Number
from shared.entrypoints.idempotency import REPLAYED, read_repeatable
from shared.entrypoints.request_bodies import NewBooking, instant_s, parse
from shared.entrypoints.staff_api import body_of, json_response
from shared.entrypoints.validation import read_query
from shared.observability import count
from shared.workflows.bookings.book_at_desk import desk_booking, write_desk_booking
from shared.workflows.bookings.find_booking import find_whole_booking

router = Router()  # type: ignore[no-untyped-call]
WRITE_ATTEMPTS = 5


class ActionsQuery(PageQuery):
    """Which page of the needed actions: a hundred unless a smaller limit is given."""

    limit: Annotated[Number, Field(ge=1, le=MAX_LIMIT)] = MAX_LIMIT


@router.post("/v1/locations/<location_id>/bookings")
def create_booking(location_id: str) -> Response[dict[str, Any]]:
    """Make a booking at the desk, with the link under which its client accepts and pays."""
    caller = read_caller(router)
    staff = authorize(caller, location_id, "create_booking")
    location = staff.location
    body = body_of(router)
    new = parse(NewBooking, body)
    asked = _desk_request(new, location)
    store = environment.get(BookingStore)

    def write() -> Response[dict[str, Any]]:
        repeatable = read_repeatable(router, store, location_id, caller, body)
        if kept := repeatable.kept():
            return _replay(location, kept)
        booking = desk_booking(staff, asked, environment.get(CatalogueStore), repeatable.now_s)
        view = staff_view(booking)
        token = link_token(location_id, booking.booking_id, 1)
        own, first = token_digest(client_token(booking.booking_id)), repeatable.first_answer(view)
        write_desk_booking(
            booking,
            store,
            client_digest=own,
            link_digest=token_digest(token),
            answer=first,
            is_told=new.notify,
        )
        count("BookingCreated")
        return json_response(201, {**view, "pay_url": pay_url(location, booking, token)})

    return retry_write(write)


@router.get("/v1/locations/<location_id>/bookings")
def get_bookings(location_id: str) -> dict[str, Any]:
    """List or search bookings, by when they were made or by when their visits begin."""
    caller = read_caller(router)
    staff = authorize(caller, location_id, "read_bookings", takes=BookingsQuery)
    return answer_list(staff.location, caller.query)


@router.get("/v1/locations/<location_id>/bookings/<booking_id>")
def get_booking(location_id: str, booking_id: str) -> dict[str, Any]:
    """Show a booking with its money, its timeline, and what ending it now would cost."""
    authorize(read_caller(router), location_id, "read_bookings")
    booking = find_whole_booking(environment.get(BookingStore), location_id, booking_id).booking
    costs = {
        "cancellation_fee_now": cancellation_fee_for(booking, int(time.time())),
        "no_show_fee_now": no_show_fee_for(booking),
    }
    return {**staff_view(booking), **costs}


@router.get("/v1/locations/<location_id>/needs-action")
def get_needed_actions(location_id: str) -> dict[str, Any]:
    """List what staff have to look at, such as payments that did not match, newest first."""
    caller = read_caller(router)
    authorize(
        caller,
        location_id,
        "read_needed_actions",
        takes=ActionsQuery,
    )
    asked = read_query(ActionsQuery, caller.query)
    # One more than is shown, to know of a next page, and one for the cursor's own entry.
    wanted = asked.limit + 2
    found = environment.get(NeededActionStore).list_needed_actions(
        location_id, wanted, asked.cursor or ""
    )
    return page_of([(each["place"], _asked(each)) for each in found], asked, newest_first=True)


@router.get("/v1/locations/<location_id>/needs-action/count")
def count_needed_actions(location_id: str) -> dict[str, Any]:
    """Tell how many things staff have to look at, for whoever asks again and again."""
    authorize(read_caller(router), location_id, "read_needed_actions")
    counted = environment.get(NeededActionStore).count_needed_actions(location_id, MAX_LIMIT + 1)
    return {"count": min(counted, MAX_LIMIT), "complete": counted <= MAX_LIMIT}


def _asked(item: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "about": item["about"],
        "booking_id": item["booking_id"],
        "at": rfc3339(item["at_s"]),
        "actions": item["actions"],
    }


def _desk_request(new: NewBooking, location: Location) -> DeskRequest:
    applies, own = read_own_terms(new.terms, location.currency)
    return DeskRequest(
        amount_minor=new.amount,
        currency=new.currency,
        description=new.description,
        starts_at_s=instant_s(new.starts_at),
        duration_minutes=new.duration_minutes,
        service_id=new.service_id,
        employee_id=new.employee_id,
        external_id=new.external_id,
        client=Client(**new.client.model_dump()) if new.client else None,
        metadata=new.metadata or {},
        allow_overlap=new.allow_overlap,
        apply_terms=applies,
        terms=own,
        pay_by_s=instant_s(new.pay_by),
    )


def _replay(location: Location, kept: dict[str, Any]) -> Response[dict[str, Any]]:
    stored = environment.get(BookingStore).get_booking(location.location_id, kept["booking_id"])
    if stored is None or is_erased(stored.booking):
        return json_response(201, {**kept, "client": None, "pay_url": None}, REPLAYED)
    # The first link ends when the address is corrected: the newest is shown while it works.
    url = live_pay_url(location, stored.booking)
    return json_response(201, {**kept, "pay_url": url}, REPLAYED)
