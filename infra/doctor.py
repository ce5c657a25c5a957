"""What `make doctor` looks at of a deployment as a whole: what no location can see or mend.

It needs an operator's AWS credentials. Each line says in words what to do.
"""

from collections.abc import Callable, Iterable, Iterator
from urllib.parse import urlsplit

import httpx
from botocore.exceptions import BotoCoreError, ClientError

from infra.deployment import Deployment
from infra.move_secrets import has_parameters
from infra.operate import DEAD, depth, queues
from shared.domain.locations.connection_check import FAILURE, OK, WARNING, CheckLine

TIMEOUT_S = 20
UNCONFIRMED = "PendingConfirmation"
# Beside what the queues' functions may use: webhooks, clients and staff at one moment.
FOR_REQUESTS = 50


def deployment_lines(deployment: Deployment) -> list[CheckLine]:
    """Return a line for each thing that was looked at."""
    looks: dict[str, Callable[[Deployment], Iterable[CheckLine]]] = {
        "alarms": alarm_lines,
        "concurrency": concurrency_lines,
        "address": address_lines,
        "dead letters": dead_letter_lines,
        "secrets": secret_lines,
    }
    lines: list[CheckLine] = []
    for name, look in looks.items():
        try:
            lines += look(deployment)
        except (BotoCoreError, ClientError) as error:
            detail = f"AWS did not say ({type(error).__name__}): {error}"
            lines.append(CheckLine(name, WARNING, detail))
    return lines


def alarm_lines(deployment: Deployment) -> Iterator[CheckLine]:
    """Say whether somebody is told when an alarm rings.

    https://docs.aws.amazon.com/sns/latest/api/API_ListSubscriptionsByTopic.html
    """
    if deployment.is_local:
        yield CheckLine("alarms", OK, "none on this machine")
        return
    pages = deployment.client("sns").get_paginator("list_subscriptions_by_topic")
    found = [
        each["SubscriptionArn"]
        for page in pages.paginate(TopicArn=deployment.outputs["AlarmTopicArn"])
        for each in page["Subscriptions"]
    ]
    confirmed = [each for each in found if each != UNCONFIRMED]
    if confirmed:
        yield CheckLine("alarms", OK, f"{len(confirmed)} told when one rings")
    elif found:
        detail = "Nobody is told: follow the link in the mail that SNS sent to AlarmEmail."
        yield CheckLine("alarms", FAILURE, detail)
    else:
        detail = "Nobody is told: deploy with AlarmEmail, or subscribe somebody to AlarmTopicArn."
        yield CheckLine("alarms", FAILURE, detail)


def concurrency_lines(deployment: Deployment) -> Iterator[CheckLine]:
    """Say whether the account runs enough functions at once; a new one runs ten.

    https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
    """
    client = deployment.client("lambda")
    limit = client.get_account_settings()["AccountLimit"]["ConcurrentExecutions"]
    urls = {deployment.outputs[each] for each in deployment.outputs if each.endswith("QueueUrl")}
    names = {url.rpartition("/")[2] for url in urls}
    pages = client.get_paginator("list_event_source_mappings").paginate()
    by_queues = sum(
        each.get("ScalingConfig", {}).get("MaximumConcurrency", 0)
        for page in pages
        for each in page["EventSourceMappings"]
        if each.get("EventSourceArn", "").rpartition(":")[2] in names
    )
    needed = by_queues + FOR_REQUESTS
    if limit >= needed:
        yield CheckLine("concurrency", OK, f"{limit} functions at once, {by_queues} for queues")
        return
    detail = (
        f"The account runs {limit} functions at once. Queues may take {by_queues}, and webhooks, "
        f"clients and staff wait behind them: ask for {max(1000, needed)} in Service Quotas, "
        "'Concurrent executions' of AWS Lambda."
    )
    yield CheckLine("concurrency", FAILURE if limit <= by_queues else WARNING, detail)


def address_lines(deployment: Deployment) -> Iterator[CheckLine]:
    """Say whether the public address leads here, and is one's own."""
    try:
        answer = httpx.get(f"{deployment.api_url}/health", timeout=TIMEOUT_S)
    except httpx.HTTPError as error:
        detail = f"{deployment.api_url} gives no answer ({type(error).__name__}): look at its DNS."
        yield CheckLine("address", FAILURE, detail)
        return
    if answer.status_code != httpx.codes.OK:
        detail = f"{deployment.api_url}/health answers {answer.status_code}: it leads elsewhere."
        yield CheckLine("address", FAILURE, detail)
    elif ".execute-api." in (urlsplit(deployment.api_url).hostname or ""):
        detail = "Clients see AWS's own address: map a domain to the API, and deploy its PublicUrl."
        yield CheckLine("address", WARNING, detail)
    else:
        yield CheckLine("address", OK, f"{deployment.api_url} answers")


def secret_lines(deployment: Deployment) -> Iterator[CheckLine]:
    """Say whether keys and secrets can be opened, and whether any are where they were before.

    https://docs.aws.amazon.com/kms/latest/developerguide/key-state.html
    """
    key = deployment.outputs["SecretsKey"]
    state = deployment.client("kms").describe_key(KeyId=key)["KeyMetadata"]["KeyState"]
    if state == "PendingDeletion":
        detail = (
            f"The key of all secrets is about to be deleted: cancel that in KMS at once, {key}."
        )
        yield CheckLine("secrets", FAILURE, detail)
    elif state != "Enabled":
        detail = f"No secret can be opened: enable the key in KMS, {key}."
        yield CheckLine("secrets", FAILURE, detail)
    elif has_parameters(deployment):
        detail = "Some are still in parameters of SSM: `make move-secrets`, then with DELETE=yes."
        yield CheckLine("secrets", WARNING, detail)
    else:
        yield CheckLine("secrets", OK, "in their table, and their key is enabled")


def dead_letter_lines(deployment: Deployment) -> Iterator[CheckLine]:
    """Say what was given up, by queue."""
    for name in queues(deployment):
        given_up = sum(depth(deployment, deployment.outputs[f"{name}{DEAD}"]))
        if not given_up:
            yield CheckLine(f"dead letters {name}", OK, "none")
            continue
        detail = (
            f"{given_up} messages were given up: read the function's log, mend the cause, "
            f"then `make redrive QUEUE={name}`."
        )
        yield CheckLine(f"dead letters {name}", FAILURE, detail)
