"""What clients, banks and Stripe do in a random history, one thing at a time."""

import random
from typing import Any

from infra.local.stripe_simulator import disputing, exchange, paying_out, refunding
from infra.local.stripe_simulator.errors import StripeError
from infra.local.stripe_simulator.state import change_metadata
from tests.truth.oracle import Visit
from tests.truth.world import EMPLOYEES, SERVICES, World

HOUR_S, MINUTE_S = 3600, 60
# A currency and about what a visit costs in its minor unit, and what it has to be a multiple of.
CURRENCIES = {"eur": (5000, 1), "gbp": (4500, 1), "jpy": (8000, 1), "kwd": (15_000, 10)}
CURRENCIES |= {"isk": (700_000, 100), "usd": (5500, 1)}
PENDING_CARD, AT_ONCE_CARD, FAILING_REFUND_CARD = (
    *("4242424242424242", "4000000000000077"),
    "4000000000005126",
)
# Movements that only Stripe makes: type, reporting category.
ODD = (
    *(("stripe_fee", "fee"),) * 4,
    *(("network_cost", "network_cost"), ("adjustment", "other_adjustment")),
    *(("tax_fee", "tax"), ("topup", "topup"), ("advance", "advance"), ("brand_new", "brand_new")),
    *(("payout_minimum_balance_hold",) * 2, ("payout_minimum_balance_release",) * 2),
    *(("payout_fee_of_a_new_kind", "payout"), ("payout_cancel", "payout_reversal")),
)
PURPOSES = ("prepayment", "deposit", "visit_link")


class Acts:
    """Does by chance what may be done in a world; `currencies` are those that are charged in."""

    def __init__(
        self, world: World, chance: random.Random, currencies: list[str], *, are_lists_late: bool
    ) -> None:
        self.world, self.chance, self.currencies = world, chance, currencies
        self.are_lists_late = are_lists_late
        self.charges: list[dict[str, Any]] = []
        # Payment intents of which the amount is held, or was.
        self.held: list[dict[str, Any]] = []
        self.bookings = 0

    def act(self) -> None:
        acts = [self.pay] * 8 + [self._refund] * 5 + [self._fail_refund] * 2 + [self._dispute] * 2
        acts += [self._close_dispute] * 2 + [self._pay_out, self._fail_payout, self._odd, self._odd]
        acts += [self._reserve, self._claim, self._hold, self._end_hold]
        known = len(self.world.stripe.objects("balance_transaction"))
        try:
            self.chance.choice(acts if self.charges else [self.pay])()
        except StripeError:
            # Stripe refuses what may well be drawn; the report is right whatever came of it.
            return
        finally:
            self._list_late(known)

    def _list_late(self, known: int) -> None:
        if not self.are_lists_late or self.chance.random() > 0.15:
            return
        # A capture's movement comes a second after it.
        self.world.advance_to(self.world.now_s() + 2)
        # What one act moves is listed at once: both sides of a reserve, for the balance that Stripe
        # tells has one of them alone.
        late_s = self.chance.choice([20 * MINUTE_S, 2 * HOUR_S, 9 * HOUR_S, 30 * HOUR_S])
        for each in self.world.stripe.objects("balance_transaction")[known:]:
            # No payout takes what is not there yet.
            self.world.stripe.account.hidden.setdefault(each["id"], {}).setdefault("payout", "none")
            self.world.stripe.listed_from_s[each["id"]] = self.world.now_s() + late_s

    def pay(self) -> None:
        chance, world = self.chance, self.world
        currency = chance.choice(self.currencies)
        about, step = CURRENCIES[currency]
        amount = chance.randint(about // 10, about * 3) // step * step
        card = chance.choice([PENDING_CARD, AT_ONCE_CARD, AT_ONCE_CARD, FAILING_REFUND_CARD])
        name, purpose = self._booking(amount, currency)
        metadata = {"location_id": "demo", "booking_id": name, "purpose": purpose} if name else {}
        captured = amount * chance.randint(3, 9) // 10 // step * step
        is_part = chance.random() < 0.15
        charge = world.stripe.pay(amount, currency, card, metadata, captured if is_part else 0)
        self.charges.append(charge)
        if name:
            world.register.payments[charge["id"]] = (name, purpose)

    def _claim(self) -> None:
        """Say of a payment that was none of ours what it was for."""
        world = self.world
        ours = world.register.payments.keys() | world.register.claimed.keys()
        others = [each for each in self.charges if each["id"] not in ours]
        if not others:
            return
        charge = self.chance.choice(others)
        self._make_booking(name := self._new_name(), charge["amount"], charge["currency"])
        told = {"location_id": "demo", "booking_id": name, "purpose": "prepayment"}
        world.register.claimed[charge["id"]] = (name, "prepayment")
        previous = change_metadata(charge, told)
        world.stripe.account.record_event("charge.updated", charge, previous)

    def _new_name(self) -> str:
        self.bookings += 1
        return f"bk_{self.bookings}"

    def _booking(self, amount: int, currency: str) -> tuple[str, str]:
        """Make a booking, take an older one for its rest, or none for what is not ours."""
        chance, world = self.chance, self.world
        kind = chance.random()
        if kind < 0.15:
            return "", ""
        older = [
            name for name, visit in world.register.visits.items() if visit.currency == currency
        ]
        if older and kind < 0.3:
            return chance.choice(older), "balance"
        self._make_booking(name := self._new_name(), amount, currency)
        return name, chance.choice(PURPOSES)

    def _make_booking(self, name: str, amount: int, currency: str) -> None:
        chance = self.chance
        begins_s = self.world.now_s() + chance.choice([-2, 5, 20, 40, 70, 400]) * HOUR_S
        visit = Visit(
            service=chance.choice(sorted(SERVICES)),
            employee=chance.choice(sorted(EMPLOYEES)),
            begins_s=None if chance.random() < 0.1 else begins_s,
            price=max(amount, 1),
            currency=currency,
        )
        self.world.book(name, visit)

    def _hold(self) -> None:
        """Let a client's bank hold the price of a new booking."""
        currency = self.chance.choice(self.currencies)
        about, step = CURRENCIES[currency]
        amount = self.chance.randint(about // 10, about * 3) // step * step
        self._make_booking(name := self._new_name(), amount, currency)
        metadata = {"location_id": "demo", "booking_id": name, "purpose": "prepayment"}
        intent = self.world.stripe.hold(amount, currency, PENDING_CARD, metadata)
        self.held.append(intent)
        self.world.register.payments[intent["latest_charge"]] = (name, "prepayment")

    def _end_hold(self) -> None:
        """Take what is held, or release it."""
        if not self.held:
            return
        intent = self.chance.choice(self.held)
        if self.chance.random() < 0.5:
            self.world.stripe.release(intent)
        else:
            self.charges.append(self.world.stripe.take(intent))

    def _refund(self) -> None:
        charge = self._some_charge()
        left = charge["amount_captured"] - charge["amount_refunded"]
        _, step = CURRENCIES[charge["currency"]]
        part = self.chance.choice([left, left * self.chance.randint(1, 9) // 10])
        if part // step > 0:
            self.world.stripe.refund(charge, part // step * step)

    def _fail_refund(self) -> None:
        refunds = self.world.stripe.objects("refund")
        if refunds:
            refunding.fail(self.world.stripe.account, self.chance.choice(refunds), "unknown")

    def _dispute(self) -> None:
        self.world.stripe.dispute(self._some_charge(), None, inquiry=self.chance.random() < 0.2)

    def _close_dispute(self) -> None:
        disputes = self.world.stripe.objects("dispute")
        if disputes:
            account, chosen = self.world.stripe.account, self.chance.choice(disputes)
            ends = self.chance.choice(["won", "lost", "warning_closed", "escalated"])
            if ends != "escalated":
                disputing.close(account, chosen, ends)
            elif chosen["status"] in disputing.INQUIRIES:
                disputing._escalate(account, chosen)

    def _pay_out(self) -> None:
        account = self.world.stripe.account
        currency = self.chance.choice(account.settles_in)
        _, step = CURRENCIES[currency]
        amount = self.chance.randint(step, CURRENCIES[currency][0]) // step * step
        paying_out.create(account, amount=amount, currency=currency)

    def _fail_payout(self) -> None:
        payouts = self.world.stripe.objects("payout")
        if payouts:
            chosen = self.chance.choice(payouts)
            paying_out.fail(self.world.stripe.account, chosen, "account_closed")

    def _odd(self) -> None:
        chance = self.chance
        if self.charges and chance.random() < 0.3:
            self._take_back()
            return
        kind, category = chance.choice(ODD)
        currency = chance.choice([self.world.stripe.account.settings.currency] * 4 + ["chf"])
        about = chance.randint(1, 9) * 100
        self.world.stripe.move(
            *(kind, category, chance.choice([-1, -1, 1]) * about),
            fee=chance.choice([0, 0, 10]),
            currency=currency,
        )

    def _take_back(self) -> None:
        """Take a part of a charge back, without a refund."""
        charge = self._some_charge()
        _, step = CURRENCIES[charge["currency"]]
        kind = self.chance.choice(
            [("refund", "partial_capture_reversal"), ("payment_failure_refund", "charge_failure")]
        )
        amount = max(step, charge["amount_captured"] // 5 // step * step)
        moved = exchange.settle(self.world.stripe.account, -amount, charge["currency"])
        self.world.stripe.move(*kind, moved.amount, currency=moved.currency, source=charge)

    def _reserve(self) -> None:
        amount = self.chance.randint(1, 9) * 100
        for sign, balance in ((-1, "payments"), (1, "risk_reserved")):
            self.world.stripe.move(
                "reserve_hold", "risk_reserved_funds", sign * amount, balance=balance
            )

    def take_many_back(self, number: int) -> None:
        """Let so many clients of another program pay, and give each of them a little back."""
        currency = self.currencies[0]
        about, _ = CURRENCIES[currency]
        for _ in range(number):
            charge = self.world.stripe.pay(about, currency, AT_ONCE_CARD, {})
            self.world.advance_to(self.world.now_s() + 2)
            self.world.stripe.refund(charge, about // 50)

    def _some_charge(self) -> dict[str, Any]:
        return self.chance.choice(self.charges[-12:])
