"""A report in one sentence: whether it equals Stripe, and if not, why. Pure."""

from shared.domain.activity.needed_action import KEY_REFUSED, PERMISSION_MISSING
from shared.domain.ledger.reconciliation import DIFFERENCES, PENDING, RECONCILED
from shared.domain.reports.behind import behind
from shared.domain.reports.report import Report


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
        return f"The day's sums and balances equal Stripe to the last minor unit. {less}"
    return "Reconciled: all figures match Stripe exactly."


def is_clean(report: Report) -> bool:
    """Whether all of the report equals Stripe, and nothing in it is behind."""
    return report.status == RECONCILED and not behind(report)


# Why nothing could be compared, by kind of needed action.
_NOT_COMPARED_AS = {
    KEY_REFUSED: (
        "The figures could not be compared with Stripe: Stripe no longer accepts this location's "
        "key. An owner has to save a new one in the payment settings."
    ),
    PERMISSION_MISSING: (
        "The figures could not be compared with Stripe: this location's key may not read all that "
        "the comparison needs. The check of the payment settings names the permission that an "
        "owner has to give it in Stripe's Dashboard."
    ),
}


def _why_pending(report: Report) -> str:
    kinds = {each.kind for each in report.actions}
    why = next((text for kind, text in _NOT_COMPARED_AS.items() if kind in kinds), "")
    return why or "The comparison with Stripe is not finished; the figures may still change."
