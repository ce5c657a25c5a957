"""A pipeline of the same services as ours whose functions do nothing, on the same emulator.

    POST /stub ► receive ► bus ► queue ► record ► table

The functions (`stub_functions`) have our own memory, batches and concurrency.
"""

import io
import json
import zipfile
from pathlib import Path
from typing import Any

from infra.local.settings import API_ID
from tests.stack.running_stack import Stack

CODE = Path(__file__).with_name("stub_functions.py")
NAME = "stub"
ROUTE = f"/{NAME}"
# As ours have them: infra/payments.yaml.
BATCH, CONCURRENCY = 10, 20
MEMORY_MB, TIMEOUT_S, VISIBILITY_S = 512, 30, 180
FUNCTIONS = ("receive", "record")


class Stub:
    """The stub, once it is deployed; `queue_url` is of its events."""

    def __init__(self, stack: Stack) -> None:
        self._stack = stack
        self.table = NAME
        self._make_table()
        self._stack.aws("events").create_event_bus(Name=NAME)
        self._functions = self._make_functions()
        self.queue_url = self._make_queue()
        self._make_route()

    def count(self) -> int:
        """Return how many events it has written."""
        pages = self._stack.aws("dynamodb").get_paginator("scan").paginate
        return sum(page["Count"] for page in pages(TableName=self.table, Select="COUNT"))

    def _make_table(self) -> None:
        keys = {"pk": "HASH", "sk": "RANGE"}
        self._stack.aws("dynamodb").create_table(
            TableName=self.table,
            BillingMode="PAY_PER_REQUEST",
            AttributeDefinitions=[{"AttributeName": k, "AttributeType": "S"} for k in keys],
            KeySchema=[{"AttributeName": k, "KeyType": kind} for k, kind in keys.items()],
        )

    def _make_functions(self) -> dict[str, str]:
        role = self._make_role()
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w") as archive:
            archive.write(CODE, CODE.name)
        made = {}
        for name in FUNCTIONS:
            answer = self._stack.aws("lambda").create_function(
                FunctionName=f"{NAME}-{name}",
                Runtime="python3.13",
                Role=role,
                Handler=f"{CODE.stem}.{name}",
                Code={"ZipFile": packed.getvalue()},
                MemorySize=MEMORY_MB,
                Timeout=TIMEOUT_S,
                Environment={"Variables": {"STUB_BUS": NAME, "STUB_TABLE": self.table}},
            )
            made[name] = str(answer["FunctionArn"])
        return made

    def _make_role(self) -> str:
        trust = {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}}
        allowed = ["events:PutEvents", "dynamodb:*", "sqs:*", "logs:*"]
        iam = self._stack.aws("iam")
        made = iam.create_role(
            RoleName=NAME,
            AssumeRolePolicyDocument=_policy({**trust, "Action": "sts:AssumeRole"}),
        )
        document = _policy({"Effect": "Allow", "Action": allowed, "Resource": "*"})
        iam.put_role_policy(RoleName=NAME, PolicyName="own", PolicyDocument=document)
        return str(made["Role"]["Arn"])

    def _make_queue(self) -> str:
        """Make the queue of what the bus has, and let a function empty it."""
        sqs, events = self._stack.aws("sqs"), self._stack.aws("events")
        url = str(
            sqs.create_queue(QueueName=NAME, Attributes={"VisibilityTimeout": str(VISIBILITY_S)})[
                "QueueUrl"
            ]
        )
        names = ["QueueArn"]
        arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=names)["Attributes"]["QueueArn"]
        sent = {"Effect": "Allow", "Principal": {"Service": "events.amazonaws.com"}}
        policy = _policy({**sent, "Action": "sqs:SendMessage", "Resource": arn})
        sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": policy})
        pattern = json.dumps({"source": [NAME], "detail-type": ["event"]})
        events.put_rule(Name=NAME, EventBusName=NAME, EventPattern=pattern)
        events.put_targets(Rule=NAME, EventBusName=NAME, Targets=[{"Id": "queue", "Arn": arn}])
        self._stack.aws("lambda").create_event_source_mapping(
            FunctionName=self._functions["record"],
            FunctionResponseTypes=["ReportBatchItemFailures"],
            EventSourceArn=arn,
            BatchSize=BATCH,
            ScalingConfig={"MaximumConcurrency": CONCURRENCY},
        )
        return url

    def _make_route(self) -> None:
        """Give its webhook a route beside ours, behind the same front door."""
        arn, gateway = self._functions["receive"], self._stack.aws("apigatewayv2")
        self._stack.aws("lambda").add_permission(
            FunctionName=arn,
            StatementId="api",
            Action="lambda:InvokeFunction",
            Principal="apigateway.amazonaws.com",
        )
        target = gateway.create_integration(
            ApiId=API_ID,
            IntegrationType="AWS_PROXY",
            IntegrationUri=arn,
            PayloadFormatVersion="2.0",
        )["IntegrationId"]
        gateway.create_route(
            ApiId=API_ID, RouteKey=f"POST {ROUTE}", Target=f"integrations/{target}"
        )


def _policy(statement: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})
