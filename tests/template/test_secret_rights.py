"""Who may open which secrets: what each function's code calls, and what its role allows."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from infra.translate import translated
from shared.adapters.secrets_table import API, SIGNING
from tests.template.conftest import ROOT, Template
from tests.template.reached import called, reached

STORES = {
    ("shared.adapters.api_keys", "ApiKeyStore"): API,
    ("shared.adapters.signing_secrets", "SigningSecretStore"): SIGNING,
}
WRITES = re.compile(r"(?:^|\.)(api_keys|signing_secrets)\.put$")
TABLE, KEY = "table/${Secrets}", {"Ref": "SecretsKey"}
CONTEXT = "kms:EncryptionContext:purpose"
CONNECT, WEBHOOK = "ConnectStripe", "ReceiveStripeWebhook"


def handler_of(function: dict[str, Any]) -> Path:
    module: str = function["Handler"].removesuffix(".handler")
    return ROOT / f"{module.replace('.', '/')}.py"


@pytest.fixture(scope="module")
def opened(template: Template) -> dict[str, set[str]]:
    """Return the purposes whose secrets each function's code opens."""
    return {
        name: {STORES[each] for each in reached(handler_of(function)) if each in STORES}
        for name, function in template.functions().items()
    }


@pytest.fixture(scope="module")
def statements() -> dict[str, list[dict[str, Any]]]:
    """Return what each function's role allows, as AWS's translator leaves it."""
    made = translated([ROOT / "template.yaml", *sorted((ROOT / "infra").glob("*.yaml"))]).values()
    return {
        name.removesuffix("Role"): [
            statement
            for policy in resource["Properties"]["Policies"]
            for statement in policy["PolicyDocument"]["Statement"]
        ]
        for template in made
        for name, resource in template["Resources"].items()
        if resource["Type"] == "AWS::IAM::Role"
    }


def of_table(allowed: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    for statement in allowed:
        if TABLE in str(statement["Resource"]):
            yield statement


def of_key(allowed: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    for statement in allowed:
        if "kms:" in str(statement["Action"]) or "SecretsKey" in str(statement["Resource"]):
            yield statement


def listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def test_the_code_opens_what_it_is_known_to_open(opened: dict[str, set[str]]) -> None:
    assert opened[WEBHOOK] == {SIGNING}
    assert opened[CONNECT] == {API, SIGNING}
    others = {name: each for name, each in opened.items() if name not in (WEBHOOK, CONNECT)}
    assert {name for name, each in others.items() if each == {API}} == {
        "BuildMoneyFlowReport", "ChargeFee", "CreateCheckout", "RefundPayment",
        "ReleaseUnpaidSlots", "ServeReport", "SyncLedger",
    }  # fmt: skip
    assert {frozenset(each) for each in others.values()} == {frozenset(), frozenset({API})}


def test_a_role_opens_the_purposes_that_its_code_opens_and_no_other(
    opened: dict[str, set[str]], statements: dict[str, list[dict[str, Any]]]
) -> None:
    for name, purposes in opened.items():
        allowed = [
            (action, frozenset(listed(statement["Condition"]["StringEquals"][CONTEXT])))
            for statement in of_key(statements[name])
            for action in listed(statement["Action"])
            if action == "kms:Decrypt"
        ]
        assert allowed == ([("kms:Decrypt", frozenset(purposes))] if purposes else []), name


def test_whoever_may_use_the_key_has_the_condition_and_nothing_beside_it(
    statements: dict[str, list[dict[str, Any]]],
) -> None:
    seen = 0
    for name, allowed in statements.items():
        for statement in of_key(allowed):
            seen += 1
            assert statement["Resource"] == KEY, name
            assert set(statement["Condition"]) == {"StringEquals"}, name
            assert set(statement["Condition"]["StringEquals"]) == {CONTEXT}, name
            assert set(listed(statement["Action"])) <= {"kms:Decrypt", "kms:Encrypt"}, name
    assert seen == 9


def test_a_role_reads_items_of_the_purposes_that_its_code_opens_and_no_other(
    opened: dict[str, set[str]], statements: dict[str, list[dict[str, Any]]]
) -> None:
    for name, purposes in opened.items():
        found = list(of_table(statements[name]))
        if name == CONNECT:
            [statement] = found
            assert set(statement["Action"]) == {"dynamodb:GetItem", "dynamodb:PutItem"}
            assert "Condition" not in statement, "it is both purposes, which is all there are"
            continue
        keys = [
            (statement["Action"], key)
            for statement in found
            for key in statement["Condition"]["ForAllValues:StringLike"]["dynamodb:LeadingKeys"]
        ]
        assert keys == [("dynamodb:GetItem", f"{purpose}#*") for purpose in purposes], name
        assert all(set(each["Condition"]) == {"ForAllValues:StringLike"} for each in found), name


def test_one_function_alone_writes_them(
    template: Template, statements: dict[str, list[dict[str, Any]]]
) -> None:
    writing = {
        name
        for name, function in template.functions().items()
        if any(WRITES.search(each) for each in called(handler_of(function)))
    }
    allowed = {
        name
        for name, found in statements.items()
        if {"kms:Encrypt", "dynamodb:PutItem"}
        & {a for each in (*of_key(found), *of_table(found)) for a in listed(each["Action"])}
    }
    assert writing == allowed == {CONNECT}


def test_the_webhook_reads_signing_secrets_and_no_booking(
    statements: dict[str, list[dict[str, Any]]],
) -> None:
    of_dynamodb = [each for each in statements[WEBHOOK] if "dynamodb:" in str(each["Action"])]
    assert of_dynamodb == [
        {
            "Effect": "Allow",
            "Action": "dynamodb:GetItem",
            "Resource": {
                "Fn::Sub": "arn:${AWS::Partition}:dynamodb:${AWS::Region}:${AWS::AccountId}:"
                "table/${Secrets}"
            },
            "Condition": {"ForAllValues:StringLike": {"dynamodb:LeadingKeys": ["signing#*"]}},
        }
    ]


def test_parameters_of_an_earlier_release_are_read_by_whom_they_are_for_and_written_by_nobody(
    opened: dict[str, set[str]], statements: dict[str, list[dict[str, Any]]]
) -> None:
    paths = {API: "/api-keys/*", SIGNING: "/signing-secrets/*"}
    for name, allowed in statements.items():
        found = [each for each in allowed if "ssm:" in str(each["Action"])]
        assert all(each["Action"] == "ssm:GetParameter" for each in found), name
        ends = {
            each["Fn::Sub"].removeprefix(
                "arn:${AWS::Partition}:ssm:${AWS::Region}:${AWS::AccountId}:parameter/${Deployment}"
            )
            for statement in found
            for each in listed(statement["Resource"])
        }
        assert ends == {paths[purpose] for purpose in opened.get(name, ())}, name


def test_the_key_turns_every_year_and_the_account_decides_who_uses_it(template: Template) -> None:
    [key] = template.of_type("AWS::KMS::Key").values()
    made = key["Properties"]
    assert made["EnableKeyRotation"] is True
    assert made["PendingWindowInDays"] == 30
    [statement] = made["KeyPolicy"]["Statement"]
    account = {"Fn::Sub": "arn:${AWS::Partition}:iam::${AWS::AccountId}:root"}
    assert statement["Principal"] == {"AWS": account}
    assert statement["Effect"] == "Allow"
