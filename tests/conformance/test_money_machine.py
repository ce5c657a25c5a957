"""Random calls, legal and illegal, against the core without HTTP: the books balance after each."""

import contextlib
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from copy import replace
from typing import Any, ClassVar

import pytest
from hypothesis import HealthCheck, Phase, settings, strategies
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from infra.local.stripe_simulator import (
    disputing,
    exchange,
    ledger,
    params,
    paying_out,
    refunding,
)
from infra.local.stripe_simulator.api import EXPAND, Call
from infra.local.stripe_simulator.clock import Clock
from infra.local.stripe_simulator.errors import StripeError, StripeObject
from infra.local.stripe_simulator.expansion import expanded
from infra.local.stripe_simulator.fees import Fee
from infra.local.stripe_simulator.ids import Ids
from infra.local.stripe_simulator.resources.account import settle_in
from infra.local.stripe_simulator.resources.registry import OPERATIONS
from infra.local.stripe_simulator.settings import Settings
from infra.local.stripe_simulator.state import Account
from tests.conformance.checks import check
from tests.conformance.tally import TALLY

pytestmark = pytest.mark.usefixtures("simulator_only")
START = 1_795_372_392
DAY_S = 86_400
CARDS = (
    "visa",
    "de",
    "bypassPending",
    "visa_chargeDeclined",
    "createDispute",
    "createDisputeInquiry",
    "createMultipleDisputes",
    "pendingRefund",
    "refundFail",
)
TEXTS = ("winning_evidence", "losing_evidence", "escalate_inquiry_evidence", "we did cut the hair")
any_number = strategies.integers(0, 8)
own_currencies = strategies.sampled_from(["eur", "usd", "jpy"])
bank_accounts = strategies.sampled_from([["eur", "usd", "jpy"], ["eur", "usd"], ["jpy"], []])
amounts = strategies.one_of(
    strategies.none(), strategies.sampled_from([1, 50, 999, 2450, 4000, 100_000])
)


class Money(RuleBasedStateMachine):
    """An account with its clock in the machine's hand."""

    made: ClassVar[Counter[str]] = Counter()

    @initialize(default=own_currencies, beside=bank_accounts)
    def open_account(self, default: str, beside: list[str]) -> None:
        chosen = Settings(
            secret_key="sk_test_machine",
            publishable_key="pk_test_machine",
            public_url="http://127.0.0.1:9",
            seed=7,
            currency=default,
        )
        self.account = Account(chosen, Clock(lambda: float(START)), Ids(7))
        self.settle_in(beside)
        refunding.watch(self.account)
        paying_out.schedule_daily(self.account)
        self.events_checked = 0
        # Something to act on from the start, so few steps are wasted on what is not there.
        for card, currency, how in (
            ("visa", "eur", "automatic"),
            ("refundFail", "usd", "automatic"),
            ("de", "eur", "manual"),
            ("createDispute", "usd", "automatic"),
        ):
            self.pay(4900, currency, card, how)
        self.wait(2)

    def call(self, method: str, path: str, **raw: Any) -> StripeObject:
        """Make one call as the API does: declared parameters, execution, expansion."""
        Money.made["reads" if method == "GET" else "calls"] += 1
        for operation in OPERATIONS:
            ids = operation.match(method, path)
            if ids is not None:
                break
        else:
            pytest.fail(f"no operation {method} {path}")
        self.account.clock.run_due()
        sent = params.fields({**EXPAND, **operation.params}, raw)
        done = operation.handle(Call(self.account, sent, ids, path))
        answered = expanded(self.account, done, sent.get("expand", []))
        check(answered)
        return answered

    @contextlib.contextmanager
    def an_order(self) -> Iterator[None]:
        """What a bank or Stripe does by a control call; it may be refused."""
        Money.made["calls"] += 1
        with contextlib.suppress(StripeError):
            yield

    def all_of(self, path: str, **raw: Any) -> list[StripeObject]:
        """Read a whole list by its pages."""
        found: list[StripeObject] = []
        while True:
            cursor = {"starting_after": found[-1]["id"]} if found else {}
            page = self.call("GET", path, limit="100", **cursor, **raw)
            found += page["data"]
            if not page["has_more"]:
                return found

    def some(self, kind: str, number: int) -> str:
        ids = list(self.account.objects.get(kind, {}))
        return ids[number % len(ids)] if ids else f"{kind}_none"

    def attempt(self, method: str, path: str, **raw: Any) -> None:
        """Call; a refusal must leave the books as they were."""
        before = self.account.objects.get("balance_transaction", {}).copy()
        try:
            self.call(method, path, **raw)
        except StripeError as refused:
            refusal = refused
        else:
            return
        # A decline is a refusal too, and makes events and a charge, but moves no money.
        assert refusal.status in {400, 402, 404}, refusal
        assert self.account.objects.get("balance_transaction", {}) == before

    @rule(
        amount=strategies.sampled_from([10, 4900, 12_300, 123_400]),
        currency=strategies.sampled_from(["eur", "usd", "jpy", "kwd", "isk"]),
        card=strategies.sampled_from(CARDS),
        how=strategies.sampled_from(["automatic", "automatic_async", "manual"]),
    )
    def pay(self, amount: int, currency: str, card: str, how: str) -> None:
        self.attempt(
            "POST",
            "/v1/payment_intents",
            amount=str(amount),
            currency=currency,
            payment_method=f"pm_card_{card}",
            capture_method=how,
            confirm="true",
        )

    @rule(number=any_number, amount=amounts)
    def capture(self, number: int, amount: int | None) -> None:
        raw = {} if amount is None else {"amount_to_capture": str(amount)}
        intent = self.some("payment_intent", number)
        self.attempt("POST", f"/v1/payment_intents/{intent}/capture", **raw)

    @rule(number=any_number)
    def cancel(self, number: int) -> None:
        intent = self.some("payment_intent", number)
        self.attempt("POST", f"/v1/payment_intents/{intent}/cancel")

    @rule(number=any_number, parts=strategies.lists(amounts, min_size=1, max_size=3))
    def refund(self, number: int, parts: list[int | None]) -> None:
        for amount in parts:
            raw = {} if amount is None else {"amount": str(amount)}
            self.attempt("POST", "/v1/refunds", charge=self.some("charge", number), **raw)

    @precondition(lambda self: self.account.objects.get("charge"))
    @rule(number=any_number, over=strategies.sampled_from([1, 100, 1000]))
    def refund_over_the_rest(self, number: int, over: int) -> None:
        charge = self.account.get("charge", self.some("charge", number))
        amount = charge["amount_captured"] - charge["amount_refunded"] + over
        with pytest.raises(StripeError):
            self.call("POST", "/v1/refunds", charge=charge["id"], amount=str(amount))

    @precondition(lambda self: self.account.objects.get("refund"))
    @rule(number=any_number, cancels=strategies.booleans())
    def end_refund(self, number: int, cancels: bool) -> None:
        refund = self.account.get("refund", self.some("refund", number))
        with self.an_order():
            if cancels:
                refunding.cancel(self.account, refund, ("pending",))
            else:
                refunding.fail(self.account, refund, "unknown")

    @precondition(lambda self: self.account.objects.get("charge"))
    @rule(number=any_number, amount=amounts, inquiry=strategies.booleans())
    def dispute(self, number: int, amount: int | None, inquiry: bool) -> None:
        charge = self.account.get("charge", self.some("charge", number))
        with self.an_order():
            disputing.open_dispute(self.account, charge, "general", amount, inquiry=inquiry)

    @rule(number=any_number, text=strategies.sampled_from(TEXTS))
    def answer_dispute(self, number: int, text: str) -> None:
        path = f"/v1/disputes/{self.some('dispute', number)}"
        self.attempt("POST", path, evidence={"uncategorized_text": text})

    @rule(number=any_number)
    def give_dispute_up(self, number: int) -> None:
        self.attempt("POST", f"/v1/disputes/{self.some('dispute', number)}/close")

    @precondition(lambda self: self.account.objects.get("dispute"))
    @rule(number=any_number, status=strategies.sampled_from(["won", "lost", "warning_closed"]))
    def decide_dispute(self, number: int, status: str) -> None:
        with self.an_order():
            dispute = self.account.get("dispute", self.some("dispute", number))
            disputing.close(self.account, dispute, status)

    @rule(beside=bank_accounts)
    def settle_in(self, beside: list[str]) -> None:
        """Bank accounts come and go; the default currency's stays."""
        settle_in(self.account, beside)

    @rule(amount=strategies.sampled_from([1, 500, 4000]), currency=own_currencies)
    def pay_out_by_hand(self, amount: int, currency: str) -> None:
        self.attempt("POST", "/v1/payouts", amount=str(amount), currency=currency)

    @rule(instant=strategies.booleans(), number=any_number)
    def pay_out(self, instant: bool, number: int) -> None:
        currencies = self.account.settles_in
        currency = currencies[number % len(currencies)]
        paying_out.pay_out_automatically(self.account, currency, with_pending=instant, quickly=True)

    @precondition(lambda self: self.account.objects.get("payout"))
    @rule(number=any_number, cancels=strategies.booleans())
    def end_payout(self, number: int, cancels: bool) -> None:
        payout = self.account.get("payout", self.some("payout", number))
        with self.an_order():
            if cancels:
                paying_out.cancel(self.account, payout)
            else:
                paying_out.fail(self.account, payout, "declined")

    @rule(seconds=strategies.sampled_from([1, 2, 5, 3600, DAY_S, 6 * DAY_S, 10 * DAY_S]))
    def wait(self, seconds: int) -> None:
        self.account.clock.advance(seconds)

    @invariant()
    def no_charge_gives_back_more_than_it_took(self) -> None:
        given_back: Counter[str] = Counter()
        for refund in self.all_of("/v1/refunds"):
            if refund["status"] in {"succeeded", "pending"}:
                given_back[refund["charge"]] += refund["amount"]
        for charge in self.all_of("/v1/charges"):
            assert charge["amount_refunded"] == given_back[charge["id"]]
            assert charge["amount_refunded"] <= charge["amount_captured"] <= charge["amount"]
            assert charge["refunded"] == (0 < charge["amount_captured"] == given_back[charge["id"]])

    @invariant()
    def the_balance_is_the_sum_of_the_nets(self) -> None:
        entries = self.all_of("/v1/balance_transactions", expand={"0": "data.source"})
        assert len({entry["id"] for entry in entries}) == len(entries)
        sums: dict[tuple[str, str], int] = defaultdict(int)
        for entry in entries:
            assert entry["net"] == entry["amount"] - entry["fee"]
            assert entry["fee"] == sum(detail["amount"] for detail in entry["fee_details"])
            assert isinstance(entry["source"], dict), "every entry has a source that is there"
            assert (entry["available_on"] <= self.account.clock.now()) == (
                entry["status"] == "available"
            )
            sums[entry["status"], entry["currency"]] += entry["net"]
        balance = self.call("GET", "/v1/balance")
        told = {
            (status, one["currency"]): one["amount"]
            for status in ("available", "pending")
            for one in balance[status]
        }
        assert {key: total for key, total in sums.items() if total} == {
            key: total for key, total in told.items() if total
        }

    @invariant()
    def each_movement_is_what_its_source_says(self) -> None:
        nets: Counter[str] = Counter()
        for entry in self.account.objects.get("balance_transaction", {}).values():
            nets[entry["source"]] += entry["net"]
        for refund in self.account.objects.get("refund", {}).values():
            taken = refund["status"] == "succeeded" or refund.get("pending_reason") == "processing"
            self._refund_moves_its_amount_or_nothing(refund, nets[refund["id"]], taken=taken)
        for dispute in self.account.objects.get("dispute", {}).values():
            entries = dispute["balance_transactions"]
            assert sum(entry["net"] for entry in entries) == nets[dispute["id"]]
            settled = self._of_the_charge(dispute, -dispute["amount"])
            assert {entry["currency"] for entry in entries} <= {self._balance_of(dispute)}
            assert [entry["amount"] for entry in entries] == [settled, -settled][: len(entries)]
            assert [entry["fee"] > 0 for entry in entries] == [True, False][: len(entries)]
            assert len(entries) == {
                "won": 2,
                "needs_response": 1,
                "under_review": 1,
                "lost": 1,
            }.get(dispute["status"], 0)
        for payout in self.account.objects.get("payout", {}).values():
            back = payout["status"] in {"failed", "canceled"}
            assert nets[payout["id"]] == (0 if back else -payout["amount"])

    def _balance_of(self, taken: StripeObject) -> str:
        """Return the currency of the balance that has the money of what is taken back."""
        charge = self.account.get("charge", taken["charge"])
        entry = self.account.get("balance_transaction", charge["balance_transaction"])
        return str(entry["currency"])

    def _of_the_charge(self, taken: StripeObject, amount: int) -> int:
        return exchange.convert(amount, taken["currency"], self._balance_of(taken))

    def _refund_moves_its_amount_or_nothing(
        self, refund: StripeObject, net: int, *, taken: bool
    ) -> None:
        entries = self.account.objects.get("balance_transaction", {})
        settled = self._of_the_charge(refund, -refund["amount"])
        assert net == (settled if taken else 0), "what a failed refund took comes back whole"
        back = entries.get(refund.get("failure_balance_transaction") or "")
        was_taken = refund["balance_transaction"] is not None
        assert (back is not None) == (was_taken and refund["status"] in {"failed", "canceled"})
        assert back is None or (back["amount"], back["fee"]) == (-settled, 0)

    @invariant()
    def a_charge_brings_what_was_captured(self) -> None:
        entries = self.account.objects.get("balance_transaction", {})
        for charge in self.account.objects.get("charge", {}).values():
            entry = entries.get(charge["balance_transaction"] or "")
            if entry is not None:
                taken = charge["amount_captured"], charge["currency"]
                assert entry["amount"] == exchange.convert(*taken, entry["currency"])
                assert entry["currency"] in {charge["currency"], self.account.settings.currency}
                assert entry["fee"] > 0
            else:
                assert charge["balance_transaction"] is None

    @invariant()
    def an_automatic_payout_is_explained_by_its_entries(self) -> None:
        for payout in self.account.objects.get("payout", {}).values():
            if payout["automatic"]:
                listed = self.all_of("/v1/balance_transactions", payout=payout["id"])
                assert sum(entry["net"] for entry in listed) == 0
                assert {entry["currency"] for entry in listed} == {payout["currency"]}
                assert payout["balance_transaction"] in {entry["id"] for entry in listed}

    @invariant()
    def every_event_can_be_retrieved(self) -> None:
        events = list(self.account.objects.get("event", {}).values())
        oldest = self.account.clock.now() - 30 * DAY_S
        for event in events[self.events_checked :]:
            if event["created"] >= oldest:
                assert self.call("GET", f"/v1/events/{event['id']}")["id"] == event["id"]
        self.events_checked = len(events)


CHOSEN = settings(
    max_examples=60,
    stateful_step_count=30,
    derandomize=True,
    database=None,
    suppress_health_check=list(HealthCheck),
)
type Enter = Callable[..., StripeObject]


def test_random_calls_leave_the_books_in_order() -> None:
    Money.made.clear()
    run_state_machine_as_test(Money, settings=CHOSEN)
    TALLY["random calls"] += Money.made["calls"]
    TALLY["reads that held their results against each other"] += Money.made["reads"]


def _wrong_return(enter: Enter) -> Enter:
    """Bring a failed refund's money back with a unit too much."""

    def wrong(account: Account, **told: Any) -> StripeObject:
        if told["kind"] == "refund_failure":
            told["moved"] = replace(told["moved"], amount=told["moved"].amount + 1)
        return enter(account, **told)

    return wrong


def _fee_returned(enter: Enter) -> Enter:
    """Give a fee back with each refund, as Stripe once did."""

    def wrong(account: Account, **told: Any) -> StripeObject:
        if told["kind"] == "refund":
            told["fees"] = [Fee(-25, "Stripe processing fees")]
        return enter(account, **told)

    return wrong


def _same_id(enter: Enter) -> Enter:
    """Give each dispute's entry the same id."""

    def wrong(account: Account, **told: Any) -> StripeObject:
        entry = enter(account, **told)
        if told["kind"] == "adjustment":
            entry["id"] = "txn_same"
        return entry

    return wrong


def _reversal_kept(enter: Enter) -> Enter:
    """Bring back less than a lost-then-won dispute took."""

    def wrong(account: Account, **told: Any) -> StripeObject:
        if told["reporting_category"] == "dispute_reversal":
            told["moved"] = replace(told["moved"], amount=told["moved"].amount - 1)
        return enter(account, **told)

    return wrong


def _too_little(enter: Enter) -> Enter:
    """Enter a charge with less than was captured."""

    def wrong(account: Account, **told: Any) -> StripeObject:
        if told["kind"] == "charge":
            told["moved"] = replace(told["moved"], amount=told["moved"].amount - 1)
        return enter(account, **told)

    return wrong


def _from_the_default_balance(enter: Enter) -> Enter:
    """Take each refund from the default currency's balance."""

    def wrong(account: Account, **told: Any) -> StripeObject:
        if told["kind"] == "refund":
            moved, default = told["moved"], account.settings.currency
            told["moved"] = exchange.settled_in(default, moved.amount, moved.currency)
        return enter(account, **told)

    return wrong


@pytest.mark.parametrize(
    "mutate",
    [
        _wrong_return,
        _fee_returned,
        _same_id,
        _reversal_kept,
        _too_little,
        _from_the_default_balance,
    ],
)
def test_a_wrong_entry_does_not_survive(
    mutate: Callable[[Enter], Enter], monkeypatch: pytest.MonkeyPatch
) -> None:
    mutant = mutate(ledger.new_balance_transaction)
    monkeypatch.setattr(ledger, "new_balance_transaction", mutant)
    found = settings(CHOSEN, phases=[Phase.generate], report_multiple_bugs=False)
    with pytest.raises(AssertionError):
        run_state_machine_as_test(Money, settings=found)


def test_a_refund_that_failed_but_still_counts_does_not_survive(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    count = refunding._count

    def forgets(charge: StripeObject, amount: int) -> StripeObject:
        return count(charge, amount) if amount > 0 else {}

    monkeypatch.setattr(refunding, "_count", forgets)
    found = settings(CHOSEN, phases=[Phase.generate], report_multiple_bugs=False)
    with pytest.raises(AssertionError):
        run_state_machine_as_test(Money, settings=found)


def test_an_event_that_is_lost_does_not_survive(monkeypatch: pytest.MonkeyPatch) -> None:
    record = Account.record_event

    def forgets(account: Account, event_type: str, *told: Any) -> StripeObject:
        event = record(account, event_type, *told)
        if event_type == "charge.refunded":
            event["id"] += "x"
        return event

    monkeypatch.setattr(Account, "record_event", forgets)
    found = settings(CHOSEN, phases=[Phase.generate], report_multiple_bugs=False)
    with pytest.raises((AssertionError, StripeError)):
        run_state_machine_as_test(Money, settings=found)
