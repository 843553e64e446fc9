"""What Azure DevOps says when it refuses: the words, the status and the JSON around them."""

from typing import Any

SIGN_IN_PAGE = (
    "<html><head><title>Azure DevOps Services | Sign In</title></head><body></body></html>"
)


class RefusedError(Exception):
    """A request that Azure DevOps refuses; ``type_key`` is the name that clients tell errors by."""

    def __init__(self, status: int, type_key: str, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.type_key = type_key
        self.message = message

    def body(self) -> dict[str, Any]:
        return {
            "$id": "1",
            "innerException": None,
            "message": self.message,
            "typeName": f"Microsoft.TeamFoundation.{self.type_key}, Microsoft.TeamFoundation",
            "typeKey": self.type_key,
            "errorCode": 0,
            "eventId": 3000,
        }


def no_repository(name: str) -> RefusedError:
    """A repository that is not there, is disabled or may not be seen: all three read the same."""
    return RefusedError(
        404,
        "GitRepositoryNotFoundException",
        f"TF401019: The Git repository with name or identifier {name} does not exist or you do not "
        "have permissions for the operation you are attempting.",
    )


def no_project(name: str) -> RefusedError:
    return RefusedError(
        404,
        "ProjectDoesNotExistWithNameException",
        f"TF200016: The following project does not exist: {name}. Verify that the name of the "
        "project is correct and that the project exists on the specified Azure DevOps Server.",
    )


def no_commit(commit: str) -> RefusedError:
    return RefusedError(
        404,
        "GitUnresolvableToCommitException",
        f"TF401175: The version descriptor <Commit: {commit} > could not be resolved to a version "
        "in the repository.",
    )


def no_push(push_id: int) -> RefusedError:
    return RefusedError(
        404, "GitPushNotFoundException", f"TF401189: The push {push_id} was not found."
    )


def no_pull_request(number: int) -> RefusedError:
    return RefusedError(
        404,
        "GitPullRequestNotFoundException",
        f"TF401180: The requested pull request was not found. (pull request {number})",
    )


def needs_git_permission(who: str, permission: str, scope: str) -> RefusedError:
    return RefusedError(
        403,
        "GitNeedsPermissionException",
        f"TF401027: You need the Git '{permission}' permission to perform this action. "
        f"Details: identity '{who}', scope '{scope}'.",
    )


def access_denied(who: str, permission: str) -> RefusedError:
    return RefusedError(
        403,
        "AccessDeniedException",
        f"Access denied. {who} needs {permission} permissions to perform the action.",
    )


def not_in_scope(who: str) -> RefusedError:
    """A personal access token that was made without the scope of this call."""
    return RefusedError(
        401,
        "UnauthorizedRequestException",
        f"TF400813: The user '{who}' is not authorized to access this resource.",
    )


def invalid(message: str, type_key: str = "InvalidArgumentValueException") -> RefusedError:
    return RefusedError(400, type_key, message)


def no_route(path: str) -> RefusedError:
    return RefusedError(
        404, "VssResourceNotFoundException", f"The controller for path '{path}' was not found."
    )
