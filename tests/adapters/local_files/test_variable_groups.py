"""The sections of a file are the variable groups of one machine."""

import pytest

from adapters.local_files.variable_groups import VariableSections
from core.words import Stage
from tests.adapters.variable_groups_contract import SECTIONS, VariableGroupsContract


@pytest.fixture
def groups():
    return VariableSections(SECTIONS)


class TestVariablesFile(VariableGroupsContract):
    """The whole contract."""


async def test_without_a_file_there_are_no_groups():
    assert await VariableSections().variables(Stage.TST) is None
