"""Who may reach keys, secrets and staff: held to the template."""

from tests.template.conftest import Template


def rights(template: Template, service: str) -> dict[str, set[tuple[str, str]]]:
    return {
        name: {each for each in template.allowed(name) if each[0].startswith(f"{service}:")}
        for name in template.functions()
    }


def test_one_function_alone_writes_keys_and_secrets(template: Template) -> None:
    writers = {
        name
        for name, allowed in rights(template, "ssm").items()
        if any(action != "ssm:GetParameter" for action, _ in allowed)
    }
    assert writers == {"ConnectStripe"}


def test_signing_secrets_are_read_where_events_come_in_and_where_they_are_made(
    template: Template,
) -> None:
    readers = {
        name
        for name, allowed in rights(template, "ssm").items()
        if any("signing-secrets" in resource for _, resource in allowed)
    }
    assert readers == {"ReceiveStripeWebhook", "ConnectStripe"}


def test_consumers_of_queues_and_streams_read_no_signing_secret(template: Template) -> None:
    consumers = [
        name
        for name, function in template.functions().items()
        if any(each["Type"] in ("SQS", "DynamoDB") for each in function.get("Events", {}).values())
    ]
    assert len(consumers) >= 3
    for name in consumers:
        assert not [each for each in template.allowed(name) if "signing-secrets" in each[1]], name


def test_the_webhook_reads_and_writes_no_booking(template: Template) -> None:
    actions = {action for action, _ in template.allowed("ReceiveStripeWebhook")}
    assert not [action for action in actions if action.startswith("dynamodb:")]


def test_one_function_alone_makes_and_disables_users(template: Template) -> None:
    allowed = {
        name: {action for action, _ in each}
        for name, each in rights(template, "cognito-idp").items()
        if each
    }
    assert allowed.pop("ServeStaffApi") == {
        "cognito-idp:AdminCreateUser",
        "cognito-idp:AdminGetUser",
        "cognito-idp:AdminSetUserPassword",
        "cognito-idp:AdminEnableUser",
        "cognito-idp:AdminDisableUser",
    }
    assert allowed
    assert all(each == {"cognito-idp:AdminGetUser"} for each in allowed.values())


def test_every_function_behind_the_login_can_ask_whether_a_user_is_disabled(
    template: Template,
) -> None:
    names = {
        template.function_of(route)
        for route in template.routes().values()
        if route.get("AuthorizationType") == "JWT"
    }
    assert len(names) == 4
    for name in names:
        right = [each for each in template.allowed(name) if each[0] == "cognito-idp:AdminGetUser"]
        assert right[0][1].endswith(":userpool/${UserPool}"), name
        assert template.variables(name)["USER_POOL_ID"] == {"Ref": "UserPool"}, name


def test_nobody_reaches_all_parameters_of_a_stack(template: Template) -> None:
    for name, allowed in rights(template, "ssm").items():
        for _, resource in allowed:
            assert resource.endswith(("/api-keys/*", "/signing-secrets/*")), name


def test_everything_that_keeps_data_is_encrypted(template: Template) -> None:
    queues = template.of_type("AWS::SQS::Queue")
    assert len(queues) >= 3
    for name, queue in queues.items():
        made = queue["Properties"]
        assert made.get("SqsManagedSseEnabled") is True or "KmsMasterKeyId" in made, name
    for name, table in template.of_type("AWS::DynamoDB::Table").items():
        assert table["Properties"]["SSESpecification"]["SSEEnabled"] is True, name
    for name, bucket in template.of_type("AWS::S3::Bucket").items():
        rules = bucket["Properties"]["BucketEncryption"]["ServerSideEncryptionConfiguration"]
        [rule] = rules
        assert rule["ServerSideEncryptionByDefault"]["SSEAlgorithm"] in ("AES256", "aws:kms"), name


def test_nobody_makes_an_account_of_their_own_and_a_second_factor_is_possible(
    template: Template,
) -> None:
    for pool in template.of_type("AWS::Cognito::UserPool").values():
        made = pool["Properties"]
        assert made["AdminCreateUserConfig"] == {"AllowAdminCreateUserOnly": True}
        assert made["MfaConfiguration"] in ("OPTIONAL", "ON")
        assert "SOFTWARE_TOKEN_MFA" in made["EnabledMfas"]
    for client in template.of_type("AWS::Cognito::UserPoolClient").values():
        local, on_aws = client["Properties"]["ExplicitAuthFlows"]["Fn::If"][1:]
        assert "ALLOW_USER_PASSWORD_AUTH" in local
        assert "ALLOW_USER_PASSWORD_AUTH" not in on_aws


def test_nobody_writes_an_address_that_they_did_not_prove(template: Template) -> None:
    """Only AWS keeps to this; the emulator lets every user write any address."""
    for pool in template.of_type("AWS::Cognito::UserPool").values():
        settings = pool["Properties"]["UserAttributeUpdateSettings"]
        assert settings == {"AttributesRequireVerificationBeforeUpdate": ["email"]}
    clients = template.of_type("AWS::Cognito::UserPoolClient")
    assert clients
    for client in clients.values():
        # Left out, or empty, every standard attribute can be written.
        written = client["Properties"]["WriteAttributes"]
        assert written
        assert not {"email", "email_verified"} & set(written)


def test_user_names_are_the_same_in_capitals(template: Template) -> None:
    for pool in template.of_type("AWS::Cognito::UserPool").values():
        assert pool["Properties"]["UsernameConfiguration"] == {"CaseSensitive": False}


def test_codes_come_from_our_own_sender_and_say_where_to_enter_them(template: Template) -> None:
    for pool in template.of_type("AWS::Cognito::UserPool").values():
        made = pool["Properties"]
        condition, ours, nothing = made["EmailConfiguration"]["Fn::If"]
        assert (condition, nothing) == ("HasMailFrom", {"Ref": "AWS::NoValue"})
        assert (ours["EmailSendingAccount"], ours["From"]) == ("DEVELOPER", {"Ref": "MailFrom"})
        text, _ = made["VerificationMessageTemplate"]["EmailMessage"]["Fn::Sub"]
        assert "{####}" in text
        assert "${Url}/console" in text


def test_the_check_looks_at_every_queue_of_dead_letters(template: Template) -> None:
    given = template.main["Resources"]["Staff"]["Properties"]["Parameters"]
    for kind in ("Url", "Arn"):
        _, named = given[f"DeadLetterQueue{kind}s"]["Fn::Join"]
        seen = {each["Fn::GetAtt"].partition(".Outputs.")[2] for each in named}
        assert seen == {f"{name}Dead{kind}" for name in [*template.queues(), "Outbox"]}
    assert template.variables("ConnectStripe")["DEAD_LETTER_QUEUE_URLS"] == {
        "Ref": "DeadLetterQueueUrls"
    }
    right = ("sqs:GetQueueAttributes", "DeadLetterQueueArns")
    assert right in template.allowed("ConnectStripe")
