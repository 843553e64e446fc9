"""The check ``service_principal``: each stage after TST has one; otherwise the finding asks GBI."""

from collections.abc import Iterator
from typing import Final

from core.gate.checks import GBI, Finding, ModelRepo, Note, check
from core.gate.facts import CheckFacts, NotCheckedError
from core.gate.variables import VARIABLES, find, model_settings, problem

NOT_KNOWN: Final = "the service principals are not known here: the gate of a pushed commit asks."
NOT_LOOKED_AT: Final = "{stage}: its service principal is not known here."
MEND: Final = "send GBI this request: “{request}”{first}"
REQUEST: Final = (
    "Please set up a service principal that runs the model {MODEL_NAME} of the team {TEAM_NAME} "
    "on {stage}, to be charged to {FINANCIAL_ID}, and enter it as SPN_{stage}."
)
FIRST: Final = ". First set {missing} in {path}"
FILLED_IN: Final = ("MODEL_NAME", "TEAM_NAME", "FINANCIAL_ID")
STAGES: Final = tuple(
    str(row.stage) for row in VARIABLES if row.stage and row.name == f"SPN_{row.stage}"
)


@check(
    "service_principal",
    owner=GBI,
    priority=1,
    title="The service principal of a stage",
    mend="Send GBI the request that the finding holds; it is filled in for the model and stage.",
)
def service_principal(repo: ModelRepo, facts: CheckFacts) -> Iterator[Finding | Note]:
    """QA and PROD run a model as a service principal, never as a person.

    GBI sets it up once somebody asks, and wants to know the team and who pays.
    """
    stages = [stage for stage in STAGES if facts.stage in {"", stage}]
    known = facts.service_principals or {}
    if stages and not any(stage in known for stage in stages):
        raise NotCheckedError(NOT_KNOWN)
    for stage in stages:
        if stage not in known:
            yield Note(NOT_LOOKED_AT.format(stage=stage))
        elif not known[stage]:
            wrong = f"{stage} has no service principal (SPN_{stage})"
            mend = _request(repo, facts, stage)
            yield Finding(facts.layout.variables, mend, wrong, gate=stage)


def _request(repo: ModelRepo, facts: CheckFacts, stage: str) -> str:
    """Write the request to GBI; values that the model has not set stay visible, and are listed."""
    said = model_settings(repo, layout=facts.layout, gbi=facts.gbi).variables
    words = {name: said.get(name, "") for name in FILLED_IN}
    missing = [name for name, value in words.items() if not value or _is_none(name, value)]
    filled = {name: f"<{name}>" if name in missing else value for name, value in words.items()}
    first = FIRST.format(missing=" and ".join(missing), path=facts.layout.variables)
    request = REQUEST.format(stage=stage, **filled)
    return MEND.format(request=request, first=first if missing else "")


def _is_none(name: str, value: str) -> bool:
    """Tell whether a value is missing; FINANCIAL_ID is also missing while it is our own example."""
    row = find(name)
    assert row is not None
    is_example = name == "FINANCIAL_ID" and value == row.example
    return is_example or bool(problem(row, value))
