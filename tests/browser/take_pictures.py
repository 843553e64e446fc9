"""``make pictures``: takes the pictures of the documentation anew, from the demo that tells itself.

The demo ends with a release that waits for acceptance, beside a champion in production; here it is
accepted, QA is requested for it, and each picture is taken on the way.
"""

import asyncio
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from playwright.async_api import async_playwright

from sluss.home.chat_token import chat_token
from tests.browser.conftest import ARGUMENTS, NAMES
from tests.story.up import Up

PICTURES = Path(__file__).parents[2] / "docs" / "pictures"
SIZES = {
    "wide": {"width": 1280, "height": 900},
    "low": {"width": 1280, "height": 640},
    "phone": {"width": 360, "height": 800},
}
MODEL = "loan_default"
ACCEPT = re.compile(rf"^Accept {MODEL}.*\?$")
RELEASE = re.compile(rf"^{MODEL}.*5$")
APPROVE = re.compile(rf"^Approve {MODEL}.*\?$")
LONG_MS = 300_000


class Photographer:
    """Opens windows of people on a running server, and takes pictures of them."""

    def __init__(self, up, browser):
        self._up = up
        self._browser = browser

    async def window(self, path, size):
        context = await self._browser.new_context(
            viewport=SIZES[size], color_scheme="light", reduced_motion="reduce", locale="en-GB"
        )
        page = await context.new_page()
        page.set_default_timeout(LONG_MS)
        await page.goto(f"{self._up.url}/{path}")
        return page

    async def chat(self, person, room, size):
        token = chat_token(self._up.home)
        page = await self.window(f"chat/?token={token}&as={person}#{room}", size)
        await page.wait_for_selector("#text:enabled")
        return page

    async def take(self, page, name, title=None):
        if title is not None:
            await card(page, title).evaluate("one => one.scrollIntoView({block: 'start'})")
        await page.screenshot(path=PICTURES / f"{name}.png", animations="disabled")
        await page.context.close()


def card(page, title):
    heading = page.get_by_text(title)
    return page.locator("article.said").filter(has=heading).last


async def ask_for_qa(page):
    """Accept the newest release, and ask for QA."""
    await card(page, ACCEPT).get_by_role("button", name=re.compile("^Accept")).click()
    await card(page, RELEASE).get_by_role("button", name="Request QA").click()
    form = page.locator("article.said").filter(has_text="Only you see this")
    await form.get_by_label("Purpose").fill("The yearly refit")
    await form.get_by_label("Expected outcome").fill("Fewer losses")
    await form.get_by_role("button", name="Send request for QA").click()
    await card(page, RELEASE).get_by_text("awaits approval for QA").wait_for()


async def take_all(photographer):
    astrid = await photographer.chat("astrid", "general", "wide")
    await card(astrid, ACCEPT).wait_for()
    again = await photographer.chat("astrid", "general", "wide")
    await photographer.take(again, "chat_wide", ACCEPT)
    await ask_for_qa(astrid)
    await astrid.context.close()
    phone = await photographer.chat("astrid", "general", "phone")
    await photographer.take(phone, "card_phone", RELEASE)
    phone = await photographer.chat("carin", "approvals", "phone")
    await card(phone, APPROVE).wait_for()
    await photographer.take(phone, "approval_phone", APPROVE)
    for name, path in (("release_page", f"releases/{MODEL}-2"), ("deliveries_page", "deliveries")):
        await photographer.take(await photographer.window(path, "low"), name)


async def main():
    chromium = next(filter(None, map(shutil.which, NAMES)), None)
    if chromium is None:
        sys.exit(f"No browser was found: install one of {', '.join(NAMES)}. No picture was taken.")
    with tempfile.TemporaryDirectory(prefix="sluss-pictures-") as folder:
        demo = [sys.executable, "-m", "sluss", "demo", "--script", "--keep", folder]
        await asyncio.to_thread(subprocess.run, demo, check=True)
        up = Up(Path(folder, "home"))
        try:
            await asyncio.to_thread(up.start)
            async with async_playwright() as playwright:
                browser = await playwright.chromium.launch(executable_path=chromium, args=ARGUMENTS)
                await take_all(Photographer(up, browser))
                await browser.close()
        finally:
            await asyncio.to_thread(up.end)


if __name__ == "__main__":
    asyncio.run(main())
