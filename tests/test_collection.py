"""Processes share the tests only where each finds the same ones: names hang on no clock or chance."""

import os
import subprocess
import sys

import pytest

from tests.conftest import TESTS


def test_another_process_finds_the_same_tests_a_second_later(request: pytest.FixtureRequest):
    here = {item.nodeid for item in request.session.items}

    found = subprocess.run(
        [sys.executable, "-m", "pytest", "--collect-only", "--quiet", TESTS],
        cwd=TESTS.parent,
        env={**os.environ, "PYTHONHASHSEED": "271828", "PYTEST_ADDOPTS": ""},
        capture_output=True,
        text=True,
        check=True,
    )

    assert here <= set(found.stdout.splitlines())
