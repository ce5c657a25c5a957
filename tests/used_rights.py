"""Which rights of a role no test's call has used: `pytest -p tests.used_rights`, as `make test`.

`tests/aws_rights.py` looks the other way, at each call by itself, and fails; this needs the whole
run, and tells: a right may be for a way that no test goes.
"""

import json
from typing import Any

import pytest

from tests.aws_rights import USED, granted
from tests.template.conftest import Template

KEY = "used_rights"
# Lambda makes these calls itself, with the function's role.
BY_LAMBDA = {
    *("logs:CreateLogStream", "logs:PutLogEvents"),
    *("sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"),
    *("dynamodb:DescribeStream", "dynamodb:GetRecords", "dynamodb:GetShardIterator"),
    "dynamodb:ListStreams",
}
# What no test can have a function ask for, and why it is allowed.
UNTOLD = {
    ":configuration-set/*": "SES asks for it where the account has a default configuration set",
    "MailReturns.Outputs.Arn": "tests hand over messages of both queues of mails from one",
}

_of_workers: list[str] = []


def unused(template: Template) -> list[str]:
    """Return the rights that nothing has used so far, each in a line."""
    used = USED | {tuple(each) for text in _of_workers for each in json.loads(text)}
    return sorted(
        f"{function} may {action} on {resource}"
        for function, action, resource in granted(template) - used
        if action not in BY_LAMBDA and not resource.endswith(tuple(UNTOLD))
    )


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Hand over what a worker's tests have used to the run that started it."""
    if hasattr(session.config, "workeroutput"):
        session.config.workeroutput[KEY] = json.dumps(sorted(USED))


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    """Take what a worker's tests have used; one that broke off has nothing."""
    if handed_over := getattr(node, "workeroutput", {}).get(KEY):
        _of_workers.append(handed_over)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Name the rights that no call of the run has used: test the call, or take the right away."""
    for each in unused(Template()):
        terminalreporter.write_line(f"no test's call used it: {each}")
