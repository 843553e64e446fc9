"""What goes wrong between git and Azure DevOps: each is told in words, and the next fetch succeeds."""

import asyncio
import os
import signal
import sys
import threading
from base64 import b64encode
from contextlib import suppress
from pathlib import Path
from urllib.parse import quote

import pytest

from adapters.azure_devops.errors import NotThereError, RightMissingError
from adapters.git.command import GitCommand, git_path
from adapters.git.fetch import Failure, Fetch, FetchFailedError, Remote, _why, network_of
from core.errors import SlussError, StepFailedError, UnavailableError
from tests.adapters.azure_devops.git_world import until
from tests.adapters.bare_repositories.bare_world import git
from tests.peers.azure_devops import Right, faults
from tests.peers.azure_devops.faults import ALWAYS
from tests.peers.azure_devops.git_faults import half_a_pack, spoilt_pack
from tests.peers.azure_devops.world import SLUSS

ADVERTISED = "info/refs$"
PACK = "git-upload-pack$"


async def told(world, commit: str, kind: type[SlussError]) -> str:
    """What is said of a read that fails; it has no secret, and no word of the server's."""
    with pytest.raises(kind) as raised:
        await world.host.files(world.repository, commit)
    said = str(raised.value)
    assert world.devops.token not in said
    assert "TF4" not in said
    assert "http:" not in said
    return said


REFUSED = [
    (faults.answer(401), UnavailableError, "lacks a scope (Code: Read)"),
    (faults.answer(403, "TF401027: you need it"), RightMissingError, "missing (Code: Read)"),
    (faults.answer(404, "TF401019: no"), NotThereError, "right (Code: Read)"),
    (faults.too_many(), UnavailableError, "asks us to wait"),
    (faults.answer(500), UnavailableError, "does not answer"),
    (faults.answer(503, "down"), UnavailableError, "does not answer"),
    (faults.dropped_before(), UnavailableError, "does not answer"),
]


@pytest.mark.parametrize(
    ("where", "fault", "kind", "says"),
    [
        *((ADVERTISED, *each) for each in REFUSED),
        (ADVERTISED, faults.sign_in_page(), UnavailableError, "does not let us in"),
        (ADVERTISED, faults.sign_in_page(200), UnavailableError, "not its own (a web page)"),
        (ADVERTISED, faults.answer(200, "{}"), UnavailableError, "no repository of git"),
        (ADVERTISED, faults.sign_in_redirect(), UnavailableError, "does not let us in"),
        *((PACK, *each) for each in REFUSED),
        (PACK, faults.sign_in_page(), UnavailableError, "does not answer"),
        (PACK, faults.sign_in_redirect(), UnavailableError, "where the token does not go"),
    ],
)
async def test_a_fetch_that_is_refused_says_why_and_the_next_succeeds(
    world, where, fault, kind, says
):
    commit = world.commit({"a": b"1"})
    world.devops.faults.on("GET|POST", where, fault, times=ALWAYS)
    assert says in await told(world, commit, kind)

    world.devops.faults.clear()
    assert (await world.host.files(world.repository, commit)).files == {"a": b"1"}


async def test_a_page_that_comes_between_our_look_and_git_is_no_damage(world, caplog):
    commit = world.commit({"a": b"1"})
    world.devops.faults.on("GET", "_git/", faults.sign_in_page(200), skip=1, times=ALWAYS)
    assert "does not let us in" in await told(world, commit, UnavailableError)
    assert caplog.records == []


async def test_the_token_goes_to_no_other_host(world):
    """Not even a connection is opened there."""
    came = []

    async def met(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        came.append(await reader.read(1000))
        writer.close()

    stranger = await asyncio.start_server(met, "127.0.0.1", 0)
    port = stranger.sockets[0].getsockname()[1]
    away = {
        "Location": f"http://127.0.0.1:{port}/Harbour/x/_git/y/info/refs?service=git-upload-pack"
    }
    answers = [faults.answer(status, headers=away) for status in (301, 302, 307, 308)]
    for number, answer in enumerate(answers):
        commit = world.commit({"a": b"%d" % number})
        for looks in (0, 1):  # ours, and git's own
            world.devops.faults.on("GET", ADVERTISED, answer, skip=looks, times=ALWAYS)
            await told(world, commit, UnavailableError)
            world.devops.faults.clear()
    stranger.close()
    assert came == []


@pytest.mark.parametrize("url", ["http://example.invalid/x", "file:///etc", "ext::touch x", "/etc"])
async def test_only_https_is_spoken_off_this_machine(tmp_path, url):
    (tmp_path / "x.git").mkdir()
    into = GitCommand(tmp_path / "x.git", git=git_path())
    await into.run("init", "--bare", "--quiet")
    remote = Remote(url, "Basic c2VjcmV0")
    with pytest.raises(FetchFailedError) as raised:
        await Fetch(git=git_path())(
            into, ["1" * 40], remote, most_bytes=1000, keeps=(), with_history=True
        )
    assert raised.value.why is Failure.NOT_ALLOWED
    assert "c2VjcmV0" not in f"{raised.value} {remote!r}"


async def test_git_goes_through_the_proxy_of_the_bank_and_tells_it_no_token(tmp_path):
    came = []

    async def met(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        came.append(await reader.readuntil(b"\r\n\r\n"))
        writer.close()

    proxy = await asyncio.start_server(met, "127.0.0.1", 0)
    address = f"http://127.0.0.1:{proxy.sockets[0].getsockname()[1]}"
    network = network_of({"HTTPS_PROXY": address, "SSL_CERT_FILE": "/x.pem", "UV_TOKEN": "x"})
    assert network == {"HTTPS_PROXY": address, "GIT_SSL_CAINFO": "/x.pem"}
    into = GitCommand(tmp_path / "x.git", git=git_path())
    into.folder.mkdir()
    await into.run("init", "--bare", "--quiet")
    with pytest.raises(FetchFailedError):
        await Fetch(git=git_path(), network={"HTTPS_PROXY": address})(
            into,
            ["1" * 40],
            Remote("https://dev.azure.com/bank/x/_git/y", "Basic c2VjcmV0"),
            most_bytes=1000,
            keeps=(),
            with_history=True,
        )
    proxy.close()
    assert came[0].startswith(b"CONNECT dev.azure.com:443")
    assert b"c2VjcmV0" not in b"".join(came)


@pytest.mark.parametrize("missing", [301, 401, 403, 404, 429, 30_412])
def test_how_many_bytes_are_missing_is_no_answer_of_the_host(missing):
    said = f"error: {missing} bytes of body are still expected\nfatal: early EOF\n"
    assert _why(said.encode()) is Failure.DOWN


async def test_half_a_pack_leaves_nothing_that_is_taken_for_a_commit(world):
    commit = world.commit({"a": os.urandom(100_000)})
    world.devops.faults.on("POST", PACK, half_a_pack(world.hosted), skip=1)
    assert "does not answer" in await told(world, commit, UnavailableError)
    assert len((await world.host.files(world.repository, commit)).files["a"]) == 100_000
    assert list(world.clone.glob("objects/pack/tmp_*")) == []


async def test_a_pack_that_is_spoilt_on_its_way_is_no_damage_of_the_clone(world, caplog):
    commit = world.commit({"a": os.urandom(100_000)})
    for skip in (0, 1):  # the history, and the contents
        world.devops.faults.on("POST", PACK, spoilt_pack(world.hosted), skip=skip)
        assert "does not answer" in await told(world, commit, UnavailableError)
    assert len((await world.host.files(world.repository, commit)).files["a"]) == 100_000
    assert caplog.records == []


@pytest.mark.skipif(sys.platform != "linux", reason="others limit no memory")
async def test_a_commit_that_takes_too_much_memory_to_unpack_is_too_large(world, tmp_path):
    made = git(world.folder, "mktree")
    commit = git(world.folder, "commit-tree", made, stdin=b"x" * 200_000_000)
    into = GitCommand(tmp_path / "x.git", git=git_path(), most_memory=150_000_000)
    into.folder.mkdir()
    await into.run("init", "--bare", "--quiet")
    url = f"{world.devops.address}/{quote('lending & more')}/_git/{quote('churn models')}"
    login = b64encode(f":{world.devops.token}".encode()).decode()
    with pytest.raises(FetchFailedError) as raised:
        await Fetch(git=git_path())(
            *(into, [commit], Remote(url, f"Basic {login}")),
            most_bytes=1_000_000_000,
            keeps=(),
            with_history=True,
        )
    assert raised.value.why is Failure.TOO_LARGE


async def test_a_server_that_hangs_is_left_and_git_ends(world):
    commit = world.commit({"a": b"1"})
    world.devops.faults.on("POST", PACK, faults.hang(), times=ALWAYS)
    world.host = world.opened(limit_s=2.0)
    assert "it took too long" in await told(world, commit, UnavailableError)
    assert of_clone(world) == []


def of_clone(world) -> list[int]:
    """The processes of git that work on the clone."""
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        with suppress(OSError):
            if str(world.clone).encode() in path.read_bytes():
                found.append(int(path.parent.name))
    return found


@pytest.mark.skipif(not Path("/proc/self/cmdline").exists(), reason="Linux tells it there")
async def test_a_git_that_is_killed_in_the_middle_stops_nobody(world):
    commit = world.commit({"a": os.urandom(1_000_000)})
    await world.host.commits(world.repository, commit)  # what is fetched then are the contents
    going = threading.Event()
    world.devops.faults.on("POST", PACK, half_a_pack(world.hosted, until=going))
    reading = asyncio.create_task(world.host.files(world.repository, commit))
    await until(lambda: any(world.clone.glob("objects/pack/tmp_pack_*")))
    for process in of_clone(world):
        with suppress(ProcessLookupError):
            os.killpg(process, signal.SIGKILL)
    with pytest.raises(UnavailableError):
        await reading
    going.set()
    assert len((await world.host.files(world.repository, commit)).files["a"]) == 1_000_000


async def test_a_process_that_is_killed_while_it_fetches_stops_nobody(world):
    """Its git still has the lock, as it still writes; the next one waits until it has ended."""
    commit = world.commit({"a": os.urandom(1_000_000)})
    await world.host.commits(world.repository, commit)  # what is fetched then are the contents
    going = threading.Event()
    world.devops.faults.on("POST", PACK, half_a_pack(world.hosted, until=going))
    reading = await world.read_elsewhere(commit)
    await until(lambda: any(world.clone.glob("objects/pack/tmp_pack_*")))
    reading.kill()
    await reading.communicate()

    again = asyncio.create_task(world.host.files(world.repository, commit))
    await asyncio.sleep(0.2)
    assert not again.done()
    going.set()
    assert len((await again).files["a"]) == 1_000_000
    assert list(world.clone.glob("objects/pack/tmp_*")) == []


async def test_a_disabled_repository_is_told_and_read_again_when_it_is_enabled(world):
    first, second = world.commit({"a": b"1"}), world.commit({"a": b"2"})
    await world.host.files(world.repository, first)
    world.hosted.disable()
    assert "churn models is disabled" in await told(world, second, StepFailedError)
    world.hosted.enable()
    assert (await world.host.files(world.repository, second)).files == {"a": b"2"}


async def test_a_repository_that_is_deleted_or_not_shown_to_us_is_told_with_the_right(world):
    first, second = world.commit({"a": b"1"}), world.commit({"a": b"2"})
    await world.host.files(world.repository, first)
    world.devops.access.deny(SLUSS, Right.CODE_READ, at=world.hosted.id)
    assert "Code: Read" in await told(world, second, NotThereError)
    world.devops.access.allow(SLUSS, Right.CODE_READ, at=world.hosted.id)
    world.project.delete(world.hosted)
    assert "deleted" in await told(world, second, NotThereError)


async def test_a_token_that_has_ended_is_told(world):
    commit = world.commit({"a": b"1"})
    await world.host.files(world.repository, commit)
    newest = world.commit({"a": b"2"})
    world.devops.access.revoke(world.devops.token)
    assert "has expired" in await told(world, newest, UnavailableError)
