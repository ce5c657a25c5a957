"""What wakes somebody up: each alarm is on a signal that exists, and on one of this stack alone."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.template.conftest import Template

# Each service's own metrics and the dimensions that they come with, as its documentation has them.
# https://docs.aws.amazon.com/lambda/latest/dg/monitoring-metrics-types.html
# https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-available-cloudwatch-metrics.html
# https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-metrics.html
# https://docs.aws.amazon.com/ses/latest/dg/reputationdashboard-cloudwatch-alarm.html
DOCUMENTED = {
    ("AWS/Lambda", "Errors"): {"FunctionName"},
    ("AWS/Lambda", "Throttles"): {"FunctionName"},
    ("AWS/Lambda", "Invocations"): {"FunctionName"},
    ("AWS/Lambda", "IteratorAge"): {"FunctionName"},
    ("AWS/SQS", "ApproximateNumberOfMessagesVisible"): {"QueueName"},
    ("AWS/SQS", "ApproximateAgeOfOldestMessage"): {"QueueName"},
    ("AWS/ApiGateway", "5xx"): {"ApiId"},
    ("AWS/ApiGateway", "Count"): {"ApiId"},
    ("AWS/SES", "Reputation.BounceRate"): set[str](),
    ("AWS/SES", "Reputation.ComplaintRate"): set[str](),
}


def alarms(template: Template) -> dict[str, dict[str, Any]]:
    found = template.of_type("AWS::CloudWatch::Alarm")
    return {name: alarm["Properties"] for name, alarm in found.items()}


def watched(alarm: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Give the namespace, the name and the dimensions of each metric that an alarm looks at."""
    metrics = [alarm] if "MetricName" in alarm else []
    metrics += [
        each["MetricStat"]["Metric"] for each in alarm.get("Metrics", []) if "MetricStat" in each
    ]
    for metric in metrics:
        dimensions = {each["Name"]: each["Value"] for each in metric["Dimensions"]}
        yield metric["Namespace"], metric["MetricName"], dimensions


def test_every_alarm_is_on_signals_that_exist_and_are_this_stacks_own(template: Template) -> None:
    for name, alarm in alarms(template).items():
        signals = list(watched(alarm))
        assert signals, name
        for namespace, metric, dimensions in signals:
            if namespace == "Bookpay":
                # Two stacks of one account count apart: the service is the stack's name.
                assert dimensions == {"service": {"Ref": "Deployment"}}, name
            else:
                assert set(dimensions) == DOCUMENTED[namespace, metric], name
            # A name that somebody wrote by hand would be another stack's after the next deployment.
            assert all(isinstance(each, dict) for each in dimensions.values()), name
    for name, nested in template.nested.items():
        if "Globals" in nested:
            variables = nested["Globals"]["Function"]["Environment"]["Variables"]
            assert variables["POWERTOOLS_SERVICE_NAME"] == {"Ref": "Deployment"}, name


def test_every_alarm_tells_somebody_and_says_what_to_look_at(template: Template) -> None:
    for name, alarm in alarms(template).items():
        assert alarm["AlarmActions"] == [{"Ref": "AlarmTopic"}], name
        text = alarm["AlarmDescription"]
        assert len(text if isinstance(text, str) else text["Fn::Sub"]) > 60, name


def test_reports_that_fail_are_seen_wherever_cloudwatch_cuts_the_hour(template: Template) -> None:
    """Seven tries take five minutes: begun at the end of a period, half of them are in the next."""
    alarm = alarms(template)["ReportsNotBuilt"]
    assert (alarm["Period"], alarm["EvaluationPeriods"], alarm["Threshold"]) == (900, 2, 2)


def test_silence_alone_is_what_missing_data_means(template: Template) -> None:
    missing = {name: each["TreatMissingData"] for name, each in alarms(template).items()}
    assert {name for name, each in missing.items() if each == "breaching"} == {"Silence"}
    assert set(missing.values()) == {"breaching", "notBreaching"}


def test_an_expression_names_the_metrics_that_are_there(template: Template) -> None:
    for name, alarm in alarms(template).items():
        if "Metrics" not in alarm:
            continue
        [shown] = [each for each in alarm["Metrics"] if each["ReturnData"]]
        parts = [each["Id"] for each in alarm["Metrics"] if not each["ReturnData"]]
        assert parts, name
        assert all(part in shown["Expression"] for part in parts), name


@pytest.mark.parametrize("wanted", ["DeadLetters", "LedgerBalanceDiffers"])
def test_what_may_stay_above_zero_is_watched_by_its_growth(template: Template, wanted: str) -> None:
    """Bug: one location's dead letter kept the alarm red for 14 days, and hid all that followed."""
    [shown] = [each for each in alarms(template)[wanted]["Metrics"] if each["ReturnData"]]
    assert shown["Expression"].startswith("DIFF(")


def test_every_function_is_watched_and_what_a_schedule_calls_for_its_silence(
    template: Template,
) -> None:
    stacks = template.of_type("AWS::CloudFormation::Stack")
    watches = {
        each["Properties"]["Parameters"]["Function"]["Ref"]: each
        for each in stacks.values()
        if each["Properties"]["TemplateURL"] == "watched_function.yaml"
    }
    assert set(watches) == set(template.functions())
    for name, function in template.functions().items():
        every_s = [_seconds(each) for each in function.get("Events", {}).values() if _is_tick(each)]
        silent_s = watches[name]["Properties"]["Parameters"].get("SilentAfterS", 0)
        assert bool(every_s) == bool(silent_s), name
        for each_s in every_s:
            assert 2 * each_s <= silent_s, name
            # What failed is not run again beside the next; that it failed is an alarm.
            assert function["EventInvokeConfig"] == {"MaximumRetryAttempts": 0}, name


def test_an_alarm_rings_only_after_what_it_is_for_had_its_chance(template: Template) -> None:
    """Dead letters are told while there is time, and a tick's burst is no backlog."""
    queue = template.nested["order_queue"]["Resources"]
    kept_s = queue["Dead"]["Properties"]["MessageRetentionPeriod"]
    # An order of four days is this old as it comes.
    assert queue["DeadLettersExpire"]["Properties"]["Threshold"] <= kept_s - 4 * 86_400 - 2 * 86_400
    ticked = {"LedgerSyncs", "ReportOrders"}
    old = {name: each.get("OldAfterS", 900) for name, each in template.queues().items()}
    assert {name for name, each in old.items() if each != 900} == ticked


def test_nobody_is_woken_by_the_emulator(template: Template) -> None:
    assert template.main["Resources"]["Alarms"]["Condition"] == "IsOnAws"
    on_aws = {"Fn::If": ["IsOnAws", {"Ref": "AlarmTopic"}, ""]}
    for name, stack in template.main["Resources"].items():
        given = stack.get("Properties", {}).get("Parameters", {})
        if stack["Type"] == "AWS::CloudFormation::Stack" and name != "Alarms":
            assert given.get("AlarmTopic", on_aws) == on_aws, name


def _is_tick(source: dict[str, Any]) -> bool:
    return bool(source["Type"] == "ScheduleV2")


def _seconds(source: dict[str, Any]) -> int:
    number, unit = (
        source["Properties"]["ScheduleExpression"].removeprefix("rate(").rstrip(")").split()
    )
    return int(number) * {"minute": 60, "minutes": 60, "hour": 3600}[unit]
