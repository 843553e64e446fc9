"""The words of the field as types: steps, stages, kinds of model, and the ids of things."""

import hashlib
import re
from enum import StrEnum
from typing import Final, NewType

ReleaseId = NewType("ReleaseId", str)  # "<stream>-<number>", for example "loan_default-3"
ApprovalId = NewType("ApprovalId", str)
PersonId = NewType("PersonId", str)  # the object id in the bank's directory
Stream = NewType("Stream", str)  # the name of a repository in platform.yml
RunId = NewType("RunId", str)  # "<platform>/<its id there>", for example "local/3f2a"
BlobId = NewType("BlobId", str)  # "sha256:<hex>" of the bytes

LOCAL: Final = "local"  # the platform of runs on this machine
PLATFORM: Final = Stream("platform")  # the stream of whatever belongs to no repository
LONGEST_ID: Final = 128  # of a message: what Service Bus takes
DIGEST: Final = 16
GIVEN_BACK: Final = re.compile(r"~later-(\d{1,9})$")  # what is given back for later is a copy


class Step(StrEnum):
    """A unit of the pipeline."""

    CHECK = "check"
    TRAIN = "train"
    SCORE = "score"
    EVALUATE = "evaluate"
    REGISTER = "register"
    PROMOTE = "promote"


class Stage(StrEnum):
    """Where a model version lives. Check to register run on TST."""

    TST = "TST"
    QA = "QA"
    PROD = "PROD"


class TrackedState(StrEnum):
    """How the tracking server shows the run of a release; a run that failed is not killed later."""

    RUNNING = "RUNNING"
    FINISHED = "FINISHED"
    FAILED = "FAILED"
    KILLED = "KILLED"


class ModelType(StrEnum):
    """MODEL_TYPE: a rule-based model is not trained."""

    SUPERVISED = "Supervised"
    UNSUPERVISED = "Unsupervised"
    RULEBASED = "rulebased"


class HookCondition(StrEnum):
    """How the service hooks of one kind of event are in one project of the host of git."""

    WELL = "well"
    DOUBLED = "doubled"
    RESTRICTED = "restricted"
    DISABLED_BY_SYSTEM = "disabled_by_system"
    CREATOR_LEFT = "creator_left"
    DISABLED_BY_HAND = "disabled_by_hand"
    MISSING = "missing"

    @property
    def is_replaced(self) -> bool:
        """Tell whether nothing but a new one helps, and nobody meant it to be off."""
        return self in {HookCondition.DISABLED_BY_SYSTEM, HookCondition.CREATOR_LEFT}


def release_id(stream: Stream, number: int) -> ReleaseId:
    return ReleaseId(f"{stream}-{number}")


def stream_of(release: ReleaseId) -> Stream:
    return Stream(release.rpartition("-")[0])


def platform_of(run: RunId) -> str:
    """Where a run is. Ids that were given before they said so were all given on this machine."""
    return run.rpartition("/")[0] or LOCAL


def message_id(name: str, suffix: str = "") -> str:
    """An id that would be too long is cut, and told apart by its digest."""
    if len(name) + len(suffix) <= LONGEST_ID:
        return name + suffix
    digest = hashlib.sha256(name.encode()).hexdigest()[:DIGEST]
    return f"{name[: LONGEST_ID - len(suffix) - DIGEST - 1]}~{digest}{suffix}"


def original_id(message: str) -> str:
    """What a message was called before it was given back for later."""
    return GIVEN_BACK.sub("", message)
