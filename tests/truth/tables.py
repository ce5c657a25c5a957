"""The report's tables as a reader is to find them, of the oracle's figures. Standard library only.

A cell is a text, a number, an `Amount`, a `date`, nothing, or `ANY` where the oracle says nothing.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from tests.truth import oracle
from tests.truth.oracle import CurrencyFigures, Movement

ANY = object()
FLOW_NAMES = {
    oracle.PAYMENTS: "Payments from clients",
    oracle.REFUNDS: "Refunds to clients",
    oracle.REFUND_REVERSALS: "Returned refunds",
    oracle.DISPUTES: "Chargebacks",
    oracle.DISPUTE_REVERSALS: "Dispute reversals",
    oracle.FEES: "Stripe's fees",
    oracle.ADJUSTMENTS: "Other adjustments",
}
ALWAYS = {oracle.PAYMENTS, oracle.REFUNDS, oracle.FEES}
PURPOSES = {
    "prepayment": "Paid in full online",
    "deposit": "Deposit",
    "balance": "Balance after a deposit",
    "visit_link": "Payment link for a visit",
    "": "No booking",
}
# What a mail has no room for.
NOT_IN_MAIL = ("By service", "By employee")
# How many rows of a table a mail shows.
MAIL_ROWS = 10
# Titles of what the oracle says nothing about. A new table is in a history's right tables, or here.
NOT_JUDGED = {
    "Compared with Stripe",
    "Differences from Stripe",
    "Days already reported",
    "Disputes and inquiries",
    "Held on clients' cards, not captured yet",
    "Needs action",
    "Payouts to the bank",
    "Refunds",
}
TOTALS = ("By Stripe's", "By purpose", "By service", "By employee")


@dataclass(frozen=True)
class Amount:
    """A sum in the minor unit of its currency."""

    minor: int
    currency: str


@dataclass(frozen=True)
class Booked:
    """A cell that leads to a booking; `text` is what it says, `ANY` where the oracle is silent."""

    booking: str
    text: Any = ANY


type Row = tuple[Any, ...]
type Tables = dict[str, list[Row]]


def currency_tables(code: str, of: CurrencyFigures, names: Mapping[str, str]) -> Tables:
    """Return one currency's tables, by title."""
    upper = code.upper()
    moved: list[Row] = [
        (FLOW_NAMES[name], count, Amount(amount, code))
        for name, (count, amount) in of.flows.items()
        if count or name in ALWAYS
    ]
    moved.append(("Net, added to the Stripe balance", None, Amount(of.net, code)))
    if of.payouts[0]:
        moved.append(("Paid out to the bank", of.payouts[0], Amount(of.payouts[1], code)))
    found: Tables = {f"What moved in {upper}": moved}
    rows: list[Row] = [
        (name.replace("_", " "), count, *_signed(sums, code))
        for name, (count, *sums) in sorted(of.categories.items())
    ]
    whole = [sum(each[at] for each in of.categories.values()) for at in range(4)]
    rows.append(("Total, payouts included", whole[0], *_signed(whole[1:], code)))
    found[f"By Stripe's reporting category, {upper}"] = rows
    for title, shares, called in (
        ("By purpose", of.purposes, PURPOSES),
        ("By service", of.services, {**names, "": "No service"}),
        ("By employee", of.employees, {**names, "": "No employee"}),
    ):
        if shares:
            lines = [(called[key], *_share(share, code)) for key, share in shares.items()]
            total = {part: sum(each[part] for each in shares.values()) for part in oracle.SHARE}
            found[f"{title}, {upper}"] = [*lines, ("Total", *_share(total, code))]
    return found


def _signed(sums: Iterable[int], code: str) -> Row:
    """Return gross, fee and net as documents have them: what a fee takes is below zero."""
    gross, fee, net = sums
    return Amount(gross, code), Amount(-fee, code), Amount(net, code)


def _share(share: Mapping[str, int], code: str) -> Row:
    return (share["count"], *(Amount(share[part], code) for part in oracle.SHARE[1:]))


def balance_table(
    moved: Mapping[str, CurrencyFigures], opening: Mapping[str, int], closing: Mapping[str, int]
) -> Tables:
    """Return the table of the Stripe balance; a currency without money has no row."""
    rows: list[Row] = []
    for code in sorted(moved.keys() | opening.keys() | closing.keys()):
        of = moved.get(code)
        amounts = (opening.get(code, 0), of.net if of else 0, of.payouts[1] if of else 0)
        parts = [Amount(each, code) for each in (*amounts, closing.get(code, 0))]
        rows.append((code.upper(), *parts, ANY))
    return {"Stripe balance": rows} if rows else {}


def client_table(money: Mapping[str, Mapping[str, int]]) -> Tables:
    """Return the table of clients' money."""
    rows: list[Row] = []
    for code, each in sorted(money.items()):
        amounts = (each["opening"], each["received"], -each["used"], -each["refunded"])
        rows.append((code.upper(), *(Amount(a, code) for a in (*amounts, each["closing"]))))
    return {"Clients' money not yet earned": rows} if rows else {}


def correction_tables(
    late: Iterable[tuple[date, Movement]],
    sums: Mapping[tuple[str, str], Mapping[str, int]],
    names: Mapping[str, str],
) -> Tables:
    """Return the tables of what came late, the first first."""
    in_order = sorted(late, key=lambda each: (each[0], each[1].at_s, each[1].name))
    if not in_order:
        return {}
    days: list[Row] = [
        (
            date.fromisoformat(day),
            each["count"],
            *_signed((each["gross"], each["fee"], each["net"]), code),
        )
        for (day, code), each in sorted(sums.items())
    ]
    rows: list[Row] = [
        (
            day,
            each.name,
            each.category.replace("_", " "),
            _whose(each, names),
            *_signed((each.gross, each.fee, each.net), each.currency),
        )
        for day, each in in_order
    ]
    found: Tables = {"Corrections of days already reported": rows}
    if days:
        found["Days already reported, corrected"] = days
    return found


CAME_LATE = "that came late, or was matched to its booking late"


def came_late(money: Mapping[str, Mapping[str, int]]) -> list[str]:
    """Return what is said of openings that have more than the report before closed with."""
    return [
        f"The opening has {in_german(each['came_late'], code)} {CAME_LATE}"
        for code, each in sorted(money.items())
        if each["came_late"]
    ]


SIGNS = {"eur": "\u20ac", "usd": "$", "gbp": "\u00a3", "jpy": "\u00a5"}


def in_german(minor: int, code: str) -> str:
    """Return a sum as a German text has it, all spaces single ones."""
    decimals = {"jpy": 0, "kwd": 3}.get(code, 2)
    if code == "isk" and minor % 100 == 0:
        minor, decimals = minor // 100, 0
    text = f"{Decimal(minor).scaleb(-decimals):,.{decimals}f}"
    text = text.translate(str.maketrans(",.", ".,"))
    return f"{text} {SIGNS.get(code, code.upper())}"


NOT_LISTED = "not listed here: the lines of the CSV file have all."


def remainder(number: int) -> list[str]:
    """Return what is said of a list of refunds that leaves some out."""
    if not number:
        return []
    return [f"One more is {NOT_LISTED}" if number == 1 else f"{number:,} more are {NOT_LISTED}"]


def reattribution_table(
    anew: Iterable[tuple[date, Movement, Movement]], names: Mapping[str, str]
) -> Tables:
    """Return the table of what belongs to another booking than a report had said."""
    rows: list[Row] = [
        (
            *(day, now.name, now.category.replace("_", " "), Amount(now.net, now.currency)),
            *(_whose(before, names), _whose(now, names)),
        )
        for day, before, now in sorted(anew, key=lambda each: (each[0], each[2].at_s, each[2].name))
    ]
    return {"Days already reported, with a new breakdown": rows} if rows else {}


def _whose(each: Movement, names: Mapping[str, str]) -> str | Booked:
    if not each.booking:
        return "no booking"
    purpose = PURPOSES[each.purpose] if each.purpose else ""
    known = (purpose, names.get(each.service, ""), names.get(each.employee, ""))
    return Booked(each.booking, ", ".join(part for part in known if part))


def refund_table(refunds: Iterable[Movement]) -> Tables:
    """Return the table of refunds and of those that came back."""
    rows: list[Row] = [
        (
            ANY,
            each.booking and Booked(each.booking),
            Amount(-each.gross, each.currency),
            ANY,
            ANY,
            ANY,
            each.source,
        )
        for each in refunds
    ]
    return {"Refunds": rows} if rows else {}


def in_mail(tables: Tables) -> Tables:
    """Return what a mail shows of the tables: the first rows, and each total."""
    found: Tables = {}
    for title, rows in tables.items():
        if title.startswith(NOT_IN_MAIL):
            continue
        totals = rows[-1:] if title.startswith(TOTALS) else []
        found[title] = [*rows[: len(rows) - len(totals)][:MAIL_ROWS], *totals]
    return found
