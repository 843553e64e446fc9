"""The pages: releases, one release, deliveries. They read; the only thing they do is redrive."""

from web.pages.app import Pages, add_pages

__all__ = ["Pages", "add_pages"]
