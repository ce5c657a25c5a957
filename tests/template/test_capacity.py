"""The capacity model knows the deployment as the templates have it, and behaves as queues do."""

import tomllib
from copy import replace

import pytest

from infra.capacity import __main__ as capacity
from infra.capacity.day import LINES, OUTAGE, Line, Town, run
from infra.capacity.work import Work
from tests.template.conftest import ROOT, Template

LIST = tomllib.loads(capacity.PRICES.read_text())


def alarms(template: Template) -> int:
    """Return how many alarms a deployment on AWS has; nested ones count as often as used."""

    def within(name: str, *, is_scheduled: bool) -> int:
        here = template.nested[name] if name else template.main
        found = 0
        for logical, resource in here["Resources"].items():
            if resource["Type"] == "AWS::CloudWatch::Alarm":
                found += 1 if is_scheduled or logical != "Silence" else 0
            elif resource["Type"] == "AWS::CloudFormation::Stack":
                properties = resource["Properties"]
                nested = properties["TemplateURL"].rpartition("/")[2].removesuffix(".yaml")
                silent = "SilentAfterS" in properties.get("Parameters", {})
                found += within(nested, is_scheduled=silent)
        return found

    return within("", is_scheduled=False)


def test_what_is_fixed_is_as_the_templates_have_it(template: Template) -> None:
    # A few more or less are cents.
    assert alarms(template) == pytest.approx(capacity.ALARMS, rel=0.1)


def test_each_queue_has_the_templates_concurrency(template: Template) -> None:
    at_once = {
        event["Properties"]["Queue"]["Fn::GetAtt"].partition(".")[0]: event["Properties"][
            "ScalingConfig"
        ]["MaximumConcurrency"]
        for function in template.functions().values()
        for event in function.get("Events", {}).values()
        if event["Type"] == "SQS"
    }
    assert {line.name: line.at_once for line in LINES}.items() <= at_once.items()
    # These two are never many: a payment that came too late, a mail that came back.
    assert set(at_once) - {line.name for line in LINES} <= {
        "LatePayments",
        "MailReturns",
        "ChargeOrders",
    }


def test_the_page_has_what_the_model_says() -> None:
    made = (ROOT / "docs" / "costs.md").read_text()
    _, _, rest = made.partition(capacity.START)
    assert rest.partition(capacity.END)[0].strip() == capacity.tables(LIST)


def test_every_unit_that_is_worked_has_a_price() -> None:
    for name in LIST["per_million"]:
        counted = "own_s" if name == "gigabyte_seconds" else name
        assert capacity.dollars(replace(Work(), **{counted: 1e6}), LIST) > 0, name


# ------------------------------------------------------------------ how a queue lives through a day


@pytest.mark.parametrize("line", LINES, ids=lambda line: line.name)
def test_more_locations_wait_no_shorter(line: Line) -> None:
    waits = [run(line, Town(number)).longest_min for number in (10, 1_000, 10_000, 100_000)]
    assert waits == sorted(waits)


def test_a_queue_that_needs_stripe_is_empty_again_only_after_the_outage() -> None:
    syncs = next(line for line in LINES if line.name == "LedgerSyncs")
    assert run(syncs, Town(1_000)).longest_min >= len(OUTAGE) - 60
    assert run(replace(syncs, needs_stripe=False), Town(1_000)).longest_min < 10


def test_what_is_not_done_is_not_ordered_again() -> None:
    syncs = next(line for line in LINES if line.name == "LedgerSyncs")
    assert run(syncs, Town(100_000)).most <= 100_000
