"""The sections of a file are the variable groups of one machine."""

import pytest

from adapters.local_files.variable_groups import NoServiceEndpoints, VariableSections
from tests.adapters.variable_groups_contract import (
    LONG_AGO,
    REPOSITORY,
    SECTIONS,
    VariableGroupsContract,
)


@pytest.fixture
def groups():
    return VariableSections(SECTIONS)


class TestVariablesFile(VariableGroupsContract):
    """The whole contract."""


async def test_without_a_file_there_are_no_groups():
    assert await VariableSections().of_stages(REPOSITORY, LONG_AGO) is None


async def test_on_one_machine_there_are_no_service_connections():
    assert await NoServiceEndpoints().endpoints(REPOSITORY, LONG_AGO) is None
