"""The one id by which the log tells what belongs together, as it goes along with messages.

It is the API's id of a request, Stripe's id of an event, or Lambda's of a schedule's run. A handler
gives it to the logger; what is written or sent from there on carries it, and whoever receives that
gives it to their logger again.
"""

from msgspec.structs import replace

from shared.domain.messages.message import Message
from shared.observability import logger


def correlated[M: Message](message: M) -> M:
    """Return a message with the id of what is under way, unless it has one from before."""
    if message.correlation_id is not None:
        return message
    return replace(message, correlation_id=logger.get_correlation_id())
