"""One Checkout Session of ours, as it is asked for. Pure."""

from hashlib import sha256

from shared.domain.stored_record import StoredRecord

KEY_CHARS = 12


class CheckoutAttempt(StoredRecord, frozen=True):
    """One Checkout Session of ours, stored before Stripe is asked for it.

    `generation` counts a booking's attempts and makes the idempotency key; `session_id` and `url`
    are empty until Stripe has answered. All that is sent follows from these fields, or is part of
    the key, so a repetition sends the same. `account_id` and `mode` are where it was opened: at
    another account, or in the other mode, it does not exist.
    """

    generation: int
    amount_minor: int
    created_at_s: int
    expires_at_s: int
    session_id: str = ""
    url: str = ""
    account_id: str = ""
    mode: str = ""

    def idempotency_key(self, booking_id: str, email: str = "") -> str:
        """Return the key under which Stripe makes this session once, for a client's address.

        The address may be corrected, or refused by Stripe, between two tries of one attempt.
        """
        key = f"{booking_id}-checkout-{self.generation}"
        return f"{key}-{sha256(email.encode()).hexdigest()[:KEY_CHARS]}" if email else key
