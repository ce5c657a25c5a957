"""Tokens in links that we give out: unguessable, and derived, so that none is stored. Pure.

The table has only a token's SHA-256: reading the table is not enough to open a link. With the key
and a booking's id the same token can be derived again, for a repeated answer, a QR code or a mail.
"""

import base64
import hashlib
import hmac
import re

# 192 bits, in 32 characters that need no escaping in an address.
TOKEN_BYTES = 24
TOKEN = re.compile(r"[A-Za-z0-9_-]{32}")


def derive_token(key: str, location_id: str, booking_id: str, number: int) -> str:
    """Return the token of a booking's payment link; `number` counts the booking's links from 1."""
    return _derive(key, f"payment-link/{location_id}/{booking_id}/{number}")


def derive_client_token(key: str, booking_id: str, number: int = 1) -> str:
    """Return the token that lets a client see and cancel a booking.

    `number` counts whom the booking was given to, from 1 (`Booking.client_access`).
    """
    return _derive(key, f"client/{_given(booking_id, number)}")


def derive_return_token(key: str, booking_id: str, number: int = 1) -> str:
    """Return the token in Stripe's return address: it shows the payment's status, and no more.

    `number` is that of the client's token.
    """
    return _derive(key, f"return/{_given(booking_id, number)}")


def derive_invitation_token(key: str, location_id: str, invitation_id: str, number: int) -> str:
    """Return the token of an invitation to a location's staff; `number` counts its mails from 1."""
    message = f"invitation/{location_id}/{invitation_id}/{number}".encode()
    digest = hmac.digest(key.encode(), message, "sha256")
    return base64.urlsafe_b64encode(digest[:TOKEN_BYTES]).decode()


def token_digest(token: str) -> str:
    """Return what the table stores of a token: its SHA-256 in hex."""
    return hashlib.sha256(token.encode()).hexdigest()


def _given(booking_id: str, number: int) -> str:
    return booking_id if number == 1 else f"{booking_id}/{number}"


def _derive(key: str, message: str) -> str:
    digest = hmac.digest(key.encode(), message.encode(), "sha256")
    return base64.urlsafe_b64encode(digest[:TOKEN_BYTES]).decode()
