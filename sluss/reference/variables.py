"""The page of a model's variables."""

from typing import Final

from core.gate.variables import VARIABLES, Variable, VariableKind
from sluss.reference.markdown import WRITTEN, lines, row

HEAD: Final = """\
# The variables of a model

`model_variables.yml` is also a valid variables template of Azure Pipelines: a mapping `variables:`
at the top. Names compare without case. `sluss variables PATH --stage QA` shows each value with its
owner and source.
"""
ABOUT: Final = {
    VariableKind.MODEL: "The model's own, in `model_variables.yml`. Those with * are required.",
    VariableKind.GBI_DEFAULT: (
        "GBI gives a value; the model may choose another of GBI's allow-list."
    ),
    VariableKind.GBI_FIXED: (
        "GBI's, from its variable groups. A repository that sets one gets a finding."
    ),
}


def variables_page() -> str:
    parts = [WRITTEN, HEAD]
    for kind, about in ABOUT.items():
        rows = [_variable(each) for each in VARIABLES if each.kind is kind]
        head = ("| variable | what for | rule | default |", "|---|---|---|---|")
        parts.append(lines(f"## {kind[0].upper()}{kind[1:]}", "", about, "", *head, *rows))
    return "\n".join(parts)


def _variable(of: Variable) -> str:
    star = "*" if of.is_required else ""
    stages = " (also with `_TST`, `_QA`, `_PROD`)" if of.may_have_stage else ""
    return row(f"`{of.name}`{star}", of.help + stages, of.rule or str(of.type), of.default or "")
