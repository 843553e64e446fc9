"""What a model repository says about itself, for the steps: the variables made ready to use."""

from collections.abc import Mapping

import msgspec

from core.gate.checks import ModelRepo
from core.gate.layout import Layout
from core.gate.variables.read import read
from core.gate.variables.resolve import Sources, as_values, resolve
from core.words import ModelType, Stage


class ModelSettings(msgspec.Struct, frozen=True, kw_only=True):
    """Paths are as the repository spells them; ``variables`` holds no secret."""

    model: str
    team: str
    model_type: ModelType
    source_path: str
    environment_file: str
    dataset_template: str
    runtime: str
    variables: dict[str, str]


def model_settings(
    repo: ModelRepo,
    *,
    layout: Layout | None = None,
    gbi: Mapping[str, str] | None = None,
    stage: Stage = Stage.TST,
) -> ModelSettings:
    """Read what is there and take the default for the rest; the gate says what is missing."""
    layout = layout or Layout()
    path = repo.find(layout.variables)
    values = read(repo.files[path], path).values if path else {}
    sources = Sources(model=values, model_path=path or layout.variables, gbi=gbi or {})
    variables = as_values(resolve(sources, stage))
    environment = layout.environment(variables["ENVIRONMENT_FILE"])
    template = variables.get("DATASET_TEMPLATE_FILE", "")
    return ModelSettings(
        model=variables.get("MODEL_NAME", ""),
        team=variables.get("TEAM_NAME", ""),
        model_type=ModelType(variables["MODEL_TYPE"]),
        source_path=variables["MODEL_SRC_PATH"].strip("/"),
        environment_file=repo.find(environment) or environment,
        dataset_template=repo.find(template) or template,
        runtime=variables["CLUSTER_SPARK_VERSION"],
        variables=variables,
    )
