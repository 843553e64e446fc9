"""``sluss demo``: the story from a push to production, for a newcomer or headless."""

import asyncio
import contextlib
import tempfile
from pathlib import Path

from rich.console import Console

from core.errors import SlussError
from sluss.demo.run import tell


def demo(*, is_script: bool, keep: Path | None) -> int:
    """Return the exit code: 0 when the story held."""
    console = Console(soft_wrap=True)
    with contextlib.ExitStack() as stack:
        if keep is None:
            name = stack.enter_context(tempfile.TemporaryDirectory(prefix="sluss-demo-"))
            keep = Path(name)
        keep.mkdir(parents=True, exist_ok=True)
        try:
            asyncio.run(tell(keep.absolute(), is_script=is_script, console=console))
        except KeyboardInterrupt:
            console.print("The demo has ended.")
        except SlussError as error:
            console.print(f"[red]{error}[/red]", highlight=False)
            return 1
    return 0
