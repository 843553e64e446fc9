"""The real uv, asked about small packages of the real index; and an index that does not answer."""

import secrets
import socket
import zipfile

import pytest

from core.gate.check_rules import CheckRules, LibraryRules
from core.gate.checks import ModelRepo
from core.gate.facts import CheckFacts
from core.gate.tools import ToolCommand
from tests.model_repos import a_repo
from tests.workers.gate.runtimes.asking import NO_INDEX, ask
from workers.gate.checks.libraries import resolve
from workers.gate.runtimes import uv_words
from workers.gate.runtimes.resolve import OUT_OF_TIME, write_wheels


def asking(requirements: str) -> ModelRepo:
    return a_repo({"requirements.txt": f"{requirements}\n"})


def in_seconds(seconds: float) -> CheckFacts:
    return CheckFacts(rules=CheckRules(libraries=LibraryRules(seconds=seconds)))


def command(requirements: str) -> ToolCommand:
    found = resolve(asking(requirements), CheckFacts())
    assert found is not None
    return found


def test_what_is_on_the_cluster_need_not_be_in_the_index(tmp_path):
    """For its Python 3.12 nobody but the vendor has built pandas 1.5.3."""
    answers = ask(command("pandas>=1.5,<4\npyspark"), tmp_path)
    assert [answer.pins for answer in answers.fits] == [{"pandas": "1.5.3", "pyspark": "3.5.2"}]
    assert answers.ways_out == ()


def test_a_conflict_has_its_reason_and_a_way_out_and_unknown_packages_do_not_hide_it(tmp_path):
    asked = "python-dateutil==2.8.2\nsix<1.5\nno-such-library-of-sluss\nanother-one-of-sluss"
    answers = ask(command(asked), tmp_path)
    assert sorted(answers.missing) == ["another-one-of-sluss", "no-such-library-of-sluss"]
    assert [answer.is_solved for answer in answers.fits] == [False, False]
    assert "depends on six>=1.5" in uv_words.reason(answers.fits[0].said)
    assert answers.ways_out[0].is_solved
    assert set(answers.ways_out[0].pins) >= {"python-dateutil", "six"}


def test_an_index_that_does_not_answer_says_nothing_about_the_requirements(tmp_path):
    word = secrets.token_hex(8)
    env = {**NO_INDEX, "UV_INDEX_URL": f"http://me:{word}@127.0.0.1:9/simple"}
    answers = ask(command("six==99"), tmp_path, env)
    assert [uv_words.is_unanswered(answer.said) for answer in answers.fits] == [True]
    assert answers.ways_out == ()
    assert word not in repr(answers)


def test_an_index_that_hangs_is_left_when_the_time_is_over(tmp_path):
    found = resolve(asking("six"), in_seconds(0.1))
    with socket.create_server(("127.0.0.1", 0)) as silent:
        env = {"UV_INDEX_URL": f"http://127.0.0.1:{silent.getsockname()[1]}/simple"}
        answers = ask(found, tmp_path, env)
    assert [answer.said for answer in answers.fits] == [OUT_OF_TIME]
    assert uv_words.is_unanswered(OUT_OF_TIME)


def test_a_repository_does_not_say_where_packages_come_from(tmp_path):
    """uv reads the settings of the folder that it runs in: never the repository's."""
    (tmp_path / "uv.toml").write_text('index-url = "http://127.0.0.1:9/simple"\n')
    answers = ask(command("six==1.17.0"), tmp_path)
    assert answers.fits[0].pins == {"six": "1.17.0"}


def test_nothing_asked_is_nothing_run(tmp_path):
    answers = ask(command("six=1"), tmp_path, NO_INDEX)
    assert (answers.fits, answers.ways_out) == ((), ())


@pytest.mark.parametrize("name", ["numpy", "scikit-learn"])
def test_a_wheel_says_its_name_and_needs_nothing(tmp_path, name):
    write_wheels({name: "1.2"}, tmp_path / "wheels")
    stem = f"{name.replace('-', '_')}-1.2"
    with zipfile.ZipFile(tmp_path / "wheels" / f"{stem}-py3-none-any.whl") as wheel:
        metadata = wheel.read(f"{stem}.dist-info/METADATA").decode()
    assert metadata.splitlines() == ["Metadata-Version: 2.1", f"Name: {name}", "Version: 1.2"]
