"""Every error that Sluss raises: the docstring is the message, and says what to do next."""

from collections.abc import Sequence
from typing import Final

import msgspec

from core.card import Card

# What decoding raises for bytes of somebody else: another form, no text, or nesting without end.
DECODE_ERRORS: Final = (msgspec.MsgspecError, UnicodeError, RecursionError)
PAUSE_S: Final = 5.0  # before what does not answer is asked again
NAME_SHOWN: Final = 200  # letters of a name that nobody has


class SlussError(Exception):
    """Something went wrong in Sluss."""

    newest: Card | None = None  # of the card whose old button was pressed, for everybody to see

    def __init__(self, message: str = "") -> None:
        super().__init__(message or " ".join((type(self).__doc__ or "").split()))


class SettingsError(SlussError):
    """A settings file is wrong. Nothing was started; mend the file and start again."""


class UnavailableError(SlussError):
    """An outside system does not answer. Nothing was lost; the work is tried again by itself."""

    def __init__(
        self, message: str = "", *, retry_after_s: float | None = None, longest_s: float = 60.0
    ) -> None:
        """Pauses grow with each wait, from ``retry_after_s`` to ``longest_s``.

        ``asked_s`` is 0 where the system has not said how long it wants to be left alone.
        """
        super().__init__(message)
        self.asked_s = retry_after_s or 0.0
        self.retry_after_s = PAUSE_S if retry_after_s is None else retry_after_s
        self.longest_s = max(self.retry_after_s, longest_s)


class StoreUnavailableError(UnavailableError):
    """The store cannot be written. Nothing was decided; it is tried again by itself."""


class QueueUnavailableError(UnavailableError):
    """The queue cannot be reached. Nothing was accepted; the sender should try again."""


class InterruptedWorkError(SlussError):
    """This process was told to end. Nothing of the work counts; it is done again from the start."""


class LockLostError(SlussError):
    """The lock of this message has expired; somebody else has it now. Its result is not settled."""


class MessageTooLargeError(SlussError):
    """The message is larger than the queue takes. It was not sent."""


class VersionConflictError(SlussError):
    """Somebody else wrote to this stream first. Nothing was written; load and decide again."""


class RefusedByStoreError(SlussError):
    """The database refuses this value. Nothing of it was written; mend what brought it."""


class ForeignEventError(SlussError):
    """An event came from where it cannot come from. Nothing was decided and nothing was written."""


class RefusedByChatError(SlussError):
    """The chat refuses this card for good. It was not shown; mend it, then send its job again."""


class StoreTooNewError(SlussError):
    """The database was made by a newer Sluss. Nothing was read or written; start that version."""


class KnownEventError(SlussError):
    """This event was committed before. Nothing was changed."""


class RejectedDeliveryError(SlussError):
    """The delivery cannot be read. It is kept as a dead letter and changes nothing."""


class UnauthenticatedError(SlussError):
    """The sender could not be verified. The delivery was not read and not kept."""


class RefusedError(SlussError):
    """This decision is refused."""

    def __init__(self, reason: str, who_can: str = "") -> None:
        super().__init__(f"{reason} {who_can}".strip())
        self.reason = reason
        self.who_can = who_can


class UnknownNameError(SlussError):
    """There is nothing of that name."""

    def __init__(self, kind: str, name: str, near: Sequence[str] = ()) -> None:
        shown = name if len(name) <= NAME_SHOWN else f"{name[:NAME_SHOWN]}…"
        hint = f" Did you mean {' or '.join(near)}?" if near else ""
        super().__init__(f"There is no {kind} called {shown!r}.{hint}")
        self.near = tuple(near)


class CommitGoneError(SlussError):
    """The commit is no longer in the repository. Nothing was run; push it again or a newer one."""


class StepFailedError(SlussError):
    """A step of the pipeline failed for a reason that its owner can mend."""

    def __init__(self, message: str, *, evidence: str = "") -> None:
        super().__init__(message)
        self.evidence = evidence


class GoneError(StepFailedError):
    """What a step needs was there and is gone. Somebody deleted it; bring it back, then retry."""


class ApprovalVoidError(StepFailedError):
    """What was approved is no longer what would be released. The approval is void."""


class LedgerBrokenError(SlussError):
    """The ledger does not verify: an entry was changed, removed or put in another order."""
