"""Whether another site's page may read an answer: its location's settings say so."""

from functions.serve_widget.booking import find_location_id
from shared import environment
from shared.adapters.catalogue_store import CatalogueStore
from shared.domain.errors import AwsRefused, AwsUnreachable
from shared.domain.locations.location import Location
from shared.domain.locations.location_id import LOCATION_ID
from shared.entrypoints.cors import cross_origin_headers, preflight_headers
from shared.entrypoints.http_api import Answer, Event, header, path_parameter, text_answer
from shared.observability import fault, logger


def answer_preflight(event: Event) -> Answer:
    """Answer a CORS preflight: an unknown location and an unknown origin look the same."""
    return text_answer(204, "", preflight_headers(_location_of(event), event))


def headers_for(event: Event) -> dict[str, str]:
    """Return the CORS headers for another site's page; none for our own."""
    if header(event, "origin") is None:
        return {}
    try:
        return cross_origin_headers(_location_of(event), event)
    except (AwsRefused, AwsUnreachable) as error:
        logger.error("origin not looked up", **fault(error))
        return {}


def _location_of(event: Event) -> Location | None:
    """Return the location that is asked about; a booking's only with its token.

    Otherwise the headers alone would reveal that the booking exists.
    """
    location_id = path_parameter(event, "location_id") or find_location_id(event)
    if not LOCATION_ID.fullmatch(location_id):
        return None
    found = environment.get(CatalogueStore).get_location_and_terms(location_id)
    return found[0] if found else None
