"""What runs beside the web server: consumers, the relay, and what looks at the world again."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from functools import partial

from adapters.mlflow.webhooks import install
from bot.deliver import Deliver
from core import jobs
from core.consumer import Consumer
from core.errors import UnavailableError
from core.jobs import CancelStep, Job, ObserveRegistry, RunStep, ShowCard
from core.ports import Message
from core.relay import relay
from core.work import Route, events_work, jobs_work
from sluss.home.runtime_files import home_runtimes
from sluss.home.settings import MLFLOW_SECRET
from sluss.templates.model_repository import template_code
from sluss.wiring.gate_parts import server_gate
from sluss.wiring.parts import Parts
from workers.gate.duplicates.find import prepare
from workers.services import Services
from workers.worker import Worker

log = logging.getLogger(__name__)

OBSERVE_EVERY_S = 30.0
BURY_EVERY_S = 10.0
ENSURE_EVERY_S = 2.0


class Engine:
    """``deliver`` shows cards; ``hook_url`` is where MLflow sends its deliveries."""

    def __init__(self, parts: Parts, deliver: Deliver, *, hook_url: str) -> None:
        self._parts = parts
        self._deliver = deliver
        self._hook_url = hook_url

    async def relay(self) -> None:
        """Until cancelled: what a gateway does beside its web server. Clicks make jobs, too."""
        await relay(self._parts.store, self._parts.jobs)

    async def run(self) -> None:
        """Until cancelled."""
        await _until_well(self._take_over)
        parts, worker = self._parts, Worker(_services(self._parts))
        routes: dict[type[Job], Route] = {
            RunStep: worker.run_step,
            CancelStep: worker.cancel_step,
            ObserveRegistry: worker.observe_registry,
            ShowCard: self._deliver,
        }
        events = Consumer(parts.events, events_work(parts.handle), _keep, name="events")
        work = Consumer(parts.jobs, jobs_work(routes), worker.bury, name="jobs", at_once=6)
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(events.run())
            tasks.create_task(work.run())
            tasks.create_task(relay(parts.store, parts.jobs))
            tasks.create_task(_every(OBSERVE_EVERY_S, self._observe))
            tasks.create_task(_every(BURY_EVERY_S, worker.bury_unseen))
            tasks.create_task(self._mlflow())
            tasks.create_task(self._know_templates())

    async def _take_over(self) -> None:
        """We are the home's only worker: what is held now, a killed one held, and nobody waits."""
        await self._parts.events.free()
        await self._parts.jobs.free()
        await self._parts.store.end_leases()

    async def _observe(self) -> None:
        """Webhooks are hints and may be lost: look at every claimed model now and then."""
        minute = int(self._parts.clock().timestamp() / OBSERVE_EVERY_S)
        for model, stream in (await self._parts.store.claims()).items():
            state = await self._parts.handle.model(stream)
            name = state.name or model
            job = ObserveRegistry(id=f"observe/poll/{stream}/{minute}", stream=stream, model=name)
            await self._parts.jobs.send(Message(id=job.message_id(), body=jobs.encode(job)))

    async def _know_templates(self) -> None:
        """What every model began with is no copy of another one."""
        names = [repository.name for repository in self._parts.handle.platform.repositories]
        rules = self._parts.settings.files.policy.rules.duplicates
        await prepare(self._parts.clones, template_code(), names, rules)

    async def _mlflow(self) -> None:
        """Install the webhooks once it answers; keep our own server up."""
        server, secret = self._parts.mlflow, self._parts.settings.secrets.secret(MLFLOW_SECRET)
        installed = partial(install, self._parts.mlflow_url, self._hook_url, secret)
        if server is not None:
            await _until_well(server.ready)
        await _until_well(installed)
        if server is not None:
            await _every(ENSURE_EVERY_S, server.ensure)


def _services(parts: Parts) -> Services:
    settings = parts.settings
    return Services(
        handle=parts.handle,
        jobs=parts.jobs,
        effects=parts.store,
        evidence=parts.evidence,
        git=parts.git,
        ml_platform=parts.ml_platform,
        registry=parts.registry,
        directory=parts.directory,
        policy=settings.files.policy,
        runtimes=home_runtimes(settings.home),
        clones=parts.clones,
        gate=server_gate(settings.home, settings.tool_environment, parts.evidence.keep),
        clock=parts.clock,
        page_url=settings.public_url,
    )


async def _keep(message: Message, reason: str) -> None:
    """An event that is a dead letter stays on /deliveries, to be sent again."""
    log.error("%s", reason, extra={"action": "event_dead_lettered", "message_id": message.id})


async def _every(seconds: float, look: Callable[[], Awaitable[object]]) -> None:
    while True:
        try:
            await look()
        except UnavailableError as error:
            log.warning("%s", error, extra={"action": "looked_in_vain"})
        await asyncio.sleep(seconds)


async def _until_well(attempt: Callable[[], Awaitable[object]]) -> None:
    while True:
        try:
            await attempt()
        except UnavailableError as error:
            log.warning("%s", error, extra={"action": "waits_for_mlflow"})
            await asyncio.sleep(error.retry_after_s)
        else:
            return
