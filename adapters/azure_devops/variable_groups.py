"""GBI's variable groups in Azure DevOps: those of the repository's project that platform.yml names.

A secret variable comes without its value, and so does each of a group that is linked to a key
vault. Groups that Sluss may not see are left out of the list, and nothing says so.
https://learn.microsoft.com/rest/api/azure/devops/distributedtask/variablegroups
"""

import json
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from typing import Any, Final

import msgspec

from adapters.azure_devops.client import AzureDevOps
from adapters.azure_devops.fresh import Fresh
from adapters.azure_devops.library import ProjectPlace, Projects, shown
from adapters.azure_devops.rights import Right
from adapters.azure_devops.sdk import Sdk
from adapters.azure_devops.sign_in import SCOPE as RESOURCE
from core.command_line import typed
from core.gate.groups import AmissGroup, StageGroups, merged
from core.platform import GroupNames, Platform
from core.policy.policy import near_hint
from core.words import Stage

VAULT: Final = "AzureKeyVault"
PAGE: Final = 200  # groups that one call asks for
MOST: Final = 10  # calls for one list
SCOPE: Final = "Variable Groups: Read"
LIBRARY: Final = "_library?itemType=VariableGroups"

WHAT: Final = "read the variable groups of {project}"
NOT_NAMED: Final = (
    "platform.yml names no variable group for {stage} of {project}. Add it there below "
    "variable_groups, as {stage}: NAME."
)
NONE_SHOWN: Final = (
    "Azure DevOps shows Sluss no variable group of the project {project}: either there is none, or "
    "the right is missing ({right}). Make the groups that platform.yml names, or give it: {page}"
)
NOT_THERE: Final = (
    "there is no variable group {name} in the project {project}, or Sluss may not see it"
)
MEND_NOT_THERE: Final = (
    "{hint}ask GBI to make it, to correct its name in platform.yml, or to make Sluss a Reader of "
    "it: {page}"
)
NOT_SHARED: Final = (
    "the variable group {name} of the project {home} is not shared with the project {project}"
)
MEND_NOT_SHARED: Final = "ask GBI to share it, for which there is no page: `{command}`"


class _Group(msgspec.Struct, frozen=True, kw_only=True):
    """One group as we are shown it; a variable that is None is a secret."""

    id: int
    name: str
    variables: Mapping[str, str | None]


_Shown = tuple[_Group, ...] | str  # ... or why nothing of it is shown


class AzureVariableGroups:
    """Implements ``core.ports.VariableGroups``; ``platform`` tells platform.yml as of now."""

    def __init__(
        self,
        azure: AzureDevOps,
        projects: Projects,
        platform: Callable[[], Platform],
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._azure = azure
        self._projects = projects
        self._platform = platform
        self._lists = Fresh(self._list, clock)
        self._by_name = Fresh(self._named, clock)

    async def of_stages(
        self, repository: str, since: datetime
    ) -> Mapping[Stage, StageGroups] | None:
        """See the port; None where platform.yml names no group for the repository."""
        project = await self._projects.of(repository, since)
        names = self._platform().group_names(repository, project.name, project.id)
        if not any(names.of(stage) for stage in Stage):
            return None
        listed = await self._lists.get(project, since)
        if isinstance(listed, str):
            return {stage: StageGroups(unread=listed) for stage in Stage}
        wanted = dict.fromkeys(name for stage in Stage for name in names.of(stage))
        found = {name: await self._found(name, listed, project, since) for name in wanted}
        amiss = {
            name: await self._amiss(name, listed, (project, names), since)
            for name, group in found.items()
            if group is None
        }
        return {stage: _stage(stage, names, found, amiss, project) for stage in Stage}

    async def _found(
        self, name: str, listed: Iterable[_Group], project: ProjectPlace, since: datetime
    ) -> _Group | None:
        """Ask for a group by name before it is missing: a list may be cut short."""
        group = _of_name(name, listed)
        if group is None:
            asked = await self._by_name.get((project, name), since)
            group = None if isinstance(asked, str) else _of_name(name, asked)
        return group

    async def _amiss(
        self,
        name: str,
        listed: tuple[_Group, ...],
        at: tuple[ProjectPlace, GroupNames],
        since: datetime,
    ) -> AmissGroup:
        project, names = at
        elsewhere = await self._elsewhere(name, project, names.shared_from, since)
        if elsewhere is not None:
            return self._not_shared(*elsewhere, project)
        hint = near_hint(name, [group.name for group in listed]).strip()
        return AmissGroup(
            wrong=NOT_THERE.format(name=name, project=project.name),
            mend=MEND_NOT_THERE.format(
                hint=f"{hint} Otherwise " if hint else "", page=project.page(LIBRARY)
            ),
        )

    async def _elsewhere(
        self, name: str, project: ProjectPlace, shared_from: str, since: datetime
    ) -> tuple[_Group, ProjectPlace] | None:
        """Look for a group that its project does not show, where platform.yml says or anywhere."""
        if shared_from:
            homes = [self._projects.named(shared_from)]
        else:
            homes = await self._projects.others(project, since)
        for home in homes:
            asked = await self._by_name.get((home, name), since)
            group = None if isinstance(asked, str) else _of_name(name, asked)
            if group is not None:
                return group, home
        return None

    def _not_shared(self, group: _Group, home: ProjectPlace, project: ProjectPlace) -> AmissGroup:
        url = f"{self._azure.address}/_apis/distributedtask/variablegroups"
        reference = {"id": project.id, "name": project.name}
        command = typed(
            "az", "rest", "--method", "patch", "--resource", RESOURCE.partition("/")[0],
            "--url", f"{url}?variableGroupId={group.id}&api-version=7.1-preview.2",
            "--body", json.dumps([{"name": group.name, "projectReference": reference}]),
        )  # fmt: skip
        wrong = NOT_SHARED.format(name=group.name, home=home.name, project=project.name)
        return AmissGroup(wrong=wrong, mend=MEND_NOT_SHARED.format(command=command))

    async def _list(self, project: ProjectPlace) -> _Shown:
        found = await self._asked(project, lambda sdk: _every(sdk, project))
        if found:
            return found
        return NONE_SHOWN.format(
            project=project.name, right=Right.LIBRARY, page=project.page(LIBRARY)
        )

    async def _named(self, wanted: tuple[ProjectPlace, str]) -> _Shown:
        project, name = wanted
        return await self._asked(
            project,
            lambda sdk: sdk.task_agent.get_variable_groups(project.id, group_name=name),
        )

    async def _asked(self, project: ProjectPlace, call: Callable[[Sdk], list[Any]]) -> _Shown:
        what = WHAT.format(project=project.name)
        asked = self._azure.ask(
            Right.LIBRARY, what, lambda sdk: tuple(_group(each) for each in call(sdk))
        )
        return await shown(self._azure, project, SCOPE, what, asked)


def _every(sdk: Sdk, project: ProjectPlace) -> list[Any]:
    """Read page after page, the newest first; the SDK gives no token, which is a group's id."""
    found: dict[int, Any] = {}
    for _ in range(MOST):
        after = min(found) if found else None
        page = sdk.task_agent.get_variable_groups(project.id, top=PAGE, continuation_token=after)
        fresh = {each.id: each for each in page if each.id not in found}
        found |= fresh
        if len(page) < PAGE or not fresh:
            break
    return list(found.values())


def _group(group: Any) -> _Group:
    """A variable without a value is an empty one, unless it is a secret."""
    is_vault = str(group.type).casefold() == VAULT.casefold()
    return _Group(
        id=int(group.id),
        name=str(group.name),
        variables={
            name: None if is_vault or value.is_secret else value.value or ""
            for name, value in (group.variables or {}).items()
        },
    )


def _of_name(name: str, groups: Iterable[_Group]) -> _Group | None:
    wanted = name.casefold()
    return next((group for group in groups if group.name.casefold() == wanted), None)


def _stage(
    stage: Stage,
    names: GroupNames,
    found: Mapping[str, _Group | None],
    amiss: Mapping[str, AmissGroup],
    project: ProjectPlace,
) -> StageGroups:
    wanted = names.of(stage)
    if not wanted:
        return StageGroups(unread=NOT_NAMED.format(stage=stage, project=project.name))
    groups = merged(group.variables for name in wanted if (group := found[name]) is not None)
    wrong = tuple(amiss[name] for name in wanted if name in amiss)
    return msgspec.structs.replace(groups, amiss=wrong)
