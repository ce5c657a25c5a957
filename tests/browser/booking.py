"""What a client does in the widget, step by step, and on the simulator's payment page."""

from tests.browser.visitor import Visitor

GOOD, DECLINED = "4242424242424242", "4000000000000002"


def open_widget(visitor: Visitor, url: str) -> None:
    visitor.page.goto(url)
    visitor.page.locator("bookpay-widget .choice:not(.skeleton)").first.wait_for()


def choose_time(visitor: Visitor, number: int = 0) -> str:
    """Take one of the free times of the first free day, and return it as the API names it."""
    slot = visitor.page.locator(".slot").nth(number)
    slot.wait_for()
    starts_at = slot.get_attribute("data-starts-at")
    assert starts_at
    slot.click()
    return starts_at


def enter_contact(visitor: Visitor) -> None:
    visitor.page.get_by_label("Name").fill("Mira Lindqvist")
    visitor.page.get_by_label("Email").fill("mira@example.com")
    visitor.press("Continue")


def go_to_review(visitor: Visitor, service: str, person: str, number: int = 0) -> str:
    """Go through all steps but the last, and return the time that was chosen."""
    visitor.press(service)
    visitor.press(person)
    starts_at = choose_time(visitor, number)
    enter_contact(visitor)
    visitor.heading("Check and book").wait_for()
    return starts_at


def accept_and_book(visitor: Visitor) -> None:
    visitor.page.get_by_label("I accept these terms.").check()
    visitor.press("Book and pay")


def pay(visitor: Visitor, card: str) -> None:
    """Fill the payment page with a card and press its button."""
    page = visitor.page
    page.wait_for_url("**/c/pay/**")
    page.locator(f'[data-number="{card}"]').click()
    page.locator("button.act").click()
