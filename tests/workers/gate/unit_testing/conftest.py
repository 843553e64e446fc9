"""One model environment, made once and shared by all tests here."""

import pytest

from core.ports.sandbox import Places
from tests.workers.gate.unit_testing.model_environment import make


@pytest.fixture(scope="session")
def places(tmp_path_factory) -> Places:
    return make(tmp_path_factory.mktemp("environment"))
