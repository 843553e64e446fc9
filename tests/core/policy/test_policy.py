"""The policy is strict to read, has good defaults, and its digest names exactly these rules."""

from typing import Any

import msgspec
import pytest

from core.errors import SettingsError
from core.gate.checks import CheckResult, Finding, Status
from core.policy import GATES, CheckRule, Policy, policy


def a_result(check: str, priority: int, **fields: Any) -> CheckResult:
    finding = Finding("src/train.py", "mend it")
    about = {"title": "", "owner": "GBI", "status": Status.FOUND, "findings": (finding,), **fields}
    return CheckResult(check=check, priority=priority, **about)


def test_an_empty_file_is_the_default_policy():
    assert policy(None) == policy({}) == Policy()


def test_by_default_more_is_blocked_nearer_to_production():
    rules = Policy()
    assert [rules.blocked_gate(a_result("lint", priority)) for priority in (1, 2, 3, 4, 5)] == [
        "run",
        "QA",
        "PROD",
        "",
        "",
    ]


def test_by_default_production_comes_after_qa_and_the_approvers_approve():
    assert Policy().stage_order == {"PROD": "QA"}
    assert Policy().approvers == {"QA": ("approvers",), "PROD": ("approvers",)}


def test_what_is_not_said_keeps_its_default_entry_by_entry():
    rules = policy({"blocks": {"QA": 3}, "approvers": {"PROD": ["risk"]}})
    assert rules.blocks == {"run": 1, "acceptance": 1, "QA": 3, "PROD": 3}
    assert rules.approvers == {"QA": ("approvers",), "PROD": ("risk",)}


def test_the_platform_team_is_nobody_until_it_is_named_and_is_read_strictly():
    assert Policy().platform_team == ()
    assert policy({"platform_team": ["gbi"]}).platform_team == ("gbi",)
    with pytest.raises(SettingsError, match="platform_team"):
        policy({"platform_team": "gbi"})
    with pytest.raises(SettingsError, match="Did you mean platform_team"):
        policy({"platform_teams": ["gbi"]})


def test_one_policy_does_not_change_the_defaults_of_the_next():
    policy({"blocks": {"QA": 5}}).blocks["run"] = 0
    assert Policy().blocks == {"run": 1, "acceptance": 1, "QA": 2, "PROD": 3}


def test_the_same_rules_in_another_order_have_the_same_digest():
    one = policy({"max_workers": 8, "blocks": {"QA": 3, "PROD": 4}})
    two = policy({"blocks": {"PROD": 4, "QA": 3}, "max_workers": 8})
    assert one.digest == two.digest
    assert len(one.digest) == 64


@pytest.mark.parametrize(
    "change",
    [
        {"max_workers": 8},
        {"checks": {"lint": {"mode": "warn"}}},
        {"approvers": {"PROD": ["risk"]}},
        {"layout": {"readme": "LIESMICH.md"}},
        {"train_required": ["Supervised"]},
    ],
)
def test_every_change_of_the_rules_changes_the_digest(change):
    assert policy(change).digest != Policy().digest


def test_a_check_can_be_moved_warned_about_or_switched_off():
    rules = policy({"checks": {"lint": {"priority": 1}, "readme": {"mode": "warn"}}})
    assert rules.checks["lint"] == CheckRule(priority=1)
    assert rules.priority("lint", own=3) == 1
    assert rules.priority("readme", own=2) == 2
    assert rules.blocked_gate(a_result("readme", 1)) == ""
    assert rules.blocked_gate(a_result("structure", 1)) == "run"


def test_a_gate_may_have_its_own_mode_whatever_the_priority():
    rules = policy({"checks": {"lint": {"mode": "off", "at": {"PROD": "block", "QA": "warn"}}}})
    assert not rules.is_off("lint")
    assert rules.blocked_gate(a_result("lint", 5)) == "PROD"
    assert policy({"checks": {"lint": {"mode": "off"}}}).is_off("lint")


def test_a_check_that_only_warns_blocks_when_policy_says_so():
    warning = a_result("variable_groups", 1, mode="warn")
    assert Policy().blocked_gate(warning) == ""
    rules = policy({"checks": {"variable_groups": {"mode": "block"}}})
    assert rules.blocked_gate(warning) == "run"


def test_a_finding_about_a_stage_blocks_from_that_stage_on():
    late = Finding("model_variables.yml", "ask GBI", gate="QA")
    result = a_result(
        "service_principal", 1, findings=(late, msgspec.structs.replace(late, gate="PROD"))
    )
    counts = [Policy().blocking(result, gate) for gate in GATES]
    assert dict(zip(GATES, counts, strict=True)) == {"run": 0, "acceptance": 0, "QA": 1, "PROD": 2}


@pytest.mark.parametrize(
    ("stage", "blocked"),
    [("TST", ["run", "", ""]), ("QA", ["run", "QA", ""]), ("PROD", ["run", "QA", "PROD"])],
)
def test_asked_about_a_stage_nothing_behind_it_blocks(stage, blocked):
    until = Policy().until(stage)
    assert [until.blocked_gate(a_result("lint", priority)) for priority in (1, 2, 3)] == blocked


def test_nor_does_what_policy_says_of_a_gate_behind_it():
    rules = policy({"checks": {"lint": {"mode": "warn", "at": {"QA": "block", "PROD": "block"}}}})
    found = a_result("lint", 1)
    assert rules.until("QA").blocked_gate(found) == "QA"
    assert rules.until("TST").blocked_gate(found) == ""


def test_advice_blocks_nothing_and_what_could_not_run_does():
    advice = Finding("conda.yml", "think of it", is_advice=True)
    assert Policy().blocked_gate(a_result("libraries", 1, findings=(advice,))) == ""
    broken = a_result("libraries", 1, findings=(), status=Status.COULD_NOT_RUN)
    assert Policy().blocked_gate(broken) == "run"


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ([], "it must be a mapping"),
        ("blocks", "it must be a mapping"),
        ({"blocs": {}}, "Did you mean blocks?"),
        ({"blocks": {"Run": 1}}, "Did you mean run?"),
        ({"blocks": {"night": 1}}, f"It has {', '.join(GATES)}."),
        ({"blocks": {"QA": 6}}, "it must be a whole number, at most 5"),
        ({"checks": {"lint": {"at": {"prod": "off"}}}}, "checks.lint.at has no 'prod'"),
        ({"rules": {"lint": {"profils": {}}}}, "Did you mean profiles?"),
        ({"rules": {"lint": {"teams": {"x": "strict"}}}}, "lint.profiles has no 'strict'"),
        ({"rules": {"financial_id": "("}}, "no regular expression"),
        (
            {"rules": {"lint": {"profiles": {"pep8": {"score": 11}}}}},
            "it must be a number, at most 10",
        ),
        ({"approvers": {"TST": ["a"]}}, "approvers has no 'TST'"),
        ({"approvers": {"QA": "a"}}, "it must be a list, and is text"),
        ({"stage_order": {"PRD": "QA"}}, "Did you mean PROD?"),
        ({"checks": {"lint": {"mode": "blok"}}}, "'blok' is none of its words"),
        ({"checks": {"lint": {"priorty": 1}}}, "Did you mean priority?"),
        ({"checks": {"lint": {"priority": 0}}}, "it must be a whole number, at least 1"),
        ({"layout": {"read_me": "README.md"}}, "Did you mean readme?"),
        ({"directions": {"auc": "up"}}, "'up' is none of its words"),
        ({"max_workers": "8"}, "it must be a whole number, and is text"),
        ({"max_workers": 0}, "it must be a whole number, at least 1"),
        ({"time_limit_s": 0}, "it must be a number, above 0"),
    ],
)
def test_a_mistake_is_refused_and_named(data, message):
    with pytest.raises(SettingsError) as refused:
        policy(data)
    assert message in str(refused.value)
    assert str(refused.value).startswith("policy.yml: ")
    assert str(refused.value).endswith("Nothing was started; mend the file and start again.")


@pytest.mark.parametrize(
    ("metric", "way"),
    [
        ("auc", "higher"),
        ("AUC", "higher"),
        ("test_f1", "higher"),
        ("validation_log_loss", "lower"),
        ("rmse", "lower"),
        ("rows", ""),
        ("rmse_ratio", ""),
    ],
)
def test_well_known_metrics_have_a_direction(metric, way):
    assert Policy().direction(metric) == way


def test_a_bank_can_say_which_way_its_own_metric_is_better():
    rules = policy({"directions": {"Expected_Loss": "lower", "ks": "lower"}})
    assert rules.is_better("expected_loss", -0.1) is True
    assert rules.is_better("ks", 0.1) is False
    assert rules.is_better("auc", 0.1) is True


@pytest.mark.parametrize(("metric", "change"), [("auc", 0.0), ("rows", 5.0)])
def test_no_change_and_an_unknown_metric_are_neither_better_nor_worse(metric, change):
    assert Policy().is_better(metric, change) is None


def test_the_checks_learn_the_limits_and_the_layout_from_the_policy():
    facts = policy({"max_files": 10, "layout": {"tests": "test"}}).facts()
    assert facts.max_files == 10
    assert facts.layout.tests == "test"
    assert "16.4.x-cpu-ml-scala2.12" in facts.allowed["CLUSTER_SPARK_VERSION"]
    assert facts.groups is None


def test_a_rule_about_a_check_that_the_gate_does_not_have_is_told():
    rules = policy({"checks": {"structur": {"mode": "off"}, "variables": {}}})
    assert rules.unknown_checks(["structure", "variables"]) == [
        "policy.yml: there is no check 'structur'. Did you mean structure?"
    ]


def test_a_policy_survives_its_own_json():
    assert policy(msgspec.json.decode(msgspec.json.encode(Policy()))) == Policy()


@pytest.mark.parametrize(
    ("project", "environment", "groups"),
    [
        ("lending", "PROD", ("risk",)),
        (" Lending ", "prod", ("risk",)),
        ("lending", "test", ()),
        ("lending", "other", None),
        ("payments", "prod", None),
        ("", "prod", None),
        ("lending", "", None),
    ],
)
def test_a_pipeline_has_the_groups_of_its_project_and_environment(project, environment, groups):
    rules = policy({"pipelines": {"LENDING": {"Prod": ["risk", " "], "test": []}}})
    assert rules.pipeline_groups(project, environment) == groups


@pytest.mark.parametrize(
    ("pipelines", "says"),
    [
        ({"lending": ["risk"]}, "pipelines"),
        ({"lending": {"prod": "risk"}}, "it must be a list"),
        ({"*": {"prod": ["risk"]}}, "one project and one environment"),
        ({"lending": {"*": ["risk"]}}, "one project and one environment"),
        ({"lending": {"pr*": ["risk"]}}, "one project and one environment"),
        ({"": {"prod": ["risk"]}}, "one project and one environment"),
        ({"lending": {"prod": ["a"], "PROD": ["b"]}}, "twice"),
        ({"lending": {}, "Lending ": {}}, "twice"),
    ],
)
def test_a_rule_of_pipelines_is_for_one_place_and_no_place_has_two(pipelines, says):
    with pytest.raises(SettingsError, match=says):
        policy({"pipelines": pipelines})


def test_a_rule_of_pipelines_is_in_the_digest():
    assert policy({"pipelines": {"a": {"b": ["c"]}}}).digest != policy({}).digest
