"""The contract is valid OpenAPI, and has every route and every problem code: no more, no less."""

import ast
from collections.abc import Iterator
from functools import cache
from typing import Any

import pytest
import yaml
from openapi_spec_validator import OpenAPIV31SpecValidator

from functions.connect_stripe import handler as connect_function
from functions.serve_evidence import handler as evidence_function
from functions.serve_report import handler as report_function
from functions.serve_staff_api import handler as staff_function
from shared.domain import errors
from tests.contract.contract import DOCUMENT, PROBLEM, ROOT, Contract, Operation
from tests.contract.handlers import HTTP_FUNCTIONS
from tests.surroundings.staff_calls import load_staff_routes
from tests.template.conftest import Template

CONTRACT = Contract.load()
OPERATIONS = [pytest.param(each, id=str(each)) for each in CONTRACT.operations]
# These functions find their routes themselves, behind routes of the template with `+`.
RESOLVED = (staff_function, connect_function, evidence_function, report_function)
BRACES = str.maketrans("<>", "{}")
type Route = tuple[str, str]


def test_the_document_is_valid_openapi_3_1() -> None:
    assert CONTRACT.document["openapi"].startswith("3.1.")
    mistakes = list(OpenAPIV31SpecValidator(CONTRACT.document).iter_errors())
    assert mistakes == []


def test_no_name_is_given_twice() -> None:
    """Bug: of two schemas `TimeOff` the last one won, and said what a request was to be."""
    pairs = yaml.compose(DOCUMENT.read_text(), yaml.CSafeLoader)
    assert list(names_given_twice(pairs)) == []


def names_given_twice(node: yaml.Node | None) -> Iterator[str]:
    if isinstance(node, yaml.MappingNode):
        names = [name.value for name, _ in node.value]
        yield from (name for at, name in enumerate(names) if name in names[:at])
        for _, value in node.value:
            yield from names_given_twice(value)
    elif isinstance(node, yaml.SequenceNode):
        for each in node.value:
            yield from names_given_twice(each)


# ------------------------------------------------------------------ routes


def template_routes() -> set[Route]:
    keys = (key.partition(" ") for key in Template().routes())
    return {(method.lower(), path) for method, _, path in keys}


def resolved_routes() -> set[Route]:
    load_staff_routes()
    return {
        (method.lower(), route.path.replace("<day>", "<date>").translate(BRACES))
        for function in RESOLVED
        for route in (*function.app._static_routes, *function.app._dynamic_routes)
        for method in ([route.method] if isinstance(route.method, str) else route.method)
    }


def all_routes() -> set[Route]:
    """Return what is answered: the template's routes, and what stands behind those for many."""
    named = {
        (method, path.replace("/assets/{proxy+}", "/assets/{file}"))
        for method, path in template_routes()
    }
    return {(method, path) for method, path in named if method != "any" and "+" not in path} | (
        resolved_routes()
    )


def documented_routes() -> set[Route]:
    return {(each.method, each.path) for each in CONTRACT.operations}


def test_every_route_is_in_the_document() -> None:
    assert len(all_routes()) > 60
    assert all_routes() - documented_routes() == set()


def test_every_operation_of_the_document_has_a_route() -> None:
    assert documented_routes() - all_routes() == set()


def test_every_resolved_route_is_reached_by_a_route_of_the_template() -> None:
    named = template_routes()
    for_many = [(by, path.removesuffix("{proxy+}")) for by, path in named if "+" in path]
    for method, path in resolved_routes() - named:
        assert any(by in (method, "any") and path.startswith(start) for by, start in for_many), (
            f"{method} {path}"
        )


def test_the_functions_behind_routes_are_those_whose_answers_are_held() -> None:
    template = Template()
    behind = {template.function_of(route) for route in template.routes().values()}
    handlers = {template.functions()[name]["Handler"] for name in behind}
    assert handlers == {f"functions.{name}.handler.handler" for name in HTTP_FUNCTIONS}


@pytest.mark.parametrize("operation", OPERATIONS)
def test_an_operation_says_which_parameters_its_path_has(operation: Operation) -> None:
    item = CONTRACT.document["paths"][operation.path]
    parameters = [*item.get("parameters", []), *operation.described.get("parameters", [])]
    named = [each["name"] for each in map(CONTRACT.resolved, parameters) if each["in"] == "path"]
    written = [part[1:-1] for part in operation.path.split("/") if part.startswith("{")]
    assert named == written


# ------------------------------------------------------------------ problem codes


def catalogue() -> dict[str, Any]:
    found: dict[str, Any] = CONTRACT.document["x-problem-codes"]
    return found


@cache
def sources() -> tuple[ast.Module, ...]:
    files = [path for folder in ("functions", "shared") for path in (ROOT / folder).rglob("*.py")]
    return tuple(ast.parse(path.read_text()) for path in sorted(files))


def raised_codes() -> Iterator[str]:
    """Give the code of each problem that is made: the one that is written there, or its class's."""
    for module in sources():
        for call in ast.walk(module):
            if not isinstance(call, ast.Call) or not isinstance(call.func, ast.Name):
                continue
            kind = getattr(errors, call.func.id, None)
            if not isinstance(kind, type) or not issubclass(kind, errors.Problem):
                continue
            written = [each.value for each in call.keywords if each.arg == "code"]
            if not written:
                yield kind.code
            elif isinstance(written[0], ast.Constant):
                yield str(written[0].value)


def texts() -> set[str]:
    return {
        node.value
        for module in sources()
        for node in ast.walk(module)
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }


def test_every_code_that_is_raised_is_in_the_catalogue() -> None:
    raised = set(raised_codes())
    assert len(raised) > 40
    assert raised - catalogue().keys() == set()


def test_every_code_of_the_catalogue_is_in_the_code() -> None:
    assert catalogue().keys() - texts() == set()


def test_every_code_says_what_happened_and_what_the_caller_does() -> None:
    for code, told in catalogue().items():
        assert told.keys() == {"status", "meaning", "caller"}, code
        assert told["status"], code
        assert told["meaning"].endswith("."), code
        assert told["caller"].endswith("."), code


def test_every_code_of_the_catalogue_can_be_answered_somewhere() -> None:
    named = {code for each in CONTRACT.operations for code in CONTRACT.codes(each)}
    assert named == catalogue().keys()


@pytest.mark.parametrize("operation", OPERATIONS)
def test_an_operations_codes_and_its_statuses_are_the_same(operation: Operation) -> None:
    told = {
        int(status)
        for status, answer in operation.described["responses"].items()
        if PROBLEM in CONTRACT.resolved(answer).get("content", {})
    }
    codes = CONTRACT.codes(operation)
    by_code = {status for code in codes for status in catalogue()[code]["status"]}
    assert by_code <= told
    # API Gateway may answer these, whatever codes there are.
    assert told - by_code <= {413, 429, 500, 503}


def test_the_document_is_where_the_readme_says() -> None:
    named = DOCUMENT.relative_to(ROOT).as_posix()
    assert f"]({named})" in (ROOT / "README.md").read_text()
