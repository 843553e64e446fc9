"""The check ``naming``: ``.yml`` endings, underscores, and templates named by their job."""

from collections.abc import Iterator
from typing import Final

from core.gate.checks import GBI, Finding, ModelRepo, check
from core.gate.facts import CheckFacts
from workers.gate.contract.file_names import misnamed
from workers.gate.contract.references import Reference, references

FEW: Final = 5  # More places would not fit into one line.
IN_AZURE: Final = "; change the path in the pipeline's settings in Azure DevOps too"


@check(
    "naming",
    owner=GBI,
    priority=2,
    title="The names of files",
    mend="Rename the file as the finding says, and the places that name it; "
    "`sluss check --fix` does both where it is safe.",
)
def naming(repo: ModelRepo, facts: CheckFacts) -> Iterator[Finding]:
    """One way to name files saves everybody a guess: .yml, underscores, and templates by their job.

    Names that another tool fixes stay as they are, and so do data, pictures and pages of text.
    """
    wrong = misnamed(repo, facts)
    places: dict[str, list[Reference]] = {}
    for reference in references(repo, [each.path for each in wrong]):
        places.setdefault(reference.to, []).append(reference)
    for each in wrong:
        mend = f"rename it to {each.to}{_named_in(places.get(each.path, []))}"
        yield Finding(each.path, mend + (IN_AZURE if each.is_pipeline else ""), each.wrong)


def _named_in(places: list[Reference]) -> str:
    shown = list(dict.fromkeys(f"{place.path}:{place.line}" for place in places))
    if not shown:
        return ""
    more = f" and {len(shown) - FEW} more" if len(shown) > FEW else ""
    return f", also in {', '.join(shown[:FEW])}{more}"
