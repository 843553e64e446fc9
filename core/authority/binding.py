"""What an approval is bound to: everything that the approver relies on, under one digest."""

import hashlib

import msgspec

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
