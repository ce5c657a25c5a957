"""What the template keeps: no fact is lost with a stack, or by a change of the template."""

import re
from typing import Any

from functions.serve_report.answers import ASKED_FOLDER
from tests.template.conftest import Template

# What keeps data, by template and logical id. Under another id, or in another stack, CloudFormation
# makes a new one beside it: an empty table, a pool without users.
KEEPS_DATA = {
    ("template", "EventArchive"): "AWS::Events::Archive",
    ("template", "BookingEventArchive"): "AWS::Events::Archive",
    ("template", "Tables"): "AWS::CloudFormation::Stack",
    ("tables", "Bookings"): "AWS::DynamoDB::Table",
    ("tables", "Secrets"): "AWS::DynamoDB::Table",
    ("tables", "SecretsKey"): "AWS::KMS::Key",
    ("template", "LargeEvents"): "AWS::S3::Bucket",
    ("template", "Reports"): "AWS::S3::Bucket",
    ("template", "UserPool"): "AWS::Cognito::UserPool",
    ("template", "UserPoolClient"): "AWS::Cognito::UserPoolClient",
    ("template", "LinkKey"): "AWS::SecretsManager::Secret",
}


# Which parameter names one that is there already.
MADE_UNLESS_GIVEN = {
    "Bookings": "ExistingTable",
    "Secrets": "ExistingSecrets",
    "SecretsKey": "ExistingSecretsKey",
    "UserPool": "ExistingUserPool",
    "LargeEvents": "ExistingLargeEvents",
    "Reports": "ExistingReports",
    "LinkKey": "ExistingLinkKey",
}


def test_what_keeps_data_stays_under_its_logical_id(template: Template) -> None:
    kinds = set(KEEPS_DATA.values()) - {"AWS::CloudFormation::Stack"}
    templates = {"template": template.main, **template.nested}
    found = {
        (name, logical_id): resource["Type"]
        for name, each in templates.items()
        for logical_id, resource in each["Resources"].items()
        if resource["Type"] in kinds or logical_id == "Tables"
    }
    assert found == KEEPS_DATA


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
    kept = template.of_type(*kinds, "AWS::KMS::Key")
    assert len(kept) >= 4
    kept |= {"Tables": template.main["Resources"]["Tables"]}
    for name, resource in kept.items():
        assert resource["DeletionPolicy"] in ("Retain", "RetainExceptOnCreate"), name
        assert resource["UpdateReplacePolicy"] == "Retain", name


def test_what_is_there_already_can_be_the_stacks(template: Template) -> None:
    """After a restore, or of a stack that was deleted: by a parameter for each that keeps data."""
    parameters = template.main["Parameters"]
    existing = {name for name in parameters if name.startswith("Existing")}
    assert {parameters[name]["Default"] for name in existing} == {""}
    made = {
        name: (template.main if where == "template" else template.nested[where], kind)
        for (where, name), kind in KEEPS_DATA.items()
        if name in MADE_UNLESS_GIVEN
    }
    assert {MADE_UNLESS_GIVEN[name] for name in made} | {"ExistingTableStream"} == existing
    for name, (own, _) in made.items():
        condition, parameter = own["Resources"][name]["Condition"], MADE_UNLESS_GIVEN[name]
        assert own["Conditions"][condition] == {"Fn::Equals": [{"Ref": parameter}, ""]}
        for where in (own["Resources"], own["Outputs"]):
            for part, found in where.items():
                if part not in (name, "ReportsOverTls"):
                    # What is not made cannot be named but in the condition's own case.
                    assert _named_without(found, name, condition) == [], (part, name)
    tables = template.main["Resources"]["Tables"]["Properties"]["Parameters"]
    assert tables == {name: {"Ref": name} for name in tables}
    assert tables.keys() == template.nested["tables"]["Parameters"].keys()


def _named_without(value: Any, name: str, condition: str) -> list[Any]:
    """Return where a resource is named and its condition is not asked."""
    if isinstance(value, dict):
        if value.get("Fn::If", [""])[0] == condition:
            return []
        for kind in ("Ref", "Fn::GetAtt", "Fn::Sub"):
            named = value.get(kind)
            if isinstance(named, str) and re.search(rf"(^|\{{){name}($|[.}}])", named):
                return [value]
        return [found for each in value.values() for found in _named_without(each, name, condition)]
    if isinstance(value, list):
        return [found for each in value for found in _named_without(each, name, condition)]
    return []


def test_a_first_deployment_that_fails_leaves_what_is_protected_alone(template: Template) -> None:
    """What can be deleted is: in a second deployment's way is only what has a fixed name."""
    left = {
        name
        for (where, name), _ in KEEPS_DATA.items()
        for made in [(template.main if where == "template" else template.nested[where])]
        if made["Resources"][name].get("DeletionPolicy") == "Retain"
    }
    assert left == {"Tables", "Bookings", "Secrets", "UserPool"}
    assert "TableName" not in template.nested["tables"]["Resources"]["Bookings"]["Properties"]
    pool = template.main["Resources"]["UserPool"]["Properties"]
    assert pool["DeletionProtection"] == "ACTIVE"


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
    names = [log["Properties"]["LogGroupName"]["Fn::Sub"] for log in logs.values()]
    assert len(set(names)) == len(names)
    for name, log in logs.items():
        assert log["Properties"]["RetentionInDays"] == {"Ref": "LogRetentionDays"}, name
    assert template.main["Parameters"]["LogRetentionDays"]["Default"] > 0
