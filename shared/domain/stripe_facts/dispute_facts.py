"""What is known of a dispute: what moved, and every status that Stripe ever showed.

No status is final. Of 127,332 disputes 727 went from won to lost and 178 the other way
(https://github.com/antiwork/gumroad/pull/6833), so no ranking of statuses tells which
came later. What does tell, in order of precedence:

1. the balance transactions that the object listed beside the status: Stripe only adds to them
2. what Stripe showed when it was asked: only what was reported after that is newer
3. of two rulings, Stripe's time of the events; if even that is equal, whether the money is here
4. a new and later deadline, reported after a ruling: the dispute is open again
5. the ladder below

Each is a maximum, or a union by id, so that the order of arrival decides nothing.
https://docs.stripe.com/api/disputes/object
"""

from collections.abc import Iterable, Mapping
from functools import reduce

from shared.domain.stripe_facts.merge_rules import EITHER, LARGEST, SIGNED, TEXT, Ladder
from shared.domain.stripe_facts.mergeable_facts import Record, UnionById, joined

_INQUIRY = "warning_"
WON, LOST = "won", "lost"
# An inquiry may become a chargeback, a chargeback never an inquiry again.
# https://docs.stripe.com/disputes/how-disputes-work
DISPUTE_STATUSES = Ladder(
    "warning_needs_response",
    "warning_under_review",
    "warning_closed",
    "needs_response",
    "under_review",
    "prevented",
    LOST,
    WON,
    unknown_above="warning_closed",
)
_RULINGS = frozenset({"prevented", LOST, WON})
_WANTS_RESPONSE = frozenset({"warning_needs_response", "needs_response"})
# An event from just before an answer may be newer than it: calls take time, and clocks differ.
ASKED_MARGIN_S = 60


class DisputeSighting(Record, frozen=True):
    """A status that Stripe showed together with a deadline, identified by their values.

    `moved` is the most balance transactions that the object listed then. `told_at_s` is the newest
    event that showed it, `asked_at_s` when we were last answered with it: seconds since 1970, 0 for
    never.
    """

    status: str = joined(TEXT)
    due_by_s: int = joined(LARGEST)
    moved: int = joined(LARGEST)
    told_at_s: int = joined(LARGEST)
    asked_at_s: int = joined(LARGEST)

    @property
    def at_s(self) -> int:
        """When it was last seen, in an event or in an answer."""
        return max(self.told_at_s, self.asked_at_s)


def sighting(
    status: str, *, due_by_s: int = 0, moved: int = 0, told_at_s: int = 0, asked_at_s: int = 0
) -> dict[str, DisputeSighting]:
    """Return a sighting under its key, so that equal sightings merge."""
    seen = DisputeSighting(status, due_by_s, moved, told_at_s, asked_at_s)
    return {f"{status or 'none'}#{due_by_s}": seen}


class DisputeMovement(Record, frozen=True):
    """One balance transaction of a dispute, by its id: negative is withdrawn, positive reinstated.

    `amount_minor` is without the fee and in `currency`, the settlement currency, which need not be
    the charge's; `fee_minor` is positive where Stripe took it and negative where it gave it back.
    https://docs.stripe.com/api/balance_transactions/object
    """

    amount_minor: int = joined(SIGNED)
    fee_minor: int = joined(SIGNED)
    currency: str = joined(TEXT)


class DisputeFacts(Record, frozen=True):
    """One dispute of a charge, by Stripe's dispute id.

    `amount_minor` is not negative, in `currency`; `movements` are its balance transactions by id,
    so that one which is in dispute.created and again in funds_withdrawn counts once;
    `funds_withdrawn` and `funds_reinstated` say that an event of that name came. What `status` and
    `evidence_due_by_s` are follows from all `sightings`.
    """

    amount_minor: int = joined(LARGEST)
    currency: str = joined(TEXT)
    sightings: Mapping[str, DisputeSighting] = joined(UnionById(DisputeSighting))
    reason: str = joined(TEXT)
    created_s: int = joined(LARGEST)
    movements: Mapping[str, DisputeMovement] = joined(UnionById(DisputeMovement))
    funds_withdrawn: bool = joined(EITHER)
    funds_reinstated: bool = joined(EITHER)

    @property
    def status(self) -> str:
        """Stripe's status as far as is known now: a bank's decision can still change."""
        last = _newest(self.sightings.values())
        rulings = [each for each in last if each.status in _RULINGS]
        if not rulings:
            return _highest(last)
        ruling = max(rulings, key=self._weight)
        again = [
            each
            for each in last
            if each.status not in _RULINGS
            and each.due_by_s > ruling.due_by_s > 0
            and each.told_at_s > ruling.at_s
        ]
        return _highest(again) if again else ruling.status

    @property
    def evidence_due_by_s(self) -> int:
        """The deadline that Stripe named last, in seconds since 1970; 0 for none."""
        named = [each for each in self.sightings.values() if each.due_by_s]
        # If two are equally new, the earlier one, so that none is missed.
        last = max(named, key=lambda each: (each.moved, each.at_s, -each.due_by_s), default=None)
        return last.due_by_s if last else 0

    @property
    def rulings(self) -> frozenset[str]:
        """Every decision of the bank that was ever seen."""
        return frozenset(each.status for each in self.sightings.values()) & _RULINGS

    def _weight(self, ruling: DisputeSighting) -> tuple[int, bool, str]:
        taken = max(len(self.withdrawals), int(self.funds_withdrawn))
        returned = max(len(self.reinstatements), int(self.funds_reinstated))
        # Of two rulings at the same second the one that the money agrees with.
        agrees = ruling.status == (LOST if taken > returned else WON)
        return ruling.at_s, agrees, ruling.status

    @property
    def is_inquiry(self) -> bool:
        """Whether the bank is only inquiring: no money moves, and a refund is still possible."""
        return self.status.startswith(_INQUIRY)

    @property
    def is_open_chargeback(self) -> bool:
        """Whether the bank reversed the charge and has not decided; an unknown status is open."""
        return not self.is_inquiry and self.status not in _RULINGS

    @property
    def is_open(self) -> bool:
        """Whether it is still undecided; an inquiry that ended needs nothing any more."""
        return self.status != "warning_closed" if self.is_inquiry else self.is_open_chargeback

    @property
    def wants_response(self) -> bool:
        """Whether the bank is waiting for the business, which submitting evidence ends."""
        return self.status in _WANTS_RESPONSE

    @property
    def is_lost(self) -> bool:
        """Whether the bank decided for the client, as far as is known today."""
        return self.status == LOST

    @property
    def withdrawals(self) -> dict[str, DisputeMovement]:
        """The balance transactions that took money away, by id; one of zero may carry a fee."""
        return {key: each for key, each in self.movements.items() if each.amount_minor <= 0}

    @property
    def reinstatements(self) -> dict[str, DisputeMovement]:
        """The balance transactions that gave money back, by id."""
        return {key: each for key, each in self.movements.items() if each.amount_minor > 0}

    def funds(self, charge_currency: str, charge_captured_minor: int) -> str:
        """Return where the money is, in the contract's words: `withdrawn`, `reinstated`, `none`."""
        if self.outstanding_minor(charge_currency, charge_captured_minor):
            return "withdrawn"
        has_moved = self.funds_withdrawn or self.funds_reinstated or bool(self.movements)
        return "reinstated" if has_moved and not self.is_inquiry else "none"

    def outstanding_minor(self, charge_currency: str, charge_captured_minor: int) -> int:
        """Return what is withdrawn and not reinstated, in the charge's currency, without fees.

        An inquiry moves no money. Where the money moved in another currency than the charge's, a
        partial reinstatement cannot be told from a whole one at another rate: a dispute then counts
        in full until there are as many reinstatements as withdrawals. A dispute that is not in the
        charge's currency either counts as all that the charge took, the most it can cost.
        """
        if self.is_inquiry or not (self.funds_withdrawn or self.withdrawals):
            return 0
        whole_minor = charge_captured_minor
        # Until its charge has come, the dispute's own currency is the best guess.
        if self.currency == (charge_currency or self.currency):
            whole_minor = self.amount_minor
        moved_in = {each.currency for each in self.movements.values()}
        if moved_in <= {charge_currency or self.currency}:
            return min(whole_minor, self._outstanding_same_currency(whole_minor))
        taken = max(1, len(self.withdrawals))
        returned = len(self.reinstatements) or int(self.funds_reinstated)
        return whole_minor if taken > returned else 0

    def _outstanding_same_currency(self, whole_minor: int) -> int:
        taken_minor = [-each.amount_minor for each in self.withdrawals.values()] or [whole_minor]
        returned_minor = sum(each.amount_minor for each in self.reinstatements.values())
        if self.funds_reinstated and not self.reinstatements:
            # Old API versions name the event without its transaction: one withdrawal came back.
            returned_minor = max(taken_minor)
        return max(0, sum(taken_minor) - returned_minor)


def _newest(seen: Iterable[DisputeSighting]) -> list[DisputeSighting]:
    """Return the sightings that may be current: most money moved, none from before an answer."""
    known = list(seen)
    most = max((each.moved for each in known), default=0)
    last = [each for each in known if each.moved == most]
    asked_at_s = max((each.asked_at_s for each in last), default=0)
    if not asked_at_s:
        return last
    return [
        each
        for each in last
        if each.asked_at_s == asked_at_s or each.told_at_s > asked_at_s - ASKED_MARGIN_S
    ]


def _highest(seen: Iterable[DisputeSighting]) -> str:
    return reduce(DISPUTE_STATUSES.join, (each.status for each in seen), "")
