"""What of a report its comparison with Stripe does not cover, and why. Pure.

Movements and balances are compared with Stripe. What is built on them may lag behind them: then
the report claims that much less.
"""

from msgspec import Struct

from shared.domain.reports.report import Report

BINDINGS_AWAITED, CORRECTIONS_UNREAD = "bindings_awaited", "corrections_unread"
CARRIED_ANEW = "client_money_anew"


class Behind(Struct, frozen=True):
    """One thing that is behind, by its name in the contract, and in words."""

    what: str
    says: str


def behind(report: Report) -> tuple[Behind, ...]:
    """Return all that is behind; nothing where the comparison covers every figure."""
    found = []
    if number := report.bindings_awaited:
        payments = "one payment" if number == 1 else f"{number:,} payments"
        says = (
            f"What {payments} paid for became known late, and not every entry says so yet: figures "
            "by purpose, service, employee and booking, and clients' money, may still change."
        )
        found.append(Behind(BINDINGS_AWAITED, says))
    if report.corrections and report.corrections.unread:
        days = ", ".join(str(day) for day in sorted(report.corrections.unread))
        says = f"What came late to {days} is not known: what was reported cannot be read."
        found.append(Behind(CORRECTIONS_UNREAD, says))
    if report.corrections and not report.corrections.is_older_known:
        says = "What came late to days long reported is not known: what the report before kept "
        found.append(Behind(CORRECTIONS_UNREAD, f"{says}cannot be read."))
    if report.is_carried_anew:
        says = "Clients' money is worked out anew: what the report before held cannot be read."
        found.append(Behind(CARRIED_ANEW, says))
    return tuple(found)
