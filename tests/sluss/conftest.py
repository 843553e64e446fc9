"""A home, a work tree with one commit, and a server that takes deliveries."""

import pytest

from sluss.home.prepare import prepare_home
from tests.adapters.bare_repositories.bare_world import git
from tests.sluss.receiver import Receiver
from tests.sluss.work_tree import bring, commit


@pytest.fixture
def home(tmp_path):
    prepare_home(tmp_path / "home")
    return tmp_path / "home"


@pytest.fixture
def receiver():
    with Receiver() as running:
        yield running


@pytest.fixture
def work(tmp_path):
    folder = tmp_path / "loan_default"
    folder.mkdir()
    git(folder, "init", "--quiet")
    commit(folder, "Start")
    return folder


@pytest.fixture
def added_work(work, home, receiver):
    bring(work, home, receiver.url)
    return work
