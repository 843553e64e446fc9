"""`sluss hooks`: what it does at Azure DevOps, and what it says of it."""

from types import SimpleNamespace

import pytest
from typer.testing import CliRunner

from core.errors import SettingsError
from core.hooks import WANTED
from sluss.cli import app
from sluss.home.prepare import prepare_home
from tests.peers.azure_devops import AzureDevOpsPeer, Right, person, rest_hooks
from tests.peers.azure_devops.faults import answer
from tests.peers.azure_devops.hooks import BY_SYSTEM, BY_USER, ENABLED, ON_PROBATION, Hooks
from tests.peers.azure_devops.world import SLUSS

PUBLIC = "https://sluss.bank.example"
TARGET = f"{PUBLIC}/hooks/azure-devops"
SECRET = "the-secret-of-the-hook"
EVENTS = {hook.event for hook in WANTED}


@pytest.fixture
def bank(tmp_path, monkeypatch):
    """An organisation with two projects, a home whose platform.yml knows a repository of each."""
    with AzureDevOpsPeer(tmp_path / "organisation") as devops:
        anna = devops.join(person("Anna Berg", "anna.berg@bank.example"))
        lending, risk = devops.project("lending"), devops.project("risk")
        churn, fraud = lending.repository("churn"), risk.repository("fraud")
        devops.project("hr").repository("pay")
        home = tmp_path / "home"
        prepare_home(home)
        lines = "".join(
            f"  - {{id: {each.id}, name: {each.name}, team: credit}}\n" for each in (churn, fraud)
        )
        (home / "platform.yml").write_text(f"repositories:\n{lines}")
        for name, value in {
            "SLUSS_HOME": str(home),
            "SLUSS_AZURE_DEVOPS": devops.address,
            "SLUSS_PUBLIC_URL": PUBLIC,
            "SLUSS_SECRET_AZURE_DEVOPS_TOKEN": devops.token,
            "SLUSS_SECRET_AZURE_DEVOPS_HOOK": SECRET,
        }.items():
            monkeypatch.setenv(name, value)
        yield SimpleNamespace(
            devops=devops, hooks=Hooks.of(devops), anna=anna, lending=lending, risk=risk,
            churn=churn, fraud=fraud, home=home,
        )  # fmt: skip


def run(*words):
    result = CliRunner().invoke(app, ["hooks", *words], env={"COLUMNS": "60"})
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    assert SECRET not in result.output
    return result


def ours(bank, project):
    return [each for each in bank.hooks.subscriptions.values() if each.project == project.id]


class TestInstall:
    def test_every_project_of_platform_yml_gets_each_hook_once(self, bank):
        result = run("install")

        assert result.exit_code == 0
        assert "lending: 10 service hooks added, 0 there before." in result.output
        assert {e.event_type for e in ours(bank, bank.lending)} == EVENTS
        assert {e.project for e in bank.hooks.subscriptions.values()} == {
            bank.lending.id, bank.risk.id,
        }  # fmt: skip

    def test_they_lead_to_the_public_address_with_our_secret_and_all_details(self, bank):
        run("install")
        [made] = [e for e in ours(bank, bank.lending) if e.event_type.endswith("comment-event")]

        assert made.resource_version == "2.0"
        assert made.consumer_inputs["url"] == TARGET
        assert made.consumer_inputs["basicAuthUsername"] == "sluss"
        assert made.consumer_inputs["basicAuthPassword"] == SECRET
        assert made.consumer_inputs["resourceDetailsToSend"] == "all"
        assert "repository" not in made.publisher_inputs
        assert made.created_by == SLUSS

    def test_once_more_adds_nothing(self, bank):
        run("install")
        result = run("install")

        assert result.exit_code == 0
        assert "lending: all 10 are there; nothing was added." in result.output
        assert len(bank.hooks.subscriptions) == 2 * len(WANTED)

    def test_none_is_added_beside_one_that_somebody_made_and_that_fits(self, bank):
        bank.hooks.by_hand(bank.lending, "git.push", f"{TARGET}/", by=bank.anna)
        result = run("install")

        assert "git.push was made by Anna Berg and fits; none was added beside it" in result.output
        pushes = [e for e in ours(bank, bank.lending) if e.event_type == "git.push"]
        assert [each.created_by for each in pushes] == [bank.anna]

    @pytest.mark.parametrize(
        ("more", "says"),
        [
            ({"resourceDetailsToSend": "minimal"}, "it sends minimal details"),
            ({"filters": {"branch": "main"}}, "it has a filter (branch)"),
            ({"basicAuthUsername": "anna"}, "it signs in as anna, whom Sluss does not let in"),
        ],
    )
    def test_one_that_does_not_fit_is_named_with_why(self, bank, more, says):
        bank.hooks.by_hand(bank.lending, "git.push", TARGET, by=bank.anna, **more)
        result = run("install")

        assert f"what Anna Berg made for git.push does not fit, as {says}" in result.output
        pushes = [e for e in ours(bank, bank.lending) if e.event_type == "git.push"]
        assert {each.created_by for each in pushes} == {bank.anna, SLUSS}

    def test_those_that_lead_elsewhere_are_none_of_ours(self, bank):
        bank.hooks.by_hand(bank.lending, "git.push", "https://other.example/in", by=bank.anna)
        result = run("install")
        assert "lending: 10 service hooks added" in result.output

    def test_doubled_ones_are_told(self, bank):
        for _ in range(2):
            bank.hooks.by_hand(bank.lending, "git.push", TARGET, by=bank.anna)
        result = run("install")
        assert result.exit_code == 1
        assert "git.push is there more than once" in result.output

    def test_a_missing_right_is_named_with_what_gives_it_and_stops_no_other(self, bank):
        bank.devops.access.deny(SLUSS, Right.SUBSCRIPTIONS_EDIT, at=bank.lending.id)
        result = run("install")

        assert result.exit_code == 1
        assert "Edit subscriptions" in result.output
        assert "project administrator" in result.output
        assert f"--token PublisherSecurity/{bank.lending.id} --allow-bit 7" in result.output
        assert f"--subject {SLUSS.descriptor}" in result.output
        assert "risk: 10 service hooks added" in result.output

    def test_what_is_disabled_is_not_added_anew_and_the_command_is_named(self, bank):
        run("install")
        for each in ours(bank, bank.lending):
            if each.event_type == "git.push":
                bank.hooks.disable(each, BY_SYSTEM)
        result = run("install")

        assert result.exit_code == 1
        assert "git.push is disabled by Azure DevOps" in result.output
        assert "hooks repair" in result.output

    def test_a_kind_of_event_that_the_server_does_not_know_stops_no_other(self, bank, monkeypatch):
        known = {"tfs": rest_hooks.EVENT_TYPES["tfs"]}
        monkeypatch.setattr(rest_hooks, "EVENT_TYPES", known)
        result = run("install")
        assert result.exit_code == 1
        assert "lending: 6 service hooks added" in result.output
        assert "approval-pending is not known" in result.output

    def test_what_was_made_and_is_not_shown_is_told_before_it_is_made_twice(self, bank):
        bank.devops.access.deny(SLUSS, Right.SUBSCRIPTIONS_VIEW, at=bank.lending.id)
        result = run("install")
        assert result.exit_code == 1
        assert "lending: 10 service hooks missing still, or not shown to Sluss." in result.output
        assert "risk: 10 service hooks missing" not in result.output

    @pytest.mark.parametrize(
        ("public", "why"),
        [
            ("http://127.0.0.1:8100", "loopback addresses"),
            ("http://sluss.bank.example", "a password (basic auth) over plain http"),
        ],
    )
    def test_an_address_that_cannot_be_delivered_to_is_explained_and_nothing_is_tried(
        self, bank, monkeypatch, public, why
    ):
        monkeypatch.setenv("SLUSS_PUBLIC_URL", public)
        monkeypatch.setenv("SLUSS_AZURE_DEVOPS", "https://dev.azure.com/harbour")
        result = run("install")

        assert result.exit_code == 1
        for said in (why, "Nothing was changed", "tunnel", "hooks report"):
            assert said in result.output

    def test_without_an_organisation_it_says_so(self, bank, monkeypatch):
        monkeypatch.delenv("SLUSS_AZURE_DEVOPS")
        with pytest.raises(SettingsError, match="SLUSS_AZURE_DEVOPS is not set"):
            run("install")

    def test_without_a_repository_that_it_shows_it_says_so(self, bank):
        bank.devops.access.deny(SLUSS, Right.CODE_READ)
        bank.lending.delete(bank.churn)
        bank.risk.delete(bank.fraud)
        with pytest.raises(SettingsError, match="shows none of the repositories"):
            run("install")

    def test_a_platform_yml_without_a_repository_is_what_is_wrong(self, bank):
        (bank.home / "platform.yml").write_text("repositories: []\n")
        with pytest.raises(SettingsError, match=r"platform\.yml names no repository"):
            run("install")


class TestList:
    def test_each_is_shown_with_its_state_and_maker(self, bank):
        run("install")
        [push] = [e for e in ours(bank, bank.risk) if e.event_type == "git.push"]
        bank.hooks.disable(push, BY_USER)
        result = run("list")

        assert result.exit_code == 1
        lines = result.output.splitlines()
        assert len(lines) == 1 + 2 * len(WANTED)
        assert any(
            line.split()[:2] == ["risk", "git.push"] and "disabled by hand" in line
            for line in lines
        )
        assert sum("Sluss" in line for line in lines) == 2 * len(WANTED)

    def test_no_name_is_cut_where_the_terminal_is_narrow(self, bank):
        run("install")
        lines = run("list").output.splitlines()
        assert {line.split()[1] for line in lines[1:]} == EVENTS

    def test_all_well_is_exit_code_zero(self, bank):
        run("install")
        assert run("list").exit_code == 0

    def test_what_another_calls_itself_cannot_steer_the_terminal(self, bank):
        eve = bank.devops.join(person("\x1b[31mEve\x07", "eve@bank.example"))
        bank.hooks.by_hand(bank.lending, "git.push", TARGET, by=eve)
        assert "\x1b" not in run("list").output


class TestRepair:
    def test_what_cannot_be_revived_is_replaced_and_what_is_missing_added(self, bank):
        run("install")
        [push, *rest] = ours(bank, bank.lending)
        bank.hooks.disable(push, BY_SYSTEM)
        del bank.hooks.subscriptions[rest[0].id]
        result = run("repair")

        assert result.exit_code == 0
        assert f"lending: {push.event_type} was disabled by Azure DevOps" in result.output
        assert push.id not in bank.hooks.subscriptions
        found = ours(bank, bank.lending)
        assert {each.event_type for each in found} == EVENTS
        assert {each.status for each in found} == {ENABLED}

    def test_what_is_restricted_stays_and_it_is_said_how_that_ends(self, bank):
        run("install")
        [push, *_] = ours(bank, bank.lending)
        bank.hooks.disable(push, ON_PROBATION)
        result = run("repair")

        assert result.exit_code == 1
        assert f"lending: {push.event_type} is restricted" in result.output
        assert "comes back by itself with the first delivery that succeeds" in result.output

    def test_a_rotated_secret_reaches_ours_and_those_of_people_are_named(self, bank, monkeypatch):
        bank.hooks.by_hand(bank.lending, "git.push", TARGET, by=bank.anna, basicAuthPassword="old")
        run("install")
        monkeypatch.setenv("SLUSS_SECRET_AZURE_DEVOPS_HOOK", "the-new-secret")
        result = run("repair")

        assert "lending: 9 service hooks of ours have the secret as it is now." in result.output
        assert "git.push was made by Anna Berg, who alone can give it" in result.output
        assert "the-new-secret" not in result.output
        secrets = {
            (e.created_by.display_name, e.consumer_inputs["basicAuthPassword"])
            for e in bank.hooks.subscriptions.values()
        }
        assert secrets == {("Anna Berg", "old"), ("sluss", "the-new-secret")}

    def test_what_is_ours_beside_another_is_removed(self, bank):
        run("install")
        bank.hooks.by_hand(bank.lending, "git.push", TARGET, by=bank.anna)
        assert run("repair").exit_code == 0
        pushes = [e for e in ours(bank, bank.lending) if e.event_type == "git.push"]
        assert [each.created_by for each in pushes] == [bank.anna]

    def test_what_was_disabled_by_hand_stays(self, bank):
        run("install")
        [push] = [e for e in ours(bank, bank.lending) if e.event_type == "git.push"]
        bank.hooks.disable(push, BY_USER)
        result = run("repair")
        assert result.exit_code == 1
        assert "enable it in the project's settings" in result.output
        assert bank.hooks.subscriptions[push.id].status == BY_USER


class TestRemove:
    def test_only_ours_are_removed(self, bank):
        made = bank.hooks.by_hand(bank.lending, "git.push", TARGET, by=bank.anna)
        run("install")
        result = run("remove")

        assert result.exit_code == 0
        assert list(bank.hooks.subscriptions.values()) == [made]
        assert "git.push was made by Anna Berg and stays." in result.output

    def test_nothing_to_remove_is_said(self, bank):
        assert "None of ours was there" in run("remove").output


class TestReport:
    def test_what_no_delivery_brought_is_brought_and_counted(self, bank):
        run("report")
        for number in range(3):
            bank.churn.push(by=bank.anna, files={"a.py": str(number)})
        bank.fraud.push(by=bank.anna, files={"a.py": "1"}, branch="dev")
        result = run("report")

        assert result.exit_code == 0
        assert "Seen by Azure DevOps: 4, seen by us: 4, missing: 0, late: 4." in result.output
        assert [line.split() for line in result.output.splitlines()[1:3]] == [
            ["churn", "3", "3", "0", "3"],
            ["fraud", "1", "1", "0", "1"],
        ]

    def test_one_that_does_not_answer_is_named_and_the_rest_reported(self, bank):
        run("report")
        bank.fraud.push(by=bank.anna, files={"a.py": "1"})
        bank.devops.faults.on("GET", f"/{bank.churn.id}/pushes", answer(503))
        result = run("report")
        assert "HTTP 503" in result.output
        assert "Seen by Azure DevOps: 1, seen by us: 1, missing: 0, late: 1." in result.output

    def test_one_that_cannot_be_looked_at_is_named(self, bank):
        run("report")
        bank.churn.disable()
        result = run("report")
        assert "The repository churn is disabled at Azure DevOps" in result.output
