"""A client books online: the request is read, and answered with the client's view."""

import time
from typing import Any

from functions.create_checkout.booking_request import OnlineBookingInput
from shared import environment
from shared.adapters.agenda_store import AgendaStore
from shared.adapters.booking_store import BookingStore
from shared.adapters.budget_store import BudgetStore
from shared.adapters.catalogue_store import CatalogueStore
from shared.adapters.link_key import LinkKey
from shared.adapters.location_store import LocationStore
from shared.config import Config
from shared.domain.activity.client_view import client_view
from shared.domain.bookings.lifecycle import (
    AWAITING_CONFIRMATION,
)
from shared.domain.errors import TooManyRequests
from shared.domain.link_tokens import derive_client_token
from shared.domain.locations.location import Location
from shared.entrypoints.cors import cross_origin_headers
from shared.entrypoints.edge import client_address
from shared.entrypoints.failures import problem_of
from shared.entrypoints.http_api import (
    Answer,
    Event,
    header,
    json_answer,
    no_location,
    path_parameter,
    problem_answer,
    read_body,
    read_location_id,
)
from shared.entrypoints.query_strings import QueryString
from shared.entrypoints.request_bodies import parse
from shared.entrypoints.request_key import read_request_key
from shared.observability import count, logger
from shared.workflows.bookings.book import book
from shared.workflows.bookings.booking_stores import BookingStores
from shared.workflows.bookings.limit_unpaid_bookings import WaitingSlots
from shared.workflows.stripe_accounts import StripeAccounts


def answer(event: Event) -> Answer:
    """Answer `POST /public/locations/{location_id}/bookings`."""
    logger.append_keys(location_id=path_parameter(event, "location_id"))
    location = None
    try:
        location = _find_location(read_location_id(event))
        QueryString.of(event).expect_only()
        made = _book(location.location_id, event)
        return json_answer(made, cross_origin_headers(location, event), status=201)
    except Exception as error:  # noqa: BLE001 (`problem_of` logs it; the page may read any answer)
        if isinstance(error, TooManyRequests):
            count("BookingRefusedTooMany")
        return problem_answer(problem_of(error), cross_origin_headers(location, event))


def _find_location(location_id: str) -> Location:
    found = environment.get(LocationStore).get_location(location_id)
    if found is None:
        raise no_location()
    return found.location


def _book(location_id: str, event: Event) -> dict[str, Any]:
    """Make the booking and return the contract's `PublicBooking` with its token.

    The token is left out where the client has yet to prove the mail address, by following the link
    that has it, and in a repetition from another address. Raises what `book` does.
    """
    now_s, body = int(time.time()), read_body(event)
    request = parse(OnlineBookingInput, body).slot_request(client_address(event))
    request_key = read_request_key(header(event, "idempotency-key"), body, "public bookings")
    made = book(location_id, request, request_key, environment.get(_stores), now_s)
    booking, token = made.booking, None
    if made.is_same_asker and booking.status != AWAITING_CONFIRMATION:
        token = derive_client_token(environment.get(LinkKey).get(), booking.booking_id)
    return {**client_view(booking, now_s, made.host), "token": token}


def _stores(config: Config) -> BookingStores:
    return BookingStores(
        config=config,
        bookings=environment.get(BookingStore),
        catalogue=environment.get(CatalogueStore),
        agendas=environment.get(AgendaStore),
        waiting=WaitingSlots(config),
        budgets=environment.get(BudgetStore),
        accounts=environment.get(StripeAccounts),
        link_key=environment.get(LinkKey),
    )
