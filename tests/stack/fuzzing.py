"""Schemathesis asks the running API whatever the contract allows, and what it does not.

Started by `make fuzz`, not by `make test`: it takes minutes, and finds something new each time.
https://schemathesis.readthedocs.io/en/stable/
"""

import os
import subprocess

import pytest

from tests.contract.contract import DOCUMENT, ROOT
from tests.stack.running_stack import Stack

pytestmark = pytest.mark.stack
SCHEMATHESIS = ROOT / ".local" / "tools" / "fuzz" / "bin" / "st"
SECONDS = int(os.environ.get("FUZZ_SECONDS", "300"))
# Well below what API Gateway lets through, so that its 429 is not what is tried.
RATE = "10/s"
CHECKS = (
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_schema_conformance",
)


def test_whatever_an_owner_asks_the_answer_is_one_of_the_contracts(stack: Stack) -> None:
    command = [
        *(str(SCHEMATHESIS), "run", str(DOCUMENT)),
        *("--url", stack.api_url),
        *("--header", f"Authorization: Bearer {stack.sign_in('demo:owner')}"),
        *("--checks", ",".join(CHECKS)),
        *("--max-time", str(SECONDS)),
        *("--rate-limit", RATE),
        *("--request-timeout", "40"),
        "--continue-on-failure",
    ]
    done = subprocess.run(command, check=False, cwd=ROOT / ".local")
    assert done.returncode == 0
