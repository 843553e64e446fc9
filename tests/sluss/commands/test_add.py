"""``sluss add``: a work tree gets a remote and a line in platform.yml, or nothing is changed."""

import pytest
from typer.testing import CliRunner

from core.errors import SettingsError
from sluss.cli import app
from sluss.commands.authors import unknown_authors
from sluss.commands.people import map_address
from sluss.home.settings import load, read_platform
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


def by(address: str, committer: str = "bo@bank.example") -> dict[str, str]:
    return {"GIT_AUTHOR_EMAIL": address, "GIT_COMMITTER_EMAIL": committer}


def told(work, home) -> list[str]:
    """What `sluss add` says of the commits that the work tree has."""
    return list(unknown_authors(work, load(home, {})))


@pytest.fixture
def known_start(work):
    """A work tree whose first commit is Bo's."""
    git(
        work,
        "commit",
        "--quiet",
        "--amend",
        "--allow-empty",
        "--reset-author",
        "-m",
        "Start",
        **by("bo@bank.example"),
    )
    return work


def test_who_wrote_and_is_known_needs_no_word(known_start, home):
    commit(known_start, **by("ASTRID@bank.example"))
    assert told(known_start, home) == []


def test_an_unknown_author_or_committer_is_named_with_what_makes_them_known(known_start, home):
    commit(known_start, **by("bo@bank.example", committer="ci@build.example"))
    what, how = told(known_start, home)
    assert what.startswith("Unknown to people.yml, in its last 100 commits: ci@build.example. ")
    assert "Enter it in people.yml. Or: " in how
    assert "`sluss people map ci@build.example PERSON`" in how
    assert "`sluss people map ci@build.example --nobody REASON`" in how

    map_address(home, "CI@build.example", None, reason="the nightly build")
    assert told(known_start, home) == []


def test_of_many_five_are_named_and_all_counted(known_start, home):
    for number in range(8):
        commit(known_start, **by(f"n{number}@home.example"))
    what, how = told(known_start, home)
    assert (
        "n7@home.example, n6@home.example, n5@home.example, n4@home.example, n3@home.example and 3 more"
        in what
    )
    assert "`sluss people map ADDRESS PERSON`" in how


def test_an_address_cannot_write_to_the_terminal(known_start, home):
    commit(known_start, **by("a\x1b[2J" + "x" * 500))
    what, how = told(known_start, home)
    assert "\x1b" not in what + how
    assert len(what) < 400


def test_a_repository_without_commits_has_no_authors(tmp_path, home):
    git(tmp_path, "init", "--quiet", "empty")
    assert told(tmp_path / "empty", home) == []


def test_the_command_says_it_behind_the_line_to_push(work, home, monkeypatch):
    monkeypatch.setenv("SLUSS_HOME", str(home))
    commit(work, **by("stranger@home.example"))
    said = CliRunner().invoke(app, ["add", str(work), "--team", "credit_risk"]).output
    assert said.index("Now: git") < said.index("stranger@home.example")
    assert "sluss people map" in said
