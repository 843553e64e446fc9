"""Starts the command line ``sluss``."""

import gc
import logging
import sys
from typing import Final

from core.errors import SlussError
from sluss.cli import app

# Most objects that imports create stay for good. With Python's own thresholds the garbage collector
# took a seventh of a start to search among them.
COLLECT_AFTER: Final = (50_000, 20, 100)


def main() -> None:
    """Run the command line; an error of ours is printed in its own words, without a traceback."""
    gc.set_threshold(*COLLECT_AFTER)
    logging.basicConfig(level=logging.WARNING, format="%(levelname)s %(name)s: %(message)s")
    # Its warning about local mode is not for our users.
    logging.getLogger("microsoft_agents").setLevel(logging.ERROR)
    try:
        app()
    except SlussError as error:
        print(f"sluss: {error}", file=sys.stderr)
        sys.exit(2)


if __name__ == "__main__":
    main()
