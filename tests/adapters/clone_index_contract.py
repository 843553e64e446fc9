"""What every clone index must do: a subclass brings the fixture ``index``, empty."""

import asyncio

from core.gate.sketch import Sketch
from core.ports.clone_index import CloneIndex


def sketch(digest: str, *prints: int) -> Sketch:
    return Sketch(
        digest=digest,
        prints={value: (row, row + 1) for row, value in enumerate(prints)},
        numbers=[1, 2, 40],
        looks=[7, 8, 2**32 - 1],
    )


async def places(index: CloneIndex, *prints: int, besides: str = "ours") -> list[dict[str, str]]:
    return [found.paths for found in await index.look_up(prints, besides=besides)]


class CloneIndexContract:
    async def test_what_was_kept_comes_back(self, index: CloneIndex):
        files = {"a.py": sketch("a", 1, 2**48 - 1), "å.sql": sketch("b")}
        await index.replace("loans", files)
        assert await index.files("loans") == files
        assert await index.files("other") == {}
        assert await index.repositories() == ("loans",)

    async def test_what_shares_most_comes_first(self, index: CloneIndex):
        await index.replace("loans", {"a.py": sketch("a", 1, 5), "b.py": sketch("b", 1, 2, 3)})
        await index.replace("churn", {"c.py": sketch("c", 9)})
        found = await index.look_up([1, 2, 3, 4], besides="ours")
        assert [each.paths for each in found] == [{"loans": "b.py"}, {"loans": "a.py"}]
        assert found[0].sketch == sketch("b", 1, 2, 3)

    async def test_a_repository_is_not_compared_with_itself(self, index: CloneIndex):
        await index.replace("ours", {"a.py": sketch("a", 1)})
        assert await places(index, 1) == []
        assert await places(index, 1, besides="loans") == [{"ours": "a.py"}]

    async def test_one_content_in_many_repositories_is_found_in_each_once(self, index: CloneIndex):
        for name in ("ours", "loans", "churn"):
            await index.replace(name, {"b.py": sketch("a", 1), "a.py": sketch("a", 1)})
        assert await places(index, 1) == [{"churn": "a.py", "loans": "a.py"}]

    async def test_only_the_newest_files_are_kept(self, index: CloneIndex):
        await index.replace("loans", {"a.py": sketch("a", 1), "b.py": sketch("b", 2)})
        await index.replace("loans", {"a.py": sketch("c", 3), "b.py": sketch("b", 2)})
        assert await index.files("loans") == {"a.py": sketch("c", 3), "b.py": sketch("b", 2)}
        assert await places(index, 1) == []
        assert await places(index, 2, 3) == [{"loans": "b.py"}, {"loans": "a.py"}]

    async def test_a_file_that_was_moved_is_found_in_its_new_place(self, index: CloneIndex):
        await index.replace("loans", {"a.py": sketch("a", 1)})
        await index.replace("loans", {"b.py": sketch("a", 1)})
        assert await places(index, 1) == [{"loans": "b.py"}]

    async def test_without_files_a_repository_is_forgotten_and_others_stay(self, index: CloneIndex):
        await index.replace("loans", {"a.py": sketch("a", 1)})
        await index.replace("churn", {"a.py": sketch("a", 1)})
        await index.replace("loans", {})
        assert await places(index, 1) == [{"churn": "a.py"}]
        await index.replace("churn", {})
        assert await places(index, 1) == []

    async def test_nothing_looked_for_is_nothing_found(self, index: CloneIndex):
        await index.replace("loans", {"a.py": sketch("a", 1)})
        assert await places(index) == []

    async def test_many_at_once_do_not_hinder_each_other(self, index: CloneIndex):
        async def kept(number: int) -> None:
            await index.replace(f"r{number}", {"a.py": sketch(f"d{number}", 1, number)})
            assert await index.files(f"r{number}")

        await asyncio.gather(*(kept(number) for number in range(20)))
        assert len(await places(index, 1)) == 20

    async def test_what_comes_out_is_bounded(self, index: CloneIndex):
        files = {f"{n}.py": sketch(f"d{n}", 1) for n in range(2_000)}
        await index.replace("loans", files)
        assert 50 < len(await places(index, 1)) < 1_000
