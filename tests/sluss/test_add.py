"""``sluss add``: a work tree gets a remote, and no push is lost or held up by Sluss."""

import base64
import re
import stat
import time
from pathlib import Path

import pytest

from core.errors import SettingsError
from sluss.commands.add import add, resend
from sluss.home import prepare_home
from sluss.settings import read_platform
from tests.adapters.bare_repositories.bare_world import git
from tests.sluss.receiver import Receiver

NOBODY = "http://127.0.0.1:1"  # nothing listens on port 1


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


def commit(work: Path, subject: str = "Change", **env: str) -> str:
    git(work, "commit", "--quiet", "--allow-empty", "-m", subject, **env)
    return git(work, "rev-parse", "HEAD")


def push(work: Path, *refs: str, remote: str = "origin", **env: str) -> str:
    return git(work, "push", remote, *(refs or ("main",)), **env)


def bring(work: Path, home: Path, url: str, **more):
    return add(work, home=home, team="credit_risk", receiver_url=url, **more)


def outgoing(home: Path) -> list[str]:
    folder = home / "repositories" / "loan_default.git" / "sluss" / "outgoing"
    return sorted(path.name for path in folder.glob("*"))


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


def test_a_push_becomes_one_delivery_as_azure_devops_would_send_it(home, work, receiver):
    added = bring(work, home, receiver.url)
    before, now = git(work, "rev-parse", "HEAD"), commit(work, "Mend the score")
    push(work)
    (delivery,) = receiver.deliveries
    resource = delivery["resource"]
    assert (delivery["eventType"], delivery["publisherId"]) == ("git.push", "tfs")
    assert delivery["subscriptionId"] == added.repository.id
    assert (delivery["notificationId"], resource["pushId"]) == (1, 1)
    assert resource["repository"]["id"] == added.repository.id
    assert resource["repository"]["name"] == "loan_default"
    assert resource["refUpdates"] == [
        {"name": "refs/heads/main", "oldObjectId": before, "newObjectId": now}
    ]
    assert [(c["commitId"], c["comment"]) for c in resource["commits"]] == [(now, "Mend the score")]
    assert resource["commits"][0]["author"]["email"] == "astrid@bank.example"


def test_the_delivery_carries_the_secret_of_the_home(home, work, receiver):
    bring(work, home, receiver.url)
    commit(work)
    push(work)
    secret = (home / "secrets" / "azure_devops_hook").read_text()
    kind, _, encoded = receiver.credentials[0].partition(" ")
    assert (kind, base64.b64decode(encoded).decode()) == ("Basic", f"sluss:{secret}")


def test_the_secret_is_nowhere_in_the_repository(home, work):
    bring(work, home, NOBODY)
    commit(work)
    push(work)
    secret = (home / "secrets" / "azure_devops_hook").read_bytes()
    bare = home / "repositories" / "loan_default.git"
    assert not [f for f in bare.rglob("*") if f.is_file() and secret in f.read_bytes()]
    assert stat.S_IMODE((bare / "sluss").stat().st_mode) == 0o700


def test_whoever_pushes_sees_the_release_page(home, work, receiver):
    bring(work, home, receiver.url)
    now = commit(work)
    assert f"remote: Sluss: the gate looks at main: {receiver.url}/releases?commit={now}" in push(
        work
    )


def test_one_push_of_several_branches_and_a_tag_is_one_delivery(home, work, receiver):
    bring(work, home, receiver.url)
    git(work, "branch", "a")
    git(work, "tag", "v2")
    commit(work)
    told = push(work, "main", "a", "v2")
    names = [update["name"] for update in receiver.deliveries[0]["resource"]["refUpdates"]]
    assert sorted(names) == ["refs/heads/a", "refs/heads/main", "refs/tags/v2"]
    assert told.count("the gate looks at") == 2


def test_a_deleted_branch_and_a_force_push_are_told_too(home, work, receiver):
    git(work, "branch", "old")
    bring(work, home, receiver.url)
    assert "Sluss" not in push(work, ":old")
    git(work, "commit", "--quiet", "--amend", "--allow-empty", "-m", "Another start")
    push(work, "+main")
    deleted, forced = (delivery["resource"] for delivery in receiver.deliveries)
    assert deleted["refUpdates"][0]["newObjectId"] == "0" * 40
    assert deleted["commits"] == []
    assert [c["comment"] for c in forced["commits"]] == ["Another start"]


WHO = [
    ({}, "astrid@bank.example", "Astrid Lund"),
    (
        {"GIT_COMMITTER_EMAIL": "bo@bank.example", "GIT_COMMITTER_NAME": "Bo"},
        "bo@bank.example",
        "Bo",
    ),
    ({"SLUSS_PERSON": "carin"}, "carin", "carin"),
    ({"SLUSS_PERSON": "astrid@bank.example"}, "astrid@bank.example", "Astrid Lund"),
]


@pytest.mark.parametrize(("env", "who", "name"), WHO)
def test_who_pushes_is_the_person_named_or_the_committer(added_work, receiver, env, who, name):
    commit(added_work, **env)
    push(added_work, **env)
    pushed_by = receiver.deliveries[0]["resource"]["pushedBy"]
    assert pushed_by == {"id": who, "displayName": name, "uniqueName": who}


def test_a_push_while_the_server_is_down_is_kept_and_goes_with_the_next(home, work, receiver):
    bring(work, home, receiver.url)
    receiver.status = 503
    for _ in range(2):
        commit(work)
        told = push(work)
        assert "Nothing is lost: this push is kept" in told
        assert "HTTP 503" in told
    assert outgoing(home) == ["1.json", "2.json"]
    receiver.status = 202
    commit(work)
    assert "the gate looks at main" in push(work)
    assert receiver.push_ids() == [1, 2, 3]
    assert outgoing(home) == []


async def test_a_start_sends_what_was_pushed_before_it(home, work, receiver):
    bring(work, home, NOBODY)
    for _ in range(12):
        commit(work)
        assert "this push is kept" in push(work)
    assert await resend(home, receiver.url) == 12
    assert receiver.push_ids() == list(range(1, 13))
    assert await resend(home, receiver.url) == 0
    commit(work)
    assert receiver.url in push(work)


async def test_a_start_without_repositories_or_with_one_that_is_gone_sends_nothing(home, work):
    assert await resend(home) == 0
    bring(work, home, NOBODY)
    (home / "repositories" / "loan_default.git").rename(home / "elsewhere")
    assert await resend(home, NOBODY) == 0


def test_a_server_that_hangs_holds_no_push_up(home, work, receiver):
    bring(work, home, receiver.url)
    receiver.delay_s = 4.0
    commit(work)
    started = time.monotonic()
    assert "no answer yet" in push(work)
    assert time.monotonic() - started < 3.0
    assert outgoing(home) == ["1.json"]


def test_a_push_succeeds_although_nothing_can_be_kept(home, work, receiver):
    bring(work, home, receiver.url)
    (home / "repositories" / "loan_default.git" / "sluss" / "push_id").write_text("not a number")
    now = commit(work)
    assert "could not be kept" in push(work)
    assert git(work, "ls-remote", "origin", "main").split()[0] == now


def test_a_hook_whose_python_is_gone_finds_another(home, work, receiver):
    bring(work, home, receiver.url)
    hook = home / "repositories" / "loan_default.git" / "hooks" / "post-receive"
    text = re.sub(r"^python=.*$", "python=/gone/python", hook.read_text(), flags=re.MULTILINE)
    hook.write_text(text)
    commit(work)
    push(work)
    assert receiver.push_ids() == [1]


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
