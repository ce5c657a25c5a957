"""A report in one sentence: whether it equals Stripe, and if not, why. Pure."""

from shared.domain.activity.needed_action import KEY_REFUSED, PERMISSION_MISSING
from shared.domain.ledger.reconciliation import DIFFERENCES, PENDING, RECONCILED
from shared.domain.reports.behind import behind
from shared.domain.reports.not_compared import reasons_not_compared
from shared.domain.reports.report import Report

# These do not end by themselves.
_FOR_AN_OWNER = frozenset({KEY_REFUSED, PERMISSION_MISSING})


def headline(report: Report) -> str:
    """Return the report in one sentence, without amounts: the first table has them."""
    if any(balance.difference_minor for balance in report.balances):
        return "The ledger differs from Stripe's balance. See the differences below."
    if report.status == DIFFERENCES:
        return "Some differences are unexplained. See them below."
    if report.status == PENDING:
        return _why_pending(report)
    less = " ".join(each.says for each in behind(report))
    if not report.has_movement:
        return f"No money moved on this day. {less}".rstrip()
    if less:
        return f"The day's totals and balances match Stripe exactly. {less}"
    return "Reconciled: all figures match Stripe exactly."


def is_clean(report: Report) -> bool:
    """Whether all of the report equals Stripe, and nothing in it is behind."""
    return report.status == RECONCILED and not behind(report)


def _why_pending(report: Report) -> str:
    first = reasons_not_compared(report)[0]
    if first.why in _FOR_AN_OWNER:
        return f"The figures could not be compared with Stripe. {first.says}"
    said = "The comparison with Stripe is not finished; the figures may still change."
    return f"{said} {first.says}"
