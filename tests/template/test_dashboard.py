"""The dashboard shows signals that exist, and every queue."""

import json
import re
from collections.abc import Iterator
from typing import Any

from functions.record_stripe_event.handler import MONEY
from tests.template.conftest import ROOT, Template
from tests.template.test_alarms import DOCUMENTED

# Names that the code puts together, with where it does.
PUT_TOGETHER = {
    "MailSent": "functions/send_mail/handler.py",
    "ReportMailed": "functions/build_money_flow_report/handler.py",
    "ReportNotBuilt": "functions/build_money_flow_report/handler.py",
    **dict.fromkeys(MONEY.values(), "functions/record_stripe_event/handler.py"),
}


def widgets(template: Template) -> list[dict[str, Any]]:
    body, _ = template.nested["dashboard"]["Resources"]["Dashboard"]["Properties"]["DashboardBody"][
        "Fn::Sub"
    ]
    return [each["properties"] for each in json.loads(body)["widgets"]]


def shown(template: Template) -> Iterator[tuple[str, str, dict[str, str]]]:
    """Give the namespace, the name and the dimensions of each metric that is drawn.

    https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/CloudWatch-Dashboard-Body-Structure.html
    """
    for widget in widgets(template):
        for namespace, name, *rest in widget["metrics"]:
            pairs = [each for each in rest if isinstance(each, str)]
            yield namespace, name, dict(zip(pairs[::2], pairs[1::2], strict=True))


def test_each_metric_exists_and_is_this_stacks_own(template: Template) -> None:
    code = "\n".join(
        path.read_text() for room in ("functions", "shared") for path in (ROOT / room).rglob("*.py")
    )
    counted = set(re.findall(r'"(\w+)"', code))
    for namespace, name, dimensions in shown(template):
        if namespace == "Bookpay":
            assert dimensions == {"service": "${Deployment}"}, name
            assert name in counted or "count(" in (ROOT / PUT_TOGETHER[name]).read_text(), name
        else:
            assert set(dimensions) == DOCUMENTED[namespace, name], name


def test_every_queue_is_there_with_its_age_and_its_dead_letters(template: Template) -> None:
    names = {
        each.removesuffix("DeadQueueUrl")
        for each in template.main["Outputs"]
        if each.endswith("DeadQueueUrl")
    }
    drawn: dict[str, set[str]] = {}
    for namespace, name, dimensions in shown(template):
        if namespace == "AWS/SQS":
            drawn.setdefault(name, set()).add(dimensions["QueueName"].strip("${}"))
    assert drawn["ApproximateAgeOfOldestMessage"] == names
    assert drawn["ApproximateNumberOfMessagesVisible"] == names | {f"{each}Dead" for each in names}


def test_no_widget_covers_another(template: Template) -> None:
    body, _ = template.nested["dashboard"]["Resources"]["Dashboard"]["Properties"]["DashboardBody"][
        "Fn::Sub"
    ]
    cells = [
        (each["x"] + right, each["y"])
        for each in json.loads(body)["widgets"]
        for right in range(each["width"])
    ]
    assert len(cells) == len(set(cells))
    assert max(x for x, _ in cells) == 23
