"""From the bus to the queues: no message without a way back, and none that nobody takes."""

import json
from typing import Any

import pytest

from infra.deployment import Deployment
from infra.operate import DEAD, QUEUE, queues
from shared.adapters.outbox import message_puts
from shared.domain.bookings.undelivered_mails import SES
from shared.domain.messages.booking_changed import BookingChanged
from shared.domain.messages.envelopes import MESSAGES, envelope_of
from shared.domain.messages.ledger_orders import SyncLedger
from shared.domain.stripe_facts.event_types import CONSUMED_EVENT_TYPES
from tests.messages import mail_order
from tests.template.conftest import Template

UNKNOWN_TYPES = [
    "customer.created", "invoice.paid", "account.updated", "balance.available", "ping",
    "Charge.succeeded", "v1.charge.succeeded", "xcharge.succeeded",
]  # fmt: skip
# Where AWS's services put what they have given up.
GIVEN_UP_TO = ("DeadLetterConfig", "DeadLetterQueue", "deadLetterTargetArn", "OnFailure")
HALF_AN_HOUR_S = 1800
BOOKING_CHANGED = BookingChanged.detail_type
# A sync is ordered in its queue directly.
ORDERS = sorted(MESSAGES.keys() - {BOOKING_CHANGED, SyncLedger.detail_type})


def matches(pattern: dict[str, Any], event: dict[str, Any]) -> bool:
    """Whether a rule takes an event; knows what our rules use: exact values and prefixes.

    https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-event-patterns.html
    """
    for name, wanted in pattern.items():
        value = event.get(name)
        if isinstance(wanted, dict):
            if not isinstance(value, dict) or not matches(wanted, value):
                return False
            continue
        if not any(_fits(each, value) for each in wanted):
            return False
    return True


def _fits(wanted: Any, value: Any) -> bool:
    if not isinstance(wanted, dict):
        return bool(wanted == value)
    [(kind, argument)] = wanted.items()
    assert kind == "prefix", f"teach this matcher {kind}"
    return isinstance(value, str) and value.startswith(argument)


def of_stripe(template: Template) -> dict[str, dict[str, Any]]:
    patterns = template.patterns().items()
    return {name: each for name, each in patterns if "bookpay.stripe" in each["source"]}


def on_the_bus(event_type: str, source: str = "bookpay.stripe") -> dict[str, Any]:
    return {"source": source, "detail-type": event_type, "detail": {"location_id": "demo"}}


def archived(template: Template, detail_type: str, source: str) -> bool:
    archives = template.of_type("AWS::Events::Archive").values()
    event = on_the_bus(detail_type, source)
    return any(matches(archive["Properties"]["EventPattern"], event) for archive in archives)


def order_queue(template: Template, name: str) -> dict[str, Any]:
    found: dict[str, Any] = template.nested["order_queue"]["Resources"][name]
    return found


# ------------------------------------------------------------------ what a queue takes


@pytest.mark.parametrize("event_type", sorted(CONSUMED_EVENT_TYPES))
def test_every_consumed_type_reaches_a_queue(template: Template, event_type: str) -> None:
    patterns = of_stripe(template).values()
    assert any(matches(pattern, on_the_bus(event_type)) for pattern in patterns)


@pytest.mark.parametrize("event_type", UNKNOWN_TYPES)
def test_nothing_else_does(template: Template, event_type: str) -> None:
    for pattern in of_stripe(template).values():
        assert not matches(pattern, on_the_bus(event_type))


def test_an_event_of_another_source_is_no_event_of_stripes(template: Template) -> None:
    for pattern in of_stripe(template).values():
        for source in ("bookpay", "aws.events", "bookpay.stripe.evil"):
            assert not matches(pattern, on_the_bus("charge.succeeded", source))


def test_every_kind_in_a_pattern_is_one_that_stripe_has(template: Template) -> None:
    for name, pattern in of_stripe(template).items():
        for wanted in pattern["detail-type"]:
            taken = [each for each in CONSUMED_EVENT_TYPES if _fits(wanted, each)]
            assert taken, f"{name} waits for {wanted}, which never comes"


@pytest.mark.parametrize("order", ORDERS)
def test_an_order_reaches_one_queue_and_no_archive_that_would_give_it_again(
    template: Template, order: str
) -> None:
    patterns = template.patterns().values()
    assert sum(matches(pattern, on_the_bus(order, "bookpay")) for pattern in patterns) == 1
    assert not archived(template, order, "bookpay")


def test_what_happened_to_bookings_is_archived_as_stripes_events_are(template: Template) -> None:
    assert archived(template, BOOKING_CHANGED, "bookpay")
    assert archived(template, "charge.succeeded", "bookpay.stripe")
    assert not archived(template, BOOKING_CHANGED, "somebody.else")
    archives = template.of_type("AWS::Events::Archive").values()
    assert {each["Properties"]["RetentionDays"] for each in archives} == {30}


def test_every_pattern_is_asked_of_our_own_bus_but_what_ses_tells(template: Template) -> None:
    assert set(template.queues()) - set(template.patterns()) == {"LedgerSyncs"}
    for name, pattern in template.patterns().items():
        # SES knows the account's default bus alone, as does the template.
        wanted = None if pattern["source"] == [SES] else {"Ref": "EventBus"}
        assert template.queues()[name].get("EventBus") == wanted, name
    assert template.nested["order_queue"]["Parameters"]["EventBus"]["Default"] == "default"


def test_the_stream_publishes_new_messages_and_leaves_delayed_ones_to_the_sweeper(
    template: Template,
) -> None:
    stream = template.functions()["PublishOutbox"]["Events"]["Stream"]["Properties"]
    [pattern] = [json.loads(each["Pattern"]) for each in stream["FilterCriteria"]["Filters"]]
    for due_s, is_published in ((None, True), (1, False)):
        [put] = message_puts([mail_order("payment_link", due_s=due_s)], 1)
        keys = {"pk": {"S": put.key.pk}, "sk": {"S": put.key.sk}}
        record = {"eventName": "INSERT", "dynamodb": {"Keys": keys}}
        assert matches(pattern, record) is is_published


# ------------------------------------------------------------------ the way back


def test_a_rule_leads_to_its_queue_and_keeps_what_it_cannot_deliver(template: Template) -> None:
    [target] = order_queue(template, "Rule")["Properties"]["Targets"]
    assert target["Arn"] == {"Fn::GetAtt": "Queue.Arn"}
    assert target["DeadLetterConfig"]["Arn"] == {"Fn::GetAtt": "Dead.Arn"}
    assert list(template.of_type("AWS::Events::Rule")) == ["Rule"], "no other stands by itself"


def test_a_queue_takes_a_locations_flood_after_the_others_messages(template: Template) -> None:
    """By groups, which are no order in such a queue; every message of ours names its location."""
    [target] = order_queue(template, "Rule")["Properties"]["Targets"]
    group = {"MessageGroupId": {"Ref": "TenantPath"}}
    assert target["SqsParameters"]["Fn::If"] == ["IsFair", group, {"Ref": "AWS::NoValue"}]
    path = template.nested["order_queue"]["Parameters"]["TenantPath"]["Default"]
    assert path == "$.detail.location_id"
    ours = envelope_of(mail_order("payment_link"))
    assert ours["detail"]["location_id"] == "demo"
    # What SES tells has it among its tags, and is little.
    assert {name for name, each in template.queues().items() if "TenantPath" in each} == {
        "MailReturns"
    }


def test_every_queue_has_a_dead_letter_queue_or_is_one(template: Template) -> None:
    queues = template.of_type("AWS::SQS::Queue")
    assert set(queues) == {"Queue", "Dead"}
    for made in (queue["Properties"] for queue in queues.values()):
        assert made["SqsManagedSseEnabled"] is True
        assert made["MessageRetentionPeriod"] == 14 * 24 * 3600
    redrive = queues["Queue"]["Properties"]["RedrivePolicy"]
    assert redrive["deadLetterTargetArn"] == {"Fn::GetAtt": "Dead.Arn"}
    assert redrive["maxReceiveCount"] == {"Ref": "MaxReceiveCount"}
    # By `retry_schedule.delay_s`: forty minutes, five hours, four days.
    parameter = template.nested["order_queue"]["Parameters"]["MaxReceiveCount"]
    assert (parameter["Default"], parameter["AllowedValues"]) == (10, [10, 15, 100])


def test_no_dead_letter_is_one_that_nobody_can_move_back(template: Template) -> None:
    """Bug: places in the stream lay there for 14 days; the messages were in the table all along."""
    stream = template.functions()["PublishOutbox"]["Events"]["Stream"]["Properties"]
    assert "DestinationConfig" not in stream
    templates = {"template": template.main, **template.nested}
    kept = {
        (name, resource)
        for name, each in templates.items()
        for resource, made in each["Resources"].items()
        for place in GIVEN_UP_TO
        if place in str(made)
    }
    # An event that a rule could not deliver has the body that its queue would have got.
    assert kept == {("order_queue", "Rule"), ("order_queue", "Queue")}


def test_make_redrive_knows_where_each_dead_letter_belongs(template: Template) -> None:
    """It takes both addresses from the outputs, by one name: the queue's."""
    outputs = template.main["Outputs"]
    named = queues(Deployment("", dict.fromkeys(outputs, ""), "", {}, {}))
    assert named == sorted(template.queues())
    for name in named:
        urls = [outputs[f"{name}{end}"]["Value"]["Fn::GetAtt"] for end in (QUEUE, DEAD)]
        stacks = [url.split(".Outputs.") for url in urls]
        assert [output for _, output in stacks] == [f"{name}Url", f"{name}DeadUrl"]
        uri = template.main["Resources"][stacks[0][0]]["Properties"]["TemplateURL"]
        told = template.nested[uri.removeprefix("infra/").removesuffix(".yaml")]["Outputs"]
        assert told[f"{name}Url"]["Value"] == {"Fn::GetAtt": f"{name}.Outputs.Url"}
        assert told[f"{name}DeadUrl"]["Value"] == {"Fn::GetAtt": f"{name}.Outputs.DeadUrl"}


def test_the_rule_alone_may_send_to_its_queue_and_its_dead_letters(template: Template) -> None:
    policy = order_queue(template, "FromBus")["Properties"]
    assert policy["Queues"] == [{"Ref": "Queue"}, {"Ref": "Dead"}]
    [statement] = policy["PolicyDocument"]["Statement"]
    assert statement["Principal"] == {"Service": "events.amazonaws.com"}
    assert statement["Action"] == "sqs:SendMessage"
    assert statement["Resource"] == [{"Fn::GetAtt": "Queue.Arn"}, {"Fn::GetAtt": "Dead.Arn"}]
    of_the_rule = {"ArnEquals": {"aws:SourceArn": {"Fn::GetAtt": "Rule.Arn"}}}
    assert statement["Condition"] == of_the_rule
    assert list(template.of_type("AWS::SQS::QueuePolicy")) == ["FromBus"]


def test_every_queue_has_a_consumer_that_answers_for_each_message_and_is_given_time(
    template: Template,
) -> None:
    queues = template.queues()
    consumed = []
    for name, function in template.functions().items():
        for source in function.get("Events", {}).values():
            if source["Type"] != "SQS":
                continue
            made = source["Properties"]
            assert made["FunctionResponseTypes"] == ["ReportBatchItemFailures"], name
            queue = made["Queue"]["Fn::GetAtt"].removesuffix(".Outputs.Arn")
            consumed.append(queue)
            # Each says itself when what failed comes again: the queue's time is for what was ended,
            # and for what Lambda took and could not start. Shorter, a want of concurrency would
            # make dead letters within minutes.
            # https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html
            right = ("sqs:ChangeMessageVisibility", f"{queue}.Outputs.Arn")
            assert right in template.allowed(name), name
            visible_s = queues[queue]["VisibilityTimeout"]
            assert function["Timeout"] < visible_s, name
            # A delivery for which there is no concurrency counts like any other.
            assert visible_s * queues[queue].get("MaxReceiveCount", 10) >= HALF_AN_HOUR_S, name
    assert sorted(consumed) == sorted(queues)


def test_who_fills_the_queue_that_calls_it_is_allowed_to_and_nobody_else(
    template: Template,
) -> None:
    """Lambda stops a function that calls itself through a queue, after some 16 times."""
    loops = set()
    for name, function in template.functions().items():
        sources = function.get("Events", {}).values()
        for each in (each for each in sources if each["Type"] == "SQS"):
            right = ("sqs:SendMessage", each["Properties"]["Queue"]["Fn::GetAtt"])
            loops |= {name} if right in template.allowed(name) else set()
        assert function.get("RecursiveLoop", "Terminate") == (
            "Allow" if name in loops else "Terminate"
        ), name
    assert loops == {"SyncLedger"}


def test_what_ses_tells_of_our_mails_and_of_no_others_comes_to_the_queue(
    template: Template,
) -> None:
    """Bug: bounces and complaints were told to nobody."""
    ours = template.of_type("AWS::SES::ConfigurationSet")
    told = template.of_type("AWS::SES::ConfigurationSetEventDestination")["MailEventsToBus"]
    made = told["Properties"]
    assert made["ConfigurationSetName"] == {"Ref": "MailEvents"}
    assert list(ours) == ["MailEvents"]
    assert made["EventDestination"]["MatchingEventTypes"] == ["bounce", "complaint", "reject"]
    bus = made["EventDestination"]["EventBridgeDestination"]["EventBusArn"]["Fn::Sub"]
    assert bus.endswith(":event-bus/default"), "SES knows no other"
    where, _, locally = template.queues()["MailReturns"]["EventPattern"]["Fn::If"]
    assert where == "IsOnAws"
    pattern = template.patterns()["MailReturns"]
    assert pattern.pop("detail") == {"mail": {"tags": {"ses:configuration-set": ["${MailEvents}"]}}}
    assert pattern == json.loads(locally)
    if_on_aws = {"Fn::If": ["IsOnAws", {"Ref": "MailEvents"}, ""]}
    assert template.variables("SendMail")["MAIL_EVENTS"] == if_on_aws
    assert template.nested["mails"]["Outputs"]["MailEvents"]["Value"] == if_on_aws
