"""Fills a home at the first start: example files and fresh webhook secrets."""

import contextlib
import os
import secrets
import stat
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from adapters.local_files.people import example_people
from core.command_line import typed
from core.errors import SettingsError
from core.people import Person
from sluss.home.address import NAME as ADDRESS
from sluss.home.people_file import PEOPLE_FILE
from sluss.home.settings import (
    CHECK_KEY,
    CHECK_SECRET,
    HOOK_SECRET,
    MLFLOW_SECRET,
    PLATFORM_FILE,
    POLICY_FILE,
    SECRETS_FOLDER,
    VARIABLES_FILE,
)

PLATFORM: Final = """\
# Which model repositories there are. `sluss add PATH --team TEAM` adds one; comments stay.
repositories: []

# Who is told where: a team's conversation, a group of approvers', that of the platform team under
# the name `platform`; "*" is everybody else's.
conversations:
  approvers: approvals
  "*": general
"""

PEOPLE: Final = """\
# Who may decide. A member of a repository's team accepts and requests;
# a member of a group that policy.yml names approves.
# `emails` and `accounts` (a user principal name, DOMAIN\\account, an alias, a host's id) find who
# wrote or pushed a commit. `same_as: [id]` joins several entries of one human, and with
# `disabled: true` somebody decides nothing any more.
"""

INVENTED: Final = """\
# These people are invented; they are picked in the chat window, and nobody signs in.
people:
"""

NOBODY: Final = """\
# `id` is the person's object id in the directory that Teams asks, for example:
#   - id: 00000000-0000-0000-0000-000000000000
#     name: Astrid Lund
#     emails: [astrid@bank.example]
#     groups: [credit_risk]
people: []
"""

VARIABLES: Final = """\
# GBI's variables on one machine; in Azure DevOps they are variable groups. Example values.
# A value that names a secret holds the secret's name, never the secret.
common:
  OAUTH2_TOKEN_URL: https://login.example/oauth2/v2.0/token
  OAUTH2_ID: 00000000-0000-0000-0000-000000000001
  OAUTH2_SECRETS_NAME: mlops-oauth2-secret
  CLUSTER_AUTOTERMINATION_MINUTES: 30
  NOTEBOOK_PATH: /Shared/models
  TRAIN_JOB_NAME: train
  SCORE_JOB_NAME: score
  CMR_SCOPE: central-model-registry
  CMR_PREFIX: cmr
  # The model may choose another of GBI's list (policy.yml, allowed):
  CLUSTER_SPARK_VERSION: 16.4.x-cpu-ml-scala2.12
  CLUSTER_NODE_TYPE_ID: Standard_DS3_v2
  CLUSTER_DRIVER_NODE_ID: Standard_DS3_v2
  MODEL_SRC_PATH: src
TST:
  WORKSPACE_URL_TST: https://adb-tst.example
  DATABRICKS_CLUSTER_NAME_TST: mlops-tst
QA:
  WORKSPACE_URL_QA: https://adb-qa.example
  DATABRICKS_CLUSTER_NAME_QA: mlops-qa
  SPN_QA: spn-models-qa
PROD:
  WORKSPACE_URL_PROD: https://adb-prod.example
  DATABRICKS_CLUSTER_NAME_PROD: mlops-prod
  SPN_PROD: spn-models-prod
"""

POLICY: Final = """\
# GBI's rules. What is commented out is the default; a change counts from the next start on.

# Findings up to this priority stand before the gate of that name (1 required .. 5 optional):
# blocks: {run: 1, acceptance: 1, QA: 2, PROD: 3}

# The groups whose members approve a stage:
# approvers: {QA: [approvers], PROD: [approvers]}

# The groups whose members may send a dead letter again, and say whose an address is that people.yml
# does not know. While none is named nobody may; on a local start anybody may send again:
{platform_team}

# The accounts of build services that push, as the host of git names them, and who answers for each:
# build_services: {'Build\\00000000-0000-0000-0000-000000000000': dag@bank.example}

# PROD takes only what QA has held:
# stage_order: {PROD: QA}

# Per check: block, warn or off, another priority, and a mode of its own at one gate:
# checks:
#   variable_groups: {mode: block}
#   unit_tests: {priority: 1, at: {QA: block}}

# What single checks measure by; all fields are in the documentation of the gate:
# rules:
#   sandbox: namespaces        # the weakest for a model's code: bubblewrap, namespaces, limits
#   financial_id: "CC-[0-9]{6}"
#   lint: {profiles: {pep8: {score: 7.0}}, teams: {"*": pep8}}
#   unit_tests: {min_coverage: 0, seconds: 300}

# Cluster sizes, and which kinds of model need a train.py:
# max_workers: 16
# train_required: [Supervised, Unsupervised]

# Which way of a metric is up, where its name does not say it:
# directions: {expected_shortfall: lower}

# Limits of a run and of a repository:
# time_limit_s: 1800
# memory_limit_mb: 4096
# max_files: 5000
# max_bytes: 104857600
"""

OUR_TEAM: Final = "platform_team: [gbi_platform]"  # the group of Dag, who is invented
NO_TEAM: Final = "# platform_team: []"

CANNOT_MAKE: Final = (
    "The home {home} cannot be made ready ({why}). Nothing was started; give a folder of your own "
    "with --home or SLUSS_HOME."
)

OPEN_HOME: Final = "others may read it, and it holds or may get other things than ours: `{command}`"

ALONE: Final = 0o700
ALONE_FILE: Final = 0o600
OTHERS: Final = 0o077
CLOSED: Final = frozenset({SECRETS_FOLDER, "evidence", "mlflow"})
BELOW: Final = ("mlflow/artifacts", "mlflow/mlflow.db")  # MLflow would tell it only in its log
FOLDERS: Final = CLOSED | {"repositories", "runs", "environments", "runtimes", "mlflow/artifacts"}
FILES: Final = (".db", ".jsonl", ".yml", ".lock", ".json")
OURS: Final = CLOSED | {PLATFORM_FILE, PEOPLE_FILE, POLICY_FILE, VARIABLES_FILE, "lost+found"}
SENSITIVE: Final = (".db", ".db-wal", ".db-shm", ".db-journal", ".jsonl", ".new", ".yml", ".log")

_SECRET_BYTES = 32


def prepare_home(home: Path, *, is_local: bool = True) -> bool:
    """Create what is missing and change nothing else; return whether this was the first start.

    Only a local start gets invented people.
    """
    try:
        return _prepare(home, is_local=is_local)
    except OSError as error:
        raise SettingsError(CANNOT_MAKE.format(home=home, why=error.strerror)) from None


def _prepare(home: Path, *, is_local: bool) -> bool:
    is_first = not (home / PLATFORM_FILE).exists()
    home.mkdir(mode=ALONE, parents=True, exist_ok=True)
    _refuse_misplaced(home)
    _close(home)
    (home / SECRETS_FOLDER).mkdir(mode=ALONE, exist_ok=True)
    for name in (HOOK_SECRET, CHECK_SECRET, CHECK_KEY, MLFLOW_SECRET):
        _create(home / SECRETS_FOLDER / name, secrets.token_urlsafe(_SECRET_BYTES))
    people = INVENTED + "".join(_lines(example_people())) if is_local else NOBODY
    _create(home / PEOPLE_FILE, PEOPLE + people)
    _create(home / VARIABLES_FILE, VARIABLES)
    team = OUR_TEAM if is_local else NO_TEAM
    _create(home / POLICY_FILE, POLICY.replace("{platform_team}", team))
    _create(home / PLATFORM_FILE, PLATFORM)
    return is_first


def _refuse_misplaced(home: Path) -> None:
    """Raise SettingsError for a file where a folder belongs, the reverse, and what is not ours."""
    for path in (home, *home.iterdir(), *(home / name for name in BELOW)):
        name = path.relative_to(home).as_posix()
        is_folder = path == home or name in FOLDERS
        is_file = path.suffix in FILES or name == ADDRESS
        if not path.exists() or not (is_folder or is_file):
            continue
        if not (path.is_dir() if is_folder else path.is_file()):
            why = f"{name} is no {'folder' if is_folder else 'file'}"
        elif not os.access(path, os.W_OK):
            why = f"this user may not write to {'it' if path == home else name}"
        else:
            continue
        raise SettingsError(CANNOT_MAKE.format(home=home, why=why))


def _close(home: Path) -> None:
    """Close a home to others, and what it holds. Raise SettingsError where that is not ours to do.

    A folder with other things than ours is never closed: it may be a person's, or the system's.
    """
    found, about = list(home.iterdir()), home.stat()
    is_ours = about.st_uid == os.geteuid() and not about.st_mode & stat.S_ISVTX
    is_home = (home / PLATFORM_FILE).exists() or {path.name for path in found} <= OURS
    if about.st_mode & OTHERS and not (is_ours and is_home):
        raise SettingsError(
            CANNOT_MAKE.format(
                home=home, why=OPEN_HOME.format(command=typed("chmod", "700", str(home)))
            )
        )
    for path in (home, *found):
        is_sensitive = path.is_dir() or path.suffix in SENSITIVE
        is_named = path == home or path.name in CLOSED or path.is_file()
        if is_sensitive and is_named and not path.is_symlink() and path.stat().st_mode & OTHERS:
            path.chmod(ALONE if path.is_dir() else ALONE_FILE)


def _lines(people: Iterable[Person]) -> Iterable[str]:
    for person in people:
        yield f"  - id: {person.id}\n"
        yield f"    name: {person.name}\n"
        yield f"    emails: [{', '.join(person.emails)}]\n"
        yield f"    groups: [{', '.join(sorted(person.groups))}]\n"


def _create(path: Path, text: str) -> None:
    """Create a file whole, and never over another: two first starts at once agree on one secret."""
    if path.exists():
        return
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    with contextlib.suppress(FileExistsError):
        path.hardlink_to(draft)  # fails, unlike a rename, when the file is there by now
    draft.unlink()
