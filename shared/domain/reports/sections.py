"""A report as tables: what every format shows, said once. Pure."""

from collections.abc import Iterator, Mapping
from typing import Any

from shared.domain.activity.needed_actions import KEY_REFUSED, PERMISSION_MISSING
from shared.domain.ledger.findings import HEALED
from shared.domain.ledger.flows import (
    ADJUSTMENTS,
    DISPUTE_REVERSALS,
    DISPUTES,
    PAYMENTS,
    REFUND_REVERSALS,
    REFUNDS,
    STRIPE_FEES,
    Share,
    Sums,
)
from shared.domain.ledger.money_flow import MAX_LINES, UNASSIGNED, CurrencyFlow
from shared.domain.ledger.reconciliation import DIFFERENCES, PENDING, Reconciliation
from shared.domain.money.money import Money
from shared.domain.reports.lists import listed_sections, words
from shared.domain.reports.report import Report
from shared.domain.reports.section import Cell, Section

# How many lines of a list the mail shows; the attached files have all.
MAIL_LINES = 10


FLOW_TITLES = {
    PAYMENTS: "Payments from clients",
    REFUNDS: "Refunds to clients",
    REFUND_REVERSALS: "Refunds that came back",
    DISPUTES: "Disputed by clients' banks",
    DISPUTE_REVERSALS: "Disputes won back",
    STRIPE_FEES: "Stripe's fees",
    ADJUSTMENTS: "Other adjustments",
}
PURPOSE_TITLES = {
    "prepayment": "Paid in full online",
    "deposit": "Deposit",
    "balance": "Rest of a deposit",
    "visit_link": "Payment link for a visit",
    "cancellation_fee": "Cancellation fee",
    "no_show_fee": "No-show fee",
    UNASSIGNED: "Not a booking of ours",
}


def sections(report: Report) -> list[Section]:
    """Return every section that has something to say, the most important first."""
    made: list[Section] = []
    made += _balances(report)
    for flow in report.flow.in_order():
        made.append(_flows(report, flow))
    made += _differences(report)
    made += listed_sections(report)
    for flow in report.flow.in_order():
        made += _breakdowns(report, flow)
    made += _client_money(report)
    return made


def headline(report: Report) -> str:
    """Return the report in one sentence, without amounts: those stand in the first table."""
    if any(balance.difference_minor for balance in report.balances):
        return "The ledger differs from Stripe's balance. See the differences below."
    if report.status == DIFFERENCES:
        return "Not everything is explained. See the differences below."
    if report.status == PENDING:
        return _why_pending(report)
    if not report.has_movement:
        return "No money moved on this day."
    return "Every figure equals Stripe to the last minor unit."


# Why nothing could be compared, by what staff have to look at.
_NOT_COMPARED_AS = {
    KEY_REFUSED: (
        "The figures could not be compared with Stripe: Stripe does not take this location's key "
        "any more. An owner has to save a new one in the payment settings."
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


def _balances(report: Report) -> Iterator[Section]:
    if not report.balances:
        return
    rows = []
    for each in report.balances:
        flow = report.flow.currencies.get(each.currency) or CurrencyFlow(each.currency)
        difference = each.difference_minor
        amounts = (each.opening_minor, flow.net_minor, flow.payouts.amount_minor)
        rows.append(
            (
                each.currency.upper(),
                *(Money(amount, each.currency) for amount in amounts),
                Money(each.closing_minor, each.currency),
                "not compared" if difference is None else Money(difference, each.currency),
            )
        )
    closing = "Closing" if report.final else "Now"
    yield Section(
        "balance",
        "Stripe balance",
        ("Currency", "Opening", "Activity", "Payouts", closing, "Difference to Stripe"),
        tuple(rows),
        note="Opening + activity + payouts (money to your bank is negative) = closing. "
        "The difference is Stripe's balance less ours: it must be zero.",
        alarming=frozenset(at for at, each in enumerate(report.balances) if each.difference_minor),
    )


def _flows(report: Report, flow: CurrencyFlow) -> Section:
    code = flow.currency
    rows: list[tuple[Cell, ...]] = [
        (FLOW_TITLES[name], each.count, Money(each.amount_minor, code))
        for name, each in flow.flows.items()
        if each.count or name in {PAYMENTS, REFUNDS, STRIPE_FEES}
    ]
    rows.append(("Net, added to the Stripe balance", None, Money(flow.net_minor, code)))
    if flow.payouts.count:
        paid_out = Money(flow.payouts.amount_minor, code)
        rows.append(("Paid out to the bank", flow.payouts.count, paid_out))
    return Section(
        f"flow-{code}",
        f"What moved in {code.upper()}",
        ("", "Number", "Amount"),
        tuple(rows),
        note=_flow_note(report, flow),
    )


def _flow_note(report: Report, flow: CurrencyFlow) -> str:
    notes = []
    if flow.unknown_categories:
        unknown = ", ".join(flow.unknown_categories)
        notes.append(f"Stripe used categories that are new to Bookpay: {unknown}.")
    if report.flow.other_mode:
        other = "live" if report.is_test else "test"
        notes.append(f"{report.flow.other_mode} {other} entries are left out.")
    if number := report.flow.other_balance:
        entries = "entry" if number == 1 else "entries"
        notes.append(
            f"{number} {entries} of another of Stripe's balances, such as a reserve: among the "
            "lines, where `balance` tells them apart, not in these figures."
        )
    return " ".join(notes)


def _differences(report: Report) -> Iterator[Section]:
    found = report.reconciliation
    rows: list[tuple[Cell, ...]] = []
    for where, items in (
        ("At Stripe, not here", found.missing_here),
        ("Here, not at Stripe", found.missing_at_stripe),
        ("Figures differ", found.differing),
    ):
        rows += [(where, *_difference(item)) for item in items]
    if rows or found.healed:
        yield Section(
            "differences",
            "Differences to Stripe" if rows else "Compared with Stripe",
            ("Where", "What", "Booking", "At Stripe", "Here", "Why"),
            tuple(rows),
            note=_differences_note(found),
            alarming=frozenset(range(len(rows))),
            left_out=sum(number for kind, number in found.left_off.items() if kind != HEALED),
            elsewhere="they follow as these are settled.",
        )


def _differences_note(found: Reconciliation) -> str:
    if not found.healed:
        return ""
    number = len(found.healed) + found.left_off.get(HEALED, 0)
    told = "one movement" if number == 1 else f"{number:,} movements"
    return f"Stripe's messages of {told} did not come; Stripe was asked, and what it said applied."


def _difference(item: Mapping[str, Any]) -> tuple[Cell, ...]:
    what = [words(str(item.get("category") or "")), str(item.get("object") or "")]
    return (
        " ".join(each for each in what if each),
        item.get("booking_id"),
        _side(item.get("stripe")),
        _side(item.get("here")),
        item.get("why"),
    )


def _side(told: Mapping[str, Any] | None) -> str:
    """Return what one side says of a movement; texts, for the amounts are not to be added up."""
    if not told:
        return "nothing"
    amount = Money(told["amount"], told["currency"]).format_plain()
    if told.get("fee") is None:
        return amount
    return f"{amount}, fee {Money(told['fee'], told['currency']).format_plain()}"


def _breakdowns(report: Report, flow: CurrencyFlow) -> Iterator[Section]:
    code = flow.currency
    whole = Sums()
    rows = []
    for category, sums in sorted(flow.by_category.items()):
        whole.merge(sums)
        rows.append((words(category), sums.count, *_category(sums, code)))
    yield Section(
        f"categories-{code}",
        f"By Stripe's reporting category, {code.upper()}",
        ("Category", "Number", "Gross", "Fee", "Net"),
        tuple(rows),
        total=("Total, payouts included", whole.count, *_category(whole, code)),
        alarming=frozenset(
            at
            for at, category in enumerate(sorted(flow.by_category))
            if category in flow.unknown_categories
        ),
    )
    for section, title, titles in (
        ("by_purpose", "By purpose", PURPOSE_TITLES),
        ("by_service", "By service", {**report.names, UNASSIGNED: "No service"}),
        ("by_employee", "By employee", {**report.names, UNASSIGNED: "No employee"}),
    ):
        shares = flow.shares(section)
        if shares:
            yield _share_section(flow, section, f"{title}, {code.upper()}", shares, titles)


def _share_section(
    flow: CurrencyFlow,
    section: str,
    title: str,
    shares: list[tuple[str, Share]],
    titles: Mapping[str, str],
) -> Section:
    whole = Share()
    for _, share in shares:
        whole.merge(share)
    code = flow.currency
    notes = []
    if flow.account_fees_minor:
        fee = Money(-flow.account_fees_minor, code).format_plain()
        notes.append(
            f"Fees hold {fee} that Stripe took for the account, split pro rata of payments."
        )
    if folded := flow.folded.get(section):
        entries = "entry" if folded == 1 else "entries"
        notes.append(
            f"{folded:,} {entries} beyond the first {MAX_LINES:,} lines are in the line "
            f'"{titles[UNASSIGNED]}"; the CSV file has each under its own.'
        )
    return Section(
        f"{section.replace('_', '-')}-{code}",
        title,
        ("", "Payments", "Gross", "Refunds", "Disputes", "Other", "Fees", "Net"),
        tuple((titles.get(key, key), *_share(share, code)) for key, share in shares),
        total=("Total", *_share(whole, code)),
        note=" ".join(notes),
        in_mail=section == "by_purpose",
    )


def _client_money(report: Report) -> Iterator[Section]:
    if not report.client_money:
        return
    yield Section(
        "client-money",
        "Clients' money not yet earned",
        ("Currency", "Opening", "Received", "Used", "Refunded", "Closing"),
        tuple(
            (
                code.upper(),
                *(
                    Money(amount, code)
                    for amount in (
                        *(money.opening_minor, money.received_minor, -money.used_minor),
                        *(-money.refunded_minor, money.closing_minor),
                    )
                ),
            )
            for code, money in sorted(report.client_money.items())
        ),
        note=_client_money_note(report),
        alarming=frozenset(
            at
            for at, (_, money) in enumerate(sorted(report.client_money.items()))
            if money.opening_minor < 0 or money.closing_minor < 0
        ),
    )


def _client_money_note(report: Report) -> str:
    """Say what clients' money is, and why an opening is not the closing of the report before."""
    moneys = sorted((report.client_money or {}).items())
    notes = ["Paid for visits that have not begun, fees aside. Used when the visit's time comes."]
    for code, money in moneys:
        if money.came_late_minor:
            late = Money(money.came_late_minor, code).format_plain()
            notes.append(
                f"The opening has {late} that came late, or was matched to its booking late: the "
                "report before this one did not have it yet."
            )
    if any(money.opening_minor < 0 or money.closing_minor < 0 for _, money in moneys):
        notes.append(
            "Less than nothing is held where a refund or a dispute is here and its payment is not."
        )
    if report.is_carried_anew:
        notes.append(
            "What the report before held cannot be read: this is worked out anew from the ledger."
        )
    return " ".join(notes)


def _category(sums: Sums, currency: str) -> tuple[Cell, ...]:
    return tuple(
        Money(amount, currency) for amount in (sums.gross_minor, sums.fee_minor, sums.net_minor)
    )


def _share(share: Share, currency: str) -> tuple[Cell, ...]:
    amounts = (
        *(share.payments_minor, share.refunds_minor, share.disputes_minor),
        *(share.adjustments_minor, share.fees_minor, share.net_minor),
    )
    return (share.count, *(Money(amount, currency) for amount in amounts))
