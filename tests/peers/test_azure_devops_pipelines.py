"""The peer's pipelines: builds, approvals and called checks, as the SDK and a check see them."""

import io
import json
import zipfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
from aiohttp import web

from tests.peers.azure_devops import (
    AzureDevOpsPeer,
    Right,
    build_service,
    group,
    junit,
    person,
)
from tests.peers.azure_devops.called_checks import CheckCall, RestCheck
from tests.peers.azure_devops.clients import sdk
from tests.peers.azure_devops.deliveries import Subscriber, body
from tests.peers.azure_devops.environments import (
    COMPLETED_EVENT,
    PENDING_EVENT,
    Environment,
    approvals_of,
)
from tests.peers.azure_devops.happenings import Happening
from tests.peers.azure_devops.pipelines import (
    BUILD_COMPLETE,
    RUN_CHANGED,
    STAGE_CHANGED,
    Pipeline,
    Run,
)
from tests.peers.azure_devops.world import SLUSS
from tests.peers.test_azure_devops_deliveries import HOOK, PAYLOADS, missing

ANNA = person("Anna Berg", "anna.berg@bank.example")
BO = person("Bo Lind", "bo.lind@bank.example")
JUNIT = b"""<testsuites><testsuite name="pytest" tests="3">
<testcase classname="tests.test_train" name="test_fit" time="0.5"/>
<testcase classname="tests.test_train" name="test_late"><skipped message="no GPU"/></testcase>
<testcase classname="tests.test_score" name="test_sum"><failure message="1 is not 2">E</failure></testcase>
</testsuite></testsuites>"""
VERSION = "api-version=7.1-preview.1"


@pytest.fixture
def devops(tmp_path: Path) -> Iterator[AzureDevOpsPeer]:
    with AzureDevOpsPeer(tmp_path) as devops:
        devops.join(ANNA, token="token-of-anna")
        devops.join(BO, token="token-of-bo")
        yield devops


@pytest.fixture
def deploy(devops: AzureDevOpsPeer) -> Pipeline:
    lending = devops.project("lending")
    churn = lending.repository("churn")
    churn.push(by=ANNA, files={"train.py": "1"})
    return Pipeline(lending, "deploy", churn)


@pytest.fixture
def told(devops: AzureDevOpsPeer) -> list[Happening]:
    told: list[Happening] = []
    devops.listeners.append(told.append)
    return told


def types(told: list[Happening]) -> list[str]:
    return [happening.event_type for happening in told]


# What a run or stage has only when it has ended.
NOT_YET = {
    RUN_CHANGED: {"/resource/run/result", "/resource/run/finishedDate"},
    STAGE_CHANGED: {"/resource/run/result", "/resource/run/finishedDate"},
    PENDING_EVENT: set(),
    COMPLETED_EVENT: {"/resource/run/result", "/resource/run/finishedDate"},
    BUILD_COMPLETE: set(),
}


class Api:
    """JSON calls beside the SDK, which has no approvals and no plans."""

    def __init__(self, devops: AzureDevOpsPeer, token: str) -> None:
        self._devops, self._auth = devops, ("", token)

    def ask(self, method: str, path: str, content: Any = None) -> requests.Response:
        url = f"{self._devops.address}/lending/_apis/{path}"
        return requests.request(method, url, auth=self._auth, json=content, timeout=10)

    def approvals(self, query: str = "") -> list[Any]:
        answer = self.ask("GET", f"pipelines/approvals?{VERSION}{query}")
        return list(answer.json()["value"])

    def decide(self, approval: str, status: str, comment: str = "") -> requests.Response:
        content = [{"approvalId": approval, "status": status, "comment": comment}]
        return self.ask("PATCH", f"pipelines/approvals?{VERSION}", content)


class TestBuilds:
    def test_a_run_is_a_build_of_its_commit(self, devops, deploy, told):
        run = deploy.run(by=ANNA)
        run.finish("partiallySucceeded")
        builds = sdk(devops.address, devops.token).get_build_client()
        seen = builds.get_build("lending", run.number)
        assert (seen.source_version, seen.result) == (
            deploy.repository.head(),
            "partiallySucceeded",
        )
        assert seen.requested_for.unique_name == ANNA.unique_name
        pipelines = sdk(devops.address, devops.token).get_pipelines_client()
        assert (
            pipelines.get_run("lending", deploy.number, run.number).result == "partiallySucceeded"
        )
        assert [one.name for one in pipelines.list_pipelines("lending")] == ["deploy"]
        assert types(told) == [RUN_CHANGED, RUN_CHANGED, BUILD_COMPLETE]

    def test_builds_are_found_by_branch_pipeline_and_repository(self, devops, deploy):
        other = Pipeline(deploy.project, "tests", deploy.repository)
        first, second = deploy.run(by=ANNA), other.run(by=BO)
        builds = sdk(devops.address, devops.token).get_build_client()
        second.finish()
        found = builds.get_builds(
            "lending", definitions=[other.number], branch_name="refs/heads/main"
        )
        assert [one.id for one in found] == [second.number]
        found = builds.get_builds("lending", status_filter="inProgress")
        assert [one.id for one in found] == [first.number]
        assert {one.name for one in builds.get_definitions("lending")} == {"deploy", "tests"}

    def test_an_artifact_is_downloaded_as_a_zip(self, devops, deploy):
        run = deploy.run(by=ANNA)
        run.publish_artifact("junit", {"results.xml": b"<testsuite/>"})
        builds = sdk(devops.address, devops.token).get_build_client()
        assert [one.name for one in builds.get_artifacts("lending", run.number)] == ["junit"]
        packed = b"".join(builds.get_artifact_content_zip("lending", run.number, "junit"))
        assert zipfile.ZipFile(io.BytesIO(packed)).read("junit/results.xml") == b"<testsuite/>"
        missing_one = Api(devops, devops.token).ask(
            "GET", f"build/builds/{run.number}/artifacts?artifactName=x"
        )
        assert missing_one.json()["typeKey"] == "ArtifactNotFoundException"

    def test_a_junit_report_is_a_test_run_of_its_build(self, devops, deploy):
        run = deploy.run(by=ANNA)
        junit.publish(run, JUNIT)
        tests = sdk(devops.address, devops.token).get_test_client()
        [found] = tests.get_test_runs("lending", build_uri=run.uri)
        assert (found.state, found.build.id) == ("Completed", str(run.number))
        results = tests.get_test_results("lending", found.id)
        outcomes = [(one.automated_test_name, one.outcome, one.error_message) for one in results]
        assert outcomes == [
            ("tests.test_train.test_fit", "Passed", None),
            ("tests.test_train.test_late", "NotExecuted", "no GPU"),
            ("tests.test_score.test_sum", "Failed", "1 is not 2"),
        ]
        files = tests.get_test_run_attachments("lending", found.id)
        assert [one.file_name for one in files] == ["results.xml"]

    def test_builds_need_their_right(self, devops, deploy):
        devops.access.deny(SLUSS, Right.BUILD_READ)
        refused = Api(devops, devops.token).ask("GET", f"build/builds?{VERSION}")
        assert (refused.status_code, refused.json()["typeKey"]) == (403, "AccessDeniedException")
        assert (
            Api(devops, "token-of-bo").ask("GET", f"build/builds/77?{VERSION}").status_code == 404
        )


class TestApprovals:
    @pytest.fixture
    def production(self, deploy: Pipeline) -> Environment:
        return Environment(deploy.project, "production", (SLUSS, BO), 1, "Look at the release.")

    @pytest.fixture
    def run(self, deploy: Pipeline, production: Environment) -> Run:
        run = deploy.run(by=ANNA)
        run.stage("deploy_prod", environment=production)
        return run

    def test_a_stage_waits_and_goes_on_when_approved(self, devops, run, told):
        api = Api(devops, devops.token)
        waiting = api.approvals("&state=pending&$expand=steps")[0]
        assert waiting["pipeline"]["owner"]["id"] == run.number
        assert [step["assignedApprover"]["id"] for step in waiting["steps"]] == [SLUSS.id, BO.id]
        assert run.stages[0].state == "pending"
        decided = api.decide(waiting["id"], "approved", "By Bo Lind, in Teams.").json()["value"][0]
        assert decided["status"] == "approved"
        step = decided["steps"][0]
        assert (step["actualApprover"]["id"], step["comment"]) == (
            SLUSS.id,
            "By Bo Lind, in Teams.",
        )
        assert run.stages[0].state == "running"
        assert types(told) == [COMPLETED_EVENT, STAGE_CHANGED]
        assert api.approvals("&state=pending") == []

    def test_a_rejected_stage_fails_its_run(self, devops, run):
        approval = approvals_of(run.project)[0]
        assert Api(devops, "token-of-bo").decide(approval.id, "rejected").status_code == 200
        assert (run.stages[0].result, run.result) == ("failed", "failed")

    def test_the_timeline_tells_of_which_stage_an_approval_is(self, devops, run):
        builds = sdk(devops.address, devops.token).get_build_client()
        records = {one.id: one for one in builds.get_build_timeline("lending", run.number).records}
        found = records[approvals_of(run.project)[0].id]
        assert found.type == "Checkpoint.Approval"
        assert records[records[found.parent_id].parent_id].identifier == "deploy_prod"

    def test_the_environment_tells_its_approvers(self, devops, production):
        clients = sdk(devops.address, devops.token)
        environments = clients.get_task_agent_client().get_environments(
            "lending", name="production"
        )
        query = (
            f"resourceType=environment&resourceId={environments[0].id}&$expand=settings&{VERSION}"
        )
        checks = Api(devops, devops.token).ask("GET", f"pipelines/checks/configurations?{query}")
        settings = checks.json()["value"][0]["settings"]
        assert [one["displayName"] for one in settings["approvers"]] == ["sluss", "Bo Lind"]

    def test_who_is_no_approver_is_refused(self, devops, run):
        approval = approvals_of(run.project)[0]
        refused = Api(devops, "token-of-anna").decide(approval.id, "approved")
        assert (refused.status_code, approval.status) == (403, "pending")

    def test_who_started_the_run_may_be_kept_out(self, devops, deploy):
        strict = Environment(deploy.project, "strict", (ANNA, BO), 1, may_approve_own_runs=False)
        deploy.run(by=ANNA).stage("go", environment=strict)
        approval = strict.approvals[0].id
        assert Api(devops, "token-of-anna").decide(approval, "approved").status_code == 403
        assert Api(devops, "token-of-bo").decide(approval, "approved").status_code == 200

    def test_a_member_of_an_approving_group_may_decide(self, devops, deploy):
        risk = group("lending", "Risk")
        guarded = Environment(deploy.project, "guarded", (risk,), members={risk.id: (SLUSS,)})
        deploy.run(by=ANNA).stage("go", environment=guarded)
        api = Api(devops, devops.token)
        assert [one["id"] for one in api.approvals(f"&userIds={SLUSS.id}")] == [
            guarded.approvals[0].id
        ]
        assert api.decide(guarded.approvals[0].id, "approved").status_code == 200

    def test_all_that_are_needed_must_approve(self, devops, deploy):
        both = Environment(deploy.project, "both", (SLUSS, BO))
        stage = deploy.run(by=ANNA).stage("go", environment=both)
        for token, state in ((devops.token, "pending"), ("token-of-bo", "running")):
            Api(devops, token).decide(both.approvals[0].id, "approved")
            assert stage.state == state

    @pytest.mark.parametrize("ended", ["decide", "skip", "time_out", "cancel"])
    def test_what_is_decided_cannot_be_decided_again(self, devops, run, ended):
        approval = approvals_of(run.project)[0]
        how = {"decide": {"status": "approved", "by": BO}, "skip": {"by": BO}}
        getattr(approval, ended)(**how.get(ended, {}))
        late = Api(devops, devops.token).decide(approval.id, "approved")
        assert (late.status_code, late.json()["typeKey"]) == (
            400,
            "ApprovalAlreadyCompletedException",
        )

    def test_a_cancelled_run_cancels_what_waits(self, run, told):
        run.cancel()
        assert approvals_of(run.project)[0].status == "canceled"
        assert types(told) == [COMPLETED_EVENT, STAGE_CHANGED, RUN_CHANGED, BUILD_COMPLETE]

    def test_deliveries_have_the_fields_of_the_samples(self, devops, deploy, told):
        production = Environment(deploy.project, "production", (SLUSS,))
        run = deploy.run(by=ANNA)
        run.stage("deploy_prod", environment=production)
        production.approvals[0].decide("approved", by=SLUSS)
        run.finish()
        samples = {
            PENDING_EVENT: "approval_pending__bare",
            COMPLETED_EVENT: "approval_completed__rejected",
            RUN_CHANGED: "run_state_changed__completed",
            STAGE_CHANGED: "stage_state_changed__running",
            BUILD_COMPLETE: "build_complete__of_today",
        }
        for happening in told:
            recorded = json.loads((PAYLOADS / f"{samples[happening.event_type]}.json").read_text())
            version = recorded["resourceVersion"]
            ours = body(
                happening, devops, Subscriber(HOOK.subscription_id, 1, resource_version=version)
            )
            assert set(missing(recorded, ours)) <= NOT_YET[happening.event_type]


class Called:
    """Where a check is called: it keeps the headers and answers what it is told to."""

    def __init__(self) -> None:
        self.status = 200
        self.is_cut = False
        self.headers: list[dict[str, str]] = []

    async def take(self, request: web.Request) -> web.Response:
        self.headers.append(dict(request.headers))
        if self.is_cut and request.transport is not None:
            request.transport.abort()
        return web.Response(status=self.status)


class TestCalledChecks:
    @pytest.fixture
    def called(self) -> Called:
        return Called()

    @pytest.fixture
    async def check(self, called: Called, deploy: Pipeline) -> AsyncIterator[CheckCall]:
        app = web.Application()
        app.router.add_post("/checks", called.take)
        runner = web.AppRunner(app)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        url = f"http://127.0.0.1:{runner.addresses[0][1]}/checks"
        check = RestCheck("Sluss", url, {"X-Secret": "s", "Of": "$(Build.BuildId) $(unknown)"})
        production = Environment(deploy.project, "production", checks=[check])
        deploy.run(by=ANNA).stage("deploy_prod", environment=production)
        yield production.calls[0]
        await runner.cleanup()

    def answer(
        self, devops, check: CheckCall, result: str = "succeeded", **changed: str
    ) -> requests.Response:
        content = {
            "name": "TaskCompleted",
            "taskId": check.task_instance_id,
            "jobId": check.job_id,
            "result": result,
        }
        token = changed.pop("token", check.token)
        path = f"distributedtask/hubs/build/plans/{check.run.plan_id}/events?{VERSION}"
        return Api(devops, token).ask("POST", path, content | changed)

    async def test_the_call_names_plan_and_job_and_the_plan_can_be_read_back(
        self, devops, called, check
    ):
        assert await check.deliver(devops.address) == 200
        sent = called.headers[0]
        assert (sent["PlanUrl"], sent["X-Secret"]) == (f"{devops.address}/", "s")
        assert sent["Of"] == f"{check.run.number} $(unknown)"
        path = f"distributedtask/hubs/{sent['HubName']}/plans/{sent['PlanId']}?{VERSION}"
        plan = Api(devops, sent["AuthToken"]).ask("GET", path).json()
        assert (plan["owner"]["id"], plan["state"]) == (check.run.number, "inProgress")
        assert plan["timeline"]["id"] == sent["TimelineId"]
        assert Api(devops, devops.token).ask("GET", path).status_code == 200
        records = (
            sdk(devops.address, check.token)
            .get_build_client()
            .get_build_timeline("lending", check.run.number)
            .records
        )
        assert [one.id for one in records if one.type == "Checkpoint.TaskCheck"] == [
            sent["TaskInstanceId"]
        ]

    @pytest.mark.parametrize(
        ("result", "state"), [("succeeded", "running"), ("failed", "completed")]
    )
    async def test_the_answer_moves_the_stage(self, devops, check, result, state):
        assert self.answer(devops, check, result).status_code == 204
        assert check.stage.state == state

    async def test_an_answer_counts_once(self, devops, check):
        self.answer(devops, check)
        again = self.answer(devops, check, "failed")
        assert (again.status_code, again.json()["typeKey"]) == (
            400,
            "TaskOrchestrationPlanTerminatedException",
        )
        assert check.outcome == "succeeded"

    @pytest.mark.parametrize(
        ("changed", "status"),
        [
            ({"token": "token-of-sluss"}, 403),
            ({"token": "nobody's"}, 401),
            ({"jobId": "0"}, 404),
            ({"taskId": "0"}, 404),
            ({"result": "maybe"}, 400),
            ({"name": "TaskStarted"}, 400),
        ],
    )
    async def test_what_is_no_answer_of_this_job(self, devops, check, changed, status):
        assert self.answer(devops, check, **changed).status_code == status
        assert check.outcome is None

    async def test_an_unknown_plan_is_not_there(self, devops, check):
        path = f"distributedtask/hubs/build/plans/{check.job_id}?{VERSION}"
        missing_plan = Api(devops, check.token).ask("GET", path)
        assert missing_plan.json()["typeKey"] == "TaskOrchestrationPlanNotFoundException"

    async def test_a_check_that_refuses_the_call_fails_and_a_late_one_is_skipped(
        self, devops, called, check
    ):
        called.status = 503
        await check.deliver(devops.address)
        assert check.stage.result == "failed"
        check.stage.state, check.outcome = "pending", None
        check.time_out()
        assert check.stage.result == "skipped"

    async def test_a_forged_call_decides_nothing_and_one_that_nobody_takes_fails(
        self, devops, called, check
    ):
        called.status = 403
        assert await check.deliver(devops.address, PlanUrl="http://127.0.0.1:9/") == 403
        assert check.outcome is None
        called.is_cut = True
        assert await check.deliver(devops.address) == 0
        assert check.outcome == "failed"

    async def test_a_rerun_is_another_job_and_a_cancelled_run_ends_it(self, devops, check):
        first = (check.job_id, check.token)
        check.rerun()
        assert first[0] != check.job_id
        assert self.answer(devops, check, token=first[1]).status_code == 403
        check.run.cancel()
        assert (check.outcome, self.answer(devops, check).status_code) == ("canceled", 400)

    async def test_a_check_says_what_it_waits_for(self, devops, check):
        plan = f"distributedtask/hubs/build/plans/{check.run.plan_id}"
        api = Api(devops, check.token)
        assert api.ask("POST", f"{plan}/logs?{VERSION}", {"path": "logs/1"}).json()["id"]
        record = {"id": check.task_instance_id, "currentOperation": "Waits for the validator."}
        path = f"{plan}/timelines/{check.run.timeline_id}/records?{VERSION}"
        assert api.ask("PATCH", path, {"value": [record], "count": 1}).status_code == 200
        assert check.notes == ["Waits for the validator."]

    async def test_the_jobs_token_is_the_build_services(self, devops, deploy, check):
        path = f"build/builds?{VERSION}"
        Api(devops, check.token).ask("GET", path)
        assert list(devops.calls)[-1].identity == build_service("lending", "Harbour").unique_name
