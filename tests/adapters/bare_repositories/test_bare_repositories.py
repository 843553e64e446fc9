"""The folder of bare repositories is a git host, and hostile repositories do not bend it."""

import resource
import sys
import time

import pytest

from adapters.bare_repositories.host import BareRepositories
from adapters.git.command import GitCommand, git_path
from adapters.git.commit_reader import CommitReader
from core.errors import StepFailedError, UnavailableError
from tests.adapters.bare_repositories.bare_world import BareWorld, git
from tests.adapters.git_host_contract import GitHostContract


@pytest.fixture
def world(tmp_path):
    return BareWorld(tmp_path)


class TestBareRepositories(GitHostContract):
    """The whole contract."""


TOO_BIG = {
    "one file": ({"data/x.csv": b"x" * 1001}, r"data/x\.csv has 1,001 bytes.*1,000"),
    "all together": ({f"{n}": b"x" * 900 for n in range(3)}, "more than 2,500 bytes together"),
    "too many": ({f"{n}": b"x" for n in range(7)}, "7 files.*at most 6"),
}


@pytest.mark.parametrize(("files", "message"), TOO_BIG.values(), ids=TOO_BIG)
async def test_a_commit_over_a_limit_says_which_and_what_to_do(world, files, message):
    commit = world.commit(files)
    with pytest.raises(StepFailedError, match=message):
        await world.limited().files(world.repository, commit)


HOSTILE = [b"a\\b", b"a\x01b", b"\xff\xfe", b"..", b".git", b".GIT"]


@pytest.mark.parametrize("name", HOSTILE)
async def test_a_file_name_that_leads_elsewhere_is_refused(world, name):
    raw = world.blob(b"x")
    entry = b"100644 " + name + b"\0" + bytes.fromhex(raw)
    made = git(
        world.folder, "hash-object", "-w", "-t", "tree", "--literally", "--stdin", stdin=entry
    )
    commit = git(world.folder, "commit-tree", "-m", "By hand", made)
    with pytest.raises(StepFailedError, match="rename the file"):
        await world.host.files(world.repository, commit)


async def test_a_submodule_is_left_out(world):
    blob = world.blob(b"1")
    commit = world.commit_tree(f"160000 commit {'1' * 40}\tsub\n100644 blob {blob}\ta\n".encode())
    assert (await world.host.files(world.repository, commit)).files == {"a": b"1"}


async def test_a_pushed_replace_ref_does_not_change_what_a_commit_is(world):
    good = world.commit({"a": b"good"})
    evil = world.commit({"a": b"evil"})
    git(world.folder, "update-ref", f"refs/replace/{good}", evil)
    assert (await world.host.files(world.repository, good)).files == {"a": b"good"}


async def test_the_id_of_a_tree_is_no_commit(world):
    commit = world.commit({"a": b"1"})
    tree = git(world.folder, "rev-parse", f"{commit}^{{tree}}")
    with pytest.raises(Exception, match="no longer in the repository"):
        await world.host.files(world.repository, tree)


async def test_what_only_a_merge_brought_is_past_and_what_its_parents_had_is_told_there(world):
    base = world.commit({"a": b"base", "side": b"base"})
    ours = world.commit({"a": b"ours"})
    evil, theirs, clean = (world.blob(data) for data in (b"evil", b"theirs", b"clean"))
    side = world.commit_tree(f"100644 blob {theirs}\tside\n".encode(), base)
    merge = world.commit_tree(f"100644 blob {evil}\ta\n".encode(), ours, side)
    newest = world.commit_tree(f"100644 blob {clean}\ta\n".encode(), merge)

    found = await world.host.past_files(world.repository, newest, base, 99)
    assert {(file.commit, file.path, file.data) for file in found} == {
        (ours, "a", b"ours"),
        (side, "side", b"theirs"),
        (merge, "a", b"evil"),
    }


async def test_a_past_file_over_a_limit_comes_empty_and_the_newest_come_whole(world):
    for size in (1001, 900, 901, 902, 0):
        world.commit({"data.csv": b"x" * size})
    newest = world.commit({"data.csv": b"small"})
    found = await world.limited().past_files(world.repository, newest, "", 99)
    assert [len(file.data) for file in found] == [0, 0, 901, 902]


async def test_a_folder_that_is_not_there_is_tried_again(world):
    commit = world.commit({"a": b"1"})
    world.folder.rename(world.folder.with_name("elsewhere"))
    with pytest.raises(UnavailableError, match=r"loans\.git is not there"):
        await world.host.files(world.repository, commit)


async def test_a_git_that_hangs_is_stopped(world, tmp_path):
    commit = world.commit({"a": b"1"})
    find, hanging = {world.repository: world.folder}.get, str(tmp_path / "git")
    host = BareRepositories(find, git=hanging, time_limit_s=0.2)
    (tmp_path / "git").write_text("#!/bin/sh\nexec sleep 60\n")
    (tmp_path / "git").chmod(0o700)
    started = time.monotonic()
    with pytest.raises(UnavailableError, match=r"ls-tree gave no answer within 0\.2 s"):
        await host.files(world.repository, commit)
    assert time.monotonic() - started < 5


def bomb(world) -> str:
    """A commit of seven objects, and a million files."""
    entry = f"100644 blob {world.blob(b'1')}\t"
    for _ in range(6):
        made = git(
            world.folder, "mktree", stdin="".join(f"{entry}{n}\n" for n in range(10)).encode()
        )
        entry = f"040000 tree {made}\t"
    return git(world.folder, "commit-tree", "-m", "By hand", made)


def without_end(world) -> str:
    """A commit with a first line of 300 kB."""
    made = git(world.folder, "mktree")
    return git(world.folder, "commit-tree", made, stdin=b"x" * 300_000)


ENDLESS = {
    "files": (bomb, lambda reader, commit: reader.files(commit)),
    "changed files": (bomb, lambda reader, commit: reader.changed_files(commit, "")),
    "past files": (bomb, lambda reader, commit: reader.past_files(commit, "", 10)),
    "commits": (without_end, lambda reader, commit: reader.commits(commit)),
}


@pytest.mark.parametrize(("made", "ask"), ENDLESS.values(), ids=ENDLESS)
async def test_an_answer_without_end_is_cut_off_and_not_asked_for_again(world, made, ask):
    commit = made(world)
    reader = CommitReader(GitCommand(world.folder, git=git_path(), most_bytes=200_000))
    with pytest.raises(StepFailedError, match=r"more than 200,000 bytes"):
        await ask(reader, commit)


@pytest.mark.skipif(sys.platform != "linux", reason="others limit no memory")
async def test_a_commit_that_takes_too_much_memory_is_no_damage_and_not_asked_for_again(world):
    made = git(world.folder, "mktree")
    commit = git(world.folder, "commit-tree", made, stdin=b"x" * 100_000_000)
    reader = CommitReader(GitCommand(world.folder, git=git_path(), most_memory=60_000_000))
    with pytest.raises(StepFailedError, match="60,000,000 bytes of memory"):
        await reader.files(commit)


async def test_a_git_that_is_brought_down_leaves_no_core_dump(world, tmp_path):
    (tmp_path / "git").write_text("#!/bin/sh\nulimit -c; ulimit -Hc\n")
    (tmp_path / "git").chmod(0o700)
    before = resource.getrlimit(resource.RLIMIT_CORE)
    resource.setrlimit(resource.RLIMIT_CORE, (before[1], before[1]))
    try:
        told = await GitCommand(world.folder, git=str(tmp_path / "git")).run("version")
    finally:
        resource.setrlimit(resource.RLIMIT_CORE, before)
    assert told.split() == [b"0", b"0"]
