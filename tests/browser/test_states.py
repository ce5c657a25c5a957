"""Every state of the widget's page: for eyes (BOOKPAY_PICTURES), for axe, on a narrow phone."""

import pytest

from tests.browser.conftest import Visit
from tests.browser.pages_site import PagesSite
from tests.browser.states import STATES, State, come_to, look_over


@pytest.mark.parametrize("state", STATES, ids=lambda state: state.name)
def test_it_fits_every_screen_and_axe_finds_nothing(
    visit: Visit, site: PagesSite, state: State
) -> None:
    visitor = visit(width=320, height=800, reduced_motion="reduce")
    come_to(visitor, state, site.name("demo", state.page_name, locale=state.locale))
    look_over(visitor, state.name)
