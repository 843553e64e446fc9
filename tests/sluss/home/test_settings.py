"""A start reads its settings strictly: a mistake is named by file and key, before anything runs."""

import os
import re
import stat

import msgspec
import pytest
import yaml

from adapters.local_runs.environments import Tools
from adapters.mlflow.settings import MlflowSettings
from core.errors import SettingsError
from core.policy import Policy, policy
from core.words import Stage
from sluss.home.environment import default_home, tool_environment
from sluss.home.prepare import prepare_home
from sluss.home.scrubbed_output import known_secrets
from sluss.home.settings import Settings, apart_from_environment, load


@pytest.fixture
def home(tmp_path):
    prepare_home(tmp_path / "home")
    return tmp_path / "home"


def test_a_first_start_has_all_that_it_needs(home):
    settings = load(home, {})
    assert (settings.host, settings.is_local, settings.mlflow_url) == ("127.0.0.1", True, "")
    assert settings.public_url == f"http://127.0.0.1:{settings.port}"
    rooms = {"approvers": "approvals", "*": "general"}
    assert settings.files.platform.conversations == rooms
    assert [person.id for person in settings.files.people][:2] == ["astrid", "bo"]
    assert settings.files.policy == Policy(platform_team=("gbi_platform",))
    assert len(settings.secrets.secret("azure_devops_hook")) > 40
    assert len(settings.secrets.secret("mlflow_webhook")) > 40


def test_a_start_that_is_not_local_invents_nobody(tmp_path):
    prepare_home(tmp_path, is_local=False)
    files = load(tmp_path, {"SLUSS_LOCAL": "false"}).files
    assert (files.people, files.policy) == ((), Policy())


def test_a_second_start_changes_nothing(home):
    (home / "policy.yml").write_text("max_workers: 4\n")
    before = {path: path.read_bytes() for path in home.rglob("*") if path.is_file()}
    assert prepare_home(home) is False
    assert {path: path.read_bytes() for path in home.rglob("*") if path.is_file()} == before
    assert load(home, {}).files.policy.max_workers == 4


@pytest.mark.parametrize("home", ["a_file", "a_file/below", "full"])
def test_a_home_that_cannot_be_made_is_named_in_words(tmp_path, home):
    (tmp_path / "a_file").touch()
    (tmp_path / "full" / "people.yml").mkdir(parents=True)
    (tmp_path / "full" / "secrets").touch()

    with pytest.raises(SettingsError, match=rf"{home} cannot be made ready .*SLUSS_HOME"):
        prepare_home(tmp_path / home)


def test_nobody_else_may_read_the_home(home):
    folders = [home, home / "secrets"]
    assert {stat.S_IMODE(folder.stat().st_mode) for folder in folders} == {0o700}
    files = [path for path in home.rglob("*") if path.is_file()]
    assert {stat.S_IMODE(path.stat().st_mode) for path in files} == {0o600}


def test_every_rule_that_the_policy_file_shows_is_its_default(home):
    text = (home / "policy.yml").read_text()
    shown = yaml.safe_load("\n".join(re.findall(r"^# ([a-z_]+: \S.*)$", text, re.MULTILINE)))
    examples = policy({name: shown.pop(name) for name in ("directions", "build_services")})
    assert policy(shown) == Policy()
    assert examples.directions["expected_shortfall"] == "lower"
    assert list(examples.build_services.values()) == ["dag@bank.example"]


def test_a_person_may_have_accounts_be_somebody_elses_second_self_and_be_disabled(home):
    (home / "people.yml").write_text(
        "people:\n"
        "  - {id: a, name: A, accounts: ['BANK\\a']}\n"
        "  - {id: b, name: B, same_as: [a], disabled: true}\n"
    )
    first, second = load(home, {}).files.people
    assert (first.accounts, first.same_as, first.is_active) == (("BANK\\a",), ("b",), True)
    assert (second.accounts, second.same_as, second.is_active) == ((), ("a",), False)


def test_variables_are_text_as_the_host_would_give_them(home):
    (home / "gbi_variables.yml").write_text("common: {A: 30, B: x, C: null}\nQA: {SPN_QA: spn}\n")
    variables = load(home, {}).files.variables
    assert variables["common"] == {"A": "30", "B": "x"}
    assert variables[Stage.QA] == {"SPN_QA": "spn"}
    assert variables[Stage.PROD] == {}


OURS = "localhost,127.0.0.1,127.0.0.0/8,::1"
ENVIRONMENT = [
    ({"SLUSS_PORT": "9000"}, "public_url", "http://127.0.0.1:9000"),
    ({"SLUSS_PUBLIC_URL": "https://sluss.bank.example/"}, "public_url", "https://sluss.bank.example"),
    ({"SLUSS_MLFLOW_URL": "http://m:1"}, "mlflow_url", "http://m:1"),
    ({"SLUSS_MLFLOW_URL": "https://m.example/mlflow/"}, "mlflow_url", "https://m.example/mlflow"),
    ({"SLUSS_MLFLOW_URL": "HTTPS://me:word@m/a"}, "mlflow_url", "https://me:word@m/a"),
    ({"MLFLOW_TRACKING_URI": "databricks"}, "mlflow_url", ""),
    ({"MLFLOW_TRACKING_URI": "http://m:2"}, "mlflow_url", ""),
    ({"MLFLOW_TRACKING_URI": "http://m:2"}, "is_mlflow_named_elsewhere", True),
    ({"SLUSS_LOCAL": "false", "SLUSS_HOST": "0.0.0.0"}, "host", "0.0.0.0"),  # noqa: S104
    ({"SLUSS_LOCAL": "No"}, "is_local", False),
    ({"SLUSS_HOST": "localhost"}, "host", "localhost"),
    ({"SLUSS_HOST": "::1"}, "public_url", "http://[::1]:8100"),
    ({"PATH": "/bin", "AWS_SECRET": "x", "UV_CACHE_DIR": "/c"}, "tool_environment",
     {"PATH": "/bin", "UV_CACHE_DIR": "/c"}),
    ({"https_proxy": "http://p:1", "NO_PROXY": "pypi.bank"}, "tool_environment",
     {"https_proxy": "http://p:1", "NO_PROXY": f"pypi.bank,{OURS}", "no_proxy": f"pypi.bank,{OURS}"}),
    ({"SLUSS_PERSON": "bo@bank.example"}, "is_local", True),
    ({}, "page_url", "http://127.0.0.1:8100"),
    ({"SLUSS_LOCAL": "false"}, "page_url", ""),
    ({"SLUSS_LOCAL": "false", "SLUSS_HOST": "0.0.0.0"}, "public_url", "http://127.0.0.1:8100"),  # noqa: S104
    ({"SLUSS_LOCAL": "false", "SLUSS_HOST": "::"}, "public_url", "http://[::1]:8100"),
    ({}, "health_port", 8101),
    ({}, "is_health_apart", False),
    ({"SLUSS_PORT": "65535"}, "health_port", 65534),
    ({"SLUSS_HEALTH_PORT": "9000"}, "health_port", 9000),
    ({"SLUSS_HEALTH_PORT": "9000"}, "is_health_apart", True),
    ({"SLUSS_LOCAL": "false"}, "is_health_apart", True),
    ({"SLUSS_LOCAL": "false", "SLUSS_HEALTH_PORT": "9000"}, "health_port", 9000),
    ({"SLUSS_TEAMS_APP_ID": "a"}, "teams_app_id", "a"),
    ({"SLUSS_TEAMS_TENANT": "t"}, "teams_tenant", "t"),
    ({}, "has_service_bus", False),
    ({"SLUSS_SERVICE_BUS": "b.servicebus.windows.net"}, "has_service_bus", True),
    ({"SLUSS_SECRET_SERVICE_BUS_CONNECTION": "Endpoint=x"}, "has_service_bus", True),
    ({"SLUSS_SECRET_SERVICE_BUS_CONNECTION": "Endpoint=x"}, "is_on_one_machine", True),
    ({"SLUSS_SERVICE_BUS": "b", "SLUSS_STORE_URL": "postgresql://s@db/s"}, "is_on_one_machine", False),
]  # fmt: skip


@pytest.mark.parametrize(("environ", "name", "value"), ENVIRONMENT)
def test_the_environment_is_read(home, environ, name, value):
    assert getattr(load(home, environ), name) == value


NO_HOSTS = (".", "..", "a..b", ".m", "256.0.0.1", "1.2.3.4.5", "m" * 64, "m|n", "m%20n", "*")
HOSTS = ("m", "m.", "a-b.c_d", "127.0.0.1", "127.1", "[::1]", "[fe80::1%eth0]", "bücher.example")


@pytest.mark.parametrize("host", HOSTS)
def test_whatever_can_be_a_host_is_taken(home, host):
    url = f"http://{host}:1/a"
    assert load(home, {"SLUSS_MLFLOW_URL": url}).mlflow_url == url


BAD_ENVIRONMENT = [
    *(
        ({"SLUSS_LOCAL": "false", "SLUSS_HOST": wrong}, "SLUSS_HOST is .* must be a name or an")
        for wrong in NO_HOSTS
    ),
    ({"SLUSS_PROT": "1"}, r"SLUSS_PROT\. Did you mean SLUSS_PORT\?"),
    ({"SLUSS_PORT": "http"}, "SLUSS_PORT is 'http'"),
    ({"SLUSS_PORT": "70000"}, "SLUSS_PORT is '70000'"),
    ({"SLUSS_LOCAL": "maybe"}, "SLUSS_LOCAL is 'maybe'"),
    ({"SLUSS_HEALTH_PORT": "http"}, "SLUSS_HEALTH_PORT is 'http'"),
    ({"SLUSS_HEALTH_PORT": "8100"}, "health has a port of its own"),
    ({"SLUSS_STORE_URL": "mysql://db/x"}, "SLUSS_STORE_URL does not name a store"),
    ({"SLUSS_HOST": "0.0.0.0"}, "listens on this machine alone"),  # noqa: S104
    ({"SLUSS_HOST": "sluss.bank.example"}, "listens on this machine alone"),
    ({"SLUSS_PORT": "9" * 5000}, "a port is a number from 1 to 65535"),
    (
        {"SLUSS_PUBLIC_URL": "sluss.bank.example"},
        "SLUSS_PUBLIC_URL is 'sluss.bank.example', but it",
    ),
    *(
        ({"SLUSS_MLFLOW_URL": value}, f"SLUSS_MLFLOW_URL is '{shown}', but it must be")
        for value, shown in {
            "databricks": "databricks",
            "databricks://profile": "databricks://profile",
            "sqlite:///mlflow.db": "sqlite:///mlflow.db",
            "file:/tmp/mlruns": "file:/tmp/mlruns",
            "./mlruns": "./mlruns",
            "mlflow.example:5000": "mlflow.example:5000",
            "http://": "http://",
            "http://:5000": "http://:5000",
            "http://m:port": "http://m:port",
            "http://m:70000": "http://m:70000",
            "http://[::1": r"http://\[::1",
            "http://m /a": "http://m /a",
            **{f"http://{wrong}:1/a": f"http://{re.escape(wrong)}:1/a" for wrong in NO_HOSTS},
            "http://m/a?token=hush": "http://m/a",
            "http://m/a#hush": "http://m/a",
            "ftp://me:hush@m/a": r"\*\*\*@m/a",
            "me:hush@m": r"\*\*\*@m",
            "http://me:hu#sh@@m?": r"\*\*\*@m",
        }.items()
    ),
]


@pytest.mark.parametrize(("environ", "message"), BAD_ENVIRONMENT)
def test_a_mistake_in_the_environment_is_named(home, environ, message):
    with pytest.raises(SettingsError, match=message) as refused:
        load(home, environ)
    assert "hush" not in str(refused.value)


def test_no_variable_leads_a_start_apart_from_the_environment_to_a_real_system(home, monkeypatch):
    for name, value in {
        "SLUSS_MLFLOW_URL": "https://mlflow.bank.example",
        "SLUSS_STORE_URL": "postgresql://sluss@db.bank.example/sluss",
        "SLUSS_SERVICE_BUS": "bank.servicebus.windows.net",
        "SLUSS_LOCAL": "false",
        "SLUSS_HOST": "0.0.0.0",  # noqa: S104
        "SLUSS_PUBLIC_URL": "https://sluss.bank.example",
        "SLUSS_SECRET_MLFLOW_WEBHOOK": "theirs",
        "SLUSS_PROT": "1",
        "MLFLOW_TRACKING_URI": "databricks",
    }.items():
        monkeypatch.setenv(name, value)
    found, plain = apart_from_environment(home, port=8123), load(home, {"SLUSS_PORT": "8123"})
    assert found.secrets.values() == plain.secrets.values()
    assert found == msgspec.structs.replace(
        plain, tool_environment=tool_environment(os.environ), secrets=found.secrets
    )


BAD_FILES = [
    ("platform.yml", "repositorys: []", r"no key 'repositorys'\. Did you mean 'repositories'\?"),
    ("platform.yml", "repositories: [{id: a, name: b, taem: c}]",
     r"'repositories\[0\]\.taem'\. Did you mean 'team'\?"),
    ("platform.yml", "repositories: [{id: a, name: b}]", "the key 'team' is missing"),
    ("platform.yml", "repositories: [{id: 1, name: b, team: c}]", r"repositories\[0\]\.id"),
    ("platform.yml", "repositories: [{id: a, name: a-b, team: c}]", "name 'a-b' may have"),
    ("platform.yml", "repositories: [{id: a, name: platform, team: c}]", "not free as a name"),
    ("platform.yml", "variable_groups: {commen: a}", r"variable_groups\.commen'\. Did you mean 'common'\?"),
    ("platform.yml", "variable_groups: {QA: [1]}", r"variable_groups\.QA"),
    ("platform.yml", "variable_groups: {QA: ' '}", r"variable_groups\.QA names a group without a name"),
    ("platform.yml", "variable_groups: {QA: [a, A]}", r"variable_groups\.QA names a group twice"),
    ("platform.yml", "projects: [{name: a, variable_groups: {PROD: ['']}}]", r"project a: variable_groups\.PROD names a group"),
    ("platform.yml", "projects: [{name: a}, {name: A}]", "project 'a' is given twice"),
    ("platform.yml", "repositories: [{id: a, name: b, team: c, variable_groups: {TEST: x}}]", r"no key 'repositories\[0\]\.variable_groups\.TEST'"),
    ("platform.yml", "repositories: []\nrepositories: []", "at line 2: the key.*given twice"),
    ("platform.yml", "repositories: [", "not valid YAML at line 1"),
    ("platform.yml", "- a", "it must be a mapping of keys, and is a list"),
    ("platform.yml", "!!python/object/apply:os.system [ls]", "not valid YAML"),
    ("people.yml", "people: [{id: a, name: A, identity: verified}]", "'people.*identity'"),
    ("people.yml", "people: [{id: '', name: A}]", r"people\[0\]\.id"),
    ("people.yml", "people: [{id: a, name: A}, {id: a, name: B}]", "the id 'a'"),
    ("people.yml", "people: [{id: a, name: A, account: [b]}]", "Did you mean 'accounts'?"),
    ("people.yml", "people: [{id: a, name: A, accounts: [' ']}]", r"people\[0\]\.accounts"),
    ("people.yml", "people: [{id: a, name: A, disabled: perhaps}]", r"people\[0\]\.disabled"),
    ("people.yml", "people: [{id: a, name: A, same_as: [b]}]", "has nobody of that id"),
    ("people.yml", "people: [{id: a, name: A, emails: [x]}, {id: b, name: B, accounts: [X]}]",
     "write `same_as: .a.` at b"),
    ("gbi_variables.yml", "Prod: {A: b}", "'Prod'"),
    ("gbi_variables.yml", "QA: {A: [1]}", "gbi_variables.yml: QA"),
    ("policy.yml", "max_worker: 3", r"Did you mean '?max_workers"),
    ("policy.yml", "max_workers: many", "policy.yml"),
]  # fmt: skip


@pytest.mark.parametrize(("file", "text", "message"), BAD_FILES)
def test_a_mistake_in_a_file_is_named(home, file, text, message):
    (home / file).write_text(text)
    with pytest.raises(SettingsError, match=message) as refused:
        load(home, {})
    assert file in str(refused.value)
    assert "Nothing was started" in str(refused.value)


@pytest.mark.parametrize("file", ["platform.yml", "people.yml", "gbi_variables.yml", "policy.yml"])
def test_a_file_that_is_missing_or_no_text_is_named(home, file):
    (home / file).write_bytes(b"\xff\xfe")
    with pytest.raises(SettingsError, match=f"{file} cannot be read"):
        load(home, {})
    (home / file).unlink()
    with pytest.raises(SettingsError, match=f"{file} cannot be read"):
        load(home, {})


def test_a_home_that_is_not_there_is_named_and_what_makes_one(tmp_path):
    with pytest.raises(SettingsError, match=r"no home .*nowhere\. .*`sluss up` makes one"):
        load(tmp_path / "nowhere", {})


@pytest.mark.parametrize("file", ["platform.yml", "people.yml", "gbi_variables.yml", "policy.yml"])
def test_an_empty_file_is_one_without_keys(home, file):
    (home / file).write_text("# nothing yet\n")
    assert isinstance(load(home, {}), Settings)


def test_a_secret_of_the_environment_comes_before_the_file(home):
    secrets = load(home, {"SLUSS_SECRET_MLFLOW_WEBHOOK": "from outside"}).secrets
    assert secrets.secret("mlflow_webhook") == "from outside"


def test_a_secret_file_that_others_may_read_is_refused(home):
    (home / "secrets" / "mlflow_webhook").chmod(0o644)
    with pytest.raises(SettingsError, match="chmod 600"):
        load(home, {})


def test_no_secret_shows_in_a_repr(home):
    environ = {
        "SLUSS_SECRET_X": "hush-hush",
        "UV_INDEX_URL": "https://user:hush-hush@index.example",
    }
    settings = load(home, environ)
    assert "hush-hush" not in f"{settings!r} {settings} {settings.secrets!r}"
    assert settings.secrets.secret("azure_devops_hook") not in repr(settings)


def test_the_home_is_named_by_the_environment(tmp_path):
    assert default_home({"SLUSS_HOME": str(tmp_path)}) == tmp_path
    assert default_home({}).name == ".sluss"


def test_every_secret_of_a_start_is_known_to_whoever_writes_for_others(home):
    (home / "secrets" / "another").touch(mode=0o600)
    (home / "secrets" / "another").write_text("sword-1\n")
    environ = {
        "SLUSS_SECRET_STORE_PASSWORD": "sword-2",
        "SLUSS_MLFLOW_URL": "http://me:sword-3@mlflow.example",
        "SLUSS_STORE_URL": "postgresql://me:sword-4@db.example/a",
        "UV_INDEX_BANK_PASSWORD": "sword-5",
        "SLUSS_SECRET_SERVICE_BUS_CONNECTION": "Endpoint=sb://a.example/;SharedAccessKey=sword-6",
    }
    known = known_secrets(load(home, environ))
    assert {f"sword-{number}" for number in range(1, 7)} <= set(known)
    assert load(home, {}).secrets.secret("azure_devops_hook") in known


def test_no_representation_shows_a_secret(home):
    environ = {"SLUSS_MLFLOW_URL": "http://me:swordfish@m", "UV_INDEX_A_PASSWORD": "swordfish"}
    settings = load(home, environ)
    shown = [
        settings,
        MlflowSettings(tracking_uri=settings.mlflow_url),
        Tools(uv="uv", python="python", env=settings.tool_environment),
    ]
    assert "swordfish" not in repr(shown)


def test_links_have_no_login(home):
    url = load(home, {"SLUSS_PUBLIC_URL": "https://me:swordfish@sluss.example/"}).public_url
    assert url == "https://sluss.example"


def mode(path):
    return stat.S_IMODE(path.stat().st_mode)


def test_a_home_and_its_files_that_others_may_read_are_closed(home):
    files = [home / name for name in ("store.db", "store.db-wal", "chat.jsonl", "policy.yml")]
    for file in files:
        file.touch()
        file.chmod(0o644)
    home.chmod(0o755)
    (home / "secrets").chmod(0o755)

    prepare_home(home)

    assert {mode(path) for path in (home, home / "secrets")} == {0o700}
    assert {mode(path) for path in files} == {0o600}


def test_an_empty_folder_is_closed_and_becomes_a_home(tmp_path):
    (tmp_path / "home").mkdir(mode=0o755)
    assert prepare_home(tmp_path / "home")
    assert mode(tmp_path / "home") == 0o700


@pytest.mark.parametrize("rights", [0o755, 0o1777])
def test_a_folder_with_other_things_is_not_closed_but_refused(tmp_path, rights):
    (tmp_path / "shared" / "of_others").mkdir(parents=True)
    (tmp_path / "shared").chmod(rights)

    with pytest.raises(SettingsError, match=r"others may read it.*chmod 700.*Nothing was started"):
        prepare_home(tmp_path / "shared")
    assert mode(tmp_path / "shared") == rights
    assert [path.name for path in (tmp_path / "shared").iterdir()] == ["of_others"]
