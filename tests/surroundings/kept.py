"""Bookings that a test's table holds, however they came to be as they are."""

from collections.abc import Callable, Iterable
from typing import Any

import pytest

from shared.adapters.booking_entries import entry_writes
from shared.adapters.booking_items import booking_put
from shared.adapters.booking_links import client_access_put, link_put
from shared.adapters.booking_store import BookingStore
from shared.adapters.bookings_table import BookingsTable, Delete, Put
from shared.adapters.client_index import pointer_writes
from shared.adapters.search_index import external_key
from shared.domain.bookings.booking import Booking


def keep(
    store: BookingStore, booking: Booking, *links: str, version: int = 0, client_digest: str = ""
) -> None:
    """Put a booking into the table as it is, over the version that was read, with no messages.

    `links` are the digests of payment links that lead to it, `client_digest` that of its client's
    token.
    """
    puts = [booking_put(booking, version), *pointer_writes(None, booking)]
    puts += entry_writes(None, booking)
    puts += [link_put(booking, digest) for digest in links]
    if booking.external_id:
        leads = {"booking_id": booking.booking_id}
        puts.append(Put(external_key(booking.location_id, booking.external_id), leads, None))
    if client_digest:
        puts.append(client_access_put(booking, client_digest))
    store._table.put(puts)


def before_write(
    monkeypatch: pytest.MonkeyPatch, status: str, happen: Callable[[str], Any]
) -> list[Any]:
    """Let something happen once, right before a booking is written with this status.

    All that the write rests on was read by then. `happen` is given the booking's id; the list gets
    what came of it.
    """
    put, outcomes = BookingsTable.put, []

    def interrupted(table: BookingsTable, puts: Iterable[Put | Delete]) -> None:
        puts = list(puts)
        bodies = (each.body for each in puts if isinstance(each, Put) and each.key.sk == "booking")
        if written := [each["booking_id"] for each in bodies if each["status"] == status]:
            monkeypatch.setattr(BookingsTable, "put", put)
            outcomes.append(happen(written[0]))
        put(table, puts)

    monkeypatch.setattr(BookingsTable, "put", interrupted)
    return outcomes
