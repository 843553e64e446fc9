"""The kind of cluster against the libraries: ML or not, with a GPU or not."""

import msgspec
import pytest

from core.gate.check_rules import CheckRules, LibraryRules
from core.gate.checks import ModelRepo
from core.gate.facts import CheckFacts, NotCheckedError
from core.policy import Policy
from sluss.on_a_folder.model_folder import read_folder
from sluss.templates.model_repository import Kind, write_repository
from tests.model_repos import REAL_WORLD, a_repo, real_world
from workers.gate.checks.ml_cluster import ml_cluster

FACTS = Policy().facts()
GPU_NODE = "Standard_NC4as_T4_v3"
PLAIN = "16.4.x-scala2.12"
ML = "16.4.x-cpu-ml-scala2.12"
GPU = "16.4.x-gpu-ml-scala2.12"


def model(*lines: str, runtime: str = "", node: str = "", driver: str = "") -> ModelRepo:
    values = {
        "CLUSTER_SPARK_VERSION": runtime,
        "CLUSTER_NODE_TYPE_ID": node,
        "CLUSTER_DRIVER_NODE_ID": driver or node,
    }
    variables = "".join(f"{name}: {value}\n" for name, value in values.items() if value)
    return a_repo({"requirements.txt": "".join(f"{line}\n" for line in lines)}, variables=variables)


def found(repo: ModelRepo, facts: CheckFacts = FACTS):
    return list(ml_cluster(repo, facts))


@pytest.mark.parametrize("name", REAL_WORLD)
def test_a_repository_of_real_world_shape_has_no_finding(name):
    assert found(real_world(name)) == []


@pytest.mark.parametrize("kind", Kind)
def test_a_new_repository_has_no_finding(kind, tmp_path):
    write_repository(tmp_path / "model", kind)
    assert found(read_folder(tmp_path / "model", Policy())) == []


@pytest.mark.parametrize(
    "repo",
    [
        model("xgboost"),  # the default runtime is an ML one
        model("xgboost", runtime=ML),
        model("mlflow", "scikit-learn", "pandas", runtime=PLAIN),
        model("mlflow", "scikit-learn", "pandas"),
        model("torch", runtime=GPU, node=GPU_NODE),
        model("torch", runtime=GPU, node=GPU_NODE, driver="Standard_DS3_v2"),
        model("torch ; sys_platform == 'win32'", "xgboost", runtime=ML),
    ],
)
def test_what_fits_has_no_finding(repo):
    assert [finding for finding in found(repo) if not finding.is_advice] == []


@pytest.mark.parametrize(
    "name",
    ["xgboost", "lightgbm", "torch", "tensorflow", "transformers", "shap", "prophet", "horovod"],
)
def test_a_library_of_the_ml_runtimes_needs_one(name):
    repo = model("pandas", f"{name}>=1", runtime=PLAIN)
    [finding] = found(repo)
    assert PLAIN in repo.text("model_variables.yml").splitlines()[finding.line - 1]
    assert (
        finding.wrong == f"only an ML runtime brings {name}, and CLUSTER_SPARK_VERSION is {PLAIN}"
    )
    assert finding.mend == f"set CLUSTER_SPARK_VERSION: {ML}"
    assert not finding.is_advice


def test_several_of_them_are_one_finding():
    [finding] = found(model("xgboost", "shap", "shap>0", runtime=PLAIN))
    assert finding.wrong.startswith("only an ML runtime brings xgboost and shap, ")


def test_the_same_release_is_proposed_where_gbi_allows_it_and_another_where_not():
    [finding] = found(model("xgboost", runtime="14.3.x-scala2.12"))
    assert finding.mend == "set CLUSTER_SPARK_VERSION: 14.3.x-cpu-ml-scala2.12"
    [finding] = found(model("xgboost", runtime="13.3.x-scala2.12"))
    assert finding.mend == f"set CLUSTER_SPARK_VERSION: {ML}"


def test_where_gbi_allows_none_gbi_is_to_be_asked():
    facts = msgspec.structs.replace(FACTS, allowed={"CLUSTER_SPARK_VERSION": (PLAIN,)})
    [finding] = found(model("xgboost", runtime=PLAIN), facts)
    assert finding.mend == "ask GBI to allow an ML runtime in policy.yml"


def test_an_ml_runtime_that_the_model_chose_without_need_is_advised_against():
    [finding] = found(model("pandas", "scikit-learn", runtime=ML))
    assert finding.is_advice
    assert finding.mend.startswith(
        f"set CLUSTER_SPARK_VERSION: {PLAIN}, if the code uses nothing of it"
    )


@pytest.mark.parametrize("name", ["torch", "tensorflow", "transformers"])
def test_what_can_use_a_gpu_is_a_hint(name):
    [finding] = found(model(name, runtime=ML))
    assert finding.is_advice
    assert finding.mend.startswith(f"set CLUSTER_SPARK_VERSION: {GPU} and a node type with a GPU")


def test_without_gpus_on_gbis_list_there_is_no_hint():
    facts = msgspec.structs.replace(FACTS, allowed={"CLUSTER_SPARK_VERSION": (ML,)})
    assert found(model("torch", runtime=ML), facts) == []


def test_a_gpu_runtime_on_nodes_without_one_is_told():
    [finding] = found(model("torch", runtime=GPU))
    assert (
        finding.wrong
        == f"CLUSTER_NODE_TYPE_ID is Standard_DS3_v2, which has no GPU, and the runtime {GPU} is for GPUs"
    )
    assert finding.mend == f"set CLUSTER_NODE_TYPE_ID: {GPU_NODE}"
    assert not finding.is_advice


@pytest.mark.parametrize("node", [GPU_NODE, "standard_nd40rs_v2", "Standard_NV12s_v3"])
def test_a_gpu_that_the_runtime_does_not_use_is_told_for_workers_and_driver(node):
    told = [
        finding
        for finding in found(model("xgboost", runtime=ML, node=node))
        if not finding.is_advice
    ]
    assert [finding.wrong.partition(" ")[0] for finding in told] == [
        "CLUSTER_NODE_TYPE_ID",
        "CLUSTER_DRIVER_NODE_ID",
    ]
    assert told[0].mend == "set CLUSTER_NODE_TYPE_ID: Standard_DS3_v2"


def test_a_gpu_without_need_is_advised_against():
    [finding] = found(model("xgboost", runtime=GPU, node=GPU_NODE))
    assert finding.is_advice
    assert finding.mend.startswith(f"set CLUSTER_SPARK_VERSION: {ML}, if the code uses nothing")


def test_what_gbi_sets_counts_and_is_told_without_a_line():
    facts = msgspec.structs.replace(FACTS, gbi={"CLUSTER_SPARK_VERSION": PLAIN})
    [finding] = found(model("xgboost"), facts)
    assert finding.place() == "model_variables.yml"


def test_policy_says_which_libraries_need_what():
    facts = msgspec.structs.replace(
        FACTS, rules=CheckRules(libraries=LibraryRules(ml=("catboost",)))
    )
    assert found(model("xgboost", runtime=PLAIN), facts) == []
    assert found(model("catboost", runtime=PLAIN), facts) != []


@pytest.mark.parametrize(
    ("repo", "why"),
    [
        (a_repo({"requirements.txt": None}), "there is no requirements.txt"),
        (
            a_repo({"requirements.txt": "a=1\n"}),
            "the libraries cannot be read from requirements.txt",
        ),
    ],
)
def test_what_cannot_be_read_is_not_checked(repo, why):
    with pytest.raises(NotCheckedError, match=why):
        found(repo)
