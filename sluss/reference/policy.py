"""The page of policy.yml: its keys from the structs that read it, and what each one means."""

from typing import Final

from core.policy import Policy
from sluss.reference.markdown import WRITTEN, keys_of, lines, table_of

HEAD: Final = """\
# policy.yml

GBI's rules, in the home and out of reach of a model repository. How to work with them:
[rule the gate](../how_to/rule_the_gate.md). The file is read at the start of a server, and by each
`sluss check --home DIR`. What it leaves out keeps its default. In `blocks`, `approvers`,
`stage_order`, `directions` and `allowed` that is so entry by entry; any other list or mapping is
replaced as a whole. An unknown key, gate or stage stops the start, and the message names what was
perhaps meant. What decides about a stage is bound in each approval for it: after a change that
touches it, a waiting request has to be asked for anew.

## A complete file

Every key of the top level is in it, and most are set to their defaults.
"""
EXAMPLE: Final = """\
blocks: {run: 1, acceptance: 1, QA: 2, PROD: 3}
approvers: {QA: [approvers], PROD: [approvers, model_risk]}
pipelines: {lending: {production: [approvers, model_risk]}}
stage_order: {PROD: QA}
platform_team: [gbi_platform]
build_services: {'Build\\00000000-0000-0000-0000-000000000000': dag@bank.example}

checks:
  variable_groups: {mode: block}
  bandit: {priority: 3}
  unit_tests: {at: {run: warn, QA: block}}
rules:
  sandbox: namespaces
  financial_id: "CC-[0-9]{6}"
  service_connections: true
  lint:
    profiles: {strict: {score: 9.0, line_length: 88}, pep8: {score: 7.0}}
    teams: {credit_risk: strict, "*": pep8}
  unit_tests: {min_coverage: 60, seconds: 600, memory_mb: 2048, accept_report: false}
  secrets: {baseline: .secrets.baseline, has_entropy: false, max_history_files: 2000}
  libraries: {hosts: [wheels.bank.example], seconds: 120}
  duplicates: {min_lines: 12, templates: [model_template]}
  readme: {min_words: 50, max_words: 10000}
  naming: {exempt: ["*.ipynb"]}

allowed:
  CLUSTER_NODE_TYPE_ID: [Standard_DS3_v2, Standard_DS4_v2]
max_workers: 16
train_required: [Supervised, Unsupervised]
directions: {expected_shortfall: lower}
time_limit_s: 1800
memory_limit_mb: 4096
max_files: 5000
max_bytes: 104857600
layout: {tests: tests, conda: conda.yml, pip: requirements.txt}
"""
GATES_AND_STAGES: Final = "Gates are `run`, `acceptance`, `QA` and `PROD`; stages `QA` and `PROD`."
OTHER_NAMES: Final = """\
The names of files and functions in a model repository ([the contract](model_contract.md)), where
the bank has others."""
PARTS: Final = {
    "": ("Keys of the top level", GATES_AND_STAGES),
    "checks": ("Below `checks`", "`<name>` is the id of a [check](checks.md)."),
    "rules": ("Below `rules`", "What single checks measure by."),
    "layout": ("Below `layout`", OTHER_NAMES),
}
ABOUT: Final = {
    "blocks": "Per gate: findings up to this priority stand in its way; 0 blocks nothing",
    "approvers": "Per stage: the groups whose members decide. Without one, nobody can",
    "pipelines": "Per project of Azure DevOps, and per environment of it, by name in any case: the "
    "groups whose members decide about the runs that wait there, unless they had a hand in it. Of "
    "what is not named nobody decides here, and `*` is no name",
    "stage_order": "Per stage: which one must have held the version first; `''` for none",
    "platform_team": "The groups whose members send dead letters again, map addresses, propose a "
    "base and give up promotions",
    "build_services": "The account of a build service as the host of git names it, or of a service "
    "principal (`service_principal\\<id>`): the id or address of the person who answers for what "
    "it pushes",
    "allowed": "What a model may choose for a variable; the first is what GBI advises",
    "directions": "Whether a metric is better when higher or lower, where its name does not say "
    "it. `train_`, `test_` and the like before the name do not count",
    "train_required": "The MODEL_TYPEs that need a train.py",
    "max_workers": "The most that CLUSTER_MAX_WORKER_NODE may ask for",
    "max_files": "The most files of a repository",
    "max_bytes": "The most bytes of a repository, all files together",
    "time_limit_s": "How long a step may run, without the building of its environment",
    "memory_limit_mb": "How much memory a step may use. On one machine never more than 4096",
    "checks.<name>.mode": "`warn`: it is shown and blocks nowhere; `off`: it is not run",
    "checks.<name>.priority": "In place of the check's own",
    "checks.<name>.at": "Per gate: the mode there, whatever the priority",
    "rules.sandbox": "The weakest walls in which a model's code may run "
    "([what each keeps in](../security.md)). Where the machine has weaker ones, nothing starts",
    "rules.financial_id": "A regular expression that all of a FINANCIAL_ID has to match",
    "rules.service_connections": "Whether a service connection of the project has to be ready for "
    "the service principal of a stage; `false` where pipelines sign in without one",
    "rules.lint.profiles.<name>.disable": "pylint's messages that do not count",
    "rules.lint.profiles.<name>.enable": "pylint's messages that count besides",
    "rules.lint.profiles.<name>.line_length": "The longest line",
    "rules.lint.profiles.<name>.score": "What has to be reached, of 10",
    "rules.lint.teams": "Per TEAM_NAME the name of its profile; `*` is everybody else's",
    "rules.unit_tests.seconds": "How long the tests may take",
    "rules.unit_tests.memory_mb": "How much memory they may use",
    "rules.unit_tests.min_coverage": "Per cent of lines; 0 only shows the coverage",
    "rules.unit_tests.accept_report": "A JUnit report of the repository's own pipeline for the "
    "same commit counts in place of our run",
    "rules.unit_tests.report_wait_s": "Where no code of a repository may run beside the identity "
    "of Sluss: how long the gate waits for that report",
    "rules.secrets.baseline": "The file that lists accepted findings by their hash",
    "rules.secrets.has_entropy": "Whether text that only looks random is found, too",
    "rules.secrets.max_history_files": "How many changed files of the history are looked at",
    "rules.libraries.core": "Libraries of the runtime that block when they clash; others warn",
    "rules.libraries.ml": "Libraries that only an ML runtime brings",
    "rules.libraries.gpu": "Libraries that gain by a GPU",
    "rules.libraries.hosts": "Hosts of which a requirement may name a wheel by its https address",
    "rules.libraries.seconds": "How long resolving may take",
    "rules.duplicates.min_lines": "The lines of code that a copy has, without comments and imports",
    "rules.duplicates.templates": "Repositories whose code everybody has",
    "rules.duplicates.opt_out": "A repository with a file of this name is not compared",
    "rules.readme.min_words": "The shortest README",
    "rules.readme.max_words": "The longest README",
    "rules.naming.exempt": "Patterns of file names that are not looked at, as `*.ipynb`",
    "layout.readme": "The page about the model",
    "layout.variables": "The model's variables",
    "layout.conda": "The environment file where ENVIRONMENT_FILE is conda",
    "layout.pip": "The environment file where ENVIRONMENT_FILE is pip",
    "layout.tests": "The folder of the unit tests",
    "layout.train": "The file in MODEL_SRC_PATH that trains",
    "layout.score": "The file in MODEL_SRC_PATH that scores and evaluates",
    "layout.train_function": "Its function that trains",
    "layout.score_function": "Its function that scores",
    "layout.evaluate_function": "Its function that evaluates",
}  # fmt: skip


def policy_page() -> str:
    example = lines("```yaml", EXAMPLE.strip(), "```")
    return "\n".join((WRITTEN, HEAD, example, *(_part(name) for name in PARTS)))


def _part(name: str) -> str:
    title, says = PARTS[name]
    keys = {key.path: key for key in keys_of(Policy) if _part_of(key.path) == name}
    return lines(f"## {title}", "", says, "") + table_of(keys, ABOUT)


def _part_of(path: str) -> str:
    first, _, rest = path.partition(".")
    return first if rest else ""
