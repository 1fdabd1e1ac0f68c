"""What people do with the console of a whole HAWK: without a mouse, and only what a page offers them."""

import re
from collections.abc import Callable

from playwright.sync_api import Locator, Page, expect

from tests.support.hawk import Hawk
from tests.support.orders import order

#: Milliseconds for what a test waits for on a page: a second where nothing else runs.
PATIENCE = 30_000
#: Presses of Tab from one end of a page to the other.
TABS_MAX = 120
APPROVE = "Approve & Execute"
DONE = re.compile(r"Successfully executed \d+ database operations\.")

Opening = Callable[[str], Page]


def press(page: Page, target: Locator, key: str = "Enter") -> None:
    """Go to a control by Tab, as somebody without a mouse does, and press a key on it."""
    expect(target).to_be_visible(timeout=PATIENCE)
    for _ in range(TABS_MAX):
        if target.evaluate("element => element === document.activeElement"):
            page.keyboard.press(key)
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"{TABS_MAX} presses of Tab do not reach {target}")


def waiting(hawk: Hawk, maker: str, currency: str, amount: str, entity: str) -> str:
    """Hand an answer in as this person; gives its workflow once it waits for approval."""
    asked = order(currency, amount, entity)["answer"]
    (workflow,) = hawk.response(hawk.hand_in(asked, maker))["workflows"]
    return str(hawk.in_state(workflow["workflow_id"], "AWAITING_APPROVAL")["workflow_id"])


def bar_of(page: Page) -> Locator:
    """Find the bar below a card, where people decide."""
    return page.get_by_role("region", name="Decision")


def order_of(hawk: Hawk, workflow_id: str) -> str:
    """Look up the order id of a workflow, which its row in the queue shows."""
    return str((hawk.get(f"/workflows/{workflow_id}") or {})["order_id"])


def row_of(page: Page, order_id: str) -> Locator:
    """Find the row of an order in the queue."""
    return page.get_by_role("row").filter(has_text=order_id)


def card_of(page: Page, hawk: Hawk, workflow_id: str) -> str:
    """Open a card from the queue; return its order id."""
    order_id = order_of(hawk, workflow_id)
    press(page, row_of(page, order_id).get_by_role("link").first)
    expect(page.get_by_role("button", name=APPROVE)).to_be_visible(timeout=PATIENCE)
    return order_id


def dialog_of(page: Page, button: str = APPROVE) -> Locator:
    """Press the button of the card, and return its dialog, in which Cancel has the focus first."""
    press(page, bar_of(page).get_by_role("button", name=button))
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_role("button", name="Cancel")).to_be_focused(timeout=PATIENCE)
    return dialog


def confirm(page: Page, button: str = APPROVE) -> None:
    """Press the button of the card, then that of its dialog."""
    press(page, dialog_of(page, button).get_by_role("button", name=button))
