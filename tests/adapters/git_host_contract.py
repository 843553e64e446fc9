"""What every git host must do: a suite that runs on each implementation of the port.

A subclass gives the fixture ``world``: a repository on the host, and a way to put commits there.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Protocol

import pytest

from core.errors import CommitGoneError, UnknownNameError
from core.ports import GitHost

NOBODY_KNOWS = "0123456789abcdef0123456789abcdef01234567"
NO_COMMIT_IDS = ["", "HEAD", "main", "--output=/tmp/x", "0123456", "g" * 40, "A" * 40, "0" * 39]
ASTRID = ("Astrid Lund", "astrid@bank.example")
BO = ("Bo Ekman", "bo@bank.example")


class World(Protocol):
    """``links`` maps a path to its target; files that are not named again stay as they are."""

    host: GitHost
    repository: str

    def commit(
        self,
        files: Mapping[str, bytes | None],
        *,
        subject: str = ...,
        author: tuple[str, str] = ...,
        committer: tuple[str, str] = ...,
        links: Mapping[str, str] = ...,
    ) -> str: ...


class GitHostContract:
    async def test_a_commit_has_all_its_files_byte_by_byte(self, world: World):
        files = {
            "README.md": b"# Loans\n",
            "src/train.py": b"def train(data, params): ...\r\n",
            "data/empty": b"",
            "data/raw.bin": bytes(range(256)) * 3,
            "docs/år och dag.md": b"x",
        }
        commit = world.commit(files)
        assert dict((await world.host.files(world.repository, commit)).files) == files

    async def test_an_older_commit_keeps_its_own_files(self, world: World):
        first = world.commit({"a.txt": b"1", "b.txt": b"same"})
        world.commit({"a.txt": b"2"})
        assert (await world.host.files(world.repository, first)).files["a.txt"] == b"1"

    async def test_two_files_may_have_the_same_content(self, world: World):
        commit = world.commit({"a.txt": b"same", "b.txt": b"same"})
        assert (await world.host.files(world.repository, commit)).files == {
            "a.txt": b"same",
            "b.txt": b"same",
        }

    async def test_links_are_listed_and_never_followed(self, world: World):
        commit = world.commit({"a.txt": b"1"}, links={"out": "/etc/passwd", "in": "a.txt"})
        found = await world.host.files(world.repository, commit)
        assert (found.files, found.links) == (
            {"a.txt": b"1"},
            {"out": "/etc/passwd", "in": "a.txt"},
        )

    async def test_commits_come_newest_first_with_their_authors(self, world: World):
        first = world.commit({"a": b"1"}, subject="Start", author=ASTRID)
        second = world.commit({"a": b"2"}, subject="Mend: \u201cquotes\u201d | a\ttab", author=BO)
        commits = await world.host.commits(world.repository, second)
        assert [(c.id, c.author.name, c.author.email, c.subject) for c in commits] == [
            (second, *BO, "Mend: \u201cquotes\u201d | a\ttab"),
            (first, *ASTRID, "Start"),
        ]

    async def test_a_commit_tells_its_committer_and_whom_its_trailers_name(self, world: World):
        subject = (
            "Mend it\n\nCo-authored-by: Carin <carin@bank.example>\n"
            "Signed-off-by: Dag Holm <dag@bank.example>\nReviewed-by: Eva <eva@bank.example>\n"
            "Co-authored-by: no address\nCo-authored-by: bo@bank.example\n"
            "Signed-off-by: Eva <eva@bank.example>, Filip <filip@bank.example>\n"
        )
        commit = world.commit({"a": b"1"}, subject=subject, author=ASTRID, committer=BO)
        [found] = await world.host.commits(world.repository, commit)
        assert (found.committer.name, found.committer.email) == BO
        assert [each.email.partition("@")[0] for each in found.trailers] == [
            "carin", "dag", "bo", "eva", "filip"
        ]  # fmt: skip
        assert found.subject == "Mend it"

    async def test_of_too_many_commits_the_newest_come(self, world: World):
        _, second, third = (world.commit({"a": bytes([n])}) for n in range(3))
        ids = [c.id for c in await world.host.commits(world.repository, third, limit=2)]
        assert ids == [third, second]

    async def test_commits_since_another_leave_out_what_that_has(self, world: World):
        first, second, third = (world.commit({"a": bytes([n])}) for n in range(3))
        ids = [c.id for c in await world.host.commits(world.repository, third, first)]
        assert ids == [third, second]
        assert await world.host.commits(world.repository, first, third) == ()

    async def test_changed_files_name_what_was_added_changed_and_removed(self, world: World):
        first = world.commit({"same": b"1", "changed": b"1", "removed": b"1"})
        second = world.commit({"changed": b"2", "removed": None, "new/åäö": b"1"})
        found = await world.host.changed_files(world.repository, second, first)
        assert sorted(found) == ["changed", "new/åäö", "removed"]

    async def test_without_a_commit_to_compare_with_every_file_has_changed(self, world: World):
        commit = world.commit({"a": b"1", "b/c": b"1"})
        assert sorted(await world.host.changed_files(world.repository, commit, "")) == ["a", "b/c"]

    async def past(self, world: World, commit: str, since: str = "", limit: int = 99):
        found = await world.host.past_files(world.repository, commit, since, limit)
        return [(file.commit, file.path, file.data) for file in found]

    async def test_past_files_are_what_a_pushed_commit_brought_and_a_later_one_took_out(
        self, world: World
    ):
        start = world.commit({"old": b"older push"})
        first = world.commit({"old": None, "a": b"secret", "stays": b"same"})
        second = world.commit({"a": b"changed", "b/åäö": b"gone"})
        third = world.commit({"a": b"clean", "b/åäö": None})
        assert await self.past(world, third, start) == [
            (first, "a", b"secret"),
            (second, "a", b"changed"),
            (second, "b/åäö", b"gone"),
        ]

    async def test_without_a_commit_to_start_from_the_whole_history_counts(self, world: World):
        first = world.commit({"a": b"secret"})
        second = world.commit({"a": b"clean"})
        assert await self.past(world, second) == [(first, "a", b"secret")]

    async def test_a_past_content_comes_once_and_not_when_the_newest_commit_has_it(
        self, world: World
    ):
        first = world.commit({"a": b"one", "b": b"two"})
        world.commit({"a": b"x", "b": b"x", "c": b"one"})
        world.commit({"a": b"one", "c": None})
        newest = world.commit({"a": b"y", "d": b"two"})
        assert await self.past(world, newest) == [(first, "a", b"one")]

    async def test_of_too_many_past_files_the_newest_come(self, world: World):
        commits = [world.commit({"a": bytes([n])}) for n in range(5)]
        found = await self.past(world, commits[-1], limit=2)
        assert found == [(commits[2], "a", b"\x02"), (commits[3], "a", b"\x03")]

    async def test_nothing_is_past_when_nothing_was_pushed_or_all_is_there(self, world: World):
        first = world.commit({"a": b"1"})
        second = world.commit({"b": b"2"})
        assert await self.past(world, second) == []
        assert await self.past(world, second, second) == []
        assert await self.past(world, first, second) == []

    async def test_a_link_is_no_past_file(self, world: World):
        world.commit({"a": b"1"}, links={"out": "/etc/passwd"})
        newest = world.commit({"out": None})
        assert await self.past(world, newest) == []

    async def test_who_wrote_a_text_is_who_brought_it_in_last(self, world: World):
        world.commit({"a.json": b'{"x": 1}'}, author=ASTRID)
        brought = world.commit({"a.json": b'{"x": 1, "hash": "00ab"}'}, author=BO, committer=ASTRID)
        newest = world.commit({"a.json": b'{"hash": "00ab"}', "b": b"00ab"}, author=ASTRID)

        written = await world.host.who_wrote(world.repository, newest, "a.json", "00ab")

        assert written is not None
        assert (written.commit, written.author.name) == (brought, "Bo Ekman")
        assert datetime.fromisoformat(written.day)
        for path, text in (("a.json", "ffff"), ("c.json", "00ab"), ("*.json", "00ab")):
            assert await world.host.who_wrote(world.repository, newest, path, text) is None

    @pytest.mark.parametrize("ask", ["files", "commits", "changed_files", "past_files"])
    @pytest.mark.parametrize("commit", [NOBODY_KNOWS, *NO_COMMIT_IDS])
    async def test_a_commit_that_is_not_there_is_gone(self, world: World, ask: str, commit: str):
        known = world.commit({"a": b"1"})
        host, repository = world.host, world.repository
        asked: dict[str, Any] = {
            "files": lambda: host.files(repository, commit),
            "commits": lambda: host.commits(repository, commit),
            "changed_files": lambda: host.changed_files(repository, commit, known),
            "past_files": lambda: host.past_files(repository, commit, known, 9),
        }
        with pytest.raises(CommitGoneError):
            await asked[ask]()

    async def test_a_commit_to_compare_with_that_is_gone_is_named(self, world: World):
        commit = world.commit({"a": b"1"})
        with pytest.raises(CommitGoneError, match=NOBODY_KNOWS[:12]):
            await world.host.commits(world.repository, commit, NOBODY_KNOWS)
        with pytest.raises(CommitGoneError, match=NOBODY_KNOWS[:12]):
            await world.host.past_files(world.repository, commit, NOBODY_KNOWS, 9)

    async def test_an_unknown_repository_is_named(self, world: World):
        commit = world.commit({"a": b"1"})
        with pytest.raises(UnknownNameError, match="no_such_one"):
            await world.host.files("no_such_one", commit)
