"""A client books online: the request is read, and answered with the client's view."""

import re
import time
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

from shared import environment
from shared.adapters.api_keys import ApiKeyStore
from shared.adapters.booking_store import BookingStore
from shared.adapters.budget_store import BudgetStore
from shared.adapters.catalogue_store import CatalogueStore
from shared.adapters.link_key import LinkKey
from shared.adapters.slot_store import SlotStore
from shared.config import load_config
from shared.domain.activity.client_view import client_view
from shared.domain.bookings.booking import AWAITING_CONFIRMATION, Client
from shared.domain.bookings.online_booking import SlotRequest
from shared.domain.catalogue.consent import Consent
from shared.domain.link_tokens import derive_client_token
from shared.domain.money.charge_limits import MAX_PRICE_MINOR
from shared.entrypoints.field_types import Id, Instant
from shared.entrypoints.request_bodies import ClientInput, instant_s, parse
from shared.entrypoints.request_key import read_request_key
from shared.entrypoints.validation import rule
from shared.workflows.bookings.book import book
from shared.workflows.bookings.booking_stores import BookingStores
from shared.workflows.bookings.limit_unpaid_bookings import WaitingSlots

TERMS_HASH = re.compile(r"[0-9a-f]{64}")
# The characters of an address alone: Stripe takes no others.
URL_CHARACTERS = re.compile(r"[\x21-\x7e]+")


class OnlineBookingInput(BaseModel):
    """What the widget sends; any other field is refused.

    `accepted_price` is the price that the client was shown: it is agreed to, never set by it.
    """

    model_config = ConfigDict(strict=True, extra="forbid")
    service_id: Id
    employee_id: Id
    starts_at: Instant
    client: ClientInput
    pay_now: bool = True
    accepted_price: Annotated[int, Field(ge=0, le=MAX_PRICE_MINOR)] | None = None
    accepted_terms: (
        Annotated[
            str,
            rule(
                lambda text: TERMS_HASH.fullmatch(text) is not None,
                "must be the terms_hash of the location, 64 of 0-9 a-f",
            ),
        ]
        | None
    ) = None
    return_url: (
        Annotated[
            str,
            Field(max_length=1000),
            rule(
                lambda text: URL_CHARACTERS.fullmatch(text) is not None,
                "must be an address such as https://salon.example/booked",
            ),
        ]
        | None
    ) = None


def create_booking(
    location_id: str, body: str | None, key: str | None, address: str
) -> dict[str, Any]:
    """Make the booking and return the contract's `PublicBooking` with its token.

    The token is left out where the client has yet to prove the mail address, by following the link
    that has it, and in a repetition from another address. `key` is the Idempotency-Key, `address`
    the IP address that asks. Raises what `book` does.
    """
    now_s = int(time.time())
    request = _slot_request(parse(OnlineBookingInput, body), address)
    request_key = read_request_key(key, body, "public bookings")
    made = book(location_id, request, request_key, _stores(), now_s)
    booking, token = made.booking, None
    if made.is_same_asker and booking.status != AWAITING_CONFIRMATION:
        token = derive_client_token(environment.get(LinkKey).get(), booking.booking_id)
    return {**client_view(booking, now_s, made.location), "token": token}


def _slot_request(new: OnlineBookingInput, address: str) -> SlotRequest:
    return SlotRequest(
        service_id=new.service_id,
        employee_id=new.employee_id,
        starts_at_s=instant_s(new.starts_at) or 0,
        client=Client(**new.client.model_dump()),
        pay_now=new.pay_now,
        consent=Consent(new.accepted_price, new.accepted_terms or ""),
        return_url=new.return_url or "",
        address=address,
    )


def _stores() -> BookingStores:
    config = load_config()
    return BookingStores(
        config=config,
        bookings=environment.get(BookingStore),
        catalogue=CatalogueStore(config),
        slots=SlotStore(config),
        waiting=WaitingSlots(config),
        budgets=BudgetStore(config),
        api_keys=environment.get(ApiKeyStore),
        link_key=environment.get(LinkKey),
    )
