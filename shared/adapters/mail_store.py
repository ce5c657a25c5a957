"""Which mails a booking's client, or staff, were sent: each fact once, and kept for evidence.

A mail is marked before it is sent, for as long as sending can take, and again afterwards. A crash
before SES accepted it leaves a mark that expires, and the queue sends the mail later: none is lost.
A crash, or a lost answer, after SES accepted it does the same, and the mail is sent twice: the
smaller of the two errors that remain possible.
"""

from collections.abc import Mapping
from typing import Any

from shared.adapters.bookings_table import BookingsTable, Key, Put
from shared.config import Config
from shared.domain.errors import Overtaken
from shared.domain.messages.envelopes import envelope_of, read_envelope
from shared.domain.messages.message import Order
from shared.domain.stored_record import StoredRecord, read_record

# Longer than the sending function may run, shorter than the queue keeps redelivering a message.
LEASE_S = 60
CLAIMED, SENT, MAIL_REFUSED, HELD_BACK = "claimed", "sent", "refused", "held_back"
MAX_MAILS = 500
READER_CHARS = 16


class MailRecord(StoredRecord, frozen=True):
    """A mail of a booking: what it was about (`fact`), its kind, when, and what became of it.

    `at_s` is in seconds since 1970; `to_digest` is the SHA-256 of the address, in hex: it shows
    that a mail went to a known address, and reveals no address.
    `status` is `claimed`, `sent`, `refused`, `held_back`, `bounced` or `complained`, `message_id`
    SES's, empty where it gave none, and `reason` SES's word for why it did not arrive. A mail to
    staff is one for each reader, and has the order that asked for it.
    """

    fact: str
    kind: str
    at_s: int
    to_digest: str
    status: str = CLAIMED
    message_id: str = ""
    reason: str = ""
    order: Order | None = None

    @property
    def name(self) -> str:
        """What it is kept under."""
        return self.fact if self.order is None else f"{self.fact}#{self.to_digest[:READER_CHARS]}"


class MailStore:
    """The mails of all bookings."""

    def __init__(self, config: Config) -> None:
        self._table = BookingsTable(config)

    def claim(self, location_id: str, booking_id: str, record: MailRecord) -> bool:
        """Mark a mail as being sent, from its `at_s` on; false if it was sent or refused before.

        A mail to staff that did not arrive may be tried again: they correct their list themselves.
        Raises `Overtaken` while another sender is at it, who may fail, and `AwsUnreachable`.
        """
        key = _key(location_id, booking_id, record.name)
        stored = self._table.get(key).get(key)
        if stored:
            if not _may_be_tried(stored.body["status"], record):
                return False
            if stored.body["status"] == CLAIMED and record.at_s < stored.body["at_s"] + LEASE_S:
                raise Overtaken("the mail is being sent")
        self._table.put([Put(key, _body(record), stored.version if stored else 0)])
        return True

    def close(self, location_id: str, booking_id: str, record: MailRecord) -> None:
        """Mark a mail that was claimed as sent, or as refused or held back for good."""
        self._table.put([Put(_key(location_id, booking_id, record.name), _body(record), None)])

    def list_mails(self, location_id: str, booking_id: str) -> list[MailRecord]:
        """Return the mails of a booking, the oldest first, up to `MAX_MAILS`."""
        found = self._table.query_partition(_partition(location_id, booking_id), "", MAX_MAILS)
        records = [_read(each.stored.body) for each in found]
        return sorted(records, key=lambda record: (record.at_s, record.fact))


def _read(body: Mapping[str, Any]) -> MailRecord:
    order = read_envelope(body["order"], Order) if "order" in body else None
    return read_record(MailRecord, body, order=order)


def _may_be_tried(status: str, record: MailRecord) -> bool:
    return status == CLAIMED or (record.order is not None and status != SENT)


def _body(record: MailRecord) -> dict[str, Any]:
    body: dict[str, Any] = {
        "fact": record.fact,
        "kind": record.kind,
        "at_s": record.at_s,
        "to_digest": record.to_digest,
        "status": record.status,
        "message_id": record.message_id,
    }
    if record.reason:
        body["reason"] = record.reason
    if record.order is not None:
        body["order"] = envelope_of(record.order)
    return {**body, **record.newer}


def _partition(location_id: str, booking_id: str) -> str:
    return f"{location_id}#mails#{booking_id}"


def _key(location_id: str, booking_id: str, fact: str) -> Key:
    return Key(_partition(location_id, booking_id), fact)
