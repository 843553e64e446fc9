"""The step ``check``: runs the gate on a commit, and records what its repository says of itself."""

import hashlib
from collections.abc import Iterable
from datetime import timedelta

import msgspec

from core.count import count
from core.events.workers import ChecksReported
from core.gate.checks import Accepted, CheckResult, ModelRepo, Status
from core.gate.variables import ModelSettings, model_settings
from core.origin import EventOrigin
from core.ports import GitHost
from core.results import Author, Checked, Result
from core.words import Step
from workers.gate.duplicates.find import learn
from workers.gate.gate import Watcher
from workers.gate.reports import FORMS
from workers.gate.unit_testing.command import waits_for_report
from workers.gathered import gather, since_champion
from workers.services import Services
from workers.task import Later, Task

REPORT_EVERY_S = 30.0
WAITS_FOR_PIPELINE = "waits for the unit tests of the repository's own pipeline, {minutes} at most"
MOST = 50  # acceptances: each asks the host of git; who wrote more than that is not told


async def check(task: Task, services: Services) -> Result | Later:
    release, policy = task.release, services.policy
    repo = await services.git.files(release.repository, release.commit)
    since = await since_champion(task.model, release, services)
    facts = await gather(task.model, release, repo, services, since)
    checks = await services.gate(repo, facts, policy, watcher=_Early(task, services))
    if waits_for_report(repo, facts) and (waits := _still_waits(task, services)):
        return waits
    checks = await with_authors(
        checks, services.git, (release.repository, release.commit), policy.rules.secrets.baseline
    )
    if _may_be_spoilt(checks):
        await services.stopping.let_go_of_spoilt()
    settings = model_settings(repo, layout=policy.layout, gbi=facts.gbi)
    if release.is_candidate:
        await learn(repo, task.model.stream, services.clones, policy.rules.duplicates)
    return Checked(
        checks=checks,
        model=settings.model,
        team=settings.team,
        model_type=settings.model_type,
        variables=settings.variables,
        libraries=_libraries(repo, settings),
        configuration_digest=_digest(repo, policy.layout.variables),
        environment_digest=_digest(repo, settings.environment_file),
        runtime=settings.runtime,
        authors=await _authors(task, services, since),
        report=await services.evidence.keep(msgspec.json.encode(checks)),
        reports={
            name: await services.evidence.keep(form(checks, policy)) for name, form in FORMS.items()
        },
    )


class _Early(Watcher):
    """Shows the quick answers on the card while slower checks still run."""

    def __init__(self, task: Task, services: Services) -> None:
        self._task = task
        self._services = services

    async def quick(self, results: tuple[CheckResult, ...], waiting: tuple[str, ...]) -> None:
        if _may_be_spoilt(results) and await self._services.stopping.is_to_blame():
            return
        job = self._task.job
        reported = ChecksReported(
            id=f"checks/{self._task.key}",
            time=self._services.clock(),
            release=job.release,
            attempt=job.attempt,
            checks=results,
            waiting=waiting,
        )
        await self._services.handle(reported, EventOrigin.WORKER)


def _still_waits(task: Task, services: Services) -> Later | None:
    """Wait for the pipeline to run the tests, as long as policy says since the gate began."""
    run = task.release.steps[Step.CHECK]
    limit_s = services.policy.rules.unit_tests.report_wait_s
    until = run.planned + timedelta(seconds=limit_s)
    if services.clock() >= until or services.policy.is_off("unit_tests"):
        return None
    return Later(
        REPORT_EVERY_S, WAITS_FOR_PIPELINE.format(minutes=count(round(limit_s / 60), "minute"))
    )


def _may_be_spoilt(results: Iterable[CheckResult]) -> bool:
    """Tell whether a result may come from a process that was killed, not from the repository."""
    return any(
        result.status is Status.COULD_NOT_RUN
        or (result.level is not None and result.status is not Status.PASSED)
        for result in results
    )


async def _authors(task: Task, services: Services, since: str) -> tuple[Author, ...]:
    """Return the authors since the champion's commit; all of them where ``since`` is ""."""
    commits = await services.git.commits(task.release.repository, task.release.commit, since)
    authors = {commit.author.email.casefold(): commit.author for commit in commits}
    return tuple(authors.values())


def _libraries(repo: ModelRepo, settings: ModelSettings) -> tuple[str, ...]:
    if settings.environment_file not in repo.files:
        return ()
    lines = (line.strip() for line in repo.text(settings.environment_file).splitlines())
    return tuple(line for line in lines if line and not line.startswith("#"))


def _digest(repo: ModelRepo, path: str) -> str:
    found = repo.find(path)
    return hashlib.sha256(repo.files[found]).hexdigest() if found else ""


async def with_authors(
    checks: tuple[CheckResult, ...], git: GitHost, at: tuple[str, str], baseline: str
) -> tuple[CheckResult, ...]:
    """Fill in who accepted a secret: whoever wrote its hash into the file ``baseline``.

    ``at`` is a repository and its commit.
    """
    repository, commit = at

    async def told(accepted: Accepted) -> Accepted:
        key = accepted.key
        written = await git.who_wrote(repository, commit, baseline, key) if key else None
        if written is None:
            return accepted
        by = written.author.name or written.author.email
        return msgspec.structs.replace(accepted, by=by, at=written.day, commit=written.commit)

    async def each(check: CheckResult) -> CheckResult:
        named = [await told(accepted) for accepted in check.accepted[:MOST]]
        return msgspec.structs.replace(check, accepted=(*named, *check.accepted[MOST:]))

    return tuple([await each(check) if check.accepted else check for check in checks])
