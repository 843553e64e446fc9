"""Reads all settings of a start, once and strictly: files of SLUSS_HOME and the environment."""

import difflib
import os
import re
import stat
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import msgspec

from adapters.local_files.secrets import EnvironmentSecrets
from core.command_line import typed
from core.errors import SettingsError
from core.loopback import is_loopback
from core.people import Person
from core.platform import Platform, Repository
from core.policy import Policy, policy
from core.scrub import without_login
from sluss.home.environment import (
    BAD_VARIABLE,
    boolean,
    health_port,
    host_of,
    port_of,
    tool_environment,
    url_of,
    web_address,
)
from sluss.home.people_file import read_people
from sluss.home.store_url import STORE_PASSWORD, STORE_URL, is_file, store_url
from sluss.home.strict_yaml import NOTHING, decode, parse, read

PLATFORM_FILE: Final = "platform.yml"
VARIABLES_FILE: Final = "gbi_variables.yml"
POLICY_FILE: Final = "policy.yml"
SECRETS_FOLDER: Final = "secrets"

HOST: Final = "--host or SLUSS_HOST"

HOOK_USER: Final = "sluss"  # the user of the service hooks' basic auth
HOOK_SECRET: Final = "azure_devops_hook"  # noqa: S105 - names of secrets
HOOK_SECRET_BEFORE: Final = "azure_devops_hook_previous"  # noqa: S105 - only while it is rotated
CHECK_SECRET: Final = "azure_pipelines_check"  # noqa: S105
CHECK_SECRET_BEFORE: Final = "azure_pipelines_check_previous"  # noqa: S105 - only while it is rotated
CHECK_KEY: Final = "check_key"
CHECK_KEY_BEFORE: Final = "check_key_previous"  # only while it is rotated
MLFLOW_SECRET: Final = "mlflow_webhook"  # noqa: S105
MLFLOW_SECRET_BEFORE: Final = "mlflow_webhook_previous"  # noqa: S105 - only while it is rotated
TEAMS_SECRET: Final = "teams_client_secret"  # noqa: S105
AZURE_DEVOPS_SECRET: Final = "azure_devops_token"  # noqa: S105 - for development
IDENTITY_SECRET: Final = "identity_secret"  # noqa: S105 - of a service principal; managed has none
SERVICE_BUS_SECRET: Final = "service_bus_connection"  # noqa: S105 - for development

# A machine of Azure hands out tokens there to whoever asks on it.
ENDPOINTS: Final = ("IDENTITY_ENDPOINT", "MSI_ENDPOINT", "AZURE_FEDERATED_TOKEN_FILE")
FOREIGN_MLFLOW: Final = "MLFLOW_TRACKING_URI"  # MLflow's own: it may name a real system
REPOSITORY_NAME: Final = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.]*")

NO_HOME = (
    "There is no home {home}. Nothing was done; `sluss up` makes one, or name another with --home "
    "or SLUSS_HOME."
)
UNKNOWN_VARIABLE = "There is no setting {name}.{hint} Nothing was started; mend the environment."
BAD_NAME = (
    "{file}: the repository name {name!r} may have letters, digits, '_' and '.' only. " + NOTHING
)
READABLE_BY_OTHERS = (
    "The secret file {path} can be read by others. Nothing was started; close it: `{command}`"
)

_PREFIX = "SLUSS_"
_SECRET_PREFIX = "SLUSS_SECRET_"  # noqa: S105
# The hook of a repository reads it, in the process of the person who pushes.
_PERSON = "SLUSS_PERSON"
_NAMES = ("SLUSS_HOME", "SLUSS_HOST", "SLUSS_PORT", "SLUSS_PUBLIC_URL", "SLUSS_MLFLOW_URL")
_METADATA = "SLUSS_TEAMS_OPENID_METADATA"
_AZURE = ("SLUSS_AZURE_DEVOPS", "SLUSS_IDENTITY", "SLUSS_IDENTITY_TENANT")
_AWAY = ("SLUSS_TEAMS_APP_ID", "SLUSS_TEAMS_TENANT", "SLUSS_SERVICE_BUS", "SLUSS_HEALTH_PORT")
_KNOWN = (*_NAMES, *_AZURE, *_AWAY, _METADATA, STORE_URL, "SLUSS_LOCAL", _PERSON)


class Files(msgspec.Struct, frozen=True, kw_only=True):
    """What the files of SLUSS_HOME say; ``variables`` has a section ``common`` and one a stage."""

    platform: Platform
    people: tuple[Person, ...]
    variables: dict[str, dict[str, str]]
    policy: Policy


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """The settings of a start; ``mlflow_url`` is "" where we start a server of our own.

    ``service_bus`` is "" where queues are files, ``azure_devops`` where code is in bare
    repositories, ``identity`` (a client id) where nothing is signed in to with one,
    ``teams_openid_metadata`` where it is the Bot Framework's own. ``store_url`` may hold a
    password.
    ``is_health_apart`` gives health a port of its own, even in a process that serves more.
    ``is_mlflow_named_elsewhere`` tells that the shell names an MLflow, which is not ours unasked.

    ``tool_environment`` is all that installers and child processes may inherit. It may hold the
    password of a package index, so no model's code gets it.
    """

    home: Path
    host: str
    port: int
    health_port: int
    is_health_apart: bool
    public_url: str
    is_public_url_given: bool
    mlflow_url: str
    is_mlflow_named_elsewhere: bool
    store_url: str
    service_bus: str
    azure_devops: str
    identity: str
    identity_tenant: str
    is_on_identified_machine: bool
    teams_app_id: str
    teams_tenant: str
    teams_openid_metadata: str
    is_local: bool
    files: Files
    secrets: EnvironmentSecrets
    tool_environment: dict[str, str]

    @property
    def page_url(self) -> str:
        """Return where people find the pages; "" where there are none, since nobody can sign in."""
        return self.public_url if self.is_local else ""

    @property
    def has_service_bus(self) -> bool:
        return bool(self.service_bus or self.secrets.find(SERVICE_BUS_SECRET))

    @property
    def has_identity(self) -> bool:
        """Tell whether a process of this machine could sign in somewhere as Sluss."""
        is_given = self.identity or self.secrets.find(AZURE_DEVOPS_SECRET)
        return bool(is_given) or self.is_on_identified_machine

    @property
    def is_on_one_machine(self) -> bool:
        """Tell whether the ledger or the queues are files, which no second machine can share."""
        return is_file(self.store_url) or not self.has_service_bus

    def __repr__(self) -> str:
        return f"Settings(home={str(self.home)!r}, host={self.host!r}, port={self.port})"


_Section = dict[str, str | int | None]


class _Variables(msgspec.Struct, frozen=True):
    common: _Section = {}
    TST: _Section = {}
    QA: _Section = {}
    PROD: _Section = {}


def from_environment(home: Path, *, host: str = "", port: int | None = None) -> Settings:
    """Read all settings of a start; only what other processes inherit is read elsewhere."""
    given = {"SLUSS_HOST": host, "SLUSS_PORT": str(port or "")}
    return load(home, {**os.environ, **{name: value for name, value in given.items() if value}})


def apart_from_environment(home: Path, *, port: int) -> Settings:
    """Read the settings of a start that no variable leads to a system of somebody's."""
    return load(home, {**tool_environment(os.environ), "SLUSS_PORT": str(port)})


def store_from_environment(home: Path) -> str:
    """Return where the ledger is, for commands that need no other setting."""
    _refuse_unknown(os.environ)
    return _store(home, os.environ, _secrets(home, os.environ))


def is_local_start(environ: Mapping[str, str]) -> bool:
    return boolean("SLUSS_LOCAL", environ.get("SLUSS_LOCAL") or "true")


def load(home: Path, environ: Mapping[str, str]) -> Settings:
    """Read the settings. Raise SettingsError that names the file and key, or the variable."""
    _refuse_unknown(environ)
    if not home.is_dir():
        raise SettingsError(NO_HOME.format(home=home))
    host = host_of(HOST, environ.get("SLUSS_HOST") or "127.0.0.1")
    port = port_of("SLUSS_PORT", environ.get("SLUSS_PORT") or "8100")
    beside = health_port(environ, port)
    is_local = is_local_start(environ)
    secrets = _secrets(home, environ)
    if is_local and not is_loopback(host):
        must = "a local start listens on this machine alone (127.0.0.1), as it asks for no sign-in"
        raise SettingsError(BAD_VARIABLE.format(name=HOST, value=host, must=must))
    return Settings(
        home=home,
        host=host,
        port=port,
        health_port=beside,
        is_health_apart=not is_local or bool(environ.get("SLUSS_HEALTH_PORT")),
        public_url=without_login(web_address("SLUSS_PUBLIC_URL", environ) or url_of(host, port)),
        is_public_url_given=bool(environ.get("SLUSS_PUBLIC_URL")),
        mlflow_url=web_address("SLUSS_MLFLOW_URL", environ),
        is_mlflow_named_elsewhere=bool(environ.get(FOREIGN_MLFLOW)),
        store_url=_store(home, environ, secrets),
        service_bus=environ.get("SLUSS_SERVICE_BUS", ""),
        azure_devops=web_address("SLUSS_AZURE_DEVOPS", environ),
        identity=environ.get("SLUSS_IDENTITY", ""),
        identity_tenant=environ.get("SLUSS_IDENTITY_TENANT", ""),
        is_on_identified_machine=any(environ.get(name) for name in ENDPOINTS),
        teams_app_id=environ.get("SLUSS_TEAMS_APP_ID", ""),
        teams_tenant=environ.get("SLUSS_TEAMS_TENANT", ""),
        teams_openid_metadata=environ.get(_METADATA, ""),
        is_local=is_local,
        files=read_files(home),
        secrets=secrets,
        tool_environment=tool_environment(environ),
    )


def read_files(home: Path) -> Files:
    return Files(
        platform=read_platform(home),
        people=read_people(home),
        variables=read_variables(home),
        policy=policy(parse(read(home / POLICY_FILE), POLICY_FILE)),
    )


def read_platform(home: Path) -> Platform:
    """Read platform.yml; a repository that was moved or copied with its home is found there."""
    platform = parse_platform(read(home / PLATFORM_FILE))
    found = tuple(_where_now(known, home) for known in platform.repositories)
    return msgspec.structs.replace(platform, repositories=found)


def repository_folder(home: Path, name: str) -> Path:
    """Return where a repository that the home keeps itself is."""
    return home.absolute() / "repositories" / f"{name}.git"


def _where_now(repository: Repository, home: Path) -> Repository:
    ours = repository_folder(home, repository.name)
    is_kept = Path(repository.location).parts[-2:] == ours.parts[-2:]
    if not is_kept or not ours.is_dir():
        return repository
    return msgspec.structs.replace(repository, location=str(ours))


def parse_platform(text: str) -> Platform:
    platform = decode(text, Platform, PLATFORM_FILE)
    for repository in platform.repositories:
        if not REPOSITORY_NAME.fullmatch(repository.name):
            raise SettingsError(BAD_NAME.format(file=PLATFORM_FILE, name=repository.name))
    if problems := platform.problems():
        raise SettingsError(f"{PLATFORM_FILE}: {'; '.join(problems)}. {NOTHING}")
    return platform


def read_variables(home: Path) -> dict[str, dict[str, str]]:
    """Return GBI's variables as text, as Azure DevOps gives them; empty ones are left out."""
    sections = decode(read(home / VARIABLES_FILE), _Variables, VARIABLES_FILE)
    return {
        section: {name: str(value) for name, value in values.items() if value is not None}
        for section, values in msgspec.structs.asdict(sections).items()
    }


def _refuse_unknown(environ: Mapping[str, str]) -> None:
    for name in sorted(environ):
        if not name.startswith(_PREFIX) or name.startswith(_SECRET_PREFIX) or name in _KNOWN:
            continue
        near = difflib.get_close_matches(name, _KNOWN, n=1)
        hint = f" Did you mean {near[0]}?" if near else ""
        raise SettingsError(UNKNOWN_VARIABLE.format(name=name, hint=hint))


def _store(home: Path, environ: Mapping[str, str], secrets: EnvironmentSecrets) -> str:
    return store_url(home, environ.get(STORE_URL, ""), secrets.find(STORE_PASSWORD))


def _secrets(home: Path, environ: Mapping[str, str]) -> EnvironmentSecrets:
    """Read the files of ``secrets/``; SLUSS_SECRET_<NAME> in the environment overrides them."""
    folder = home / SECRETS_FOLDER
    values: dict[str, str] = {}
    for path in sorted(folder.glob("[!.]*")):
        mode = path.stat().st_mode
        if stat.S_ISREG(mode) and mode & 0o077:
            raise SettingsError(
                READABLE_BY_OTHERS.format(path=path, command=typed("chmod", "600", str(path)))
            )
        values[path.name] = read(path).strip()
    for name, value in environ.items():
        if name.startswith(_SECRET_PREFIX):
            values[name.removeprefix(_SECRET_PREFIX).casefold()] = value
    return EnvironmentSecrets(values)
