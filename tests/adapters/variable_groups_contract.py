"""What every keeper of GBI's variable groups must do: a subclass brings the fixture ``groups``.

``groups`` keeps the values of ``SECTIONS`` for the repository ``REPOSITORY``.
"""

from datetime import UTC, datetime

from core.gate.groups import StageGroups
from core.ports import VariableGroups
from core.words import Stage

REPOSITORY = "5febef5a-833d-4e14-b9c0-14cb638f91e6"
LONG_AGO = datetime(2026, 1, 5, 8, tzinfo=UTC)
SECTIONS = {
    "common": {"CMR_PREFIX": "cmr", "NOTEBOOK_PATH": "/common", "Train_Job_Name": "train"},
    "QA": {"SPN_QA": "spn-qa", "notebook_path": "/qa"},
}


class VariableGroupsContract:
    async def test_a_stage_has_the_common_values_and_its_own(self, groups: VariableGroups):
        found = await groups.of_stages(REPOSITORY, LONG_AGO)
        assert found is not None
        assert found[Stage.QA] == StageGroups(
            values={
                "CMR_PREFIX": "cmr",
                "NOTEBOOK_PATH": "/qa",
                "TRAIN_JOB_NAME": "train",
                "SPN_QA": "spn-qa",
            }
        )

    async def test_no_stage_has_the_values_of_another(self, groups: VariableGroups):
        found = await groups.of_stages(REPOSITORY, LONG_AGO)
        assert found is not None
        assert found[Stage.PROD].values == {
            "CMR_PREFIX": "cmr",
            "NOTEBOOK_PATH": "/common",
            "TRAIN_JOB_NAME": "train",
        }

    async def test_every_stage_is_answered_for(self, groups: VariableGroups):
        found = await groups.of_stages(REPOSITORY, LONG_AGO)
        assert found is not None
        assert set(found) == set(Stage)
        assert not any(each.problem for each in found.values())
