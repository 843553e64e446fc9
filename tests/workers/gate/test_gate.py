"""The gate: answers are kept, nothing hostile ends it, and what could not run never passes."""

import asyncio
import os
import signal
import time
from functools import partial

import msgspec
import psutil
import pytest

from adapters.sandbox import probe
from core.errors import StepFailedError, UnknownNameError
from core.gate.checks import CheckResult, ModelRepo, Status
from core.gate.facts import CheckFacts
from core.gate.tools import Level
from core.policy import Policy, policy
from tests.model_repos import REAL_WORLD, a_repo, real_world
from tests.workers.gate.checks.gbi import gbi
from workers.gate.cache import Contents
from workers.gate.checks import CHECKS
from workers.gate.child import CheckWork, run
from workers.gate.gate import Gate
from workers.gate.judge import JudgeLimits
from workers.gate.tools import GateTools

POLICY = Policy()
FACTS = POLICY.facts()
RULES = ["structure", "entry_points", "variables"]  # pure ones, which need no facts


def statuses(results: tuple[CheckResult, ...]) -> dict[str, Status]:
    return {result.check: result.status for result in results}


def children() -> list[psutil.Process]:
    return [
        each for each in psutil.Process().children() if "gate.child" in " ".join(each.cmdline())
    ]


async def first_child() -> psutil.Process:
    while not (found := children()):  # noqa: ASYNC110 - another process tells nobody
        await asyncio.sleep(0.005)
    return found[0]


async def test_a_good_repository_passes_in_the_order_of_the_card():
    results = await Gate()(a_repo(), FACTS, POLICY, only=RULES)
    assert [result.check for result in results] == RULES
    assert {result.status for result in results} == {Status.PASSED}


@pytest.mark.parametrize("name", REAL_WORLD)
async def test_a_repository_of_real_world_shape_passes(name):
    assert set(statuses(await Gate()(real_world(name), FACTS, POLICY, only=RULES)).values()) == {
        Status.PASSED
    }


async def test_findings_come_back_with_path_line_and_what_to_do():
    results = await Gate()(
        a_repo({"src/train.py": "x = 1\ndef train(:"}), FACTS, POLICY, only=RULES
    )
    [finding] = next(result for result in results if result.check == "entry_points").findings
    assert finding.place() == "src/train.py:2"
    assert finding.describe() == "is not valid Python (invalid syntax): mend the syntax"


LONG_FILE = "x = 'databricks'\n" + "y = [1, 2, 3]\n" * 20_000
SLOW = {f"src/slow_{number}.py": LONG_FILE for number in range(2)}
HOSTILE = {
    "null byte": {"src/train.py": b"\0"},
    "nested brackets": {"src/train.py": "[" * 10_000},
    "nested signs": {"src/train.py": "-" * 200_000 + "1"},
    "attribute chain": {"src/train.py": "a" + ".b" * 200_000},
    "syntax error": {"src/train.py": "def train(:"},
    "50 MB YAML": {"model_variables.yml": b"a: " + b"x" * 50_000_000},
    "alias bomb": {
        "model_variables.yml": b"a: &a [x,x]\n"
        + b"".join(b"%c: &%c [*%c,*%c]\n" % (n, n, n - 1, n - 1) for n in range(98, 122))
    },
    "nested YAML": {"model_variables.yml": b"[" * 60_000},
    "nested notebook": {"src/train.py": None, "src/train.ipynb": "[" * 200_000},
}


@pytest.mark.parametrize("changes", HOSTILE.values(), ids=HOSTILE)
async def test_a_hostile_repository_gets_its_answer_and_never_passes(changes):
    results = await Gate()(a_repo(changes), FACTS, POLICY, only=RULES)
    assert [result.check for result in results] == RULES
    assert any(result.is_open for result in results)
    assert children() == []


async def test_a_link_out_of_the_tree_is_refused():
    results = await Gate()(a_repo(links={"data/x": "/etc/passwd"}), FACTS, POLICY, only=RULES)
    assert statuses(results)["structure"] is Status.FOUND


async def test_a_check_that_takes_too_long_could_not_run():
    results = await Gate(limits=JudgeLimits(seconds=0.001))(a_repo(), FACTS, POLICY, only=RULES)
    assert set(statuses(results).values()) == {Status.COULD_NOT_RUN}
    assert "stopped after 0.001 s" in results[0].note
    assert children() == []


async def test_without_memory_a_check_could_not_run():
    repo = a_repo({"src/train.py": "x = [" + "1, " * 3_000_000 + "]"})
    results = await Gate(limits=JudgeLimits(memory_mb=220))(repo, FACTS, POLICY, only=RULES)
    found = {result.check: result for result in results}
    assert found["structure"].status is Status.PASSED
    assert found["entry_points"].status is not Status.PASSED


async def test_a_killed_process_costs_one_check_and_the_others_still_run():
    running = asyncio.create_task(Gate()(a_repo(SLOW), FACTS, POLICY, only=RULES))
    os.kill((await first_child()).pid, signal.SIGKILL)
    results = await running
    broken = [result for result in results if result.status is Status.COULD_NOT_RUN]
    assert len(broken) == 1
    assert "SIGKILL" in broken[0].note
    assert len(results) == len(RULES)


async def test_a_cancelled_gate_leaves_no_process_behind():
    running = asyncio.create_task(Gate()(a_repo(SLOW), FACTS, POLICY, only=RULES))
    await first_child()
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    assert children() == []


async def test_an_unchanged_repository_is_answered_without_a_process(tmp_path):
    first = await Gate(cache=tmp_path)(a_repo(), FACTS, POLICY, only=RULES)
    started = time.perf_counter()
    again = await Gate(cache=tmp_path, limits=JudgeLimits(seconds=0.001))(
        a_repo(), FACTS, POLICY, only=RULES
    )
    assert time.perf_counter() - started < 0.3
    assert again == first


@pytest.mark.parametrize(
    ("repo", "facts"),
    [
        (a_repo({"src/train.py": "x = 1"}), FACTS),
        (a_repo({"src/new.py": ""}), FACTS),
        (a_repo(links={"a": "README.md"}), FACTS),
        (a_repo(), CheckFacts(max_workers=2)),
        (a_repo(), CheckFacts(gbi={"MODEL_SRC_PATH": "code"})),
    ],
    ids=["content", "file", "link", "rule", "GBI's variable"],
)
async def test_any_change_is_checked_anew(tmp_path, repo, facts):
    await Gate(cache=tmp_path)(a_repo(), FACTS, POLICY, only=RULES)
    results = await Gate(cache=tmp_path, limits=JudgeLimits(seconds=0.001))(
        repo, facts, POLICY, only=RULES
    )
    assert set(statuses(results).values()) == {Status.COULD_NOT_RUN}


def test_a_path_and_a_content_cannot_be_exchanged():
    one = ModelRepo(files={"a": b"b", "c": b"d"})
    two = ModelRepo(files={"a": b"d", "c": b"b"})
    keys = {Contents(repo, FACTS).key(CHECKS[0], is_preview=False) for repo in (one, two)}
    assert len(keys) == 2


async def test_what_could_not_run_is_not_kept(tmp_path):
    await Gate(cache=tmp_path, limits=JudgeLimits(seconds=0.001))(
        a_repo(), FACTS, POLICY, only=RULES
    )
    results = await Gate(cache=tmp_path)(a_repo(), FACTS, POLICY, only=RULES)
    assert set(statuses(results).values()) == {Status.PASSED}


@pytest.mark.parametrize("rest", [b"", b"\xff\xff"], ids=["half", "spoilt"])
async def test_half_a_file_in_the_cache_is_no_answer(tmp_path, rest):
    await Gate(cache=tmp_path)(a_repo(), FACTS, POLICY, only=RULES)
    for path in tmp_path.iterdir():
        path.write_bytes(path.read_bytes()[:20] + rest)
    results = await Gate(cache=tmp_path)(a_repo(), FACTS, POLICY, only=RULES)
    assert set(statuses(results).values()) == {Status.PASSED}


async def test_a_cache_that_cannot_be_written_does_no_harm(tmp_path):
    (tmp_path / "file").write_text("not a folder")
    results = await Gate(cache=tmp_path / "file" / "cache")(a_repo(), FACTS, POLICY, only=RULES)
    assert set(statuses(results).values()) == {Status.PASSED}


async def test_policy_moves_and_switches_off():
    rules = policy({"checks": {"structure": {"mode": "off"}, "variables": {"priority": 3}}})
    results = {
        result.check: result for result in await Gate()(a_repo(), rules.facts(), rules, only=RULES)
    }
    assert results["structure"].status is Status.NOT_CHECKED
    assert results["structure"].note == "switched off by policy.yml"
    assert results["variables"].priority == 3
    assert results["entry_points"].priority == 1


async def test_only_some_checks_may_be_asked_for():
    results = await Gate()(a_repo(), FACTS, POLICY, only=["variables"])
    assert list(statuses(results)) == ["variables"]


async def test_an_unknown_check_is_refused_with_a_guess():
    with pytest.raises(UnknownNameError, match="Did you mean variables"):
        await Gate()(a_repo(), FACTS, POLICY, only=["variable"])


def test_findings_are_bounded_and_free_of_control_characters():
    links = {f"l{n}\x1b[2J{'x' * 1_000}": "/etc" for n in range(300)}
    work = CheckWork(
        repo=a_repo(links=links), facts=FACTS, checks=("structure",), is_preview=True, outputs={},
        cpu_s=5, memory_mb=1024,
    )  # fmt: skip
    result = run(CHECKS[0], work)
    assert len(result.findings) == 200
    assert result.note == "not shown: 100 more findings"
    assert all(finding.path.isprintable() for finding in result.findings)
    assert all(len(finding.path) <= 400 for finding in result.findings)


async def test_the_model_code_is_never_imported(tmp_path):
    proof = tmp_path / "ran"
    source = f"open({str(proof)!r}, 'w')\ndef train(data, params):\n    return 1\n"
    await Gate()(
        a_repo({"src/train.py": source, "core/gate/checks.py": source}), FACTS, POLICY, only=RULES
    )
    assert not proof.exists()


@pytest.mark.parametrize("name", REAL_WORLD)
async def test_no_quick_check_stops_a_repository_of_real_world_shape(name):
    facts = msgspec.structs.replace(gbi(), clones=())
    results = await Gate(GateTools(sandbox=probe))(real_world(name), facts, POLICY, is_quick=True)
    assert {result.check: result.to_mend for result in results if result.to_mend} == {}


async def test_policy_may_refuse_a_sandbox_that_is_too_weak():
    """Nothing of the repository is run; tools of ours still are."""
    rules = policy({"rules": {"sandbox": "bubblewrap"}})
    gate = Gate(GateTools(sandbox=partial(probe, Level.LIMITS), environments=NO_ENVIRONMENTS))
    only = ["unit_tests", "bandit"]
    tests, bandit = await gate(a_repo(), rules.facts(), rules, only=only)
    assert tests.status is Status.COULD_NOT_RUN
    assert "limits only, and policy.yml asks for bubblewrap" in tests.note
    assert (bandit.status, bandit.level) == (Status.PASSED, Level.LIMITS)
    assert rules.blocked_gate(tests) == "run"


class _NoEnvironments:
    async def python(self, name, text, tell, hosts=()):
        raise StepFailedError("pandas==0.0.1 cannot be had. Nothing was run.")

    async def test_tools(self):
        raise AssertionError("nobody asks for them then")


NO_ENVIRONMENTS = _NoEnvironments()


async def test_an_environment_that_cannot_be_had_is_told_in_its_own_words():
    gate = Gate(GateTools(sandbox=probe, environments=NO_ENVIRONMENTS))
    [tests] = await gate(a_repo(), FACTS, POLICY, only=["unit_tests"])
    assert tests.status is Status.COULD_NOT_RUN
    assert tests.note == "pandas==0.0.1 cannot be had. Nothing was run."
