"""What can be mended without asking: names with all their mentions, and files to begin with."""

import pytest

from core.gate.checks import ModelRepo
from core.gate.facts import CheckFacts
from core.policy import Policy, policy
from tests.model_repos import FILES, REAL_WORLD, a_repo, real_world
from workers.gate.checks.entry_points import entry_points
from workers.gate.checks.naming import naming
from workers.gate.checks.readme import readme
from workers.gate.checks.structure import structure
from workers.gate.checks.variables import variables
from workers.gate.fixes import Create, Rename, Rewrite, planned_fixes

FACTS = Policy().facts()
STEPS = "parameters:\n- name: x\nsteps:\n- script: true\n"


def plan(changes=None, links=None, facts: CheckFacts = FACTS):
    return planned_fixes(a_repo(changes, links), facts)


def fixed(repo: ModelRepo, facts: CheckFacts = FACTS) -> ModelRepo:
    """The repository as it is when every fix was applied."""
    files = dict(repo.files)
    for fix in planned_fixes(repo, facts):
        if isinstance(fix, Rename):
            assert fix.to not in files
            files[fix.to] = files.pop(fix.path)
        elif isinstance(fix, Rewrite):
            assert files[fix.path] == fix.old
            files[fix.path] = fix.new
        else:
            assert fix.path not in files
            files[fix.path] = fix.text.encode()
    return ModelRepo(files=files, links=repo.links)


def test_a_good_repository_needs_none():
    assert plan() == ()


@pytest.mark.parametrize("name", REAL_WORLD)
def test_a_repository_of_real_world_shape_needs_none(name):
    assert planned_fixes(real_world(name), FACTS) == ()


def test_a_name_is_mended_with_every_place_that_names_it():
    files = {
        "azure-pipelines.yml": "trigger: [main]\nstages:\n- template: ci/build-all.yaml  # é\n- script: |\n    cat ./ci/build-all.yaml my-set.yaml\n",
        "ci/build-all.yaml": STEPS + "- template: ../ci/build-all.yaml\n",
        "my-set.yaml": "a: 1\n",
        "README.md": FILES["README.md"] + "\n[steps](/ci/build-all.yaml), `my-set.yaml`.\n",
    }
    repo = fixed(a_repo(files))
    assert repo.text("azure-pipelines.yml") == (
        "trigger: [main]\nstages:\n- template: ci/template_ci_build_all.yml  # é\n- script: |\n"
        "    cat ./ci/template_ci_build_all.yml my_set.yml\n"
    )
    assert repo.text("ci/template_ci_build_all.yml").endswith(
        "- template: ../ci/template_ci_build_all.yml\n"
    )
    assert repo.text("README.md").endswith(
        "[steps](/ci/template_ci_build_all.yml), `my_set.yml`.\n"
    )
    assert list(naming(repo, FACTS)) == list(readme(repo, FACTS)) == []


def test_the_dataset_template_is_found_under_its_new_name():
    variables_file = FILES["model_variables.yml"].replace(
        "dataset_template.yml", "cfg/my-data.yaml"
    )
    repo = fixed(
        a_repo(
            {
                "model_variables.yml": variables_file,
                "dataset_template.yml": None,
                "cfg/my-data.yaml": FILES["dataset_template.yml"],
            }
        )
    )
    assert "cfg/my_data.yml" in repo.files
    assert list(variables(repo, FACTS)) == list(naming(repo, FACTS)) == []


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("src/io.py", "X = open('cfg/my-data.yaml')"),
        ("notebooks/a.ipynb", '{"cells": [{"cell_type": "code", "source": ["my-data.yaml"]}]}'),
        ("Makefile", "x: cfg/my-data.yaml"),
        ("other.yml", "x: elsewhere/my-data.yaml"),
        ("docs/a.md", "see my-data.yaml"),
    ],
)
def test_a_name_that_code_or_an_unclear_place_mentions_is_left_to_people(path, text):
    assert plan({"cfg/my-data.yaml": "a: 1\n", path: text}) == ()


@pytest.mark.parametrize("path", ["a\x1b-b.yml", "a-\ufffd.yml"])
def test_a_name_that_cannot_be_shown_is_left_to_people(path):
    assert plan({path: "a: 1\n"}) == ()


def test_a_pipeline_is_left_to_people_since_azure_knows_its_path():
    assert plan({"ci/train-all.yml": "trigger: [main]\nsteps: []\n"}) == ()


def test_missing_files_are_made_to_begin_with():
    repo = ModelRepo(files={"requirements.txt": b"pandas\n"})
    made = [fix.path for fix in planned_fixes(repo, FACTS)]
    assert made == ["README.md", "model_variables.yml", "src/score.py", "tests/test_model.py"]


def test_what_is_made_is_still_asked_for_until_somebody_fills_it_in():
    repo = fixed(ModelRepo(files={"requirements.txt": b"pandas\n"}))
    assert list(structure(repo, FACTS)) == []
    told = [finding.wrong for finding in readme(repo, FACTS)]
    assert sum("of a template" in wrong for wrong in told) == 6
    told = [finding.wrong for finding in variables(repo, FACTS)]
    assert "MODEL_NAME is a placeholder" in told
    assert not any("ENVIRONMENT_FILE" in wrong or "no variable" in wrong for wrong in told)
    told = [
        finding.wrong for finding in entry_points(repo, FACTS) if finding.path == "src/score.py"
    ]
    assert told == [
        "score() never returns the predictions",
        "evaluate() never returns the metrics",
    ]


def test_what_is_made_is_read_as_it_is_meant():
    repo = fixed(ModelRepo(files={"conda.yml": b"dependencies: []\n"}))
    text = repo.text("model_variables.yml")
    assert "  ENVIRONMENT_FILE: conda  #" in text
    assert "  # CLUSTER_MAX_WORKER_NODE: 4  #" in text
    compile(repo.text("tests/test_model.py"), "test_model.py", "exec")


def test_a_second_time_there_is_nothing_left_to_do():
    repo = fixed(ModelRepo(files={"my-set.yaml": b"a: 1\n"}))
    assert planned_fixes(repo, FACTS) == ()


@pytest.mark.parametrize(
    ("changes", "links"),
    [
        ({"README.md": None, "readme.rst": "x"}, {}),
        ({"README.md": None, "docs/README.md": "x"}, {}),
        ({"README.md": None}, {"README.md": "docs/x.md"}),
        ({"src/score.py": None, "code/Score.py": "x"}, {}),
        ({"src/score.py": None, "notebooks/score.ipynb": "{}"}, {}),
        ({"src/score.py": None, "src/train.py": None}, {"src": "../elsewhere"}),
        ({"model_variables.yml": None, "config/model_variables.yml": "x"}, {}),
        ({"tests/test_model.py": None}, {"tests": "/etc"}),
    ],
)
def test_nothing_is_made_where_the_file_is_near(changes, links):
    assert [fix for fix in plan(changes, links) if isinstance(fix, Create)] == []


def test_a_file_of_the_contract_with_another_ending_is_renamed_not_made():
    renamed = plan(
        {"model_variables.yml": None, "model_variables.yaml": FILES["model_variables.yml"]}
    )
    assert renamed == (Rename("model_variables.yaml", "model_variables.yml"),)


def test_a_bank_may_have_renamed_files_and_functions():
    facts = policy(
        {
            "layout": {
                "readme": "ABOUT.md",
                "tests": "checks",
                "score": "run.py",
                "score_function": "go",
            }
        }
    ).facts()
    made = {fix.path: fix for fix in planned_fixes(ModelRepo(files={}), facts)}
    assert set(made) == {"ABOUT.md", "model_variables.yml", "src/run.py", "checks/test_model.py"}
    assert "def go(model, data, params):" in made["src/run.py"].text
