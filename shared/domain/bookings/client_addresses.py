"""Addresses that a booking's client had, and mails that did not reach them. Pure."""

from dataclasses import dataclass

from shared.domain.stored_record import StoredRecord


@dataclass(frozen=True, slots=True)
class FormerEmail(StoredRecord):
    """An address that a booking's client had until `until_s` (seconds since 1970).

    Evidence of where mails went, erased with the client; the audit log has it at `audit_place`.
    """

    email: str
    until_s: int
    by: str
    audit_place: str


@dataclass(frozen=True, slots=True)
class UndeliveredMail(StoredRecord):
    """A mail that did not reach its client; `fact` and `kind` are the mail's (`client_mails`).

    `status` is `refused`, `bounced` or `complained`; `at_s` is when that was known, in seconds
    since 1970.
    """

    fact: str
    kind: str
    status: str
    at_s: int
