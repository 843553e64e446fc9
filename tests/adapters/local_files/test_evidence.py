"""The evidence folder: what is kept comes back as it was, or says that it did not."""

import asyncio
import stat

import pytest

from adapters.local_files.evidence import EvidenceFolder
from core.errors import LedgerBrokenError, StoreUnavailableError, UnknownNameError

HELLO = "sha256:2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824"


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "home" / "evidence"


def the_file(folder):
    (path,) = (path for path in folder.rglob("*") if path.is_file())
    return path


async def test_evidence_is_named_after_its_content(folder):
    assert await EvidenceFolder(folder).keep(b"hello") == HELLO


@pytest.mark.parametrize("data", [b"", b"hello", bytes(range(256)) * 5000])
async def test_what_is_kept_comes_back(folder, data):
    evidence = EvidenceFolder(folder)
    assert await evidence.read(await evidence.keep(data)) == data


async def test_keeping_twice_is_keeping_once(folder):
    evidence = EvidenceFolder(folder)
    blobs = await asyncio.gather(*(evidence.keep(b"hello") for _ in range(20)))
    assert set(blobs) == {HELLO}
    assert the_file(folder).read_bytes() == b"hello"


async def test_another_process_finds_it(folder):
    await EvidenceFolder(folder).keep(b"hello")
    assert await EvidenceFolder(folder).read(HELLO) == b"hello"


async def test_nobody_else_may_read_it(folder):
    await EvidenceFolder(folder).keep(b"hello")
    path = the_file(folder)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert {stat.S_IMODE(path.parents[n].stat().st_mode) for n in range(3)} == {0o700}


NOT_THERE = [HELLO, "", "hello", "sha256:", "sha256:../../etc/passwd", HELLO.upper(), HELLO + "\n"]


@pytest.mark.parametrize("blob", NOT_THERE)
async def test_what_was_never_kept_has_no_content(folder, blob):
    with pytest.raises(UnknownNameError):
        await EvidenceFolder(folder).read(blob)


async def test_changed_evidence_is_not_shown(folder):
    evidence = EvidenceFolder(folder)
    await evidence.keep(b"hello")
    the_file(folder).write_bytes(b"hellO")
    with pytest.raises(LedgerBrokenError, match="was changed after it was kept"):
        await evidence.read(HELLO)


async def test_keeping_again_mends_a_damaged_file(folder):
    evidence = EvidenceFolder(folder)
    await evidence.keep(b"hello")
    the_file(folder).write_bytes(b"")
    await evidence.keep(b"hello")
    assert await evidence.read(HELLO) == b"hello"


async def test_a_folder_that_cannot_be_written_is_tried_again(folder):
    folder.parent.mkdir()
    folder.write_text("a file is in the way")
    with pytest.raises(StoreUnavailableError, match="Nothing was kept"):
        await EvidenceFolder(folder).keep(b"hello")
