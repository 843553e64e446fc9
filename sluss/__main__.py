"""Starts the command line ``sluss``."""

import gc
import logging
import sys
from typing import Final

from core.command_line import typed
from core.errors import SlussError
from sluss.cli import app
from sluss.home.scrubbed_output import begin_scrubbed, tell, tell_uncaught
from sluss.home.this_program import named_home, this_program

# Most objects that imports create stay for good. With Python's own thresholds the garbage collector
# took a seventh of a start to search among them.
COLLECT_AFTER: Final = (50_000, 20, 100)
CANNOT_USE: Final = (
    "{what} cannot be used ({why}). The command was not finished; see that it is there, and that "
    "this user may read and write it, or name another."
)


def main() -> None:
    """Run the command line; an error of ours is printed in its own words, without a traceback.

    So is one of the system, as a full disk, which may come up at any place.
    """
    gc.set_threshold(*COLLECT_AFTER)
    begin_scrubbed()
    # Its warning about local mode is not for our users.
    logging.getLogger("microsoft_agents").setLevel(logging.ERROR)
    called = this_program(named_home(sys.argv))
    try:
        app(prog_name=typed(*called.program))
    except SlussError as error:
        tell(f"sluss: {called.in_text(str(error))}")
        sys.exit(2)
    except OSError as error:
        tell(f"sluss: {CANNOT_USE.format(what=error.filename or 'Something', why=_why(error))}")
        sys.exit(2)
    finally:
        sys.excepthook = tell_uncaught  # typer has set one of its own, which shows everything


def _why(error: OSError) -> str:
    return error.strerror or type(error).__name__


if __name__ == "__main__":
    main()
