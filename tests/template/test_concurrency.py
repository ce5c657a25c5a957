"""How many functions run at once: what is set aside for whom, and what queues may take together."""

import pytest

from tests.docs.pages import page
from tests.template.conftest import Template

RESERVED = {"ReceiveStripeWebhook": "WebhookConcurrency", "CreateCheckout": "CheckoutConcurrency"}


@pytest.mark.parametrize(("function", "parameter"), RESERVED.items())
def test_room_is_set_aside_where_the_operator_says_so_and_by_default_nowhere(
    template: Template, function: str, parameter: str
) -> None:
    """A new account has ten at once, and refuses to set any aside."""
    made = template.main["Parameters"][parameter]
    assert (made["Type"], made["Default"], made["MinValue"]) == ("Number", 0, 0)
    name, given, otherwise = template.functions()[function]["ReservedConcurrentExecutions"][
        "Fn::If"
    ]
    assert (given, otherwise) == ({"Ref": parameter}, {"Ref": "AWS::NoValue"})
    [stack] = [each for each in template.nested.values() if name in each.get("Conditions", {})]
    # Not `0`, which would be a function that never runs.
    assert stack["Conditions"][name] == {"Fn::Not": [{"Fn::Equals": [{"Ref": parameter}, 0]}]}
    assert stack["Parameters"][parameter]["Type"] == "Number"
    passed = [
        each["Properties"]["Parameters"][parameter]
        for each in template.main["Resources"].values()
        if parameter in each.get("Properties", {}).get("Parameters", {})
    ]
    assert passed == [{"Ref": parameter}]


def test_no_other_function_has_room_of_its_own(template: Template) -> None:
    found = {
        name
        for name, each in template.functions().items()
        if "ReservedConcurrentExecutions" in each
    }
    assert found == RESERVED.keys()


def test_the_page_says_how_many_the_queues_may_take_together(template: Template) -> None:
    at_once = [
        each["Properties"]["ScalingConfig"]["MaximumConcurrency"]
        for function in template.functions().values()
        for each in function.get("Events", {}).values()
        if each["Type"] == "SQS"
    ]
    assert f"may use {sum(at_once)} at once" in page("docs/deploying.md").text
