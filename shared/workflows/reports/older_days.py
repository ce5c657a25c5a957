"""What came late to days that a report does not compare with the ledger line by line any more.

The ledger has a number and a sum of every UTC day. Each morning's report keeps them in a file of
its own, and the next one says how much more they are since.
"""

import json
from datetime import date
from pathlib import Path

from msgspec import Struct

from shared.adapters.ledger_keys import utc_day
from shared.adapters.ledger_store import LedgerStore
from shared.adapters.report_files import ReportFiles
from shared.config import Config
from shared.domain.errors import AwsRefused
from shared.domain.ledger.flows import Sums
from shared.domain.reports.late_entries import LateEntries, OlderLate
from shared.observability import count, logger

DAYS_NAME = "days.json"

type DaySums = dict[tuple[str, str], tuple[int, int]]


class OlderDays(Struct, frozen=True):
    """The sums of all UTC days until a report's end: by day and currency a number and a net."""

    sums: DaySums

    @classmethod
    def read(cls, config: Config, location_id: str, end_s: int) -> "OlderDays":
        """Return what the ledger has by now."""
        found = LedgerStore(config).sum_days(location_id, utc_day(end_s))
        return cls({(each.day, each.currency): (each.count, each.net_minor) for each in found})

    def to_json(self) -> str:
        """Return them as the next report reads them."""
        return json.dumps([[*where, *sums] for where, sums in sorted(self.sums.items())])

    def tell(self, late: LateEntries, since_s: int, before: DaySums | None) -> None:
        """Add to what came late how much more the days before `since_s` are than they were.

        Of the UTC day of `since_s` a part is compared line by line: what is told of it already is
        not told again. `before` is what the last report kept, `None` where that cannot be read.
        """
        last = utc_day(since_s)
        if before is None:
            late.is_older_known = all(day > last for day, _ in self.sums)
            return
        for (day, currency), (number, net_minor) in sorted(self.sums.items()):
            if day > last:
                continue
            old_number, old_minor = before.get((day, currency), (0, 0))
            on = date.fromisoformat(day)
            told = late.by_utc_day.get((on, currency), Sums())
            if more := number - old_number - told.count:
                more_minor = net_minor - old_minor - told.net_minor
                late.add_older(OlderLate(currency, more, more_minor, on, on))


def read_kept(files: ReportFiles, folder: str, path: Path) -> DaySums | None:
    """Return the sums that a report kept; `None` where its file is lost or cannot be read."""
    try:
        files.fetch(f"{folder}/{DAYS_NAME}", path)
        kept = json.loads(path.read_text(encoding="utf-8"))
        return {(day, code): (int(number), int(net)) for day, code, number, net in kept}
    except (AwsRefused, TypeError, ValueError) as error:
        # The report is not to wait for it; it says that this is not known.
        logger.warning("kept day sums unreadable", error=type(error).__name__)
        count("KeptDaySumsUnreadable")
        return None
