"""What is open in a location's newest bookings: holds, disputes, and who requested refunds."""

from collections.abc import Iterable, Iterator, Mapping

from msgspec import Struct

from shared.adapters.booking_lists import BookingLists
from shared.adapters.booking_store import BookingStore
from shared.adapters.dispute_store import DisputeStore
from shared.config import Config
from shared.domain.bookings.booking import Booking
from shared.domain.bookings.dispute_record import DisputeRecord
from shared.domain.bookings.refund_record import UNKNOWN, refund_record
from shared.domain.ledger.flows import REFUND_REVERSALS, REFUNDS
from shared.domain.ledger.money_flow import MAX_LISTED, MoneyFlow, entries_of
from shared.domain.money.money import Money
from shared.domain.reports.report import DisputeLine, HoldLine, RefundLine

# How many bookings are read, the newest first, and from how many months.
MAX_BOOKINGS = 1000
MONTHS = 5


class BookedVisit(Struct, frozen=True):
    """What a report says of a booking: when its visit begins, and of which service it is."""

    starts_at_s: int | None
    service_id: str


class OpenLines(Struct, frozen=True):
    """What was found; holds are those of bookings made since `holds_since_s`, 0 for all of them.

    `visits` are the bookings that were read.
    """

    holds: tuple[HoldLine, ...]
    disputes: tuple[DisputeLine, ...]
    refunds: tuple[RefundLine, ...]
    holds_since_s: int
    disputes_left_out: int
    visits: Mapping[str, BookedVisit]


class OpenBookings:
    """Reads bookings for the lists of a report."""

    def __init__(self, config: Config) -> None:
        self._store = BookingStore(config)
        self._lists = BookingLists(config)
        self._disputes = DisputeStore(config)

    def find(self, location_id: str, flow: MoneyFlow, now_s: int) -> OpenLines:
        """Return what is open now, and the day's refunds with who requested them.

        Of a location that has gone live, what was held or disputed in test mode is left out.
        """
        bookings: dict[str, Booking] = {}
        holds_since_s = oldest_s = 0
        # One more than is wanted, to know whether some are left out.
        for booking in self._lists.iterate_made(location_id, now_s, MONTHS, MAX_BOOKINGS + 1):
            if len(bookings) == MAX_BOOKINGS:
                holds_since_s = oldest_s
                break
            bookings[booking.booking_id] = booking
            oldest_s = booking.created_at_s
        self._add_moved(location_id, flow, bookings)
        disputes = self._open_disputes(location_id, livemode=flow.livemode)
        ordered = sorted(bookings.values(), key=lambda each: (each.created_at_s, each.booking_id))
        return OpenLines(
            holds=tuple(_holds(ordered, livemode=flow.livemode)),
            disputes=tuple(_dispute(record) for record in disputes[:MAX_LISTED]),
            refunds=tuple(_refunds(flow, bookings)),
            holds_since_s=holds_since_s,
            disputes_left_out=max(0, len(disputes) - MAX_LISTED),
            visits={each.booking_id: _visit(each) for each in ordered},
        )

    def read_visits(self, location_id: str, booking_ids: Iterable[str]) -> dict[str, BookedVisit]:
        """Return those of the bookings that are there."""
        found = self._store.get_bookings(location_id, booking_ids)
        return {each.booking_id: _visit(each) for each in found}

    def _open_disputes(self, location_id: str, *, livemode: bool) -> list[DisputeRecord]:
        """Return all open disputes of a mode, the oldest first."""
        disputes = self._disputes.iterate_open_disputes(location_id)
        # Its currency comes with its first event.
        of_mode = (each for each in disputes if each.livemode in (None, livemode))
        return [each for each in of_mode if each.facts.currency][::-1]

    def _add_moved(self, location_id: str, flow: MoneyFlow, bookings: dict[str, Booking]) -> None:
        """Read also the older bookings whose refund or dispute moved money that day."""
        for entry in entries_of(flow, *flow.listed):
            if entry.booking_id and entry.booking_id not in bookings:
                stored = self._store.get_booking(location_id, entry.booking_id)
                if stored:
                    bookings[entry.booking_id] = stored.booking


def _visit(booking: Booking) -> BookedVisit:
    return BookedVisit(booking.starts_at_s, booking.service_id or "")


def _holds(bookings: Iterable[Booking], *, livemode: bool) -> Iterator[HoldLine]:
    for booking in bookings:
        for payment in booking.payments().payments:
            if payment["status"] == "authorized":
                charge_id = str(payment["charge"])
                charge = booking.facts.charges[charge_id]
                if charge.livemode not in (None, livemode):
                    continue
                money = Money(charge.amount_authorized_minor, charge.currency)
                yield HoldLine(booking.booking_id, charge_id, money, charge.capture_before_s)


def _dispute(record: DisputeRecord) -> DisputeLine:
    facts = record.facts
    return DisputeLine(
        dispute=record.dispute_id,
        booking_id=record.booking_id or "",
        charge=record.charge_id,
        money=Money(facts.amount_minor, facts.currency),
        reason=facts.reason,
        status=facts.status,
        is_inquiry=facts.is_inquiry,
        due_by_s=facts.evidence_due_by_s,
    )


def _refunds(flow: MoneyFlow, bookings: dict[str, Booking]) -> Iterator[RefundLine]:
    for entry in entries_of(flow, REFUNDS, REFUND_REVERSALS):
        booking = bookings.get(entry.booking_id or "")
        known = refund_record(booking, entry.refund or "") if booking else UNKNOWN
        yield RefundLine(
            refund=entry.refund or entry.source or "",
            booking_id=entry.booking_id or "",
            at_s=entry.created_s,
            money=Money(-entry.amount_minor, entry.currency),
            reason=known.reason or entry.reason,
            requested_by=known.requested_by,
            status=known.status,
        )
