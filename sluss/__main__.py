"""The command line: ``sluss``."""

import logging
import sys

from core.errors import SlussError
from sluss.cli import app


def main() -> None:
    """An error of ours is told in its own words, without a traceback."""
    logging.basicConfig(level=logging.WARNING, format="%(levelname)s %(name)s: %(message)s")
    logging.getLogger("microsoft_agents").setLevel(logging.ERROR)  # it warns of local mode
    try:
        app()
    except SlussError as error:
        print(f"sluss: {error}", file=sys.stderr)
        sys.exit(2)


if __name__ == "__main__":
    main()
