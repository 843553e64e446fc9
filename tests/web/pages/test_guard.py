"""The pages are for this machine: no other name, no other site's form, nothing from outside."""

import re
from pathlib import Path

import pytest

import web.pages
from tests.web.pages.serving import a_dead_letter, some_pages

TEMPLATES = Path(web.pages.__file__).parent / "templates"
PAGES = ("/releases", "/releases/loan-1", "/deliveries")


@pytest.mark.parametrize("path", PAGES)
@pytest.mark.parametrize(
    "host", ["evil.example", "evil.example:8100", "127.0.0.1.evil.example", "10.0.0.7", ""]
)
async def test_another_name_for_this_machine_is_refused(pages, path, host):
    answer = await pages.client.get(path, headers={"Host": host})

    assert answer.status in {400, 403}  # an empty name is no request at all


@pytest.mark.parametrize("address", ["10.0.0.7", "192.168.1.20", "2001:db8::7"])
async def test_who_comes_from_elsewhere_is_refused_under_our_own_name(tmp_path, address):
    async with some_pages(tmp_path, asked_from=address) as pages:
        for path in PAGES:
            assert (await pages.client.get(path)).status == 403


@pytest.mark.parametrize("origin", ["http://evil.example", "null", "", "http://127.0.0.1:1", None])
async def test_another_sites_form_redrives_nothing(pages, origin):
    await a_dead_letter(pages.queues["steps"], "m", reason="a bug")
    answer = await pages.client.post(
        "/deliveries/steps/redrive",
        data={"message": "m"},
        headers={"Origin": origin} if origin is not None else {},
    )

    assert answer.status == 403
    assert "Nothing was sent again" in await answer.text()
    assert len(await pages.queues["steps"].dead_letters()) == 1


@pytest.mark.parametrize("path", PAGES)
async def test_every_page_says_what_it_may_load(pages, path):
    headers = (await pages.client.get(path)).headers

    assert headers["Content-Security-Policy"].startswith("default-src 'self';")
    assert "frame-ancestors 'none'" in headers["Content-Security-Policy"]
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize("file", sorted(TEMPLATES.glob("*.html")), ids=lambda path: path.name)
def test_no_page_needs_a_script_or_an_address_outside(file):
    text = file.read_text()

    assert "<script" not in text
    assert "| safe" not in text
    assert re.findall(r"(?:https?:)?//[\w.-]+\.\w+", text) == []


@pytest.mark.parametrize("path", ["/style/sluss.css", "/style/pages.css", "/style/tokens.css"])
async def test_the_style_is_ours(pages, path):
    answer = await pages.client.get(path)

    assert (answer.status, answer.content_type) == (200, "text/css")
    assert "http" not in await answer.text()


async def test_every_page_warns_that_nobody_was_signed_in(read):
    for path in PAGES:
        assert "Identities are unverified." in (await read(path))[1]
