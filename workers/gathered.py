"""Gathers the facts besides the files that checks may need, before any check runs."""

import msgspec

from core.errors import CommitGoneError
from core.gate.checks import ModelRepo
from core.gate.facts import CheckFacts, KnownTeam
from core.gate.variables import group_facts
from core.release.model import Model
from core.release.release import Release
from core.words import Stage
from workers.gate.duplicates.find import clones
from workers.services import Services
from workers.stage_settings import asked_at

replace = msgspec.structs.replace


async def gather(
    model: Model, release: Release, repo: ModelRepo, services: Services, since: str
) -> CheckFacts:
    """Gather the facts for a pushed commit; its history begins behind the commit ``since``."""
    groups = await services.variable_groups.of_stages(release.repository, asked_at(release))
    facts = services.policy.facts(gbi=groups[Stage.TST].values if groups else None)
    rules = facts.rules
    return replace(
        facts,
        runtimes=services.runtimes,
        history=await services.git.past_files(
            release.repository,
            release.commit,
            since,
            rules.secrets.max_history_files,
        ),
        clones=await clones(repo, model.stream, services.clones, rules.duplicates),
        has_no_walls=not await services.gate.may_run_code(services.policy),
        report=await services.reviews.test_report(release.repository, release.commit),
        team=await _team(release, services),
        groups=group_facts(groups) if groups is not None else None,
        endpoints=await services.service_endpoints.endpoints(release.repository, asked_at(release)),
        financial_id=model.who_pays.value if model.who_pays else None,
    )


async def since_champion(model: Model, release: Release, services: Services) -> str:
    """The champion's commit; "" where all counts, as there is none or the repository lost it."""
    if model.champion is None:
        return ""
    try:
        await services.git.commits(release.repository, model.champion.commit, limit=1)
    except CommitGoneError:
        return ""
    return model.champion.commit


async def _team(release: Release, services: Services) -> KnownTeam | None:
    """Whose the repository is now; None where platform.yml has it no more."""
    known = services.handle.platform.repository(release.repository)
    if known is None:
        return None
    return KnownTeam(
        name=known.team, has_members=bool(await services.directory.members(known.team))
    )
