"""What the template keeps: no fact is lost with a stack, or by a change of the template."""

from functions.serve_report.routes import ASKED_FOLDER
from tests.template.conftest import Template

# What keeps data, by template and logical id. Under another id, or in another stack, CloudFormation
# makes a new one beside it: an empty table, a pool without users.
KEEPS_DATA = {
    ("template", "EventArchive"): "AWS::Events::Archive",
    ("template", "BookingEventArchive"): "AWS::Events::Archive",
    ("template", "Tables"): "AWS::CloudFormation::Stack",
    ("tables", "Bookings"): "AWS::DynamoDB::Table",
    ("template", "LargeEvents"): "AWS::S3::Bucket",
    ("template", "Reports"): "AWS::S3::Bucket",
    ("template", "UserPool"): "AWS::Cognito::UserPool",
    ("template", "UserPoolClient"): "AWS::Cognito::UserPoolClient",
    ("template", "LinkKey"): "AWS::SecretsManager::Secret",
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
    names = [log["Properties"]["LogGroupName"]["Fn::Sub"] for log in logs.values()]
    assert len(set(names)) == len(names)
    for name, log in logs.items():
        assert log["Properties"]["RetentionInDays"] == {"Ref": "LogRetentionDays"}, name
    assert template.main["Parameters"]["LogRetentionDays"]["Default"] > 0
