"""Which tests stay together, and which come first, where processes share them (`make test`)."""

from pathlib import Path

import pytest
from hypothesis import settings
from xdist.scheduler import LoadScopeScheduling

TESTS = Path(__file__).parent

# How long an example takes says nothing on a busy machine.
settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")

# The groups that take longest come first, so that all processes end at about the same time, and
# groups that mostly wait go on beside them. Tests of one group stay in one process, as the tests of
# any other file do, since they share servers that take long to start.
FIRST = (
    "story/test_story.py",
    "story/test_kill.py",
    "browser",
    "story",
    "adapters/local_runs",
    "adapters/service_bus",
    "peers",
    "flow",
    "adapters/mlflow",
    "workers/gate/unit_testing",
)


class Together(LoadScopeScheduling):
    """Gives a whole group to one process, as pytest 9.2 loses the groups of --dist loadgroup."""

    def _split_scope(self, nodeid: str) -> str:
        place = nodeid.partition("::")[0].removeprefix("tests/")
        rank = _rank(place)
        return FIRST[rank] if rank < len(FIRST) else place


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config, log):
    config.option.loadscopereorder = False  # it would put many tests first, not long ones
    return Together(config, log)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items.sort(key=lambda item: _rank(item.path.relative_to(TESTS).as_posix()))


def _rank(place: str) -> int:
    ranks = (rank for rank, start in enumerate(FIRST) if place.startswith(start))
    return next(ranks, len(FIRST))


@pytest.fixture(scope="session")
def environments(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> Path:
    """The models' environments, shared by all homes and processes: each set is built once.

    A lock keeps two processes from building the same set. uv's cache is the user's own.
    """
    base = tmp_path_factory.getbasetemp()
    is_one_of_many = hasattr(request.config, "workerinput")
    found = (base.parent if is_one_of_many else base) / "environments"
    found.mkdir(exist_ok=True)
    return found
