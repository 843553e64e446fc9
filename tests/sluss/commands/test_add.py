"""``sluss add``: a work tree gets a remote and a line in platform.yml, or nothing is changed."""

import asyncio
import json
import os
import shlex
import shutil
import subprocess
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest
from typer.testing import CliRunner

from core.errors import SettingsError
from handlers.azure_devops import source
from sluss.cli import app
from sluss.commands.add import add
from sluss.commands.add import told as told_of
from sluss.commands.authors import unknown_authors
from sluss.commands.people import map_address
from sluss.home.hooks import resend
from sluss.home.prepare import prepare_home
from sluss.home.settings import load, read_platform
from sluss.home.this_program import this_program
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


def test_a_bare_repository_that_serves_another_home_is_not_taken_away(
    home, work, receiver, tmp_path
):
    bare, other = tmp_path / "loans.git", tmp_path / "other"
    git(tmp_path, "clone", "--quiet", "--bare", str(work), str(bare))
    prepare_home(other)
    bring(bare, other, receiver.url)

    with pytest.raises(SettingsError, match=f"whose home is {other}"):
        bring(bare, home, NOBODY)

    assert read_platform(home).repositories == ()
    commit(work)
    push(work, remote=str(bare))
    assert receiver.push_ids() == [1]


def test_a_bare_repository_of_a_home_that_is_gone_is_taken(home, work, receiver, tmp_path):
    bare, other = tmp_path / "loans.git", tmp_path / "other"
    git(tmp_path, "clone", "--quiet", "--bare", str(work), str(bare))
    prepare_home(other)
    bring(bare, other, NOBODY)
    shutil.rmtree(other)

    bring(bare, home, receiver.url)

    commit(work)
    push(work, remote=str(bare))
    assert receiver.push_ids() == [1]


@pytest.mark.parametrize("left", ["broken", "a_link_to_what_is_away", "a_pipe"])
def test_a_home_that_cannot_be_read_keeps_its_bare_repository(home, work, tmp_path, left):
    bare, other = tmp_path / "loans.git", tmp_path / "other"
    git(tmp_path, "clone", "--quiet", "--bare", str(work), str(bare))
    prepare_home(other)
    bring(bare, other, NOBODY)
    platform = other / "platform.yml"
    platform.unlink()
    match left:
        case "broken":
            platform.write_text("repositories: [")
        case "a_pipe":
            os.mkfifo(platform)
        case _:
            platform.symlink_to(tmp_path / "not_mounted")

    with pytest.raises(SettingsError, match=f"whose home is {other}"):
        bring(bare, home, NOBODY)


def test_a_hook_of_an_older_version_names_no_home_and_is_replaced(home, work, tmp_path):
    bare, other = tmp_path / "loans.git", tmp_path / "other"
    git(tmp_path, "clone", "--quiet", "--bare", str(work), str(bare))
    prepare_home(other)
    bring(bare, other, NOBODY)
    hook = bare / "sluss" / "hook.json"
    hook.write_text(json.dumps({"repository": json.loads(hook.read_text())["repository"]}))

    assert bring(bare, home, NOBODY).repository.location == str(bare)


def test_of_two_homes_that_take_a_bare_repository_at_once_one_is_refused(work, tmp_path):
    for number in range(8):
        bare = tmp_path / f"loans{number}.git"
        git(tmp_path, "clone", "--quiet", "--bare", str(work), str(bare))
        homes = [tmp_path / f"home{number}{side}" for side in "ab"]
        for each in homes:
            prepare_home(each)
        with ThreadPoolExecutor(2) as both:
            refused = [
                each.exception()
                for each in [both.submit(bring, bare, home, NOBODY) for home in homes]
            ]

        assert [type(each) for each in refused if each] == [SettingsError]
        on_board = [home for home in homes if read_platform(home).repositories]
        assert json.loads((bare / "sluss" / "hook.json").read_text())["address_file"] == str(
            on_board[0] / "address"
        )


@pytest.mark.parametrize("part", ["refs", "objects/pack", "hooks"])
def test_a_folder_inside_of_a_bare_repository_is_refused(home, work, tmp_path, part):
    bare = tmp_path / "loans.git"
    git(tmp_path, "clone", "--quiet", "--bare", str(work), str(bare))
    (bare / part).mkdir(exist_ok=True)
    with pytest.raises(SettingsError, match=rf"a part of the repository {bare}, .* add that one"):
        bring(bare / part, home, NOBODY, name="part")
    assert not (bare / part / "sluss").exists()


def test_a_folder_that_leads_to_a_bare_repository_is_refused(home, work, tmp_path):
    folder = tmp_path / "loans"
    git(tmp_path, "clone", "--quiet", "--bare", str(work), str(folder / ".bare"))
    (folder / ".git").write_text("gitdir: ./.bare\n")
    with pytest.raises(SettingsError, match=rf"the repository {folder}/\.bare, or leads to it"):
        bring(folder, home, NOBODY)


def test_a_link_to_a_repository_that_is_on_board_is_that_repository(home, work, tmp_path):
    bare, link = tmp_path / "loans.git", tmp_path / "link.git"
    git(tmp_path, "clone", "--quiet", "--bare", str(work), str(bare))
    link.symlink_to(bare)
    bring(bare, home, NOBODY)
    with pytest.raises(SettingsError, match=r"called 'loans' at .* already"):
        bring(link, home, NOBODY)


@pytest.mark.parametrize("left", ["a_pipe", "a_folder", "torn"])
def test_where_a_hook_cannot_be_read_nobody_can_say_whose_it_is(home, work, tmp_path, left):
    bare = tmp_path / "loans.git"
    git(tmp_path, "clone", "--quiet", "--bare", str(work), str(bare))
    hook = bare / "sluss" / "hook.json"
    hook.parent.mkdir()
    {"a_pipe": os.mkfifo, "a_folder": Path.mkdir, "torn": Path.touch}[left](hook)

    with pytest.raises(SettingsError, match=r"hook\.json cannot be read.*Nothing was added"):
        bring(bare, home, NOBODY)

    assert [each.name for each in hook.parent.iterdir()] == ["hook.json"]


def test_an_odd_folder_name_becomes_a_name(home, work):
    odd = work.rename(work.with_name("loan default-2"))
    assert bring(odd, home, NOBODY).repository.name == "loan_default_2"


@pytest.mark.parametrize("name", ["a-b", "a/b", "../x", ".hidden", "platform", "-x"])
def test_a_name_that_is_no_stream_is_refused(home, work, name):
    with pytest.raises(SettingsError, match="cannot be used"):
        bring(work, home, NOBODY, name=name)


@pytest.mark.parametrize("team", ["", "  ", "risk\nname: x"])
def test_a_team_that_nobody_can_name_is_refused(home, work, team):
    with pytest.raises(SettingsError, match=r"The team .* cannot be used\. Nothing was added"):
        add(work, home=home, team=team)


def test_a_name_is_taken_once(home, work):
    bring(work, home, NOBODY)
    with pytest.raises(SettingsError, match="already"):
        bring(work, home, NOBODY, name="Loan_Default")
    assert len(read_platform(home).repositories) == 1


@pytest.mark.parametrize(
    ("where", "why"),
    [
        ("nothing", "is no folder"),
        ("file", "is no folder"),
        ("no_repository", "is not a git repository"),
        ("loan_default/inside", "is inside of the repository"),
    ],
)
def test_what_is_no_repository_is_refused(home, work, tmp_path, where, why):
    (tmp_path / "no_repository").mkdir()
    (tmp_path / "file").touch()
    (work / "inside").mkdir()
    with pytest.raises(SettingsError, match=f"{why}.*Nothing was added"):
        bring(tmp_path / where, home, NOBODY)


def in_order(work):
    """It stands on main, as the work tree does at first."""


def on_master(work):
    git(work, "branch", "--move", "master")


def on_slashes(work):
    git(work, "branch", "--move", "team/$HOME's&model")


def beside_main(work):
    git(work, "checkout", "--quiet", "-b", "feature/x")


def detached(work):
    git(work, "checkout", "--quiet", "--detach")


def with_a_tag_of_its_name(work):
    git(work, "tag", "main")


def with_another_origin(work):
    git(work, "remote", "add", "origin", "https://git.bank.example/loans")
    git(work, "config", "branch.main.remote", "origin")
    git(work, "config", "branch.main.merge", "refs/heads/main")


def with_a_remote_of_an_earlier_home(work):
    git(work, "remote", "add", "origin", "https://git.bank.example/loans")
    git(work, "remote", "add", "sluss", "/gone/loans.git")
    git(work, "remote", "set-url", "--add", "sluss", "/gone/twice.git")
    git(work, "remote", "set-url", "--push", "sluss", "/gone/push.git")


def on_a_branch_called_head(work):
    git(work, "update-ref", "refs/heads/HEAD", "HEAD")
    git(work, "symbolic-ref", "HEAD", "refs/heads/HEAD")
    git(work, "branch", "--quiet", "--delete", "--force", "main")


def as_sha256(work):
    shutil.rmtree(work / ".git")
    git(work, "init", "--quiet", "--object-format=sha256", "--initial-branch=main")
    commit(work, "Start")


WORKS = [
    (in_order, "main"),
    (on_master, "master"),
    (on_slashes, "team/$HOME's&model"),
    (beside_main, "main"),
    (detached, "main"),
    (with_a_tag_of_its_name, "main"),
    (with_another_origin, "main"),
    (as_sha256, "main"),
    (with_a_remote_of_an_earlier_home, "main"),
    (on_a_branch_called_head, "HEAD"),
]
FOLDERS = ["loan_default", 'it\'s a "new" $HOME; `x` låne*', "-rf"]


@pytest.mark.parametrize("number", range(len(WORKS)))
def test_what_it_prints_pushes_from_any_folder(home, work, receiver, tmp_path, number):
    as_, branch = WORKS[number]
    as_(work)
    number %= len(FOLDERS)
    work = work.rename(work.with_name(FOLDERS[number]))
    added = bring(work, home, receiver.url, is_copied=False, name="loans")
    assert added.repository.release_branch == branch
    done = in_a_shell(added.push, tmp_path)
    assert done.returncode == 0, done.stderr
    (update,) = receiver.deliveries[0]["resource"]["refUpdates"]
    head = git(work, "rev-parse", f"refs/heads/{branch}")
    assert update == {
        "name": f"refs/heads/{branch}",
        "oldObjectId": "0" * len(head),
        "newObjectId": head,
    }
    _is_read_by_the_handler(receiver.deliveries[0], head)


def _is_read_by_the_handler(delivery, head):
    (event,) = source.read({}, msgspec.json.encode(delivery), datetime.now(UTC)).events
    assert event.commit == head


def in_a_shell(command, folder):
    who = {
        f"GIT_{who}_{what}": "bo@bank.example"
        for who in ("AUTHOR", "COMMITTER")
        for what in ("NAME", "EMAIL")
    }
    env = {**os.environ, **who, "GIT_CONFIG_GLOBAL": os.devnull}
    return subprocess.run(
        ["sh", "-c", command], cwd=folder, env=env, capture_output=True, text=True, check=False
    )


SETTINGS = [
    ("push.gpgSign", "true"),
    ("push.gpgSign", "if-asked"),
    ("push.pushOption", "ci.skip"),
    ("url.ssh://gone.bank.example/.insteadOf", "/"),
    ("url./gone/.insteadOf", "{home}"),
    ("url./gone/.pushInsteadOf", "{home}/repositories/loans"),
]


@pytest.mark.parametrize(("name", "value"), SETTINGS)
@pytest.mark.parametrize("is_global", [True, False])
def test_what_it_prints_pushes_whatever_the_person_has_set(
    request, tmp_path, name, value, is_global
):
    home, work, receiver, patch = (
        request.getfixturevalue(each) for each in ("home", "work", "receiver", "monkeypatch")
    )
    value = value.format(home=home)
    if is_global:
        for key, word in (("COUNT", "1"), ("KEY_0", name), ("VALUE_0", value)):
            patch.setenv(f"GIT_CONFIG_{key}", word)
    else:
        git(work, "config", name, value)
    added = bring(work, home, receiver.url, is_copied=False, name="loans")
    done = in_a_shell(added.push, tmp_path)
    assert done.returncode == 0, done.stderr
    assert receiver.push_ids() == [1]
    is_said = any("--no-signed each time" in line for line in told_of(added))
    assert is_said == ("--no-signed" in added.push) == (value == "true")
    if value != "true":
        commit(work)
        assert in_a_shell(f"git -C {shlex.quote(str(work))} push", tmp_path).returncode == 0
        assert receiver.push_ids() == [1, 2]


def test_a_repository_that_the_shell_stands_for_is_not_asked(home, work, monkeypatch):
    monkeypatch.setenv("GIT_DIR", str(home / ".git"))
    assert bring(work, home, NOBODY, is_copied=False).remote == "origin"


def test_an_address_that_git_takes_anyway_for_another_is_said(home, work):
    bare = home / "repositories" / "loans.git"
    git(work, "config", "url./gone.pushInsteadOf", str(bare))
    with pytest.raises(SettingsError, match=r"git could not give .* a remote") as refused:
        bring(work, home, NOBODY, is_copied=False, name="loans")
    assert printed(str(refused.value)).endswith(f"push {bare} main")


def test_after_it_a_plain_push_goes_there_too(home, work, receiver):
    in_a_shell(bring(work, home, receiver.url, is_copied=False).push, home)
    commit(work)
    git(work, "push", "--quiet")
    assert receiver.push_ids() == [1, 2]


def test_a_branch_that_follows_another_remote_goes_on_to_follow_it(home, work):
    with_another_origin(work)
    assert " push sluss main" in bring(work, home, NOBODY, is_copied=False).push


@pytest.mark.parametrize("number", range(2 * len(FOLDERS)))
def test_a_work_tree_of_a_moved_home_is_told_how_to_lead_its_remote_there(
    home, work, receiver, tmp_path, number
):
    (with_another_origin if number % 2 else in_order)(work)
    remote = "sluss" if number % 2 else "origin"
    number %= len(FOLDERS)
    work = work.rename(work.with_name(FOLDERS[number]))
    bring(work, home, NOBODY, is_copied=False, name="loans")
    there = tmp_path / "another's home"
    shutil.copytree(home, there) if number == 0 else home.rename(there)

    with pytest.raises(SettingsError, match=f"(?s)already.*{remote} of .* leads to") as refused:
        bring(work, there, receiver.url, name="loans")

    done = in_a_shell(printed(str(refused.value)), tmp_path)
    assert done.returncode == 0, done.stderr
    asyncio.run(resend(there))
    git(work, "push", "--quiet", remote, "main")
    assert receiver.push_ids() == [1]
    with pytest.raises(SettingsError, match=r"with --name\.$"):
        bring(work, there, receiver.url, name="loans")


@pytest.mark.parametrize(
    "url",
    [
        "https://git.bank.example/repositories/loan_default.git",
        "../repositories/loan_default.git",
        "/gone/loan_default.git",
        "/gone",
        "/",
        "",
    ],
)
def test_a_remote_that_never_led_to_a_home_is_left_where_it_leads(home, work, tmp_path, url):
    bring(work, home, NOBODY)
    another = tmp_path / "another" / "loan_default"
    git(tmp_path, "clone", "--quiet", str(work), str(another))
    git(another, "remote", "remove", "origin")
    if url:
        git(another, "remote", "add", "origin", url)
    with pytest.raises(SettingsError, match=r"already.*with --name\.$"):
        bring(another, home, NOBODY)


def without_a_commit(work):
    shutil.rmtree(work / ".git")
    git(work, "init", "--quiet")


def without_git(work):
    shutil.rmtree(work / ".git")


def on_no_branch(work):
    detached(work)
    git(work, "branch", "--delete", "--force", "main")


REFUSED = [
    (without_a_commit, {}, "has no commit yet"),
    (without_git, {}, "is not a git repository"),
    (on_no_branch, {}, "is on no branch, and has no branch main"),
    (in_order, {"release_branch": "release/1"}, "has no branch release/1"),
]


@pytest.mark.parametrize("case", REFUSED, ids=lambda case: case[0].__name__)
def test_what_could_not_be_pushed_is_refused_with_the_command_that_mends_it(
    home, work, receiver, tmp_path, case
):
    as_, more, why = case
    as_(work)
    work = work.rename(work.with_name(FOLDERS[1]))
    with pytest.raises(SettingsError, match=why) as refused:
        bring(work, home, receiver.url, is_copied=False, name="loans", **more)
    assert read_platform(home).repositories == ()
    done = in_a_shell(printed(str(refused.value)), tmp_path)
    assert done.returncode == 0, done.stderr
    added = bring(work, home, receiver.url, is_copied=False, name="loans", **more)
    assert in_a_shell(added.push, tmp_path).returncode == 0
    assert receiver.push_ids() == [1]


def printed(message):
    """The command, on a line of its own at the end of a message."""
    return message.splitlines()[-1]


@pytest.mark.parametrize("part", ["", "refs", "hooks", "worktrees/beside"])
def test_what_git_keeps_of_a_work_tree_is_a_part_of_it(home, work, tmp_path, part):
    git(work, "worktree", "add", "--quiet", "-b", "next", str(tmp_path / "beside"))
    (work / ".git" / part).mkdir(exist_ok=True)
    with pytest.raises(SettingsError, match=rf"a part of the repository {work}, .* add that one"):
        bring(work / ".git" / part, home, NOBODY, name="part")
    assert not (work / ".git" / ".git").exists()


@pytest.mark.parametrize("part", ["", "refs"])
def test_what_git_keeps_of_a_submodule_is_a_part_of_it(home, work, tmp_path, part):
    outer = tmp_path / "outer"
    git(tmp_path, "init", "--quiet", str(outer))
    git(outer, "-c", "protocol.file.allow=always", "submodule", "--quiet", "add", str(work), "a")
    with pytest.raises(SettingsError, match=rf"a part of the repository {outer}/a, "):
        bring(outer / ".git" / "modules" / "a" / part, home, NOBODY, name="part")


def test_what_git_keeps_apart_of_a_work_tree_does_not_stand_for_it(home, work, tmp_path):
    git(work, "init", "--quiet", f"--separate-git-dir={tmp_path / 'apart'}")
    with pytest.raises(SettingsError, match="what git keeps of a work tree elsewhere"):
        bring(tmp_path / "apart", home, NOBODY)
    assert bring(work, home, NOBODY).repository.name == "loan_default"


def with_a_broken_config(work):
    (work / ".git" / "config").write_text("[broken\n")


def without_its_head(work):
    (work / ".git" / "HEAD").unlink()


def with_a_link_to_nothing(work):
    without_git(work)
    (work / ".git").write_text("gitdir: /gone/loans\n")


def without_its_objects(work):
    for each in (work / ".git" / "objects").glob("??"):
        shutil.rmtree(each)


def detached_without_its_objects(work):
    detached(work)
    without_its_objects(work)


def with_a_torn_branch(work):
    (work / ".git" / "refs" / "heads" / "main").write_text("")


BROKEN = [
    with_a_broken_config,
    without_its_head,
    with_a_link_to_nothing,
    without_its_objects,
    detached_without_its_objects,
    with_a_torn_branch,
]


@pytest.mark.parametrize("break_", BROKEN, ids=lambda break_: break_.__name__)
@pytest.mark.parametrize("inside", ["", "inside"])
def test_a_broken_repository_is_said_to_be_one_and_none_is_made_of_it(home, work, break_, inside):
    (work / inside).mkdir(exist_ok=True)
    break_(work)
    with pytest.raises(SettingsError, match=r"git cannot read .*|is inside of") as refused:
        bring(work / inside, home, NOBODY)
    assert "Nothing was added;" in str(refused.value)
    assert not {"init", "checkout", "branch"} & set(str(refused.value).split())
    assert read_platform(home).repositories == ()


@pytest.mark.parametrize("lost", ["HEAD", "config", "objects"])
def test_a_broken_bare_repository_is_said_to_be_one(home, work, tmp_path, lost):
    bare = tmp_path / "loans.git"
    git(tmp_path, "clone", "--quiet", "--bare", str(work), str(bare))
    match lost:
        case "HEAD":
            (bare / "HEAD").unlink()
        case "config":
            (bare / "config").write_text("[broken\n")
        case _:
            shutil.rmtree(bare / "objects")
            (bare / "objects").mkdir()
    with pytest.raises(SettingsError, match=r"git cannot read .* Nothing was added") as refused:
        bring(bare, home, NOBODY)
    assert " init" not in str(refused.value)


def test_a_shallow_clone_is_refused_with_the_command_that_brings_the_rest(home, work, tmp_path):
    commit(work)
    shallow = tmp_path / "shallow one"
    git(tmp_path, "clone", "--quiet", "--depth=1", f"file://{work}", str(shallow))
    with pytest.raises(SettingsError, match="is a shallow clone") as refused:
        bring(shallow, home, NOBODY, name="loans")
    assert in_a_shell(printed(str(refused.value)), tmp_path).returncode == 0
    assert bring(shallow, home, NOBODY, name="loans").remote == "sluss"


def test_a_work_tree_beside_another_and_a_submodule_are_repositories(
    home, work, receiver, tmp_path
):
    beside, outer = tmp_path / "beside", tmp_path / "outer"
    git(work, "worktree", "add", "--quiet", "-b", "next", str(beside))
    git(tmp_path, "init", "--quiet", str(outer))
    git(
        outer, "-c", "protocol.file.allow=always", "submodule", "--quiet", "add", str(work), "loans"
    )
    for number, folder in enumerate((beside, outer / "loans")):
        added = bring(folder, home, receiver.url, is_copied=False, name=f"loans{number}")
        assert in_a_shell(added.push, tmp_path).returncode == 0
    assert receiver.push_ids() == [1, 1]


@pytest.mark.skipif(os.geteuid() != 0, reason="only root gives a folder to another user")
def test_a_repository_of_another_user_is_said_to_be_one(home, work):
    os.chown(work, 65534, 65534)
    with pytest.raises(SettingsError, match="belongs to another user"):
        bring(work, home, NOBODY)


@pytest.mark.parametrize("branch", ["a..b", "-x", "a b", "a~1", "@{-1}"])
def test_what_is_no_name_of_a_branch_is_refused(home, work, branch):
    with pytest.raises(SettingsError, match="cannot be the name of a branch"):
        bring(work, home, NOBODY, release_branch=branch)
    assert read_platform(home).repositories == ()


@pytest.mark.parametrize(
    ("branches", "more", "release"),
    [
        ([], {}, "main"),
        ([], {"release_branch": "next"}, "next"),
        (["master"], {}, "master"),
        (["trunk"], {}, "trunk"),
        (["main", "trunk"], {}, "main"),
    ],
)
def test_a_bare_repository_says_which_branch_it_releases(home, tmp_path, branches, more, release):
    bare = tmp_path / "loans.git"
    git(
        tmp_path,
        "init",
        "--quiet",
        "--bare",
        f"--initial-branch={(branches or ['x'])[-1]}",
        str(bare),
    )
    tree = git(bare, "mktree", stdin=b"")
    for branch in branches:
        head = git(bare, "commit-tree", tree, "-m", "Start")
        git(bare, "update-ref", f"refs/heads/{branch}", head)
    assert bring(bare, home, NOBODY, **more).repository.release_branch == release


def test_a_failed_add_leaves_nothing_behind(home, work):
    (home / "platform.yml").write_text("repositories: [{id: a, name: b, team: c}]\n")
    with pytest.raises(SettingsError, match="by hand"):
        bring(work, home, NOBODY)
    assert not (home / "repositories" / "loan_default.git").exists()
    assert git(work, "remote") == ""


def test_a_work_tree_that_gets_no_remote_is_on_board_and_says_how_to_push(home, work, receiver):
    (work / ".git" / "config.lock").touch()
    with pytest.raises(SettingsError, match="is on board, but") as refused:
        bring(work, home, receiver.url, is_copied=False)
    assert len(read_platform(home).repositories) == 1
    assert in_a_shell(printed(str(refused.value)), home).returncode == 0
    assert receiver.push_ids() == [1]


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
    sluss = this_program(home)
    assert f"`{sluss('people', 'map', 'ci@build.example', 'PERSON')}`" in how
    assert f"`{sluss('people', 'map', '--nobody', 'REASON', 'ci@build.example')}`" in how

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
    assert f"`{this_program(home)('people', 'map', 'ADDRESS', 'PERSON')}`" in how


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
    assert said.index("  git -C ") < said.index("stranger@home.example")
    assert "sluss people map" in said


def test_where_code_is_at_azure_devops_it_is_refused_with_what_to_do(work, home, monkeypatch):
    monkeypatch.setenv("SLUSS_HOME", str(home))
    monkeypatch.setenv("SLUSS_AZURE_DEVOPS", "https://dev.azure.com/harbour")
    monkeypatch.setenv("SLUSS_SECRET_AZURE_DEVOPS_TOKEN", "of-somebody")
    told = CliRunner().invoke(app, ["add", str(work), "--team", "credit_risk"])

    assert isinstance(told.exception, SettingsError)
    assert "Nothing was added;" in str(told.exception)
    assert f"of {home / 'platform.yml'} with its id there" in str(told.exception)
    assert not read_platform(home).repositories
    assert git(work, "remote") == ""
