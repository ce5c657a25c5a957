"""An operator's commands, on AWS's services as moto has them."""

import json
import os
from collections.abc import Iterator
from copy import replace
from pathlib import Path
from typing import Any

import boto3
import httpx
import pytest
from moto import mock_aws

from infra import console, first_day, operate
from infra.deployment import CommandError, Deployment, find_deployment, region
from shared.adapters.location_store import LocationStore
from tests.template.conftest import Template

REGION = "eu-central-1"
RESTORED = "bookings-20261128T090000"


@pytest.fixture
def deployment() -> Iterator[Deployment]:
    with mock_aws():
        sqs = boto3.client("sqs", region_name=REGION)
        outputs = {"BookingsTable": "bookings"}
        for name in ("Mails", "RefundOrders"):
            for kind in ("", "Dead"):
                url = sqs.create_queue(QueueName=f"{name}{kind}")["QueueUrl"]
                outputs[f"{name}{kind}QueueUrl"] = url
        pool = boto3.client("cognito-idp", region_name=REGION).create_user_pool(PoolName="staff")
        outputs["UserPoolId"] = pool["UserPool"]["Id"]
        described = Template().nested["tables"]["Resources"]["Bookings"]["Properties"]
        names = ("BillingMode", "AttributeDefinitions", "KeySchema", "GlobalSecondaryIndexes")
        wanted = {name: described[name] for name in names}
        dynamo = boto3.client("dynamodb", region_name=REGION)
        dynamo.create_table(TableName="bookings", **wanted)
        yield Deployment("https://api.example", outputs, "", {}, {"region_name": REGION})


def give_up(deployment: Deployment, queue: str, *bodies: str) -> None:
    sqs = deployment.client("sqs")
    for body in bodies:
        sqs.send_message(QueueUrl=deployment.outputs[f"{queue}DeadQueueUrl"], MessageBody=body)


def waiting(deployment: Deployment, queue: str) -> list[str]:
    found = deployment.client("sqs").receive_message(
        QueueUrl=deployment.outputs[f"{queue}QueueUrl"], MaxNumberOfMessages=10
    )
    return sorted(each["Body"] for each in found.get("Messages", []))


def test_dead_letters_go_back_to_their_queue_whoever_gave_them_up(
    deployment: Deployment, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    bodies = [f"message {number:02}" for number in range(8)]
    give_up(deployment, "Mails", *bodies)
    give_up(deployment, "RefundOrders", "another queue's")
    assert operate.status(deployment) == 1
    monkeypatch.setenv("QUEUE", "Mails")
    assert operate.redrive(deployment) == 0
    assert "Mails: 8 messages are on their way again" in capsys.readouterr().out
    assert waiting(deployment, "Mails") == bodies
    assert operate.redrive(deployment) == 0
    assert "Mails: 0 messages" in capsys.readouterr().out
    assert waiting(deployment, "RefundOrders") == []
    assert operate.status(deployment) == 1, "the other queue's is still there"


@pytest.mark.parametrize("name", ["", "Mail", "MailsDead", "../Mails"])
def test_a_queue_that_is_none_is_told_with_those_that_are(
    deployment: Deployment, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setenv("QUEUE", name)
    with pytest.raises(CommandError, match="Mails, RefundOrders"):
        operate.redrive(deployment)


def test_an_alarm_that_rings_is_shown_and_one_of_another_stack_is_not(
    deployment: Deployment, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    watch = boto3.client("cloudwatch", region_name=REGION)
    for name in ("bookpay-Alarms-1-OutboxStuck-2", "other-Alarms-1-OutboxStuck-2", "bookpay-quiet"):
        watch.put_metric_alarm(
            AlarmName=name, AlarmDescription="Read its log.", Namespace="Bookpay", MetricName="M",
            Statistic="Sum", Period=300, EvaluationPeriods=1, Threshold=0,
            ComparisonOperator="GreaterThanThreshold",
        )  # fmt: skip
        if not name.endswith("quiet"):
            watch.set_alarm_state(AlarmName=name, StateValue="ALARM", StateReason="test")
    monkeypatch.setenv("BOOKPAY_STACK", "bookpay")
    assert operate.status(deployment) == 1
    said = capsys.readouterr().out
    assert "✗ bookpay-Alarms-1-OutboxStuck-2: Read its log." in said
    assert "other-" not in said
    assert "quiet" not in said


def test_all_is_well_is_said_so(deployment: Deployment, capsys: pytest.CaptureFixture[str]) -> None:
    assert operate.status(deployment) == 0
    assert "Nothing was given up, and no alarm rings." in capsys.readouterr().out


@pytest.mark.parametrize(
    ("start", "end", "said"),
    [
        ("", "2026-11-29T00:00:00Z", "FROM is an instant"),
        ("2026-11-28T00:00:00Z", "tomorrow", "TO is an instant"),
        ("2026-11-29T00:00:00Z", "2026-11-28T00:00:00Z", "TO is after FROM"),
        ("2026-11-28", "2026-11-29", "keeps no archive"),
    ],
)
def test_a_replay_that_cannot_be_is_not_begun(
    deployment: Deployment, monkeypatch: pytest.MonkeyPatch, start: str, end: str, said: str
) -> None:
    monkeypatch.setenv("FROM", start)
    monkeypatch.setenv("TO", end)
    with pytest.raises(CommandError, match=said):
        operate.replay(deployment)


def test_a_table_is_restored_and_made_ready_however_often_it_is_asked_for(
    deployment: Deployment, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """It has what the stack's own table has: a restored one has none of it."""
    dynamodb = deployment.client("dynamodb")
    backups = {"PointInTimeRecoveryEnabled": True}
    dynamodb.update_continuous_backups(
        TableName="bookings", PointInTimeRecoverySpecification=backups
    )
    item = {"pk": {"S": "demo#location"}, "sk": {"S": "location"}, "body": {"S": "{}"}}
    dynamodb.put_item(TableName="bookings", Item=item)
    monkeypatch.setenv("TO", "2026-11-28T10:00:00+01:00")
    assert operate.restore(deployment) == 0
    said = capsys.readouterr().out
    assert operate.restore(deployment) == 0
    assert capsys.readouterr().out == f"  {RESTORED} is there already\n{said}"
    assert [each["pk"]["S"] for each in dynamodb.scan(TableName=RESTORED)["Items"]] == [
        "demo#location"
    ]
    made = dynamodb.describe_table(TableName=RESTORED)["Table"]
    own = Template().nested["tables"]["Resources"]["Bookings"]["Properties"]
    assert (
        made["StreamSpecification"]["StreamViewType"]
        == own["StreamSpecification"]["StreamViewType"]
    )
    assert made["DeletionProtectionEnabled"] is own["DeletionProtectionEnabled"]
    expiry = dynamodb.describe_time_to_live(TableName=RESTORED)["TimeToLiveDescription"]
    assert expiry["AttributeName"] == own["TimeToLiveSpecification"]["AttributeName"]
    backup = dynamodb.describe_continuous_backups(TableName=RESTORED)[
        "ContinuousBackupsDescription"
    ]
    recovery = backup["PointInTimeRecoveryDescription"]["PointInTimeRecoveryStatus"]
    assert recovery == "ENABLED"
    assert f"ExistingTable        {RESTORED}" in said
    assert made["LatestStreamArn"] in said


def test_a_restored_table_is_not_named_after_each_time_it_was_restored(
    deployment: Deployment, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("TO", "2026-11-28T09:00:00Z")
    operate.restore(deployment)
    again = replace(deployment, outputs={**deployment.outputs, "BookingsTable": RESTORED})
    monkeypatch.setenv("TO", "2026-11-28T12:00:00Z")
    assert operate.restore(again) == 0
    assert "ExistingTable        bookings-20261128T120000\n" in capsys.readouterr().out


def test_a_moment_that_is_none_restores_nothing(
    deployment: Deployment, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TO", "yesterday")
    with pytest.raises(CommandError, match="TO is an instant"):
        operate.restore(deployment)
    assert deployment.client("dynamodb").list_tables()["TableNames"] == ["bookings"]


def test_the_first_admin_is_made_once_however_often_it_is_asked_for(
    deployment: Deployment, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("EMAIL", " You@Example.com")
    assert first_day.make_admin(deployment) == 0
    assert "temporary password" in capsys.readouterr().out
    assert first_day.make_admin(deployment) == 0
    assert "temporary password" not in capsys.readouterr().out
    users = deployment.client("cognito-idp").list_users(UserPoolId=deployment.outputs["UserPoolId"])
    [user] = users["Users"]
    attributes = {each["Name"]: each["Value"] for each in user["Attributes"]}
    assert (attributes["email"], attributes["email_verified"]) == ("you@example.com", "true")
    store = LocationStore(deployment.config())
    assert store.list_memberships(attributes["sub"]) == {"*": frozenset({"admin"})}


def test_an_admin_without_an_address_is_none(
    deployment: Deployment, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EMAIL", "nobody")
    with pytest.raises(CommandError, match="EMAIL="):
        first_day.make_admin(deployment)


def test_a_location_is_made_and_its_owner_invited(
    deployment: Deployment, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    seen: list[tuple[str, Any]] = []
    answers = iter([201, 201, 409, 422])

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append((request.url.path, json.loads(request.content)))
        status = next(answers)
        problem = {
            "code": "location_exists" if status == 409 else "invalid_input",
            "detail": "Some fields are not valid.",
            "errors": [{"pointer": "/email", "detail": "must be an e-mail address"}],
        }
        return httpx.Response(status, json=problem)

    def signed_in(_: Deployment) -> httpx.Client:
        return httpx.Client(base_url="https://api.example", transport=httpx.MockTransport(answer))

    given = {"location_id": "mitte", "name": "Salon Mitte", "timezone": "Europe/Berlin",
             "country": "DE", "currency": "eur"}  # fmt: skip
    for name, value in {**given, "owner": "anna@salon.example"}.items():
        monkeypatch.setenv(f"BOOKPAY_NEW_{name.upper()}", value)
    monkeypatch.setattr(first_day, "sign_in", signed_in)
    assert first_day.make_location(deployment) == 0
    assert seen == [
        ("/v1/locations", given),
        ("/v1/locations/mitte/members", {"email": "anna@salon.example", "roles": ["owner"]}),
    ]
    assert first_day.make_location(deployment) == 1, "it is there; the owner's address is refused"
    captured = capsys.readouterr()
    assert "mitte is there already" in captured.out
    assert "/email must be an e-mail address" in captured.err


def test_the_region_is_the_shells_or_what_deploying_has_written(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for name in ("AWS_REGION", "AWS_DEFAULT_REGION", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_CONFIG_FILE", os.devnull)
    monkeypatch.setattr("infra.deployment.ROOT", tmp_path)
    (tmp_path / "samconfig.toml").write_text("[default.deploy.parameters]\nresolve_s3 = true\n")
    with pytest.raises(CommandError, match="no region"):
        region()
    (tmp_path / "samconfig.toml").write_text('[default.deploy.parameters]\nregion = "eu-west-1"\n')
    assert region() == "eu-west-1"
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    assert region() == "us-east-1"


@pytest.mark.parametrize("module", [operate, first_day, console])
def test_a_command_that_is_none_is_told_with_those_that_are(
    module: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    assert module.main([]) == 2
    assert module.main(["destroy"]) == 2
    assert "Say one of" in capsys.readouterr().err


def test_nothing_is_done_to_a_stack_that_is_not_there(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("BOOKPAY_STACK", raising=False)
    monkeypatch.setenv("BOOKPAY_LOCAL_DIR", str(tmp_path))
    with pytest.raises(CommandError):
        find_deployment()
    assert operate.main(["status"]) == 2
    assert first_day.main(["admin"]) == 2
    assert "no stack runs here" in capsys.readouterr().err
