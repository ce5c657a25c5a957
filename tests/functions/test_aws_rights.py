"""What `tests/aws_rights.py` finds: a call that a role does not allow, and one that is none."""

from contextlib import suppress
from typing import Any

import pytest

from functions.serve_widget import handler as widget_function
from tests.aws_rights import (
    ACCOUNT,
    Asked,
    allowing,
    asked_for,
    check_what_is_asked_of_aws,
    expect_valid,
)
from tests.surroundings.fixtures import ENVIRONMENT
from tests.template.conftest import Template

TABLE = f"arn:aws:dynamodb:{ACCOUNT}:table/bookings"
MAIL = {"Source": "bookings@example.com", "RawMessage": {"Data": b""}}


@pytest.fixture(autouse=True)
def _environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in ENVIRONMENT.items():
        monkeypatch.setenv(name, value)


def is_allowed(function: str, action: str, resource: str, **context: list[str]) -> bool:
    given = {name.replace("_", ":"): value for name, value in context.items()}
    return allowing(function, Asked(action, resource, given)) is not None


def test_an_action_is_allowed_on_its_own_resource_alone() -> None:
    assert is_allowed("RecordStripeEvent", "dynamodb:PutItem", TABLE)
    assert not is_allowed("RecordStripeEvent", "dynamodb:PutItem", f"{TABLE}-of-another-stack")
    assert not is_allowed("RecordStripeEvent", "dynamodb:Query", f"{TABLE}/index/by_created")
    assert not is_allowed("RecordStripeEvent", "dynamodb:Scan", TABLE)
    assert not is_allowed("ReceiveStripeWebhook", "dynamodb:PutItem", TABLE)


def test_what_ends_in_a_star_begins_as_it_is_written() -> None:
    files = "arn:aws:s3:::large-events"
    assert is_allowed("ReceiveStripeWebhook", "s3:PutObject", f"{files}/demo/1.json")
    assert not is_allowed("ReceiveStripeWebhook", "s3:PutObject", files)
    assert not is_allowed("ReceiveStripeWebhook", "s3:PutObject", "arn:aws:s3:::reports/demo")
    assert not is_allowed("ReceiveStripeWebhook", "s3:GetObject", f"{files}/demo/1.json")


def test_a_condition_has_to_hold() -> None:
    identity = f"arn:aws:ses:{ACCOUNT}:identity/example.com"
    ours, others = ["bookings@example.com"], ["bookings@example.org"]
    assert is_allowed("SendMail", "ses:SendRawEmail", identity, ses_FromAddress=ours)
    assert not is_allowed("SendMail", "ses:SendRawEmail", identity, ses_FromAddress=others)
    assert not is_allowed("SendMail", "ses:SendRawEmail", identity)


def test_a_queue_is_the_functions_own() -> None:
    handed_over = f"arn:aws:sqs:{ACCOUNT}:orders"
    assert is_allowed("RefundPayment", "sqs:ChangeMessageVisibility", handed_over)
    assert not is_allowed("ServeStaffApi", "sqs:ChangeMessageVisibility", handed_over)


def test_a_transaction_is_asked_for_item_by_item_and_a_batch_by_its_action() -> None:
    put = {"Put": {"TableName": "bookings", "Item": {"pk": {"S": "demo#1"}}}}
    delete = {"Delete": {"TableName": "bookings", "Key": {"pk": {"S": "demo#2"}}}}
    check = {"ConditionCheck": {"TableName": "bookings", "Key": {"pk": {"S": "demo#3"}}}}
    asked = asked_for("dynamodb", "TransactWriteItems", {"TransactItems": [put, delete, check]})
    assert [(each.action, each.context["dynamodb:LeadingKeys"]) for each in asked] == [
        ("dynamodb:PutItem", ["demo#1"]),
        ("dynamodb:DeleteItem", ["demo#2"]),
        ("dynamodb:ConditionCheckItem", ["demo#3"]),
    ]
    [sent] = asked_for("sqs", "SendMessageBatch", {"QueueUrl": "https://sqs/1/q", "Entries": []})
    assert sent == Asked("sqs:SendMessage", f"arn:aws:sqs:{ACCOUNT}:q")


def test_a_mail_needs_its_identity_and_the_configuration_set_that_it_names() -> None:
    asked = asked_for("ses", "SendRawEmail", {**MAIL, "ConfigurationSetName": "set"})
    assert [each.resource.rpartition(":")[2] for each in asked] == [
        "identity/bookings@example.com",
        "configuration-set/set",
    ]


@pytest.mark.parametrize(
    ("service", "operation", "params", "why"),
    [
        ("ssm", "GetParameter", {"Nam": "x"}, "Missing required parameter.*Name"),
        ("ssm", "GetParameter", {"Name": 5}, "Invalid type for parameter Name"),
        ("ssm", "GetParameter", {"Name": "x", "Decrypt": True}, "Unknown parameter.*Decrypt"),
        ("sqs", "SendMessageBatch", {"QueueUrl": "x"}, "Missing required parameter.*Entries"),
        ("dynamodb", "PutItem", {"TableName": "t", "Item": {"pk": "x"}}, "Invalid type"),
    ],
)
def test_what_the_service_would_not_take_is_found(
    service: str, operation: str, params: dict[str, Any], why: str
) -> None:
    with pytest.raises(AssertionError, match=why):
        expect_valid(service, operation, params)


def test_a_call_below_a_function_is_held_against_its_role(
    config: Any, table: Any, context: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The widget reads the table; without that right its test fails where it asks."""
    del config, table
    statements = Template.statements

    def without_reading(template: Template, function: str) -> list[dict[str, Any]]:
        return [
            each
            for each in statements(template, function)
            if "dynamodb:BatchGetItem" not in each["Action"]
        ]

    request = {
        "routeKey": "GET /public/locations/{location_id}",
        "pathParameters": {"location_id": "demo"},
    }
    assert widget_function.handler(request, context)["statusCode"] == 200
    monkeypatch.setattr(Template, "statements", without_reading)
    wrong = check_what_is_asked_of_aws(monkeypatch)
    with suppress(AssertionError):
        widget_function.handler(request, context)
    assert len(wrong) == 1
    assert wrong[0].startswith(f"ServeWidget may not dynamodb:BatchGetItem on {TABLE}")


@pytest.mark.enable_socket
def test_a_call_in_a_thread_of_a_function_is_held_against_its_role_too(
    morning: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Bug: boto3 fetches S3's files in threads, and nothing looked at whether it may."""
    statements = Template.statements

    def without_files(template: Template, function: str) -> list[dict[str, Any]]:
        return [
            {**each, "Action": "s3:PutObject"} if "s3:GetObject" in each["Action"] else each
            for each in statements(template, function)
        ]

    assert morning.order() == {"batchItemFailures": []}
    monkeypatch.setattr(Template, "statements", without_files)
    wrong = check_what_is_asked_of_aws(monkeypatch)
    monkeypatch.setattr("time.time", lambda: float(morning.day.end_s + 30 * 3600))
    with suppress(AssertionError):
        morning.order(morning.next_days(1, 1)[0])
    assert wrong
    assert wrong[0].startswith("BuildMoneyFlowReport may not s3:GetObject on arn:aws:s3:::reports/")
