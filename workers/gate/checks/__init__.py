"""The checks of the gate, in the order of the card; a new one is a file and a line here."""

from typing import Final

from core.gate.checks import Check
from workers.gate.checks.bandit import bandit
from workers.gate.checks.duplicates import duplicates
from workers.gate.checks.entry_points import entry_points
from workers.gate.checks.financial_id import financial_id
from workers.gate.checks.libraries import libraries
from workers.gate.checks.lint import lint
from workers.gate.checks.ml_cluster import ml_cluster
from workers.gate.checks.naming import naming
from workers.gate.checks.readme import readme
from workers.gate.checks.secrets import secrets
from workers.gate.checks.service_principal import service_principal
from workers.gate.checks.structure import structure
from workers.gate.checks.unit_tests import unit_tests
from workers.gate.checks.variable_groups import variable_groups
from workers.gate.checks.variables import variables

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
