"""What every page of a document says of it."""

from datetime import UTC, datetime

from babel import Locale
from msgspec import Struct

from shared.domain.locations.location import Location
from shared.domain.reports.report import Report
from shared.reports.figures import locale_of


class Head(Struct, frozen=True):
    """Whose money flow a document shows, of which days, in which time zone and mode.

    `days` are as they stand in file names and footers: `2026-11-21`, `2026-11-01 to 2026-11-30`.
    `made_s` is when the newest of them ends: the time stamp of a file, so that the same figures
    give the same bytes. `is_final` means that all of them are over.
    """

    location: Location
    days: str
    timezone: str
    made_s: int
    is_test: bool
    is_final: bool

    @property
    def locale(self) -> Locale:
        """The location's, in which amounts and dates are written."""
        return locale_of(self.location.locale, self.location.country)

    @property
    def title(self) -> str:
        """The document's title for programs; it names no person."""
        return f"Money flow of {self.location.location_id}, {self.days}"

    @property
    def made_at(self) -> datetime:
        """When the file was made, for those who show it."""
        return datetime.fromtimestamp(self.made_s, UTC)


def head_of(report: Report) -> Head:
    """Return the head of a day's report."""
    return Head(
        location=report.location,
        days=report.day.day.isoformat(),
        timezone=report.day.timezone,
        made_s=report.day.end_s,
        is_test=report.is_test,
        is_final=report.final,
    )
