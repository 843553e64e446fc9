"""The check ``service_principal``: each stage after TST has one; otherwise the finding asks GBI."""

import re
from collections.abc import Iterator
from typing import Final

from core.count import count
from core.gate.checks import GBI, Finding, ModelRepo, Note, check
from core.gate.endpoints import Endpoints, ServiceEndpoint
from core.gate.facts import CheckFacts, NotCheckedError
from core.gate.groups import GroupFacts
from core.gate.principal_request import GAPS, request
from core.gate.variables import VARIABLES, find, model_settings, problem

NOT_KNOWN: Final = (
    "the service principals are not known here: the gate of a pushed commit takes them from the "
    "variable groups that platform.yml names."
)
NOT_LOOKED_AT: Final = "{stage}: its service principal is not known here."
NOT_READ: Final = (
    "{stage}: its service principal was not checked, as GBI's variable groups could not be read "
    "as a whole; the check variable_groups says why."
)
UNREADABLE: Final = (
    "{stage}: SPN_{stage} is a secret variable. It is set, but nobody can read here which "
    "principal it is, so it was not compared with the service connections."
)
CONNECTIONS_UNREAD: Final = "Service connections: not checked here. {why}"
BY_NAME: Final = (
    "{stage}: SPN_{stage} is {principal}, which is no client id, and no service connection has "
    "that name. Connections say only ids, so they were not compared."
)
HIDDEN: Final = (
    "{stage}: {connections} not tell Sluss who they sign in as, so SPN_{stage} was not compared "
    "with them. Make Sluss a User of them: {page}"
)
CONNECTED: Final = "{stage}: the service connection {name} signs in as SPN_{stage} ({how})."
NOBODY: Final = (
    "no service connection of {project} that Sluss can see signs in as SPN_{stage} ({principal})"
)
MEND_NOBODY: Final = (
    "send GBI this request: “Please make a service connection to Azure Resource Manager for the "
    "service principal {principal} (SPN_{stage}) with workload identity federation in the project "
    "{project}, or share the one that there is with it.” {there}The page is {page}"
)
THERE: Final = "{connections} there: {names}. "
NOT_READY: Final = "the service connection {name}, which signs in as SPN_{stage}, is not ready{why}"
MEND_NOT_READY: Final = (
    "ask GBI to open it on {page}, to mend what it says and to press Verify there"
)
DISABLED: Final = "the service connection {name}, which signs in as SPN_{stage}, is disabled"
MEND_DISABLED: Final = "ask GBI to enable it on {page}"
FEW: Final = 8  # connections that one finding names
CLIENT_ID: Final = re.compile(r"(?i)[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
STAGES: Final = tuple(
    str(row.stage) for row in VARIABLES if row.stage and row.name == f"SPN_{row.stage}"
)


@check(
    "service_principal",
    owner=GBI,
    priority=1,
    title="The service principal of a stage",
    mend="Send GBI the request that the finding holds; it is filled in for the model and stage.",
    asks=("groups", "endpoints", "financial_id"),
    version=2,
)
def service_principal(repo: ModelRepo, facts: CheckFacts) -> Iterator[Finding | Note]:
    """QA and PROD run a model as a service principal, never as a person.

    GBI sets it up once somebody asks, and wants to know the team and who pays. Where a pipeline
    signs in with service connections, one of them has to be ready for it.
    """
    stages = [stage for stage in STAGES if facts.stage in {"", stage}]
    known = facts.groups or {}
    if stages and not any(stage in known for stage in stages):
        raise NotCheckedError(NOT_KNOWN)
    if stages and all(stage in known and _is_unread(known[stage], stage) for stage in stages):
        raise NotCheckedError(" ".join(NOT_READ.format(stage=stage) for stage in stages))
    for stage in stages:
        found = known.get(stage)
        if found is None:
            yield Note(NOT_LOOKED_AT.format(stage=stage))
        else:
            yield from _of_stage(repo, facts, stage, found)
    endpoints = facts.endpoints
    if stages and endpoints is not None and endpoints.unread:
        yield Note(CONNECTIONS_UNREAD.format(why=endpoints.unread))


def _is_unread(found: GroupFacts, stage: str) -> bool:
    return not (found.principal or found.is_whole or f"SPN_{stage}" in found.secrets)


def _of_stage(
    repo: ModelRepo, facts: CheckFacts, stage: str, found: GroupFacts
) -> Iterator[Finding | Note]:
    if found.principal:
        yield from _connection(facts, stage, found.principal)
    elif f"SPN_{stage}" in found.secrets:
        yield Note(UNREADABLE.format(stage=stage))
    elif _is_unread(found, stage):
        yield Note(NOT_READ.format(stage=stage))
    else:
        wrong = f"{stage} has no service principal (SPN_{stage})"
        mend = _request(repo, facts, stage)
        yield Finding(facts.layout.variables, mend, wrong, gate=stage)


def _connection(facts: CheckFacts, stage: str, principal: str) -> Iterator[Finding | Note]:
    """Compare the principal of a stage with the service connections, where they are known."""
    endpoints = facts.endpoints
    if endpoints is None or endpoints.unread or not facts.rules.service_connections:
        return
    wanted = principal.casefold()
    mine = [
        each
        for each in endpoints.found
        if wanted in {each.principal.casefold(), each.name.casefold()}
    ]
    ready = next((each for each in mine if each.works), None)
    if ready is not None:
        how = " in the tenant ".join(filter(None, (ready.scheme or "ready", ready.tenant)))
        yield Note(CONNECTED.format(stage=stage, name=ready.name, how=how))
    elif mine:
        yield _not_working(facts, stage, mine[0], endpoints)
    elif hidden := sum(each.is_hidden for each in endpoints.found):
        do = f"{count(hidden, 'service connection')} {'does' if hidden == 1 else 'do'}"
        yield Note(HIDDEN.format(stage=stage, connections=do, page=endpoints.page))
    elif CLIENT_ID.fullmatch(principal):
        yield _nobody(facts, stage, principal, endpoints)
    else:
        yield Note(BY_NAME.format(stage=stage, principal=principal))


def _not_working(
    facts: CheckFacts, stage: str, found: ServiceEndpoint, endpoints: Endpoints
) -> Finding:
    why = f": {found.why.rstrip('.')}" if found.why else ""
    wrong, mend = (DISABLED, MEND_DISABLED) if found.is_disabled else (NOT_READY, MEND_NOT_READY)
    said = wrong.format(name=found.name, stage=stage, why=why)
    return Finding(facts.layout.variables, mend.format(page=endpoints.page), said, gate=stage)


def _nobody(facts: CheckFacts, stage: str, principal: str, endpoints: Endpoints) -> Finding:
    about = {"project": endpoints.project, "stage": stage, "principal": principal}
    mend = MEND_NOBODY.format(there=_there(endpoints), page=endpoints.page, **about)
    return Finding(facts.layout.variables, mend, NOBODY.format(**about), gate=stage)


def _there(endpoints: Endpoints) -> str:
    if not endpoints.found:
        return ""
    names = ", ".join(
        f"{each.name} ({each.principal})" if each.principal else each.name
        for each in endpoints.found[:FEW]
    )
    total = len(endpoints.found)
    more = f" and {total - FEW} more" if total > FEW else ""
    connections = f"{count(total, 'service connection')} {'is' if total == 1 else 'are'}"
    return THERE.format(connections=connections, names=f"{names}{more}")


def _request(repo: ModelRepo, facts: CheckFacts, stage: str) -> str:
    """Write the request to GBI; values that the model has not set stay visible, and are listed.

    Who pays is also what somebody answered who was asked for it.
    """
    said = model_settings(repo, layout=facts.layout, gbi=facts.gbi).variables
    words = {name: said.get(name, "") for name in GAPS}
    given = {name: value for name, value in words.items() if value and not _is_none(name, value)}
    if facts.financial_id:
        given.setdefault("FINANCIAL_ID", facts.financial_id)
    return request(given, stage=stage, path=facts.layout.variables)


def _is_none(name: str, value: str) -> bool:
    """Tell whether a value is missing; FINANCIAL_ID is also missing while it is our own example."""
    row = find(name)
    assert row is not None
    is_example = name == "FINANCIAL_ID" and value == row.example
    return is_example or bool(problem(row, value))
