"""Every state of the widget's page: for eyes (BOOKPAY_PICTURES), for axe, on a narrow phone."""

import os
from pathlib import Path
from typing import Literal

import pytest

from tests.browser.conftest import Visit
from tests.browser.pages_site import PagesSite
from tests.browser.states import STATES, State, come_to

type Scheme = Literal["light", "dark"]
# Where a person wants to look: a folder in which each state is put as pictures, or nothing.
PICTURES = os.environ.get("BOOKPAY_PICTURES")
SCHEMES: tuple[Scheme, ...] = ("light", "dark")
SCREENS: list[tuple[int, Scheme]] = [(320, "light"), (1280, "dark")]
if PICTURES:
    SCREENS = [(width, scheme) for width in (360, 768, 1280) for scheme in SCHEMES]
OVERFLOW = "document.documentElement.scrollWidth - document.documentElement.clientWidth"


@pytest.mark.parametrize("state", STATES, ids=lambda state: state.name)
def test_it_fits_every_screen_and_axe_finds_nothing(
    visit: Visit, site: PagesSite, state: State
) -> None:
    visitor = visit(width=320, height=800, reduced_motion="reduce")
    address = site.name("demo", state.page_name, locale=state.locale)
    come_to(visitor, state, address)
    for width, scheme in SCREENS:
        visitor.page.set_viewport_size({"width": width, "height": 800})
        visitor.page.emulate_media(color_scheme=scheme)
        assert visitor.page.evaluate(OVERFLOW) <= 0, width
        if PICTURES:
            folder = Path(PICTURES)
            folder.mkdir(parents=True, exist_ok=True)
            name = f"{state.name.replace(' ', '-')}-{width}-{scheme}.png"
            visitor.page.screenshot(path=folder / name, full_page=True)
        # Where only size and colours have changed, the contrasts are all that is new.
        only = "" if (width, scheme) == SCREENS[0] else "color-contrast"
        assert visitor.found_by_axe(only) == [], (width, scheme)
