"""The names of files: what is told, what another tool fixes, and the name that is proposed."""

import pytest

from core.gate.checks import ModelRepo
from core.gate.facts import CheckFacts
from core.policy import policy
from tests.model_repos import FILES, REAL_WORLD, a_repo, real_world
from workers.gate.checks.naming import naming

STEPS = "parameters:\n- name: x\nsteps:\n- script: true\n"
PIPELINE = "trigger: [main]\nparameters:\n- name: x\nstages: []\n"


def found(repo: ModelRepo, facts: CheckFacts | None = None) -> dict[str, str]:
    return {each.path: each.mend for each in naming(repo, facts)}


def of(*paths: str, text: str = "a: 1\n") -> dict[str, str]:
    return found(a_repo(dict.fromkeys(paths, text)))


def test_a_good_repository_has_no_finding():
    assert found(a_repo()) == {}


@pytest.mark.parametrize("name", REAL_WORLD)
def test_a_repository_of_real_world_shape_has_no_finding(name):
    assert found(real_world(name)) == {}


@pytest.mark.parametrize(
    ("path", "to", "wrong"),
    [
        ("config/columns.yaml", "config/columns.yml", "ends in .yaml, not .yml"),
        ("config/COLUMNS.YAML", "config/COLUMNS.yml", "ends in .yaml, not .yml"),
        ("config/my-columns.yml", "config/my_columns.yml", "has dashes, not underscores"),
        ("my-columns.yaml", "my_columns.yml", "ends in .yaml, not .yml and has dashes, not underscores"),
        ("src/feature-store.py", "src/feature_store.py", "has dashes, not underscores"),
        ("notebooks/First-Look.ipynb", "notebooks/First_Look.ipynb", "has dashes, not underscores"),
        ("sql/late-payments.sql", "sql/late_payments.sql", "has dashes, not underscores"),
        ("run-all.sh", "run_all.sh", "has dashes, not underscores"),
        (".azuredevops/my-vars.yml", ".azuredevops/my_vars.yml", "has dashes, not underscores"),
        ("conda.yaml", "conda.yml", "ends in .yaml, not .yml"),
    ],
)  # fmt: skip
def test_a_name_is_told_with_the_new_one(path, to, wrong):
    [finding] = naming(a_repo({path: ""}))
    assert (finding.path, finding.wrong, finding.mend) == (path, wrong, f"rename it to {to}")


@pytest.mark.parametrize(
    "path",
    [
        "azure-pipelines.yml", "azure-pipelines-nightly.yml", ".pre-commit-config.yaml",
        ".github/workflows/build-all.yaml", "docker-compose.yml", "docker-compose.dev.yaml",
        "mkdocs.yml", "Dockerfile", "Dockerfile-gpu", "README-dev.md", "docs/how-to-train.md",
        "data/part-0001.csv", "docs/flow-chart.png", "requirements-dev.txt", "package-lock.json",
        "dvc.yaml", "dbt_project.yml", ".vscode/my-settings.yaml", "conda-lock.yml",
        "pnpm-lock.yaml", "kustomization.yaml",
    ],
)  # fmt: skip
def test_a_name_that_another_tool_fixes_is_left_alone(path):
    assert of(path) == {}


@pytest.mark.parametrize("owner", ["Chart.yaml", "MLmodel", "dbt_project.yml"])
def test_the_folder_of_another_tool_is_left_alone(owner):
    assert of(f"other/{owner}", "other/sub/my-file.yaml") == {}
    assert list(of(f"other/{owner}", "else/my-file.yaml")) == ["else/my-file.yaml"]


def test_hydra_finds_only_yaml():
    main = "@hydra.main(config_path='conf')\ndef main(settings): ...\n"
    files = {"src/run.py": main, "conf/main.yaml": "", "conf/my-model.yaml": ""}
    assert found(a_repo(files)) == {"conf/my-model.yaml": "rename it to conf/my_model.yaml"}


def test_policy_exempts_more():
    facts = policy({"rules": {"naming": {"exempt": ["conf/*", "*-Job.yml"]}}}).facts()
    files = dict.fromkeys(["conf/a/b-c.yaml", "jobs/score-job.yml", "d-e.yml"], "")
    assert list(found(a_repo(files), facts)) == ["d-e.yml"]


def test_the_files_of_the_contract_keep_their_names():
    facts = policy({"layout": {"variables": "model-variables.yaml"}}).facts()
    repo = a_repo(
        {"model_variables.yml": None, "model-variables.yaml": FILES["model_variables.yml"]}
    )
    assert found(repo, facts) == {}


@pytest.mark.parametrize(
    ("path", "to"),
    [
        ("ci/train.yml", "ci/template_ci_train_steps.yml"),
        ("ci/build-steps.yaml", "ci/template_ci_build_steps.yml"),
        ("ci/template-ci-unit-tests.yaml", "ci/template_ci_unit_tests.yml"),
        ("ci/template_cd_release.yml", "ci/template_cd_release_steps.yml"),
        ("ci/Deploy.Model.To.QA.yml", "ci/template_deploy_model_to_qa.yml"),
        ("ci/ci.yml", "ci/template_ci_main_steps.yml"),
        ("ci/template.yml", "ci/template_ci_main_steps.yml"),
        ("ci/åäö.yml", "ci/template_ci_main_steps.yml"),
    ],
)
def test_a_template_gets_a_name_by_its_job(path, to):
    assert of(path, text=STEPS) == {path: f"rename it to {to}"}


@pytest.mark.parametrize("name", ["template_ci_unit_tests.yml", "template_train_model_on_qa.yml"])
def test_a_well_named_template_has_no_finding(name):
    assert of(f"templates/{name}", text=STEPS) == {}


def test_what_a_pipeline_includes_is_a_template_whatever_is_in_it():
    files = {
        "azure-pipelines.yml": "trigger: [main]\nvariables:\n- template: ci/vars.yml\n"
        "- template: model_variables.yml\n- template: theirs.yml@shared\n"
        "stages:\n- template: /ci/all.yml@self\n- template: gone.yml\n",
        "ci/vars.yml": "variables:\n  a: 1\n",
        "ci/all.yml": "stages:\n- stage: a\n  jobs:\n  - template: deep/job.yml\n",
        "ci/deep/job.yml": "jobs: []\n",
        "theirs.yml": "a: 1\n",
    }
    assert found(a_repo(files)) == {
        "ci/vars.yml": "rename it to ci/template_ci_vars_variables.yml, also in azure-pipelines.yml:3",
        "ci/all.yml": "rename it to ci/template_ci_all_stages.yml, also in azure-pipelines.yml:7",
        "ci/deep/job.yml": "rename it to ci/deep/template_ci_job_jobs.yml, also in ci/all.yml:4",
    }


@pytest.mark.parametrize("text", [PIPELINE, "stages: []\n", "pool: x\nparameters: []\nsteps: []\n"])
def test_a_pipeline_of_its_own_is_no_template_but_its_path_is_kept_in_azure(text):
    [finding] = naming(a_repo({"ci/train-all.yml": text}))
    assert finding.mend == (
        "rename it to ci/train_all.yml; change the path in the pipeline's settings in Azure DevOps too"
    )
    assert of("ci/nightly.yml", text=text) == {}


def test_a_taken_name_is_not_proposed():
    told = of("a-b.yml", "a_b.yml", "a-b.yaml", "A_B_2.yml")
    assert told == {"a-b.yaml": "rename it to a_b_3.yml", "a-b.yml": "rename it to a_b_4.yml"}


def test_the_places_that_name_it_are_listed():
    files = {
        "config/my-columns.yaml": "",
        "src/io.py": "\n\nX = open('config/my-columns.yaml')\n",
        "README.md": FILES["README.md"] + "\nSee [columns](config/my-columns.yaml).\n",
        "docs/x.md": "\n".join(["config\\my-columns.yaml"] * 7),
        "other.md": "my-columns.yaml.bak and not-my-columns.yaml\n",
        "data/x.csv": "my-columns.yaml",
    }
    [finding] = naming(a_repo(files))
    assert finding.mend == (
        "rename it to config/my_columns.yml, also in README.md:18, docs/x.md:1, docs/x.md:2, "
        "docs/x.md:3, docs/x.md:4 and 4 more"
    )


HOSTILE = {
    "broken": b"template: [",
    "alias bomb": b"template: &a [x]\n" + b"b: [" + b"*a," * 5_000 + b"]",
    "binary": b"\0template" * 100,
    "nested": b"template: " + b"[" * 50_000,
    "loop": b"jobs:\n- template: x.yml\n",
    "far": b"jobs:\n- template: ../../../../etc/passwd\n- template: ''\n- template: {a: 1}\n",
    "names": b"template " + b"a-b.yml/" * 50_000,
}


@pytest.mark.parametrize("data", HOSTILE.values(), ids=HOSTILE)
def test_hostile_files_get_their_answer(data):
    found(a_repo({"azure-pipelines.yml": data, "x.yml": data, "a-b.yml": data}))


def test_a_name_that_is_no_utf_8_is_told_all_the_same():
    assert list(of("\udcff-x.yml", "a\x1b-b.yml")) == ["a\x1b-b.yml", "\udcff-x.yml"]


def test_many_files_that_name_each_other_are_told_in_a_moment():
    paths = [f"dir/file-{number}.yml" for number in range(1_000)]
    text = "\n".join(paths)
    told = found(a_repo(dict.fromkeys(paths[:30], text) | dict.fromkeys(paths[30:], "")))
    assert len(told) == 1_000
