"""Which deployment a command is for: a stack of AWS, or the one that runs on this machine.

Without `BOOKPAY_STACK` the stack of this machine is meant, if one runs; with it, the stack of that
name in the AWS account of the shell's credentials. The region is the shell's, or samconfig.toml's.
"""

import json
import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import boto3

from infra.local.settings import ROOT, read_settings
from shared.config import AwsAccess, Config


class CommandError(Exception):
    """What stops a command, in words for whoever called it."""


@dataclass(frozen=True, slots=True)
class Deployment:
    """Where the API is, what the stack says of itself, and the passwords of a seeded staff.

    `aws` are options of boto3's clients. `location_id` is "" where none was named.
    """

    api_url: str
    outputs: Mapping[str, str]
    location_id: str
    staff: Mapping[str, str]
    aws: Mapping[str, Any]

    @property
    def is_local(self) -> bool:
        """Whether it runs on this machine, on the emulator."""
        return "endpoint_url" in self.aws

    def client(self, service: str) -> Any:  # noqa: ANN401 (boto3 has no types)
        """Return a client of one of AWS's services."""
        return boto3.client(service, **self.aws)  # type: ignore[call-overload]

    def config(self) -> Config:
        """Return what the stores need, for calls from here; raises `CommandError`."""
        keys = {name: self.aws[name] for name in self.aws if name.startswith("aws_")}
        found = boto3.session.Session(**keys).get_credentials()
        if found is None:
            raise CommandError("no AWS credentials: `aws sts get-caller-identity` shows yours")
        credentials = found.get_frozen_credentials()
        aws = AwsAccess(
            region=self.aws["region_name"],
            access_key_id=credentials.access_key or "",
            secret_access_key=credentials.secret_key or "",
            session_token=credentials.token or "",
            endpoint_url=self.aws.get("endpoint_url", ""),
        )
        return Config(
            aws,
            table_name=self.outputs["BookingsTable"],
            secrets_table=self.outputs.get("SecretsTable", ""),
            secrets_key=self.outputs.get("SecretsKey", ""),
        )


def find_deployment(*, needs_location: bool = False) -> Deployment:
    """Return what is meant; raises `CommandError`."""
    location_id = os.environ.get("BOOKPAY_LOCATION", "")
    if name := os.environ.get("BOOKPAY_STACK"):
        aws = {"region_name": region()}
        formation: Any = boto3.client("cloudformation", **aws)  # type: ignore[call-overload]
        found = formation.describe_stacks(StackName=name)["Stacks"][0].get("Outputs", [])
        outputs = {each["OutputKey"]: each["OutputValue"] for each in found}
        if needs_location and not location_id:
            raise CommandError("BOOKPAY_LOCATION names the location")
        return Deployment(outputs["PublicUrl"], outputs, location_id, {}, aws)
    file = read_settings().stack_file
    if not file.exists():
        raise CommandError("no stack runs here; name one of AWS with BOOKPAY_STACK")
    stack = json.loads(file.read_text())
    return Deployment(
        api_url=stack["api_url"],
        outputs=stack["outputs"],
        location_id=location_id or stack["location_id"],
        staff={each["email"]: each["password"] for each in stack["staff"]},
        aws={
            "endpoint_url": stack["aws"]["endpoint_url"],
            "region_name": stack["aws"]["region"],
            "aws_access_key_id": stack["aws"]["access_key_id"],
            "aws_secret_access_key": stack["aws"]["secret_access_key"],
        },
    )


def region() -> str:
    """Return the shell's region, or the one that `make deploy` has written into samconfig.toml.

    Raises `CommandError` where there is neither.
    """
    if found := boto3.session.Session().region_name:
        return str(found)
    config = tomllib.loads((ROOT / "samconfig.toml").read_text())
    default = config.get("default", {})
    for command in ("global", "deploy"):
        if found := default.get(command, {}).get("parameters", {}).get("region"):
            return str(found)
    raise CommandError("no region: set AWS_REGION, or deploy with `make deploy` first")
