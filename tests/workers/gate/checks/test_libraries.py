"""The libraries of a model against its runtime: at first sight, and as uv resolves them."""

import msgspec
import pytest

from adapters.sandbox import probe
from core.gate.check_rules import CheckRules, LibraryRules
from core.gate.checks import Finding, ModelRepo, Note
from core.gate.facts import CheckFacts, NotCheckedError
from core.gate.runtimes import Runtime
from core.gate.tools import Output
from core.policy import Policy
from core.ports.sandbox import Places
from sluss.on_a_folder.model_folder import read_folder
from sluss.templates.model_repository import Kind, write_repository
from tests.model_repos import REAL_WORLD, a_repo, real_world
from tests.workers.gate.runtimes.asking import index_environment
from workers.gate.checks.libraries import libraries, resolve
from workers.gate.runtimes.plan import UvAnswer, UvAnswers

FACTS = Policy().facts()
ON_17 = "CLUSTER_SPARK_VERSION: 17.3.x-cpu-ml-scala2.13"
ON_15 = "CLUSTER_SPARK_VERSION: 15.4.x-scala2.12"


def asking(*lines: str, variables: str = "") -> ModelRepo:
    return a_repo({"requirements.txt": "".join(f"{line}\n" for line in lines)}, variables=variables)


def conda(*lines: str, variables: str = "") -> ModelRepo:
    text = "dependencies:\n" + "".join(f"- {line}\n" for line in lines)
    both = f"ENVIRONMENT_FILE: conda\n{variables}"
    return a_repo({"conda.yml": text, "requirements.txt": None}, variables=both)


def findings(found) -> list[Finding]:
    return [each for each in found if isinstance(each, Finding)]


def notes(found) -> list[str]:
    return [each.text for each in found if isinstance(each, Note)]


def quick(repo: ModelRepo, facts: CheckFacts = FACTS):
    return list(libraries(repo, facts))


def full(repo: ModelRepo, answers: UvAnswers, facts: CheckFacts = FACTS):
    output = Output(code=0, stdout=msgspec.json.encode(answers))
    return list(libraries.full.parse(output, repo, facts))


def solved(**pins: str) -> UvAnswer:
    return UvAnswer(
        code=0, pins={name.replace("_", "-"): version for name, version in pins.items()}
    )


def unsolved(why: str) -> UvAnswer:
    words = f"error: No solution found when resolving dependencies\n  cause: Because {why}, we can conclude that your requirements are unsatisfiable."
    return UvAnswer(code=1, said=words)


@pytest.mark.parametrize("name", REAL_WORLD)
def test_a_repository_of_real_world_shape_has_no_finding(name):
    assert findings(quick(real_world(name))) == []


@pytest.mark.parametrize("kind", Kind)
def test_a_new_repository_has_no_finding(kind, tmp_path):
    write_repository(tmp_path / "model", kind)
    repo = read_folder(tmp_path / "model", Policy())
    assert findings(quick(repo)) == []
    assert findings(full(repo, UvAnswers(fits=(solved(pandas="1.5.3"),)))) == []


@pytest.mark.parametrize(
    "line",
    [
        "numpy",
        "numpy>=1.20",
        "numpy~=1.26.0",
        "numpy<2 ; python_version < '3'",
        "six==1",
        "pyspark==3.5.2",
    ],
)
def test_what_fits_has_no_finding(line):
    assert findings(quick(asking(line))) == []


@pytest.mark.parametrize(
    ("line", "wrong", "mend"),
    [
        ("numpy>=2", "numpy>=2 does not fit numpy 1.26.4", "write numpy>=1.26,<2, or choose"),
        (
            "numpy==1.21.5",
            "numpy==1.21.5 does not fit numpy 1.26.4",
            "write numpy==1.26.4, or choose",
        ),
        ("pandas==2.*", "pandas==2.* does not fit pandas 1.5.3", "write pandas>=1.5,<2, or choose"),
        ("mlflow==2.9.2", "mlflow==2.9.2 does not fit mlflow 2.21.3", "write mlflow==2.21.3, or"),
        ("pyspark==4.0.0", "pyspark==4.0.0 does not fit pyspark 3.5.2", "write pyspark==3.5.2, or"),
        (
            "mlflow-skinny>=3",
            "mlflow-skinny>=3 does not fit mlflow-skinny 2.21.3",
            "write mlflow-skinny>=2.21,<3",
        ),
    ],
)
def test_a_clash_with_a_core_library_blocks_and_says_what_fits(line, wrong, mend):
    [finding] = findings(quick(asking("six", line)))
    assert finding.place() == "requirements.txt:2"
    assert finding.wrong == f"{wrong} of 16.4.x-cpu-ml"
    assert finding.mend.startswith(mend)
    assert not finding.is_advice


def test_a_clash_with_another_library_advises():
    [finding] = findings(quick(asking("requests==2.28.0")))
    assert finding.is_advice
    assert finding.mend == "write requests==2.32.2: another version would replace the cluster's own"


def test_policy_says_which_libraries_are_core():
    facts = msgspec.structs.replace(
        FACTS, rules=CheckRules(libraries=LibraryRules(core=("requests",)))
    )
    found = findings(quick(asking("requests==2.28.0", "numpy>=2"), facts))
    assert [finding.is_advice for finding in found] == [False, True]


@pytest.mark.parametrize(
    ("line", "variables"),
    [("mlflow-skinny==2.9.2", ON_15), ("mlflow==2.9.2", ON_15), ("setuptools<60", "")],
)
def test_a_figure_that_is_not_certain_only_advises(line, variables):
    [finding] = findings(quick(asking(line, variables=variables)))
    assert finding.is_advice
    assert finding.mend.endswith("or compare with a cluster first: that figure is not certain")


@pytest.mark.parametrize(
    ("line", "mend"), [("python=3.9", "write python=3.12"), ("python>=3.13", "write python=3.12")]
)
def test_another_python_than_the_runtimes_blocks(line, mend):
    [finding] = findings(quick(conda(line, "pip")))
    assert finding.place() == "conda.yml:2"
    assert "does not fit python 3.12 of 16.4.x-cpu-ml" in finding.wrong
    assert finding.mend.startswith(mend)
    assert not finding.is_advice


@pytest.mark.parametrize(
    "line", ["python", "python=3.12", "python=3.12.4", "python>=3.9", "python>=3.10,<3.13"]
)
def test_the_python_of_the_runtime_is_fine(line):
    assert findings(quick(conda(line))) == []


def test_a_pyproject_beside_the_environment_file_only_advises():
    text = '[project]\nrequires-python = "<3.12"\ndependencies = ["numpy>=2"]\n'
    found = findings(quick(a_repo({"pyproject.toml": text})))
    assert [(finding.place(), finding.is_advice) for finding in found] == [
        ("pyproject.toml:2", True),
        ("pyproject.toml:3", True),
    ]


def test_what_cannot_be_understood_is_told_with_the_clashes():
    found = findings(quick(asking("numpy=1.26", "numpy>=2")))
    assert [finding.line for finding in found] == [1, 2]


def test_what_the_next_runtime_breaks_is_said_without_a_finding():
    found = quick(asking("numpy<2", "pandas==1.5.3", "six"))
    assert findings(found) == []
    [note] = notes(found)
    assert note == (
        "On 17.3 LTS, which comes next: numpy 2.1.3 breaks numpy<2 (requirements.txt:1), "
        "pandas 2.2.3 breaks pandas==1.5.3 (requirements.txt:2)."
    )


def test_many_coming_clashes_are_counted():
    lines = [
        "numpy<2",
        "pandas<2",
        "pyarrow<16",
        "scipy<1.14",
        "ipython<8.26",
        "plotly<5.23",
        "black<24.5",
        "numba<0.60",
        "torch<2.7",
        "shap<0.47",
    ]
    [note] = notes(quick(asking(*lines)))
    assert note.endswith("and 2 more.")


def test_the_newest_runtime_has_no_next():
    assert quick(asking("numpy<3", variables=ON_17)) == []


def test_a_runtime_that_brings_what_is_asked_for_is_named():
    [_, note] = quick(asking("numpy>=2"))
    assert note.text.startswith("17.3.x-cpu-ml-scala2.13 brings what is asked for")


def test_what_gbi_imported_from_a_cluster_counts():
    here = {"16.4.x-cpu-ml": Runtime(python="3.12", libraries={"numpy": "2.2.0"})}
    facts = msgspec.structs.replace(FACTS, runtimes=here)
    assert findings(quick(asking("numpy>=2.2"), facts)) == []
    assert findings(quick(asking("numpy<2"), facts)) != []


def test_an_unknown_runtime_is_not_checked():
    repo = asking("numpy", variables="CLUSTER_SPARK_VERSION: 12.2.x-scala2.12")
    with pytest.raises(NotCheckedError, match=r"12\.2\.x"):
        quick(repo)
    with pytest.raises(NotCheckedError, match=r"12\.2\.x"):
        resolve(repo, FACTS)


def test_without_requirements_there_is_nothing_to_resolve():
    assert resolve(a_repo({"requirements.txt": "# nothing\n"}), FACTS) is None


def test_the_command_asks_the_index_with_what_fits_and_runs_no_code_of_the_model():
    command = resolve(asking("numpy>=2", "requests[socks]==2.32.2"), FACTS)
    assert command.has_network
    assert not command.runs_code
    plan = msgspec.json.decode(command.files["plan.json"])
    assert plan["fits"][0]["requirements"] == ["numpy", "requests[socks]==2.32.2"]
    assert "numpy==1.26.4" in plan["fits"][0]["constraints"]
    assert "requests==2.32.2" not in plan["fits"][1]["constraints"]
    assert plan["python"] == "3.12"


def test_a_clash_keeps_its_finding_and_gets_the_pins_that_go_together():
    found = full(asking("numpy>=2", "six"), UvAnswers(fits=(solved(numpy="1.26.4", six="1.17.0"),)))
    assert [finding.line for finding in findings(found)] == [1]
    assert "These go together on 16.4.x-cpu-ml: numpy==1.26.4." in notes(found)


def test_a_conflict_is_told_at_its_line_with_its_chain_and_a_way_out():
    why = "xarray==2025.1.0 depends on pandas>=2.1 and pandas==1.5.3"
    answers = UvAnswers(
        fits=(unsolved(why), unsolved(why)), ways_out=(solved(xarray="2024.3.0", six="1.17.0"),)
    )
    [finding] = findings(full(asking("six", "xarray==2025.1.0"), answers))
    assert finding.place() == "requirements.txt:2"
    assert finding.wrong == f"cannot be installed on 16.4.x-cpu-ml: {why}"
    assert finding.mend == "write xarray==2024.3.0: these go together"
    assert not finding.is_advice


def test_a_conflict_with_no_core_library_advises():
    why = "a==1 depends on requests<2 and requests==2.32.2"
    [finding] = findings(full(asking("a==1"), UvAnswers(fits=(unsolved(why), solved(a="1")))))
    assert finding.wrong == f"goes on 16.4.x-cpu-ml only by replacing libraries of it: {why}"
    assert finding.is_advice


def test_without_a_way_out_the_person_has_to_choose():
    answers = UvAnswers(
        fits=(unsolved("a==1 has no usable wheels"),) * 2, ways_out=(unsolved("a"),) * 2
    )
    [finding] = findings(full(asking("a==1"), answers))
    assert finding.mend == "choose other versions, or another CLUSTER_SPARK_VERSION"


def test_a_package_that_the_index_does_not_have_is_told_at_its_line():
    [finding] = findings(
        full(asking("six", "My_Lib==1"), UvAnswers(fits=(solved(),), missing=("my-lib",)))
    )
    assert (finding.place(), finding.wrong) == (
        "requirements.txt:2",
        "my-lib is not in the package index",
    )
    assert not finding.is_advice


def test_conda_may_have_what_the_index_has_not():
    [finding] = findings(full(conda("libfoo=1"), UvAnswers(fits=(solved(),), missing=("libfoo",))))
    assert finding.is_advice


NO_ANSWER = UvAnswer(
    code=2, said="error: Request failed\n  cause: error sending request for url (x)"
)


def test_without_an_index_nothing_is_passed():
    with pytest.raises(NotCheckedError, match="the package index does not answer"):
        full(asking("six"), UvAnswers(fits=(NO_ANSWER, NO_ANSWER)))


def test_without_an_index_the_quick_answer_stays():
    found = full(asking("numpy>=2"), UvAnswers(fits=(NO_ANSWER,)))
    assert [finding.line for finding in findings(found)] == [1]
    assert notes(found)[-1] == "Not resolved as a whole: the package index does not answer."


@pytest.mark.parametrize(
    ("output", "why"),
    [
        (Output(code=1, stderr=b"Traceback"), r"what uv said cannot be read \(code 1\)"),
        (Output(code=0, stdout=msgspec.json.encode(UvAnswers(fits=(UvAnswer(code=101, said="panicked"),)))), "uv ended with code 101"),
    ],
)  # fmt: skip
def test_a_tool_that_breaks_has_checked_nothing(output, why):
    with pytest.raises(NotCheckedError, match=why):
        list(libraries.full.parse(output, asking("six"), FACTS))


def test_a_tool_that_breaks_leaves_the_quick_answer():
    found = list(libraries.full.parse(Output(code=1), asking("numpy>=2"), FACTS))
    assert [finding.line for finding in findings(found)] == [1]
    assert notes(found)[-1].startswith("Not resolved as a whole: what uv said cannot be read")


async def test_the_sandbox_runs_it(tmp_path):
    repo = asking("six==1.17.0", "no-such-library-of-sluss")
    command = msgspec.structs.replace(resolve(repo, FACTS), env=index_environment())
    output = await (await probe()).run(command, repo, Places(cache=str(tmp_path)))
    [finding] = findings(libraries.full.parse(output, repo, FACTS))
    assert finding.wrong == "no-such-library-of-sluss is not in the package index"


def test_hostile_files_are_answered():
    for text in (
        "a" * 500_000,
        "a==1\n" * 50_000,
        "-r requirements.txt\n" * 1_000,
        "[" * 10_000,
        "\x00" * 1_000,
    ):
        quick(a_repo({"requirements.txt": text}))
        quick(conda(text.partition("\n")[0][:9_000]))
