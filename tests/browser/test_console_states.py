"""Every state of the console: for eyes (BOOKPAY_PICTURES), for axe, on a narrow phone."""

from pathlib import Path

import pytest

from tests.browser.conftest import Visit
from tests.browser.console_states import STATES, ConsoleState, come_to_console
from tests.browser.pages_site import PagesSite
from tests.browser.settings_states import SETTINGS_STATES
from tests.browser.states import OVERFLOW, PICTURES, SCREENS


@pytest.mark.parametrize("state", [*STATES, *SETTINGS_STATES], ids=lambda state: state.name)
def test_it_fits_every_screen_and_axe_finds_nothing(
    visit: Visit, site: PagesSite, state: ConsoleState
) -> None:
    visitor = visit(width=320, height=800, reduced_motion="reduce")
    come_to_console(visitor, state, site.url)
    for width, scheme in SCREENS:
        visitor.page.set_viewport_size({"width": width, "height": 800})
        visitor.page.emulate_media(color_scheme=scheme)
        assert visitor.page.evaluate(OVERFLOW) <= 0, width
        if PICTURES:
            folder = Path(PICTURES)
            folder.mkdir(parents=True, exist_ok=True)
            name = f"console-{state.name.replace(' ', '-')}-{width}-{scheme}.png"
            visitor.page.screenshot(path=folder / name, full_page=True)
        # Where only size and colours have changed, the contrasts are all that is new.
        only = "" if (width, scheme) == SCREENS[0] else "color-contrast"
        assert visitor.found_by_axe(only) == [], (width, scheme)
