"""The Stripe CLI's recipes (`stripe trigger`) lead here, too, to the event each is named after."""

import json
import re
from dataclasses import dataclass
from typing import Any

import pytest
import stripe

from shared.domain.stripe_facts.event_types import CONSUMED_EVENT_TYPES
from tests.conformance.tally import TALLY
from tests.conformance.target import Body, Target
from tests.stripe_data import NO_STRIPE_DATA, TRIGGERS, needs_stripe_data

RECIPES = sorted(path.name.removesuffix(".json") for path in TRIGGERS.glob("*.json"))


@dataclass(frozen=True)
class NotBuilt:
    """A recipe that the simulator refuses: at which fixture, for which parameter, and why."""

    fixture: str
    param: str
    reason: str


CARDS_ONLY = "a bank debit: the product takes cards, and so does the simulator"
NOT_BUILT = {
    "checkout.session.async_payment_failed": NotBuilt(
        "checkout_session", "payment_method_types[0]", CARDS_ONLY
    ),
    "checkout.session.async_payment_succeeded": NotBuilt(
        "checkout_session", "payment_method_types[0]", CARDS_ONLY
    ),
    "payment_intent.partially_funded": NotBuilt(
        "payment_intent", "payment_method_data", "a bank transfer to a customer's cash balance"
    ),
    "payment_intent.processing": NotBuilt("payment_method", "sepa_debit", CARDS_ONLY),
}
# Event types that the product consumes and the CLI has no recipe for; test_event_types.py makes
# those that the simulator can send.
NO_RECIPE = {
    "charge.dispute.funds_reinstated",
    "charge.dispute.funds_withdrawn",
    "charge.expired",
    "charge.pending",
    "charge.updated",
    "payout.canceled",
    "payout.failed",
    "payout.paid",
    "payout.reconciliation_completed",
    "radar.early_fraud_warning.created",
    "radar.early_fraud_warning.updated",
    "refund.created",
    "refund.failed",
    "refund.updated",
}


class Recipe:
    """Runs a recipe's fixtures one after another, as the CLI does."""

    def __init__(self, name: str, target: Target) -> None:
        self.name = name
        self._fixtures = json.loads((TRIGGERS / f"{name}.json").read_text())["fixtures"]
        self._target = target
        self.answers: dict[str, Body] = {}
        self.refusals: list[tuple[str, str | None]] = []

    def run(self) -> None:
        for fixture in self._fixtures:
            self.answers[fixture["name"]] = self._run_one(fixture)
            # The CLI's calls cross an ocean, in which time Stripe ends an asynchronous capture.
            self._target.pass_time(1)

    def ids(self) -> set[str]:
        """Tell all ids that the answers name."""
        return set(re.findall(r'"(\w+_\w+)"', json.dumps(self.answers)))

    def _run_one(self, fixture: Body) -> Body:
        method, path = fixture["method"], self._filled(fixture["path"])
        params = self._filled(fixture.get("params", {}))
        expected = fixture.get("expected_error_type")
        if method == "get":
            # The CLI takes for granted that what it lists is there by then.
            return self._target.wait_until(lambda: self._listed(path, params))
        try:
            answer = self._target.call(method, path, params)
        except stripe.StripeError as refused:
            body: Body = json.loads(refused.http_body or "{}")
            self.refusals.append((fixture["name"], body["error"].get("param")))
            if body["error"]["type"] != expected:
                raise
            return body
        assert expected is None, f"{fixture['name']} should end in a {expected}"
        return answer

    def _listed(self, path: str, params: Body) -> Body | None:
        answer = self._target.call("get", path, params)
        return answer if answer.get("data") != [] else None

    def _filled(self, value: Any) -> Any:
        """Put earlier answers in the place of `${fixture:path.to.value}`."""
        if isinstance(value, dict):
            return {key: self._filled(one) for key, one in value.items()}
        if isinstance(value, list):
            return [self._filled(one) for one in value]
        if isinstance(value, str):
            return re.sub(r"\$\{(\w+):([\w.]+)\}", self._named, value)
        return value

    def _named(self, reference: re.Match[str]) -> str:
        found: Any = self.answers[reference[1]]
        for step in reference[2].split("."):
            found = found[int(step)] if step.isdigit() else found[step]
        return str(found)


def _related(event: Body, ids: set[str]) -> bool:
    subject = event["data"]["object"]
    named = {subject.get(name) for name in ("id", "charge", "payment_intent", "source")}
    return bool(named & ids) or subject["object"] == "balance"


@pytest.mark.parametrize(
    "name",
    [name for name in RECIPES if name not in NOT_BUILT]
    or [pytest.param("none", marks=pytest.mark.skip(NO_STRIPE_DATA))],
)
def test_a_recipe_yields_the_event_it_is_named_after(name: str, target: Target) -> None:
    before = {event["id"] for event in target.events()}
    recipe = Recipe(name, target)
    recipe.run()

    def look() -> list[Body]:
        return [
            event
            for event in target.events()
            if event["type"] == name and event["id"] not in before and _related(event, recipe.ids())
        ]

    assert target.wait_until(look)
    TALLY["recipes"] += 1
    TALLY["operations"] += target.sent


@needs_stripe_data
@pytest.mark.usefixtures("simulator_only")
@pytest.mark.parametrize("name", NOT_BUILT)
def test_a_recipe_that_needs_what_is_not_built_is_refused_by_name(
    name: str, target: Target
) -> None:
    expected = NOT_BUILT[name]
    recipe = Recipe(name, target)
    # One recipe reckons with the refusal; it then lacks the answer that the next fixture reads.
    with pytest.raises((stripe.InvalidRequestError, KeyError)):
        recipe.run()
    assert recipe.refusals[0] == (expected.fixture, expected.param), expected.reason
    TALLY["recipes refused by name"] += 1


@pytest.mark.usefixtures("simulator_only")
@pytest.mark.parametrize(
    ("path", "sent", "param"),
    [
        (
            "/v1/checkout/sessions",
            {
                "mode": "setup",
                "currency": "eur",
                "payment_method_types": ["sepa_debit"],
                "success_url": "http://127.0.0.1:9/done",
            },
            "payment_method_types[0]",
        ),
        (
            "/v1/payment_methods",
            {"type": "sepa_debit", "sepa_debit": {"iban": "DE89370400440532013000"}},
            "sepa_debit",
        ),
        (
            "/v1/payment_intents",
            {
                "amount": 900,
                "currency": "eur",
                "payment_method_data": {"type": "customer_balance"},
                "confirm": True,
            },
            "payment_method_data",
        ),
    ],
)
def test_a_payment_method_that_is_not_built_is_refused_by_name(
    path: str, sent: Body, param: str, target: Target
) -> None:
    with pytest.raises(stripe.InvalidRequestError) as refused:
        target.call("post", path, sent)
    assert refused.value.param == param


@needs_stripe_data
def test_each_event_type_that_the_product_consumes_has_a_recipe_or_is_named_here() -> None:
    assert CONSUMED_EVENT_TYPES - set(RECIPES) == NO_RECIPE
    assert NOT_BUILT.keys() <= set(RECIPES)


@needs_stripe_data
def test_the_recipes_are_there() -> None:
    assert len(RECIPES) == 28
