"""Runs a check's tool in the sandbox, has its output judged, and keeps it as evidence."""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Mapping
from contextlib import AbstractAsyncContextManager, nullcontext
from pathlib import Path
from typing import Final

import msgspec

from core.errors import StepFailedError
from core.gate.checks import Check, CheckResult, ModelRepo, Status, Tool
from core.gate.facts import CheckFacts, NotCheckedError
from core.gate.tools import CACHE, Level, Output, Stopped, ToolCommand, is_weaker
from core.gate.variables import model_settings
from core.policy import Policy
from core.ports.sandbox import FindSandbox, ModelEnvironments, Places, Sandbox
from core.words import BlobId
from workers.gate.judge import Judge
from workers.gate.said import COULD_NOT_RUN, NOTHING, could_not_run, said
from workers.gate.tool_reports import kept_report

Keep = Callable[[bytes], Awaitable[BlobId]]
Slot = AbstractAsyncContextManager[object]
Tell = Callable[[Check, str], None]

STOPPED: Final = {
    Stopped.TIME: "its tool was stopped after {seconds:g} s",
    Stopped.MEMORY: "its tool took more than {memory} MB of memory",
    Stopped.PROCESSES: "its tool held too many processes",
    Stopped.OUTPUT: "its tool wrote more than {output} MB",
    Stopped.DISK: "its tool filled its folder",
}
TOO_WEAK: Final = (
    "this machine shuts code in with {has} only, and policy.yml asks for {wants}. Nothing of the "
    "repository was run; tell GBI."
)
NO_SANDBOX: Final = "there is no sandbox here, and the check runs a tool"
NO_ENVIRONMENT: Final = "there is no place for the model's environment here"


class GateTools(msgspec.Struct, frozen=True, kw_only=True):
    """What all tools share. ``cache`` is the path of the folder for the tools' own caches, or "".

    ``network_env`` is what our own tools need to reach the package index; it may hold a password,
    so only commands with the network get it.
    """

    sandbox: FindSandbox | None = None
    environments: ModelEnvironments | None = None
    keep: Keep | None = None
    cache: str = ""
    network_env: Mapping[str, str] = {}

    async def may_run_code(self, policy: Policy) -> bool:
        """Tell whether the sandbox is as strong as policy asks for; without one no tool runs."""
        if self.sandbox is None:
            return True
        return not is_weaker((await self.sandbox()).level, Level(policy.rules.sandbox))

    async def answer(
        self,
        check: Check,
        tool: Tool,
        subject: "Subject",
        tell: Tell,
        *,
        slot: Slot,
        gives_way: bool = False,
    ) -> CheckResult:
        """Run the tool and have its output judged; whatever the tool does, there is a result.

        ``slot`` is a core. A command with the network waits for it too, but gives it back at once.
        """
        repo, facts = check.part(subject.repo), subject.facts.part(check.asks)
        try:
            command = tool.command(repo, facts)
        except NotCheckedError as error:
            return said(check, Status.NOT_CHECKED, str(error))
        if command is None:
            return said(check, Status.PASSED, NOTHING)
        sandbox = await self.sandbox() if self.sandbox else None
        problem = self._problem(command, sandbox, subject.policy)
        if sandbox is None or problem:
            return could_not_run(check, problem)
        try:
            places = await self._places(command, subject, lambda words: tell(check, words))
        except StepFailedError as error:
            return could_not_run(check, str(error))
        command = msgspec.structs.replace(command, gives_way=gives_way)
        if command.has_network:
            env = {**self.network_env, **command.env}
            command = msgspec.structs.replace(command, env=env)
        if command.has_network:
            async with slot:
                pass  # It only waits for its turn.
        async with nullcontext() if command.has_network else slot:
            tell(check, "")
            output = await sandbox.run(command, repo, places)
            return await self._judged(check, tool, command, output, subject)

    async def _judged(
        self, check: Check, tool: Tool, command: ToolCommand, output: Output, subject: "Subject"
    ) -> CheckResult:
        """Judge the output; only a tool of ours that was stopped "could not run".

        Code of a repository is to blame for its own end, so the check itself judges that.
        """
        if output.stopped and not command.runs_code:
            result = could_not_run(check, COULD_NOT_RUN.format(what=_stopped(command, output)))
        elif tool is check.full:
            result = await subject.judge.full(check, output)
        else:
            [result] = await subject.judge.preview([check], {check.id: output})
        return msgspec.structs.replace(
            result,
            seconds=round(output.seconds + result.seconds, 3),
            level=output.level,
            reports=await self._reports(output, command.quotes),
        )

    async def _reports(self, output: Output, quotes: Collection[str]) -> dict[str, BlobId]:
        if self.keep is None:
            return {}
        texts = {"stdout": output.stdout, "stderr": output.stderr, **output.files}
        return {
            name: await self.keep(await asyncio.to_thread(kept_report, data, quotes))
            for name, data in texts.items()
            if data
        }

    def _problem(self, command: ToolCommand, sandbox: Sandbox | None, policy: Policy) -> str:
        if sandbox is None:
            return NO_SANDBOX
        if command.needs_environment and self.environments is None:
            return NO_ENVIRONMENT
        has, wants = sandbox.level, Level(policy.rules.sandbox)
        if command.runs_code and is_weaker(has, wants):
            return TOO_WEAK.format(has=has, wants=wants)
        return ""

    async def _places(
        self, command: ToolCommand, subject: "Subject", tell: Callable[[str], None]
    ) -> Places:
        if not command.needs_environment:
            return Places(cache=await asyncio.to_thread(self._cache, command))
        assert self.environments is not None
        facts, repo = subject.facts, subject.repo
        settings = model_settings(repo, layout=facts.layout, gbi=facts.gbi)
        path = repo.find(settings.environment_file)
        text = repo.text(path) if path else ""
        hosts = facts.rules.libraries.hosts
        python = await self.environments.python(settings.environment_file, text, tell, hosts)
        return Places(model_python=python, test_tools=await self.environments.test_tools())

    def _cache(self, command: ToolCommand) -> str:
        """Return the cache folder for a tool that asks for it; no code of a repository gets it."""
        if command.runs_code or not any(CACHE in word for word in command.argv):
            return ""
        Path(self.cache).mkdir(mode=0o700, parents=True, exist_ok=True)
        return self.cache


class Subject(msgspec.Struct, frozen=True):
    """The commit that the gate looks at, and what is known about it."""

    repo: ModelRepo
    facts: CheckFacts
    policy: Policy
    judge: Judge


def _stopped(command: ToolCommand, output: Output) -> str:
    return STOPPED[output.stopped].format(
        seconds=command.seconds, memory=command.memory_mb, output=command.output_mb
    )
