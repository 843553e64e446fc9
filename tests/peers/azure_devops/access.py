"""Who may do what: credentials with an end, and rights that are inherited and overruled."""

import base64
import binascii
from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime
from enum import Enum

from tests.peers.azure_devops import refusals
from tests.peers.azure_devops.identities import Identity
from tests.peers.azure_devops.refusals import RefusedError

EVERYWHERE = ""


class Right(Enum):
    """A right that is asked for, and the permission that Azure DevOps says is missing without it."""

    PROJECT_READ = ("see the project", "View project-level information")
    CODE_READ = ("read code", "GenericRead")
    CODE_WRITE = ("push", "GenericContribute")
    CODE_STATUS = ("write statuses", "GenericContribute")  # its own scope, the same permission
    PULL_REQUESTS = ("take part in pull requests", "PullRequestContribute")
    TEST_READ = ("read test runs", "View test runs")
    TEST_WRITE = ("publish test runs", "Publish test results")
    VARIABLE_GROUPS_READ = ("read variable groups", "View library item")
    ENDPOINTS_READ = ("read service connections", "Use service connection")
    SUBSCRIPTIONS_VIEW = ("read subscriptions", "View subscriptions")
    SUBSCRIPTIONS_EDIT = ("write subscriptions", "Edit subscriptions")
    BUILD_READ = ("read builds and runs", "View builds")
    BUILD_QUEUE = ("start runs", "Queue builds")
    ENVIRONMENTS_READ = ("read environments", "View environment")
    APPROVALS_DECIDE = ("decide approvals", "Queue builds")  # beside being an approver of the step
    IDENTITIES_READ = ("read identities", "View identities")

    @property
    def permission(self) -> str:
        return self.value[1]


GIT_RIGHTS = {Right.CODE_WRITE, Right.CODE_STATUS, Right.PULL_REQUESTS}


@dataclass
class Credential:
    """A token of an identity; ``scopes`` None means all of that identity's rights."""

    identity: Identity
    expires: datetime | None = None
    scopes: Collection[Right] | None = None
    job: str | None = None  # for a job's access token: the only job that it may speak for


class UnknownCredentialError(Exception):
    """No credential, or none that was ever given out."""


class ExpiredCredentialError(Exception):
    """A credential whose time is over: Azure DevOps answers with its sign-in page."""


class Access:
    """The tokens of an organisation, and what was allowed and denied at which place."""

    def __init__(self, now: Callable[[], datetime]) -> None:
        self._now = now
        self._tokens: dict[str, Credential] = {}
        self._decided: dict[tuple[str, Right, str], bool] = {}

    def issue(
        self,
        token: str,
        identity: Identity,
        *,
        expires: datetime | None = None,
        scopes: Collection[Right] | None = None,
        job: str | None = None,
    ) -> str:
        """Take this secret for the identity, as PAT (Basic) and as bearer token."""
        self._tokens[token] = Credential(identity, expires, scopes, job)
        return token

    def revoke(self, token: str) -> None:
        self._tokens.pop(token, None)

    def allow(self, identity: Identity, *rights: Right, at: str = EVERYWHERE) -> None:
        """Allow these rights (all, if none is named) everywhere, or in a project or repository by its id."""
        for right in rights or Right:
            self._decided[identity.id, right, at] = True

    def deny(self, identity: Identity, *rights: Right, at: str = EVERYWHERE) -> None:
        for right in rights or Right:
            self._decided[identity.id, right, at] = False

    def may(self, identity: Identity, right: Right, *places: str) -> bool:
        """Ask from the nearest place outwards: the first that says anything decides."""
        for place in (*places, EVERYWHERE):
            decided = self._decided.get((identity.id, right, place))
            if decided is not None:
                return decided
        return False

    def require(self, credential: Credential, right: Right, *places: str) -> None:
        identity = credential.identity
        if credential.scopes is not None and right not in credential.scopes:
            raise refusals.not_in_scope(identity.unique_name)
        if not self.may(identity, right, *places):
            raise _refusal(identity, right, places)

    def authenticate(self, authorization: str | None) -> Credential:
        credential = self._tokens.get(_token(authorization or ""))
        if credential is None:
            raise UnknownCredentialError
        if credential.expires is not None and credential.expires <= self._now():
            raise ExpiredCredentialError
        return credential


def _token(authorization: str) -> str:
    scheme, _, secret = authorization.partition(" ")
    if scheme.lower() == "bearer":
        return secret
    try:
        return base64.b64decode(secret, validate=True).decode().partition(":")[2]
    except (binascii.Error, UnicodeDecodeError):
        return ""


def _refusal(identity: Identity, right: Right, places: tuple[str, ...]) -> RefusedError:
    if right in GIT_RIGHTS:
        return refusals.needs_git_permission(identity.unique_name, right.permission, "repository")
    if right is Right.CODE_READ:
        return refusals.no_repository(places[0] if places else "")
    return refusals.access_denied(identity.display_name, right.permission)
