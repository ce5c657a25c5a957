"""How many requests are taken, from whom, and past what: the stage, the secret, the rate rule."""

import importlib
import json
import re
from typing import Any

from shared.entrypoints import edge
from tests.template.conftest import Template

WEBHOOK = "POST /webhooks/stripe/{location_id}"
WITHOUT_SECRET = {"ReceiveStripeWebhook"}


def stage(template: Template) -> dict[str, Any]:
    found: dict[str, Any] = template.main["Resources"]["ApiStage"]["Properties"]
    return found


def has_intrinsic(value: Any) -> bool:
    return bool(re.search(r'"(Ref|Fn::\w+)":', json.dumps(value)))


def answering(template: Template) -> dict[str, set[str]]:
    """Return the routes that each function answers."""
    found: dict[str, set[str]] = {}
    for key, route in template.routes().items():
        found.setdefault(template.function_of(route), set()).add(key)
    return found


# ------------------------------------------------------------------ the stage's throttle


def test_the_throttle_of_all_routes_is_a_number_that_can_be_set(template: Template) -> None:
    default = stage(template)["DefaultRouteSettings"]
    parameters = template.main["Parameters"]
    for name, value in (("ThrottlingRateLimit", 50), ("ThrottlingBurstLimit", 100)):
        parameter = parameters[default[name]["Ref"]]
        assert (parameter["Type"], parameter["Default"]) == ("Number", value)


def test_the_webhooks_own_throttle_holds_literals_alone(template: Template) -> None:
    """`RouteSettings` is untyped JSON: a parameter arrives there as text, and AWS refuses it."""
    settings = stage(template)["RouteSettings"]
    assert not has_intrinsic(settings)
    assert settings == {WEBHOOK: {"ThrottlingRateLimit": 500, "ThrottlingBurstLimit": 500}}


# ------------------------------------------------------------------ the CDN's secret


def test_every_route_but_webhooks_and_health_asks_for_the_secret(template: Template) -> None:
    functions, routes = template.functions(), answering(template)
    assert WEBHOOK in routes["ReceiveStripeWebhook"]
    for name in routes:
        module = importlib.import_module(functions[name]["Handler"].removesuffix(".handler"))
        is_guarded = edge.through_edge.__name__ in module.__dict__
        assert is_guarded is (name not in WITHOUT_SECRET), name
        assert ("EDGE_SECRET" in template.variables(name)) is is_guarded, name
    assert len(routes) > len(WITHOUT_SECRET)


def test_no_function_without_a_route_is_told_the_secret(template: Template) -> None:
    routes = answering(template)
    for name in template.functions():
        if name not in routes:
            assert "EDGE_SECRET" not in template.variables(name)


def test_the_secret_is_shown_nowhere(template: Template) -> None:
    asked = [template.main, *template.nested.values()]
    asked = [each for each in asked if "EdgeSecret" in each.get("Parameters", {})]
    assert len(asked) == 6
    for each in asked:
        assert each["Parameters"]["EdgeSecret"]["NoEcho"] is True
        assert "EdgeSecret" not in json.dumps(each["Outputs"])
    for each in (template.main, template.nested["edge"]):
        assert re.fullmatch(each["Parameters"]["EdgeSecret"]["AllowedPattern"], "x" * 31) is None


def test_without_a_cdn_no_secret_is_asked_for(template: Template) -> None:
    assert template.main["Parameters"]["EdgeSecret"]["Default"] == ""


# ------------------------------------------------------------------ the CDN's template


def edge_of(template: Template, name: str) -> dict[str, Any]:
    found: dict[str, Any] = template.nested["edge"]["Resources"][name]
    return found


def test_the_cdn_says_who_it_is_and_who_asks_under_the_names_that_are_read(
    template: Template,
) -> None:
    config = edge_of(template, "Distribution")["Properties"]["DistributionConfig"]
    [origin] = config["Origins"]
    [header] = origin["OriginCustomHeaders"]
    assert header == {"HeaderName": edge.SECRET_HEADER, "HeaderValue": {"Ref": "EdgeSecret"}}
    code = edge_of(template, "ClientAddress")["Properties"]["FunctionCode"]
    assert f"request.headers['{edge.ADDRESS_HEADER}'] = {{ value: event.viewer.ip }}" in code
    [association] = config["DefaultCacheBehavior"]["FunctionAssociations"]
    assert association["EventType"] == "viewer-request"
    # Any other behaviour would pass requests on without the function.
    assert "CacheBehaviors" not in config


def is_counted(statement: dict[str, Any], path: str) -> bool:
    """Whether a statement of a rate rule takes a path; knows what our rule uses."""
    [(kind, body)] = statement.items()
    if kind == "NotStatement":
        return not is_counted(body["Statement"], path)
    assert kind == "ByteMatchStatement", f"teach this matcher {kind}"
    assert body["FieldToMatch"] == {"UriPath": {}}
    assert body["PositionalConstraint"] == "STARTS_WITH"
    return path.startswith(body["SearchString"])


def test_no_rate_rule_covers_the_webhooks_and_one_covers_all_else(template: Template) -> None:
    acl = edge_of(template, "RateRule")
    assert acl["Condition"] == "HasRateRule"
    assert acl["Properties"]["Scope"] == "CLOUDFRONT"
    paths = {key.partition(" ")[2] for keys in answering(template).values() for key in keys}
    for rule in acl["Properties"]["Rules"]:
        counted = rule["Statement"]["RateBasedStatement"]["ScopeDownStatement"]
        taken = {path for path in paths if is_counted(counted, path)}
        assert paths - taken == {WEBHOOK.partition(" ")[2]}


def test_the_rate_rule_is_made_only_where_its_condition_holds(template: Template) -> None:
    config = edge_of(template, "Distribution")["Properties"]["DistributionConfig"]
    assert config["WebACLId"]["Fn::If"][0] == "HasRateRule"
    [where] = template.nested["edge"]["Rules"]["OnlyInVirginia"]["Assertions"]
    assert where["Assert"] == {"Fn::Equals": [{"Ref": "AWS::Region"}, "us-east-1"]}
