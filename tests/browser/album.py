"""Pictures of the pages: wide and narrow, light and dark, none wider than its window."""

import os
from pathlib import Path

from tests.browser.conftest import SIZES
from tests.browser.two_people import Window

TOO_WIDE = "document.documentElement.scrollWidth - innerWidth"


class Album:
    """``PICTURES=folder`` keeps them where they can be looked at."""

    def __init__(self, folder, open_page):
        self._folder = Path(os.environ.get("PICTURES") or folder)
        self._open_page = open_page
        self._folder.mkdir(parents=True, exist_ok=True)

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
            for scheme in ("dark", "light"):
                await page.emulate_media(color_scheme=scheme)
                path = self._folder / f"{name}_{size}_{scheme}.png"
                await page.screenshot(path=path, full_page=not card, animations="disabled")
            assert await page.evaluate(TOO_WIDE) <= 0, f"{name} {size} scrolls sideways"
            if button:
                assert await Window(page).is_in_sight(card, button), f"{name} {size}: {button}"


async def _bring_up(window, title):
    await window.sees(title, title)
    await window.card(title).evaluate("one => one.scrollIntoView({block: 'start'})")
