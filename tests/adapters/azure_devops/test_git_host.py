"""Azure DevOps is a git host: commits are fetched once, by their id, and no token is left behind."""

import base64
import os
from contextlib import suppress
from pathlib import Path
from secrets import token_hex

import pytest

from adapters.azure_devops.rest import GIT_TYPE
from adapters.git.command import git_path
from adapters.git.tree import TreeLimits
from core.errors import CommitGoneError, StepFailedError, UnavailableError, UnknownNameError
from tests.adapters.azure_devops.git_world import until
from tests.adapters.bare_repositories.bare_world import SMALL, git
from tests.adapters.git_host_contract import GitHostContract
from tests.peers.azure_devops import build_service, faults, person, service_principal
from tests.peers.azure_devops.world import SLUSS


class TestAzureGitHost(GitHostContract):
    """The whole contract."""


async def test_a_server_that_knows_no_partial_clones_hands_over_everything_at_once(world):
    world.hosted.supports_filter = False
    first = world.commit({"a": b"secret", "b": b"1"})
    second = world.commit({"a": b"clean"})
    host, repository = world.host, world.repository

    assert (await host.files(repository, second)).files == {"a": b"clean", "b": b"1"}
    assert [file.data for file in await host.past_files(repository, second, "", 9)] == [b"secret"]
    written = await host.who_wrote(repository, second, "a", "clean")
    assert written is not None
    assert written.commit == second
    assert [each.id for each in await host.commits(repository, second)] == [second, first]
    assert world.fetches() == 1


async def test_a_server_that_adds_a_charset_to_what_git_hears_is_git_all_the_same(world):
    commit = world.commit({"a.py": b"1"})
    told = faults.answer(200, "001e# service=git-upload-pack", content_type=GIT_TYPE)
    world.devops.faults.on("GET", "info/refs", told)
    assert (await world.host.files(world.repository, commit)).files == {"a.py": b"1"}


async def test_who_has_no_address_wrote_it_all_the_same(world):
    commit = world.commit({"a": b"1"}, author=("Astrid Lund", ""), committer=("Astrid Lund", ""))
    [found] = await world.host.commits(world.repository, commit)
    assert (found.author.name, found.author.email) == ("Astrid Lund", "")
    assert found.pusher == "anna.berg@bank.example"


async def test_a_collection_on_premises_is_read_as_well(world):
    host = world.opened(address=world.devops.collection_address)
    commit = world.commit({"a": b"1"})
    assert (await host.files(world.repository, commit)).files == {"a": b"1"}
    [found] = await host.commits(world.repository, commit)
    assert found.pusher == "anna.berg@bank.example"


async def test_the_id_of_a_folder_is_no_commit(world, caplog):
    commit = world.commit({"a": b"1"})
    tree = git(world.folder, "rev-parse", f"{commit}^{{tree}}")
    with pytest.raises(CommitGoneError, match=tree[:12]):
        await world.host.files(world.repository, tree)
    assert (await world.host.files(world.repository, commit)).files == {"a": b"1"}
    assert caplog.records == []


async def test_a_commit_that_is_there_is_not_fetched_again_also_after_a_start(world):
    commit = world.commit({"a": b"1"})
    before = await world.host.files(world.repository, commit)
    count = world.fetches()

    assert await world.host.files(world.repository, commit) == before
    assert await world.opened().files(world.repository, commit) == before
    assert world.fetches() == count


async def test_all_contents_of_a_commit_come_in_one_call(world):
    commit = world.commit({f"f{number}": os.urandom(100) for number in range(40)})
    await world.host.commits(world.repository, commit)
    assert world.fetches() == 1
    assert len((await world.host.files(world.repository, commit)).files) == 40
    assert world.fetches() == 2


async def test_contents_of_the_past_come_in_one_call_each_time_they_are_asked_for(world):
    for number in range(10):
        world.commit({"a.json": f'{{"x": {number}}}'.encode(), f"f{number}": b"x"})
    newest = world.commit({"a.json": b"{}"})
    assert len(await world.host.past_files(world.repository, newest, "", 99)) == 10
    assert world.fetches() == 2

    elsewhere = world.commit({"b.json": b"key 1"})
    for number in range(2, 9):
        elsewhere = world.commit({"b.json": b"key %d" % number})
    another = world.opened_on_nothing()
    await another.commits(world.repository, elsewhere)
    count = world.fetches()
    written = await another.who_wrote(world.repository, elsewhere, "b.json", "key 1")
    assert written is not None
    assert world.fetches() == count + 1


def many_commits(world, number: int) -> str:
    """Push them at once, and return the newest."""
    one = "commit refs/heads/main\ncommitter Anna <anna@bank.example> {} +0000\ndata 1\nx\n"
    git(
        world._work,
        "fast-import",
        "--quiet",
        stdin="".join(map(one.format, range(number))).encode(),
    )
    return world.push()


async def test_of_a_new_commit_only_what_is_new_is_fetched(world):
    many_commits(world, 300)
    large = os.urandom(200_000)
    first = world.commit({"data": large})
    await world.host.files(world.repository, first)
    size = packed(world.clone)

    second = world.commit({"a": b"1"})
    assert (await world.host.files(world.repository, second)).files == {"data": large, "a": b"1"}
    assert packed(world.clone) - size < 10_000
    assert world.fetches() == 3  # commits and contents, and then both at once


async def test_of_new_commits_with_too_much_in_them_only_what_is_read_is_fetched(world):
    await world.host.files(world.repository, world.commit({"a": b"1"}))
    world.commit({"data": os.urandom(300_000)})
    world.commit({"data": os.urandom(900)})
    newest = world.commit({"data": b"small"})
    limited = world.opened(limits=TreeLimits(file_bytes=200_000, total_bytes=200_000))
    assert (await limited.files(world.repository, newest)).files == {"a": b"1", "data": b"small"}
    assert packed(world.clone) < 10_000

    for number in range(3):
        newest = world.commit({"data": os.urandom(150_000), "b": b"%d" % number})
    newest = world.commit({"data": b"small again"})
    assert (await limited.files(world.repository, newest)).files["b"] == b"2"
    assert packed(world.clone) < 20_000


def packed(clone: Path) -> int:
    return sum(path.stat().st_size for path in clone.glob("objects/pack/*"))


async def test_a_clone_is_for_its_owner_alone(world):
    await world.host.files(world.repository, world.commit({"a": b"1"}))
    assert world.clone.parent.stat().st_mode & 0o077 == 0


async def test_a_clone_knows_no_remote_so_that_git_never_fetches_by_itself(world):
    commit = world.commit({"a": b"1"})
    await world.host.commits(world.repository, commit)
    count = world.fetches()
    assert "remote" not in (world.clone / "config").read_text()
    blob = git(world.folder, "rev-parse", f"{commit}:a")
    assert "missing" in git(world.clone, "cat-file", "--batch-check", stdin=f"{blob}\n".encode())
    assert world.fetches() == count


def secrets_of(world) -> list[bytes]:
    token = world.devops.token
    return [token.encode(), base64.b64encode(f":{token}".encode())]


async def test_the_token_is_in_no_file_and_in_no_argument(world, tmp_path):
    """Every word that git is started with is written down, by what stands in its place."""
    log = tmp_path / "arguments"
    wrapper = tmp_path / "git"
    wrapper.write_text(f'#!/bin/sh\necho "$@" >> {log}\nexec {git_path()} "$@"\n')
    wrapper.chmod(0o700)
    commit = world.commit({"a": b"1"})
    host = world.opened(git=str(wrapper))

    await host.files(world.repository, commit)

    kept = [path.read_bytes() for path in world.home.rglob("*") if path.is_file()]
    arguments = log.read_bytes()
    assert b" fetch " in arguments
    assert [each for each in secrets_of(world) for data in (*kept, arguments) if each in data] == []


def command_lines() -> list[bytes]:
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        with suppress(OSError):
            found.append(path.read_bytes())
    return found


@pytest.mark.skipif(not Path("/proc/self/cmdline").exists(), reason="Linux tells it there")
async def test_while_git_fetches_no_list_of_processes_shows_the_token(world):
    """The token is of this test alone, as the list has the processes of others."""
    world.devops.token = world.devops.access.issue(token_hex(), SLUSS)
    commit = world.commit({"a": b"1"})
    world.devops.faults.on("POST", "git-upload-pack$", faults.hang())
    reading = await world.read_elsewhere(commit)
    await until(lambda: bool(world.devops.calls.to("POST", "git-upload-pack$")))
    seen = command_lines()
    reading.kill()
    world.devops.faults.clear()
    await reading.communicate()

    assert any(b"upload-pack" in line or b"git-remote-http" in line for line in seen)
    assert [each for each in secrets_of(world) for line in seen if each in line] == []


async def test_an_id_may_be_spelled_in_any_way(world):
    commit = world.commit({"a": b"1"})
    world.known = [world.repository.upper()]
    spelled = f"{{{world.repository.upper()}}}"
    assert (await world.host.files(spelled, commit)).files == {"a": b"1"}


async def test_a_repository_that_platform_yml_does_not_have_is_not_read(world):
    commit = world.commit({"a": b"1"})
    world.known = []
    with pytest.raises(UnknownNameError):
        await world.host.files(world.repository, commit)
    assert len(world.devops.calls) == 0


async def test_a_force_pushed_commit_is_read_until_it_is_pruned(world):
    first = world.commit({"a": b"1"})
    git(world._work, "commit", "--quiet", "--amend", "-m", "Another")
    second = world.push()
    assert first != second
    assert (await world.host.files(world.repository, first)).files == {"a": b"1"}

    world.hosted.prune()
    vanished = world.opened_on_nothing()
    with pytest.raises(CommitGoneError, match=first[:12]):
        await vanished.files(world.repository, first)
    assert (await vanished.files(world.repository, second)).files == {"a": b"1"}


async def test_a_repository_and_a_project_that_are_renamed_are_followed(world):
    for number, rename in enumerate(
        (
            lambda: world.hosted.rename("attrition"),
            lambda: world.project.rename("credits"),
            lambda: world.move_to(world.devops.project("elsewhere")),
        )
    ):
        commit = world.commit({"a": bytes([number])})
        await world.host.files(world.repository, commit)
        rename()
        commit = world.commit({"a": b"after %d" % number})
        assert (await world.host.files(world.repository, commit)).files["a"].startswith(b"after")


async def test_who_has_the_old_name_now_is_not_taken_for_it(world):
    await world.host.files(world.repository, world.commit({"a": b"1"}))
    world.hosted.rename("attrition")
    other = world.project.repository("churn models")
    other.push(by=world.by, files={"a": "another"})
    commit = world.commit({"a": b"2"})
    assert (await world.host.files(world.repository, commit)).files == {"a": b"2"}


async def test_a_file_that_is_too_large_is_named_and_the_others_are_not_lost(world):
    commit = world.commit({"small": b"1", "data/x.bin": os.urandom(200_000), "y": b"2"})
    limited = world.opened(limits=SMALL)
    with pytest.raises(StepFailedError, match=r"data/x\.bin"):
        await limited.files(world.repository, commit)


async def test_a_past_file_that_is_too_large_comes_empty_beside_the_others(world):
    world.commit({"a": os.urandom(300_000)})
    world.commit({"a": b"second"})
    newest = world.commit({"a": b"third"})
    found = await world.opened(limits=SMALL).past_files(world.repository, newest, "", 99)
    assert [file.data for file in found] == [b"", b"second"]


async def test_an_object_that_git_refuses_is_told(world):
    entry = b"100644 .git\0" + bytes.fromhex(world.blob(b"x"))
    words = ("hash-object", "-w", "-t", "tree", "--literally", "--stdin")
    made = git(world.folder, *words, stdin=entry)
    commit = git(world.folder, "commit-tree", "-m", "By hand", made)
    with pytest.raises(StepFailedError, match="malformed"):
        await world.host.files(world.repository, commit)


async def test_a_folder_that_a_tree_calls_a_file_is_told_and_no_damage_of_the_clone(world, caplog):
    folder = git(world.folder, "mktree", stdin=f"100644 blob {world.blob(b'1')}\tx\n".encode())
    words = ("hash-object", "-w", "-t", "tree", "--literally", "--stdin")
    made = git(world.folder, *words, stdin=b"100644 a\0" + bytes.fromhex(folder))
    commit = git(world.folder, "commit-tree", "-m", "By hand", made)
    with pytest.raises(StepFailedError, match="'a' is a file, and it is none"):
        await world.host.files(world.repository, commit)
    assert caplog.records == []


async def test_submodules_and_filters_of_a_repository_start_nothing(world, tmp_path):
    mark = tmp_path / "started"
    commit = world.commit(
        {
            ".gitmodules": f'[submodule "x"]\n\tpath = x\n\turl = ext::touch {mark}\n'.encode(),
            ".gitattributes": b"* filter=lfs diff=evil\n",
            ".lfsconfig": f"[lfs]\n\turl = ext::touch {mark}\n".encode(),
            "a": b"version https://git-lfs.github.com/spec/v1\n",
        }
    )
    newest = world.commit({"a": b"2"})
    assert len((await world.host.files(world.repository, newest)).files) == 4
    await world.host.past_files(world.repository, newest, commit, 9)
    await world.host.who_wrote(world.repository, newest, "a", "2")
    assert not mark.exists()


async def test_the_pusher_is_who_brought_the_commit_and_not_who_wrote_it(world):
    first = world.commit({"a": b"1"}, author=("Bo Ekman", "bo@bank.example"))
    world.by = world.devops.join(person("Carin Dahl", "carin@bank.example"))
    second = world.commit({"a": b"2"})
    pushers = [each.pusher for each in await world.host.commits(world.repository, second)]
    assert pushers == ["carin@bank.example", "anna.berg@bank.example"]
    [found] = await world.host.commits(world.repository, first)
    assert found.author.email == "bo@bank.example"


@pytest.mark.parametrize(
    ("service", "begins"),
    [
        (
            service_principal("deploy", "1f0c9a7e-2f9b-4a5c-9d3e-0b1f0c9a7e12"),
            "service_principal\\",
        ),
        (build_service("lending", "Harbour"), "Build\\"),
    ],
    ids=["principal", "build"],
)
async def test_a_pusher_that_is_no_person_is_seen_to_be_none(world, service, begins):
    world.by = world.devops.join(service)
    [found] = await world.host.commits(world.repository, world.commit({"a": b"1"}))
    assert found.pusher.startswith(begins)


async def test_who_pushed_is_asked_in_batches_and_never_twice(world):
    newest = many_commits(world, 120)
    found = await world.host.commits(world.repository, newest)
    assert {each.pusher for each in found} == {"anna.berg@bank.example"}
    assert len(world.devops.calls.to("POST", "commitsBatch$")) == 2

    assert await world.opened().commits(world.repository, newest) == found
    assert len(world.devops.calls.to("POST", "commitsBatch$")) == 2


async def test_a_line_of_the_kept_pushers_that_was_cut_off_is_asked_for_again(world):
    first, second = world.commit({"a": b"1"}), world.commit({"a": b"2"})
    found = await world.host.commits(world.repository, second)
    kept = world.clone / "pushers"
    kept.write_bytes(kept.read_bytes()[:-10])
    assert await world.host.commits(world.repository, second) == found
    assert await world.opened().commits(world.repository, first) == found[1:]


async def test_who_pushed_what_azure_devops_has_forgotten_nobody_can_say(world):
    first = world.commit({"a": b"1"})
    await world.host.files(world.repository, first)
    git(world._work, "commit", "--quiet", "--amend", "-m", "Another")
    world.push()
    world.hosted.prune()
    with pytest.raises(CommitGoneError, match="who pushed"):
        await world.host.commits(world.repository, first)


async def test_while_azure_devops_asks_us_to_wait_git_does_not_fetch(world):
    commit = world.commit({"a": b"1"})
    world.devops.faults.on("GET", "/repositories/", faults.slowed_down(delay_s=30))
    with pytest.raises(UnavailableError, match="asks us to wait"):
        await world.host.files(world.repository, commit)
    assert world.fetches() == 0
