"""A comment of a pull request that begins with /sluss is answered in its thread, once.

Only what the host itself says counts: who wrote it, and what it says now. A comment decides
nothing; the one thing that it brings about is another try, if the evaluator lets its author.
"""

import logging
from collections.abc import Callable
from datetime import datetime

import msgspec

from core.accounts import kind_of, shown
from core.errors import CommitGoneError, GoneError, UnknownNameError
from core.events.people import RetryRequested
from core.flow.reviews import newest_of
from core.git_events import command_in
from core.handle import Handle
from core.jobs import AnswerComment
from core.markdown import code, plain
from core.origin import EventOrigin
from core.people import Person
from core.ports import Directory, SaidComment
from core.release.release import Release
from core.scrub import KnownSecrets
from core.words import stream_of
from workers.reviews import answers
from workers.reviews.answers import Told
from workers.reviews.desk import ReviewDesk

log = logging.getLogger(__name__)


class CommentDesk(msgspec.Struct, frozen=True, kw_only=True):
    """The wiring builds it once; ``desk`` knows the host, and how its writers take turns."""

    desk: ReviewDesk
    directory: Directory
    secrets: KnownSecrets
    clock: Callable[[], datetime]

    async def __call__(self, job: AnswerComment) -> None:
        """Raise UnavailableError while the host cannot be asked, also where a right is missing."""
        async with self.desk.at_work(job.stream):
            try:
                await self._answer(job)
            except (CommitGoneError, GoneError, UnknownNameError) as error:
                # the repository or the thread is there no more
                log.info("%s", error, extra={"action": "comment_gone", "stream": job.stream})

    async def _answer(self, job: AnswerComment) -> None:
        place = (job.repository, job.pull_request, job.thread, job.comment)
        said = await self.desk.reviews.comment(*place)
        if said is None or said.is_ours or said.is_edited:
            return
        command = command_in(said.text)
        if not command:
            return
        text = await self._text(job, said, command.split()[1:])
        extra = {"action": "comment_answered", "stream": job.stream}
        log.info("comment %s was answered", job.id, extra=extra)
        await self.desk.reviews.answer(*place, text)

    async def _text(self, job: AnswerComment, said: SaidComment, words: list[str]) -> str:
        name = said.author.name
        if kind_of(name):
            return answers.A_SERVICE.format(name=plain(shown(name, said.author.display_name)))
        person = await self.directory.known_as(name)
        if person is None:
            return answers.STRANGER.format(name=code(name) or "whoever wrote this")
        if not person.is_active:
            return answers.DISABLED
        verb = words[0].casefold() if words else "help"
        if verb not in answers.COMMANDS:
            return answers.unknown(words[0])
        if verb == "help":
            return answers.usage()
        if verb == "retry" and len(words) > 1:
            return answers.ALONE
        return await self._about_release(job, said, person, verb)

    async def _about_release(
        self, job: AnswerComment, said: SaidComment, person: Person, verb: str
    ) -> str:
        if not said.commit:
            return answers.NO_COMMIT
        model = await self._handle.model(job.stream)
        release = newest_of(model, job.repository, said.commit)
        if release is None:
            return answers.NO_RELEASE.format(commit=code(said.commit[:8]))
        if verb == "retry":
            return await self._retry(job, release, person)
        told = await self._told(release)
        return answers.why(told) if verb == "why" else answers.status(told)

    async def _retry(self, job: AnswerComment, release: Release, person: Person) -> str:
        """The event is named after the comment: a comment that is looked at twice retries once."""
        place = f"{job.repository}/{job.pull_request}/{job.thread}/{job.comment}"
        event = RetryRequested(
            id=f"retry/comment/{place}",
            time=self.clock(),
            release=release.id,
            by=msgspec.structs.replace(person, identity="verified"),  # the host has told who it is
        )
        handled = await self._handle(event, EventOrigin.PULL_REQUEST)
        told = await self._told(release)
        if handled.is_known:
            return f"{answers.TAKEN_BEFORE}\n\n{answers.status(told)}"
        refusal = handled.decision.refusal
        if refusal is not None:
            return answers.not_tried(told, refusal.reason, refusal.who_can)
        return answers.tried_again(told)

    async def _told(self, release: Release) -> Told:
        """The release as it is now, as a whole: the state keeps little of a final one."""
        model = await self._handle.model(stream_of(release.id))
        whole = await self._handle.release(release.id)
        return Told(
            model=model,
            release=whole or release,
            context=await self._handle.context_of(release.id),
            url=await self.desk.link_to(whole or release),
            mask=lambda text: self.secrets.mask(text.encode()).decode(errors="replace"),
        )

    @property
    def _handle(self) -> Handle:
        return self.desk.handle
