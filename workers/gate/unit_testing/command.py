"""Composes the command that the sandbox runs for a repository's tests, or in their place."""

import hashlib
import posixpath
from importlib.resources import files
from typing import Final

from core.gate.checks import ModelRepo
from core.gate.facts import CheckFacts
from core.gate.tools import MODEL_PYTHON, OUT, PYTHON, REPO, TEST_TOOLS, TOOL, ToolCommand
from core.gate.variables import model_settings

JUNIT: Final = "junit.xml"
COVERAGE: Final = "coverage.json"
PROGRESS: Final = "progress.txt"
ATTEMPTS: Final = "attempts.txt"
RUNNER: Final = "run_tests.py"
REPEAT: Final = "import sys; sys.stdout.buffer.write(sys.stdin.buffer.read())"


def has_tests(repo: ModelRepo, folder: str) -> bool:
    """Tell whether pytest would find test files, at any depth; names compare without case."""
    start = f"{folder}/".casefold()
    inside = (path.casefold() for path in repo.files if path.casefold().startswith(start))
    names = (posixpath.basename(path) for path in inside if path.endswith(".py"))
    return any(name.startswith("test_") or name.endswith("_test.py") for name in names)


def command(repo: ModelRepo, facts: CheckFacts) -> ToolCommand:
    """Compose the test run, or the mere repeat of a report where nothing is to be run.

    Nothing is to be run where there are no tests, or the pipeline has run them already.
    """
    tests = tests_folder(repo, facts)
    if is_accepted(facts) or facts.has_no_walls or not tests:
        return ToolCommand(argv=(PYTHON, "-I", "-c", REPEAT), stdin=facts.report or b"")
    rules = facts.rules.unit_tests
    sources = model_settings(repo, layout=facts.layout, gbi=facts.gbi).source_path
    order = (REPO, OUT, TEST_TOOLS, sources, tests, mark(repo))
    return ToolCommand(
        argv=(MODEL_PYTHON, "-I", "-B", f"{TOOL}/{RUNNER}", *order),
        files={RUNNER: (files("workers.gate.unit_testing") / RUNNER).read_bytes()},
        collects=(JUNIT, COVERAGE, PROGRESS, ATTEMPTS),
        runs_code=True,
        needs_environment=True,
        seconds=rules.seconds,
        memory_mb=rules.memory_mb,
    )


def is_accepted(facts: CheckFacts) -> bool:
    """Tell whether the pipeline's report counts: where there is no other, or policy takes it.

    A report says nothing of coverage: where policy asks for one, our own run is better.
    """
    rules = facts.rules.unit_tests
    is_enough = rules.accept_report and not rules.min_coverage
    return facts.report is not None and (is_enough or facts.has_no_walls)


def waits_for_report(repo: ModelRepo, facts: CheckFacts) -> bool:
    """Tell whether nothing but a report of the pipeline can say how the unit tests went."""
    is_missing = facts.has_no_walls and facts.report is None
    return is_missing and has_tests(repo, tests_folder(repo, facts))


def tests_folder(repo: ModelRepo, facts: CheckFacts) -> str:
    """Return the tests folder as the repository spells it; "" where there is none."""
    wanted = facts.layout.tests.strip("/")
    start = f"{wanted}/".casefold()
    inside = (path for path in repo.files if path.casefold().startswith(start))
    return next((path[: len(wanted)] for path in inside), "")


def mark(repo: ModelRepo) -> str:
    """Return the name of this run's report; it hashes every file, so no file can contain it."""
    total = hashlib.sha256()
    for path in sorted(repo.files):
        total.update(f"{len(path)} {path} {len(repo.files[path])} ".encode("utf-8", "replace"))
        total.update(repo.files[path])
    return f"sluss-{total.hexdigest()[:32]}"
