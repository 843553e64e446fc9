"""What a step gets of GBI's variable groups, and in words why it gets nothing."""

from collections.abc import Mapping

import pytest

from core.errors import StepFailedError
from core.gate.checks import ModelRepo
from core.gate.groups import AmissGroup, StageGroups, merged
from core.policy import Policy
from core.words import Stage, Step
from tests.core.story import CHECKED, Story
from tests.model_repos import a_repo
from workers.services import Services
from workers.stage_settings import asked_at, stage_settings

RELEASE = Story().push(1).finish(Step.CHECK, CHECKED).release


class Groups:
    """GBI's groups of TST as they were read, by whoever asks."""

    def __init__(self, groups: StageGroups | None) -> None:
        self._groups = groups
        self.asked: list[tuple[str, object]] = []

    async def of_stages(self, repository, since) -> Mapping[Stage, StageGroups] | None:
        self.asked.append((repository, since))
        return None if self._groups is None else dict.fromkeys(Stage, self._groups)


def services(groups: StageGroups | None) -> Services:
    absent: dict = dict.fromkeys(Services.__struct_fields__)
    return Services(**{**absent, "policy": Policy(), "variable_groups": Groups(groups)})


async def settings(groups: StageGroups | None, repo: ModelRepo | None = None):
    return await stage_settings(RELEASE, services(groups), repo or a_repo(), Stage.TST)


async def test_values_of_the_groups_are_those_of_the_stage():
    found = await settings(merged([{"workspace_url_tst": "https://tst.example", "SPN_QA": "x"}]))
    assert found.variables["WORKSPACE_URL_TST"] == "https://tst.example"
    assert "SPN_QA" not in found.variables


async def test_without_groups_the_defaults_count():
    assert (await settings(None)).source_path == "src"


async def test_a_secret_that_the_step_does_not_need_is_set_and_has_no_value():
    found = await settings(merged([{"OAUTH2_ID": None, "CMR_SCOPE": "scope"}]))
    assert found.unreadable == ("OAUTH2_ID",)
    assert "OAUTH2_ID" not in found.variables


async def test_a_secret_that_the_step_needs_is_told_in_words():
    with pytest.raises(StepFailedError) as told:
        await settings(merged([{"MODEL_SRC_PATH": None, "CLUSTER_NODE_TYPE_ID": None}]))
    assert str(told.value) == (
        "GBI's variable groups hold CLUSTER_NODE_TYPE_ID and MODEL_SRC_PATH for TST as a secret "
        "variable: it is set, but nobody can read its value here, and this step needs it. Nothing "
        "was run; ask GBI to make it a plain variable, or set it in model_variables.yml, then "
        "retry the step."
    )


async def test_what_the_model_chooses_itself_needs_no_group():
    repo = a_repo(variables="MODEL_SRC_PATH: src")
    assert (await settings(merged([{"MODEL_SRC_PATH": None}]), repo)).source_path == "src"


@pytest.mark.parametrize(
    ("groups", "why"),
    [
        (StageGroups(unread="Nobody may read them (Library: Reader)."), "Library: Reader"),
        (StageGroups(amiss=(AmissGroup(wrong="there is no group x", mend="make it"),)), "no group x: make it."),
    ],
)  # fmt: skip
async def test_groups_that_could_not_be_read_stop_the_step_and_not_its_defaults(groups, why):
    with pytest.raises(StepFailedError, match="for TST cannot be had") as told:
        await settings(groups)
    assert why in str(told.value)
    assert "retry the step" in str(told.value)


def test_what_was_changed_before_somebody_pushed_or_pressed_is_seen():
    run = RELEASE.current_step()
    assert asked_at(RELEASE) == run.planned
