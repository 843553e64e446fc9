"""The pages: releases, one release, deliveries. They read, and ask for a redrive."""

from web.pages.app import Pages, add_pages

__all__ = ["Pages", "add_pages"]
