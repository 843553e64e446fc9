"""Pictures of the pages: wide and narrow, light and dark, none wider than its window."""

import os
from pathlib import Path

from tests.browser.conftest import SIZES
from tests.browser.two_people import Window

TOO_WIDE = "document.documentElement.scrollWidth - innerWidth"


class Album:
    """``PICTURES=folder`` takes them, to be looked at; without, it only looks whether all fits."""

    def __init__(self, open_page):
        self._folder = os.environ.get("PICTURES", "")
        self._open_page = open_page

    async def take(self, url, name, *, card="", button=""):
        """With ``card`` in sight, and its ``button`` below it."""
        page = await self._open_page(url)
        await self.take_here(page, name, card=card, button=button)
        await page.close()

    async def take_here(self, page, name, *, card="", button=""):
        """Of a window that somebody has open; it is left wide and light."""
        for size, viewport in reversed(SIZES.items()):
            await page.set_viewport_size(viewport)
            if card:
                await _bring_up(Window(page), card)
            if self._folder:
                await self._shoot(page, f"{name}_{size}", is_whole=not card)
            assert await page.evaluate(TOO_WIDE) <= 0, f"{name} {size} scrolls sideways"
            if button:
                assert await Window(page).is_in_sight(card, button), f"{name} {size}: {button}"

    async def _shoot(self, page, name, *, is_whole):
        for scheme in ("dark", "light"):
            await page.emulate_media(color_scheme=scheme)
            path = Path(self._folder, f"{name}_{scheme}.png")
            await page.screenshot(path=path, full_page=is_whole, animations="disabled")


async def _bring_up(window, title):
    await window.sees(title, title)
    await window.card(title).evaluate("one => one.scrollIntoView({block: 'start'})")
