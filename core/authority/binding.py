"""What an approval is bound to: each value that the approver relies on, under its own name.

A value that no longer holds is told by its name. What decided nothing, such as the limit of a check
that blocks nowhere, is not bound: a change of it leaves the approval standing.
"""

import hashlib
from collections.abc import Mapping
from typing import Any, Final

import msgspec

from core.policy import Policy
from core.release.model import Model
from core.release.promotion import Promotion
from core.release.release import Release
from core.words import ApprovalId, Stage

WHAT: Final = {
    "repository": "the repository",
    "commit": "the commit",
    "configuration": "the model's variables",
    "environment": "the environment file",
    "runtime": "the runtime",
    "team": "the team of the model",
    "data": "the training data",
    "metrics": "a metric",
    "version": "the registered version",
    "artifact": "the registered artifact",
    "report": "the report of the gate",
    "blocking": "which checks block {stage}",
    "order": "the stage that comes before {stage}",
    "approvers": "the groups that approve {stage}",
    "holder": "what holds {stage}",
}
BEFORE: Final = "the record of what it is bound to: it was asked for in an earlier version of Sluss"

_encoder = msgspec.json.Encoder(order="deterministic")


def bound(model: Model, release: Release, stage: Stage, policy: Policy) -> dict[str, str]:
    """Everything that the approver of this stage relies on, as it is now, by name."""
    checked, registered = release.checked, release.registered
    if checked is None or registered is None:
        raise ValueError(f"{release.id} is not registered, there is nothing to approve")
    holder = model.holders.get(stage)
    return {
        "repository": release.repository,
        "commit": release.commit,
        "configuration": checked.configuration_digest,
        "environment": checked.environment_digest,
        "runtime": checked.runtime,
        "team": checked.team,
        "data": release.data_fingerprint,
        "metrics": _hashed(release.metrics),
        "version": registered.version,
        "artifact": " at ".join(filter(None, (registered.artifact_digest, registered.source))),
        "report": _hashed([checked.report, checked.checks]),
        "blocking": _hashed(policy.rule_at(stage, checked.checks)),
        "order": policy.stage_order.get(stage, ""),
        "approvers": ", ".join(sorted(map(str.casefold, policy.approvers.get(stage, ())))),
        # a stage that was moved and moved back was still moved
        "holder": f"{holder.version} since {holder.noted}" if holder else "",
    }


def digest(values: Mapping[str, str]) -> str:
    """SHA-256 over all bound values: it changes when any of them does."""
    return _hashed(values)


def changed(model: Model, release: Release, promotion: Promotion, policy: Policy) -> str:
    """What an approval was bound to and holds no longer, in words, or ""."""
    if release.checked is None or release.registered is None:
        return WHAT["version"]
    if not promotion.bound:
        is_same = _digest_of_before(release, policy.digest) == promotion.digest
        return "" if is_same else BEFORE
    now = bound(model, release, promotion.stage, policy)
    return listed({name for name in now if promotion.bound.get(name) != now[name]}, promotion.stage)


def listed(names: set[str], stage: Stage) -> str:
    """The bound values in words, as one part of a sentence."""
    said = [words.format(stage=stage) for name, words in WHAT.items() if name in names]
    return " and ".join(filter(None, (", ".join(said[:-1]), *said[-1:])))


def approval_id(release: Release, stage: Stage, values: str) -> ApprovalId:
    """New for every request, so that an old card can approve nothing new."""
    text = f"{release.id}/{stage}/{values}/{release.requests}"
    return ApprovalId(hashlib.sha256(text.encode()).hexdigest()[:32])


def _hashed(value: Any) -> str:
    return hashlib.sha256(_encoder.encode(value)).hexdigest()


def _digest_of_before(release: Release, policy: str) -> str:
    """The one digest of a request whose values were not kept by name."""
    checked, registered = release.checked, release.registered
    assert checked is not None
    assert registered is not None
    return _hashed(
        {
            "repository": release.repository,
            "commit": release.commit,
            "configuration": checked.configuration_digest,
            "environment": checked.environment_digest,
            "runtime": checked.runtime,
            "data": release.data_fingerprint,
            "version": registered.version,
            "artifact": registered.artifact_digest,
            "metrics": release.metrics,
            "checks": {
                found.check: [found.status, len(found.findings)] for found in checked.checks
            },
            "policy": policy,
        }
    )
