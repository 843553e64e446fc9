"""The service hooks of Azure DevOps that lead to us."""

from typing import Any, Final
from urllib.parse import urlsplit

import msgspec
from azure.devops.v7_1.service_hooks.models import (  # type: ignore[import-untyped]
    Subscription as HostSubscription,
)

from adapters.azure_devops.client import AzureDevOps
from adapters.azure_devops.errors import NotThereError
from adapters.azure_devops.own_identity import OwnIdentity
from adapters.azure_devops.rights import Right
from adapters.azure_devops.sdk import Sdk
from core.platform import canonical_id
from core.ports.host_events import HostProject
from core.ports.subscriptions import Hook, HookState, Subscription

# https://learn.microsoft.com/azure/devops/service-hooks/consumers#web-hooks
CONSUMER: Final = "webHooks"
ACTION: Final = "httpRequest"
PROJECT: Final = "projectId"
USER: Final = "basicAuthUsername"
DETAILS: Final = "resourceDetailsToSend"
ALL: Final = "all"
# The host fills these in itself; whatever else has a value is a filter.
NO_FILTERS: Final = frozenset({PROJECT, "tfsSubscriptionId", "subscriberId", "teamId"})

# By their names in small letters. A state that is not here is told and never replaced, as one that
# is restricted is.
STATES: Final = {
    "enabled": HookState.ENABLED,
    "onprobation": HookState.RESTRICTED,
    "disabledbysystem": HookState.DISABLED_BY_SYSTEM,
    "disabledbyinactiveidentity": HookState.CREATOR_LEFT,
    "disabledbyuser": HookState.DISABLED_BY_HAND,
}

FEW_DETAILS: Final = "it sends {details} details, and Sluss needs all"
STRANGE_USER: Final = "it signs in as {user}, whom Sluss does not let in"
FILTERED: Final = "it has a filter ({names}), so that it tells only a part"


class HookTarget(msgspec.Struct, frozen=True, kw_only=True):
    """Where Azure DevOps delivers to, and what it proves itself with there (basic auth)."""

    url: str
    user: str
    secret: str

    def __repr__(self) -> str:
        return f"HookTarget(url={self.url!r})"


class AzureDevOpsSubscriptions:
    """Implements ``core.ports.subscriptions.Subscriptions``."""

    def __init__(self, azure_devops: AzureDevOps, target: HookTarget) -> None:
        self._azure_devops = azure_devops
        self._target = target
        self._own = OwnIdentity(azure_devops)

    async def here(self) -> tuple[Subscription, ...]:
        def call(sdk: Sdk) -> Any:
            return sdk.service_hooks.list_subscriptions(consumer_id=CONSUMER)

        found = await self._azure_devops.ask(Right.HOOKS, "list the service hooks", call)
        ours = await self._own.id()
        return tuple(
            _told(each, ours, self._target.user) for each in found if self._leads_here(each)
        )

    async def add(self, project: HostProject, hook: Hook) -> None:
        wanted = HostSubscription(
            publisher_id=hook.publisher,
            event_type=hook.event,
            resource_version=hook.version,
            consumer_id=CONSUMER,
            consumer_action_id=ACTION,
            publisher_inputs={PROJECT: project.id},
            consumer_inputs={
                "url": self._target.url,
                DETAILS: ALL,
                # sentences for people, which may quote what somebody wrote
                "messagesToSend": "none",
                "detailedMessagesToSend": "none",
                **self._login(),
            },
        )

        def call(sdk: Sdk) -> None:
            sdk.service_hooks.create_subscription(wanted)

        what = f"add the service hook {hook.event} to project {project.name}"
        await self._azure_devops.ask(Right.HOOKS, what, call)

    async def renew(self, subscription: str) -> None:
        def call(sdk: Sdk) -> None:
            found = sdk.service_hooks.get_subscription(subscription)
            found.consumer_inputs = {**found.consumer_inputs, **self._login()}
            sdk.service_hooks.replace_subscription(found, subscription)

        what = f"give the service hook {subscription} its secret"
        await self._azure_devops.ask(Right.HOOKS, what, call)

    async def remove(self, subscription: str) -> None:
        def call(sdk: Sdk) -> None:
            sdk.service_hooks.delete_subscription(subscription)

        try:
            await self._azure_devops.ask(
                Right.HOOKS, f"remove the service hook {subscription}", call
            )
        except NotThereError:
            return

    async def subject(self) -> str:
        """Our identity's descriptor, as commands that give a right take it."""

        def call(sdk: Sdk) -> Any:
            return sdk.location.get_connection_data().authenticated_user

        found = await self._azure_devops.ask(Right.SELF, "ask who Sluss is there", call)
        return str(found.subject_descriptor or "")

    def _leads_here(self, found: Any) -> bool:
        url = (found.consumer_inputs or {}).get("url", "")
        return _place(url) == _place(self._target.url)

    def _login(self) -> dict[str, str]:
        """Azure DevOps masks the password in every answer, so that it is given again each time."""
        return {USER: self._target.user, "basicAuthPassword": self._target.secret}


def _told(found: Any, ours: str, user: str) -> Subscription:
    creator = found.created_by
    return Subscription(
        id=found.id,
        project=canonical_id((found.publisher_inputs or {}).get(PROJECT) or ""),
        event=found.event_type,
        state=STATES.get(str(found.status).casefold(), HookState.RESTRICTED),
        creator=(creator.display_name if creator else "") or "",
        is_ours=bool(creator) and canonical_id(creator.id or "") == ours,
        unfit=_unfit(found, user),
    )


def _unfit(found: Any, user: str) -> str:
    """A wrong secret is shown to nobody: one that fits otherwise is believed until it fails."""
    asked = found.consumer_inputs or {}
    details = asked.get(DETAILS) or ALL
    if details.casefold() != ALL:
        return FEW_DETAILS.format(details=details)
    if (name := asked.get(USER) or user) != user:
        return STRANGE_USER.format(user=name)
    inputs = found.publisher_inputs or {}
    names = sorted(name for name, value in inputs.items() if value and name not in NO_FILTERS)
    return FILTERED.format(names=", ".join(names)) if names else ""


def _place(url: str) -> tuple[str, str, str]:
    """An address, without what makes no other one."""
    found = urlsplit(url.strip())
    return found.scheme.casefold(), found.netloc.casefold(), found.path.rstrip("/")
