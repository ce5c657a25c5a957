"""Of the webhook's cold start, what no other work of the machine changes: the modules it loads."""

import subprocess
import sys
from pathlib import Path

from tests.benchmarks.counts import WEBHOOK_MODULES_AT_MOST

ROOT = Path(__file__).resolve().parents[2]


def test_the_webhook_loads_few_modules_and_no_sdk() -> None:
    program = "import sys, functions.receive_stripe_webhook.handler; print(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True
    )
    loaded = done.stdout.split()
    assert 100 < len(loaded) <= WEBHOOK_MODULES_AT_MOST
    # Powertools looks whether botocore is there, and loads none of it.
    libraries = {"boto3", "botocore.session", "stripe", "pydantic", "pynamodb", "requests"}
    assert libraries & set(loaded) == set()
