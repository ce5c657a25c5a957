"""A running stack, as tests use it."""

from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import Any

import boto3
import httpx

from tests.stack.stripe_sender import StripeSender


@dataclass(frozen=True)
class Stack:
    """A running stack, as its `stack.json` describes it; `close` ends its connections."""

    described: dict[str, Any]
    _open: ExitStack = field(default_factory=ExitStack)
    _clients: dict[str, Any] = field(default_factory=dict)

    def close(self) -> None:
        self._open.close()

    @property
    def api_url(self) -> str:
        return str(self.described["api_url"])

    @property
    def location_id(self) -> str:
        return str(self.described["location_id"])

    def aws(self, service: str) -> Any:
        """Return a boto3 client with the root credentials of the emulator."""
        aws = self.described["aws"]
        if service not in self._clients:
            client = boto3.client(  # type: ignore[call-overload]  # any service's
                service,
                endpoint_url=aws["endpoint_url"],
                region_name=aws["region"],
                aws_access_key_id=aws["access_key_id"],
                aws_secret_access_key=aws["secret_access_key"],
            )
            self._open.callback(client.close)
            self._clients[service] = client
        return self._clients[service]

    def sign_in(self, role: str) -> str:
        """Return an id token of the seeded staff member with this role, such as `demo:owner`."""
        person = next(each for each in self.described["staff"] if each["roles"] == [role])
        answer = self.aws("cognito-idp").initiate_auth(
            ClientId=self.described["user_pool_client_id"],
            AuthFlow="USER_PASSWORD_AUTH",
            AuthParameters={"USERNAME": person["email"], "PASSWORD": person["password"]},
        )
        return str(answer["AuthenticationResult"]["IdToken"])

    def client(self, role: str | None = None) -> httpx.Client:
        """Return an HTTP client of the API, signed in where a role is given."""
        headers = {"authorization": f"Bearer {self.sign_in(role)}"} if role else {}
        client = httpx.Client(base_url=self.api_url, headers=headers, timeout=40)
        return self._open.enter_context(client)

    def sender(self) -> StripeSender:
        """Return what posts signed events as Stripe would."""
        return self.sender_for(self.location_id)

    def sender_for(self, location_id: str) -> StripeSender:
        """Return what posts events signed for the seeded location to another one's address."""
        http = self._open.enter_context(httpx.Client(base_url=self.api_url, timeout=40))
        return StripeSender(http, location_id, self.described["webhook_secret"])

    def logged(self) -> str:
        """Return everything that the functions have logged, a line each."""
        logs = self.aws("logs")
        groups = [
            group["logGroupName"]
            for page in logs.get_paginator("describe_log_groups").paginate()
            for group in page["logGroups"]
        ]
        return "\n".join(
            event["message"]
            for group in groups
            for page in logs.get_paginator("filter_log_events").paginate(logGroupName=group)
            for event in page["events"]
        )

    def passwords(self) -> list[str]:
        """Return the seeded staff's passwords."""
        return [str(person["password"]) for person in self.described["staff"]]

    def messages_in(self, queue_url: str) -> int:
        """Return how many messages a queue holds, those being worked on too."""
        names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
        found = self.aws("sqs").get_queue_attributes(QueueUrl=queue_url, AttributeNames=names)
        return sum(int(value) for value in found["Attributes"].values())
