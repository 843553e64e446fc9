"""Who only reads the ledger, as a script that waits, needs the right to read and no other."""

import pytest

from adapters.sql_store import SqlStore
from adapters.sql_store.reader import LedgerReader
from core.words import ReleaseId, Step, Stream
from tests.core.story import CHECKED, Story

LOAN, COMMIT = Stream("loan"), f"{1:040x}"
READS = "GRANT SELECT ON events, releases, alembic_version TO reader"


async def written(url: str) -> None:
    store = SqlStore(url)
    await store.commit(LOAN, 0, Story().push(1).finish(Step.CHECK, CHECKED).events, [])
    await store.close()


@pytest.mark.parametrize("url", ["sqlite", "postgresql"], indirect=True)
async def test_a_release_is_found_by_its_id_and_by_its_commit(url):
    await written(url)
    async with LedgerReader(url, "here") as reader:
        [found] = await reader.releases_of(COMMIT)
        assert found == await reader.release(ReleaseId("loan-1"))
        assert found.steps[Step.CHECK].finished is not None
        assert await reader.releases_of(f"{2:040x}") == []
        assert await reader.release(ReleaseId("loan-2")) is None


@pytest.mark.parametrize("url", ["postgresql"], indirect=True)
async def test_a_role_that_may_only_select_is_enough(url, postgresql):
    await written(url)
    with postgresql.session(url.rpartition("/")[2]) as session:
        session.execute("CREATE ROLE reader LOGIN")
        session.execute(READS)
    try:
        async with LedgerReader(url.replace("postgres@", "reader@"), "here") as reader:
            assert [each.id for each in await reader.releases_of(COMMIT)] == ["loan-1"]
    finally:
        with postgresql.session(url.rpartition("/")[2]) as session:
            session.execute("DROP OWNED BY reader; DROP ROLE reader")
