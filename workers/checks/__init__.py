"""The checks of the gate, in the order of the card: one more is one file and one line here."""

from typing import Final

from core.checks import Check
from workers.checks.bandit import bandit
from workers.checks.duplicates import duplicates
from workers.checks.entry_points import entry_points
from workers.checks.financial_id import financial_id
from workers.checks.libraries import libraries
from workers.checks.lint import lint
from workers.checks.ml_cluster import ml_cluster
from workers.checks.naming import naming
from workers.checks.readme import readme
from workers.checks.secrets import secrets
from workers.checks.service_principal import service_principal
from workers.checks.structure import structure
from workers.checks.unit_tests import unit_tests
from workers.checks.variable_groups import variable_groups
from workers.checks.variables import variables

CHECKS: Final[tuple[Check, ...]] = (
    structure,
    entry_points,
    variables,
    variable_groups,
    service_principal,
    financial_id,
    unit_tests,
    libraries,
    ml_cluster,
    lint,
    secrets,
    bandit,
    duplicates,
    readme,
    naming,
)
