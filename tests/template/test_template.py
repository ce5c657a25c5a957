"""What the template promises: no message without a way back, no right too many, no fact lost."""

import ast
import json
import re
from dataclasses import replace
from typing import Any

import pytest

from functions.serve_report.routes import ASKED_FOLDER
from functions.serve_widget import handler as widget_function
from shared.adapters.outbox import message_puts
from shared.domain.bookings.undelivered_mails import SES
from shared.domain.messages.booking_changed import BookingChanged
from shared.domain.messages.envelopes import MESSAGES
from shared.domain.messages.ledger_orders import SyncLedger
from shared.domain.stripe_facts.event_types import CONSUMED_EVENT_TYPES
from shared.entrypoints.version import VERSION
from tests.messages import mail_order
from tests.template.conftest import ROOT, Template

UNKNOWN_TYPES = [
    "customer.created", "invoice.paid", "account.updated", "balance.available", "ping",
    "Charge.succeeded", "v1.charge.succeeded", "xcharge.succeeded",
]  # fmt: skip
BOOKING_CHANGED = BookingChanged.detail_type
# A sync is ordered in its queue directly.
ORDERS = sorted(MESSAGES.keys() - {BOOKING_CHANGED, SyncLedger.detail_type})
TABLE_ACTIONS = {"GetItem", "BatchGetItem", "PutItem", "UpdateItem", "DeleteItem",
                 "ConditionCheckItem", "Query"}  # fmt: skip


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


def stripe_rules(template: Template) -> dict[str, dict[str, Any]]:
    return {
        name: rule["Properties"]
        for name, rule in template.of_type("AWS::Events::Rule").items()
        if "bookpay.stripe" in rule["Properties"]["EventPattern"]["source"]
    }


def on_the_bus(event_type: str, source: str = "bookpay.stripe") -> dict[str, Any]:
    return {"source": source, "detail-type": event_type, "detail": {"location_id": "demo"}}


def archived(template: Template, detail_type: str, source: str) -> bool:
    archives = template.of_type("AWS::Events::Archive").values()
    event = on_the_bus(detail_type, source)
    return any(matches(archive["Properties"]["EventPattern"], event) for archive in archives)


# ------------------------------------------------------------------ from the bus to a queue


@pytest.mark.parametrize("event_type", sorted(CONSUMED_EVENT_TYPES))
def test_every_consumed_type_reaches_a_queue(template: Template, event_type: str) -> None:
    rules = stripe_rules(template).values()
    assert any(matches(rule["EventPattern"], on_the_bus(event_type)) for rule in rules)


@pytest.mark.parametrize("event_type", UNKNOWN_TYPES)
def test_nothing_else_does(template: Template, event_type: str) -> None:
    for rule in stripe_rules(template).values():
        assert not matches(rule["EventPattern"], on_the_bus(event_type))


def test_an_event_of_another_source_is_no_event_of_stripes(template: Template) -> None:
    for rule in stripe_rules(template).values():
        for source in ("bookpay", "aws.events", "bookpay.stripe.evil"):
            assert not matches(rule["EventPattern"], on_the_bus("charge.succeeded", source))


def test_every_kind_in_a_rule_is_one_that_stripe_has(template: Template) -> None:
    for name, rule in stripe_rules(template).items():
        for wanted in rule["EventPattern"]["detail-type"]:
            taken = [each for each in CONSUMED_EVENT_TYPES if _fits(wanted, each)]
            assert taken, f"{name} waits for {wanted}, which never comes"


@pytest.mark.parametrize("order", ORDERS)
def test_an_order_reaches_one_queue_and_no_archive_that_would_give_it_again(
    template: Template, order: str
) -> None:
    rules = template.of_type("AWS::Events::Rule").values()
    patterns = [rule["Properties"]["EventPattern"] for rule in rules]
    assert sum(matches(pattern, on_the_bus(order, "bookpay")) for pattern in patterns) == 1
    assert not archived(template, order, "bookpay")


def test_what_happened_to_bookings_is_archived_as_stripes_events_are(template: Template) -> None:
    assert archived(template, BOOKING_CHANGED, "bookpay")
    assert archived(template, "charge.succeeded", "bookpay.stripe")
    assert not archived(template, BOOKING_CHANGED, "somebody.else")
    archives = template.of_type("AWS::Events::Archive").values()
    assert {each["Properties"]["RetentionDays"] for each in archives} == {30}


def test_every_rule_leads_to_queues_and_keeps_what_it_cannot_deliver(template: Template) -> None:
    queues = template.of_type("AWS::SQS::Queue")
    rules = template.of_type("AWS::Events::Rule")
    assert rules
    for name, rule in rules.items():
        # SES knows the account's default bus alone.
        wanted = None if name == "MailReturnsRule" else {"Ref": "EventBus"}
        assert rule["Properties"].get("EventBusName") == wanted
        for target in rule["Properties"]["Targets"]:
            assert _queue(target["Arn"]) in queues, name
            assert _queue(target["DeadLetterConfig"]["Arn"]) in queues, name


def _queue(arn: dict[str, str]) -> str:
    return arn["Fn::GetAtt"].removesuffix(".Arn")


def dead_letter_queues(template: Template) -> set[str]:
    """Return the queues in which something ends: of queues, of rules, and of streams' batches."""
    queues = (queue["Properties"] for queue in template.of_type("AWS::SQS::Queue").values())
    policies = (queue["RedrivePolicy"] for queue in queues if "RedrivePolicy" in queue)
    arns = [policy["deadLetterTargetArn"] for policy in policies]
    for rule in template.of_type("AWS::Events::Rule").values():
        arns += [target["DeadLetterConfig"]["Arn"] for target in rule["Properties"]["Targets"]]
    for function in template.functions().values():
        sources = (source["Properties"] for source in function.get("Events", {}).values())
        failed = (each["DestinationConfig"] for each in sources if "DestinationConfig" in each)
        arns += [each["OnFailure"]["Destination"] for each in failed]
    return {_queue(arn) for arn in arns}


def test_every_queue_has_a_dead_letter_queue_or_is_one(template: Template) -> None:
    dead = dead_letter_queues(template)
    for name, queue in template.of_type("AWS::SQS::Queue").items():
        made = queue["Properties"]
        assert ("RedrivePolicy" in made) != (name in dead), name
        assert made["SqsManagedSseEnabled"] is True
        assert made["MessageRetentionPeriod"] == 14 * 24 * 3600
        if "RedrivePolicy" in made:
            # By `retry_schedule.delay_s`: forty minutes, five hours, four days.
            assert made["RedrivePolicy"]["maxReceiveCount"] in (10, 15, 100)


def test_the_bus_may_send_to_every_queue_that_a_rule_names(template: Template) -> None:
    allowed: dict[str, set[str]] = {}
    for policy in template.of_type("AWS::SQS::QueuePolicy").values():
        for statement in policy["Properties"]["PolicyDocument"]["Statement"]:
            assert statement["Principal"] == {"Service": "events.amazonaws.com"}
            assert statement["Action"] == "sqs:SendMessage"
            rule = statement["Condition"]["ArnEquals"]["aws:SourceArn"]["Fn::GetAtt"]
            queues = {_queue(arn) for arn in statement["Resource"]}
            allowed.setdefault(rule.removesuffix(".Arn"), set()).update(queues)
    for name, rule in template.of_type("AWS::Events::Rule").items():
        for target in rule["Properties"]["Targets"]:
            ends = {_queue(target["Arn"]), _queue(target["DeadLetterConfig"]["Arn"])}
            assert ends <= allowed[name], name


def test_every_consumer_answers_for_each_message_and_is_given_time(template: Template) -> None:
    queues = template.of_type("AWS::SQS::Queue")
    consumers = 0
    for name, function in template.functions().items():
        for source in function.get("Events", {}).values():
            if source["Type"] != "SQS":
                continue
            consumers += 1
            assert source["Properties"]["FunctionResponseTypes"] == ["ReportBatchItemFailures"], (
                name
            )
            queue = source["Properties"]["Queue"]
            # Each says itself when what failed comes again: the queue's time is for what was ended.
            assert ("sqs:ChangeMessageVisibility", queue["Fn::GetAtt"]) in template.allowed(name), (
                name
            )
            visible_s = queues[_queue(queue)]["Properties"]["VisibilityTimeout"]
            assert function["Timeout"] < visible_s <= 1.5 * function["Timeout"], name
    assert consumers


def test_every_dead_letter_queue_wakes_somebody_up(template: Template) -> None:
    given = template.main["Resources"]["Alarms"]["Properties"]["Parameters"]
    watched = set()
    for alarm in template.of_type("AWS::CloudWatch::Alarm").values():
        made = alarm["Properties"]
        assert made["AlarmActions"] == [{"Ref": "AlarmTopic"}]
        if made["Namespace"] != "AWS/SQS":
            continue
        [dimension] = made["Dimensions"]
        assert dimension["Name"] == "QueueName"
        assert (made["Threshold"], made["ComparisonOperator"]) == (0, "GreaterThanThreshold")
        queue_name = given[dimension["Value"]["Ref"]]["Fn::GetAtt"]
        watched.add(queue_name.removesuffix(".QueueName"))
    assert dead_letter_queues(template) <= watched


# ------------------------------------------------------------------ who may do what


def test_the_webhook_can_publish_and_read_signing_secrets_and_no_more(template: Template) -> None:
    assert {action for action, _ in template.allowed("ReceiveStripeWebhook")} == {
        "events:PutEvents", "ssm:GetParameter", "s3:PutObject",
    }  # fmt: skip
    for action, resource in template.allowed("ReceiveStripeWebhook"):
        assert "api-keys" not in resource
        if action == "ssm:GetParameter":
            assert resource.endswith("/signing-secrets/*")


def test_the_recorder_can_read_no_key_and_no_secret(template: Template) -> None:
    actions = {action.partition(":")[0] for action, _ in template.allowed("RecordStripeEvent")}
    assert actions == {"dynamodb", "s3", "sqs"}


def test_the_staff_api_can_read_neither_keys_nor_signing_secrets(template: Template) -> None:
    actions = {action.partition(":")[0] for action, _ in template.allowed("ServeStaffApi")}
    assert actions == {"dynamodb", "secretsmanager", "cognito-idp"}


def test_the_widget_reaches_the_table_alone(template: Template) -> None:
    """A client cancels there: what follows at Stripe and by mail is done by others."""
    assert {action for action, _ in template.allowed("ServeWidget")} <= {
        *("dynamodb:GetItem", "dynamodb:BatchGetItem", "dynamodb:Query"),
        *("dynamodb:PutItem", "dynamodb:DeleteItem", "dynamodb:ConditionCheckItem"),
    }


def test_who_refunds_and_charges_reads_api_keys_and_no_other_secret(template: Template) -> None:
    for name in ("RefundPayment", "ChargeFee"):
        for action, resource in template.allowed(name):
            assert action.partition(":")[0] in ("dynamodb", "ssm", "sqs")
            assert action != "ssm:GetParameter" or resource.endswith("/api-keys/*")


def test_the_checkout_reads_api_keys_and_no_signing_secrets(template: Template) -> None:
    read = [each for each in template.allowed("CreateCheckout") if each[0].startswith("ssm:")]
    assert len(read) == 1
    assert read[0][1].endswith("/api-keys/*")


def test_who_sends_mails_sends_them_from_the_deployments_address_alone(template: Template) -> None:
    from_us = {"StringEquals": {"ses:FromAddress": {"Ref": "MailFrom"}}}
    [statement] = [
        statement
        for policy in template.functions()["SendMail"]["Policies"]
        for statement in policy["Statement"]
        if "ses:" in str(statement["Action"])
    ]
    assert statement["Action"] == "ses:SendRawEmail"
    where, _, on_aws = statement["Resource"]["Fn::If"]
    assert where == "IsLocal"
    assert [each["Fn::Sub"].rpartition(":")[2] for each in on_aws] == [
        "identity/*",
        "configuration-set/*",
    ], "without the second, a default configuration set of the account stops every mail"
    assert statement["Condition"]["Fn::If"] == ["IsLocal", {"Ref": "AWS::NoValue"}, from_us]


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
    rule = template.of_type("AWS::Events::Rule")["MailReturnsRule"]["Properties"]
    assert "EventBusName" not in rule
    pattern = rule["EventPattern"]
    assert pattern["source"] == [SES]
    where, detail, _ = pattern["detail"]["Fn::If"]
    assert (where, detail["mail"]["tags"]) == (
        "IsOnAws",
        {"ses:configuration-set": [{"Ref": "MailEvents"}]},
    )
    assert rule["Targets"][0]["Arn"] == {"Fn::GetAtt": "Mails.Arn"}
    variables = template.main["Globals"]["Function"]["Environment"]["Variables"]
    assert variables["MAIL_EVENTS"] == {"Fn::If": ["IsOnAws", {"Ref": "MailEvents"}, ""]}


def test_the_clients_page_reads_no_key_of_stripes(template: Template) -> None:
    actions = {action.partition(":")[0] for action, _ in template.allowed("ServeVisit")}
    assert actions == {"dynamodb", "secretsmanager"}


# https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonses.html
WITHOUT_RESOURCES = {"ses:GetSendQuota", "ses:GetIdentityVerificationAttributes"}


def test_no_right_has_a_wildcard_but_within_our_own(template: Template) -> None:
    seen = 0
    for name in template.functions():
        for action, resource in template.allowed(name):
            seen += 1
            assert re.fullmatch(r"[a-z0-9-]+:[A-Za-z]+", action), f"{name}: {action}"
            if action.startswith("dynamodb:"):
                assert action.partition(":")[2] in TABLE_ACTIONS, f"{name}: {action}"
            if action in WITHOUT_RESOURCES:
                assert resource == "*"
                continue
            assert resource != "*", f"{name}: {action}"
            if "*" in resource:
                # Of the stack's own parameters, bucket or index, never of somebody else's.
                assert resource.endswith("/*"), f"{name}: {resource}"
                assert "${" in resource.rsplit("/", 2)[0], f"{name}: {resource}"
                assert resource.count("*") == 1
    assert seen > 10


# ------------------------------------------------------------------ what is kept


def test_tables_are_kept_encrypted_and_can_go_back_in_time(template: Template) -> None:
    tables = template.of_type("AWS::DynamoDB::Table")
    assert tables
    for table in tables.values():
        made = table["Properties"]
        assert table["DeletionPolicy"] == table["UpdateReplacePolicy"] == "Retain"
        assert made["PointInTimeRecoverySpecification"] == {"PointInTimeRecoveryEnabled": True}
        assert made["SSESpecification"] == {"SSEEnabled": True}
        assert made["DeletionProtectionEnabled"] is True
        assert made["BillingMode"] == "PAY_PER_REQUEST"


def test_what_holds_facts_outlives_the_stack(template: Template) -> None:
    kinds = ("AWS::S3::Bucket", "AWS::Cognito::UserPool", "AWS::SecretsManager::Secret")
    kept = template.of_type(*kinds)
    assert len(kept) >= 3
    kept |= {"Tables": template.main["Resources"]["Tables"]}
    for name, resource in kept.items():
        assert resource["DeletionPolicy"] in ("Retain", "RetainExceptOnCreate"), name
        assert resource["UpdateReplacePolicy"] == "Retain", name


def test_buckets_are_nobody_elses(template: Template) -> None:
    for bucket in template.of_type("AWS::S3::Bucket").values():
        made = bucket["Properties"]
        assert "BucketEncryption" in made
        assert set(made["PublicAccessBlockConfiguration"].values()) == {True}


def test_only_files_that_were_asked_for_once_are_deleted_from_the_reports(
    template: Template,
) -> None:
    properties = template.of_type("AWS::S3::Bucket")["Reports"]["Properties"]
    (rule,) = properties["LifecycleConfiguration"]["Rules"]
    assert (rule["Status"], rule["Prefix"]) == ("Enabled", f"{ASKED_FOLDER}/")


def test_every_function_has_a_log_that_is_deleted_in_the_end(template: Template) -> None:
    logs = template.of_type("AWS::Logs::LogGroup")
    used = set()
    for name, function in template.functions().items():
        used.add(function["LoggingConfig"]["LogGroup"]["Ref"])
        assert function["LoggingConfig"]["LogGroup"]["Ref"] in logs, name
    assert len(used) == len(template.functions()), "each has its own"
    for name, log in logs.items():
        assert log["Properties"]["RetentionInDays"] == {"Ref": "LogRetentionDays"}, name
    assert template.main["Parameters"]["LogRetentionDays"]["Default"] > 0


# ------------------------------------------------------------------ code and template agree


def read_from_environment() -> tuple[set[str], set[str]]:
    """Return the names that shared/config.py must find, and those that may be absent."""
    needed, optional = set(), set()
    for node in ast.walk(ast.parse((ROOT / "shared/config.py").read_text())):
        if isinstance(node, ast.Subscript) and ast.unparse(node.value) == "env":
            needed.add(ast.literal_eval(node.slice))
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "env.get":
            optional.add(ast.literal_eval(node.args[0]))
    return needed, optional


# https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html
BY_LAMBDA = {"AWS_REGION", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"}


def test_everything_that_the_configuration_reads_is_set(template: Template) -> None:
    needed, optional = read_from_environment()
    set_here = set(template.main["Globals"]["Function"]["Environment"]["Variables"])
    assert len(needed) > 5
    assert needed - set_here - BY_LAMBDA == set()
    for function in template.functions().values():
        # What one function alone needs to know.
        set_here |= set(function.get("Environment", {}).get("Variables", {}))
    assert optional - set_here - BY_LAMBDA <= {"AWS_ENDPOINT_URL"}
    powertools = {name for name in set_here if name.startswith("POWERTOOLS_")}
    assert set_here - powertools == (needed | optional) - BY_LAMBDA - {"AWS_ENDPOINT_URL"}
    assert {"POWERTOOLS_SERVICE_NAME", "POWERTOOLS_METRICS_NAMESPACE"} <= powertools


def test_every_handler_is_there_and_every_folder_is_a_function(template: Template) -> None:
    named = set()
    for name, function in template.functions().items():
        path = re.fullmatch(r"functions\.(\w+)\.handler\.handler", function["Handler"])
        assert path, name
        named.add(path[1])
        assert (ROOT / "functions" / path[1] / "handler.py").is_file()
        in_camel_case = "".join(part.capitalize() for part in path[1].split("_"))
        assert in_camel_case == name, "the package is put together by this rule"
    folders = {path.parent.name for path in (ROOT / "functions").glob("*/handler.py")}
    assert folders == named


def test_every_function_with_a_route_may_be_called_by_the_api(template: Template) -> None:
    integrations = template.of_type("AWS::ApiGatewayV2::Integration")
    routed = {
        name: integration["Properties"]["IntegrationUri"]["Fn::GetAtt"].removesuffix(".Arn")
        for name, integration in integrations.items()
    }
    permitted = {
        permission["Properties"]["FunctionName"]["Ref"]
        for permission in template.of_type("AWS::Lambda::Permission").values()
    }
    assert set(routed.values()) <= permitted
    for name, integration in integrations.items():
        assert integration["Properties"]["PayloadFormatVersion"] == "2.0", name
    routes = template.of_type("AWS::ApiGatewayV2::Route")
    stage = template.main["Resources"]["ApiStage"]
    assert set(stage["DependsOn"]) == set(routes)


def test_every_staff_route_needs_a_token_and_no_other_does(template: Template) -> None:
    routes = template.of_type("AWS::ApiGatewayV2::Route").values()
    for route in (each["Properties"] for each in routes):
        path = route["RouteKey"].partition(" ")[2]
        is_options = route["RouteKey"].startswith("OPTIONS ")
        assert (route.get("AuthorizationType") == "JWT") == (
            path.startswith("/v1/") and not is_options
        ), route["RouteKey"]


def test_no_function_outlasts_the_api_that_waits_for_it(template: Template) -> None:
    for integration in template.of_type("AWS::ApiGatewayV2::Integration").values():
        name = integration["Properties"]["IntegrationUri"]["Fn::GetAtt"].removesuffix(".Arn")
        default = template.main["Globals"]["Function"]["Timeout"]
        assert template.functions()[name].get("Timeout", default) < 30


def test_the_version_is_one_everywhere() -> None:
    assert f'version = "{VERSION}"' in (ROOT / "pyproject.toml").read_text()


def test_health_tells_the_version() -> None:
    class Context:
        function_name, memory_limit_in_mb = "serve-widget", 256
        invoked_function_arn = aws_request_id = "x"

    answer = widget_function.handler({}, Context())
    assert (answer["statusCode"], answer["body"]) == (
        200,
        f'{{"status": "ok", "version": "{VERSION}"}}',
    )


def test_the_stream_publishes_new_messages_and_leaves_delayed_ones_to_the_sweeper(
    template: Template,
) -> None:
    stream = template.functions()["PublishOutbox"]["Events"]["Stream"]["Properties"]
    [pattern] = [json.loads(each["Pattern"]) for each in stream["FilterCriteria"]["Filters"]]
    order = mail_order("payment_link")
    for due_s, is_published in ((0, True), (1, False)):
        [put] = message_puts([replace(order, due_s=due_s)], 1)
        keys = {"pk": {"S": put.key.pk}, "sk": {"S": put.key.sk}}
        record = {"eventName": "INSERT", "dynamodb": {"Keys": keys}}
        assert matches(pattern, record) is is_published
