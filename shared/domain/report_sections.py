"""A report as tables: what every format shows, said once. Pure.

A cell is text, a count, `Money`, a `date`, a `Moment` or nothing; how these look is the format's.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date

from shared.domain.flows import (
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
from shared.domain.money import Money
from shared.domain.money_flow import UNASSIGNED, CurrencyFlow
from shared.domain.reconciliation import DIFFERENCES, PENDING, Reconciliation
from shared.domain.report import Report
from shared.domain.report_day import day_of

# How many lines of a list the mail shows; the attached files have all.
MAIL_LINES = 10


@dataclass(frozen=True, slots=True)
class Moment:
    """An instant in seconds since 1970, to be shown in the location's zone."""

    at_s: int


type Cell = str | int | Money | date | Moment | None


@dataclass(frozen=True, slots=True)
class Section:
    """A titled table; `alarming` are the indexes of rows that somebody has to look at.

    `key` is short: a sheet is called by it. `total` is its last row where the columns add up.
    `in_mail` is false for what only the files hold.
    """

    key: str
    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    total: tuple[Cell, ...] | None = None
    note: str = ""
    in_mail: bool = True
    alarming: frozenset[int] = frozenset()


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
ACTION_TITLES = {
    "overpaid": "Paid too much",
    "paid_after_expiry": "Paid too late",
    "refund_failed": "Refund failed",
    "paid_in_other_currency": "Paid in another currency",
    "booking_unknown": "Booking unknown",
    "event_unreadable": "Event not understood",
}


def sections(report: Report) -> list[Section]:
    """Return every section that has something to say, the most important first."""
    made: list[Section] = []
    made += _balances(report)
    for flow in report.flow.in_order():
        made.append(_flows(report, flow))
    made += _differences(report)
    made += _listed(report)
    for flow in report.flow.in_order():
        made += _breakdowns(report, flow)
    made += _client_money(report)
    return made


def headline(report: Report) -> str:
    """Return the report in one sentence, without amounts: those stand in the first table."""
    if not report.has_movement:
        return "No money moved on this day."
    if any(balance.difference_minor for balance in report.balances):
        return "The ledger differs from Stripe's balance. See the differences below."
    if report.reconciliation.status == DIFFERENCES:
        return "Not everything is explained. See the differences below."
    if report.reconciliation.status == PENDING:
        return "The comparison with Stripe is not finished; the figures may still change."
    return "Every figure equals Stripe to the last minor unit."


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
                "not asked" if difference is None else Money(difference, each.currency),
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
    return " ".join(notes)


def _differences(report: Report) -> Iterator[Section]:
    found = report.reconciliation
    rows: list[tuple[Cell, ...]] = []
    for where, items in (
        ("At Stripe, not here", found.missing_here),
        ("Here, not at Stripe", found.missing_at_stripe),
        ("Figures differ", found.differing),
    ):
        rows += [(where, _facts_text(item)) for item in items]
    if rows or found.healed:
        yield Section(
            "differences",
            "Differences to Stripe" if rows else "Compared with Stripe",
            ("Where", "What"),
            tuple(rows),
            note=_differences_note(found),
            alarming=frozenset(range(len(rows))),
        )


def _differences_note(found: Reconciliation) -> str:
    notes = []
    if found.healed:
        number = len(found.healed)
        what = (
            "One message of Stripe's was" if number == 1 else f"{number} messages of Stripe's were"
        )
        notes.append(f"{what} lost on the way; what it told was fetched from Stripe and applied.")
    if found.left_off:
        notes.append(f"{found.left_off} more are not listed.")
    return " ".join(notes)


def _facts_text(item: Mapping[str, object]) -> str:
    facts = [f"{name}: {value}" for name, value in item.items() if value not in (None, "")]
    return ", ".join(facts)


def _listed(report: Report) -> Iterator[Section]:
    if report.actions:
        yield Section(
            "actions",
            "Needs action",
            ("What", "About", "Advice", "Since"),
            tuple(
                (ACTION_TITLES.get(each.kind, each.kind), each.about, each.advice, _at(each.at_s))
                for each in report.actions
            ),
            alarming=frozenset(range(len(report.actions))),
        )
    if report.corrections:
        yield Section(
            "corrections",
            "Corrections of days already reported",
            ("Day", "Entry", "Category", "Gross", "Fee", "Net"),
            tuple(
                (
                    each.reported_day,
                    each.entry.balance_transaction,
                    each.entry.reporting_category,
                    Money(each.entry.amount_minor, each.entry.currency),
                    Money(each.entry.fee_minor, each.entry.currency),
                    Money(each.entry.net_minor, each.entry.currency),
                )
                for each in report.corrections
            ),
            note="They came after that day's report was sent, which stays as it is. "
            "They are not in the figures of this day.",
        )
    if report.refunds:
        yield Section(
            "refunds",
            "Refunds",
            ("When", "Booking", "Amount", "Reason", "Asked by", "Status", "Refund"),
            tuple(
                (
                    *(Moment(each.at_s), each.booking_id, each.money, _words(each.reason)),
                    *(each.requested_by, _words(each.status), each.refund),
                )
                for each in report.refunds
            ),
        )
    if report.holds:
        yield Section(
            "holds",
            "Held on clients' cards, not taken yet",
            ("Booking", "Amount", "Lapses", "Charge"),
            tuple(
                (each.booking_id, each.money, _at(each.lapses_at_s), each.charge)
                for each in report.holds
            ),
            note="" if report.holds_complete else "There may be more: not all bookings were read.",
        )
    yield from _disputes_and_payouts(report)


def _disputes_and_payouts(report: Report) -> Iterator[Section]:
    if report.disputes:
        yield Section(
            "disputes",
            "Disputes and inquiries",
            ("Kind", "Booking", "Amount", "Reason", "Status", "Answer until", "Dispute"),
            tuple(
                (
                    "Inquiry (no money moved)" if each.is_inquiry else "Dispute",
                    *(each.booking_id, each.money, _words(each.reason), _words(each.status)),
                    *(_at(each.due_by_s), each.dispute),
                )
                for each in report.disputes
            ),
            note="Amounts of disputes are the client's; what Stripe took stands above, its fee "
            "among the fees.",
        )
    if report.payouts:
        yield Section(
            "payouts",
            "Payouts to the bank",
            ("Payout", "Amount", "Arrives", "Status", "Items", "Adds up", "Bank's trace id"),
            tuple(
                (
                    *(each.payout, each.money, _arrival(each.arrival_date_s), _words(each.status)),
                    each.items if each.automatic else None,
                    _adds_up(each.sum_matches),
                    each.trace_id,
                )
                for each in report.payouts
            ),
            alarming=frozenset(
                at
                for at, each in enumerate(report.payouts)
                if each.sum_matches is False or each.status in {"failed", "canceled"}
            ),
        )


def _breakdowns(report: Report, flow: CurrencyFlow) -> Iterator[Section]:
    code = flow.currency
    whole = Sums()
    rows = []
    for category, sums in sorted(flow.by_category.items()):
        whole.merge(sums)
        rows.append((_words(category), sums.count, *_category(sums, code)))
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
    note = ""
    if flow.account_fees_minor:
        fee = Money(-flow.account_fees_minor, code).format_plain()
        note = f"Fees hold {fee} that Stripe took for the account, split pro rata of payments."
    return Section(
        f"{section.replace('_', '-')}-{code}",
        title,
        ("", "Payments", "Gross", "Refunds", "Disputes", "Other", "Fees", "Net"),
        tuple((titles.get(key, key), *_share(share, code)) for key, share in shares),
        total=("Total", *_share(whole, code)),
        note=note,
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
        note="Paid for visits that have not begun, fees aside. It is used when the visit's time "
        "comes.",
    )


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


def _adds_up(matches: bool | None) -> str:
    return "cannot be itemised" if matches is None else "yes" if matches else "NO"


def _arrival(instant_s: int) -> date | None:
    # Stripe gives the day as a midnight of UTC.
    return day_of(instant_s, "UTC") if instant_s else None


def _at(instant_s: int) -> Moment | None:
    return Moment(instant_s) if instant_s else None


def _words(name: str) -> str:
    return name.replace("_", " ")
