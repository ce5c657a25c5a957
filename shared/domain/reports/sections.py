"""A report as tables: what every format shows, said once. Pure."""

from collections.abc import Iterator, Mapping
from typing import Any

from shared.domain.ledger.findings import HEALED
from shared.domain.ledger.flows import (
    ADJUSTMENTS,
    DISPUTE_REVERSALS,
    DISPUTES,
    PAYMENTS,
    PAYOUTS,
    REFUND_REVERSALS,
    REFUNDS,
    STRIPE_FEES,
)
from shared.domain.ledger.money_flow import CurrencyFlow
from shared.domain.ledger.reconciliation import Reconciliation
from shared.domain.money.money import Money
from shared.domain.reports.breakdowns import breakdown_sections
from shared.domain.reports.client_money_section import client_money_section
from shared.domain.reports.lists import listed_sections
from shared.domain.reports.purposes import words
from shared.domain.reports.report import Report
from shared.domain.reports.section import Cell, Linked, Phrase, Section, sentences

# How many lines of a list the mail shows; the attached files have all.
MAIL_LINES = 10
FLOW_TITLES = {
    PAYMENTS: "Payments from clients",
    REFUNDS: "Refunds to clients",
    REFUND_REVERSALS: "Returned refunds",
    DISPUTES: "Chargebacks",
    DISPUTE_REVERSALS: "Dispute reversals",
    STRIPE_FEES: "Stripe's fees",
    ADJUSTMENTS: "Other adjustments",
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
        made += breakdown_sections(report, flow)
    made += client_money_section(report)
    return made


def _balances(report: Report) -> Iterator[Section]:
    if not report.balances:
        return
    rows = []
    for each in report.balances:
        flow = report.flow.currencies.get(each.currency) or CurrencyFlow(each.currency)
        difference = each.difference_minor
        code = each.currency
        rows.append(
            (
                code.upper(),
                Money(each.opening_minor, code),
                Linked(Money(flow.net_minor, code), report.entries_page()),
                Linked(Money(flow.payouts.amount_minor, code), report.entries_page(flow=PAYOUTS)),
                Money(each.closing_minor, code),
                "not compared" if difference is None else Money(difference, code),
            )
        )
    closing = "Closing" if report.final else "Now"
    yield Section(
        "balance",
        "Stripe balance",
        ("Currency", "Opening", "Activity", "Payouts", closing, "Difference from Stripe"),
        tuple(rows),
        note=(
            (
                "Opening + activity + payouts (money to your bank is negative) = closing. "
                "The difference is Stripe's balance minus ours: it must be zero."
            ),
        ),
        to=report.day_page,
        alarming=frozenset(at for at, each in enumerate(report.balances) if each.difference_minor),
    )


def _flows(report: Report, flow: CurrencyFlow) -> Section:
    code = flow.currency
    rows: list[tuple[Cell, ...]] = [
        (
            *(FLOW_TITLES[name], each.count),
            Linked(Money(each.amount_minor, code), report.entries_page(flow=name)),
        )
        for name, each in flow.flows.items()
        if each.count or name in {PAYMENTS, REFUNDS, STRIPE_FEES}
    ]
    net = Linked(Money(flow.net_minor, code), report.day_page)
    rows.append(("Net, added to the Stripe balance", None, net))
    if flow.payouts.count:
        paid_out = Linked(Money(flow.payouts.amount_minor, code), report.entries_page(flow=PAYOUTS))
        rows.append(("Paid out to the bank", flow.payouts.count, paid_out))
    return Section(
        f"flow-{code}",
        f"What moved in {code.upper()}",
        ("", "Number", "Amount"),
        tuple(rows),
        note=_flow_note(report, flow),
        to=report.day_page,
    )


def _flow_note(report: Report, flow: CurrencyFlow) -> Phrase:
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
    return sentences(*notes)


def _differences(report: Report) -> Iterator[Section]:
    found = report.reconciliation
    rows: list[tuple[Cell, ...]] = []
    for where, items in (
        ("At Stripe, not here", found.missing_here),
        ("Here, not at Stripe", found.missing_at_stripe),
        ("Figures differ", found.differing),
    ):
        rows += [(where, *_difference(report, item)) for item in items]
    if rows or found.healed:
        yield Section(
            "differences",
            "Differences from Stripe" if rows else "Compared with Stripe",
            ("Where", "What", "Booking", "At Stripe", "Here", "Why"),
            tuple(rows),
            note=_differences_note(found),
            alarming=frozenset(range(len(rows))),
            left_out=sum(number for kind, number in found.left_off.items() if kind != HEALED),
            elsewhere="they follow as these are settled.",
            to=report.day_page,
        )


def _differences_note(found: Reconciliation) -> Phrase:
    if not found.healed:
        return ()
    number = len(found.healed) + found.left_off.get(HEALED, 0)
    told = "one movement" if number == 1 else f"{number:,} movements"
    return (f"Stripe's events about {told} did not arrive: this was fetched from Stripe instead.",)


def _difference(report: Report, item: Mapping[str, Any]) -> tuple[Cell, ...]:
    what = [words(str(item.get("category") or "")), str(item.get("object") or "")]
    return (
        " ".join(each for each in what if each),
        report.visit(item.get("booking_id")),
        _side(item.get("stripe")),
        _side(item.get("here")),
        item.get("why"),
    )


def _side(told: Mapping[str, Any] | None) -> Phrase:
    """Return one side's figures for a movement, as words: these amounts must not be added up."""
    if not told:
        return ("nothing",)
    amount = Money(told["amount"], told["currency"])
    if told.get("fee") is None:
        return (amount,)
    return (amount, ", fee ", Money(-told["fee"], told["currency"]))
