"""Kept clones serve many processes at once, mend themselves, and stay small."""

import asyncio
import json
import os
import resource
import shutil
import time

import pytest

from adapters.azure_devops.git_host import FOLDER
from adapters.git.kept_clones import CloneBounds
from core.errors import UnavailableError
from tests.adapters.bare_repositories.bare_world import git
from tests.peers.azure_devops.faults import ALWAYS, dropped_before

SOON = CloneBounds(unused_s=60.0, large_bytes=1000, large_s=0.0)


async def test_two_processes_that_read_at_once_fetch_once(world):
    commit = world.commit({f"f{number}": b"%d" % number for number in range(20)})
    readers = [await world.read_elsewhere(commit) for _ in range(2)]
    told = [(await reader.communicate())[0] for reader in readers]
    assert [len(json.loads(each)) for each in told] == [20, 20]
    assert len(world.devops.calls.to("POST", "git-upload-pack$")) <= 4


async def test_many_reads_at_once_fetch_each_commit_once(world):
    commits = [world.commit({"a": b"%d" % number}) for number in range(4)]
    hosts = [world.opened(), world.opened()]
    reads = [host.files(world.repository, commit) for commit in commits for host in hosts]
    found = await asyncio.gather(*reads)
    assert [each.files["a"] for each in found] == [b"0", b"0", b"1", b"1", b"2", b"2", b"3", b"3"]


async def test_what_a_killed_git_has_left_is_swept_before_the_next_fetch(world):
    await world.host.files(world.repository, world.commit({"a": b"1"}))
    left = [
        *("HEAD.lock", "config.lock", "packed-refs.lock", "shallow.lock"),
        *("refs/kept/x.lock", "objects/pack/tmp_pack_x", "objects/pack/tmp_idx_x"),
    ]
    for name in left:
        (world.clone / name).write_bytes(b"x")
    commit = world.commit({"a": b"2"})
    assert (await world.host.files(world.repository, commit)).files == {"a": b"2"}
    assert [name for name in left if (world.clone / name).exists()] == []


def cut_short(path):
    path.chmod(0o600)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def spoilt(path):
    path.chmod(0o600)
    data = path.read_bytes()
    path.write_bytes(data[:12] + os.urandom(len(data) - 12))  # the header stays


DAMAGE = {
    "a pack cut short": lambda clone: [
        cut_short(path) for path in clone.glob("objects/pack/*.pack")
    ],
    "a pack spoilt": lambda clone: [spoilt(path) for path in clone.glob("objects/pack/*.pack")],
    "an index cut short": lambda clone: [
        cut_short(path) for path in clone.glob("objects/pack/*.idx")
    ],
    "no packs": lambda clone: shutil.rmtree(clone / "objects" / "pack"),
    "no objects": lambda clone: shutil.rmtree(clone / "objects"),
    "no HEAD": lambda clone: (clone / "HEAD").unlink(),
    "a config that is none": lambda clone: (clone / "config").write_text("[x\n"),
    "an empty ref": lambda clone: [path.write_bytes(b"") for path in clone.glob("refs/kept/*")],
    "nothing at all": lambda clone: [shutil.rmtree(clone), clone.mkdir()],
}


@pytest.mark.parametrize("is_new", [False, True], ids=["read again", "a new commit"])
@pytest.mark.parametrize("damage", DAMAGE.values(), ids=DAMAGE)
async def test_a_damaged_clone_is_made_anew(world, damage, is_new):
    commit = world.commit({"a": os.urandom(5000), "b/c": os.urandom(5000)})
    wanted = await world.host.files(world.repository, commit)
    damage(world.clone)
    if is_new:
        commit = world.commit({"d": b"new"})
    read = (await world.host.files(world.repository, commit)).files
    assert {**wanted.files, **({"d": b"new"} if is_new else {})} == read


async def test_a_damaged_clone_is_kept_aside_to_be_looked_at(world, caplog):
    commit = world.commit({"a": b"1"})
    await world.host.files(world.repository, commit)
    DAMAGE["no HEAD"](world.clone)
    await world.host.files(world.repository, commit)
    assert world.clone.with_suffix(".damaged").is_dir()
    assert [each.action for each in caplog.records if hasattr(each, "action")] == [
        "clone_set_aside"
    ]


async def test_a_clone_that_another_has_made_anew_meanwhile_stays(world, caplog):
    commit = world.commit({"a": b"1"})
    await world.host.files(world.repository, commit)
    clones = world.host._clones
    async with clones.opened(world.repository) as damaged:
        pass
    await clones.set_aside(world.repository, damaged)
    assert not world.clone.exists()
    await world.host.files(world.repository, commit)
    await clones.set_aside(world.repository, damaged)
    assert world.clone.exists()
    assert len(caplog.records) == 1


async def test_many_packs_become_one_and_everything_is_still_read(world):
    commits = [world.commit({"a": b"%d" % number}) for number in range(6)]
    host = world.opened(bounds=CloneBounds(packs=3))
    for commit in commits:
        await host.files(world.repository, commit)
    assert len(list(world.clone.glob("objects/pack/*.pack"))) > 3

    await host.tend()

    assert len(list(world.clone.glob("objects/pack/*.pack"))) == 1
    world.devops.faults.on("GET|POST", "_git/", dropped_before(), times=ALWAYS)
    for number, commit in enumerate(commits):
        assert (await host.files(world.repository, commit)).files == {"a": b"%d" % number}


async def test_a_clone_that_nobody_uses_is_removed_and_comes_back(world):
    host = world.opened(bounds=SOON)
    commit = world.commit({"a": b"1"})
    await host.files(world.repository, commit)
    await world.opened().tend()
    assert world.clone.exists()
    long_ago = time.time() - 61
    os.utime(world.clone.with_suffix(".used"), (long_ago, long_ago))

    await host.tend()

    assert not world.clone.exists()
    assert (await host.files(world.repository, commit)).files == {"a": b"1"}


async def test_a_clone_that_has_grown_too_large_is_removed(world):
    host = world.opened(bounds=SOON)
    await host.files(world.repository, world.commit({"a": os.urandom(2000)}))
    await host.tend()
    assert not world.clone.exists()


async def test_the_clone_of_a_repository_that_is_no_longer_ours_is_removed(world):
    await world.host.files(world.repository, world.commit({"a": b"1"}))
    world.known = []  # as while platform.yml cannot be read
    await world.host.tend()
    assert world.clone.exists()
    world.known = ["11111111-2222-3333-4444-555555555555"]
    await world.host.tend()
    assert not world.clone.exists()


async def test_a_clone_that_is_being_read_is_not_removed(world):
    host = world.opened(bounds=SOON)
    await host.files(world.repository, world.commit({"a": os.urandom(2000)}))
    async with host._clones.opened(world.repository):
        await host.tend()
        assert world.clone.exists()
    await host.tend()
    assert not world.clone.exists()


async def test_only_the_newest_commits_are_told_to_the_server_as_known(world):
    first = world.commit({"a": b"1"})
    await world.host.changed_files(world.repository, first, "")
    for number in range(70):
        older = world.clone / "refs" / "kept" / f"{number:040x}"
        older.write_text(f"{first}\n")
        os.utime(older, (number, number))
    second = world.commit({"a": b"2"})
    await world.host.changed_files(world.repository, second, "")
    kept = git(world.clone, "for-each-ref", "--format=%(refname:lstrip=2)").split()
    assert len(kept) == 64
    assert {first, second} < set(kept)
    assert f"{5:040x}" not in kept


async def test_a_place_where_no_clone_can_be_is_told_and_waited_for(world):
    commit = world.commit({"a": b"1"})
    world.home.mkdir()
    (world.home / FOLDER).write_bytes(b"")
    with pytest.raises(UnavailableError, match=r"cannot be made in .*File exists"):
        await world.host.files(world.repository, commit)
    (world.home / FOLDER).unlink()
    assert (await world.host.files(world.repository, commit)).files == {"a": b"1"}


async def test_on_a_full_disk_who_pushed_is_asked_for_again(world):
    commit = world.commit({"a": b"1"})
    await world.host.files(world.repository, commit)
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, before[1]))
    try:
        [full] = await world.host.commits(world.repository, commit)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert [full] == [*await world.host.commits(world.repository, commit)]
    assert full.pusher
