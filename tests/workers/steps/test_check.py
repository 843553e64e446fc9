"""The step ``check``: quick answers first, evidence kept, and what a commit's history and copies say."""

import asyncio
from functools import partial
from types import SimpleNamespace

import msgspec
import pytest

from adapters.clone_index.index import CloneIndexFile
from adapters.local_files.evidence import EvidenceFolder
from adapters.local_files.people import PeopleFile
from adapters.local_files.variable_groups import NoServiceEndpoints, VariableSections
from adapters.sandbox import probe
from adapters.sqlite_queue.queue import SqliteQueue
from core.events.derived import ReleaseBlocked, ReleaseOpened
from core.events.outside import CodePushed
from core.events.people import FinancialIdGiven
from core.events.workers import ChecksReported, StepFinished
from core.gate.checks import ModelRepo, Status
from core.jobs import step_job
from core.policy import policy
from core.words import Stage, Step, Stream
from tests.adapters.bare_repositories.bare_world import BareWorld
from tests.adapters.variable_groups_contract import SECTIONS
from tests.bot.world import NOW, World
from tests.core.story import ADA, BEN, Story
from tests.model_repos import FILES
from tests.origins import happens
from workers.gate.duplicates.find import learn
from workers.gate.gate import NO_TOOLS, Gate
from workers.gate.tools import GateTools
from workers.services import Services
from workers.worker import Worker

LOAN = Stream("loan")
TOOLS = {"unit_tests", "libraries", "lint", "bandit", "secrets"}
ONLY_RULES = {"checks": {name: {"mode": "off"} for name in TOOLS}}
GOOD = {path: text.encode() for path, text in FILES.items()}


@pytest.fixture
async def bench(tmp_path):
    (tmp_path / "git").mkdir()
    world, git = World(tmp_path), BareWorld(tmp_path / "git")
    queue = SqliteQueue(tmp_path / "jobs.db", "jobs")
    evidence, clones = EvidenceFolder(tmp_path / "evidence"), CloneIndexFile(tmp_path / "clones.db")
    repository = msgspec.structs.replace(world.platform.repositories[0], id=git.repository)
    world.platform = msgspec.structs.replace(world.platform, repositories=(repository,))

    groups = VariableSections(SECTIONS)

    async def check(files, rules=None, branch="main", tools=NO_TOOLS):
        """Push a commit and work off its check, as a worker would."""
        pushed = CodePushed(
            id=f"push/{branch}", time=NOW, repository=git.repository, branch=branch,
            commit=git.commit(files), pusher="ada", push_id=1,
        )  # fmt: skip
        await happens(world.handle, pushed)
        services = Services(
            handle=world.handle, steps=queue, effects=world.store, evidence=evidence,
            git=git.host, reviews=git.reviews, variable_groups=groups, service_endpoints=NoServiceEndpoints(), ml_platform=None, tracking=None, registry=None, directory=PeopleFile((ADA, BEN)),
            clones=clones, policy=policy(rules), runtimes={}, gate=Gate(msgspec.structs.replace(tools, keep=evidence.keep)), clock=lambda: NOW,
        )  # fmt: skip
        job = step_job(LOAN, (await world.release()).id, Step.CHECK, 1, Stage.TST)
        await Worker(services).run_step(job)
        return await events()

    async def in_production(release):
        """Another repository had the name in platform.yml then: its commit is not in this one."""
        here, there = world.platform, msgspec.structs.replace(repository, id="r1")
        world.platform = msgspec.structs.replace(here, repositories=(there,))
        await world.told(release.promoted(Stage.QA).promoted(Stage.PROD))
        world.platform = here

    def name_team(name):
        """platform.yml may name another team at any time."""
        [known] = world.platform.repositories
        named = msgspec.structs.replace(known, team=name)
        world.platform = msgspec.structs.replace(world.platform, repositories=(named,))

    async def events():
        return [entry.event for entry in await world.store.load(LOAN)]

    yield SimpleNamespace(
        check=check,
        tell=partial(happens, world.handle),
        events=events,
        name_team=name_team,
        evidence=evidence,
        clones=clones,
        git=git,
        in_production=in_production,
    )
    await queue.close()
    await clones.close()
    await world.store.close()


def of(kind, events):
    return [event for event in events if isinstance(event, kind)]


async def test_what_somebody_answered_is_offered_to_the_next_push(bench):
    text = GOOD["model_variables.yml"].decode()
    unpaid = {**GOOD, "model_variables.yml": text.replace("FINANCIAL_ID: CR-20417", "").encode()}
    [first] = of(StepFinished, await bench.check(unpaid))
    [asked] = findings(first.result.checks, "financial_id")
    assert asked.mend.startswith("add FINANCIAL_ID: and who pays")

    answered = FinancialIdGiven(
        id="who-pays", time=NOW, release=first.release, financial_id="CR-77777", by=ADA
    )
    await bench.tell(answered)
    changed = {**unpaid, "README.md": GOOD["README.md"] + b"\nMore.\n"}
    second = of(StepFinished, await bench.check(changed, branch="topic"))[-1]
    [asked] = findings(second.result.checks, "financial_id")
    assert asked.mend == "write FINANCIAL_ID: CR-77777, as somebody of the team answered"


def findings(checks, check):
    return [finding for result in checks if result.check == check for finding in result.findings]


class PylintLast:
    """The real sandbox; but on a busy machine pylint might be done before the quick answers are."""

    def __init__(self, sandbox, events):
        self.level = sandbox.level
        self._sandbox = sandbox
        self._events = events

    async def run(self, command, repo, places):
        if any("pylint" in word for word in command.argv):
            async with asyncio.timeout(60):
                while not of(ChecksReported, await self._events()):  # noqa: ASYNC110
                    await asyncio.sleep(0.02)
        return await self._sandbox.run(command, repo, places)


async def test_quick_answers_come_before_the_whole_one(bench):
    async def sandbox():
        return PylintLast(await probe(), bench.events)

    untidy = {"src/train.py": b"import os\n\n\ndef train(data, params):\n    return 1\n"}
    off = {"checks": {**ONLY_RULES["checks"], "lint": {}}}
    events = await bench.check({**GOOD, **untidy}, off, tools=GateTools(sandbox=sandbox))
    [early], [finished] = of(ChecksReported, events), of(StepFinished, events)

    assert events.index(early) < events.index(finished)
    assert early.waiting == ("lint",)
    [preview] = [result for result in early.checks if result.check == "lint"]
    [lint] = [result for result in finished.result.checks if result.check == "lint"]
    assert preview.is_preview
    assert not lint.is_preview
    assert {finding.line for finding in preview.findings} == {1}
    assert lint.measures[0].name == "score"
    assert await bench.evidence.read(lint.reports["stdout"])


async def test_when_everything_is_quick_there_is_one_answer(bench):
    events = await bench.check(GOOD, ONLY_RULES)

    assert of(ChecksReported, events) == []
    assert len(of(StepFinished, events)) == 1


async def test_a_check_that_could_not_run_blocks_the_run(bench):
    """There is no sandbox here: no tool says that it is well."""
    [blocked] = of(ReleaseBlocked, await bench.check(GOOD))

    assert "unit_tests" in blocked.reason


async def test_the_whole_answer_is_kept_in_every_form(bench):
    [finished] = of(StepFinished, await bench.check(GOOD, ONLY_RULES))

    assert set(finished.result.reports) == {"gate.junit.xml", "gate.sarif", "gate.md"}
    kept = await bench.evidence.read(finished.result.reports["gate.md"])
    assert kept.decode().startswith("## Sluss: the gate")


async def test_copies_of_other_repositories_are_found_and_the_code_is_learned(bench):
    lines = (f"    value_{n} = data[{n}] * weight_{n} + offset_{n % 3}" for n in range(30))
    code = "\n".join(["def scale(data):", *lines, "    return value_29", ""]).encode()
    other = ModelRepo(files={"src/scaling.py": code})
    await learn(other, "churn", bench.clones, policy(None).rules.duplicates)
    [finished] = of(StepFinished, await bench.check({**GOOD, "src/scale.py": code}, ONLY_RULES))

    [duplicates] = [found for found in finished.result.checks if found.check == "duplicates"]
    assert duplicates.status is Status.FOUND
    assert "churn" in duplicates.findings[0].wrong + duplicates.findings[0].mend
    assert set(await bench.clones.repositories()) == {"churn", "loan"}


async def test_code_of_another_branch_is_compared_and_not_learned(bench):
    await bench.check(GOOD, ONLY_RULES, branch="feature/x")

    assert await bench.clones.repositories() == ()


@pytest.mark.parametrize(
    ("says", "wrong"),
    [
        ("credit", []),
        ("Credit", []),
        (
            "retail",
            ["TEAM_NAME is retail, but platform.yml says that this is a repository of credit"],
        ),
    ],
)
async def test_the_team_is_the_platforms(bench, says, wrong):
    text = FILES["model_variables.yml"].replace("NAME: credit_risk", f"NAME: {says}").encode()
    events = await bench.check({**GOOD, "model_variables.yml": text}, ONLY_RULES)
    [finished] = of(StepFinished, events)
    [team] = [result for result in finished.result.checks if result.check == "variables"]

    assert [finding.wrong for finding in team.findings] == wrong
    [opened] = of(ReleaseOpened, events)
    assert opened.team == "credit"


async def test_a_team_that_nobody_is_in_is_a_finding(bench):
    bench.name_team("ghosts")
    [finished] = of(StepFinished, await bench.check(GOOD, ONLY_RULES))
    [team] = [result for result in finished.result.checks if result.check == "variables"]
    assert "nobody belongs to the team ghosts" in team.findings[0].wrong
    assert team.priority == 1


async def test_a_champion_whose_commit_is_gone_stops_no_release(bench):
    """As after a force-push, or when another repository comes under the name: all of it counts."""
    await bench.in_production(Story().push(1).to_registered())
    finished = of(StepFinished, await bench.check(GOOD, ONLY_RULES))[-1]
    assert (finished.release, [author.email for author in finished.result.authors]) == (
        "loan-2", ["astrid@bank.example"],
    )  # fmt: skip
