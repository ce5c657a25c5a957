"""The pages that people see, and what they are made of: scripts and style sheets.

Pages are looked up again each time (`no-cache`), their files are kept for a year under names with
hashes. `/widget.js` is the same file under the name that other sites embed: kept for minutes, and
confirmed by its tag, as is the contract, `/openapi.json`; `/docs` shows it. Nothing here sets a
cookie or needs a login: the console's page is empty until its browser has signed in at Cognito, and
its data comes from the staff API.
"""

from collections.abc import Callable

from aws_lambda_powertools.logging.correlation_paths import API_GATEWAY_HTTP

from functions.serve_pages import pages
from functions.serve_pages.asset_files import asset, asset_at, contract
from functions.serve_pages.files import kept_file, no_such_file, page, tagged_file
from shared import environment
from shared.adapters.location_store import LocationStore
from shared.config import load_config
from shared.domain.errors import AwsRefused, AwsUnreachable, NotFound
from shared.entrypoints.edge import through_edge
from shared.entrypoints.http_api import Answer, Event, no_location, path_parameter, read_location_id
from shared.observability import count, fault, logger, metrics


@logger.inject_lambda_context(correlation_id_path=API_GATEWAY_HTTP, clear_state=True)
@metrics.log_metrics
@through_edge
def handler(event: Event, _context: object) -> Answer:
    """Answer one request for a page or a file; failures are pages too."""
    try:
        return ROUTES.get(event.get("routeKey", ""), _show_nothing)(event)
    except NotFound:
        return _show_nothing(event)
    except (AwsRefused, AwsUnreachable) as error:
        logger.error("page failed", **fault(error))
        count("PageUnavailable")
        if isinstance(error, AwsRefused):
            return page(event, 500, pages.out_of_order())
        return page(event, 503, pages.try_again())


def _show_nothing(event: Event) -> Answer:
    return page(event, 404, pages.unknown_location())


def _show_booking_page(event: Event) -> Answer:
    stored = environment.get(LocationStore).get_location(read_location_id(event))
    if stored is None:
        raise no_location()
    return page(event, 200, pages.booking_page(stored.location))


def _show_console(event: Event) -> Answer:
    config = load_config()
    policy = pages.console_policy(config)
    return page(event, 200, pages.console_page(config), {"content-security-policy": policy})


def _show_api_docs(event: Event) -> Answer:
    return page(event, 200, pages.api_docs_page())


def _show_asset(event: Event) -> Answer:
    found = asset_at(f"/assets/{path_parameter(event, 'proxy')}")
    return kept_file(event, found) if found else no_such_file()


ROUTES: dict[str, Callable[[Event], Answer]] = {
    "GET /book/{location_id}": _show_booking_page,
    "GET /console": _show_console,
    "GET /widget.js": lambda event: tagged_file(event, asset("widget.js")),
    "GET /openapi.json": lambda event: tagged_file(event, contract()),
    "GET /docs": _show_api_docs,
    "GET /assets/{proxy+}": _show_asset,
}
