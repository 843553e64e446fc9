"""The reference pages say what the code says."""

import re
from pathlib import Path

import pytest

from bot.commands import COMMANDS
from core.errors import SettingsError
from core.policy import Policy, policy
from sluss.home import chat_token, settings, store_url
from sluss.home.people_file import read_people
from sluss.home.prepare import prepare_home
from sluss.home.settings import load, read_platform, read_variables
from sluss.home.strict_yaml import parse
from sluss.reference import home_files, pages
from sluss.reference import policy as of_policy
from sluss.reference.markdown import keys_of
from workers.gate.checks import CHECKS

FOLDER = Path(__file__).parents[2] / "docs" / "reference"
SETTINGS = (FOLDER / "settings.md").read_text("utf-8")
NAME = re.compile(r"`(SLUSS_[A-Z_]+)")


@pytest.mark.parametrize("name", pages())
def test_a_page_is_as_the_tables_are_now(name):
    assert (FOLDER / name).read_text("utf-8") == pages()[name], "run: make docs"


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.id)
def test_every_check_says_why_and_how_to_mend(check):
    assert len(check.why) > 40
    assert check.mend.endswith(".")


def test_every_command_is_on_its_page_with_its_examples():
    page = pages()["commands.md"]
    for command in COMMANDS:
        assert f"`{command.usage}`" in page
        assert all(example in page for example in command.examples)


def test_what_is_said_about_a_key_is_about_one_that_the_file_has():
    known = {key.path for key in keys_of(Policy)}
    assert set(of_policy.ABOUT) == known

    structs = [struct for struct, _, _ in home_files.FILES.values()]
    known = {key.path for struct in structs for key in home_files.told_once(keys_of(struct))}
    assert set(home_files.ABOUT) == known


def test_the_example_of_the_policy_is_complete_and_is_read():
    written = parse(of_policy.EXAMPLE, "policy.yml")
    found = policy(written)

    assert set(written) == set(Policy.__struct_fields__)
    assert set(written["rules"]) == set(Policy().rules.__struct_fields__)
    assert found.approvers["PROD"] == ("approvers", "model_risk")
    assert found.unknown_checks([check.id for check in CHECKS]) == []


def test_what_the_page_of_the_policy_says_of_its_entries_is_so():
    kept = policy({"blocks": {"QA": 3}, "stage_order": {"PROD": ""}, "rules": {"lint": {}}})

    assert kept.blocks == {**Policy().blocks, "QA": 3}
    assert kept.stage_order == {"PROD": ""}
    with pytest.raises(SettingsError, match="Did you mean approvers"):
        policy({"aprovers": {}})


def test_the_examples_of_the_other_files_are_read(tmp_path):
    for name, (_, example, _) in home_files.FILES.items():
        (tmp_path / name).write_text(example)

    assert [known.name for known in read_platform(tmp_path).repositories] == ["loan_default"]
    leif = next(person for person in read_people(tmp_path) if person.id == "leif")
    assert not leif.is_active
    assert read_variables(tmp_path)["common"]["CLUSTER_AUTOTERMINATION_MINUTES"] == "30"


def test_every_setting_is_on_the_page_of_settings_and_no_other():
    named = {name for name in NAME.findall(SETTINGS) if not name.startswith("SLUSS_SECRET_")}
    assert named - {"SLUSS_"} == set(settings._KNOWN)


def test_every_secret_that_a_start_asks_for_is_on_the_page_of_settings():
    wanted = {getattr(settings, name) for name in dir(settings) if "_SECRET" in name}
    names = {name for name in wanted if isinstance(name, str)} | {store_url.STORE_PASSWORD}
    for name in {*names, chat_token.NAME} - {settings._SECRET_PREFIX}:
        assert f"`{name}`" in SETTINGS


def test_the_defaults_on_the_page_of_settings_are_those_of_a_start(tmp_path):
    prepare_home(tmp_path / "home")
    found = load(tmp_path / "home", {})

    assert f"| `SLUSS_HOST` | `{found.host}` |" in SETTINGS
    assert f"| `SLUSS_PORT` | `{found.port}` |" in SETTINGS
    assert f"| `SLUSS_HEALTH_PORT` | the next one, `{found.health_port}` |" in SETTINGS
    assert found.is_local
    assert "| `SLUSS_LOCAL` | `true` |" in SETTINGS
