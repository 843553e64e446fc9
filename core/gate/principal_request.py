"""The request to GBI for a service principal: what the model has not said stays as a gap."""

from collections.abc import Mapping
from typing import Final

GAPS: Final = ("MODEL_NAME", "TEAM_NAME", "FINANCIAL_ID")
WHO_PAYS: Final = "FINANCIAL_ID"
MEND: Final = "send GBI this request: “{request}”{first}"
REQUEST: Final = (
    "Please set up a service principal that runs the model {MODEL_NAME} of the team {TEAM_NAME} "
    "on {stage}, to be charged to {FINANCIAL_ID}, and enter it as SPN_{stage}."
)
FIRST: Final = ". First set {missing} in {path}"


def request(given: Mapping[str, str], *, stage: str, path: str) -> str:
    """How to mend it, filled in with what is given; the rest is to be set first, in ``path``."""
    missing = [name for name in GAPS if name not in given]
    filled = {name: given.get(name, _gap(name)) for name in GAPS}
    first = FIRST.format(missing=" and ".join(missing), path=path) if missing else ""
    return MEND.format(request=REQUEST.format(stage=stage, **filled), first=first)


def with_answer(mend: str, financial_id: str) -> str:
    """The request that a finding holds, with the gap for who pays filled in since."""
    gap = _gap(WHO_PAYS)
    if gap not in mend:
        return mend
    left = [name for name in GAPS if _gap(name) in mend and name != WHO_PAYS]
    head, sign, first = mend.replace(gap, financial_id).rpartition(FIRST.partition("{")[0])
    if not sign:
        return first
    path = first.rpartition(" in ")[2]
    return head + (FIRST.format(missing=" and ".join(left), path=path) if left else "")


def _gap(name: str) -> str:
    return f"<{name}>"
