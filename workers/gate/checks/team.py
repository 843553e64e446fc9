"""The check ``team``: the model is of the team of platform.yml, and somebody belongs to it."""

from collections.abc import Iterator
from typing import Final

from core.gate.checks import GBI, Finding, ModelRepo, check
from core.gate.facts import CheckFacts, NotCheckedError
from core.gate.variables import Value, read
from core.people import folded

NAME: Final = "TEAM_NAME"
NOT_KNOWN: Final = "whose this repository is is not known here: the gate of a pushed commit asks."
UNREADABLE: Final = "{path} cannot be read; the check variables says why."
OTHER: Final = "{spelling} is {said}, but platform.yml says that this is a repository of {team}"
MEND_OTHER: Final = "write {name}: {team}, or ask the platform team to change platform.yml"
NO_TEAM: Final = "platform.yml names no team for this repository"
NO_MEMBERS: Final = "nobody belongs to the team {team}, which platform.yml names"
MEND_EMPTY: Final = (
    "ask the platform team to enter its members in the directory, or another team in platform.yml"
)


@check(
    "team",
    owner=GBI,
    priority=1,
    title="The team of the model",
    mend="Write the team of platform.yml as TEAM_NAME into model_variables.yml; if platform.yml "
    "is wrong, or nobody is in the team, the platform team changes that.",
    asks=("team",),
)
def team(repo: ModelRepo, facts: CheckFacts) -> Iterator[Finding]:
    """Only its team accepts a version and asks for a stage, and the platform says whose a model is.

    What a repository says of itself counts for nothing there, so it should not say otherwise.
    """
    if facts.team is None:
        raise NotCheckedError(NOT_KNOWN)
    path, said = _said(repo, facts)
    known = facts.team.name.strip()
    if not facts.team.has_members:
        wrong = NO_MEMBERS.format(team=known) if known else NO_TEAM
        yield Finding(path, MEND_EMPTY, wrong, said.line if said else 0)
    if said and said.text and known and folded(said.text) != folded(known):
        wrong = OTHER.format(spelling=said.spelling, said=said.text, team=known)
        yield Finding(path, MEND_OTHER.format(name=NAME, team=known), wrong, said.line)


def _said(repo: ModelRepo, facts: CheckFacts) -> tuple[str, Value | None]:
    path = repo.find(facts.layout.variables)
    if path is None:
        return facts.layout.variables, None
    found = read(repo.files[path], path)
    if found.is_unreadable:
        raise NotCheckedError(UNREADABLE.format(path=path))
    return path, found.values.get(NAME)
