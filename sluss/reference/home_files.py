"""The page of platform.yml, people.yml and gbi_variables.yml: keys from the structs."""

from typing import Final

from core.platform import Platform
from sluss.home import people_file, settings
from sluss.reference.markdown import WRITTEN, keys_of, lines, table_of

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


def home_files_page() -> str:
    return "\n".join((WRITTEN, HEAD, *map(_part, FILES)))


def _part(name: str) -> str:
    struct, example, says = FILES[name]
    keys = {key.path: key for key in keys_of(struct)}
    shown = lines(f"## {name}", "", says, "```yaml", example.strip(), "```", "")
    return shown + table_of(keys, ABOUT)
