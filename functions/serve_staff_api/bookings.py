"""Bookings that staff make, and what they see of them."""

import hashlib
import json
import secrets
import time
from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from typing import Any

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.api_gateway import Router

from functions.serve_staff_api.lists import MAX_LIMIT, ListQuery, list_bookings
from shared.adapters.booking_store import Answered, BookingStore, FirstAnswer, StoredBooking
from shared.adapters.link_key import LinkKey
from shared.config import load_config
from shared.domain.booking import Booking, Client, JournalEntry
from shared.domain.booking_payments import rfc3339
from shared.domain.booking_view import staff_view
from shared.domain.errors import Conflict, InvalidInput, NotFound, WriteConflict
from shared.domain.location import Location
from shared.domain.money import Money
from shared.domain.payment_link import derive_token, token_digest
from shared.observability import count
from shared.request_bodies import (
    NewBooking,
    PaymentLinkInput,
    instant_s,
    parse,
    read_body,
)
from shared.staff_access import Caller, authorize, read_caller

router = Router()  # type: ignore[no-untyped-call]
IDEMPOTENCY_S = 24 * 3600
MAX_KEY_CHARS = 255
MAX_ID_CHARS = 64
WRITE_ATTEMPTS = 5


@cache
def _store() -> BookingStore:
    return BookingStore(load_config())


@cache
def _link_key() -> LinkKey:
    return LinkKey(load_config())


@router.post("/v1/locations/<location_id>/bookings")
def create_booking(location_id: str) -> Response[dict[str, Any]]:
    """Make a booking at the desk's price, with the link under which it can be paid."""
    caller = read_caller(router)
    location = authorize(_store(), caller, location_id, "create_booking")
    body = _body()
    new = parse(NewBooking, body)
    now_s = int(time.time())
    answered, digest, request_hash = _answered(location_id, caller, body, now_s)
    if answered.body is not None:
        return _replay(location, answered, request_hash)
    booking = _new_booking(location, caller, new, now_s)
    view = staff_view(booking)
    first = FirstAnswer(digest, request_hash, view, answered.version, now_s + IDEMPOTENCY_S)
    token = _token(location_id, booking.booking_id, 1)
    try:
        _store().create_booking(booking, (token_digest(token),), first if digest else None)
    except WriteConflict:
        answered, _, _ = _answered(location_id, caller, body, now_s)
        if answered.body is None:
            raise Conflict(
                "The same request is being answered.", code="request_in_progress"
            ) from None
        return _replay(location, answered, request_hash)
    count("BookingCreated")
    return _created({**view, "pay_url": _pay_url(location, token)})


@router.get("/v1/locations/<location_id>/bookings")
def get_bookings(location_id: str) -> dict[str, Any]:
    """List bookings, newest first."""
    location = authorize(_store(), read_caller(router), location_id, "read_bookings")
    asked = router.current_event.query_string_parameters or {}
    return list_bookings(_store(), location, ListQuery.read(location, asked, int(time.time())))


@router.get("/v1/locations/<location_id>/bookings/<booking_id>")
def get_booking(location_id: str, booking_id: str) -> dict[str, Any]:
    """Show a booking with its money and its timeline."""
    authorize(_store(), read_caller(router), location_id, "read_bookings")
    return staff_view(_find(location_id, booking_id).booking)


@router.get("/v1/locations/<location_id>/needs-action")
def get_needed_actions(location_id: str) -> dict[str, Any]:
    """Show what staff have to look at: payments and events that did not fit, newest first."""
    authorize(_store(), read_caller(router), location_id, "read_needed_actions")
    found = _store().list_needed_actions(location_id, MAX_LIMIT)
    items = [
        {"about": each["about"], "at": rfc3339(each["at_s"]), "actions": each["actions"]}
        for each in found
    ]
    return {"items": items, "next_cursor": None}


@router.post("/v1/locations/<location_id>/bookings/<booking_id>/payment-link")
def create_payment_link(location_id: str, booking_id: str) -> Response[dict[str, Any]]:
    """Make one more link for what is still due; earlier ones stay valid."""
    caller = read_caller(router)
    location = authorize(_store(), caller, location_id, "create_payment_link")
    if parse(PaymentLinkInput, _body()).email:
        raise Conflict("Mails are not sent yet: give the link out yourself.", code="mail_not_sent")
    if not location.visit_link_enabled:
        raise Conflict("Payment links are switched off.", code="visit_link_disabled")
    for _ in range(WRITE_ATTEMPTS):
        stored = _find(location_id, booking_id)
        due_minor = stored.booking.amount_due_minor()
        if due_minor == 0:
            raise Conflict("Nothing is due.", code="nothing_due")
        changed = replace(stored.booking, links=stored.booking.links + 1)
        token = _token(location_id, booking_id, changed.links)
        try:
            _store().add_link(stored, changed, token_digest(token))
        except WriteConflict:
            continue
        return _created(
            {
                "pay_url": _pay_url(location, token),
                "amount_due": due_minor,
                "currency": changed.price.currency,
            }
        )
    raise Conflict("The booking is being changed; try again.", code="request_in_progress")


def _body() -> str | None:
    asked = router.current_event
    return read_body(asked.body, is_base64=asked.is_base64_encoded)


def _find(location_id: str, booking_id: str) -> StoredBooking:
    is_id = len(booking_id) <= MAX_ID_CHARS
    stored = _store().get_booking(location_id, booking_id) if is_id else None
    if stored is None:
        raise NotFound("There is no such booking here.", code="booking_not_found")
    return stored


def _new_booking(location: Location, caller: Caller, new: NewBooking, now_s: int) -> Booking:
    if new.currency != location.currency:
        detail = f"The location takes {location.currency}."
        raise InvalidInput(
            detail,
            code="currency_not_supported",
            errors=[{"pointer": "/currency", "detail": detail}],
        )
    price = Money(new.amount, new.currency)
    if not price.is_chargeable():
        detail = "Stripe does not take amounts so fine in this currency."
        raise InvalidInput(
            detail, code="amount_too_fine", errors=[{"pointer": "/amount", "detail": detail}]
        )
    booking_id = f"bk_{secrets.token_hex(12)}"
    return Booking(
        booking_id=booking_id,
        location_id=location.location_id,
        status="confirmed",
        price=price,
        description=new.description,
        created_at_s=now_s,
        external_id=new.external_id,
        starts_at_s=instant_s(new.starts_at),
        service_id=new.service_id,
        employee_id=new.employee_id,
        client=Client(**new.client.model_dump()) if new.client else None,
        journal=(JournalEntry(f"{booking_id}-created", now_s, "booking.created", caller.email),),
        links=1,
    )


def _answered(
    location_id: str, caller: Caller, body: str | None, now_s: int
) -> tuple[Answered, str, str]:
    """Return what is kept under the request's key, the key's digest (or ""), and its hash."""
    key = _header("idempotency-key")
    if key is None:
        return Answered(), "", ""
    if not 1 <= len(key) <= MAX_KEY_CHARS:
        raise InvalidInput("The Idempotency-Key has 1 to 255 characters.")
    scope = json.dumps([router.current_event.raw_path, caller.user_id, key])  # type: ignore[attr-defined]
    digest = hashlib.sha256(scope.encode()).hexdigest()
    document = json.dumps(json.loads(body or "{}"), sort_keys=True)
    request_hash = hashlib.sha256(document.encode()).hexdigest()
    return _store().get_answer(location_id, digest, now_s), digest, request_hash


def _replay(location: Location, answered: Answered, request_hash: str) -> Response[dict[str, Any]]:
    if answered.request_hash != request_hash or answered.body is None:
        raise Conflict(
            "This Idempotency-Key was used with another body.", code="idempotency_key_reused"
        )
    token = _token(location.location_id, answered.body["booking_id"], 1)
    document = {**answered.body, "pay_url": _pay_url(location, token)}
    return _created(document, {"idempotent-replayed": "true"})


def _header(name: str) -> str | None:
    headers: Mapping[str, str] = router.current_event.headers
    return next((value for key, value in headers.items() if key.lower() == name), None)


def _token(location_id: str, booking_id: str, number: int) -> str:
    return derive_token(_link_key().get(), location_id, booking_id, number)


def _pay_url(location: Location, token: str) -> str | None:
    if not location.visit_link_enabled:
        return None
    return f"{load_config().public_url}/pay/{token}"


def _created(
    document: dict[str, Any], headers: Mapping[str, str] | None = None
) -> Response[dict[str, Any]]:
    return Response(
        201, "application/json", document, {"cache-control": "no-store", **(headers or {})}
    )
