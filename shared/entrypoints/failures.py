"""What a caller of an HTTP API is told of an error, and what the log and the metrics say of it."""

from shared.domain.errors import (
    AwsRefused,
    AwsUnreachable,
    Conflict,
    Problem,
    ServiceFault,
    StripeUnavailable,
    Unavailable,
    WriteConflict,
)
from shared.observability import count, fault, logger


def problem_of(error: Exception) -> Problem:
    """Return the answer to a request that an error ended; a `Problem` is its own.

    503 and 409 `request_in_progress` are for what may pass, `ServiceFault` for what AWS refuses.
    All else is our bug, and the answer says nothing of it.
    """
    if isinstance(error, Problem):
        logger.info("request refused", code=error.code, status=error.status)
        return error
    name = type(error).__name__
    if isinstance(error, WriteConflict):
        logger.warning("request lost every race", error=name)
        count("RequestUnavailable")
        return Conflict("This is being changed right now. Try again.", code="request_in_progress")
    if isinstance(error, StripeUnavailable):
        # No traceback: the library's message may quote what was sent.
        logger.warning("Stripe does not answer", error=name)
        count("RequestUnavailable")
        return Unavailable("Stripe does not answer. Try again.", code="stripe_unavailable")
    if isinstance(error, AwsUnreachable):
        logger.error("request failed for now", **fault(error))
        count("RequestUnavailable")
        return Unavailable("The request may not have completed. It is safe to retry.")
    if isinstance(error, AwsRefused):
        logger.error("AWS refused", **fault(error))
        count("RequestFailed")
        return ServiceFault("Trying again does not help. The reason is in the service's log.")
    logger.exception("request failed", error=name)
    count("RequestFailed")
    return Problem()
