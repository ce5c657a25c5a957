"""A report's breakdowns: by Stripe's category, by purpose, by service, by employee. Pure."""

from collections.abc import Iterator, Mapping
from copy import replace

from shared.domain.ledger.flows import Share, Sums
from shared.domain.ledger.money_flow import MAX_LINES, UNASSIGNED, CurrencyFlow
from shared.domain.money.money import Money
from shared.domain.reports.purposes import PURPOSE_TITLES, words
from shared.domain.reports.report import Report
from shared.domain.reports.section import Cell, Linked, Phrase, Section, sentences


def category_section(flow: CurrencyFlow, entries: str, to: str) -> Section:
    """Return one currency's sums by category; `entries` and `to` are pages of the console."""
    code = flow.currency
    whole = Sums()
    rows = []
    for category, sums in sorted(flow.by_category.items()):
        whole.merge(sums)
        rows.append((words(category), sums.count, *_category(sums, code)))
    return Section(
        f"categories-{code}",
        f"By Stripe's reporting category, {code.upper()}",
        ("Category", "Number", "Gross", "Fee", "Net"),
        tuple(rows),
        total=(Linked("Total, payouts included", entries), whole.count, *_category(whole, code)),
        to=to,
        alarming=frozenset(
            at
            for at, category in enumerate(sorted(flow.by_category))
            if category in flow.unknown_categories
        ),
    )


def breakdown_sections(report: Report, flow: CurrencyFlow) -> Iterator[Section]:
    """Yield one currency's breakdowns, each with its total."""
    yield category_section(flow, report.entries_page(), report.day_page)
    for section, title, titles in (
        ("by_purpose", "By purpose", PURPOSE_TITLES),
        ("by_service", "By service", {**report.names, UNASSIGNED: "No service"}),
        ("by_employee", "By employee", {**report.names, UNASSIGNED: "No employee"}),
    ):
        shares = flow.shares(section)
        if shares:
            whole_title = f"{title}, {flow.currency.upper()}"
            made = _share_section(flow, section, whole_title, shares, titles)
            yield replace(made, to=report.day_page)


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
    notes: list[Phrase] = []
    if flow.account_fees_minor:
        end = " that Stripe took for the account, split pro rata of payments."
        notes.append(("Fees hold ", Money(flow.account_fees_minor, code), end))
    if folded := flow.folded.get(section):
        entries = "entry" if folded == 1 else "entries"
        said = f"{folded:,} {entries} beyond the first {MAX_LINES:,} lines are in the line "
        notes.append((f'{said}"{titles[UNASSIGNED]}"; the CSV file has each under its own.',))
    return Section(
        f"{section.replace('_', '-')}-{code}",
        title,
        ("", "Payments", "Gross", "Refunds", "Disputes", "Other", "Fees", "Net"),
        tuple((titles.get(key, key), *_share(share, code)) for key, share in shares),
        total=("Total", *_share(whole, code)),
        note=sentences(*notes),
        in_mail=section == "by_purpose",
    )


def _category(sums: Sums, currency: str) -> tuple[Cell, ...]:
    return tuple(
        Money(amount, currency) for amount in (sums.gross_minor, -sums.fee_minor, sums.net_minor)
    )


def _share(share: Share, currency: str) -> tuple[Cell, ...]:
    amounts = (
        *(share.payments_minor, share.refunds_minor, share.disputes_minor),
        *(share.adjustments_minor, share.fees_minor, share.net_minor),
    )
    return (share.count, *(Money(amount, currency) for amount in amounts))
