"""Code and template agree: handlers, routes, settings, versions."""

import ast
import re

from functions.serve_widget import handler as widget_function
from shared.config import Config
from shared.entrypoints.version import VERSION
from tests.template.conftest import ROOT, Template
from tests.template.reached import settings_read

# https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html
BY_LAMBDA = {"AWS_REGION", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"}
FOR_ALL = {"POWERTOOLS_SERVICE_NAME", "POWERTOOLS_METRICS_NAMESPACE", "POWERTOOLS_LOG_LEVEL"}


def variables_by_field() -> dict[str, str]:
    """Return the variable that each field of the configuration is read from."""
    tree = ast.parse((ROOT / "shared/config.py").read_text())
    [made] = [
        node
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "Config"
    ]
    found = {}
    for keyword in made.keywords:
        variable = re.search(r"env\.get\('(\w+)'", ast.unparse(keyword.value))
        if keyword.arg and keyword.arg != "aws":
            assert variable, keyword.arg
            found[keyword.arg] = variable[1]
    return found


def test_each_function_is_told_what_it_uses_and_nothing_else(template: Template) -> None:
    variables = variables_by_field()
    assert set(Config._fields) - {"aws"} == set(variables)
    told_somewhere = set()
    for name, function in template.functions().items():
        handler = ROOT / (function["Handler"].removesuffix(".handler").replace(".", "/") + ".py")
        used = {variables[field] for field in settings_read(handler, set(variables))}
        assert set(template.variables(name)) == used, name
        told_somewhere |= used
    assert told_somewhere == set(variables.values())


def test_every_function_is_told_how_to_log_and_count(template: Template) -> None:
    for name, nested in template.nested.items():
        if "Globals" in nested:
            variables = nested["Globals"]["Function"]["Environment"]["Variables"]
            assert set(variables) == FOR_ALL, name
            assert variables["POWERTOOLS_METRICS_NAMESPACE"] == "Bookpay"


def test_every_stack_is_handed_what_it_asks_for(template: Template) -> None:
    """CloudFormation says so too, in the middle of a deployment."""
    stacks = template.of_type("AWS::CloudFormation::Stack")
    used = set()
    for name, stack in stacks.items():
        url = stack["Properties"]["TemplateURL"]
        child = template.nested[url.removeprefix("infra/").removesuffix(".yaml")]
        used.add(url.removeprefix("infra/"))
        given = set(stack["Properties"].get("Parameters", {}))
        asked = child.get("Parameters", {})
        assert given <= set(asked), name
        assert {each for each in asked if "Default" not in asked[each]} <= given, name
    here = {f"{name}.yaml" for name in template.nested}
    assert here - used == {"edge.yaml"}, "a stack of its own"


def test_every_handler_is_there_and_every_folder_is_a_function(template: Template) -> None:
    named = set()
    for name, function in template.functions().items():
        path = re.fullmatch(r"functions\.(\w+)\.handler\.handler", function["Handler"])
        assert path, name
        named.add(path[1])
        assert (ROOT / "functions" / path[1] / "handler.py").is_file()
        in_camel_case = "".join(part.capitalize() for part in path[1].split("_"))
        assert in_camel_case == name, "the package is put together by this rule"
    folders = {path.parent.name for path in (ROOT / "functions").glob("*/handler.py")}
    assert folders == named


def test_every_function_with_a_route_may_be_called_by_the_api(template: Template) -> None:
    behind = {template.function_of(route) for route in template.routes().values()}
    permissions = template.of_type("AWS::Lambda::Permission").values()
    assert {each["Properties"]["FunctionName"]["Ref"] for each in permissions} == behind
    for name, integration in template.of_type("AWS::ApiGatewayV2::Integration").items():
        assert integration["Properties"]["PayloadFormatVersion"] == "2.0", name


def test_webhooks_are_posted_and_nothing_else_leads_to_their_function(template: Template) -> None:
    leading = {key for key in template.routes() if "webhooks" in key or "$default" in key}
    behind = {
        key
        for key, route in template.routes().items()
        if template.function_of(route) == "ReceiveStripeWebhook"
    }
    assert leading == behind == {"POST /webhooks/stripe/{location_id}"}


def test_the_stage_is_made_after_the_routes_that_it_has_settings_for(template: Template) -> None:
    stage = template.main["Resources"]["ApiStage"]
    assert stage["DependsOn"] == "Routes"
    assert set(stage["Properties"]["RouteSettings"]) <= set(template.routes())


def test_the_apis_log_is_where_none_adds_to_the_accounts_policy(template: Template) -> None:
    """That policy has 5,120 characters: in an old account the stage would not be made."""
    made = template.main["Resources"]["ApiLog"]["Properties"]
    assert made["LogGroupName"]["Fn::Sub"].startswith("/aws/vendedlogs/")


def test_every_staff_route_needs_a_token_and_no_other_does(template: Template) -> None:
    for key, route in template.routes().items():
        method, _, path = key.partition(" ")
        needs_one = path.startswith("/v1/") and method != "OPTIONS"
        assert (route.get("AuthorizationType") == "JWT") == needs_one, key


def test_no_function_outlasts_the_api_that_waits_for_it(template: Template) -> None:
    for route in template.routes().values():
        assert template.functions()[template.function_of(route)]["Timeout"] < 30


def test_the_version_is_one_everywhere() -> None:
    assert f'version = "{VERSION}"' in (ROOT / "pyproject.toml").read_text()


def test_health_tells_the_version() -> None:
    class Context:
        function_name, memory_limit_in_mb = "serve-widget", 256
        invoked_function_arn = aws_request_id = "x"

    answer = widget_function.handler({}, Context())
    assert (answer["statusCode"], answer["body"]) == (
        200,
        f'{{"status": "ok", "version": "{VERSION}"}}',
    )
