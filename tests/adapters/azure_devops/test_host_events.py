"""What Azure DevOps says itself: the events of deliveries, by its API, and what is no event of it."""

import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import pytest

from adapters.azure_devops import AzureDevOps, AzureDevOpsSettings
from adapters.azure_devops.errors import NotThereError
from adapters.azure_devops.host_events import AzureDevOpsEvents
from core.again import Troubles
from core.confirm import Confirm
from core.desk import Desk, desk_after
from core.errors import UnavailableError
from core.events.outside import (
    ApprovalCompleted,
    BranchDeleted,
    CodePushed,
    DeliveryIgnored,
    PullRequestChanged,
    PullRequestCommented,
    PushHinted,
    RunStateChanged,
)
from core.platform import Platform
from core.platform import Repository as Known
from core.words import Stream
from tests.peers.azure_devops import (
    AzureDevOpsPeer,
    Identity,
    Repository,
    Right,
    build_service,
    faults,
    person,
)
from tests.peers.azure_devops.threads import open_thread
from tests.peers.azure_devops.world import SLUSS

FILES = {"src/train.py": "def train_model(): ..."}


@pytest.fixture
async def devops(tmp_path: Path) -> AsyncIterator[AzureDevOpsPeer]:
    async with AzureDevOpsPeer(tmp_path) as peer:
        yield peer


@pytest.fixture
def churn(devops: AzureDevOpsPeer) -> Repository:
    return devops.project("lending").repository("churn")


@pytest.fixture
def anna(devops: AzureDevOpsPeer) -> Identity:
    return devops.join(person("Anna Berg", "anna.berg@bank.example"))


@pytest.fixture
async def host(devops: AzureDevOpsPeer) -> AsyncIterator[AzureDevOpsEvents]:
    client = AzureDevOps(AzureDevOpsSettings(address=devops.address, token=devops.token))
    yield AzureDevOpsEvents(client)
    await client.close()


@pytest.fixture
def troubles() -> Troubles:
    return Troubles()


@pytest.fixture
def confirm(host: AzureDevOpsEvents, churn: Repository, troubles: Troubles) -> Confirm:
    here = Known(id="local-1", name=Stream("local"), team="risk", location="/srv/local.git")
    known = (Known(id=churn.id, name=Stream("churn"), team="lending"), here)
    return Confirm(host, lambda: Platform(repositories=known), troubles)


def delivered(event, **changed):
    """The event as a handler makes it; the body may say anything."""
    stamp = {"source": "azure-devops", "delivery": "subscription/7"}
    return msgspec.structs.replace(event, **stamp, **changed)


def forged(repository, push_id=99, commit="ab" * 20, branch="main", **more):
    return CodePushed(
        id=f"ado/{repository}/{push_id}/refs/heads/{branch}", time=datetime.now(UTC),
        source="azure-devops", delivery="subscription/7", repository=repository, branch=branch,
        commit=commit, pusher="eve@bank.example", push_id=push_id, **more,
    )  # fmt: skip


class TestPushes:
    async def test_a_push_is_told_as_a_delivery_would_tell_it(self, host, churn, anna):
        pushed = churn.push(by=anna, files=FILES)
        [event] = await host.push(churn.id, pushed.push_id)

        assert event == CodePushed(
            id=f"ado/{churn.id}/{pushed.push_id}/refs/heads/main", time=event.time,
            repository=churn.id, branch="main", commit=churn.head(), commits=pushed.commits,
            pusher="anna.berg@bank.example", pusher_name="Anna Berg", push_id=pushed.push_id,
        )  # fmt: skip
        assert abs(event.time - pushed.date) < timedelta(milliseconds=1)

    async def test_branches_that_are_deleted_and_tags_are_told_apart(self, host, churn, anna):
        churn.push(by=anna, files=FILES)
        churn.push(by=anna, files={"a.py": "1"}, branch="dev")
        tagged = churn.tag("v1", churn.head(), by=anna)
        gone = churn.delete_branch("dev", by=anna)

        [deleted] = await host.push(churn.id, gone.push_id)
        [tag] = await host.push(churn.id, tagged.push_id)
        assert isinstance(deleted, BranchDeleted)
        assert deleted.branch == "dev"
        assert isinstance(tag, DeliveryIgnored)

    async def test_all_pages_after_a_push_are_read_and_only_those(self, host, churn, anna, devops):
        first = churn.push(by=anna, files=FILES)
        commit = churn.head()
        numbers = [
            churn.update_refs(anna, {f"refs/heads/b{number}": commit}).push_id
            for number in range(120)
        ]
        mark = devops.calls.mark()

        assert await host.pushes_after(churn.id, first.push_id) == tuple(numbers)
        assert len(devops.calls.since(mark).to("GET", "/pushes")) == 2
        assert await host.pushes_after(churn.id, numbers[-3]) == tuple(numbers[-2:])
        assert await host.pushes_after(churn.id, numbers[-1]) == ()
        assert await host.last_push(churn.id) == numbers[-1]
        assert await host.last_push(churn.id, "main") == first.push_id
        assert await host.last_push(churn.id, "nowhere") == 0

    async def test_an_empty_repository_has_no_push(self, host, churn):
        assert await host.last_push(churn.id) == 0
        assert await host.pushes_after(churn.id, 0) == ()

    async def test_a_push_that_came_between_two_pages_is_not_lost(self, host, churn, anna, devops):
        """The newest come first: what comes meanwhile moves the others on, and none of them away."""
        churn.push(by=anna, files=FILES)
        commit = churn.head()
        numbers = [
            churn.update_refs(anna, {f"refs/heads/b{number}": commit}).push_id
            for number in range(120)
        ]

        async def meanwhile(request, handle):
            churn.update_refs(anna, {"refs/heads/late": commit})
            return await handle(request)

        devops.faults.on("GET", r"/pushes$", meanwhile, skip=1)
        assert set(numbers) <= set(await host.pushes_after(churn.id, 1))

    async def test_pushes_of_a_time_are_told(self, host, churn, anna, devops):
        devops.offset = timedelta(hours=-3)
        churn.push(by=anna, files=FILES)
        devops.offset = timedelta(0)
        late = churn.push(by=anna, files={"a.py": "1"}, branch="dev")
        now = datetime.now(UTC)

        found = await host.pushed_between(churn.id, now - timedelta(hours=1), now + timedelta(1))
        assert [event.push_id for event in found] == [late.push_id]

    async def test_a_disabled_repository_is_not_there(self, host, churn, anna):
        churn.push(by=anna, files=FILES)
        churn.disable()
        with pytest.raises(NotThereError):
            await host.pushes_after(churn.id, 0)


class TestPullRequests:
    async def test_a_list_names_the_event_that_is_told(self, host, churn, anna):
        churn.push(by=anna, files=FILES)
        churn.push(by=anna, files={"a.py": "1"}, branch="dev")
        opened = churn.pull_requests.create("dev", by=anna)
        since = datetime.now(UTC) - timedelta(days=1)

        [seen] = await host.pull_requests("lending", since)
        told = await host.pull_request(churn.id, opened.number)
        assert isinstance(told, PullRequestChanged)
        assert seen.event == told.id
        assert (told.creator, told.source_branch, told.status) == (
            "anna.berg@bank.example", "dev", "active"
        )  # fmt: skip
        assert told.commits == tuple(opened.commits())

    async def test_those_that_were_closed_since_are_listed_with_their_time(
        self, host, churn, anna, devops
    ):
        churn.push(by=anna, files=FILES)
        numbers = []
        for hours, branch in ((-30, "old"), (-1, "new")):
            devops.offset = timedelta(hours=hours)
            churn.push(by=anna, files={f"{branch}.py": "1"}, branch=branch)
            opened = churn.pull_requests.create(branch, by=anna)
            opened.complete(by=anna)
            numbers.append(opened.number)
        devops.offset = timedelta(0)

        [seen] = await host.pull_requests("lending", datetime.now(UTC) - timedelta(days=1))
        assert seen.number == numbers[1]
        assert seen.closed is not None

    @pytest.mark.parametrize("body", ["", "[]", '{"value": [{"status": "active"}]}'])
    async def test_a_list_that_is_none_is_named(self, host, devops, churn, body):
        answer = faults.answer(200, body, content_type="application/json")
        devops.faults.on("GET", "/pullrequests", answer)
        with pytest.raises(UnavailableError, match="list the pull requests of project lending"):
            await host.pull_requests("lending", datetime.now(UTC))

    async def test_another_spelling_of_a_list_is_the_same_list(self, host, devops, churn):
        listed = {"pullRequestId": "7", "status": None, "repository": {"id": churn.id.upper()}}
        closed = {**listed, "closedDate": "2026-02-03T10:11:12.1234567"}
        long_ago = {**listed, "closedDate": "2025-02-03T10:11:12.1234567Z"}
        for value in (None, [closed, long_ago]):
            body = json.dumps({"value": value})
            answer = faults.answer(200, body, content_type="application/json")
            devops.faults.on("GET", "/pullrequests", answer)

        [seen] = await host.pull_requests("lending", datetime(2026, 1, 1, tzinfo=UTC))
        assert (seen.repository, seen.number) == (churn.id, 7)
        assert seen.closed == datetime(2026, 2, 3, 10, 11, 12, 123457, tzinfo=UTC)

    async def test_more_than_a_page_are_all_listed(self, host, churn, anna):
        churn.push(by=anna, files=FILES)
        churn.push(by=anna, files={"a.py": "1"}, branch="dev")
        commit = churn.head("dev")
        for number in range(103):
            churn.update_refs(anna, {f"refs/heads/b{number}": commit})
            churn.pull_requests.create(f"b{number}", by=anna)

        found = await host.pull_requests("lending", datetime.now(UTC))
        assert len({each.number for each in found}) == 103


async def test_the_repositories_of_every_project_are_one_call(host, devops, churn, anna):
    churn.push(by=anna, files=FILES)
    fraud = devops.project("risk models").repository("fraud")
    fraud.disable()
    mark = devops.calls.mark()

    found = {each.name: each for each in await host.repositories()}
    assert {name: each.project.name for name, each in found.items()} == {
        "churn": "lending", "fraud": "risk models",
    }  # fmt: skip
    assert (found["churn"].default_branch, found["fraud"].is_disabled) == ("main", True)
    assert len(devops.calls.since(mark).to("GET", "/repositories")) == 1


class TestConfirmed:
    async def test_who_pushed_comes_from_the_api_and_not_from_the_body(
        self, host, churn, anna, confirm
    ):
        pushed = churn.push(by=anna, files=FILES)
        [true] = await host.push(churn.id, pushed.push_id)
        body = delivered(true, pusher="eve@bank.example", commit="ff" * 20, commits=())

        assert await confirm(body) == (delivered(true),)

    async def test_a_build_service_is_told_as_one(self, devops, host, churn):
        service = devops.join(build_service("lending", "Harbour"))
        pushed = churn.push(by=service, files=FILES)
        [event] = await host.push(churn.id, pushed.push_id)
        assert event.pusher.startswith("Build\\")

    @pytest.mark.parametrize(
        ("changed", "says"),
        [({"push_id": 99}, "has no push 99"), ({"branch": "dev"}, "did not move branch dev")],
    )
    async def test_a_push_that_never_was_is_ignored_and_takes_no_id_away(
        self, churn, anna, confirm, changed, says
    ):
        pushed = churn.push(by=anna, files=FILES)
        event = forged(churn.id, **{"push_id": pushed.push_id, **changed})

        [ignored] = await confirm(event)
        assert isinstance(ignored, DeliveryIgnored)
        assert says in ignored.reason
        assert ignored.id != event.id
        assert (ignored.source, ignored.delivery) == (event.source, event.delivery)

    async def test_a_commit_that_was_never_pushed_is_not_taken_over(self, churn, anna, confirm):
        pushed = churn.push(by=anna, files=FILES)
        [found] = await confirm(forged(churn.id, pushed.push_id, commit="de" * 20))
        assert found.commit == churn.head()

    async def test_another_organisation_is_ignored_and_nobody_is_asked(self, confirm, devops):
        mark = devops.calls.mark()
        [ignored] = await confirm(forged("6f0b5f0e-0000-4000-8000-000000000001"))
        assert isinstance(ignored, DeliveryIgnored)
        assert "not in platform.yml" in ignored.reason
        assert len(devops.calls.since(mark)) == 0

    @pytest.mark.parametrize("kind", ["push", "deletion", "hint", "pull_request", "comment"])
    async def test_what_happens_in_repositories_that_are_not_ours_is_no_stray(
        self, host, devops, anna, confirm, kind
    ):
        """A subscription is one for the whole project: theirs would hide what went wrong here."""
        other = devops.project("lending").repository("not ours")
        other.push(by=anna, files=FILES)
        other.push(by=anna, files={"a.py": "1"}, branch="dev")
        opened = other.pull_requests.create("dev", by=anna)
        open_thread(opened, "/sluss status", by=anna)
        about = {"time": datetime.now(UTC), "repository": other.id}
        natural = f"ado/no_repository/pr/{opened.number}/thread/1/comment/1"
        event = {
            "push": forged(other.id, 1),
            "deletion": BranchDeleted(id="x", branch="dev", push_id=9, **about),
            "hint": PushHinted(id="x", push_id=1, **about),
            "pull_request": await host.pull_request(other.id, opened.number),
            "comment": PullRequestCommented(
                id=natural, time=datetime.now(UTC), pull_request=opened.number, thread=1, comment=1
            ),
        }[kind]

        [ignored] = await confirm(delivered(event))
        assert "not in platform.yml" in ignored.reason
        assert desk_after(Desk(), [ignored]).strays == 0

    async def test_a_run_of_a_pipeline_of_another_repository_passes(self, confirm):
        """Its approval may wait for Sluss, whatever platform.yml says of the repository."""
        event = RunStateChanged(
            id="ado/p/run/7/completed", time=datetime.now(UTC), source="azure-devops",
            delivery="subscription/7", project="p", run=7, state="completed",
            repository="6f0b5f0e-0000-4000-8000-000000000001",
        )  # fmt: skip
        [passed] = await confirm(event)
        assert msgspec.structs.replace(passed, id=event.id) == event

    async def test_what_nobody_confirms_takes_no_id_away(self, confirm):
        """A forged one is read at the host, and so is the real one that comes after it."""
        event = ApprovalCompleted(
            id="ado/p/approval/7/completed", time=datetime.now(UTC), source="azure-devops",
            delivery="forged/1", project="p", approval="7",
        )  # fmt: skip
        real = msgspec.structs.replace(event, delivery="subscription/7")
        ids = [each.id for given in (event, real, real) for each in await confirm(given)]
        assert len(set(ids)) == 2
        assert event.id not in ids

    async def test_what_is_ignored_in_a_delivery_takes_no_id_away(self, churn, anna, confirm):
        """A forged body could say that branch main did not move, before it does."""
        ignored = DeliveryIgnored(
            id=f"ado/{churn.id}/1/refs/heads/main", time=datetime.now(UTC), source="azure-devops",
            delivery="subscription/7", what="git.push", reason="branch main did not move",
        )  # fmt: skip
        assert (await confirm(ignored))[0].id != ignored.id
        pressed = msgspec.structs.replace(ignored, id="azure-devops/test/2026-01-05")
        assert await confirm(pressed) == (pressed,)

    async def test_a_repository_of_this_machine_is_not_asked_about(self, confirm, devops):
        mark = devops.calls.mark()
        event = forged("local-1")
        assert await confirm(event) == (event,)
        assert len(devops.calls.since(mark)) == 0

    async def test_events_of_other_sources_pass(self, confirm):
        event = msgspec.structs.replace(forged("elsewhere"), source="mlflow")
        assert await confirm(event) == (event,)

    async def test_a_pull_request_is_told_as_it_is_now(self, host, churn, anna, confirm):
        churn.push(by=anna, files=FILES)
        churn.push(by=anna, files={"a.py": "1"}, branch="dev")
        opened = churn.pull_requests.create("dev", by=anna)
        early = delivered(await host.pull_request(churn.id, opened.number), creator="eve")
        opened.complete(by=anna)

        [found] = await confirm(early)
        assert (found.status, found.creator) == ("completed", "anna.berg@bank.example")
        assert found.id == (await host.pull_request(churn.id, opened.number)).id
        assert found.time == early.time

    async def test_a_pull_request_that_never_was_is_ignored(self, churn, anna, confirm):
        event = PullRequestChanged(
            id=f"ado/{churn.id}/pr/9/x", time=datetime.now(UTC), source="azure-devops",
            delivery="s/1", repository=churn.id, pull_request=9, creator="eve",
            source_branch="a", target_branch="b",
        )  # fmt: skip
        [ignored] = await confirm(event)
        assert isinstance(ignored, DeliveryIgnored)
        assert "has no pull request 9" in ignored.reason

    @pytest.mark.parametrize(
        "fault", [faults.answer(503), faults.sign_in_page(), faults.answer(403)]
    )
    async def test_while_it_cannot_be_asked_the_event_waits(
        self, churn, anna, confirm, devops, fault
    ):
        pushed = churn.push(by=anna, files=FILES)
        devops.faults.on("GET", r"/pushes/", fault)
        with pytest.raises(UnavailableError):
            await confirm(forged(churn.id, pushed.push_id))
        [event] = await confirm(forged(churn.id, pushed.push_id))
        assert isinstance(event, CodePushed)

    async def test_a_repository_that_is_hidden_from_us_is_ignored(
        self, churn, anna, confirm, devops
    ):
        pushed = churn.push(by=anna, files=FILES)
        devops.access.deny(SLUSS, Right.CODE_READ, at=churn.id)
        [ignored] = await confirm(forged(churn.id, pushed.push_id))
        assert "hides the repository from us" in ignored.reason

    async def test_a_push_of_many_branches_is_asked_for_once(
        self, host, churn, anna, confirm, devops
    ):
        churn.push(by=anna, files=FILES)
        commit = churn.head()
        pushed = churn.update_refs(anna, {f"refs/heads/b{n}": commit for n in range(20)})
        mark = devops.calls.mark()
        found = [await confirm(forged(churn.id, pushed.push_id, branch=f"b{n}")) for n in range(20)]
        assert {event.commit for [event] in found} == {commit}
        assert len(devops.calls.since(mark).to("GET", "/pushes/")) == 1

    async def test_what_keeps_deliveries_waiting_is_a_trouble_until_one_is_confirmed(
        self, churn, anna, confirm, devops, troubles
    ):
        pushes = [churn.push(by=anna, files=FILES | {"notes.md": each}) for each in ("1", "2")]
        events = [delivered(forged(churn.id, push.push_id, push.commits[0])) for push in pushes]
        devops.faults.on("GET", r"/pushes/", faults.answer(503), times=2)
        for event in events:
            with pytest.raises(UnavailableError):
                await confirm(event)

        [(work, trouble)] = troubles.open.items()
        assert work == "asking the host of git about deliveries of churn"
        assert f"read push {pushes[0].push_id} " in trouble.says
        await confirm(events[1])
        assert not troubles.open


async def test_a_run_of_a_repository_that_is_not_ours_may_be_one_that_waits_for_us(confirm, devops):
    moved = delivered(
        RunStateChanged(
            id="m", time=datetime.now(UTC), project="p", run=7, repository="of nobody",
        )
    )  # fmt: skip
    mark = devops.calls.mark()
    assert await confirm(moved) == (moved,)
    assert len(devops.calls.since(mark)) == 0
