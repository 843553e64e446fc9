"""Find what a person names: a model, a release, or everything that is on board."""

import difflib
from collections.abc import AsyncIterator
from contextlib import suppress

from bot.ports import BotPorts
from core.errors import RefusedError, UnknownNameError
from core.release.model import Model
from core.words import ReleaseId, Stream, stream_of

NEAR = 3
GONE = (
    "The repository {repository} of {release} is no longer in platform.yml. Nothing was done; "
    "enter it again under its id, and its releases are there as they were."
)


async def all_models(ports: BotPorts) -> AsyncIterator[Model]:
    """Bring them by name, one after another: a thousand are too much to be held at once.

    A repository that has not released anything yet is there under its own name.
    """
    names = await ports.store.names()
    known = [repository.name for repository in ports.platform.repositories]
    for stream in sorted(known, key=lambda stream: (names.get(stream) or stream).casefold()):
        yield await ports.handle.model(stream)


def name_of(model: Model) -> str:
    return model.name or model.stream


async def find_model(ports: BotPorts, name: str) -> Model:
    """Find it by MODEL_NAME, by its repository's name or a release's id, whatever the case."""
    claims = await ports.store.claims()
    streams = {known.name.casefold(): known.name for known in ports.platform.repositories}
    names: dict[str, Stream] = {**streams, **claims}
    stream = names.get(name.casefold())
    if stream is not None:
        return await ports.handle.model(stream)
    with suppress(UnknownNameError):
        return (await find_release(ports, name))[0]
    raise UnknownNameError("model", name, _near(name, list(names)))


async def find_release(ports: BotPorts, name: str) -> tuple[Model, ReleaseId]:
    """Find it by its id, whatever the case."""
    wanted = stream_of(ReleaseId(name)).casefold()
    streams = (known.name for known in ports.platform.repositories)
    stream = next((known for known in streams if known.casefold() == wanted), None)
    model = await ports.handle.model(stream) if stream else None
    ids = model.releases if model else {}
    found = next((known for known in ids if known.casefold() == name.casefold()), None)
    if model is None or found is None:
        rows = [str(row.release) for row in await ports.store.releases(limit=200)]
        if stream is None and name.casefold() in map(str.casefold, rows):
            raise RefusedError(GONE.format(release=name, repository=stream_of(ReleaseId(name))))
        raise UnknownNameError("release", name, _near(name, rows))
    return model, found


def _near(name: str, names: list[str]) -> list[str]:
    return difflib.get_close_matches(name.casefold(), names, n=NEAR, cutoff=0.6)
