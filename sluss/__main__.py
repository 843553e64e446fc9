"""The command line: ``sluss``."""

import gc
import logging
import sys
from typing import Final

from core.errors import SlussError
from sluss.cli import app

# Nearly all that the imports make is there to stay: with Python's own thresholds a seventh of a
# start went into looking for garbage among it.
COLLECT_AFTER: Final = (50_000, 20, 100)


def main() -> None:
    """An error of ours is told in its own words, without a traceback."""
    gc.set_threshold(*COLLECT_AFTER)
    logging.basicConfig(level=logging.WARNING, format="%(levelname)s %(name)s: %(message)s")
    logging.getLogger("microsoft_agents").setLevel(logging.ERROR)  # it warns of local mode
    try:
        app()
    except SlussError as error:
        print(f"sluss: {error}", file=sys.stderr)
        sys.exit(2)


if __name__ == "__main__":
    main()
