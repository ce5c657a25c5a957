"""Clients' money, worked out a second time: what is paid for visits that have not begun.

Standard library and the oracle only; sums are ints in the minor unit of their currency.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from tests.truth import oracle
from tests.truth.oracle import Movement, Register


@dataclass(frozen=True)
class ClientFigures:
    """Clients' money of a stretch, in one currency."""

    opening: int
    received: int
    used: int
    refunded: int
    closing: int


class ClientMoney:
    """What clients have paid for visits that have not begun."""

    def __init__(self, known: Iterable[Movement], register: Register) -> None:
        self._prepaid: list[tuple[Movement, int]] = []
        for each in known:
            visit = register.visits.get(each.booking)
            begins_s = visit.begins_s if visit else None
            counts = each.flow not in {oracle.PAYOUTS, oracle.FEES, oracle.ADJUSTMENTS}
            if begins_s is not None and each.at_s < begins_s and counts:
                self._prepaid.append((each, begins_s))

    def held(self, at_s: int) -> dict[str, int]:
        """Return what is held right before an instant, by currency; 0 is left out."""
        found: dict[str, int] = {}
        for each, begins_s in self._prepaid:
            if each.at_s < at_s <= begins_s:
                found[each.currency] = found.get(each.currency, 0) + each.gross
        return {code: amount for code, amount in found.items() if amount}

    def over(self, start_s: int, end_s: int) -> dict[str, ClientFigures]:
        """Return each currency's change over a stretch; one without any is left out."""
        opening, closing = self.held(start_s), self.held(end_s)
        found = {}
        for code in {each.currency for each, _ in self._prepaid}:
            of_it = [(each, visit_s) for each, visit_s in self._prepaid if each.currency == code]
            came = [each for each, _ in of_it if start_s <= each.at_s < end_s]
            figures = ClientFigures(
                opening=opening.get(code, 0),
                received=sum(each.gross for each in came if each.flow == oracle.PAYMENTS),
                used=sum(each.gross for each, visit_s in of_it if start_s <= visit_s < end_s),
                refunded=-sum(each.gross for each in came if each.flow != oracle.PAYMENTS),
                closing=closing.get(code, 0),
            )
            if figures != ClientFigures(0, 0, 0, 0, 0):
                found[code] = figures
        return found
