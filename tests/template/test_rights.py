"""Who may do what: no function a right too many, in our words and in the translator's."""

import re
from collections.abc import Iterator
from typing import Any

import pytest

from infra.translate import translated
from tests.template.conftest import ROOT, Template

TABLE_ACTIONS = {
    *("GetItem", "BatchGetItem", "PutItem", "BatchWriteItem", "UpdateItem", "DeleteItem", "Query"),
}
READ_THE_STREAM = {"DescribeStream", "GetRecords", "GetShardIterator", "ListStreams"}
TAKE_MESSAGES = {
    *("sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"),
    "sqs:ChangeMessageVisibility",
}
# Of AWS's own: it allows to write what X-Ray is told, and to ask what to tell.
# https://docs.aws.amazon.com/aws-managed-policy/latest/reference/AWSXRayDaemonWriteAccess.html
WRITES_TRACES = "arn:${AWS::Partition}:iam::aws:policy/AWSXRayDaemonWriteAccess"
TRACING = {"Fn::If": ["IsTraced", [{"Fn::Sub": WRITES_TRACES}], {"Ref": "AWS::NoValue"}]}
# AWS knows no resource for these.
# https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonses.html
# https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazondynamodb.html
WITHOUT_RESOURCES = {
    "ses:GetSendQuota": "tells of the account's sending as a whole",
    "ses:GetIdentityVerificationAttributes": "the same, of identities",
    "dynamodb:ListStreams": "lists the streams of the account",
}
# What ends in `*`, and why no narrower name is known.
WITHIN_OUR_OWN = {
    "parameter/${Deployment}/api-keys/*": "one for each location, of releases up to 1.0",
    "parameter/${Deployment}/signing-secrets/*": "one for each location, of releases up to 1.0",
    "arn:${AWS::Partition}:s3:::${LargeEvents}/*": "one for each large event",
    "arn:${AWS::Partition}:s3:::${Reports}/*": "one for each report",
    ":identity/*": "an address or a domain above it; the sender is a condition",
    ":configuration-set/*": "the account may have one as its default; the sender is a condition",
}


def test_the_webhook_can_publish_and_read_signing_secrets_and_no_more(template: Template) -> None:
    own = {"logs:CreateLogStream", "logs:PutLogEvents"}
    assert {action for action, _ in template.allowed("ReceiveStripeWebhook")} - own == {
        "events:PutEvents", "dynamodb:GetItem", "kms:Decrypt", "ssm:GetParameter", "s3:PutObject",
    }  # fmt: skip


def test_the_recorder_can_read_no_key_and_no_secret(template: Template) -> None:
    assert template.services("RecordStripeEvent") == {"dynamodb", "s3", "sqs"}


def test_the_staff_api_can_read_neither_keys_nor_signing_secrets(template: Template) -> None:
    assert template.services("ServeStaffApi") == {"dynamodb", "secretsmanager", "cognito-idp"}


def test_the_widget_reaches_the_table_alone(template: Template) -> None:
    """A client cancels there: what follows at Stripe and by mail is done by others."""
    assert template.services("ServeWidget") == {"dynamodb"}


def test_who_refunds_and_charges_reaches_table_keys_and_queue(template: Template) -> None:
    for name in ("RefundPayment", "ChargeFee"):
        assert template.services(name) == {"dynamodb", "kms", "ssm", "sqs"}


@pytest.mark.parametrize("name", ["SendMail", "BuildMoneyFlowReport"])
def test_who_sends_mails_sends_them_from_the_deployments_address_alone(
    template: Template, name: str
) -> None:
    from_us = {"StringEquals": {"ses:FromAddress": {"Ref": "MailFrom"}}}
    [statement] = [each for each in template.statements(name) if "ses:" in str(each["Action"])]
    assert statement["Action"] == "ses:SendRawEmail"
    where, _, on_aws = statement["Resource"]["Fn::If"]
    assert where == "IsLocal"
    assert [each["Fn::Sub"].rpartition(":")[2] for each in on_aws] == [
        "identity/*",
        "configuration-set/*",
    ], "without the second, a default configuration set of the account stops every mail"
    assert statement["Condition"]["Fn::If"] == ["IsLocal", {"Ref": "AWS::NoValue"}, from_us]


def test_the_clients_page_reads_no_key_of_stripes(template: Template) -> None:
    assert template.services("ServeVisit") == {"dynamodb", "secretsmanager"}


def test_every_consumer_takes_messages_of_its_own_queues_alone(template: Template) -> None:
    """Bug: each could read and delete what was in any queue of the account."""
    for name, function in template.functions().items():
        sources = function.get("Events", {}).values()
        own = {
            each["Properties"]["Queue"]["Fn::GetAtt"] for each in sources if each["Type"] == "SQS"
        }
        taken = {pair for pair in template.allowed(name) if pair[0] in TAKE_MESSAGES}
        assert taken == {(action, queue) for action in TAKE_MESSAGES for queue in own}, name


# ------------------------------------------------------------------ as AWS's translator leaves it


@pytest.fixture(scope="module")
def made() -> dict[str, dict[str, Any]]:
    """Return the templates as CloudFormation makes them, by their names."""
    templates = [ROOT / "template.yaml", *sorted((ROOT / "infra").glob("*.yaml"))]
    return {path.stem: each for path, each in translated(templates).items()}


def roles(made: dict[str, dict[str, Any]]) -> Iterator[tuple[str, dict[str, Any]]]:
    for template in made.values():
        for name, resource in template["Resources"].items():
            if resource["Type"] == "AWS::IAM::Role":
                yield name, resource["Properties"]


def on_aws(value: Any) -> Any:
    """Return what a condition on the emulator gives on AWS."""
    if isinstance(value, dict) and value.get("Fn::If", [""])[0] == "IsLocal":
        return value["Fn::If"][2]
    return value


def test_no_role_has_a_policy_of_somebody_elses(made: dict[str, dict[str, Any]]) -> None:
    """Bug: those that the translator adds let a function read and delete from every queue."""
    seen = dict(roles(made))
    assert len(seen) > 20
    for name, role in seen.items():
        assert role.get("ManagedPolicyArns", TRACING) == TRACING, name
    managed = ("AWS::IAM::Policy", "AWS::IAM::ManagedPolicy", "AWS::IAM::RolePolicy")
    for template in made.values():
        assert not [r for r in template["Resources"].values() if r["Type"] in managed]


def test_each_function_is_traced_where_that_is_wanted_and_by_default_none(
    template: Template, made: dict[str, dict[str, Any]]
) -> None:
    wanted = template.main["Parameters"]["Tracing"]
    assert (wanted["Default"], wanted["AllowedValues"]) == (
        "PassThrough",
        ["PassThrough", "Active"],
    )
    functions = 0
    for name, stack in made.items():
        for logical_id, resource in stack["Resources"].items():
            if resource["Type"] == "AWS::Lambda::Function":
                functions += 1
                made_of = resource["Properties"]
                assert made_of["TracingConfig"] == {"Mode": {"Ref": "Tracing"}}, logical_id
                [role, _] = made_of["Role"]["Fn::GetAtt"]
                properties = stack["Resources"][role]["Properties"]
                assert properties["ManagedPolicyArns"] == TRACING, logical_id
                assert stack["Conditions"]["IsTraced"] == {
                    "Fn::Equals": [{"Ref": "Tracing"}, "Active"]
                }, name
    assert functions == len(template.functions())


def test_no_function_loads_a_tracer(template: Template) -> None:
    """Lambda traces by itself; the library would be a tenth of the webhook's cold start."""
    del template
    sources = [*(ROOT / "functions").rglob("*.py"), *(ROOT / "shared").rglob("*.py")]
    assert len(sources) > 300
    assert not [path for path in sources if "Tracer" in path.read_text()]
    assert "aws-xray-sdk" not in (ROOT / "infra/locks/runtime.txt").read_text()


def test_what_the_translator_makes_of_a_role_is_what_the_template_says(
    template: Template, made: dict[str, dict[str, Any]]
) -> None:
    """So that `tests/aws_rights.py` may look at the templates."""
    found = dict(roles(made))
    for name in template.functions():
        written = template.role(name)["Policies"]
        assert in_short(found[f"{name}Role"]["Policies"]) == in_short(written), name


def in_short(value: Any) -> Any:
    """Return a template's part with `A.b` for what the translator writes as `[A, b]`."""
    if isinstance(value, list):
        return [in_short(each) for each in value]
    if isinstance(value, dict):
        names = value.get("Fn::GetAtt")
        dotted = {"Fn::GetAtt": ".".join(names)} if isinstance(names, list) else {}
        return {name: in_short(each) for name, each in value.items()} | dotted
    return value


def test_no_role_is_wider_than_what_it_is_for(made: dict[str, dict[str, Any]]) -> None:
    seen = set()
    for name, role in roles(made):
        for policy in role["Policies"]:
            for statement in policy["PolicyDocument"]["Statement"]:
                assert statement["Effect"] == "Allow"
                actions = on_aws(statement["Action"])
                for action in actions if isinstance(actions, list) else [actions]:
                    assert re.fullmatch(r"[a-z0-9-]+:[A-Za-z]+", action), f"{name}: {action}"
                    if action.startswith("dynamodb:"):
                        assert action.partition(":")[2] in TABLE_ACTIONS | READ_THE_STREAM, name
                    resources = on_aws(statement["Resource"])
                    for each in resources if isinstance(resources, list) else [resources]:
                        seen.add((action, expect_narrow(f"{name}: {action}", action, each)))
    assert {action for action, ends in seen if ends == "*"} == set(WITHOUT_RESOURCES)
    assert {ends for _, ends in seen if ends not in ("", "*")} == set(WITHIN_OUR_OWN)


def expect_narrow(where: str, action: str, resource: Any) -> str:
    """Return the end of the name for which a resource stands for many, "" for one alone."""
    if isinstance(resource, dict):
        [(kind, resource)] = resource.items()
        if kind != "Fn::Sub":
            assert kind in ("Ref", "Fn::GetAtt"), where
            return ""
    if "*" not in resource:
        return ""
    if resource == "*":
        assert action in WITHOUT_RESOURCES, where
        return "*"
    ends = [each for each in WITHIN_OUR_OWN if resource.endswith(each)]
    assert len(ends) == 1, f"{where} on {resource}"
    return ends[0]


def test_each_service_takes_up_roles_that_are_made_for_it(made: dict[str, dict[str, Any]]) -> None:
    for name, role in roles(made):
        [statement] = role["AssumeRolePolicyDocument"]["Statement"]
        service = statement["Principal"]["Service"]
        wanted = "lambda" if isinstance(service, str) else "scheduler"
        assert service in (f"{wanted}.amazonaws.com", [f"{wanted}.amazonaws.com"]), name
        assert statement["Action"] in ("sts:AssumeRole", ["sts:AssumeRole"])


def test_each_function_has_a_role_of_its_own_and_writes_its_own_log_alone(
    template: Template,
) -> None:
    for name, function in template.functions().items():
        assert function["Role"] == {"Fn::GetAtt": f"{name}Role.Arn"}
        logs = {pair for pair in template.allowed(name) if pair[0].startswith("logs:")}
        own = f"{function['LoggingConfig']['LogGroup']['Ref']}.Arn"
        assert logs == {("logs:CreateLogStream", own), ("logs:PutLogEvents", own)}, name
