"""What every keeper of GBI's variable groups must do: a subclass brings the fixture ``groups``.

``groups`` keeps the values of ``SECTIONS``.
"""

from core.ports import VariableGroups
from core.words import Stage

SECTIONS = {
    "common": {"CMR_PREFIX": "cmr", "NOTEBOOK_PATH": "/common"},
    "QA": {"SPN_QA": "spn-qa", "NOTEBOOK_PATH": "/qa"},
}


class VariableGroupsContract:
    async def test_a_stage_has_the_common_values_and_its_own(self, groups: VariableGroups):
        found = await groups.variables(Stage.QA)
        assert found == {"CMR_PREFIX": "cmr", "SPN_QA": "spn-qa", "NOTEBOOK_PATH": "/qa"}

    async def test_no_stage_has_the_values_of_another(self, groups: VariableGroups):
        assert await groups.variables(Stage.PROD) == SECTIONS["common"]
