"""The templates, read as data; CloudFormation's short forms become their long ones."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]


class _Loader(yaml.SafeLoader):
    """`!Ref x` is `{"Ref": "x"}`, `!GetAtt A.b` is `{"Fn::GetAtt": "A.b"}`."""


def _long_form(loader: yaml.SafeLoader, tag: str, node: yaml.Node) -> Any:
    if isinstance(node, yaml.MappingNode):
        value: Any = loader.construct_mapping(node, deep=True)
    elif isinstance(node, yaml.SequenceNode):
        value = loader.construct_sequence(node, deep=True)
    else:
        assert isinstance(node, yaml.ScalarNode)
        value = loader.construct_scalar(node)
    return {tag if tag in {"Ref", "Condition"} else f"Fn::{tag}": value}


_Loader.add_multi_constructor("!", _long_form)


def read(path: Path) -> dict[str, Any]:
    found: dict[str, Any] = yaml.load(path.read_text(), _Loader)
    return found


class Template:
    """The main template, and the resources of it and of its nested stacks."""

    def __init__(self) -> None:
        self.main = read(ROOT / "template.yaml")
        self.nested = {path.stem: read(path) for path in sorted((ROOT / "infra").glob("*.yaml"))}

    def of_type(self, *kinds: str) -> dict[str, dict[str, Any]]:
        """Return the resources of some types, of the main template and the nested ones."""
        return {
            name: resource
            for template in (self.main, *self.nested.values())
            for name, resource in template["Resources"].items()
            if resource["Type"] in kinds
        }

    def functions(self) -> dict[str, dict[str, Any]]:
        """Return each function's properties, with what its template's Globals give it."""
        return {
            name: {**template["Globals"]["Function"], **resource["Properties"]}
            for template in self.nested.values()
            for name, resource in template["Resources"].items()
            if resource["Type"] == "AWS::Serverless::Function"
        }

    def variables(self, function: str) -> dict[str, Any]:
        """Return the environment variables that one function is told alone."""
        found: dict[str, Any] = self.functions()[function]["Environment"]["Variables"]
        return found

    def layers(self) -> dict[str, list[str]]:
        """Return each function's layers: those of its template's Globals, then its own."""
        return {
            name: [
                layer["Ref"]
                for properties in (template["Globals"]["Function"], resource["Properties"])
                for layer in properties.get("Layers", [])
            ]
            for template in self.nested.values()
            for name, resource in template["Resources"].items()
            if resource["Type"] == "AWS::Serverless::Function"
        }

    def queues(self) -> dict[str, dict[str, Any]]:
        """Return the parameters of each use of order_queue.yaml, by the queue's name."""
        return {
            name: stack["Properties"]["Parameters"]
            for name, stack in self.of_type("AWS::CloudFormation::Stack").items()
            if stack["Properties"]["TemplateURL"] == "order_queue.yaml"
        }

    def patterns(self) -> dict[str, dict[str, Any]]:
        """Return what each queue takes from a bus; on AWS, where the emulator takes another."""
        found = {}
        for name, parameters in self.queues().items():
            pattern = parameters.get("EventPattern")
            if isinstance(pattern, dict):
                _, on_aws, _ = pattern["Fn::If"]
                pattern = on_aws["Fn::Sub"]
            if pattern:
                found[name] = json.loads(pattern)
        return found

    def role(self, function: str) -> dict[str, Any]:
        name = self.functions()[function]["Role"]["Fn::GetAtt"].removesuffix(".Arn")
        found: dict[str, Any] = self.of_type("AWS::IAM::Role")[name]["Properties"]
        return found

    def statements(self, function: str) -> list[dict[str, Any]]:
        """Return what a function's role is allowed, statement by statement."""
        found = [
            statement
            for policy in self.role(function)["Policies"]
            for statement in policy["PolicyDocument"]["Statement"]
        ]
        assert {each["Effect"] for each in found} == {"Allow"}
        return found

    def allowed(self, function: str) -> list[tuple[str, str]]:
        """Return what a function's role may do, as (action, resource) in one line each."""
        return [
            (action, _in_words(resource))
            for statement in self.statements(function)
            for action in _of_either_case(statement["Action"])
            for resource in _listed(statement["Resource"])
        ]

    def services(self, function: str) -> set[str]:
        """Return the services that a function may call, the log of its own aside."""
        return {action.partition(":")[0] for action, _ in self.allowed(function)} - {"logs"}

    def routes(self) -> dict[str, dict[str, Any]]:
        """Return what stands behind each route: its properties, by its key."""
        found = self.of_type("AWS::ApiGatewayV2::Route").values()
        return {each["Properties"]["RouteKey"]: each["Properties"] for each in found}

    def function_of(self, route: dict[str, Any]) -> str:
        """Return the function that a route leads to."""
        integration = re.fullmatch(r"integrations/\$\{(\w+)\}", route["Target"]["Fn::Sub"])
        assert integration
        made = self.of_type("AWS::ApiGatewayV2::Integration")[integration[1]]["Properties"]
        function = re.search(r":function:\$\{(\w+)\}$", made["IntegrationUri"]["Fn::Sub"])
        assert function
        given = self.main["Resources"]["Routes"]["Properties"]["Parameters"][function[1]]
        assert given["Fn::GetAtt"].endswith(f".Outputs.{function[1]}")
        return function[1]


def _of_either_case(value: Any) -> list[str]:
    """Return what may be done; of a condition, in either of its cases."""
    if isinstance(value, dict):
        _, here, elsewhere = value["Fn::If"]
        return list(dict.fromkeys([*_listed(here), *_listed(elsewhere)]))
    return _listed(value)


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _in_words(resource: Any) -> str:
    """Return an ARN or a reference to one as text; references by the name they lead to."""
    if isinstance(resource, str):
        return resource
    [value] = resource.values()
    return str(value[0] if isinstance(value, list) else value)


@pytest.fixture(scope="session")
def template() -> Template:
    return Template()
