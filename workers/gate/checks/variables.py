"""``model_variables.yml`` says everything that the pipeline needs, and nothing that is GBI's."""

from collections.abc import Iterator

from core.gate.checks import GBI, Finding, ModelRepo, check
from core.gate.facts import Facts
from core.gate.variables import read
from workers.gate.contract.environment_choice import environment_findings
from workers.gate.contract.variable_places import place_findings
from workers.gate.contract.variable_values import value_findings
from workers.gate.contract.workspace_hosts import host_findings


@check(
    "variables",
    owner=GBI,
    priority=1,
    title="The variables of the model",
    mend="Write the value that the finding asks for into model_variables.yml; "
    "`sluss variables` shows what a stage gets, and from whom.",
)
def variables(repo: ModelRepo, facts: Facts) -> Iterator[Finding]:
    """Each variable is set, of its kind, and within what GBI allows; GBI's own stay GBI's.

    A workspace address in code or pipelines would tie the model to one stage.
    """
    wanted = facts.layout.variables
    path = repo.find(wanted)
    if path is None:
        yield Finding(wanted, f"add {wanted} with a variables: mapping", "is missing")
    else:
        found = read(repo.files[path], path)
        yield from found.findings
        if not found.is_unreadable:
            yield from value_findings(found.values, path, facts)
            yield from environment_findings(repo, found.values, path, facts.layout)
            yield from place_findings(repo, found.values, path)
    yield from host_findings(repo, facts)
