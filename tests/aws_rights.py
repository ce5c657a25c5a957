"""Every call to AWS that a test has a function make is held against that function's own role.

What is not allowed fails the test, as it would on AWS: by action, resource and condition. What is
sent is held against botocore's model of the service, too: the requests that we write by hand, and
pynamodb's, which turns botocore's own look at them off.
https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html
"""

import importlib
import json
import os
import re
import sys
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import botocore.session
import pytest
from botocore.client import BaseClient
from botocore.model import ServiceModel
from botocore.signers import RequestSigner
from botocore.validate import ParamValidator

from tests.template.conftest import Template, _in_words, _listed

if TYPE_CHECKING:
    from types import FrameType

TESTS = f"{Path(__file__).resolve().parent}{os.sep}"
FUNCTIONS = f"{Path(__file__).resolve().parents[1] / 'functions'}{os.sep}"
# What stands between a function and its call in every test, and does nothing there.
LOOKING_ON = {__file__, f"{TESTS}sent_messages.py"}
ACCOUNT = "eu-central-1:123456789012"
PSEUDO = {
    "AWS::Partition": "aws",
    "AWS::Region": "eu-central-1",
    "AWS::AccountId": "123456789012",
    "Deployment": "bookpay",
}
# The queue that tests hand messages over from (tests/builders.py), whichever function it is.
HANDED_OVER_BY = f"arn:aws:sqs:{ACCOUNT}:orders"

type Right = tuple[str, str, str]
"""A function, an action, and the resource as the template writes it."""

USED: set[Right] = set()

# For which function a thread works.
_thread = threading.local()


@dataclass(frozen=True, slots=True)
class Asked:
    """What IAM is asked for one call, or one part of it."""

    action: str
    resource: str
    context: Mapping[str, list[str]] = field(default_factory=dict)


def check_what_is_asked_of_aws(patched: pytest.MonkeyPatch) -> list[str]:
    """Check each call that is made below a function, whoever sends it.

    What is found wrong ends the call, and is in the list that is returned: a function may take the
    error for any other, and answer 500.
    """
    wrong: list[str] = []
    base: Any = BaseClient
    call, presign = base._make_api_call, RequestSigner.generate_presigned_url
    http = importlib.import_module("shared.adapters.signed_http").SignedHttp
    send = http.send

    def check(service: str, operation: str, params: Mapping[str, Any], function: str) -> None:
        try:
            expect_valid(service, operation, params)
            expect_allowed(function, service, operation, params)
        except AssertionError as error:
            wrong.append(str(error))
            raise

    def checked_call(client: Any, operation: str, params: dict[str, Any]) -> Any:
        if function := _function_below():
            check(client.meta.service_model.service_name, operation, params, function)
        return call(client, operation, params)

    def checked_presign(
        signer: Any, request_dict: Any, operation_name: str, *given: Any, **more: Any
    ) -> Any:
        if function := _function_below():
            bucket, key = _object(request_dict["url"])
            check("s3", operation_name, {"Bucket": bucket, "Key": key}, function)
        return presign(signer, request_dict, operation_name, *given, **more)

    def checked_send(
        connection: Any, method: str, path: str, headers: Mapping[str, str], body: bytes
    ) -> bytes:
        if function := _function_below():
            sent = _read_request(connection.service, method, path, headers, body)
            check(connection.service, *sent, function)
        answer: bytes = send(connection, method, path, headers, body)
        return answer

    _follow_into_threads(patched)
    patched.setattr(BaseClient, "_make_api_call", checked_call)
    patched.setattr(RequestSigner, "generate_presigned_url", checked_presign)
    patched.setattr(http, "send", checked_send)
    return wrong


def _follow_into_threads(patched: pytest.MonkeyPatch) -> None:
    submit = ThreadPoolExecutor.submit

    def handed_over(
        executor: ThreadPoolExecutor, work: Callable[..., Any], /, *given: Any, **more: Any
    ) -> Future[Any]:
        function = _function_below()

        def run(*given: Any, **more: Any) -> Any:
            _thread.function = function
            return work(*given, **more)

        return submit(executor, run, *given, **more)

    patched.setattr(ThreadPoolExecutor, "submit", handed_over)


def _function_below() -> str | None:
    """Return the function whose call it is, by its logical id; a test's own calls are nobody's.

    A test may act in the middle of a function, or let another one run there. What a function hands
    to a thread, as boto3 does with S3's files, is its own.
    """
    frame: FrameType | None = sys._getframe(1)
    while frame is not None:
        name = frame.f_code.co_filename
        if name.startswith(FUNCTIONS):
            folder = name[len(FUNCTIONS) :].partition(os.sep)[0]
            return "".join(part.capitalize() for part in folder.split("_"))
        if name.startswith(TESTS) and name not in LOOKING_ON:
            return None
        frame = frame.f_back
    return getattr(_thread, "function", None)


def _read_request(
    service: str, method: str, path: str, headers: Mapping[str, str], body: bytes
) -> tuple[str, dict[str, Any]]:
    """Return the operation and the parameters of a request that we wrote by hand."""
    if service == "s3":
        bucket, key = _object(path)
        given = {"Bucket": bucket, "Key": key}
        return f"{method.capitalize()}Object", given | ({"Body": body} if body else {})
    metadata = _model(service).metadata
    prefix, _, operation = headers["x-amz-target"].rpartition(".")
    assert (metadata["protocol"], method, path) == ("json", "POST", "/"), service
    assert prefix == metadata["targetPrefix"], headers["x-amz-target"]
    assert headers["content-type"] == f"application/x-amz-json-{metadata['jsonVersion']}", service
    return operation, json.loads(body)


def _object(url: str) -> tuple[str, str]:
    parts = urlsplit(url)
    bucket, _, key = parts.path[1:].partition("/")
    host = (parts.hostname or "").partition(".s3.")
    return (host[0], parts.path[1:]) if host[1] else (bucket, key)


# ------------------------------------------------------------------ the services' models


@cache
def _model(service: str) -> ServiceModel:
    return botocore.session.get_session().get_service_model(service)


def expect_valid(service: str, operation: str, params: Mapping[str, Any]) -> None:
    """Fail for an operation that the service does not have, or parameters that it does not take."""
    shape = _model(service).operation_model(operation).input_shape
    if shape is None:
        assert not params, f"{service}:{operation} takes none"
        return
    report = ParamValidator().validate(params, shape)
    assert not report.has_errors(), f"{service}:{operation}: {report.generate_report()}"


# ------------------------------------------------------------------ what IAM is asked


# For services whose calls are for one resource: its ARN, or what the role names it by.
RESOURCES: Mapping[str, Callable[[Mapping[str, Any]], str]] = {
    "sqs": lambda sent: f"arn:aws:sqs:{ACCOUNT}:{sent['QueueUrl'].rpartition('/')[2]}",
    "ssm": lambda sent: f"arn:aws:ssm:{ACCOUNT}:parameter{sent['Name']}",
    "secretsmanager": lambda sent: str(sent["SecretId"]),
    "events": lambda sent: f"arn:aws:events:{ACCOUNT}:event-bus/{_one_bus(sent)}",
    "s3": lambda sent: f"arn:aws:s3:::{sent['Bucket']}/{sent['Key']}",
    "cognito-idp": lambda sent: f"arn:aws:cognito-idp:{ACCOUNT}:userpool/{sent['UserPoolId']}",
    "kms": lambda sent: str(sent["KeyId"]),
}


def asked_for(service: str, operation: str, params: Mapping[str, Any]) -> list[Asked]:
    """Return what IAM looks at for a call; fails for a service that nobody has taught it."""
    if service == "dynamodb":
        return list(_asked_of_table(operation, params))
    if service in ("ses", "sesv2"):
        return _asked_of_ses(operation, params)
    assert service in RESOURCES, f"teach RESOURCES {service}"
    given = params.get("EncryptionContext", {}).items()
    context = {f"kms:EncryptionContext:{name}": [value] for name, value in given}
    # There is no right to a batch, and none to an object's head alone.
    # https://docs.aws.amazon.com/AmazonS3/latest/API/API_HeadObject.html
    action = {"HeadObject": "GetObject"}.get(operation, operation.removesuffix("Batch"))
    return [Asked(f"{service}:{action}", RESOURCES[service](params), context)]


def _one_bus(sent: Mapping[str, Any]) -> str:
    [bus] = {each["EventBusName"] for each in sent["Entries"]}
    return str(bus)


def _asked_of_table(operation: str, params: Mapping[str, Any]) -> Iterator[Asked]:
    if operation == "TransactWriteItems":
        for each in params["TransactItems"]:
            [(kind, write)] = each.items()
            yield _asked_of_items(f"{kind}Item", write["TableName"], [write])
    elif operation == "BatchGetItem":
        for table, wanted in params["RequestItems"].items():
            keys = [{"Key": each} for each in wanted["Keys"]]
            yield _asked_of_items(operation, table, keys)
    elif operation == "BatchWriteItem":
        for table, requests in params["RequestItems"].items():
            writes = [write for each in requests for write in each.values()]
            yield _asked_of_items(operation, table, writes)
    else:
        table = params["TableName"]
        if "IndexName" in params:
            table = f"{table}/index/{params['IndexName']}"
        yield _asked_of_items(operation, table, [params])


def _asked_of_items(operation: str, table: str, items: Sequence[Mapping[str, Any]]) -> Asked:
    """Return what is asked for items; without keys (a query) no condition on them holds."""
    keys = [each.get("Item") or each.get("Key") or {} for each in items]
    leading = [key["pk"]["S"] for key in keys if "pk" in key]
    context = {"dynamodb:LeadingKeys": leading} if leading else {}
    return Asked(f"dynamodb:{operation}", f"arn:aws:dynamodb:{ACCOUNT}:table/{table}", context)


def _asked_of_ses(operation: str, params: Mapping[str, Any]) -> list[Asked]:
    context = {"ses:FromAddress": [params["Source"]]} if "Source" in params else {}
    resources = [f"identity/{params['Source']}"] if "Source" in params else []
    if name := params.get("ConfigurationSetName"):
        resources.append(f"configuration-set/{name}")
    arns = [f"arn:aws:ses:{ACCOUNT}:{each}" for each in resources] or ["*"]
    return [Asked(f"ses:{operation}", each, context) for each in arns]


# ------------------------------------------------------------------ what the role says


def expect_allowed(function: str, service: str, operation: str, params: Mapping[str, Any]) -> None:
    """Fail for a call that the function's role does not allow, and note what allowed it."""
    for asked in asked_for(service, operation, params):
        right = allowing(function, asked)
        assert right, f"{function} may not {asked.action} on {asked.resource} {asked.context}"
        USED.add(right)


def allowing(function: str, asked: Asked) -> Right | None:
    """Return what in a function's role allows what is asked, if anything does."""
    known = _known(function)
    for statement in _template().statements(function):
        if not _holds(statement.get("Condition"), asked.context, known):
            continue
        if asked.action not in _listed(on_aws(statement["Action"])):
            continue
        for resource in _listed(on_aws(statement["Resource"])):
            if any(fnmatchcase(asked.resource, each) for each in _arns(resource, known)):
                return function, asked.action, _in_words(resource)
    return None


def granted(template: Template) -> set[Right]:
    """Return what all functions' roles allow on AWS."""
    return {
        (function, action, _in_words(resource))
        for function in template.functions()
        for statement in template.statements(function)
        for action in _listed(on_aws(statement["Action"]))
        for resource in _listed(on_aws(statement["Resource"]))
    }


def on_aws(value: Any) -> Any:
    """Return what a condition on the emulator gives on AWS."""
    if isinstance(value, dict) and value.get("Fn::If", [""])[0] == "IsLocal":
        return value["Fn::If"][2]
    return value


@cache
def _template() -> Template:
    return Template()


def _known(function: str) -> dict[str, list[str]]:
    """Return what the template's names stand for in a test: what the function is told they are."""
    known = {name: [value] for name, value in PSEUDO.items()}
    for variable, expression in _template().variables(function).items():
        value = os.environ.get(variable, "")
        if not isinstance(expression, dict):
            continue
        if "Ref" in expression:
            known[expression["Ref"]] = [value]
        elif str(expression.get("Fn::GetAtt", "")).endswith(".Outputs.Url"):
            queue = expression["Fn::GetAtt"].removesuffix("Url")
            known[f"{queue}Arn"] = [f"arn:aws:sqs:{ACCOUNT}:{value.rpartition('/')[2]}"]
    for source in _template().functions()[function].get("Events", {}).values():
        if source["Type"] == "SQS":
            known.setdefault(source["Properties"]["Queue"]["Fn::GetAtt"], []).append(HANDED_OVER_BY)
    if urls := os.environ.get("DEAD_LETTER_QUEUE_URLS"):
        names = [each.rpartition("/")[2] for each in urls.split(",")]
        known["DeadLetterQueueArns"] = [f"arn:aws:sqs:{ACCOUNT}:{name}" for name in names]
    return known


def _arns(resource: Any, known: Mapping[str, list[str]]) -> list[str]:
    """Return the ARNs, or patterns of them, that a template's expression stands for in a test."""
    if isinstance(resource, str):
        return [resource]
    [(kind, value)] = resource.items()
    if kind == "Fn::Sub":
        return [re.sub(r"\$\{([\w:]+)\}", lambda name: "".join(known.get(name[1], ())), value)]
    if kind == "Fn::Split":
        return _arns(value[1], known)
    assert kind in ("Ref", "Fn::GetAtt"), f"teach _arns {kind}"
    return known.get(value, [])


def _holds(
    condition: Any, context: Mapping[str, list[str]], known: Mapping[str, list[str]]
) -> bool:
    condition = on_aws(condition)
    if not condition:
        return True
    for operator, wanted in condition.items():
        compare = operator.removeprefix("ForAllValues:")
        assert compare in ("StringEquals", "StringLike"), f"teach _holds {operator}"
        for key, values in wanted.items():
            given = context.get(key, [])
            patterns = [arn for each in _listed(values) for arn in _arns(each, known)]
            if not given or not all(_fits(compare, each, patterns) for each in given):
                return False
    return True


def _fits(compare: str, value: str, patterns: list[str]) -> bool:
    if compare == "StringLike":
        return any(fnmatchcase(value, each) for each in patterns)
    return value in patterns
