"""Addresses that nothing more is sent to, and mails to staff that wait for a better address.

    pk                    sk                    holds
    <loc>#mail-stops      <sha256 of address>   why, and since when
    <loc>#unsent-mails    <message>             the order of a mail to staff that somebody missed

An address is stopped where a mail came back for good or was complained of, until a person says go
on: by sending a mail again, by correcting the client, or by saving who gets the reports.
https://docs.aws.amazon.com/ses/latest/dg/send-email-concepts-deliverability.html
"""

import hashlib
import time
from collections.abc import Collection, Iterable
from copy import replace

from shared.adapters.booking_items import action_write
from shared.adapters.bookings_table import BookingsTable, Delete, Key, Put
from shared.adapters.outbox import message_puts
from shared.config import Config
from shared.domain.activity.needed_action import NeededAction
from shared.domain.activity.needed_actions import mail_undelivered
from shared.domain.bookings.undelivered_mails import masked
from shared.domain.messages.envelopes import envelope_of, read_envelope
from shared.domain.messages.message import Order

# Each leaves the list and enters the outbox, in one transaction of a hundred items at the most.
ORDERS_AT_ONCE = 25
MAX_ROUNDS = 8
# What a reader of staff's mails is called in staff's list, before a digest.
READER = "mail-to#"


def address_digest(address: str) -> str:
    """Return what stands for an address in records: its SHA-256 in hex."""
    return hashlib.sha256(address.encode()).hexdigest()


class MailStops:
    """The stopped addresses of all locations; every method takes the location it is for."""

    def __init__(self, config: Config) -> None:
        self._table = BookingsTable(config)

    def stopped(self, location_id: str, addresses: Collection[str]) -> frozenset[str]:
        """Return those of the addresses that nothing is to be sent to."""
        keys = {each: _key(location_id, address_digest(each)) for each in addresses}
        found = self._table.get(*keys.values()) if keys else {}
        return frozenset(each for each, key in keys.items() if key in found)

    def stop(self, location_id: str, digest: str, reason: str, at_s: int) -> None:
        """Send nothing more to an address, by its digest; repeating it is safe."""
        self._table.put([Put(_key(location_id, digest), {"reason": reason, "at_s": at_s}, None)])

    def show_reader(self, location_id: str, address: str, kind: str, status: str) -> None:
        """Show among what needs action that somebody of staff did not get a mail."""
        action = mail_undelivered(kind, masked(address), status)
        self._table.put([_shown(location_id, address, (action,), int(time.time()))])

    def hide_readers(self, location_id: str, addresses: Iterable[str]) -> None:
        """Remove what is shown of readers who can receive mails after all."""
        writes = [_shown(location_id, each, (), 0) for each in addresses]
        if writes:
            self._table.put(writes)

    def keep_order(self, order: Order) -> None:
        """Keep the order of a mail to staff, to be sent to whom it did not reach."""
        self._table.put([Put(_order_key(order), envelope_of(order), None)])

    def go_on(self, location_id: str, addresses: Iterable[str], former: Iterable[str]) -> None:
        """Send to `addresses` again, and to them all that somebody of staff has missed.

        `former` were addressed before: what is shown of them ends. Whoever got a mail does not get
        it twice.
        """
        wanted = set(addresses)
        now_s = int(time.time())
        writes: list[Put | Delete] = [go_on_delete(location_id, each) for each in sorted(wanted)]
        writes += [_shown(location_id, each, (), now_s) for each in sorted(wanted | set(former))]
        if writes:
            self._table.put(writes)
        for _ in range(MAX_ROUNDS if wanted else 0):
            found = self._table.query_partition(_unsent(location_id), "", ORDERS_AT_ONCE)
            if found:
                read = [read_envelope(each.stored.body, Order) for each in found]
                orders = [replace(each, due_s=None) for each in read]
                self._table.put([*map(_order_delete, orders), *message_puts(orders, now_s)])
            if len(found) < ORDERS_AT_ONCE:
                return


def go_on_delete(location_id: str, address: str) -> Delete:
    """Return the write that allows mails to an address again; safe if they were never stopped."""
    return Delete(_key(location_id, address_digest(address)))


def _order_delete(order: Order) -> Delete:
    return Delete(_order_key(order))


def _shown(
    location_id: str, address: str, actions: tuple[NeededAction, ...], at_s: int
) -> Put | Delete:
    return action_write(location_id, f"{READER}{address_digest(address)[:16]}", actions, at_s)


def _key(location_id: str, digest: str) -> Key:
    return Key(f"{location_id}#mail-stops", digest)


def _unsent(location_id: str) -> str:
    return f"{location_id}#unsent-mails"


def _order_key(order: Order) -> Key:
    return Key(_unsent(order.location_id), order.message_id)
