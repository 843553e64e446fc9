"""One process of each role on a home."""

import pytest

from core.errors import SettingsError
from sluss.wiring.lock import Role, one_process


@pytest.mark.parametrize(
    ("first", "second"),
    [(Role.ALL, Role.ALL), (Role.ALL, Role.WORKER), (Role.GATEWAY, Role.GATEWAY), (Role.WORKER, Role.ALL)],
)  # fmt: skip
def test_a_second_process_of_a_role_is_refused(tmp_path, first, second):
    with one_process(tmp_path, first), pytest.raises(SettingsError, match="Another Sluss runs"):
        one_process(tmp_path, second).__enter__()


def test_a_gateway_and_a_worker_share_a_home(tmp_path):
    with one_process(tmp_path, Role.GATEWAY), one_process(tmp_path, Role.WORKER):
        pass


def test_the_lock_ends_with_its_holder(tmp_path):
    with one_process(tmp_path):
        pass
    with one_process(tmp_path):
        pass
