"""Who may reach staff, and what is kept how: held to the template."""

from tests.template.conftest import Template


def rights(template: Template, service: str) -> dict[str, set[tuple[str, str]]]:
    return {
        name: {each for each in template.allowed(name) if each[0].startswith(f"{service}:")}
        for name in template.functions()
    }


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


def test_everything_that_keeps_data_is_encrypted(template: Template) -> None:
    queues = template.of_type("AWS::SQS::Queue")
    assert len(queues) >= 2
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
