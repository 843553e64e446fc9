"""``sluss hooks``: make, list, mend and remove our service hooks, and report what was missed."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Final, NamedTuple
from urllib.parse import urlsplit

from prometheus_client import CollectorRegistry

from adapters.azure_devops import AzureDevOps
from adapters.azure_devops.errors import RightMissingError
from adapters.azure_devops.subscriptions import AzureDevOpsSubscriptions
from core.count import count
from core.errors import SettingsError, StepFailedError
from core.hooks import SAYS, HookLook, compare
from core.loopback import is_loopback
from core.ports.host_events import HostEvents, HostProject
from core.words import HookCondition
from sluss.home.settings import Settings, from_environment
from sluss.wiring.azure_devops import open_azure_devops, open_identity
from sluss.wiring.hooks import hook_address, open_host_events, open_subscriptions
from sluss.wiring.opening import Opening
from workers.watch.subscriptions import projects_of

NO_AZURE_DEVOPS: Final = (
    "SLUSS_AZURE_DEVOPS is not set, so that there is no organisation to ask. Nothing was done; set "
    "it to the organisation's address, such as https://dev.azure.com/ORGANISATION."
)
NO_PROJECT: Final = (
    "Azure DevOps shows none of the repositories of platform.yml, so that there is no project to "
    "make a service hook in. Nothing was done; look at the ids in platform.yml, and whether the "
    "identity of Sluss may read the code there."
)
UNREACHABLE: Final = (
    "Azure DevOps cannot deliver to {address}: it refuses {why}. Nothing was changed. Set "
    "SLUSS_PUBLIC_URL to a public https address that leads to the gateway, as that of an ingress "
    "or a tunnel, and try again. Meanwhile nothing is lost: a running worker lists pushes and pull "
    "requests at its start and every hour, and `sluss hooks report` does it at once."
)
LOOPBACK: Final = "loopback addresses, as nobody but this machine reaches them"
PLAIN: Final = "to send a password (basic auth) over plain http"

ADDED: Final = "{project}: {added} added, {there} there before."
ALL_THERE: Final = "{project}: all {there} are there; nothing was added."
BY_HAND: Final = "{project}: {event} was made by {creator} and fits; none was added beside it."
UNFIT: Final = (
    "{project}: what {creator} made for {event} does not fit, as {why}. Change it or delete it, or "
    "these events come twice."
)
STILL: Final = "{project}: {event} is {how}."
REPAIR: Final = "`sluss hooks repair` replaces what is disabled."
ENABLE: Final = (
    "What somebody disabled by hand is left so: enable it in the project's settings, under Service "
    "hooks."
)
REPLACED: Final = "{project}: {event} was {how}. A new one was made in its place."
RENEWED: Final = "{project}: {renewed} of ours have the secret as it is now."
THEIRS: Final = (
    "{project}: {event} was made by {creator}, who alone can give it the new secret, in the "
    "project's settings under Service hooks."
)
REMOVED: Final = "{project}: {removed} of ours removed."
NONE_OF_OURS: Final = "None of ours was there. Nothing was removed."
KEPT: Final = "{project}: {event} was made by {creator} and stays."
GRANT: Final = (
    "Only administrators of a project have this right by themselves. An administrator of the "
    "organisation gives it to Sluss in the project {project} by\n"
    "  az devops security permission update --organization {address} "
    "--namespace-id cb594ebe-87dd-4fc9-ac2c-6a10a4c92046 --subject {subject} "
    "--token PublisherSecurity/{id} --allow-bit 7 --merge true"
)


class HooksTold(NamedTuple):
    """What a command says, and its exit code: 1 where something is left to do."""

    lines: tuple[str, ...]
    code: int


class HookRow(NamedTuple):
    """One wanted hook, for the list."""

    project: str
    event: str
    state: str
    made_by: str


class _Hooks(NamedTuple):
    settings: Settings
    azure_devops: AzureDevOps
    host: HostEvents
    subscriptions: AzureDevOpsSubscriptions
    projects: tuple[HostProject, ...]

    async def looks(self) -> tuple[HookLook, ...]:
        return compare(self.projects, await self.subscriptions.here())


@asynccontextmanager
async def azure_devops_of(settings: Settings) -> AsyncIterator[AzureDevOps]:
    """Open the organisation alone, and close it at the end."""
    async with AsyncExitStack() as closes:
        found = open_azure_devops(
            settings, open_identity(settings), CollectorRegistry(), Opening(closes)
        )
        if found is None:
            raise SettingsError(NO_AZURE_DEVOPS)
        yield found


@asynccontextmanager
async def _opened(home: Path) -> AsyncIterator[_Hooks]:
    settings = from_environment(home)
    async with azure_devops_of(settings) as azure_devops:
        host = open_host_events(azure_devops)
        projects = await projects_of(host, settings.files.platform)
        if not projects:
            raise SettingsError(NO_PROJECT)
        subscriptions = open_subscriptions(settings, azure_devops)
        yield _Hooks(settings, azure_devops, host, subscriptions, projects)


def install(home: Path) -> HooksTold:
    """Add what is missing; what people made that fits is taken as it is."""
    return asyncio.run(_changed(home, _install))


def repair(home: Path) -> HooksTold:
    """Add what is missing, replace what cannot be revived, and give ours the secret anew."""
    return asyncio.run(_changed(home, _repair))


def rows(home: Path) -> tuple[HookRow, ...]:
    return asyncio.run(_rows(home))


def remove(home: Path) -> HooksTold:
    """Remove ours, and nothing that somebody else made."""
    return asyncio.run(_remove(home))


def unreachable(settings: Settings) -> str:
    """Say why Azure DevOps cannot deliver to us; "" where nothing speaks against it.

    One that is on this machine itself reaches the others on it.
    """
    here = urlsplit(settings.public_url)
    if is_loopback(urlsplit(settings.azure_devops).hostname or ""):
        return ""
    address = hook_address(settings)
    if is_loopback(here.hostname or ""):
        return UNREACHABLE.format(address=address, why=LOOPBACK)
    return "" if here.scheme == "https" else UNREACHABLE.format(address=address, why=PLAIN)


_Change = Callable[["_Hooks", list[HookLook]], Awaitable[list[str]]]


async def _changed(home: Path, change: _Change) -> HooksTold:
    """Change one project after the other: a right that is missing in one stops no other."""
    settings = from_environment(home)
    if why := unreachable(settings):
        return HooksTold((why,), 1)
    lines: list[str] = []
    code = 0
    async with _opened(home) as hooks:
        looks = await hooks.looks()
        for project in hooks.projects:
            of_project = [look for look in looks if look.project == project]
            try:
                lines += await change(hooks, of_project)
            except StepFailedError as error:
                lines += await _refused(hooks, project, error)
                code = 1
        after = await hooks.looks()
        lines += _left(after)
    ails = any(look.condition is not HookCondition.WELL for look in after)
    return HooksTold(tuple(lines), 1 if code or ails else 0)


async def _install(hooks: _Hooks, looks: list[HookLook]) -> list[str]:
    missing = [look for look in looks if look.condition is HookCondition.MISSING]
    for look in missing:
        await hooks.subscriptions.add(look.project, look.hook)
    [project] = {look.project.name for look in looks}
    there = len(looks) - len(missing)
    text = ADDED if missing else ALL_THERE
    said = text.format(project=project, added=_hooks(len(missing)), there=there)
    return [said, *_of_people(looks, BY_HAND)]


async def _repair(hooks: _Hooks, looks: list[HookLook]) -> list[str]:
    lines = await _install(hooks, looks)
    renewed = 0
    for look in looks:
        if look.condition.is_replaced:
            await hooks.subscriptions.add(look.project, look.hook)
            for old in look.dead:
                await hooks.subscriptions.remove(old.id)
            how = SAYS[look.condition]
            lines.append(REPLACED.format(project=look.project.name, event=look.hook.event, how=how))
        for each in look.surplus:
            await hooks.subscriptions.remove(each.id)
        for each in look.live:
            if each.is_ours and each not in look.surplus:
                await hooks.subscriptions.renew(each.id)
                renewed += 1
    [project] = {look.project.name for look in looks}
    if renewed:
        lines.append(RENEWED.format(project=project, renewed=_hooks(renewed)))
    return [*lines, *_of_people(looks, THEIRS)]


async def _refused(hooks: _Hooks, project: HostProject, error: StepFailedError) -> list[str]:
    if not isinstance(error, RightMissingError):
        return [f"{project.name}: {error}"]
    subject = await hooks.subscriptions.subject() or "IDENTITY"
    grant = GRANT.format(
        project=project.name, address=hooks.azure_devops.address, subject=subject, id=project.id
    )
    return [f"{project.name}: {error}", grant]


def _left(looks: Iterable[HookLook]) -> Iterator[str]:
    """Say what is not well still, and what does it."""
    conditions = set()
    for look in looks:
        project, event = look.project.name, look.hook.event
        for each in look.unfit:
            yield UNFIT.format(project=project, event=event, creator=each.creator, why=each.unfit)
        if look.condition in {HookCondition.WELL, HookCondition.MISSING}:
            continue
        conditions.add(look.condition)
        yield STILL.format(project=project, event=event, how=SAYS[look.condition])
    if any(condition.is_replaced for condition in conditions):
        yield REPAIR
    if HookCondition.DISABLED_BY_HAND in conditions:
        yield ENABLE


def _of_people(looks: Iterable[HookLook], text: str) -> Iterator[str]:
    for look in looks:
        for each in look.live:
            if not each.is_ours:
                yield text.format(
                    project=look.project.name, event=look.hook.event, creator=each.creator
                )


async def _rows(home: Path) -> tuple[HookRow, ...]:
    async with _opened(home) as hooks:
        return tuple(
            HookRow(
                look.project.name, look.hook.event, SAYS[look.condition], ", ".join(_makers(look))
            )
            for look in await hooks.looks()
        )


def _makers(look: HookLook) -> Iterator[str]:
    for each in (*look.fitting, *look.unfit):
        maker = "Sluss" if each.is_ours else each.creator
        yield f"{maker} (does not fit: {each.unfit})" if each.unfit else maker


async def _remove(home: Path) -> HooksTold:
    lines: list[str] = []
    async with _opened(home) as hooks:
        looks = await hooks.looks()
        for project in hooks.projects:
            mine = [look for look in looks if look.project == project]
            found = [each for look in mine for each in (*look.fitting, *look.unfit)]
            ours = [each for each in found if each.is_ours]
            try:
                for each in ours:
                    await hooks.subscriptions.remove(each.id)
            except StepFailedError as error:
                return HooksTold((*lines, *await _refused(hooks, project, error)), 1)
            if ours:
                lines.append(REMOVED.format(project=project.name, removed=_hooks(len(ours))))
            lines += _of_people(mine, KEPT)
    return HooksTold(tuple(lines or [NONE_OF_OURS]), 0)


def _hooks(number: int) -> str:
    return count(number, "service hook")
