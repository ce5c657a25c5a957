"""What a booking can prove in a dispute, put together for the client's bank. Pure.

It states what is recorded and claims nothing else: what is not known is left out, or said to be
unknown. It is in English, which banks everywhere accept, in sections by kind, each in chronological
order. https://docs.stripe.com/disputes/best-practices
"""

from collections.abc import Sequence
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from msgspec import Struct

from shared.domain.activity.staff_view import staff_view
from shared.domain.bookings.booking import Booking
from shared.domain.bookings.dispute_record import DisputeRecord
from shared.domain.bookings.journal import JournalEntry
from shared.domain.bookings.move import Move
from shared.domain.bookings.proved_address import is_made_by_client
from shared.domain.disputes.accepted_policy import MOVED_SINCE, accepted_policy_of
from shared.domain.disputes.guides import (
    CANCELLATION_POLICY,
    CUSTOMER_COMMUNICATION,
    RECEIPT,
    REFUND_POLICY,
    SERVICE_DOCUMENTATION,
    guide_for,
)
from shared.domain.locations.location import Location
from shared.domain.money.money import Money

# Card schemes want few pages: only the newest rows of a long table.
MAX_ROWS = 200
# How attendance is recorded, and how the evidence words it.
ATTENDANCE = {
    "booking.completed": "The visit took place",
    "booking.no_show": "The client did not come",
    "booking.reopened": "What was recorded before was a mistake",
    "booking.cancelled": "The booking was cancelled",
}
CLIENT = "client"
_MADE_BY_STAFF = (
    "The booking was made by staff: no policy was accepted online, and none is claimed here."
)
_NOT_ACCEPTED = "The client has accepted no policy for this booking, and none is claimed here."
_ACCEPTED = (
    "The client was shown this cancellation policy before booking and accepted it; without that the"
    " booking page takes no booking. It is quoted as it was shown:"
)
_ACCEPTED_BY_LINK = (
    "The booking was made by staff. The client was shown this cancellation policy on the page of"
    " the payment link and accepted it there; without that the page leads to no payment. It is"
    " quoted as it was shown:"
)
_HASHED = "The hash was made of the accepted terms at that moment and kept with the booking."

type Row = tuple[str, ...]


class SentMail(Struct, frozen=True):
    """A mail about the booking: what it said, and SES's id for it (empty if there is none).

    `is_to_client` says that it went to the address that the booking has.
    """

    at_s: int
    told: str
    is_to_client: bool
    message_id: str = ""


class EvidencePart(Struct, frozen=True):
    """A part of the evidence: what it shows, and a table; `files` are Stripe's names for it."""

    title: str
    files: frozenset[str]
    paragraphs: tuple[str, ...] = ()
    columns: Row = ()
    rows: tuple[Row, ...] = ()


class Case(Struct, frozen=True):
    """A dispute with everything the evidence draws on; times are shown in the booking's zone."""

    location: Location
    booking: Booking
    dispute: DisputeRecord
    mails: Sequence[SentMail] = ()

    def moment(self, at_s: int) -> str:
        """Return an instant in the booking's zone: `2026-11-22 19:33:05 UTC+01:00`.

        Seconds are included because the order of events matters.
        """
        zone = ZoneInfo(self.booking.timezone or self.location.timezone)
        local = datetime.fromtimestamp(at_s, UTC).astimezone(zone)
        offset = local.strftime("%z")
        return f"{local:%Y-%m-%d %H:%M:%S} UTC{offset[:3]}:{offset[3:]}"

    @property
    def attendance(self) -> tuple[JournalEntry, ...]:
        """What is recorded about whether the client came, in chronological order."""
        found = [entry for entry in self.booking.journal if entry.what in ATTENDANCE]
        return tuple(sorted(found, key=lambda entry: (entry.at_s, entry.entry_id)))


def sections_of(case: Case) -> tuple[EvidencePart, ...]:
    """Return all sections of the evidence, in the order in which they are read."""
    return (
        _dispute(case),
        _agreement(case),
        _attendance(case),
        _payments(case),
        *_outside_payments(case),
        _refunds(case),
        _mails(case),
        _log(case),
    )


def said_by(case: Case, by: str | None) -> str:
    """Return who did something, in words."""
    if by == CLIENT:
        return "the client"
    return by or case.location.name


def _dispute(case: Case) -> EvidencePart:
    facts, record = case.dispute.facts, case.dispute
    guide = guide_for(facts.reason)
    client = case.booking.client
    rows: list[Row] = [
        ("Dispute", record.dispute_id),
        ("Kind", f"{record.kind}, opened {case.moment(facts.created_s)}"),
        ("Reason", f"{facts.reason or 'not given'}: {guide.claim}"),
        ("Amount in dispute", _money(facts.amount_minor, facts.currency)),
        ("Charge", record.charge_id),
        ("Merchant", case.location.name),
        ("Client", f"{client.name}, {client.email}" if client else "not recorded"),
    ]
    rows += [
        ("Client's earlier address", f"{each.email}, until {case.moment(each.until_s)}")
        for each in case.booking.former_emails
    ]
    if facts.evidence_due_by_s:
        rows.append(("Evidence due by", case.moment(facts.evidence_due_by_s)))
    return EvidencePart("The dispute", frozenset(), columns=("", ""), rows=tuple(rows))


def _agreement(case: Case) -> EvidencePart:
    booking, terms = case.booking, case.booking.terms
    is_online = is_made_by_client(booking)
    rows: list[Row] = [
        ("Booking", booking.booking_id),
        ("Made", f"{case.moment(booking.created_at_s)} {'online' if is_online else 'at the desk'}"),
        ("Service", booking.description),
        ("Price", booking.price.format_plain()),
    ]
    if booking.starts_at_s is not None:
        rows.append(("Appointment", case.moment(booking.starts_at_s)))
    rows += [("Moved", _move(case, each)) for each in booking.moves]
    paragraphs: tuple[str, ...] = (_MADE_BY_STAFF,)
    if terms:
        rows.append(("Asked for when booking", _money(terms.due_minor, booking.price.currency)))
        paragraphs = (_NOT_ACCEPTED,)
    if policy := accepted_policy_of(booking):
        rows += [
            ("Policy accepted", case.moment(policy.at_s)),
            ("SHA-256 of what was accepted", policy.sha256),
        ]
        quoted = f"\N{LEFT DOUBLE QUOTATION MARK}{policy.text}\N{RIGHT DOUBLE QUOTATION MARK}"
        paragraphs = (_ACCEPTED if is_online else _ACCEPTED_BY_LINK, quoted, _HASHED)
        paragraphs += (MOVED_SINCE,) if booking.moves else ()
    files = frozenset({CANCELLATION_POLICY, REFUND_POLICY, SERVICE_DOCUMENTATION})
    return EvidencePart("What was agreed", files, paragraphs, ("", ""), tuple(rows))


def _move(case: Case, move: Move) -> str:
    by, old, new = said_by(case, move.by), case.moment(move.from_s), case.moment(move.to_s)
    return f"{case.moment(move.at_s)} by {by}, from {old} to {new}"


def _attendance(case: Case) -> EvidencePart:
    rows = tuple(
        (case.moment(entry.at_s), ATTENDANCE[entry.what], said_by(case, entry.by))
        for entry in case.attendance
    )
    nothing = "Nothing is recorded about the visit itself."
    columns = ("Recorded", "What", "By")
    return _table("Attendance", frozenset({SERVICE_DOCUMENTATION}), columns, rows, nothing)


def _payments(case: Case) -> EvidencePart:
    rows: list[Row] = []
    links = []
    charges = sorted(case.booking.facts.charges.items(), key=lambda item: item[1].created_s)
    for charge_id, charge in charges:
        card = f"{charge.card_brand} {charge.card_last4}".strip() or "not known"
        rows.append(
            (
                case.moment(charge.created_s),
                charge_id,
                card,
                charge.status,
                _money(charge.amount_captured_minor, charge.currency or charge_currency(case)),
                "this payment is disputed" if charge_id == case.dispute.charge_id else "",
            )
        )
        if charge.receipt_url:
            links.append(f"Stripe's receipt of {charge_id}: {charge.receipt_url}")
    columns = ("Paid", "Charge", "Card", "Status", "Taken", "")
    return EvidencePart("Payments", frozenset({RECEIPT}), tuple(links), columns, tuple(rows))


def _outside_payments(case: Case) -> tuple[EvidencePart, ...]:
    """Return what was paid without the card, where something was; staff's notes stay with them."""
    rows = tuple(
        (
            case.moment(each.at_s),
            each.method.replace("_", " "),
            _money(each.amount_minor, charge_currency(case)),
            "recorded by mistake, or given back" if each.is_voided else "",
        )
        for each in case.booking.outside_payments
    )
    columns = ("Recorded", "How", "Amount", "")
    files = frozenset({RECEIPT})
    return (EvidencePart("Paid without the card", files, (), columns, rows),) if rows else ()


def charge_currency(case: Case) -> str:
    """Return a charge's currency; the booking's if the charge's own is not known."""
    return case.booking.price.currency


def _refunds(case: Case) -> EvidencePart:
    refunds = [
        (refund.created_s, key, refund)
        for charge in case.booking.facts.charges.values()
        for key, refund in charge.client_refunds.items()
    ]
    rows = tuple(
        (case.moment(at_s), key, refund.status, _money(refund.amount_minor, refund.currency))
        for at_s, key, refund in sorted(refunds, key=lambda each: each[:2])
    )
    columns = ("Made", "Refund", "Status", "Amount")
    files = frozenset({RECEIPT, REFUND_POLICY})
    return _table("Refunds", files, columns, rows, "Nothing was refunded.")


def _mails(case: Case) -> EvidencePart:
    known = sorted(case.mails, key=lambda mail: (mail.at_s, mail.told))
    client = case.booking.client
    rows = tuple(
        (
            case.moment(mail.at_s),
            mail.told.replace("_", " "),
            client.email if client and mail.is_to_client else "an earlier address of the client's",
            mail.message_id,
        )
        for mail in known
    )
    columns = ("Sent", "About", "To", "Email service's id")
    files = frozenset({CUSTOMER_COMMUNICATION})
    return _table(
        "Emails to the client", files, columns, rows, "No email to the client is on record."
    )


def _log(case: Case) -> EvidencePart:
    rows = tuple(
        (
            case.moment(_seconds(entry["at"])),
            str(entry["what"]),
            str(entry.get("event_id") or said_by(case, entry.get("by"))),
        )
        for entry in staff_view(case.booking)["timeline"]
    )
    columns = ("At", "What", "Stripe's event, or who")
    return _table("The booking's log", frozenset({SERVICE_DOCUMENTATION}), columns, rows, "")


def _table(
    title: str, files: frozenset[str], columns: Row, rows: tuple[Row, ...], nothing: str
) -> EvidencePart:
    """Return a section of the newest rows, which says what it leaves out."""
    paragraphs = () if rows else (nothing,)
    if len(rows) > MAX_ROWS:
        paragraphs = (f"{len(rows) - MAX_ROWS} earlier entries are left out.",)
    return EvidencePart(title, files, paragraphs, columns, rows[-MAX_ROWS:])


def _seconds(text: str) -> int:
    return int(datetime.fromisoformat(text).timestamp())


def _money(amount_minor: int, currency: str) -> str:
    return Money(amount_minor, currency).format_plain() if currency else str(amount_minor)
