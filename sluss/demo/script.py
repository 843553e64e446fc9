"""Tells the demo's story without people, in seven scenes; each checks what it shows."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

from rich.console import Console

from core.errors import SlussError
from core.people import Person
from core.release.release import Release
from core.release.state import State
from core.words import ReleaseId, Stage
from sluss.demo.pulse import Pulse
from sluss.demo.repository import DemoRepository
from sluss.demo.visitor import ButtonAnswer, Visitor
from sluss.home.chat_token import chat_token
from sluss.home.settings import Settings
from sluss.templates.model_repository import Kind
from sluss.wiring.server import Server

WAIT_S = 600.0  # a line every five seconds says meanwhile that it goes on
AT_HOME = "astrid@home.example"  # an address of the author that people.yml does not have
STOPS = frozenset(
    {State.FAILED, State.BLOCKED, State.STUCK, State.REJECTED, State.SUPERSEDED, State.CHECKED}
)
WORSE = ("regularisation: 1.0", "regularisation: 0.00001")
Scene = Callable[[], Awaitable[None]]


class StoryError(SlussError):
    """The story of the demo does not hold. It was not told to its end; see what it said last."""


class Story:
    """Plays the story against a server in this process; ``folder`` keeps what it makes."""

    def __init__(self, settings: Settings, server: Server, folder: Path, console: Console) -> None:
        people = {str(person.id): person for person in settings.files.people}
        self.author, self.colleague, self.approver = people["astrid"], people["bo"], people["carin"]
        self.platform = people["dag"]
        self._settings = settings
        self._server = server
        self._console = console
        self.loans = self._repository(folder / "loan_default")
        self.rules = self._repository(folder / "loan_rules")

    async def tell(self) -> None:
        """Play all scenes. Raise StoryError where the story does not hold."""
        scenes: dict[str, Scene] = {
            "A push with two mistakes": self.two_mistakes,
            "The fix, trained and evaluated": self.the_fix,
            "Who had a hand in it is refused": self.hands,
            "Another person approves, up to production": self.to_production,
            "A worse second release is rejected": self.a_worse_one,
            "A rule-based model": self.rulebased,
            "A newer commit voids an open card": self.voided,
        }
        for number, (title, scene) in enumerate(scenes.items(), start=1):
            started = time.monotonic()
            self._console.rule(f"[bold]{number}. {title}", align="left")
            await scene()
            self._console.print(f"[green]held[/green] in {time.monotonic() - started:.1f} s")

    async def two_mistakes(self) -> None:
        await self.loans.create(Kind.SUPERVISED)
        self._variables = self.loans.change("model_variables.yml", "TEAM_NAME:", "TEAM_NAMES:")
        self._score = self.loans.change("src/score.py", "def evaluate(", "def evaluated(")
        await self.loans.bring_on_board("credit_risk")
        release = await self._push(self.loans, State.BLOCKED)
        assert release.checked is not None
        for check in release.checked.checks:
            for finding in check.findings:
                self._say(f"  {finding.place()}: {finding.describe()}")
        found = sum(len(check.findings) for check in release.checked.checks)
        self._must(found >= 2, f"two findings were expected, {found} came")  # noqa: PLR2004

    async def the_fix(self) -> None:
        self.loans.write("model_variables.yml", self._variables)
        self.loans.write("src/score.py", self._score)
        await self.loans.commit(
            "Mend the team's name and evaluate()",
            address=AT_HOME,
            committer=self.colleague.emails[0],
        )
        release = await self._push(self.loans, State.AWAITING_ACCEPTANCE)
        self._say(f"  metrics: {_metrics(release)}")
        await self._accept(release)

    async def hands(self) -> None:
        """The author wrote under an address that nobody knows; a colleague committed it."""
        release = await self._newest(self.loans)
        asked = await self._ask(release, Stage.QA)
        self._say(f"  the request is told: {asked.refusal}")
        self._must(AT_HOME in asked.refusal, "an unknown author did not stop the request")
        await self._as(self.platform).say(f"people map {AT_HOME} {self.author.id}")
        approval = await self._request(release, Stage.QA)
        for who, person in (("author", self.author), ("committer", self.colleague)):
            answer = await self._as(person).press(
                "approval.approve", release=release.id, approval=approval, comment="it is fine"
            )
            self._say(f"  the {who} is told: {answer.refusal}")
            self._must(bool(answer.refusal), f"the {who} approved the own release")

    async def to_production(self) -> None:
        release = await self._newest(self.loans)
        await self._approve(release, Stage.QA, self.approver)
        await self._request(release, Stage.PROD)
        placed = await self._approve(release, Stage.PROD, self.approver)
        promotion = placed.promotion_to(Stage.PROD)
        rows = promotion.rows if promotion else 0
        self._say(
            f"  version {self._version(placed)} holds PROD; a batch of {rows} was scored there"
        )
        self._must(rows > 0, "no rows were scored in production")

    async def a_worse_one(self) -> None:
        self._template = self.loans.change("dataset_template.yml", *WORSE)
        await self.loans.commit("Try a much simpler model")
        release = await self._push(self.loans, State.AWAITING_ACCEPTANCE)
        champion = (await self._server.handle.model(self.loans.stream)).champion
        assert champion is not None
        self._say(f"  champion: {_metrics(champion)}")
        self._say(f"  this one: {_metrics(release)}")
        await self._as(self.author).press(
            "acceptance.reject", release=release.id, reason="It tells defaults apart less well."
        )
        rejected = await self._until(release.id, State.REJECTED)
        self._say(f"  {rejected.reason}")

    async def rulebased(self) -> None:
        await self.rules.create(Kind.RULEBASED)
        await self.rules.bring_on_board("credit_risk")
        await self._accept(await self._push(self.rules, State.AWAITING_ACCEPTANCE))
        release = await self._newest(self.rules)
        await self._request(release, Stage.QA)
        placed = await self._approve(release, Stage.QA, self.colleague)
        self._must("train" not in placed.steps, "a rule-based model was trained")

    async def voided(self) -> None:
        self.loans.write("dataset_template.yml", self._template)
        await self.loans.commit("Go back to the full model")
        await self._accept(await self._push(self.loans, State.AWAITING_ACCEPTANCE))
        old = await self._newest(self.loans)
        approval = await self._request(old, Stage.QA)
        await self.loans.commit("One more thought")
        newer, _ = await self.loans.push()
        await self._until(old.id, State.SUPERSEDED)
        answer = await self._as(self.colleague).press(
            "approval.approve", release=old.id, approval=approval, comment="looks good"
        )
        self._say(f"  {newer} came; the old card answers: {answer.refusal}")
        self._must(bool(answer.refusal), "an old card approved something")

    async def _push(self, repository: DemoRepository, state: State) -> Release:
        release, told = await repository.push()
        for line in told.splitlines():
            self._say(f"  {line}")
        return await self._until(release, state)

    async def _accept(self, release: Release) -> None:
        await self._as(self.author).press("acceptance.accept", release=release.id)
        registered = await self._until(release.id, State.REGISTERED)
        self._say(f"  registered as version {self._version(registered)}")

    async def _ask(self, release: Release, stage: Stage) -> ButtonAnswer:
        return await self._as(self.author).press(
            "request.send", release=release.id, stage=stage,
            purpose="Tell defaults apart better", expected_outcome="Fewer losses on new loans",
        )  # fmt: skip

    async def _request(self, release: Release, stage: Stage) -> str:
        answer = await self._ask(release, stage)
        self._must(not answer.refusal, answer.refusal)
        asked = await self._until(release.id, State.AWAITING_APPROVAL)
        return _approval(asked, stage)

    async def _approve(self, release: Release, stage: Stage, by: Person) -> Release:
        asked = await self._until(release.id, State.AWAITING_APPROVAL)
        answer = await self._as(by).press(
            "approval.approve", release=release.id, comment="Compared with the champion.",
            approval=_approval(asked, stage),
        )  # fmt: skip
        self._must(not answer.refusal, answer.refusal)
        return await self._until(release.id, State.PLACED)

    async def _until(self, release: ReleaseId, state: State) -> Release:
        """Wait for the state and say each one on the way; a wrong final state breaks the story."""
        seen, deadline, pulse = "", time.monotonic() + WAIT_S, Pulse(self._say)
        while time.monotonic() < deadline:
            found = await self._find(release)
            if found is not None and found.state != seen:
                seen = found.state
                self._say(f"  {release}: {found.state} {found.reason}")
                pulse.quiet()
            pulse.beat(found)
            if found is not None and found.state is state:
                return found
            self._must(found is None or found.state not in STOPS, f"{release} is {seen}")
            await asyncio.sleep(0.1)
        raise StoryError(f"{release} did not come to {state} within {WAIT_S:.0f} s.")

    async def _find(self, release: ReleaseId) -> Release | None:
        stream = self.loans.stream if release.startswith(self.loans.stream) else self.rules.stream
        return (await self._server.handle.model(stream)).releases.get(release)

    async def _newest(self, repository: DemoRepository) -> Release:
        newest = (await self._server.handle.model(repository.stream)).newest()
        assert newest is not None
        return newest

    def _as(self, person: Person) -> Visitor:
        return Visitor(person, self._settings.public_url, token=chat_token(self._settings.home))

    def _repository(self, folder: Path) -> DemoRepository:
        return DemoRepository(folder, self._settings, author=self.author)

    def _version(self, release: Release) -> str:
        return release.registered.version if release.registered else "none"

    def _say(self, text: str) -> None:
        self._console.print(text, markup=False, highlight=False)

    def _must(self, holds: bool, otherwise: str) -> None:  # noqa: FBT001 - reads like assert
        if not holds:
            raise StoryError(f"The story does not hold: {otherwise}.")


def _metrics(release: Release) -> str:
    return ", ".join(f"{name} {value:.3f}" for name, value in release.metrics.items())


def _approval(release: Release, stage: Stage) -> str:
    promotion = release.promotion_to(stage)
    return promotion.approval if promotion else ""
