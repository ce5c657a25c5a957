"""Addresses that a booking's client had, and mails that did not reach them. Pure."""

from shared.domain.stored_record import StoredRecord


class FormerEmail(StoredRecord, frozen=True):
    """An address that a booking's client had until `until_s` (seconds since 1970).

    Evidence of where mails went, erased with the client; the audit log has it at `audit_place`.
    """

    email: str
    until_s: int
    by: str
    audit_place: str


class UndeliveredMail(StoredRecord, frozen=True):
    """A mail that did not reach its client; `fact` and `kind` are the mail's (`client_mails`).

    `status` is `refused`, `bounced` or `complained`; `at_s` is when that was known, in seconds
    since 1970.
    """

    fact: str
    kind: str
    status: str
    at_s: int
