"""What `make doctor` says of a deployment, on AWS's services as moto has them."""

import json
from collections.abc import Iterator
from typing import Any

import boto3
import httpx
import pytest
from botocore.exceptions import ClientError
from moto import mock_aws

from infra import console, doctor
from infra.deployment import Deployment
from shared.domain.locations.connection_check import FAILURE, OK, WARNING

REGION = "eu-central-1"
URL = "https://pay.salon.example"
ROLE = {"Version": "2012-10-17", "Statement": []}


@pytest.fixture
def deployment() -> Iterator[Deployment]:
    with mock_aws():
        sqs = boto3.client("sqs", region_name=REGION)
        outputs = {
            f"Mails{kind}QueueUrl": sqs.create_queue(QueueName=f"bookpay-Mails{kind}")["QueueUrl"]
            for kind in ("", "Dead")
        }
        sns = boto3.client("sns", region_name=REGION)
        outputs["AlarmTopicArn"] = sns.create_topic(Name="alarms")["TopicArn"]
        key = boto3.client("kms", region_name=REGION).create_key()["KeyMetadata"]
        outputs |= {"SecretsKey": key["Arn"], "ApiKeysPath": "/a", "SigningSecretsPath": "/s"}
        yield Deployment(URL, outputs, "", {}, {"region_name": REGION})


def answering(monkeypatch: pytest.MonkeyPatch, status: int | None) -> None:
    def get(url: str, **_: Any) -> httpx.Response:
        assert url.endswith("/health")
        if status is None:
            raise httpx.ConnectError("no such host")
        return httpx.Response(status)

    monkeypatch.setattr(httpx, "get", get)


def status_of(lines: Any) -> tuple[str, str]:
    [line] = lines
    return line.status, line.detail


# ------------------------------------------------------------------ who is told of alarms


def test_somebody_has_to_be_told_and_to_have_agreed_to_it(
    deployment: Deployment, monkeypatch: pytest.MonkeyPatch
) -> None:
    status, detail = status_of(doctor.alarm_lines(deployment))
    assert (status, "AlarmEmail" in detail) == (FAILURE, True)
    sns = boto3.client("sns", region_name=REGION)
    topic = deployment.outputs["AlarmTopicArn"]
    sns.subscribe(TopicArn=topic, Protocol="email", Endpoint="ops@example.com")
    assert status_of(doctor.alarm_lines(deployment))[0] == OK

    # moto takes every subscription for confirmed; AWS names those that are not so.
    class Paginator:
        def paginate(self, **_: Any) -> list[dict[str, Any]]:
            return [{"Subscriptions": [{"SubscriptionArn": "PendingConfirmation"}]}]

    class Sns:
        def get_paginator(self, _name: str) -> Paginator:
            return Paginator()

    monkeypatch.setattr(boto3, "client", lambda *_, **__: Sns())
    status, detail = status_of(doctor.alarm_lines(deployment))
    assert (status, "follow the link" in detail) == (FAILURE, True)


# ------------------------------------------------------------------ how much runs at once


class Lambda:
    """An account with a quota, and the queues that call its functions."""

    def __init__(self, limit: int, mappings: list[tuple[str, int]]) -> None:
        self.limit, self.mappings = limit, mappings

    def get_account_settings(self) -> dict[str, Any]:
        return {"AccountLimit": {"ConcurrentExecutions": self.limit}}

    def get_paginator(self, name: str) -> "Lambda":
        assert name == "list_event_source_mappings"
        return self

    def paginate(self) -> list[dict[str, Any]]:
        return [
            {
                "EventSourceMappings": [
                    {
                        "EventSourceArn": f"arn:aws:sqs:{REGION}:123456789012:{queue}",
                        "ScalingConfig": {"MaximumConcurrency": most},
                    }
                    for queue, most in self.mappings
                ]
                # A stream has no such limit.
                + [{"EventSourceArn": "arn:aws:dynamodb:eu-central-1:1:table/t/stream/s"}]
            }
        ]


@pytest.mark.parametrize(
    ("limit", "expected"), [(10, FAILURE), (20, FAILURE), (21, WARNING), (70, OK), (1000, OK)]
)
def test_a_small_quota_is_told_with_what_to_ask_for(
    deployment: Deployment, monkeypatch: pytest.MonkeyPatch, limit: int, expected: str
) -> None:
    account = Lambda(limit, [("bookpay-Mails", 20), ("somebody-elses", 500)])
    monkeypatch.setattr(boto3, "client", lambda *_, **__: account)
    status, detail = status_of(doctor.concurrency_lines(deployment))
    assert status == expected
    assert ("ask for 1000" in detail) == (expected != OK)


# ------------------------------------------------------------------ where clients come


@pytest.mark.parametrize(
    ("url", "answer", "expected"),
    [
        (URL, 200, OK),
        (URL, 404, FAILURE),
        (URL, None, FAILURE),
        ("https://abc123.execute-api.eu-central-1.amazonaws.com", 200, WARNING),
    ],
)
def test_the_address_leads_here_and_is_ones_own(
    deployment: Deployment,
    monkeypatch: pytest.MonkeyPatch,
    url: str,
    answer: int | None,
    expected: str,
) -> None:
    answering(monkeypatch, answer)
    named = Deployment(url, deployment.outputs, "", {}, deployment.aws)
    assert status_of(doctor.address_lines(named))[0] == expected


# ------------------------------------------------------------------ what was given up


def test_dead_letters_are_the_operators_and_told_by_queue(deployment: Deployment) -> None:
    assert status_of(doctor.dead_letter_lines(deployment))[0] == OK
    url = deployment.outputs["MailsDeadQueueUrl"]
    boto3.client("sqs", region_name=REGION).send_message(QueueUrl=url, MessageBody="{}")
    status, detail = status_of(doctor.dead_letter_lines(deployment))
    assert (status, "make redrive QUEUE=Mails" in detail) == (FAILURE, True)


# ------------------------------------------------------------------ all of it


def test_what_aws_does_not_tell_is_a_warning_and_the_rest_is_looked_at(
    deployment: Deployment, monkeypatch: pytest.MonkeyPatch
) -> None:
    def denied(_: Deployment) -> Any:
        raise ClientError({"Error": {"Code": "AccessDenied", "Message": "no"}}, "GetAccount")

    monkeypatch.setattr(doctor, "concurrency_lines", denied)
    answering(monkeypatch, 200)
    lines = {each.name: each.status for each in doctor.deployment_lines(deployment)}
    assert lines == {
        "alarms": FAILURE,
        "concurrency": WARNING,
        "address": OK,
        "dead letters Mails": OK,
        "secrets": OK,
    }


def test_the_commands_exit_code_is_the_worse_of_deployment_and_location(
    deployment: Deployment, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    found = {"status": "ok", "lines": []}
    transport = httpx.MockTransport(lambda _: httpx.Response(200, text=json.dumps(found)))
    monkeypatch.setattr(console, "find_deployment", lambda **_: deployment)
    monkeypatch.setattr(
        console, "sign_in", lambda _: httpx.Client(base_url=URL, transport=transport)
    )
    answering(monkeypatch, 200)
    assert console.main(["doctor"]) == 1
    assert "the deployment: failure" in capsys.readouterr().out
    sns = boto3.client("sns", region_name=REGION)
    topic = deployment.outputs["AlarmTopicArn"]
    sns.subscribe(TopicArn=topic, Protocol="email", Endpoint="ops@example.com")
    monkeypatch.setattr(doctor, "concurrency_lines", lambda _: [])
    assert console.main(["doctor"]) == 0
