"""``sluss add``: a work tree gets a remote and a line in platform.yml, or nothing is changed."""

import pytest

from core.errors import SettingsError
from sluss.home.settings import read_platform
from tests.adapters.bare_repositories.bare_world import git
from tests.sluss.work_tree import NOBODY, bring, commit, push


def test_a_work_tree_gets_a_repository_a_remote_and_a_line_in_platform_yml(home, work):
    added = bring(work, home, NOBODY)
    bare = home / "repositories" / "loan_default.git"
    assert read_platform(home).repositories == (added.repository,)
    assert (added.repository.name, added.repository.team) == ("loan_default", "credit_risk")
    assert (added.repository.location, added.remote) == (str(bare), "origin")
    assert git(work, "remote", "get-url", "origin") == str(bare)


def test_all_branches_and_tags_come_along(home, work):
    git(work, "branch", "feature/x")
    git(work, "tag", "v1")
    bring(work, home, NOBODY)
    refs = git(home / "repositories" / "loan_default.git", "for-each-ref", "--format=%(refname)")
    assert refs.split() == ["refs/heads/feature/x", "refs/heads/main", "refs/tags/v1"]


def test_a_work_tree_with_an_origin_keeps_it(home, work):
    git(work, "remote", "add", "origin", "https://git.bank.example/loans")
    assert bring(work, home, NOBODY).remote == "sluss"
    assert git(work, "remote", "get-url", "origin") == "https://git.bank.example/loans"
    commit(work)
    push(work, remote="sluss")


def test_an_empty_repository_takes_everything_with_the_first_push(home, work, receiver):
    bring(work, home, receiver.url, is_copied=False)
    push(work)
    (update,) = receiver.deliveries[0]["resource"]["refUpdates"]
    assert update["oldObjectId"] == "0" * 40


def test_a_bare_repository_is_taken_as_it_is(home, work, receiver, tmp_path):
    bare = tmp_path / "shared" / "loans.git"
    git(tmp_path, "clone", "--quiet", "--bare", str(work), str(bare))
    added = bring(bare, home, receiver.url, name="loans")
    assert (added.repository.location, added.remote) == (str(bare), "")
    commit(work)
    push(work, remote=str(bare))
    assert receiver.push_ids() == [1]
    with pytest.raises(SettingsError, match=r"'loans' at .* already"):
        bring(bare, home, receiver.url, name="twice")


def test_a_hook_of_somebody_else_is_not_replaced(home, work, tmp_path):
    bare = tmp_path / "loans.git"
    git(tmp_path, "clone", "--quiet", "--bare", str(work), str(bare))
    (bare / "hooks").mkdir(exist_ok=True)
    (bare / "hooks" / "post-receive").write_text("#!/bin/sh\necho mine\n")
    with pytest.raises(SettingsError, match="hook of somebody else"):
        bring(bare, home, NOBODY)
    assert read_platform(home).repositories == ()


def test_an_odd_folder_name_becomes_a_name(home, work):
    odd = work.rename(work.with_name("loan default-2"))
    assert bring(odd, home, NOBODY).repository.name == "loan_default_2"


@pytest.mark.parametrize("name", ["a-b", "a/b", "../x", ".hidden", "platform", "-x"])
def test_a_name_that_is_no_stream_is_refused(home, work, name):
    with pytest.raises(SettingsError, match="cannot be used"):
        bring(work, home, NOBODY, name=name)


def test_a_name_is_taken_once(home, work):
    bring(work, home, NOBODY)
    with pytest.raises(SettingsError, match="already"):
        bring(work, home, NOBODY, name="Loan_Default")
    assert len(read_platform(home).repositories) == 1


@pytest.mark.parametrize("where", ["nothing", "no_repository", "loan_default/inside"])
def test_what_is_no_repository_is_refused(home, work, tmp_path, where):
    (tmp_path / "no_repository").mkdir()
    (work / "inside").mkdir()
    with pytest.raises(SettingsError, match="is not a git repository"):
        bring(tmp_path / where, home, NOBODY)


def test_a_failed_add_leaves_nothing_behind(home, work):
    (home / "platform.yml").write_text("repositories: [{id: a, name: b, team: c}]\n")
    with pytest.raises(SettingsError, match="by hand"):
        bring(work, home, NOBODY)
    assert not (home / "repositories" / "loan_default.git").exists()
    assert git(work, "remote") == ""
