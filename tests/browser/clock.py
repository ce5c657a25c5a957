"""The time of the pages whose API a test answers: always the same Wednesday morning in Berlin.

What is free, due or past would otherwise depend on the day and the hour of a run: a visit in six
days is on a Sunday every Monday.
"""

import time
from datetime import datetime
from zoneinfo import ZoneInfo

from playwright.sync_api import Page

BERLIN = ZoneInfo("Europe/Berlin")
NOW = datetime(2026, 12, 2, 10, 30, tzinfo=BERLIN)
NOW_S = int(NOW.timestamp())
_SHIFT_S = NOW_S - int(time.time())
_SCRIPT = """(() => {
  if (globalThis.isClockSet) return;
  globalThis.isClockSet = true;
  globalThis.Date = class extends Date {
    constructor(...given) { given.length ? super(...given) : super(Date.now()); }
    static now() { return super.now() + SHIFT_MS; }
  };
})();"""


def passing_s() -> int:
    """Return what the pages' clock shows, in seconds since 1970: it goes on from `NOW`."""
    return int(time.time()) + _SHIFT_S


def set_clock(page: Page) -> None:
    """Let a browser's pages live from `NOW` on, with all frames and windows."""
    page.context.add_init_script(_SCRIPT.replace("SHIFT_MS", str(_SHIFT_S * 1000)))
