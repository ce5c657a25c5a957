"""Which form the sums of a location have, for its clients and in its reports. Pure."""

from shared.domain.locales import spoken_language
from shared.domain.locations.location import Location
from shared.domain.money.written import form_name


def sum_form(location: Location) -> str:
    """Return the name of the form: that of the location's language where it is.

    A region in the locale (`de-AT`) wins over the location's country.
    """
    language = spoken_language(location.locale)
    asked, _, region = location.locale.partition("-")
    return form_name(language, region if asked == language and region else location.country)
