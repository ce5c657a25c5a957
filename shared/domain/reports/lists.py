"""A report's lists: what needs action, came late, was refunded, held, disputed, paid out. Pure.

It is over 300 lines because each list of a report is here, beside what it leaves out.
"""

from collections.abc import Iterator, Mapping
from datetime import date

from shared.domain.dates.instants import Moment, rfc3339
from shared.domain.dates.report_day import day_of
from shared.domain.ledger.entry import LedgerEntry
from shared.domain.ledger.flows import REFUNDS
from shared.domain.money.money import Money
from shared.domain.reports.late_entries import LateEntries, Reported
from shared.domain.reports.purposes import purpose_title, words
from shared.domain.reports.report import PayoutLine, Report
from shared.domain.reports.section import Linked, Phrase, Section, sentences

ACTION_TITLES = {
    "overpaid": "Overpaid",
    "paid_after_expiry": "Paid too late",
    "refund_failed": "Refund failed",
    "paid_in_other_currency": "Paid in another currency",
    "booking_unknown": "Booking unknown",
    "event_unreadable": "Unreadable event",
}


def booking_ids(report: Report) -> set[str]:
    """Return the ids of the bookings that a report lists; what came late says what it was for."""
    found = report.reconciliation
    differences = (*found.missing_here, *found.missing_at_stripe, *found.differing)
    of_actions = (each.about.partition(" ") for each in report.actions)
    return {
        *(each.booking_id for each in report.refunds),
        *(each.booking_id for each in report.holds),
        *(each.booking_id for each in report.disputes),
        *(str(each.get("booking_id") or "") for each in differences),
        *(name for kind, _, name in of_actions if kind == "booking"),
    } - {""}


def listed_sections(report: Report) -> Iterator[Section]:
    """Yield a section for each list that is not empty."""
    if report.actions:
        yield _actions(report)
    if report.corrections:
        yield from _corrections(report, report.corrections)
        yield from _reattributions(report, report.corrections)
    if report.refunds:
        yield Section(
            "refunds",
            "Refunds",
            ("When", "Booking", "Amount", "Reason", "Requested by", "Status", "Refund"),
            tuple(
                (
                    *(Moment(each.at_s), report.visit(each.booking_id), each.money),
                    words(each.reason),
                    *(each.requested_by, words(each.status), each.refund),
                )
                for each in report.refunds
            ),
            to=report.entries_page(flow=REFUNDS),
            left_out=report.left_out.refunds,
            elsewhere="the lines of the CSV file have all.",
        )
    if report.holds or report.holds_since_s:
        yield Section(
            "holds",
            "Held on clients' cards, not captured yet",
            ("Booking", "Amount", "Expires", "Charge"),
            tuple(
                (report.visit(each.booking_id), each.money, _at(each.lapses_at_s), each.charge)
                for each in report.holds
            ),
            to=report.page("bookings"),
            left_out=None if report.holds_since_s else 0,
            elsewhere=_holds_elsewhere(report),
        )
    if report.disputes:
        yield _disputes(report)
    if report.payouts:
        yield _payouts(report)


def _holds_elsewhere(report: Report) -> str:
    since = rfc3339(report.holds_since_s)
    return (
        f"only bookings made since {since} were looked at. Stripe's Dashboard lists what is held "
        "for older ones among the payments that are not captured."
    )


def _actions(report: Report) -> Section:
    return Section(
        "actions",
        "Needs action",
        ("What", "About", "Advice", "Since"),
        tuple(
            (
                ACTION_TITLES.get(each.kind, words(each.kind).capitalize()),
                _about(report, each.about),
                each.advice,
                _at(each.at_s),
            )
            for each in report.actions
        ),
        alarming=frozenset(range(len(report.actions))),
        left_out=report.left_out.actions,
        elsewhere="these are the newest; the console's list has all.",
        to=report.page("needs-action"),
    )


def _about(report: Report, about: str) -> str | Linked | None:
    kind, _, name = about.partition(" ")
    return report.visit(name) if kind == "booking" else about


def _corrections(report: Report, late: LateEntries) -> Iterator[Section]:
    if late.count:
        yield Section(
            "corrected-days",
            "Days already reported, corrected",
            ("Day", "Entries", "Gross", "Fee", "Net"),
            tuple(
                (
                    *(_day(report, day), sums.count, Money(sums.gross_minor, currency)),
                    *(Money(-sums.fee_minor, currency), Money(sums.net_minor, currency)),
                )
                for (day, currency), sums in sorted(late.sums.items())
            ),
            note=sentences(
                "They came after that day's report was sent, which stays as it is.",
                "They are not in the figures of this day.",
                _beside(late),
                _looked_at(late),
            ),
            to=report.day_page,
        )
        yield Section(
            "corrections",
            "Corrections of days already reported",
            ("Day", "Entry", "Category", "Belongs to", "Gross", "Fee", "Net"),
            tuple(
                (
                    _day(report, each.reported_day),
                    each.entry.balance_transaction,
                    words(each.entry.reporting_category),
                    _whose(report, reported_as(each.entry, report.names)),
                    Money(each.entry.amount_minor, each.entry.currency),
                    Money(-each.entry.fee_minor, each.entry.currency),
                    Money(each.entry.net_minor, each.entry.currency),
                )
                for each in late.in_order()
            ),
            left_out=late.left_out,
            elsewhere="they are in the sums by day, and in those days' reports in the console.",
            to=report.day_page,
        )
    elif (said := _looked_at(late)) and not late.reattributions:
        yield Section(
            "corrected-days", "Days already reported", (), (), note=said, to=report.day_page
        )


def _reattributions(report: Report, late: LateEntries) -> Iterator[Section]:
    if not late.reattributions:
        return
    yield Section(
        "reattributed",
        "Days already reported, with a new breakdown",
        ("Day", "Entry", "Category", "Net", "Reported as", "Belongs to"),
        tuple(
            (
                *(_day(report, each.reported_day), each.entry.balance_transaction),
                words(each.entry.reporting_category),
                Money(each.entry.net_minor, each.entry.currency),
                _whose(report, each.before),
                _whose(report, reported_as(each.entry, report.names)),
            )
            for each in late.reattributed_in_order()
        ),
        note=_reattributed_note(late),
        left_out=late.reattributed_left_out,
        elsewhere="those days' reports in the console have them as they are now.",
        to=report.day_page,
    )


def _day(report: Report, day: date) -> Linked:
    return Linked(day, report.page("money-flow", day.isoformat()))


def _reattributed_note(late: LateEntries) -> Phrase:
    """Explain what was reattributed, how much money, and which of those days' figures change."""
    days: list[str | Money | date] = []
    for (day, currency), sums in sorted(late.reattributed_sums.items()):
        net = Money(sums.net_minor, currency)
        days += [", " if days else "", day, " ", net, f" net in {_entries(sums.count)}"]
    said = (
        *("What these entries were for became known after that day's report was sent: ", *days),
        (
            ". The day's totals stay as they were; only their breakdown by purpose, service, "
            "employee and booking is new."
        ),
    )
    return said if late.count else sentences(said, _looked_at(late))


def _entries(number: int) -> str:
    return "one entry" if number == 1 else f"{number:,} entries"


def _whose(report: Report, said: Reported) -> str | Linked | None:
    if not said.booking_id:
        return "no booking"
    known = (purpose_title(said.purpose), said.service, said.employee)
    return report.visit(said.booking_id, ", ".join(each for each in known if each))


def reported_as(entry: LedgerEntry, names: Mapping[str, str]) -> Reported:
    """Return what a report says that an entry was for; `names` are services and employees by id."""
    service_id, employee_id = entry.service_id or "", entry.employee_id or ""
    return Reported(
        entry.booking_id or "",
        names.get(service_id, service_id),
        names.get(employee_id, employee_id),
        entry.purpose,
    )


def _beside(late: LateEntries) -> str:
    """Say how many of the late entries are in no sum."""
    number = late.count - sum(each.count for each in late.sums.values())
    if not number:
        return ""
    entries = "One entry is" if number == 1 else f"{number:,} entries are"
    return f"{entries} of another of Stripe's balances, and not in these sums."


def _looked_at(late: LateEntries) -> Phrase:
    """Say how far back was looked, and where could not be."""
    said: list[Phrase] = []
    if late.since and late.is_cut_short:
        end = " were compared again with the ledger: they have too many entries for all 31 days."
        said.append(("Only the days reported since ", late.since, end))
    elif late.since:
        end = " were compared again with the ledger."
        said.append(("The days reported since ", late.since, end))
    if late.unread:
        days = [part for day in sorted(late.unread) for part in (", ", day)][1:]
        end = " is not known: what was reported cannot be read."
        said.append(("What came late to ", *days, end))
    for _, older in sorted(late.older.items()):
        said.append(
            (
                f"Not among these lines: {_entries(older.count)} of ",
                *(Money(older.net_minor, older.currency), " net that came late to days from "),
                *(older.first, " to ", older.last, " (UTC), before those compared. They are in "),
                "the opening, and in those days' reports in the console.",
            )
        )
    if not late.is_older_known:
        said.append(("What came late to days before these is not known.",))
    return sentences(*said)


def _disputes(report: Report) -> Section:
    return Section(
        "disputes",
        "Disputes and inquiries",
        ("Kind", "Booking", "Amount", "Reason", "Status", "Answer until", "Dispute"),
        tuple(
            (
                "Inquiry (no money moved)" if each.is_inquiry else "Dispute",
                *(report.visit(each.booking_id), each.money, words(each.reason)),
                # Stripe's `warning_` says that it is an inquiry, which stands before.
                words(each.status.removeprefix("warning_")),
                *(_at(each.due_by_s), each.dispute),
            )
            for each in report.disputes
        ),
        note=(
            (
                "Amounts of disputes are the client's; what Stripe took stands above, its fee "
                "among the fees."
            ),
        ),
        to=report.page("disputes"),
        left_out=report.left_out.disputes,
        elsewhere="the console's list of disputes has all.",
    )


def _payouts(report: Report) -> Section:
    return Section(
        "payouts",
        "Payouts to the bank",
        ("Payout", "Amount", "Arrives", "Status", "Entries", "Reconciles", "Bank's trace id"),
        tuple(
            (
                Linked(each.payout, report.page("payouts", each.payout)),
                *(each.money, _arrival(each.arrival_date_s), words(each.status)),
                each.items if each.sum_matches is not None else None,
                _adds_up(each),
                each.trace_id,
            )
            for each in report.payouts
        ),
        alarming=frozenset(
            at
            for at, each in enumerate(report.payouts)
            if each.sum_matches is False or each.status in {"failed", "canceled"}
        ),
        left_out=report.left_out.payouts,
        elsewhere="Stripe's Dashboard has all.",
        to=report.page("payouts", from_=report.day.day.isoformat(), to=report.day.day.isoformat()),
    )


def _adds_up(payout: PayoutLine) -> str:
    if payout.sum_matches is None:
        return "awaited" if payout.automatic else "cannot be itemised"
    return "Yes" if payout.sum_matches else "No"


def _arrival(instant_s: int) -> date | None:
    # Stripe gives the day as midnight UTC.
    return day_of(instant_s, "UTC") if instant_s else None


def _at(instant_s: int) -> Moment | None:
    return Moment(instant_s) if instant_s else None
