"""`make move-secrets`: keys and signing secrets leave SSM's parameters for the table of secrets.

    BOOKPAY_STACK=bookpay make move-secrets               copies what the table does not have yet
    BOOKPAY_STACK=bookpay make move-secrets DELETE=yes    deletes parameters that were copied
    BOOKPAY_STACK=bookpay make move-secrets BACK=yes      makes the items parameters again

Releases up to 1.0 know the parameters alone; this one reads a parameter where the table has
nothing. Whatever is copied is read back before it counts. Safe to break off, and to repeat. It
needs an operator's AWS credentials. Which deployment is meant is said in `infra.deployment`.
"""

import json
import os
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from infra.deployment import CommandError, Deployment, find_deployment
from shared.adapters.secrets_table import API, SIGNING, SecretsTable
from shared.domain.errors import AwsInvalid, AwsRefused, AwsUnreachable, WriteConflict

# What GetParametersByPath brings and DeleteParameters takes at once.
PAGE = 10
MOVED, THERE, NEWER, LEFT = "moved", "there already", "newer in the table", "left as they are"


@dataclass(frozen=True, slots=True)
class Parameter:
    """A parameter of a location; `value` is `None` where it holds no JSON object."""

    purpose: str
    location_id: str
    name: str
    value: dict[str, Any] | None


def main() -> int:
    """Do what is asked; 1 where something was left as it is, 2 where nothing could be done."""
    asked = tuple(os.environ.get(name, "") for name in ("DELETE", "BACK"))
    commands = {("", ""): move, ("yes", ""): delete, ("", "yes"): move_back}
    if asked not in commands:
        print("Say DELETE=yes, or BACK=yes, or neither", file=sys.stderr)
        return 2
    try:
        return commands[asked](find_deployment())
    except (CommandError, BotoCoreError, ClientError, AwsRefused, AwsUnreachable) as error:
        print(f"{type(error).__name__}: {error}", file=sys.stderr)
        return 2


def move(deployment: Deployment) -> int:
    """Copy into the table what it does not have yet, and read everything back."""
    tables, counted = _tables(deployment), Counter[str]()
    for each in _parameters(deployment):
        counted[_move(each, tables[each.purpose])] += 1
        if each.value is None:
            print(f"  {each.name} holds no JSON: save that location's payment settings again")
        _show_progress(counted)
    print(_told(counted, MOVED, THERE, NEWER, LEFT))
    if not counted[LEFT] and counted.total():
        print("The table has them all. When all is well: make move-secrets DELETE=yes")
    return 1 if counted[LEFT] else 0


def delete(deployment: Deployment) -> int:
    """Delete each parameter whose item is in the table, and can be opened."""
    tables, counted = _tables(deployment), Counter[str]()
    ssm, doomed = deployment.client("ssm"), list[str]()
    # All are read first: a page that shrinks while it is walked would skip some.
    for each in list(_parameters(deployment)):
        if tables[each.purpose].get(each.location_id) is None:
            print(f"  {each.name} is not in the table: make move-secrets")
            counted[LEFT] += 1
        else:
            doomed.append(each.name)
    for start in range(0, len(doomed), PAGE):
        names = doomed[start : start + PAGE]
        counted["deleted"] += len(ssm.delete_parameters(Names=names)["DeletedParameters"])
        _show_progress(counted)
    print(_told(counted, "deleted", LEFT))
    return 1 if counted[LEFT] else 0


def move_back(deployment: Deployment) -> int:
    """Write each item into a parameter, read it back, and delete the item.

    So there is one truth at any time: what an earlier release writes is read by this one, too.
    """
    tables, paths, counted = _tables(deployment), _paths(deployment), Counter[str]()
    ssm, dynamodb = deployment.client("ssm"), deployment.client("dynamodb")
    name_of_table = deployment.outputs["SecretsTable"]
    pages = dynamodb.get_paginator("scan").paginate(
        TableName=name_of_table, ProjectionExpression="pk"
    )
    for key in [item["pk"]["S"] for page in pages for item in page["Items"]]:
        purpose, _, location_id = key.partition("#")
        stored = tables[purpose].get(location_id)
        if stored is None:
            continue
        name, text = f"{paths[purpose]}/{location_id}", json.dumps(dict(stored.value))
        ssm.put_parameter(Name=name, Value=text, Type="SecureString", Overwrite=True)
        found = ssm.get_parameter(Name=name, WithDecryption=True)["Parameter"]["Value"]
        if found != text:
            counted[LEFT] += 1
            continue
        dynamodb.delete_item(
            TableName=name_of_table,
            Key={"pk": {"S": key}},
            ConditionExpression="#version = :version",
            ExpressionAttributeNames={"#version": "version"},
            ExpressionAttributeValues={":version": {"N": str(stored.version)}},
        )
        counted["back"] += 1
        _show_progress(counted)
    print(_told(counted, "back", LEFT))
    return 1 if counted[LEFT] else 0


def has_parameters(deployment: Deployment) -> bool:
    """Whether there is anything that was not moved, or not deleted since."""
    ssm = deployment.client("ssm")
    return any(
        ssm.get_parameters_by_path(Path=path, MaxResults=1)["Parameters"]
        for path in _paths(deployment).values()
    )


def _move(each: Parameter, table: SecretsTable) -> str:
    if each.value is None:
        return LEFT
    found = table.get(each.location_id)
    if found is not None:
        return THERE if found.value == each.value else NEWER
    try:
        table.put(each.location_id, each.value, 0)
    except WriteConflict:
        # An owner has saved new ones at this moment.
        return NEWER
    found = table.get(each.location_id)
    if found is None:
        raise AwsInvalid(f"{each.name} cannot be read back", code="NotReadBack")
    return MOVED if found.value == each.value else NEWER


def _parameters(deployment: Deployment) -> Iterator[Parameter]:
    pages = deployment.client("ssm").get_paginator("get_parameters_by_path")
    for purpose, path in _paths(deployment).items():
        found = pages.paginate(Path=path, WithDecryption=True, PaginationConfig={"PageSize": PAGE})
        for page in found:
            for each in page["Parameters"]:
                location_id = each["Name"].removeprefix(f"{path}/")
                yield Parameter(purpose, location_id, each["Name"], _read(each["Value"]))


def _read(text: str) -> dict[str, Any] | None:
    try:
        found = json.loads(text)
    except ValueError:
        return None
    return found if isinstance(found, dict) else None


def _tables(deployment: Deployment) -> dict[str, SecretsTable]:
    """Return the table for each purpose, without a look at parameters."""
    if "SecretsTable" not in deployment.outputs:
        raise CommandError("the stack has no table of secrets: make deploy comes first")
    config = deployment.config()
    return {purpose: SecretsTable(config, purpose, "") for purpose in (API, SIGNING)}


def _paths(deployment: Deployment) -> dict[str, str]:
    outputs = deployment.outputs
    return {API: outputs["ApiKeysPath"], SIGNING: outputs["SigningSecretsPath"]}


def _show_progress(counted: Counter[str]) -> None:
    if counted.total() % 100 == 0:
        print(f"  {counted.total()} done", flush=True)


def _told(counted: Counter[str], *kinds: str) -> str:
    return ", ".join(f"{counted[kind]} {kind}" for kind in kinds)


if __name__ == "__main__":
    sys.exit(main())
