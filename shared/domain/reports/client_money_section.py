"""A report's section on what clients have paid for visits still to come. Pure."""

from collections.abc import Iterator

from shared.domain.money.money import Money
from shared.domain.reports.report import Report
from shared.domain.reports.section import Phrase, Section, sentences

WHY_NEGATIVE = (
    "Less than nothing is held where a refund or a dispute is here and its payment is not."
)


def client_money_section(report: Report) -> Iterator[Section]:
    """Yield the section, unless nothing is known of clients' money."""
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
        to=report.day_page,
        alarming=frozenset(
            at
            for at, (_, money) in enumerate(sorted(report.client_money.items()))
            if money.is_negative
        ),
    )


def _client_money_note(report: Report) -> Phrase:
    """Explain what clients' money is, and why an opening differs from the last report's closing."""
    moneys = sorted((report.client_money or {}).items())
    notes: list[Phrase] = [
        ("Paid for visits that have not begun, fees aside. Used when the visit's time comes.",)
    ]
    for code, money in moneys:
        if money.came_late_minor:
            late = Money(money.came_late_minor, code)
            said = (
                " that came late, or was matched to its booking late: the report before this one "
                "did not have it yet."
            )
            notes.append(("The opening has ", late, said))
    if any(money.is_negative for _, money in moneys):
        notes.append((WHY_NEGATIVE,))
    if report.is_carried_anew:
        said = (
            "What the report before held cannot be read: this is worked out anew from the ledger."
        )
        notes.append((said,))
    return sentences(*notes)
