"""The page of platform.yml, people.yml and gbi_variables.yml: keys from the structs."""

from collections.abc import Iterable, Iterator
from typing import Final

from core.platform import Platform
from sluss.home import people_file, settings
from sluss.reference.markdown import WRITTEN, Key, keys_of, lines, table_of

HEAD: Final = """\
# platform.yml, people.yml and gbi_variables.yml

They are in the home beside [policy.yml](policy.md); a first start writes each with comments and
examples. All are read strictly: an unknown key stops the start, and so does one that is given
twice. A key of the top level without a value is as one that is not there.
"""
ABOUT_PLATFORM: Final = """\
Which repositories there are, and who is told where. On one machine a server that runs sees a change
within a second; a broken file is logged, and the last good one stays in force. Elsewhere it is read
at the start. `sluss add` appends an entry and keeps comments.
"""
ABOUT_PEOPLE: Final = """\
The directory of one machine, read at the start. Names compare trimmed and without case, and none
may be two people's. Whom it does not know decides nothing, and an unknown author
[blocks a request](../how_to/map_an_address.md).
"""
ABOUT_VARIABLES: Final = """\
GBI's [variables](variables.md) on one machine; in Azure DevOps they are variable groups. A value
that names a secret holds the secret's name, never the secret.
"""
PLATFORM: Final = """\
repositories:
  - id: 6f1c8f2e-3b52-4b8e-9d0a-0d8d1f0b7c11
    name: loan_default
    team: credit_risk
    release_branch: main
    location: /srv/sluss/repositories/loan_default.git
variable_groups: {common: sluss-common, TST: sluss-tst, QA: sluss-qa, PROD: sluss-prod}
projects:
  - name: lending
    variable_groups: {PROD: [lending-prod, lending-prod-secrets]}
conversations:
  credit_risk: risk
  approvers: approvals
  platform: gbi
  "*": general
"""
PEOPLE: Final = """\
people:
  - id: astrid
    name: Astrid Lund
    emails: [astrid@bank.example, astrid@home.example]
    accounts: [astrid@bank.onmicrosoft.example, 'BANK\\astrid']
    groups: [credit_risk]
  - id: astrid-admin
    name: Astrid Lund (admin)
    same_as: [astrid]
    groups: [approvers]
  - id: leif
    name: Leif Moe
    emails: [leif@bank.example]
    disabled: true
"""
VARIABLES: Final = """\
common:
  OAUTH2_SECRETS_NAME: mlops-oauth2-secret
  CLUSTER_AUTOTERMINATION_MINUTES: 30
QA:
  WORKSPACE_URL_QA: https://adb-qa.example
  SPN_QA: spn-models-qa
PROD:
  WORKSPACE_URL_PROD: https://adb-prod.example
  SPN_PROD: spn-models-prod
"""
FILES: Final = {
    settings.PLATFORM_FILE: (Platform, PLATFORM, ABOUT_PLATFORM),
    people_file.PEOPLE_FILE: (people_file._People, PEOPLE, ABOUT_PEOPLE),
    settings.VARIABLES_FILE: (settings._Variables, VARIABLES, ABOUT_VARIABLES),
}
ABOUT: Final = {
    "repositories[].id": "The host's id of the repository; `sluss add` makes one",
    "repositories[].name": "Letters, digits, `_` and `.`. It names the releases: `loan_default-3`",
    "repositories[].team": "The group whose members accept and request. TEAM_NAME of the "
    "repository has to say the same",
    "repositories[].release_branch": "Pushes to it become candidates; on others the gate reports",
    "repositories[].location": "Where the bare repository is",
    "repositories[].variable_groups": "In place of those of its project, key by key",
    "projects[].name": "A project of Azure DevOps, by name or id",
    "projects[].variable_groups": "In place of those of the top level, key by key",
    "variable_groups.common": "The group or groups of every stage; a later one wins",
    "variable_groups.TST": "Those of TST, before those of `common`",
    "variable_groups.QA": "Those of QA, before those of `common`",
    "variable_groups.PROD": "Those of PROD, before those of `common`",
    "variable_groups.shared_from": "The project that keeps the groups and shares them with the "
    "others. A group that is not shared is looked for there alone, else in every project",
    "conversations": "A team, a group of approvers, `platform` (the platform team) or `*` "
    "(everybody else): the conversation that gets the cards. In Teams `19:…@thread.tacv2`",
    "people[].id": "The person's object id in the directory; on one machine any word",
    "people[].name": "What cards show. It proves nothing",
    "people[].emails": "Addresses of commits",
    "people[].groups": "Teams, and the groups that policy.yml names",
    "people[].accounts": "All other names at a host of git: a user principal name, "
    "`DOMAIN\\account`, an alias, an id",
    "people[].same_as": "Ids of the same human's other entries, said once in either direction",
    "people[].disabled": "Has left: decides nothing, and is still the author of what was written",
    "common": "Values for every stage",
    "TST": "Values for TST, before those of `common`",
    "QA": "Values for QA, before those of `common`",
    "PROD": "Values for PROD, before those of `common`",
}

GROUPS: Final = "variable_groups"
AS_ABOVE: Final = (f"repositories[].{GROUPS}", f"projects[].{GROUPS}")


def home_files_page() -> str:
    return "\n".join((WRITTEN, HEAD, *map(_part, FILES)))


def told_once(keys: Iterable[Key]) -> Iterator[Key]:
    """Leave out the keys below a mapping that has them elsewhere, and name it alone."""
    told = ""
    for key in keys:
        whole = next((path for path in AS_ABOVE if key.path.startswith(f"{path}.")), "")
        if not whole:
            yield key
        elif whole != told:
            yield Key(path=whole, kind=f"as `{GROUPS}`", default="null")
        told = whole


def _part(name: str) -> str:
    struct, example, says = FILES[name]
    keys = {key.path: key for key in told_once(keys_of(struct))}
    shown = lines(f"## {name}", "", says, "```yaml", example.strip(), "```", "")
    return shown + table_of(keys, ABOUT)
