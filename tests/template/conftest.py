"""The templates, read as data; CloudFormation's short forms become their long ones."""

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
        found = self.of_type("AWS::Serverless::Function")
        return {name: function["Properties"] for name, function in found.items()}

    def allowed(self, function: str) -> list[tuple[str, str]]:
        """Return what a function's role may do, as (action, resource) in one line each."""
        pairs = []
        for policy in self.functions()[function].get("Policies", []):
            for statement in policy["Statement"]:
                assert statement["Effect"] == "Allow"
                for action in _actions(statement["Action"]):
                    pairs += [(action, _in_words(each)) for each in _listed(statement["Resource"])]
        return pairs


def _actions(value: Any) -> list[str]:
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
