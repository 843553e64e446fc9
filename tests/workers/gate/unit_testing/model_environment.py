"""A model's environment with Python alone, and pytest and coverage in a folder beside it."""

import asyncio
import subprocess
import sys
from pathlib import Path

from adapters.sandbox import probe
from core.gate.checks import Finding, Found, ModelRepo
from core.gate.facts import CheckFacts
from core.gate.tools import Output
from core.ports.sandbox import Places
from workers.gate.checks.unit_tests import unit_tests

UV = Path(sys.executable).with_name("uv")


def make(folder: Path) -> Places:
    python, tools = folder / "model" / "bin" / "python", folder / "test_tools"
    _uv("venv", "--python", sys.executable, str(folder / "model"))
    into = ("--python", str(python), "--target", str(tools), "--compile-bytecode")
    _uv("pip", "install", *into, "pytest", "coverage")
    return Places(model_python=str(python), test_tools=str(tools))


def _uv(*arguments: str) -> None:
    subprocess.run([UV, *arguments, "--quiet"], check=True, timeout=120)


def run(repo: ModelRepo, facts: CheckFacts, places: Places) -> tuple[Output, list[Found]]:
    assert unit_tests.full is not None
    command = unit_tests.full.command(repo, facts)
    assert command is not None

    async def shut_in() -> Output:
        return await (await probe()).run(command, repo, places)

    output = asyncio.run(shut_in())
    return output, list(unit_tests.full.parse(output, repo, facts))


def findings(found: list[Found]) -> list[Finding]:
    return [each for each in found if isinstance(each, Finding)]
