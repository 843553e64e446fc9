"""What an approval is bound to, and who may give it: nobody opens a gate for their own boat."""

import hashlib

import msgspec

from core.people import Person
from core.policy import Policy
from core.release.model import Model
from core.release.release import Release
from core.words import ApprovalId, Stage

_encoder = msgspec.json.Encoder(order="deterministic")


def digest(release: Release, *, policy: str) -> str:
    """SHA-256 over everything that an approver relies on; it changes when any of it does."""
    checked, registered = release.checked, release.registered
    if checked is None or registered is None:
        raise ValueError(f"{release.id} is not registered, there is nothing to approve")
    bound = {
        "repository": release.repository,
        "commit": release.commit,
        "configuration": checked.configuration_digest,
        "environment": checked.environment_digest,
        "runtime": checked.runtime,
        "data": release.data_fingerprint,
        "version": registered.version,
        "artifact": registered.artifact_digest,
        "metrics": release.metrics,
        "checks": {found.check: [found.status, len(found.findings)] for found in checked.checks},
        "policy": policy,
    }
    return hashlib.sha256(_encoder.encode(bound)).hexdigest()


def approval_id(release: Release, stage: Stage, bound: str) -> ApprovalId:
    """New for every request, so that an old card can approve nothing new."""
    text = f"{release.id}/{stage}/{bound}/{release.requests}"
    return ApprovalId(hashlib.sha256(text.encode()).hexdigest()[:32])


def excluded(model: Model, release: Release, requester: Person) -> dict[str, str]:
    """Ids and addresses of who may not approve, each with the reason.

    Addresses stand for commit authors whom the directory does not know.
    """
    reasons: dict[str, str] = {}
    for author in release.authors:
        reasons[author.person or author.email.casefold()] = "wrote commits of this release"
    checked = release.checked
    creators = model.creators.get(release.commit, ()) + (
        checked.pull_request_creators if checked else ()
    )
    reasons |= dict.fromkeys(creators, "opened the pull request")
    reasons |= dict.fromkeys(release.trainers, "caused the training run")
    reasons[release.pusher] = "pushed this commit"
    reasons[requester.id] = "asked for this promotion"
    return {key: reason for key, reason in reasons.items() if key}


def why_not(person: Person, barred: dict[str, str]) -> str:
    """Why four-eyes bars this person, or "" when it does not."""
    lowered = {key.casefold(): reason for key, reason in barred.items()}
    keys = (person.id, *person.emails)
    return next((lowered[key.casefold()] for key in keys if key.casefold() in lowered), "")


def approvers(policy: Policy, stage: Stage) -> tuple[str, ...]:
    """The groups whose members may decide about a stage."""
    return tuple(policy.approvers.get(stage, ()))


def who_can(policy: Policy, stage: Stage) -> str:
    groups = " or ".join(approvers(policy, stage)) or "nobody (the policy names no group)"
    return f"A member of {groups} can who neither wrote, pushed, trained nor requested it."
