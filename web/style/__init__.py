"""The look that the chat window and the pages share: colours, letters, panels, light and dark."""

from pathlib import Path

from aiohttp import web

FOLDER = Path(__file__).parent


def style_routes() -> list[web.StaticDef]:
    """``/style/sluss.css``: added once, to the outermost application."""
    return [web.static("/style", FOLDER)]
