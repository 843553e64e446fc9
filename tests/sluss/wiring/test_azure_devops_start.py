"""A start that is wired to Azure DevOps finds by itself what nobody has told it."""

import asyncio
import logging
from contextlib import nullcontext

import pytest

from bot.deliver import Deliver
from core.checkpoint import PIPELINE_CARD
from core.errors import RefusedError
from core.events.derived import ReleaseOpened
from core.events.desk import RepositoriesFound, SubscriptionsChanged
from core.words import PLATFORM, Stream
from sluss.home.prepare import prepare_home
from sluss.home.settings import load
from sluss.wiring.engine import Engine
from sluss.wiring.lock import Role
from sluss.wiring.parts import opened
from sluss.wiring.server import _bot
from tests.adapters.azure_devops.approvals_world import ApprovalsWorld
from tests.bot.views import press
from tests.peers.azure_devops import AzureDevOpsPeer, person
from tests.workers.watch.devops_world import until


async def test_a_worker_finds_pushes_hooks_and_repositories_when_it_starts(tmp_path, caplog):
    caplog.set_level(logging.CRITICAL)
    async with AzureDevOpsPeer(tmp_path / "organisation") as devops:
        anna = devops.join(person("Anna Berg", "anna.berg@bank.example"))
        churn = devops.project("lending").repository("churn")
        devops.project("risk").repository("fraud")
        churn.push(by=anna, files={"README.md": "a model"})
        prepare_home(tmp_path / "home")
        (tmp_path / "home" / "platform.yml").write_text(
            f"repositories:\n  - {{id: {churn.id}, name: churn, team: lending}}\n"
        )
        environ = {
            "SLUSS_AZURE_DEVOPS": devops.address,
            "SLUSS_SECRET_AZURE_DEVOPS_TOKEN": devops.token,
            "SLUSS_MLFLOW_URL": "http://127.0.0.1:1",
        }
        settings = load(tmp_path / "home", environ)
        async with opened(settings, Role.ALL) as parts:
            engine = Engine(parts, Deliver(_bot(parts).show, parts.chat))
            running = asyncio.create_task(engine.run())

            async def is_found():
                told = await parts.store.load(
                    PLATFORM, kinds=[SubscriptionsChanged, RepositoriesFound]
                )
                opens = await parts.store.load(Stream("churn"), kinds=[ReleaseOpened])
                return len(told) == 2 and len(opens) == 1

            await until(is_found)
            await engine.stop()
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)


async def test_a_pipeline_that_waits_is_found_decided_on_a_card_and_goes_on(tmp_path, caplog):
    caplog.set_level(logging.CRITICAL)
    async with AzureDevOpsPeer(tmp_path / "organisation") as devops:
        world = ApprovalsWorld(devops, author="astrid@bank.example")
        prepare_home(tmp_path / "home")
        (tmp_path / "home" / "policy.yml").write_text(
            "pipelines: {Lending: {production: [approvers]}}\n"
        )
        approval = world.waits()
        environ = {
            "SLUSS_AZURE_DEVOPS": devops.address,
            "SLUSS_SECRET_AZURE_DEVOPS_TOKEN": devops.token,
            "SLUSS_MLFLOW_URL": "http://127.0.0.1:1",
        }
        settings = load(tmp_path / "home", environ)
        async with opened(settings, Role.ALL) as parts:
            bot = _bot(parts)
            engine = Engine(parts, Deliver(bot.show, parts.chat))
            running = asyncio.create_task(engine.run())

            async def is_counted():
                known = (await parts.store.desk()).checkpoints.get(world.name(approval))
                return known is not None and known.contributors is not None

            await until(is_counted)
            card = (await bot.show.face(PIPELINE_CARD, world.name(approval), PLATFORM)).card
            for name, is_refused in (("astrid", True), ("carin", False)):
                person = await parts.directory.person(name)
                click = press(card, "Approve", person, press_id=name, comment="looked at it")
                with pytest.raises(RefusedError) if is_refused else nullcontext():
                    await bot.click(click)

            async def is_told():
                known = (await parts.store.desk()).checkpoints[world.name(approval)]
                return known.told is not None

            await until(is_told)
            assert approval.run.stages[0].state == "running"
            assert approval.steps[0].comment.startswith(
                "Approved by Carin Sjöberg (object id carin)"
            )
            await engine.stop()
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)
        await world.close()
