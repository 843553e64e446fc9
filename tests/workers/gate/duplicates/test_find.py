"""From two repositories to what they share: through the index, the child process and the rules."""

import asyncio
import json
import logging

import psutil
import pytest

from adapters.clone_index.index import CloneIndexFile
from core.gate.check_rules import DuplicateRules
from core.gate.checks import ModelRepo
from core.gate.facts import Clone
from core.policy import Policy
from sluss.on_a_folder.model_folder import read_folder
from sluss.templates.model_repository import Kind, template_code, write_repository
from tests.model_repos import REAL_WORLD, a_repo, real_world
from tests.workers.gate.duplicates.code import made
from workers.gate.duplicates import find
from workers.gate.duplicates.find import clones, learn, prepare

RULES = DuplicateRules()
COPY = made("age", 20)
LOANS = a_repo({"src/features.py": made("income", 9) + COPY})
CHURN = a_repo({"src/train.py": COPY + made("debt", 9)})
FOUND = Clone(
    path="src/train.py",
    first=1,
    last=20,
    repository="loans",
    other_path="src/features.py",
    other_first=10,
    other_last=29,
)


@pytest.fixture
async def index(tmp_path):
    index = CloneIndexFile(tmp_path / "clones.db")
    yield index
    await index.close()


def notebook(*sources: str) -> bytes:
    cells = [{"cell_type": "markdown", "metadata": {}, "source": ["# Read\n", "this"]}]
    for source in sources:
        lines = source.splitlines(keepends=True)
        cells.append({"cell_type": "code", "metadata": {}, "outputs": [], "source": lines})
    return json.dumps({"cells": cells, "nbformat": 4}, indent=1, ensure_ascii=False).encode()


def sql(table: str, literal: str = "a", rows: int = 20) -> str:
    lines = (f"    sum({table}_{n}) AS {table}_sum_{n} -- '{literal}'," for n in range(rows))
    return "\n".join(["SELECT", *lines, f"FROM {table} WHERE {table}_kind = '{literal}'"])


async def test_a_copy_is_found_in_the_other_repository(index):
    await learn(LOANS, "loans", index, RULES)
    assert await clones(CHURN, "churn", index, RULES) == (FOUND,)


async def test_nobody_is_told_of_their_own_code(index):
    await learn(LOANS, "loans", index, RULES)
    assert await clones(LOANS, "loans", index, RULES) == ()


async def test_each_repository_that_has_it_is_told(index):
    for name in ("loans", "fraud"):
        await learn(LOANS, name, index, RULES)
    found = await clones(CHURN, "churn", index, RULES)
    assert [clone.repository for clone in found] == ["fraud", "loans"]


async def test_a_file_that_is_there_twice_is_told_twice(index):
    await learn(LOANS, "loans", index, RULES)
    repo = a_repo({"src/train.py": COPY, "old/train.py": COPY})
    found = await clones(repo, "churn", index, RULES)
    assert [clone.path for clone in found] == ["old/train.py", "src/train.py"]


async def test_a_copy_that_drifted_says_so(index):
    await learn(LOANS, "loans", index, RULES)
    repo = a_repo({"src/train.py": COPY.replace("2.5", "0.1")})
    [found] = await clones(repo, "churn", index, RULES)
    assert found.has_drifted


@pytest.mark.parametrize(("min_lines", "count"), [(20, 1), (21, 0)])
async def test_policy_says_how_long_a_copy_is(index, min_lines, count):
    await learn(LOANS, "loans", index, RULES)
    found = await clones(CHURN, "churn", index, DuplicateRules(min_lines=min_lines))
    assert len(found) == count


async def test_the_newest_code_counts(index):
    await learn(LOANS, "loans", index, RULES)
    await learn(a_repo(), "loans", index, RULES)
    assert await clones(CHURN, "churn", index, RULES) == ()


async def test_the_cells_of_a_notebook_are_compared_and_lines_are_the_files(index):
    await learn(LOANS, "loans", index, RULES)
    data = notebook("import pandas\n", COPY)
    [found] = await clones(a_repo({"explore.ipynb": data}), "churn", index, RULES)
    lines = data.decode().splitlines()
    assert "def age_of" in lines[found.first - 1]
    assert "return age_0" in lines[found.last - 1]


async def test_a_notebook_on_one_line_is_compared_too(index):
    await learn(LOANS, "loans", index, RULES)
    data = json.dumps(json.loads(notebook(COPY))).encode()
    [found] = await clones(a_repo({"explore.ipynb": data}), "churn", index, RULES)
    assert (found.first, found.last) == (1, 1)


async def test_sql_is_compared_without_case(index):
    await learn(a_repo({"a.sql": sql("loans")}), "loans", index, RULES)
    repo = a_repo({"sql/B.SQL": sql("loans", "b").upper()})
    [found] = await clones(repo, "churn", index, RULES)
    assert (found.other_path, found.first, found.last) == ("a.sql", 1, 22)


@pytest.mark.parametrize("kind", Kind)
async def test_what_sluss_init_writes_is_no_copy(index, tmp_path, kind):
    for name in ("one", "two"):
        write_repository(tmp_path / name, kind)
    one, two = (read_folder(tmp_path / name, Policy()) for name in ("one", "two"))
    await prepare(index, template_code(), [], RULES)
    await learn(one, "one", index, RULES)
    assert await clones(two, "two", index, RULES) == ()


async def test_the_code_of_a_banks_template_is_no_copy(index):
    rules = DuplicateRules(templates=("our_template",))
    for name in ("our_template", "loans"):
        await learn(LOANS, name, index, rules)
    assert await clones(CHURN, "churn", index, rules) == ()
    assert await clones(LOANS, "our_template", index, rules) is None


async def test_what_a_template_had_before_is_no_copy_either(index):
    rules = DuplicateRules(templates=("our_template",))
    for template in (LOANS, a_repo()):
        await learn(template, "our_template", index, rules)
    await learn(LOANS, "loans", index, rules)
    assert await clones(CHURN, "churn", index, rules) == ()


@pytest.mark.parametrize("name", REAL_WORLD)
async def test_repositories_of_real_world_shape_share_nothing(index, name):
    for other in REAL_WORLD:
        await learn(real_world(other), other, index, RULES)
    assert await clones(real_world(name), name, index, RULES) == ()


async def test_who_opts_out_is_not_compared_and_is_forgotten(index):
    out = {".sluss_no_duplicates": ""}
    await learn(LOANS, "loans", index, RULES)
    assert await clones(a_repo({"src/train.py": COPY, **out}), "churn", index, RULES) is None
    await learn(a_repo({"src/features.py": COPY, **out}), "loans", index, RULES)
    assert await index.files("loans") == {}
    assert await clones(CHURN, "churn", index, RULES) == ()


async def test_a_repository_that_is_gone_is_forgotten_at_the_next_start(index):
    for name in ("loans", "fraud"):
        await learn(LOANS, name, index, RULES)
    await prepare(index, template_code(), ["fraud", "churn"], RULES)
    found = await clones(CHURN, "churn", index, RULES)
    assert [clone.repository for clone in found] == ["fraud"]


async def test_the_index_holds_no_code(index, tmp_path):
    await learn(a_repo({"src/train.py": made("hush_hush", 30)}), "loans", index, RULES)
    await index.close()
    assert b"hush_hush" not in (tmp_path / "clones.db").read_bytes()


async def test_unchanged_files_are_not_read_again(index, monkeypatch):
    await learn(LOANS, "loans", index, RULES)
    monkeypatch.setattr(find, "MOST_BYTES", 0)  # one byte more would be refused
    await learn(LOANS, "loans", index, RULES)
    assert await index.files("loans")


HOSTILE = {
    "src/big.py": b"x = 1\n" * 200_000,
    "src/binary.py": b"\0\xff" * 1000,
    "src/latin.py": "# å\nx = 'ö'\n".encode("latin-1"),
    "src/nested.py": b"(" * 100_000,
    "src/line.py": b"x" * 1_000_000,
    "nested.ipynb": b'{"cells": ' + b"[" * 100_000,
    "list.ipynb": b"[1]",
    "lost.ipynb": notebook("\n".join(f"a{n}" for n in range(5_000))).replace(b"a", b"\\u0061"),
    "lone.ipynb": notebook("x = 'S'\n" + made("x")).replace(b"'S'", b"'\\ud800'"),
    "open.sql": b"/*" * 1000,
    "no_ending": b"x = 1",
}


async def test_hostile_files_do_no_harm(index):
    await learn(LOANS, "loans", index, RULES)
    repo = a_repo({**HOSTILE, "src/train.py": COPY})
    assert [each.repository for each in await clones(repo, "churn", index, RULES)] == ["loans"]


async def test_too_much_code_is_not_compared_and_says_so(index, caplog):
    files = {f"{n}.py": b"#" * 1_000_000 for n in range(40)}
    with caplog.at_level(logging.WARNING):
        assert await clones(ModelRepo(files=files), "churn", index, RULES) is None
        await learn(ModelRepo(files=files), "churn", index, RULES)
    actions = [record.action for record in caplog.records]
    assert actions == ["clones_not_found", "clones_not_learned"]


async def test_a_process_that_takes_too_long_is_ended(index, monkeypatch):
    monkeypatch.setattr(find, "SECONDS", 0.01)
    files = {f"{n}.py": made(f"n{n}", 2_000) for n in range(30)}
    assert await clones(a_repo(files), "churn", index, RULES) is None
    assert [child for child in psutil.Process().children() if "duplicates" in str(child)] == []


async def test_an_index_that_cannot_be_used_says_so(tmp_path):
    broken = CloneIndexFile(tmp_path)
    assert await clones(CHURN, "churn", broken, RULES) is None
    await learn(CHURN, "churn", broken, RULES)
    await prepare(broken, template_code(), [], RULES)


async def test_the_event_loop_is_free_meanwhile(index):
    files = {f"{n}.py": made(f"n{n}", 1_000) for n in range(30)}
    learning = asyncio.create_task(learn(a_repo(files), "loans", index, RULES))
    turns = 0
    while not learning.done():
        await asyncio.sleep(0.001)
        turns += 1
    assert turns > 20
