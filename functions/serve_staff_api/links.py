"""Payment links for staff to hand out: as text, by mail to the client, or as a QR code."""

import io
import time
from collections.abc import Mapping
from copy import replace
from typing import Any

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.api_gateway import Router

from shared import environment
from shared.adapters.booking_links import link_put
from shared.adapters.booking_store import BookingStore
from shared.adapters.link_key import LinkKey
from shared.adapters.retry_write import retry_write
from shared.config import load_config
from shared.domain.activity.client_mails import payment_link_order
from shared.domain.bookings.booking import Booking
from shared.domain.errors import Conflict
from shared.domain.link_tokens import derive_client_token, derive_token, token_digest
from shared.domain.locations.location import Location
from shared.entrypoints.caller import authorize, read_caller
from shared.entrypoints.idempotency import REPLAYED, read_repeatable
from shared.entrypoints.request_bodies import PaymentLinkInput, parse
from shared.entrypoints.staff_api import body_of, json_response
from shared.observability import count
from shared.workflows.bookings.find_booking import find_booking
from shared.workflows.staff import audit_of

router = Router()  # type: ignore[no-untyped-call]
# A phone finds the code with four modules of paper around it (ISO/IEC 18004).
QR_SCALE, QR_BORDER = 8, 4


@router.post("/v1/locations/<location_id>/bookings/<booking_id>/payment-link")
def create_payment_link(location_id: str, booking_id: str) -> Response[dict[str, Any]]:
    """Make one more link for the amount still due; earlier ones stay valid.

    With `email` it is mailed to the client too; the mail is ordered in the transaction that makes
    the link. A repetition under the same Idempotency-Key makes no link and sends no mail.
    """
    caller = read_caller(router)
    staff = authorize(caller, location_id, "create_payment_link")
    location, body = staff.location, body_of(router)
    wants_mail = parse(PaymentLinkInput, body).email
    audit = audit_of(staff, "payment_link.created", booking=booking_id)

    def write() -> Response[dict[str, Any]]:
        repeatable = read_repeatable(
            router, environment.get(BookingStore), location_id, caller, body
        )
        stored = find_booking(environment.get(BookingStore), location_id, booking_id)
        if kept := repeatable.kept():
            return _made(location, stored.booking, kept, REPLAYED)
        _expect_payable(location, stored.booking)
        if wants_mail and stored.booking.client is None:
            raise Conflict("No address of the client is known.", code="client_has_no_email")
        changed = replace(stored.booking, links=stored.booking.links + 1)
        token = link_token(location_id, booking_id, changed.links)
        order = payment_link_order(changed, int(time.time()))
        # The link itself is a secret: its number is kept for a repetition.
        answer = {
            "number": changed.links,
            "amount_due": changed.amount_due_minor(),
            "currency": changed.price.currency,
        }
        orders, first = (order,) if wants_mail else (), repeatable.first_answer(answer)
        environment.get(BookingStore).write(
            stored,
            changed,
            answer=first,
            orders=orders,
            also=[audit, link_put(changed, token_digest(token))],
        )
        count("PaymentLinkMade")
        return _made(location, changed, answer)

    return retry_write(write)


@router.get("/v1/locations/<location_id>/bookings/<booking_id>/qr.svg")
def get_qr(location_id: str, booking_id: str) -> Response[str]:
    """Show the newest payment link as a QR code, for the screen at the desk or for paper."""
    # Only a request for a QR code waits for its library.
    import segno  # noqa: PLC0415

    staff = authorize(read_caller(router), location_id, "create_payment_link")
    location = staff.location
    booking = find_booking(environment.get(BookingStore), location_id, booking_id).booking
    _expect_payable(location, booking)
    token = _live_token(location_id, booking_id, booking.links)
    url = pay_url(location, booking, token) or ""
    picture = io.BytesIO()
    segno.make_qr(url).save(
        picture, kind="svg", scale=QR_SCALE, border=QR_BORDER, light="#fff", xmldecl=False
    )
    return Response(200, "image/svg+xml", picture.getvalue().decode())


def _made(
    location: Location,
    booking: Booking,
    answer: Mapping[str, Any],
    headers: Mapping[str, str] | None = None,
) -> Response[dict[str, Any]]:
    token = _live_token(location.location_id, booking.booking_id, answer["number"])
    document = {
        "pay_url": pay_url(location, booking, token),
        "amount_due": answer["amount_due"],
        "currency": answer["currency"],
    }
    return json_response(201, document, headers)


def _live_token(location_id: str, booking_id: str, number: int) -> str:
    """Return a link's token; raises `Conflict` `link_ended` where it no longer works."""
    token = link_token(location_id, booking_id, number)
    if environment.get(BookingStore).find_link(token_digest(token)) is None:
        detail = "The link has ended: its client's address was corrected, or their data erased."
        raise Conflict(detail, code="link_ended")
    return token


def link_token(location_id: str, booking_id: str, number: int) -> str:
    """Return the token of a booking's payment link of that number."""
    return derive_token(environment.get(LinkKey).get(), location_id, booking_id, number)


def client_token(booking_id: str) -> str:
    """Return the token that shows a client their own booking."""
    return derive_client_token(environment.get(LinkKey).get(), booking_id)


def pay_url(location: Location, booking: Booking, token: str) -> str | None:
    """Return a payment link's address, `None` where the booking is not payable by link."""
    if not booking.is_payable_by_link(location):
        return None
    return f"{load_config().public_url}/pay/{token}"


def live_pay_url(location: Location, booking: Booking) -> str | None:
    """Return the newest link's address, `None` where it has ended or no link is payable."""
    token = link_token(location.location_id, booking.booking_id, booking.links)
    if environment.get(BookingStore).find_link(token_digest(token)) is None:
        return None
    return pay_url(location, booking, token)


def _expect_payable(location: Location, booking: Booking) -> None:
    if not booking.is_payable_by_link(location):
        raise Conflict("Payment links are switched off.", code="visit_link_disabled")
    # Where a card is to be saved, nothing is due, and the link leads there all the same.
    if booking.amount_due_minor() == 0 and not booking.wants_checkout():
        raise Conflict("Nothing is due.", code="nothing_due")
