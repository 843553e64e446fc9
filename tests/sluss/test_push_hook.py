"""The hook of a repository: no push is lost, and none is held up by Sluss."""

import asyncio
import base64
import json
import re
import shutil
import socket
import stat
import subprocess
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import msgspec
import pytest

from adapters.bare_repositories.hook import keep
from adapters.bare_repositories.install_hook import pushers
from core.errors import SettingsError
from core.events.outside import CodePushed
from handlers.azure_devops import source
from sluss.home.address import write_address
from sluss.home.hooks import resend
from sluss.home.prepare import prepare_home
from sluss.home.settings import PLATFORM_FILE
from tests.adapters.bare_repositories.bare_world import git
from tests.sluss.work_tree import NOBODY, bring, commit, outgoing, push


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


def test_an_https_address_never_gets_the_secret_in_the_clear(home, work):
    heard = bytearray()
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        bring(work, home, f"https://127.0.0.1:{port}")
        listening = threading.Thread(target=_hear, args=(listener, heard))
        listening.start()
        commit(work)
        push(work)
        listening.join()

    assert heard
    assert b"Basic" not in heard


def _hear(listener: socket.socket, heard: bytearray) -> None:
    with listener.accept()[0] as caller:
        caller.settimeout(1.0)
        heard += caller.recv(65536)


def test_hooks_of_a_person_do_not_stand_in_for_ours(home, work, receiver, tmp_path):
    (tmp_path / "mine").mkdir()
    bring(work, home, receiver.url)
    bare = home / "repositories" / "loan_default.git"
    for number, where in enumerate(("mine", str(tmp_path / "mine")), 1):
        config = tmp_path / f"config{number}"
        config.write_text(f"[core]\n\thooksPath = {where}\n")
        commit(work)
        push(work, GIT_CONFIG_GLOBAL=str(config))
        assert receiver.push_ids() == list(range(1, number + 1))
    git(bare, "config", "--unset", "core.hooksPath")  # an older Sluss has added it
    asyncio.run(resend(home))
    commit(work)
    push(work, GIT_CONFIG_GLOBAL=str(config))
    assert receiver.push_ids() == [1, 2, 3]


def test_a_bare_repository_with_its_hooks_elsewhere_is_left_alone(home, work, tmp_path):
    bare = tmp_path / "loans.git"
    git(tmp_path, "clone", "--quiet", "--bare", str(work), str(bare))
    git(bare, "config", "core.hooksPath", "/opt/hooks")
    with pytest.raises(SettingsError, match=r"/opt/hooks.*Nothing was added"):
        bring(bare, home, NOBODY)
    git(bare, "config", "core.hooksPath", "hooks")
    bring(bare, home, NOBODY)


def test_a_push_is_kept_however_long_git_reads_what_came(home, work):
    bring(work, home, NOBODY)
    folder = home / "repositories" / "loan_default.git" / "sluss"
    settings = json.loads((folder / "hook.json").read_text())
    slow = home / "slow_git"
    slow.write_text(f'#!/bin/sh\n[ "$1" = log ] || sleep 1.1\nexec {settings["git"]} "$@"\n')
    slow.chmod(0o700)
    (folder / "hook.json").write_text(json.dumps({**settings, "git": str(slow)}))
    commit(work)
    push(work)
    assert outgoing(home) == ["1.json"]


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
    write_address(home, receiver.url)
    assert await resend(home) == 12
    assert receiver.push_ids() == list(range(1, 13))
    assert await resend(home) == 0
    commit(work)
    assert receiver.url in push(work)


async def test_a_start_without_repositories_or_with_one_that_is_gone_sends_nothing(home, work):
    assert await resend(home) == 0
    bring(work, home, NOBODY)
    (home / "repositories" / "loan_default.git").rename(home / "elsewhere")
    assert await resend(home) == 0


def test_a_push_goes_to_where_the_server_is_at_that_moment(home, work, receiver):
    bring(work, home, NOBODY)
    write_address(home, receiver.url)
    now = commit(work)
    assert f"{receiver.url}/releases?commit={now}" in push(work)
    assert receiver.push_ids() == [1]


def test_a_push_that_is_kept_names_no_address_that_may_be_gone(home, work):
    bring(work, home, NOBODY)
    now = commit(work)
    told = push(work)
    assert "The start prints its address" in told
    assert f"there it is /releases?commit={now}" in told
    assert NOBODY not in told


def test_a_home_that_was_never_started_keeps_the_push_and_says_so(home, work):
    bring(work, home, NOBODY)
    (home / "address").unlink()
    commit(work)
    assert "no server has started there yet" in push(work)
    assert outgoing(home) == ["1.json"]


def made_old(home):
    """The hook as a version of before has left it, which knew one address for ever."""
    folder = home / "repositories" / "loan_default.git"
    settings = msgspec.json.decode((folder / "sluss" / "hook.json").read_bytes())
    settings["receiver_url"] = f"{NOBODY}/hooks/azure-devops"
    del settings["address_file"]
    (folder / "sluss" / "hook.json").write_bytes(msgspec.json.encode(settings))
    (folder / "sluss" / "push_hook.py").write_text("print('the hook of before')")
    (folder / "hooks" / "post-receive").write_text("#!/bin/sh\n# written by sluss add\nexit 1\n")


async def test_a_start_brings_an_older_hook_up_to_date(home, work, receiver):
    bring(work, home, receiver.url)
    made_old(home)
    assert await resend(home) == 0
    now = commit(work)
    assert f"{receiver.url}/releases?commit={now}" in push(work)


def _in_a_shell(command):
    return subprocess.run(["sh", "-c", command], capture_output=True, text=True, check=False)


def test_a_home_that_was_moved_sends_what_it_kept_and_takes_pushes(home, work, receiver, caplog):
    bring(work, home, NOBODY)
    commit(work)
    push(work)
    moved = home.rename(home.with_name("moved home"))
    write_address(moved, receiver.url)
    assert asyncio.run(resend(moved)) == 1
    (command,) = re.findall(r"`(.*)`", caplog.text)
    done = _in_a_shell(command.replace("WORK_TREE", str(work)))
    assert done.returncode != 0
    assert _in_a_shell(done.stderr.splitlines()[-1]).returncode == 0
    caplog.clear()
    assert asyncio.run(resend(moved)) == 0
    assert caplog.text == ""
    commit(work)
    push(work)
    assert receiver.push_ids() == [1, 2]


async def test_a_copied_home_leaves_the_hooks_of_the_first_alone(home, work, receiver):
    bring(work, home, receiver.url)
    copy = home.with_name("copy")
    shutil.copytree(home, copy)
    write_address(copy, NOBODY)
    assert await resend(copy) == 0
    commit(work)
    push(work)
    assert receiver.push_ids() == [1]


@pytest.fixture
def shared(work, tmp_path):
    """A bare repository that no home keeps itself."""
    git(tmp_path, "clone", "--quiet", "--bare", str(work), str(tmp_path / "loans.git"))
    return tmp_path / "loans.git"


async def test_a_copied_home_does_not_take_a_bare_repository_from_the_first(
    home, work, shared, receiver, caplog
):
    bring(shared, home, NOBODY)
    commit(work)
    push(work, remote=str(shared))
    write_address(home, receiver.url)
    before = (shared / "sluss" / "hook.json").read_text()
    copy = home.with_name("copy")
    shutil.copytree(home, copy)
    write_address(copy, NOBODY)

    assert await resend(copy) == 0

    assert (shared / "sluss" / "hook.json").read_text() == before
    assert f"another server, whose home is {home}" in caplog.text
    assert await resend(home) == 1
    commit(work)
    push(work, remote=str(shared))
    assert receiver.push_ids() == [1, 2]


@pytest.mark.parametrize("as_", ["moved", "copied and the first one gone"])
async def test_a_home_in_another_place_keeps_its_bare_repository(home, work, shared, receiver, as_):
    bring(shared, home, NOBODY)
    there = home.with_name("there")
    if as_ == "moved":
        home.rename(there)
    else:
        shutil.copytree(home, there)
        shutil.rmtree(home)
    write_address(there, receiver.url)

    assert await resend(there) == 0

    commit(work)
    push(work, remote=str(shared))
    assert receiver.push_ids() == [1]


async def test_a_home_that_is_reached_by_a_link_is_no_other(home, work, shared, receiver, caplog):
    bring(shared, home, receiver.url)
    link = home.with_name("link")
    link.symlink_to(home)
    assert await resend(link) == 0
    assert caplog.text == ""
    commit(work)
    push(work, remote=str(shared))
    assert receiver.push_ids() == [1]


async def test_a_copied_home_has_the_repositories_that_it_keeps_itself(home, work, receiver):
    bring(work, home, NOBODY)
    copy = home.with_name("copy")
    shutil.copytree(home, copy)
    write_address(copy, receiver.url)
    assert await resend(copy) == 0
    commit(work)
    push(work, remote=str(copy / "repositories" / "loan_default.git"))
    assert receiver.push_ids() == [1]


async def test_a_start_leaves_the_hook_that_serves_another_home_alone(
    home, work, receiver, tmp_path
):
    bare = tmp_path / "loans.git"
    git(tmp_path, "clone", "--quiet", "--bare", str(work), str(bare))
    bring(bare, home, NOBODY)
    before = (home / PLATFORM_FILE).read_text()
    other = tmp_path / "other"
    prepare_home(other)
    shutil.copy(other / PLATFORM_FILE, home / PLATFORM_FILE)  # without the repository
    bring(bare, other, receiver.url)
    (home / PLATFORM_FILE).write_text(before)
    assert await resend(home) == 0
    commit(work)
    push(work, remote=str(bare))
    assert receiver.push_ids() == [1]


@pytest.mark.parametrize("is_foreign", [True, False], ids=["of another", "not to be written"])
async def test_a_hook_that_cannot_be_brought_up_to_date_ends_no_start(
    home, work, receiver, caplog, is_foreign
):
    bring(work, home, NOBODY)
    commit(work)
    push(work)
    hook = home / "repositories" / "loan_default.git" / "hooks" / "post-receive"
    hook.unlink()
    hook.write_text("#!/bin/sh\n") if is_foreign else hook.mkdir()
    write_address(home, receiver.url)
    assert await resend(home) == 1
    assert "The hook of loan_default was left as it is" in caplog.text


def test_pushes_at_the_same_time_get_numbers_of_their_own(tmp_path):
    pushes = [{"notificationId": 0, "resource": {"pushId": 0, "n": n}} for n in range(20)]
    with ThreadPoolExecutor(8) as pool:
        kept = list(pool.map(lambda push: keep(tmp_path, push), pushes))
    assert sorted(int(path.stem) for path in kept) == list(range(1, 21))
    found = [msgspec.json.decode(path.read_bytes())["resource"] for path in kept]
    assert [(int(path.stem), n) for n, path in enumerate(kept)] == [
        (push["pushId"], push["n"]) for push in found
    ]


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


def test_the_handler_of_azure_devops_reads_the_delivery(home, work, receiver):
    added = bring(work, home, receiver.url)
    now = commit(work)
    push(work)
    raw = msgspec.json.encode(receiver.deliveries[0])
    (event,) = source.read({}, raw, datetime.now(UTC)).events
    assert isinstance(event, CodePushed)
    assert event.id == f"ado/{added.repository.id}/1/refs/heads/main"
    assert (event.branch, event.commit, event.push_id) == ("main", now, 1)
    assert (event.pusher, event.pusher_name) == ("astrid@bank.example", "Astrid Lund")


def pushed(home):
    return pushers(home / "repositories" / "loan_default.git")


def test_the_repository_remembers_who_brought_each_commit(home, work):
    bring(work, home, NOBODY)
    first, second = commit(work, "One"), commit(work, "Two")
    push(work, SLUSS_PERSON="mallory@bank.example")
    third = commit(work, "Three")
    push(work)
    found = pushed(home)
    assert (found[first], found[second]) == ("mallory@bank.example",) * 2
    assert found[third] == "astrid@bank.example"


def test_who_brings_a_commit_again_did_not_bring_it(home, work):
    bring(work, home, NOBODY)
    git(work, "checkout", "--quiet", "-b", "feature")
    feature = commit(work, "A feature")
    push(work, "feature", SLUSS_PERSON="mallory@bank.example")
    git(work, "checkout", "--quiet", "main")
    main = commit(work, "Meanwhile")
    push(work)
    git(work, "merge", "--quiet", "--no-ff", "--no-edit", "feature")
    merge = git(work, "rev-parse", "HEAD")
    push(work, SLUSS_PERSON="bo@bank.example")
    found = pushed(home)
    assert (found[feature], found[merge]) == ("mallory@bank.example", "bo@bank.example")
    assert found[main] == "astrid@bank.example"


def test_a_name_brings_no_line_of_its_own(tmp_path):
    (tmp_path / "sluss").mkdir()
    noted = "\r\u2028\x0b".join(f"{letter * 40} bo@bank.example" for letter in "abc")
    (tmp_path / "sluss" / "pushed").write_bytes(f"{noted}\n".encode())
    assert list(pushers(tmp_path)) == ["a" * 40]


def test_a_repository_without_our_hook_remembers_nobody(tmp_path):
    assert pushers(tmp_path) == {}
