"""One logger and one set of metrics for every function.

Messages are constant, facts are keys; ids may stand in a log, and names, mails, keys, tokens,
signatures and bodies never.
"""

import re
import traceback
import warnings
from typing import Any

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit

__all__ = ["count", "fault", "logger", "metrics"]

# Most requests are no business fact, and an invocation without a metric is no mistake.
warnings.filterwarnings("ignore", message="No application metrics to publish")

OURS = re.compile(r"\b(?:functions|shared)/[\w/]+\.py$")

logger = Logger()
metrics = Metrics()


def fault(error: BaseException) -> dict[str, Any]:
    """Return what the log says of an error: its class, its code, and where it was raised.

    `where` is the way through our own files, the innermost last. No text: AWS's and Stripe's words
    may quote what was sent.
    """
    frames = traceback.extract_tb(error.__traceback__)
    ours = ((OURS.search(frame.filename), frame.lineno) for frame in frames)
    where = [f"{found[0]}:{line}" for found, line in ours if found]
    return {"error": type(error).__name__, "code": getattr(error, "code", ""), "where": where}


def count(name: str, value: int = 1) -> None:
    """Count a business fact, such as `EventRecorded`; one CloudWatch metric each."""
    metrics.add_metric(name=name, unit=MetricUnit.Count, value=value)
