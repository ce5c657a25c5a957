"""A release is what an alias leads to: whatever calls such a function names the alias."""

from typing import Any

import pytest

from infra.local import stack
from infra.package import PUBLISHED
from infra.translate import translated
from tests.template.conftest import ROOT, Template

ALIAS = "live"
TEMPLATES = ("payments", "bookings", "staff", "routes")
CODE_DEPLOY = "AWS::CodeDeploy::"
# What takes a gradual deployment back, beside the function's own crashes: each answers for what
# fails in it, so that Lambda counts no error.
ROLL_BACK = {
    "ReceiveStripeWebhook": "WebhooksNotAccepted",
    "RecordStripeEvent": "EventsNotRecorded",
    "CreateCheckout": "RequestsFail",
    "ServeStaffApi": "RequestsFail",
}


def resources(**parameters: str) -> dict[str, dict[str, Any]]:
    """Return the resources of the templates that have a part in it, as they are translated."""
    made = translated([ROOT / "infra" / f"{name}.yaml" for name in TEMPLATES], parameters)
    found: dict[str, dict[str, Any]] = {}
    for each in made.values():
        of_one = {name: it for name, it in each["Resources"].items() if name not in found}
        found |= of_one
    return found


@pytest.fixture(scope="module")
def made() -> dict[str, dict[str, Any]]:
    return resources()


def of_type(made: dict[str, dict[str, Any]], kind: str) -> dict[str, dict[str, Any]]:
    return {name: each for name, each in made.items() if each["Type"] == kind}


def mentions(value: Any, name: str) -> bool:
    """Whether a property is of a function: by its name, its ARN, or an alias of it."""
    if isinstance(value, dict):
        [(kind, found)] = value.items()
        if kind == "Fn::GetAtt":
            return bool(found[0] == name)
        if kind == "Ref":
            return found in (name, f"{name}Alias{ALIAS}")
        return f"${{{name}}}" in found or f"${{{name}.Arn}}" in found
    return bool(value == name)


def test_four_functions_are_called_by_an_alias_of_the_newest_version(
    made: dict[str, dict[str, Any]],
) -> None:
    aliases = of_type(made, "AWS::Lambda::Alias")
    assert {f"{name}Alias{ALIAS}" for name in PUBLISHED} == aliases.keys()
    assert ROLL_BACK.keys() == PUBLISHED
    versions = of_type(made, "AWS::Lambda::Version")
    for name in PUBLISHED:
        alias = aliases[f"{name}Alias{ALIAS}"]["Properties"]
        assert alias["Name"] == ALIAS
        version, attribute = alias["FunctionVersion"]["Fn::GetAtt"]
        assert attribute == "Version"
        assert versions[version]["Properties"]["FunctionName"] == {"Ref": name}


def test_every_event_source_of_theirs_leads_to_the_alias(made: dict[str, dict[str, Any]]) -> None:
    sources = of_type(made, "AWS::Lambda::EventSourceMapping").values()
    called = [each["Properties"]["FunctionName"] for each in sources]
    assert {"Ref": f"RecordStripeEventAlias{ALIAS}"} in called
    assert not [each for each in called if each in [{"Ref": name} for name in PUBLISHED]]
    for each in of_type(made, "AWS::Scheduler::Schedule").values():
        target = each["Properties"]["Target"]["Arn"]
        assert not any(mentions(target, name) for name in PUBLISHED)


def test_every_integration_and_permission_of_theirs_names_the_alias(template: Template) -> None:
    """The routes are given what calls a function: of these it is the alias, of others the name."""
    given = template.main["Resources"]["Routes"]["Properties"]["Parameters"]
    of_functions = {name: value for name, value in given.items() if name in template.functions()}
    assert PUBLISHED - of_functions.keys() == {"RecordStripeEvent"}, "a queue calls that one"
    for name, value in of_functions.items():
        stack_name, output = value["Fn::GetAtt"].split(".Outputs.")
        uri = template.main["Resources"][stack_name]["Properties"]["TemplateURL"]
        told = template.nested[uri.removeprefix("infra/").removesuffix(".yaml")]["Outputs"][output]
        by_alias = {"Fn::Sub": f"${{{name}}}:{ALIAS}"}
        assert told["Value"] == (by_alias if name in PUBLISHED else {"Ref": name}), name
    routes = template.nested["routes"]["Resources"].values()
    called = [
        str(made["Properties"].get("IntegrationUri") or made["Properties"].get("FunctionName"))
        for made in routes
        if made["Type"] in ("AWS::ApiGatewayV2::Integration", "AWS::Lambda::Permission")
    ]
    for name in of_functions:
        integration, permission = f":function:${{{name}}}'", f"'Ref': '{name}'"
        assert len([each for each in called if integration in each or permission in each]) == 2


def test_nothing_else_of_the_templates_calls_them(template: Template) -> None:
    """What is invoked by another way would get the code of a deployment that is under way."""
    calling = ("AWS::Lambda::Permission", "AWS::Events::Rule", "AWS::Lambda::Url")
    for name, each in template.of_type(*calling, "AWS::Lambda::EventInvokeConfig").items():
        assert not any(mentions(each["Properties"].get("FunctionName"), f) for f in PUBLISHED) or (
            name in template.nested["routes"]["Resources"]
        )


def test_all_passes_at_once_unless_it_is_asked_for(made: dict[str, dict[str, Any]]) -> None:
    assert not [each for each in made.values() if each["Type"].startswith(CODE_DEPLOY)]
    for alias in of_type(made, "AWS::Lambda::Alias").values():
        assert "UpdatePolicy" not in alias


def test_a_gradual_deployment_is_taken_back_by_alarms(template: Template) -> None:
    made = resources(Gradual="true", Rollout="Canary10Percent5Minutes")
    for name in PUBLISHED:
        alias = made[f"{name}Alias{ALIAS}"]
        by = alias["UpdatePolicy"]["CodeDeployLambdaAliasUpdate"]
        assert by["DeploymentGroupName"] == {"Ref": f"{name}DeploymentGroup"}
        group = made[f"{name}DeploymentGroup"]["Properties"]
        assert "DEPLOYMENT_STOP_ON_ALARM" in group["AutoRollbackConfiguration"]["Events"]
        way, values = group["DeploymentConfigName"]["Fn::Sub"]
        assert way == "CodeDeployDefault.Lambda${ConfigName}"
        assert values == {"ConfigName": "Canary10Percent5Minutes"}
        has_alarms, alarms, _ = group["AlarmConfiguration"]["Fn::If"]
        assert has_alarms == "HasAlarms"
        assert alarms["Enabled"] is True
        crashes = {"Fn::GetAtt": [f"{name}Alarms", "Outputs.Crashes"]}
        assert [each["Name"] for each in alarms["Alarms"]] == [crashes, {"Ref": ROLL_BACK[name]}]
        assert ROLL_BACK[name] in template.nested["alarms"]["Outputs"]
    waits = template.main["Resources"]["Alarms"]["Properties"]["Parameters"]
    deployed = ("Payments.", "Bookings.", "Staff.")
    assert not [each for each in waits.values() if str(each.get("Fn::GetAtt")).startswith(deployed)]


def test_the_parameter_has_the_ways_that_the_translator_knows(template: Template) -> None:
    ways = template.main["Parameters"]["Rollout"]
    assert ways["AllowedValues"][0] == ways["Default"] == "AllAtOnce"
    for name in ("Payments", "Bookings", "Staff"):
        given = template.main["Resources"][name]["Properties"]["Parameters"]
        assert given["Rollout"] == {"Ref": "Rollout"}
        assert given["Gradual"] == {"Fn::If": ["IsGradual", "true", "false"]}


def test_the_local_stack_has_workers_of_the_alias_ready() -> None:
    in_words = {"".join(map(str.capitalize, name.split("_"))) for name in stack.PUBLISHED}
    assert in_words == PUBLISHED
