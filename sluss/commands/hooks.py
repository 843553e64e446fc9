"""``sluss hooks``: make, list, mend and remove our service hooks, and report what was missed."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Iterable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final, NamedTuple

from adapters.azure_devops import AzureDevOps
from adapters.azure_devops.errors import RightMissingError
from adapters.azure_devops.subscriptions import AzureDevOpsSubscriptions
from core.count import count
from core.errors import SettingsError, StepFailedError
from core.hooks import SAYS, HookLook, compare
from core.ports.host_events import HostEvents, HostProject
from core.words import HookCondition
from sluss.home.settings import Settings, from_environment
from sluss.wiring.hooks import (
    azure_devops_of,
    open_host_events,
    open_subscriptions,
    unreachable,
)
from workers.watch.subscriptions import projects_of

NO_PROJECT: Final = (
    "Azure DevOps shows none of the repositories of platform.yml, so that there is no project to "
    "make a service hook in. Nothing was done; look at the ids in platform.yml, and whether the "
    "identity of Sluss may read the code there."
)
NO_REPOSITORY: Final = (
    "platform.yml names no repository of Azure DevOps, so that there is no project to make a "
    "service hook in. Nothing was done; put in the repositories that hold models, by their ids."
)
ADDED: Final = "{project}: {added} added, {there} there before."
ALL_THERE: Final = "{project}: all {there} are there; nothing was added."
BY_HAND: Final = "{project}: {event} was made by {creator} and fits; none was added beside it."
UNFIT: Final = (
    "{project}: what {creator} made for {event} does not fit, as {why}. Change it or delete it, or "
    "these events come twice."
)
STILL: Final = "{project}: {event} is {how}."
HIDDEN: Final = (
    "{project}: {missing} missing still, or not shown to Sluss. Before you install once more see "
    "that its identity has the right View subscriptions there: what it cannot see it makes twice."
)
REPAIR: Final = "`sluss hooks repair` replaces what is disabled."
COMES_BACK: Final = (
    "What is restricted comes back by itself with the first delivery that succeeds: see that the "
    "gateway is reached. To have that now press Test in the project's settings, under Service "
    "hooks."
)
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
async def _opened(home: Path) -> AsyncIterator[_Hooks]:
    settings = from_environment(home)
    async with azure_devops_of(settings) as azure_devops:
        host = open_host_events(azure_devops)
        platform = settings.files.platform
        if all(each.location for each in platform.repositories):
            raise SettingsError(NO_REPOSITORY)
        projects = await projects_of(host, platform)
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
    """Add one after the other: an older server does not know every kind of event."""
    missing = [look for look in looks if look.condition is HookCondition.MISSING]
    [project] = {look.project.name for look in looks}
    refused: list[str] = []
    for look in missing:
        try:
            await hooks.subscriptions.add(look.project, look.hook)
        except RightMissingError:
            raise
        except StepFailedError as error:
            refused.append(f"{project}: {error}")
    text = ADDED if missing else ALL_THERE
    added, there = len(missing) - len(refused), len(looks) - len(missing)
    said = text.format(project=project, added=_hooks(added), there=there)
    return [said, *refused, *_of_people(looks, BY_HAND)]


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
    conditions = set[HookCondition]()
    missing: Counter[str] = Counter()
    for look in looks:
        project, event = look.project.name, look.hook.event
        for each in look.unfit:
            yield UNFIT.format(project=project, event=event, creator=each.creator, why=each.unfit)
        missing[project] += look.condition is HookCondition.MISSING
        if look.condition in {HookCondition.WELL, HookCondition.MISSING}:
            continue
        conditions.add(look.condition)
        yield STILL.format(project=project, event=event, how=SAYS[look.condition])
    for project, number in missing.items():
        if number:
            yield HIDDEN.format(project=project, missing=_hooks(number))
    yield from _advice(conditions)


def _advice(conditions: Collection[HookCondition]) -> Iterator[str]:
    if any(condition.is_replaced for condition in conditions):
        yield REPAIR
    if HookCondition.RESTRICTED in conditions:
        yield COMES_BACK
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
