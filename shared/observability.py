"""One logger and one set of metrics for every function.

Messages are constant, facts are keys; ids may stand in a log, and names, mails, keys, tokens,
signatures and bodies never.
"""

import warnings

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit

__all__ = ["count", "logger", "metrics"]

# Most requests are no business fact, and an invocation without a metric is no mistake.
warnings.filterwarnings("ignore", message="No application metrics to publish")

logger = Logger()
metrics = Metrics()


def count(name: str, value: int = 1) -> None:
    """Count a business fact, such as `EventRecorded`; one CloudWatch metric each."""
    metrics.add_metric(name=name, unit=MetricUnit.Count, value=value)
